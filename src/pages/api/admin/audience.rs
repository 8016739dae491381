//! The listener history of the last 24 hours.

use serde::Serialize;

use crate::pages::api::rfc3339;
use crate::pages::{AUDIENCE_INTERVAL, AdminSnapshot, AdminStation, ListenerSample};
use crate::time::Moment;

/// The listener history of all stations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AudienceJson {
    /// Length of an interval, in seconds.
    pub interval_s: u64,
    /// The stations, sorted by id.
    pub stations: Vec<StationAudienceJson>,
}

/// The listener history of a station: the last 24 hours, or less if it is not known for so long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StationAudienceJson {
    /// The id of the station.
    pub id: u32,
    /// The intervals, the latest last.
    pub samples: Vec<SampleJson>,
}

/// One interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleJson {
    /// Start of the interval.
    pub at: String,
    /// Peak number of concurrent listeners in the interval; `None` if the server did not run.
    pub listeners: Option<u32>,
}

impl AudienceJson {
    /// Creates the history of all stations of `snapshot`.
    pub fn new(snapshot: &AdminSnapshot) -> Self {
        let clock = snapshot.public.clock;
        let sample = |&(at, listeners): &ListenerSample| SampleJson {
            at: rfc3339(clock, Moment::EarlierRun(at)),
            listeners,
        };
        let station = |it: &AdminStation| StationAudienceJson {
            id: it.public.id,
            samples: it.audience.samples().iter().map(sample).collect(),
        };
        let stations = snapshot.stations.iter().map(station).collect();
        Self { interval_s: AUDIENCE_INTERVAL.as_secs(), stations }
    }
}
