//! Evicts half-closed listeners, which have probably left, when a new client needs their slot.

use crate::http::response::reply::StreamRefusal;
use crate::server::state::half_closed::{CoarseTime, HalfClosedListener};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::session::{CloseReason, Session};
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Returns whether there is a half-closed listener that [`evict_half_closed`](Self::evict_half_closed)
    /// would disconnect.
    pub(in crate::server) fn has_half_closed(&self, now: Time) -> bool {
        self.capacity.half_closed.latest(now, |_| true).is_some()
    }

    /// Disconnects the matching listener that closed its side last, and returns whether there was one.
    pub(in crate::server) fn evict_half_closed(
        &mut self,
        now: Time,
        matches: impl Fn(HalfClosedListener) -> bool,
    ) -> bool {
        let half_closed = self.capacity.half_closed.latest(now, matches);
        half_closed.into_iter().for_each(|peer| self.close_session(peer, CloseReason::Evicted, now));
        half_closed.is_some()
    }

    /// When the station or the server is full, evicts a half-closed listener. Evicts none if moved listeners
    /// exceed the limit, because one eviction would not make room.
    pub(super) fn evict_for_stream(&mut self, key: StationKey, now: Time) {
        let channel = &self.stations[key];
        let is_just_full = channel.settings().max_listeners.is_none_or(|max| channel.wheel.len() <= max);
        let half_closed = &self.capacity.half_closed;
        let evicted = match self.stream_refusal(key, now) {
            Some(StreamRefusal::StationFull) if is_just_full => {
                half_closed.latest(now, |listener| listener.station == key)
            }
            Some(StreamRefusal::ServerFull) if self.capacity.listeners <= self.capacity.max_listeners => {
                half_closed.latest(now, |_| true)
            }
            _ => None,
        };
        evicted.into_iter().for_each(|peer| self.close_gracefully(peer, CloseReason::Evicted, now));
    }

    /// Notes that a listener closed its sending side.
    pub(in crate::server) fn note_half_closed(&mut self, peer: Peer, now: Time) {
        let Some(SessionEntry { session: Session::Listener(listener), info, half_closed_since, .. }) =
            self.sessions.get_mut(peer)
        else {
            return;
        };
        // The event loop may report the same half-close several times.
        if half_closed_since.is_none() {
            let listener = HalfClosedListener { station: listener.station, address: info.address.ip() };
            self.capacity.half_closed.set(
                *half_closed_since.insert(CoarseTime::from_time(now)),
                peer,
                listener,
            );
        }
    }
}
