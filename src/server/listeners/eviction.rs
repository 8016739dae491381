//! Seats of listeners that have most likely left, for those that come.

use std::net::SocketAddr;

use crate::http::response::reply::StreamRefusal;
use crate::server::state::addresses::address_block;
use crate::server::state::half_closed::{CoarseTime, HalfClosedListener};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::session::{CloseReason, Session};
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Whether there is a half-closed listener that [`evict_half_closed`](Self::evict_half_closed) would disconnect.
    pub fn can_evict(&self, now: Time) -> bool {
        self.capacity.half_closed.latest(now, |_| true).is_some()
    }

    /// Disconnects the listener that closed its side last, if there is one. Its socket is to be closed before the next
    /// connection needs its place: see [`drain_closed`](Self::drain_closed).
    pub fn evict_half_closed(&mut self, now: Time) {
        let half_closed = self.capacity.half_closed.latest(now, |_| true);
        half_closed.into_iter().for_each(|peer| self.close_session(peer, CloseReason::Evicted, now));
    }

    /// Where every seat is taken, frees that of a half-closed listener. If there are more listeners than seats, as some were
    /// moved here, one more or less would not help.
    pub(super) fn evict_for_stream(&mut self, key: StationKey, now: Time) {
        let channel = &self.stations[key];
        let is_just_full = channel.settings().max_listeners.is_none_or(|most| channel.wheel.len() <= most);
        let half_closed = &self.capacity.half_closed;
        let evicted = match self.stream_refusal(key, now) {
            Some(StreamRefusal::StationFull) if is_just_full => {
                half_closed.latest(now, |seat| seat.station == key)
            }
            Some(StreamRefusal::ServerFull) if self.capacity.listeners <= self.capacity.max_listeners => {
                half_closed.latest(now, |_| true)
            }
            _ => None,
        };
        evicted.into_iter().for_each(|peer| self.close_gracefully(peer, CloseReason::Evicted, now));
    }

    /// Counts one more connection of this address, if it may have one, or if a half-closed listener of it can be
    /// disconnected; says whether it may.
    pub(in crate::server) fn admit_address(&mut self, address: SocketAddr, now: Time) -> bool {
        if self.capacity.addresses.try_add(address) {
            return true;
        }
        let own = address_block(address.ip());
        let half_closed = self.capacity.half_closed.latest(now, |seat| address_block(seat.address) == own);
        half_closed.into_iter().for_each(|peer| self.close_session(peer, CloseReason::Evicted, now));
        half_closed.is_some() && self.capacity.addresses.try_add(address)
    }

    /// Notes that a listener closed its sending side.
    pub(in crate::server) fn note_half_closed(&mut self, peer: Peer, now: Time) {
        let Some(SessionEntry {
            session: Session::Listener(listener),
            info: visit,
            half_closed_since: closed_side,
            ..
        }) = self.sessions.get_mut(peer)
        else {
            return;
        };
        // The loop reports it again whenever there is other news of the socket.
        if closed_side.is_none() {
            let seat = HalfClosedListener { station: listener.station, address: visit.address.ip() };
            self.capacity.half_closed.set(*closed_side.insert(CoarseTime::from_time(now)), peer, seat);
        }
    }
}
