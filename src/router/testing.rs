//! Routes in a form that tests can compare.

use super::{Route, RouterContext, find_named, source_station};
use crate::http::request::Request;
use crate::http::request::station_ref::StationRef;
use crate::station::StationKey;

/// A route. Stations are represented by their index in the list of stations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteKind {
    Stream(usize),
    Source(Option<usize>),
    Page,
    Artwork,
    Challenge,
    Health,
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
pub fn find_in(stations: &[(u32, &str)], station: &StationRef) -> Option<StationKey> {
    let index = match station {
        StationRef::Default => (!stations.is_empty()).then_some(0),
        StationRef::Id(id) => stations.iter().position(|(other, _)| other == id),
        StationRef::Mount(mount) => stations.iter().position(|(_, other)| other == mount),
    };
    index.map(|index| StationKey::new(index as u16, 0))
}

/// Returns the route of `request`.
pub fn route_kind(request: &Request, context: &RouterContext<'_>) -> RouteKind {
    match Route::resolve(request, context) {
        Route::Stream(key) => RouteKind::Stream(key.index()),
        Route::Source => {
            let station = find_named(&source_station(request), context.find_station);
            RouteKind::Source(station.map(StationKey::index))
        }
        Route::Page(_) => RouteKind::Page,
        Route::Artwork(_) => RouteKind::Artwork,
        Route::Challenge(_) => RouteKind::Challenge,
        Route::Health => RouteKind::Health,
        Route::Events => RouteKind::Events,
        Route::Metrics => RouteKind::Metrics,
        Route::Admin => RouteKind::Admin,
        Route::AdminOptions => RouteKind::AdminOptions,
        Route::ServerOptions => RouteKind::ServerOptions,
        Route::Preflight => RouteKind::Preflight,
        Route::SourcesOff => RouteKind::SourcesOff,
        Route::NotAllowed => RouteKind::NotAllowed,
        Route::NotFound => RouteKind::NotFound,
    }
}

/// Returns the route of `request` on a server with these stations, which accept live sources.
pub fn route_kind_with(request: &Request, stations: &[(u32, &str)]) -> RouteKind {
    let find = |station: &StationRef| find_in(stations, station);
    route_kind(request, &RouterContext { find_station: &find, accepts_sources: true, serves_metrics: true })
}
