//! Evicts idle connections, which wait for a client that sends or reads nothing, when a new connection needs
//! the room.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use log::warn;

use super::state::addresses::AddressRefusal;
use super::state::peer::Peer;
use super::state::server::Server;
use super::state::sessions::SessionEntry;
use super::state::stats::{RefusalCause, RequestKind};
use crate::address_blocks::address_block;
use crate::log_limiter::log_limited;
use crate::session::{CloseReason, Reply, Session};
use crate::time::Time;

/// How long a client may take for its request before it counts as idle, and how long a client that was sent a
/// complete reply may take to close the connection. A client sends its request right after it has connected;
/// if a packet is lost, it repeats it within a second.
pub const IDLE_AFTER: Duration = Duration::from_secs(1);

/// How long the socket of a client that is sent a reply may be full before the client counts as idle.
pub const STALLED_AFTER: Duration = Duration::from_secs(5);

/// The number of connections that are compared before one of them is evicted: so many that have waited the
/// longest for the end of their request, and so many for the end of their reply.
const COMPARED: usize = 16;

impl Server {
    /// Returns whether a new connection may be accepted: the connection limit is not reached, or another
    /// connection can be evicted. A connection that may not be accepted waits in the listen backlog.
    pub fn can_accept(&mut self, now: Time) -> bool {
        self.sessions.len() < self.capacity.max_connections || self.can_evict(now)
    }

    /// Evicts a connection in favour of a new one: the longest idle connection of the address that has the
    /// most, or else the latest half-closed listener. Returns whether there was one. The caller must close
    /// its socket before it accepts the next connection; see [`drain_closed`](Self::drain_closed).
    pub fn evict_one(&mut self, now: Time) -> bool {
        self.evict_idle(now) || self.evict_half_closed(now, |_| true)
    }

    /// Evicts an idle connection and returns whether there was one. Of those that have waited the longest, it
    /// is one of the address that has the most connections.
    ///
    /// These are idle: a client that has not completed its request within [`IDLE_AFTER`], one that has not
    /// closed the connection within this time after its reply, and one that reads nothing of its reply for
    /// [`STALLED_AFTER`].
    pub fn evict_idle(&mut self, now: Time) -> bool {
        let Some(peer) = self.idle_peer(now, None) else { return false };
        self.warn_of_eviction(peer, now);
        self.evict(peer, now);
        true
    }

    /// Checks whether the client's address may have one more connection. If it has too many, one of its own
    /// idle connections or half-closed listeners makes room.
    pub(super) fn admit_address(&mut self, address: SocketAddr, now: Time) -> bool {
        let (used, all) = (self.sessions.len(), self.capacity.max_connections);
        let Some(refusal) = self.capacity.addresses.refusal(address, used, all) else { return true };
        if self.evict_of_address(address.ip(), now) {
            let is_above = |refusal| refusal == AddressRefusal::AtLimit;
            return !self.capacity.addresses.refusal(address, used - 1, all).is_some_and(is_above);
        }
        self.connection_refused(RefusalCause::AddressLimit);
        let is_logged = self.log.peers.admit(address.ip(), now);
        log_limited!(is_logged, "{address} {}", CloseReason::AddressLimit);
        if refusal == AddressRefusal::HasItsShare && self.log.shares.admit(now) {
            let (ip, held) = (address.ip(), self.capacity.addresses.held(address));
            warn!(
                "{ip} has {held} of at most {all} connections and gets no more: if it is a reverse proxy or a \
                 Docker bridge, add it to trusted_proxies"
            );
        }
        false
    }

    fn evict_of_address(&mut self, address: IpAddr, now: Time) -> bool {
        let block = address_block(address);
        let Some(peer) = self.idle_peer(now, Some(block)) else {
            return self.evict_half_closed(now, |listener| address_block(listener.address) == block);
        };
        self.evict(peer, now);
        true
    }

    /// Returns whether [`evict_one`](Self::evict_one) would evict a connection.
    fn can_evict(&mut self, now: Time) -> bool {
        self.idle_peer(now, None).is_some() || self.has_half_closed(now)
    }

    /// Returns the idle connection to evict first, of this address if one is given.
    fn idle_peer(&mut self, now: Time, of_block: Option<IpAddr>) -> Option<Peer> {
        if !self.enforces_deadlines(now) {
            return None;
        }
        let is_candidate = |entry: &SessionEntry| {
            of_block.is_none_or(|block| counts_for(entry, block)) && idle_time(entry, now).is_some()
        };
        let candidates = self.timers.longest_waiting(COMPARED, &self.sessions, is_candidate);
        // Of equals, `max_by_key` returns the last one: reversed, the one that has waited the longest.
        candidates.into_iter().rev().max_by_key(|&peer| {
            let entry = self.sessions.get(peer)?;
            Some((self.held_by(entry), idle_time(entry, now)?))
        })
    }

    fn held_by(&self, entry: &SessionEntry) -> usize {
        if entry.counts_for_address { self.capacity.addresses.held(entry.info.address) } else { 0 }
    }

    fn evict(&mut self, peer: Peer, now: Time) {
        match self.sessions.get(peer).map(|entry| &entry.session) {
            Some(Session::Reply(reply)) if reply.is_finished() => self.connection_lost(peer, now),
            _ => self.close_session(peer, CloseReason::Idle, now),
        }
    }

    fn warn_of_eviction(&mut self, peer: Peer, now: Time) {
        if !self.log.evictions.admit(now) {
            return;
        }
        let Some(entry) = self.sessions.get(peer) else { return };
        let (used, ip, held) = (self.sessions.len(), entry.info.address.ip(), self.held_by(entry));
        warn!("{used} connections are open: idle ones are evicted, first those of {ip}, which has {held}");
    }
}

/// Returns whether this connection counts for the address with this block.
fn counts_for(entry: &SessionEntry, block: IpAddr) -> bool {
    entry.counts_for_address && address_block(entry.info.address.ip()) == block
}

/// Returns how long a connection has been idle; `None` if it is not.
fn idle_time(entry: &SessionEntry, now: Time) -> Option<Duration> {
    let (since, limit) = match &entry.session {
        // The client waits for the server.
        Session::Handshake(handshake) if handshake.is_queued() => return None,
        Session::Handshake(handshake) => {
            (handshake.timed_from().unwrap_or(entry.info.connected_at), IDLE_AFTER)
        }
        Session::Reply(reply) => (reply.last_write(), reply_limit(reply, entry)?),
        _ => return None,
    };
    Some(now.since(since)).filter(|&idle| idle >= limit)
}

/// Returns after which time without a write a reply counts as idle; `None` if it never does. The page of an
/// administrator may take its time.
fn reply_limit(reply: &Reply, entry: &SessionEntry) -> Option<Duration> {
    if reply.is_finished() {
        return Some(IDLE_AFTER);
    }
    let is_stalled = entry.blocked && entry.kind != RequestKind::Admin;
    is_stalled.then_some(STALLED_AFTER)
}
