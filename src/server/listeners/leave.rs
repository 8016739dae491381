//! Removes listeners from their stations.

use crate::server::state::half_closed::CoarseTime;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::audience::ParallelPlayer;
use crate::session::{CloseReason, Reply, Session};
use crate::station::StationKey;
use crate::time::Time;

/// The registrations of a listener at its station.
pub(in crate::server) struct Membership {
    station: StationKey,
    slot: u16,
    player: Option<ParallelPlayer>,
    half_closed_since: Option<CoarseTime>,
}

impl Membership {
    /// Returns the registrations of this session; `None` if it is not a listener.
    pub fn from_entry(entry: &SessionEntry) -> Option<Self> {
        let Session::Listener(listener) = &entry.session else { return None };
        let player = ParallelPlayer::from_entry(entry);
        let half_closed_since = entry.half_closed_since;
        Some(Self { station: listener.station, slot: listener.slot, player, half_closed_since })
    }
}

impl Server {
    /// Removes all registrations of a listener.
    pub(in crate::server) fn detach_listener(&mut self, peer: Peer, membership: &Membership, now: Time) {
        let channel = &mut self.stations[membership.station];
        channel.wheel.remove(peer, membership.slot);
        channel.audience.remove(peer, membership.player.as_ref());
        channel.audience.update_history(now);
        channel.downstream.remove(&peer);
        self.forget_home(peer);
        self.capacity.listeners -= 1;
        membership
            .half_closed_since
            .into_iter()
            .for_each(|since| self.capacity.half_closed.remove(since, peer));
    }

    /// Sends a listener the rest of its current frame, then closes the connection.
    pub(in crate::server) fn finish_listener(&mut self, peer: Peer, reason: CloseReason, now: Time) {
        self.count_listeners(now);
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let Some(membership) = Membership::from_entry(entry) else { return };
        let Session::Listener(listener) = &mut entry.session else { return };
        let rest = listener.rest_of_frame(&self.stations[membership.station].station);
        let reply = Reply::remainder(200, listener.sent(), rest, reason);
        self.detach_listener(peer, &membership, now);
        self.become_reply(peer, reply, now);
    }
}
