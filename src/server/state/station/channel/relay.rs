//! What a station relays: the stream of its settings, or a mount of the master.

use super::Channel;
use crate::server::state::peer::Peer;
use crate::server::state::station::upstream::Upstream;
use crate::settings::RelaySettings;
use crate::station::{Feed, Station};
use crate::time::Time;

impl Channel {
    /// Starts, ends or changes the relay; returns the connection that is no longer needed.
    pub(super) fn apply_relay(&mut self, now: Time) -> Option<Peer> {
        let relay = self.settings.relay.as_ref().or(self.master_relay.as_ref());
        if let Some((upstream, relay)) = self.upstream.as_deref_mut().zip(relay)
            && upstream.set_urls(relay)
        {
            if upstream.set_on_demand(relay.on_demand, now) {
                open_feed(&mut self.station, upstream, Feed::default(), now);
            }
            return None;
        }
        let closed = self.upstream.take().and_then(|upstream| {
            self.station.end_feed(self.upstream_feed, true);
            upstream.peer()
        });
        let upstream = relay.map(|relay| Box::new(Upstream::new(self.upstream_feed, relay.clone(), now)));
        let is_wanted = |upstream: &Upstream| !upstream.is_on_demand() || self.has_listeners();
        if let Some(upstream) = upstream.as_ref().filter(|upstream| is_wanted(upstream)) {
            // The open feed makes the station wait for the upstream instead of playing silence.
            open_feed(&mut self.station, upstream, Feed::default(), now);
        }
        self.upstream = upstream;
        closed
    }

    /// Returns what it relays of the master, unless its settings have a relay.
    pub fn master_relay(&self) -> Option<&RelaySettings> {
        self.master_relay.as_ref()
    }

    /// Relays this stream of the master, or none; returns the connection that is no longer needed.
    pub fn set_master_relay(&mut self, relay: Option<RelaySettings>, now: Time) -> Option<Peer> {
        self.master_relay = relay;
        self.next_advance = now;
        self.apply_relay(now)
    }
}

/// Opens a station's feed for its upstream.
pub fn open_feed(station: &mut Station, upstream: &Upstream, mut feed: Feed, now: Time) {
    if !feed.is_open() {
        feed.open();
    }
    station.open_feed(upstream.feed, &upstream.name(), false, feed, now);
}
