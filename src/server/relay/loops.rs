//! Relays that relay each other in a loop: every server knows through which servers its streams come.

use crate::http::proxy::relay_path::RelayPath;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::Why;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// The servers that a station's stream came through, this one the last of them.
    pub(in crate::server) fn hops_of(&self, key: StationKey) -> RelayPath {
        let upstream = self.stations[key].upstream.as_ref();
        upstream.map(|upstream| upstream.hops()).unwrap_or_default().extended_by(self.relays.id)
    }

    /// Has those relays of this station connect again that were told of other servers than those that its stream now comes
    /// through: else a loop that closes behind them would not be found.
    pub(in crate::server) fn close_uninformed(&mut self, key: StationKey, now: Time) {
        let hops = self.hops_of(key);
        let told = self.stations[key].downstream.iter();
        let uninformed: Vec<Peer> =
            told.filter(|(_, told)| !told.covers(&hops)).map(|(&peer, _)| peer).collect();
        for peer in uninformed {
            self.close_gracefully(peer, Why::Rerouted, now);
        }
    }
}
