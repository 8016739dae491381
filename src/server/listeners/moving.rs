//! Moves listeners from one station to another.

use crate::audio::Codec;
use crate::server::state::half_closed::HalfClosedListener;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::station::audience::ParallelPlayer;
use crate::session::Session;
use crate::station::StationKey;

impl Server {
    /// Returns whether a listener can be moved to a stream of this codec: its head has named it. After a
    /// change of its station's codec, a listener may be about to be closed because its head named another.
    pub(in crate::server) fn may_get(&self, peer: Peer, codec: Codec) -> bool {
        matches!(
            self.sessions.get(peer).map(|entry| &entry.session),
            Some(Session::Listener(listener)) if listener.promised_codec() == Some(codec)
        )
    }

    /// Moves a listener to another station at the end of its current frame.
    pub(in crate::server) fn move_listener(&mut self, peer: Peer, from: StationKey, to: StationKey) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let player = ParallelPlayer::from_entry(entry);
        let Session::Listener(listener) = &mut entry.session else { return };
        self.stations[from].wheel.remove(peer, listener.slot);
        listener.move_to(&self.stations[from].station, &self.stations[to].station);
        (listener.station, listener.slot) = (to, self.stations[to].wheel.add(peer));
        let mut audience = std::mem::take(&mut self.stations[from].audience);
        audience.move_to(peer, player, &mut self.stations[to].audience);
        self.stations[from].audience = audience;
        if let Some(since) = entry.half_closed_since {
            let half_closed = HalfClosedListener { station: to, address: entry.info.address.ip() };
            self.capacity.half_closed.set(since, peer, half_closed);
        }
        if let Some(relay_path) = self.stations[from].downstream.remove(&peer) {
            self.stations[to].downstream.insert(peer, relay_path);
        }
    }
}
