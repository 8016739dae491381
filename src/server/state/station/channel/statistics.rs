//! The statistics of a station that are kept across restarts.

use std::sync::Arc;

use super::Channel;
use crate::station::{PlayedTitle, StationStatistics, StationTotals, StoredTitle};
use crate::time::{Moment, Time, WallClock};

impl Channel {
    /// Begins the statistics, with what earlier runs have stored. Must be called before there are listeners.
    pub fn begin_statistics(&mut self, stored: Option<&StationStatistics>, clock: WallClock, now: Time) {
        self.audience.begin_history(clock, now);
        stored.into_iter().for_each(|stored| self.restore_statistics(stored, clock));
    }

    /// Adds what earlier runs have stored to the statistics of this run.
    pub fn restore_statistics(&mut self, stored: &StationStatistics, clock: WallClock) {
        self.audience.restore(stored);
        self.earlier = self.earlier.saturating_add(stored.totals);
        let titles: Vec<Arc<PlayedTitle>> = stored.titles.iter().map(from_earlier_run).collect();
        let downtime = clock.unix_time(Time::START).saturating_sub(stored.taken_at);
        self.station.restore_history(&titles, downtime);
    }

    /// Returns the statistics to store.
    pub fn statistics(&mut self, clock: WallClock, now: Time) -> StationStatistics {
        let titles = self.station.history().latest();
        StationStatistics {
            station: self.settings.identity(),
            taken_at: clock.unix_time(now),
            peak: self.audience.peak(),
            peak_at: self.audience.peak_at().map(|at| clock.unix_time(at)),
            totals: self.totals(),
            titles: titles.map(|title| (clock.unix_time(title.started_at), title.clone())).collect(),
            listeners: self.audience.history_to_store(clock, now),
        }
    }

    /// Returns the totals of this run and all earlier ones.
    fn totals(&self) -> StationTotals {
        let this_run = StationTotals {
            sessions: self.audience.hits(),
            bytes_on_air: self.station.timeline().end(),
            bytes_sent: self.bytes_sent,
            skips: self.audience.skips,
            too_slow: self.too_slow,
        };
        self.earlier.saturating_add(this_run)
    }

    /// Resets the peak to the current number of listeners, and the number of sessions to zero.
    pub fn reset_statistics(&mut self, now: Time) {
        self.audience.reset(now);
        self.earlier.sessions = 0;
    }

    /// Returns the number of listener sessions of this run and all earlier ones.
    pub fn hits(&self) -> u64 {
        self.earlier.sessions.saturating_add(self.audience.hits())
    }
}

/// Returns a stored title as one that began in an earlier run. Its track is not known any more.
fn from_earlier_run((began, title): &StoredTitle) -> Arc<PlayedTitle> {
    let started_at = Moment::EarlierRun(*began);
    Arc::new(PlayedTitle { started_at, cover_version: None, ..(**title).clone() })
}
