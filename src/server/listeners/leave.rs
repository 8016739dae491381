//! How a listener leaves its station.

use crate::server::state::half_closed::Second;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::Entry;
use crate::server::state::station::audience::Player;
use crate::session::{Reply, Session, Why};
use crate::station::StationKey;
use crate::time::Time;

/// What a listener holds as long as it listens.
pub(in crate::server) struct Place {
    station: StationKey,
    slot: u16,
    player: Option<Player>,
    closed_side: Option<Second>,
}

impl Place {
    /// What this session holds, if it is a listener.
    pub fn of(entry: &Entry) -> Option<Self> {
        let Session::Listener(listener) = &entry.session else { return None };
        let player = Player::behind(entry);
        let closed_side = entry.closed_side;
        Some(Self { station: listener.station, slot: listener.slot, player, closed_side })
    }
}

impl Server {
    /// Gives up all that a listener held.
    pub(in crate::server) fn free_place(&mut self, peer: Peer, place: &Place, now: Time) {
        let channel = &mut self.stations[place.station];
        channel.wheel.remove(peer, place.slot);
        channel.audience.leave(peer, place.player.as_ref());
        channel.audience.note(now);
        channel.downstream.remove(&peer);
        self.seats.taken -= 1;
        place.closed_side.into_iter().for_each(|since| self.seats.half_closed.remove(since, peer));
    }

    /// Sends a listener the rest of the frame it is in, and closes.
    pub(in crate::server) fn finish_listener(&mut self, peer: Peer, why: Why, now: Time) {
        self.count_listeners(now);
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let Some(place) = Place::of(entry) else { return };
        let Session::Listener(listener) = &mut entry.session else { return };
        let rest = listener.rest_of_frame(&self.stations[place.station].station);
        let reply = Reply::rest_of(200, listener.sent(), rest, why);
        self.free_place(peer, &place, now);
        self.become_reply(peer, reply, now);
    }
}
