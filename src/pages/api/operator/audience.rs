//! How many listeners there were in the last 24 hours.

use serde::Serialize;

use crate::pages::api::rfc3339;
use crate::pages::{Facts, Inside, SAMPLED_EVERY};

/// The last 24 hours of all stations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AudienceJson {
    /// How long each interval is, in seconds.
    pub interval_s: u64,
    /// Sorted by id.
    pub stations: Vec<AudienceOfJson>,
}

/// The last 24 hours of a station, or as many of them as there were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AudienceOfJson {
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
    /// What is `inside` of the stations of `facts`.
    pub fn of(facts: &Facts, inside: &Inside) -> Self {
        let stations = facts.stations.iter().zip(&inside.audience).map(|(station, samples)| {
            let sample = |&(at, listeners)| SampleJson { at: rfc3339(facts.clock, at), listeners };
            AudienceOfJson { id: station.id, samples: samples.iter().map(sample).collect() }
        });
        Self { interval_s: SAMPLED_EVERY.as_secs(), stations: stations.collect() }
    }
}
