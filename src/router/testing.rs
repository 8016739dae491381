//! Routes in a form that tests can compare.

use super::{Route, Site, source_station};
use crate::http::request::Request;
use crate::http::request::which::Which;
use crate::station::StationKey;

/// Who answers; a station by its place in the list of those that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Stream(usize),
    Source(Option<usize>),
    Page,
    Artwork,
    Events,
    Metrics,
    Admin,
    AdminOptions,
    ServerOptions,
    Preflight,
    SourcesOff,
    NotAllowed,
    NotFound,
}

/// Finds a station in a list of ids and mounts.
pub fn find_in(stations: &[(u32, &str)], which: &Which) -> Option<StationKey> {
    let place = match which {
        Which::Lowest => (!stations.is_empty()).then_some(0),
        Which::Sid(id) => stations.iter().position(|(other, _)| other == id),
        Which::Mount(mount) => stations.iter().position(|(_, other)| other == mount),
    };
    place.map(|place| StationKey::new(place as u16, 0))
}

/// Who answers `request`.
pub fn answer(request: &Request, site: &Site<'_>) -> Answer {
    match Route::of(request, site) {
        Route::Stream(key) => Answer::Stream(key.index()),
        Route::Source => Answer::Source(source_station(request, site.find).map(StationKey::index)),
        Route::Page(_) => Answer::Page,
        Route::Artwork(_) => Answer::Artwork,
        Route::Events => Answer::Events,
        Route::Metrics => Answer::Metrics,
        Route::Admin => Answer::Admin,
        Route::AdminOptions => Answer::AdminOptions,
        Route::ServerOptions => Answer::ServerOptions,
        Route::Preflight => Answer::Preflight,
        Route::SourcesOff => Answer::SourcesOff,
        Route::NotAllowed => Answer::NotAllowed,
        Route::NotFound => Answer::NotFound,
    }
}

/// Who answers `request` on a server with these stations, which take live sources.
pub fn answer_with(request: &Request, stations: &[(u32, &str)]) -> Answer {
    let find = |which: &Which| find_in(stations, which);
    answer(request, &Site { find: &find, takes_sources: true, shows_metrics: true })
}
