//! When the statistics of which stations are stored next.

use std::time::Duration;

use crate::station::StationKey;
use crate::time::Time;

/// The interval between two rounds, in which the statistics of all stations are stored. If the process is
/// killed, those since the last round are lost: less than a minute, with the time of the write.
pub const ROUND_INTERVAL: Duration = Duration::from_secs(50);

/// The most stations whose statistics are gathered in one turn of the event loop, so that a thousand stations
/// do not delay it.
const STATIONS_PER_TURN: usize = 50;

/// The stations of the current round, and when the next of them are due.
#[derive(Debug)]
pub struct StatisticsRound {
    remaining: Vec<StationKey>,
    /// When the next stations are due: the next turn, or the beginning of the next round.
    pub next: Time,
}

impl Default for StatisticsRound {
    fn default() -> Self {
        Self { remaining: Vec::new(), next: Time::START + ROUND_INTERVAL }
    }
}

impl StatisticsRound {
    /// Begins a round with these stations, unless one is in progress.
    pub fn begin(&mut self, stations: impl FnOnce() -> Vec<StationKey>) {
        if self.remaining.is_empty() {
            self.remaining = stations();
        }
    }

    /// Returns the stations of this turn, and whether they are the last ones of the round.
    pub fn take(&mut self, now: Time) -> (Vec<StationKey>, bool) {
        let rest = self.remaining.len().saturating_sub(STATIONS_PER_TURN);
        let stations = self.remaining.split_off(rest);
        let is_complete = self.remaining.is_empty();
        self.next = if is_complete { now + ROUND_INTERVAL } else { now };
        (stations, is_complete)
    }
}
