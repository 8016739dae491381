//! Connections to upstreams: when they are wanted, asked for, refused, and asked for again.

use std::net::SocketAddr;

use log::{debug, info};

use crate::http::proxy::relay_path::RelayPath;
use crate::http::upstream;
use crate::http::upstream::redirects::RedirectChain;
use crate::server::state::peer::Peer;
use crate::server::state::relays::{Dial, Ticket};
use crate::server::state::server::Server;
use crate::server::state::station::channel::{Channel, open_feed};
use crate::server::state::station::upstream::{Upstream, UpstreamAction, UpstreamState};
use crate::session::{CloseReason, Relay, Session, SessionInfo};
use crate::station::{Feed, StationKey};
use crate::time::Time;

impl Server {
    /// The connections that the server asks for since this was last called.
    pub fn drain_dials(&mut self) -> impl Iterator<Item = Dial> + '_ {
        self.relays.drain_dials()
    }

    /// Whether a connection is still wanted.
    pub fn is_dial_wanted(&self, ticket: Ticket) -> bool {
        self.station_dialing(ticket).is_some()
    }

    fn station_dialing(&self, ticket: Ticket) -> Option<StationKey> {
        if self.is_stopping {
            return None;
        }
        let is_it = |upstream: &Upstream| matches!(upstream.state, UpstreamState::Dialing { ticket: of, .. } if of == ticket);
        let mut stations = self.stations.iter();
        stations.find(|(_, channel)| channel.upstream.as_deref().is_some_and(is_it)).map(|(key, _)| key)
    }

    /// A connection that was [asked for](Self::dials) is there, to `address`. `None` if it is not wanted any more.
    pub fn dialed(&mut self, ticket: Ticket, address: SocketAddr, now: Time) -> Option<Peer> {
        let key = self.station_dialing(ticket)?;
        let upstream = self.stations[key].upstream.as_mut()?;
        let UpstreamState::Dialing { trail, .. } = &upstream.state else { return None };
        let (request, trail) = (upstream::build_request(trail.url(), &upstream.request_path), trail.clone());
        let session = Session::Relay(Box::new(Relay::new(key, request)));
        let peer = self.sessions.open(session, SessionInfo::new(address, now));
        upstream.state = UpstreamState::Requesting { peer, trail, since: now };
        self.sessions.schedule_write(peer);
        Some(peer)
    }

    /// A connection that was [asked for](Self::dials) cannot be had; `reason` says so in the words that follow "cannot be
    /// reached: ".
    pub fn dial_failed(&mut self, ticket: Ticket, reason: &str, now: Time) {
        if let Some(key) = self.station_dialing(ticket) {
            self.upstream_lost(key, &format!("cannot be reached: {reason}"), now);
        }
    }

    /// Does what is due about a station's upstream.
    pub(in crate::server) fn poll_upstream(&mut self, key: StationKey, now: Time) {
        let channel = &mut self.stations[key];
        let timeout = channel.settings().sources.timeout;
        let Channel { upstream: Some(upstream), wheel, .. } = channel else { return };
        match upstream.next_action(!wheel.is_empty(), timeout, now) {
            None => {}
            Some(UpstreamAction::Dial) => {
                let trail = upstream.initial_chain();
                self.dial(key, trail, now);
            }
            Some(UpstreamAction::Disconnect) => self.disconnect_upstream(key, now),
            Some(UpstreamAction::Fail(reason)) => self.upstream_lost(key, reason, now),
        }
    }

    pub(super) fn dial(&mut self, key: StationKey, trail: RedirectChain, now: Time) {
        let channel = &mut self.stations[key];
        debug!("{}: connecting to {}", channel.settings().mount, trail.url());
        let Some(upstream) = &mut channel.upstream else { return };
        let ticket = self.relays.dial(trail.url().host(), trail.url().port());
        if upstream.request_path.is_empty() {
            upstream.request_path = RelayPath::default().extended_by(self.relays.id);
        }
        upstream.state = UpstreamState::Dialing { ticket, trail, since: now };
    }

    /// A listener is about to join a station, and the upstream is to be asked on behalf of it and of the servers on this
    /// `way`.
    ///
    /// Where no other listener heard the silence before, this one does not hear it either: it is where it would be if the
    /// station had just started.
    pub(in crate::server) fn wake_upstream(&mut self, key: StationKey, way: &RelayPath, now: Time) {
        let Channel { station, upstream: Some(upstream), wheel, .. } = &mut self.stations[key] else {
            return;
        };
        if !matches!(upstream.state, UpstreamState::Idle) || !wheel.is_empty() {
            return;
        }
        upstream.request_path = way.extended_by(self.relays.id);
        if station.silent_since().is_some() {
            station.restart_timeline(now);
        }
        open_feed(station, upstream, Feed::default());
    }

    /// A station that is relayed on demand has no listeners any more.
    fn disconnect_upstream(&mut self, key: StationKey, now: Time) {
        let channel = &mut self.stations[key];
        let mount = channel.settings().mount.clone();
        let Channel { station, upstream: Some(upstream), .. } = channel else { return };
        info!("{mount}: no listeners, disconnecting from {}", upstream.url());
        let peer = upstream.peer();
        upstream.reset_to_idle();
        station.feed_mut(upstream.feed).discard();
        if let Some(peer) = peer {
            self.close_session(peer, CloseReason::NotNeeded, now);
        }
    }

    /// A station's upstream is of no use for now, for the reason that stands behind its address in the log. What it had sent
    /// is still played, and it is asked again later.
    pub(in crate::server) fn upstream_lost(&mut self, key: StationKey, reason: &str, now: Time) {
        let peer = self.stations[key].upstream.as_ref().and_then(|upstream| upstream.peer());
        if let Some(peer) = peer {
            // The last frame, which nothing behind it could confirm.
            let _ = self.take_upstream_frames(peer, now, |relay, each| relay.finish(each));
        }
        let random = self.relays.random();
        self.schedule_upstream_retry(key, reason, random, now);
        if let Some(peer) = peer {
            self.close_session(peer, CloseReason::NotNeeded, now);
        }
    }

    fn schedule_upstream_retry(&mut self, key: StationKey, reason: &str, random: u32, now: Time) {
        let channel = &mut self.stations[key];
        let mount = channel.settings().mount.clone();
        let Channel { station, live, upstream: Some(upstream), has_new_input, .. } = channel else { return };
        let place = upstream.url();
        let (wait, is_news) = upstream.schedule_retry(reason, random, now);
        if station.is_on_air(live.feed) {
            // By the time that this is heard it would be stale.
            station.feed_mut(upstream.feed).discard();
        } else if !station.is_on_air(upstream.feed) {
            station.feed_mut(upstream.feed).finish();
        }
        *has_new_input = true;
        let level = if is_news { log::Level::Info } else { log::Level::Debug };
        log::log!(level, "{mount}: {place} {reason}; retrying in {:.1} s", wait.as_secs_f32());
    }
}
