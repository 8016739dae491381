//! Stores the statistics of stations at regular intervals and at the end, and restores them at the start.

use std::sync::Arc;

use super::state::server::Server;
use crate::settings::StationIdentity;
use crate::station::{StationKey, StationStatistics};
use crate::time::Time;

impl Server {
    /// Begins the statistics of a station that was added, with those that are stored.
    pub(super) fn begin_statistics(&mut self, key: StationKey, now: Time) {
        let channel = &self.stations[key];
        // Statistics of unlisted stations would remain in the file for ever.
        let stored = if channel.is_unlisted() {
            None
        } else {
            let identity = channel.settings().identity();
            self.load_statistics(&identity)
        };
        self.stations[key].begin_statistics(stored.as_deref(), self.views.clock, now);
    }

    /// Adds the stored statistics of the configured station `identity` to those of the unlisted station that
    /// becomes this station.
    pub(super) fn restore_statistics(&mut self, key: StationKey, identity: &StationIdentity) {
        if let Some(stored) = self.load_statistics(identity) {
            self.stations[key].restore_statistics(&stored, self.views.clock);
        }
    }

    /// Returns the stored statistics of a station that is added.
    fn load_statistics(&mut self, identity: &StationIdentity) -> Option<Arc<StationStatistics>> {
        let stored = self.hooks.statistics.as_ref()?.load(identity)?;
        // The sessions of a station that was removed in this run and is added again would count twice.
        if stored.taken_at >= self.views.clock.unix_time(Time::START) {
            self.stats.removed_hits = self.stats.removed_hits.saturating_sub(stored.totals.sessions);
        }
        Some(stored)
    }

    /// Stores the statistics of the next stations, if they are due.
    pub(super) fn store_due_statistics(&mut self, now: Time) {
        if self.statistics_time().is_some_and(|next| next <= now) {
            self.store_next_statistics(now);
        }
    }

    /// Stores the statistics of all stations.
    pub(super) fn store_all_statistics(&mut self, now: Time) {
        self.statistics = Default::default();
        while !self.store_next_statistics(now) {}
    }

    /// Returns when the statistics of the next stations are stored.
    pub(super) fn statistics_time(&self) -> Option<Time> {
        self.hooks.statistics.as_ref().map(|_| self.statistics.next)
    }

    /// Stores the statistics of the next stations. Returns whether those of all are stored.
    fn store_next_statistics(&mut self, now: Time) -> bool {
        self.count_listeners(now);
        let stations = &self.stations;
        self.statistics.begin(|| stations.keys());
        let (keys, is_complete) = self.statistics.take(now);
        keys.into_iter().for_each(|key| self.put_statistics(key, now));
        if let Some(store) = self.hooks.statistics.as_mut().filter(|_| is_complete) {
            store.commit(self.stats.peak_listeners);
        }
        is_complete
    }

    /// Passes the statistics of a station, if it exists, to the store.
    pub(super) fn put_statistics(&mut self, key: StationKey, now: Time) {
        let Some(store) = self.hooks.statistics.as_mut() else { return };
        if self.stations.get(key).is_some_and(|channel| !channel.is_unlisted()) {
            store.put(self.stations[key].statistics(self.views.clock, now));
        }
    }
}
