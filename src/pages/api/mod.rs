//! Our own API: stations, what is on and what was, as JSON with a schema (protocol-notes/api.md).
//!
//! Every key is always there; what is not known is null. The structs are the only place where keys are spelled; what shows
//! more of a station flattens a [`StationJson`] into its own.

pub mod events;
mod operator;
pub mod schema;
mod station;
mod time;
mod title;

pub use operator::{ApiOperatorPage, Pagination};
pub use station::{ListenersJson, OnAirJson, StationJson};
pub use time::rfc3339;
pub use title::{PlayedJson, TitleJson, TitleParts};

use serde::Serialize;

use super::{RenderedPage, Snapshot};
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::{SERVER, Status};
use crate::time::Time;

/// The media type of all answers.
pub const CONTENT_TYPE: &str = "application/json";

/// What the API can be asked for by anybody.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ApiPage {
    /// All stations.
    Stations,
    /// One of them.
    Station(StationRef),
    /// What was on the air on it.
    History(StationRef),
    /// What all answers look like.
    Schema,
    /// Nothing that there is.
    Unknown,
}

/// All stations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StationsJson {
    /// Who shows them.
    pub server: ServerJson,
    /// Sorted by id.
    pub stations: Vec<StationJson>,
}

/// The server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerJson {
    /// Its program and version.
    pub name: &'static str,
    /// When it started.
    pub started_at: String,
    /// What time it is there, to the second.
    pub now: String,
}

/// What was on the air on a station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryJson {
    /// Its id.
    pub station: u32,
    /// The latest first, which may still be on the air.
    pub history: Vec<PlayedJson>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorJson {
    /// A sentence.
    pub error: String,
}

impl ApiPage {
    /// What `path` asks for; nothing where it is not of this API.
    pub fn from_path(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix("/api/v1/")?.split('/').collect();
        Some(match parts[..] {
            ["openapi.json"] => Self::Schema,
            ["stations"] => Self::Stations,
            ["stations", id] => StationRef::parse_id(id).map_or(Self::Unknown, Self::Station),
            ["stations", id, "history"] => StationRef::parse_id(id).map_or(Self::Unknown, Self::History),
            _ => Self::Unknown,
        })
    }

    /// The answer as of `snapshot`, for a client that reached the server at `base`.
    pub fn render(&self, snapshot: &Snapshot, base: &str) -> RenderedPage {
        let answer = match self {
            Self::Stations => Some(json(&StationsJson::new(snapshot, base))),
            Self::Station(which) => {
                snapshot.find(which).map(|it| json(&StationJson::new(snapshot, it, base)))
            }
            Self::History(which) => snapshot.find(which).map(|it| json(&HistoryJson::new(snapshot, it))),
            Self::Schema => return RenderedPage::ok(CONTENT_TYPE, schema::document()),
            Self::Unknown => return error(Status::NotFound, "not found"),
        };
        answer.unwrap_or_else(|| error(Status::NotFound, "no such station"))
    }
}

/// `answer` as it is sent.
pub fn json(answer: &impl Serialize) -> RenderedPage {
    let body = serde_json::to_vec(answer).expect("what is plain data with names for keys has a JSON");
    RenderedPage::ok(CONTENT_TYPE, body)
}

/// Tells what went wrong.
pub fn error(status: Status, sentence: impl Into<String>) -> RenderedPage {
    RenderedPage { status, ..json(&ErrorJson { error: sentence.into() }) }
}

impl StationsJson {
    fn new(snapshot: &Snapshot, base: &str) -> Self {
        let stations = snapshot.stations.iter().map(|station| StationJson::new(snapshot, station, base));
        let server = ServerJson {
            name: SERVER,
            started_at: rfc3339(snapshot.clock, Time::START),
            now: rfc3339(snapshot.clock, snapshot.taken_at),
        };
        Self { server, stations: stations.collect() }
    }
}

impl HistoryJson {
    fn new(snapshot: &Snapshot, station: &super::StationSnapshot) -> Self {
        let history = station.history.iter().map(|played| PlayedJson::new(snapshot.clock, played)).collect();
        Self { station: station.id, history }
    }
}

#[cfg(test)]
mod tests;
