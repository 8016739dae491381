//! Numbers for Prometheus, at `/metrics` (protocol-notes/metrics.md).

mod exposition;
mod icecast;
mod of_server;
mod of_stations;

use super::{Facts, Histogram, Shown};
use crate::time::Time;
use crate::vitals::Vitals;
use exposition::{CONTENT_TYPE, Exposition};

/// Where they are.
pub const PATH: &str = "/metrics";

/// What is shown here and nowhere else: numbers that change with every request, and so are no [`Facts`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Numbers {
    /// How much of the machine the process needs.
    pub vitals: Vitals,
    /// How many files it may have open, if that is known.
    pub open_files_max: Option<u64>,
    /// Connections that there are.
    pub connections: usize,
    /// Connections that were taken.
    pub accepted: u64,
    /// Connections that were not, or not at once, by the reason.
    pub refused: Vec<(&'static str, u64)>,
    /// Requests that were answered, by what they were for and the code of the answer.
    pub requests: Vec<(&'static str, u16, u64)>,
    /// Sessions that ended, by the reason.
    pub ended: Vec<(&'static str, u64)>,
    /// How late the loop woke.
    pub lag: Histogram,
    /// How late listeners were served.
    pub lateness: Histogram,
    /// Lines on misbehaving peers that were kept out of the log.
    pub withheld_lines: u64,
    /// Lines that the access log misses.
    pub lost_lines: u64,
    /// How often these numbers were asked for.
    pub scrapes: u64,
    /// As many as there are stations in the facts, in their order.
    pub stations: Vec<StationNumbers>,
}

/// The same of one station.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StationNumbers {
    /// Connections that get the stream, whether they count or not.
    pub streams: usize,
    /// How often a listener was moved forward.
    pub skips: u64,
    /// How often the title on the air changed.
    pub titles: u64,
    /// Since when there has been nothing but silence, if there is.
    pub silent_since: Option<Time>,
    /// Whether the station that is relayed plays, if one is relayed.
    pub relay_plays: Option<bool>,
    /// Audio that is held for listeners who are behind, in bytes.
    pub ring_bytes: u64,
    /// Bytes that there is room for.
    pub ring_room_bytes: u64,
    /// Audio that is held, in seconds.
    pub ring_s: f64,
    /// How many seconds are held at least, once there was so much.
    pub ring_kept_s: f64,
}

impl Numbers {
    /// The page. With `base`, the address under which whoever asks reached us, also the names that dashboards for Icecast
    /// have.
    pub fn render(&self, facts: &Facts, base: Option<&str>) -> Shown {
        let mut text = Exposition::default();
        of_server::write(self, facts, &mut text);
        of_stations::write(self, facts, &mut text);
        if let Some(base) = base {
            icecast::write(self, facts, base, &mut text);
        }
        Shown::ok(CONTENT_TYPE, text.into_text())
    }
}

#[cfg(test)]
mod tests;
