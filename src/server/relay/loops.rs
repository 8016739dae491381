//! Reports the relay path of a station downstream, and closes relays whose path has changed.

use crate::http::proxy::relay_path::RelayPath;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::CloseReason;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Returns the relay path of a station's stream, ending with this server.
    pub(in crate::server) fn stream_relay_path(&self, key: StationKey) -> RelayPath {
        let upstream = self.stations[self.stations.programme(key)].upstream.as_ref();
        upstream.map(|upstream| upstream.stream_path()).unwrap_or_default().extended_by(self.relays.id)
    }

    /// Closes the relays of this station that were sent another relay path than the current one. They
    /// reconnect and get the new path. Otherwise a loop that a later connection completes would not be
    /// detected.
    pub(in crate::server) fn close_outdated_relays(&mut self, key: StationKey, now: Time) {
        let relay_path = self.stream_relay_path(key);
        let sent_paths = self.stations[key].downstream.iter();
        let outdated: Vec<Peer> =
            sent_paths.filter(|(_, sent)| !sent.covers(&relay_path)).map(|(&peer, _)| peer).collect();
        for peer in outdated {
            self.close_gracefully(peer, CloseReason::RelayPathChanged, now);
        }
    }
}
