//! Opens, closes and retries connections to upstreams.

use std::net::SocketAddr;

use log::debug;

use crate::http::upstream;
use crate::http::upstream::redirects::RedirectChain;
use crate::log_limiter::{excerpt, log_limited, warn_limited};
use crate::server::state::peer::Peer;
use crate::server::state::relays::{Dial, Ticket};
use crate::server::state::server::Server;
use crate::server::state::station::channel::{Channel, open_feed};
use crate::server::state::station::upstream::{Upstream, UpstreamAction, UpstreamState};
use crate::session::{CloseReason, Relay, Session, SessionInfo};
use crate::station::{Feed, StationKey};
use crate::time::Time;

impl Server {
    /// Returns the connections that the server has requested since the last call.
    pub fn drain_dials(&mut self) -> impl Iterator<Item = Dial> + '_ {
        self.relays.drain_dials()
    }

    /// Returns whether a connection is still wanted.
    pub fn is_dial_wanted(&self, ticket: Ticket) -> bool {
        self.station_dialing(ticket).is_some()
    }

    fn station_dialing(&self, ticket: Ticket) -> Option<StationKey> {
        if self.is_stopping {
            return None;
        }
        let is_dialing = |upstream: &Upstream| matches!(upstream.state, UpstreamState::Dialing { ticket: dialed, .. } if dialed == ticket);
        let mut stations = self.stations.iter();
        stations.find(|(_, channel)| channel.upstream.as_deref().is_some_and(is_dialing)).map(|(key, _)| key)
    }

    /// Handles an open connection that was [requested](Self::drain_dials), to `address`. Returns `None` if it
    /// is no longer wanted.
    pub fn dialed(&mut self, ticket: Ticket, address: SocketAddr, now: Time) -> Option<Peer> {
        let key = self.station_dialing(ticket)?;
        let upstream = self.stations[key].upstream.as_mut()?;
        let UpstreamState::Dialing { redirects, .. } = &upstream.state else { return None };
        let (request, redirects) =
            (upstream::build_request(redirects.url(), self.relays.id), redirects.clone());
        let session = Session::Relay(Box::new(Relay::new(key, request)));
        let peer = self.sessions.open(session, SessionInfo::new(address, now));
        upstream.state = UpstreamState::Requesting { peer, redirects, since: now };
        self.sessions.schedule_write(peer);
        Some(peer)
    }

    /// Handles a connection that was [requested](Self::drain_dials) and failed. `reason` is logged after
    /// "cannot be reached: ".
    pub fn dial_failed(&mut self, ticket: Ticket, reason: &str, now: Time) {
        if let Some(key) = self.station_dialing(ticket) {
            self.upstream_lost(key, &format!("cannot be reached: {reason}"), now);
        }
    }

    /// Performs the action that is due for a station's upstream.
    pub(in crate::server) fn poll_upstream(&mut self, key: StationKey, now: Time) {
        if self.stations[key].upstream.is_none() {
            return;
        }
        self.close_upstream_of_other_codec(key, now);
        let has_listeners = self.stations.has_listeners(key);
        let channel = &mut self.stations[key];
        let timeout = channel.settings().sources.timeout;
        let Channel { upstream: Some(upstream), grace_until, .. } = channel else { return };
        let is_enforced = *grace_until <= now;
        match upstream.next_action(has_listeners, timeout, now) {
            None => {}
            Some(UpstreamAction::Disconnect | UpstreamAction::Fail(_)) if !is_enforced => {}
            Some(UpstreamAction::Dial) => {
                let redirects = upstream.initial_chain();
                self.dial(key, redirects, now);
            }
            Some(UpstreamAction::Disconnect) => self.disconnect_upstream(key, now),
            Some(UpstreamAction::Fail(reason)) => self.upstream_lost(key, &reason, now),
        }
    }

    pub(super) fn dial(&mut self, key: StationKey, redirects: RedirectChain, now: Time) {
        let channel = &mut self.stations[key];
        debug!("{}: connecting to {}", channel.settings().mount, redirects.url());
        let Some(upstream) = &mut channel.upstream else { return };
        let ticket = self.relays.dial(&redirects);
        upstream.state = UpstreamState::Dialing { ticket, redirects, since: now };
    }

    /// Prepares the upstream of a station for a listener that is about to join.
    ///
    /// If the station is silent and has no listeners, its timeline is restarted, so that the new listener
    /// does not get silence first.
    pub(in crate::server) fn wake_upstream(&mut self, key: StationKey, now: Time) {
        if self.stations.has_listeners(key) {
            return;
        }
        let Channel { station, upstream: Some(upstream), .. } = &self.stations[key] else { return };
        if !matches!(upstream.state, UpstreamState::Idle) {
            return;
        }
        if station.silent_since().is_some() {
            self.restart_with_renditions(key, now);
        }
        if let Channel { station, upstream: Some(upstream), .. } = &mut self.stations[key] {
            open_feed(station, upstream, Feed::default(), now);
        }
    }

    /// Restarts the timeline of a station and of its renditions, so that new listeners get no silence first.
    pub(in crate::server) fn restart_with_renditions(&mut self, key: StationKey, now: Time) {
        let station = &mut self.stations[key].station;
        station.restart_timeline(now);
        let at = station.timeline().end_time();
        for station in self.stations.with_renditions(key) {
            self.stations[station].station.restart_rendition(at);
        }
    }

    /// Disconnects the upstream of an on-demand relay that no longer has listeners.
    fn disconnect_upstream(&mut self, key: StationKey, now: Time) {
        let channel = &mut self.stations[key];
        let mount = channel.settings().mount.clone();
        let Channel { station, upstream: Some(upstream), .. } = channel else { return };
        let is_admitted = station.log.relay.admit(now);
        log_limited!(is_admitted, "{mount}: no listeners, disconnecting from {}", upstream.url());
        let peer = upstream.peer();
        upstream.reset_to_idle();
        station.log.expect_silence();
        station.feed_mut(upstream.feed).discard();
        if let Some(peer) = peer {
            self.close_session(peer, CloseReason::NotNeeded, now);
        }
    }

    /// Handles an upstream that failed. `reason` is logged after its URL. The audio that it has sent is still
    /// played, and the connection is retried later.
    pub(in crate::server) fn upstream_lost(&mut self, key: StationKey, reason: &str, now: Time) {
        let peer = self.stations[key].upstream.as_ref().and_then(|upstream| upstream.peer());
        if let Some(peer) = peer {
            // The last frame, which no following frame could confirm.
            let _ = self.take_upstream_frames(peer, now, |relay, on_frame| relay.finish(on_frame));
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
        let url = upstream.url();
        let (wait, is_new_reason) = upstream.schedule_retry(reason, random, now);
        if station.is_on_air(live.feed) {
            // A live source is on air, so this audio would be outdated when it is played.
            station.feed_mut(upstream.feed).discard();
        } else if !station.is_on_air(upstream.feed) {
            station.end_feed(upstream.feed, true);
        } else {
            station.feed_mut(upstream.feed).end_stream();
        }
        *has_new_input = true;
        let is_logged = is_new_reason && station.log.relay.admit(now);
        let next = match wait.is_zero() {
            true => format!("trying {}", upstream.url()),
            false => format!("retrying in {:.1} s", wait.as_secs_f32()),
        };
        warn_limited!(is_logged, "{mount}: {url} {}; {next}", excerpt(reason));
    }
}
