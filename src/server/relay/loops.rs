//! Relays that relay each other in a loop: every server knows through which servers its streams come.

use crate::http::proxy::relay_path::RelayPath;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::CloseReason;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// The servers that a station's stream came through, this one the last of them.
    pub(in crate::server) fn stream_relay_path(&self, key: StationKey) -> RelayPath {
        let upstream = self.stations[key].upstream.as_ref();
        upstream.map(|upstream| upstream.stream_path()).unwrap_or_default().extended_by(self.relays.id)
    }

    /// Has those relays of this station connect again that were told of other servers than those that its stream now comes
    /// through: else a loop that closes behind them would not be found.
    pub(in crate::server) fn close_outdated_relays(&mut self, key: StationKey, now: Time) {
        let hops = self.stream_relay_path(key);
        let told = self.stations[key].downstream.iter();
        let uninformed: Vec<Peer> =
            told.filter(|(_, told)| !told.covers(&hops)).map(|(&peer, _)| peer).collect();
        for peer in uninformed {
            self.close_gracefully(peer, CloseReason::RelayPathChanged, now);
        }
    }
}
