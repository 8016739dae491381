//! TLS towards upstreams: what its failure means for a relay.

use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::Session;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Returns the station whose upstream this peer is.
    pub(in crate::server) fn upstream_at(&self, peer: Peer) -> Option<StationKey> {
        match &self.sessions.get(peer)?.session {
            Session::Relay(relay) => Some(relay.station).filter(|&key| self.stations[key].is_upstream(peer)),
            _ => None,
        }
    }

    /// Handles an upstream whose TLS has failed for `reason`, which is logged. The connection is retried
    /// later, and never without TLS.
    pub(in crate::server) fn upstream_tls_failed(&mut self, key: StationKey, reason: &str, now: Time) {
        let is_streaming = self.stations[key].upstream.as_ref().is_some_and(|it| it.producer().is_some());
        let what = if is_streaming { "broke TLS" } else { "cannot be reached over TLS" };
        self.upstream_lost(key, &format!("{what}: {reason}"), now);
    }
}
