//! How a listener leaves its station.

use crate::server::state::half_closed::CoarseTime;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::audience::ParallelPlayer;
use crate::session::{CloseReason, Reply, Session};
use crate::station::StationKey;
use crate::time::Time;

/// What a listener holds as long as it listens.
pub(in crate::server) struct Membership {
    station: StationKey,
    slot: u16,
    player: Option<ParallelPlayer>,
    closed_side: Option<CoarseTime>,
}

impl Membership {
    /// What this session holds, if it is a listener.
    pub fn from_entry(entry: &SessionEntry) -> Option<Self> {
        let Session::Listener(listener) = &entry.session else { return None };
        let player = ParallelPlayer::from_entry(entry);
        let closed_side = entry.half_closed_since;
        Some(Self { station: listener.station, slot: listener.slot, player, closed_side })
    }
}

impl Server {
    /// Gives up all that a listener held.
    pub(in crate::server) fn detach_listener(&mut self, peer: Peer, place: &Membership, now: Time) {
        let channel = &mut self.stations[place.station];
        channel.wheel.remove(peer, place.slot);
        channel.audience.remove(peer, place.player.as_ref());
        channel.audience.update_history(now);
        channel.downstream.remove(&peer);
        self.capacity.listeners -= 1;
        place.closed_side.into_iter().for_each(|since| self.capacity.half_closed.remove(since, peer));
    }

    /// Sends a listener the rest of the frame it is in, and closes.
    pub(in crate::server) fn finish_listener(&mut self, peer: Peer, why: CloseReason, now: Time) {
        self.count_listeners(now);
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let Some(place) = Membership::from_entry(entry) else { return };
        let Session::Listener(listener) = &mut entry.session else { return };
        let rest = listener.rest_of_frame(&self.stations[place.station].station);
        let reply = Reply::remainder(200, listener.sent(), rest, why);
        self.detach_listener(peer, &place, now);
        self.become_reply(peer, reply, now);
    }
}
