//! Who came, counted where it happens.

use super::Server;
use crate::pages::{StationTraffic, Traffic};

/// Of the whole server, since it started.
#[derive(Debug, Default)]
pub struct Counters {
    /// Those that asked for something, and not to go live.
    pub asked: u64,
    /// Those that were shown a page.
    pub pages: u64,
    /// Those that were let go live.
    pub sources: u64,
    /// Streams of masters that began.
    pub relayed: u64,
}

impl Server {
    /// The counters, and what else there is to count.
    pub(super) fn traffic(&self) -> Traffic {
        let Counters { asked, pages, sources, relayed } = self.counters;
        let connected = self.tally.connected();
        let stations = self.stations.iter().map(|on_air| StationTraffic {
            on_air: on_air.station.timeline().end(),
            too_slow: on_air.too_slow,
        });
        let stations = stations.collect();
        Traffic { connections: self.sessions.len(), connected, asked, pages, sources, relayed, stations }
    }
}
