//! coldwave's own API: stations, titles and history as JSON with a schema (protocol-notes/api.md).
//!
//! Every key is always present; unknown values are null. The field names of the structs are the keys. A
//! struct with more data about a station flattens a [`StationJson`] into itself.

mod admin;
pub mod events;
pub mod schema;
mod station;
mod time;
mod title;

pub use admin::{ApiAdminPage, ListenerQuery, LogPosition, Pagination};
pub use station::{ListenersJson, OnAirJson, RenditionJson, StationJson};
pub use time::rfc3339;
pub use title::{PlayedJson, TitleJson, TitleParts, TitleProgress};

use std::slice;
use std::sync::Arc;

use serde::Serialize;

use super::{RenderedPage, Snapshot, StationSnapshot};
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::{SERVER, Status};
use crate::time::Time;

/// The media type of all responses.
pub const CONTENT_TYPE: &str = "application/json";

/// A public resource of the API.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ApiPage {
    /// All stations.
    Stations,
    /// The list with one station, by its mount or id as parameters.
    StationsOf(StationRef),
    /// One station.
    Station(StationRef),
    /// The title history of a station.
    History(StationRef),
    /// The OpenAPI document.
    Schema,
    /// A path of the API without a resource.
    Unknown,
}

/// The server and all stations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StationsJson {
    /// The server.
    pub server: ServerJson,
    /// Sorted by id.
    pub stations: Vec<StationJson>,
}

/// The server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerJson {
    /// Program and version.
    pub name: &'static str,
    /// When the server started.
    pub started_at: String,
    /// Current time of the server, to the second.
    pub now: String,
}

/// The title history of a station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryJson {
    /// The id of the station.
    pub station: u32,
    /// The titles, the latest first. The first may still be on the air.
    pub history: Vec<PlayedJson>,
}

/// An error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorJson {
    /// The error message, one sentence.
    pub error: String,
}

impl ApiPage {
    /// Parses `path` and the parameters in `form`. Returns `None` if it is outside the API, or the page about
    /// the API itself.
    pub fn from_path(path: &str, form: &FormData) -> Option<Self> {
        Some(match path.strip_prefix("/api/v1/").filter(|rest| !rest.is_empty())? {
            "openapi.json" => Self::Schema,
            "stations" => match form.station() {
                StationRef::Default => Self::Stations,
                named => Self::StationsOf(named),
            },
            rest => match rest.strip_prefix("stations/") {
                Some(rest) => Self::of_station(rest),
                None => Self::Unknown,
            },
        })
    }

    /// Parses the part of a path that names a station, by its id or its mount. A mount that is a number or
    /// ends in `/history` can be named only as a parameter.
    fn of_station(path: &str) -> Self {
        let (name, page): (_, fn(StationRef) -> Self) = match path.strip_suffix("/history") {
            Some(name) => (name, Self::History),
            None => (path, Self::Station),
        };
        StationRef::from_path_segment(name).map_or(Self::Unknown, page)
    }

    /// Returns the station of the resource, if it is about one.
    pub fn station(&self) -> Option<&StationRef> {
        match self {
            Self::StationsOf(station) | Self::Station(station) | Self::History(station) => Some(station),
            Self::Stations | Self::Schema | Self::Unknown => None,
        }
    }

    /// Renders the resource from `snapshot`, for a client that reached the server at `base`.
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> RenderedPage {
        let page = match self {
            Self::Stations => Some(json(&StationsJson::new(snapshot, &snapshot.stations, base))),
            Self::StationsOf(station_ref) => {
                let id = snapshot.find(station_ref).map(|it| it.id);
                let found = snapshot.stations.iter().find(|it| Some(it.id) == id);
                found.map(|it| json(&StationsJson::new(snapshot, slice::from_ref(it), base)))
            }
            Self::Station(station_ref) => {
                snapshot.find(station_ref).map(|it| json(&StationJson::new(snapshot, it, base)))
            }
            Self::History(station_ref) => {
                snapshot.find(station_ref).map(|it| json(&HistoryJson::new(snapshot, it, base)))
            }
            Self::Schema => return RenderedPage::ok(CONTENT_TYPE, schema::document()),
            Self::Unknown => return error(Status::NotFound, "not found"),
        };
        page.unwrap_or_else(|| error(Status::NotFound, "no such station"))
    }
}

/// Renders `value` as JSON with status 200.
pub fn json(value: &impl Serialize) -> RenderedPage {
    let body = serde_json::to_vec(value).expect("plain data with string keys serializes to JSON");
    RenderedPage::ok(CONTENT_TYPE, body)
}

/// Returns an error response with a sentence for a human reader.
pub fn error(status: Status, sentence: impl Into<String>) -> RenderedPage {
    RenderedPage { status, ..json(&ErrorJson { error: sentence.into() }) }
}

impl StationsJson {
    fn new(snapshot: &Snapshot, stations: &[Arc<StationSnapshot>], base: &str) -> Self {
        let stations = stations.iter().map(|station| StationJson::new(snapshot, station, base));
        let server = ServerJson {
            name: SERVER,
            started_at: rfc3339(snapshot.clock, Time::START),
            now: rfc3339(snapshot.clock, snapshot.taken_at),
        };
        Self { server, stations: stations.collect() }
    }
}

impl HistoryJson {
    fn new(snapshot: &Snapshot, station: &StationSnapshot, base: &str) -> Self {
        Self { station: station.id, history: PlayedJson::all(snapshot, station, 0, base).collect() }
    }
}

#[cfg(test)]
mod tests;
