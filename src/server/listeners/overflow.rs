//! The station that admits a new listener while the one that it asks for is full.

use std::collections::HashSet;

use crate::http::request::Request;
use crate::http::request::station_ref::StationRef;
use crate::http::response::reply::StreamRefusal;
use crate::server::state::server::Server;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Returns the first station on the chain of `overflow` that admits a new listener, if `key` is full. The
    /// listener belongs to it, and does not return to `key` later.
    pub(super) fn overflow_for(
        &mut self,
        key: StationKey,
        request: &Request,
        now: Time,
    ) -> Option<StationKey> {
        let mut seen = HashSet::new();
        let mut full = key;
        while self.stream_refusal(full, now) == Some(StreamRefusal::StationFull) && seen.insert(full) {
            // The key of a station also applies to its renditions.
            let mount = self.stations[self.stations.programme(full)].settings().overflow.clone()?;
            let next = self.stations.find_present(&StationRef::Mount(mount))?;
            self.advance(self.stations.programme(next), now);
            full = self.playing_station(next, now);
        }
        let is_admitted = full != key
            && self.stream_refusal(full, now).is_none()
            && self.check_relay_path(full, request).is_ok();
        is_admitted.then_some(full)
    }
}
