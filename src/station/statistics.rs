//! The statistics and the title history of stations that are kept across restarts, and the interface through
//! which they are stored.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::history::PlayedTitle;
use crate::settings::StationIdentity;

/// The statistics of a station at one moment. All times are in UTC since 1970-01-01.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationStatistics {
    /// What the station is recognised by.
    pub station: StationIdentity,
    /// When they were taken.
    pub taken_at: Duration,
    /// The most listeners at once.
    pub peak: usize,
    /// When that was; `None` if there was no listener.
    pub peak_at: Option<Duration>,
    /// Totals of all runs.
    pub totals: StationTotals,
    /// The start of each interval of the listener history, and the most listeners in it, the latest last.
    pub listeners: Vec<(Duration, u32)>,
    /// The titles that were on air, the latest first.
    pub titles: Vec<StoredTitle>,
}

/// When a title began, in UTC since 1970-01-01, and the title.
pub type StoredTitle = (Duration, Arc<PlayedTitle>);

/// Totals of a station.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StationTotals {
    /// Listener sessions.
    pub sessions: u64,
    /// Bytes of audio that were on air.
    pub bytes_on_air: u64,
    /// Bytes sent to listeners.
    pub bytes_sent: u64,
    /// How often listeners fell behind and skipped forward.
    pub skips: u64,
    /// Listeners that were disconnected because they were too slow.
    pub too_slow: u64,
}

impl StationTotals {
    /// Returns the sums. A damaged file may contain any numbers.
    pub fn saturating_add(self, other: Self) -> Self {
        Self {
            sessions: self.sessions.saturating_add(other.sessions),
            bytes_on_air: self.bytes_on_air.saturating_add(other.bytes_on_air),
            bytes_sent: self.bytes_sent.saturating_add(other.bytes_sent),
            skips: self.skips.saturating_add(other.skips),
            too_slow: self.too_slow.saturating_add(other.too_slow),
        }
    }
}

/// Keeps the statistics of stations. No method blocks.
pub trait StatisticsStore: fmt::Debug {
    /// Returns what was stored last for a station, in this run or in an earlier one.
    fn load(&self, station: &StationIdentity) -> Option<Arc<StationStatistics>>;

    /// Returns the most listeners of all stations together, according to the earlier runs.
    fn server_peak(&self) -> usize;

    /// Replaces the statistics of a station. They are written with the next [`commit`](Self::commit).
    fn put(&mut self, statistics: StationStatistics);

    /// Starts to write all statistics, and the most listeners of all stations together.
    fn commit(&mut self, server_peak: usize);
}
