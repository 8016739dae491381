//! How many listeners there were in the last 24 hours.

use serde::Serialize;

use crate::pages::api::rfc3339;
use crate::pages::{AUDIENCE_INTERVAL, AdminSnapshot, AdminStation};

/// The last 24 hours of all stations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AudienceJson {
    /// How long each interval is, in seconds.
    pub interval_s: u64,
    /// Sorted by id.
    pub stations: Vec<StationAudienceJson>,
}

/// The last 24 hours of a station, or as many of them as there were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StationAudienceJson {
    /// Its id.
    pub id: u32,
    /// The latest last.
    pub samples: Vec<SampleJson>,
}

/// One interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleJson {
    /// When it began.
    pub at: String,
    /// The most listeners there were at once in it.
    pub listeners: u32,
}

impl AudienceJson {
    /// That of all stations of `snapshot`.
    pub fn new(snapshot: &AdminSnapshot) -> Self {
        let sample =
            |&(at, listeners): &(_, u32)| SampleJson { at: rfc3339(snapshot.public.clock, at), listeners };
        let station = |it: &AdminStation| StationAudienceJson {
            id: it.public.id,
            samples: it.audience.iter().map(sample).collect(),
        };
        let stations = snapshot.stations.iter().map(station).collect();
        Self { interval_s: AUDIENCE_INTERVAL.as_secs(), stations }
    }
}
