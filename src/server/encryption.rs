//! TLS as the server sees it: whether a client uses it, and why it failed.

use log::debug;

use super::state::peer::Peer;
use super::state::server::Server;
use crate::http::response::reply::{self, Status};
use crate::log_limiter::log_limited;
use crate::session::{CloseReason, Reply, Session};
use crate::time::Time;
use crate::tls::{SessionFacts, TlsError};

/// What a client gets that does not speak TLS on a port that requires it.
const TLS_REQUIRED: &str = "this port requires TLS: the address must begin with https://";

impl Server {
    /// Notes that a client has begun a TLS handshake.
    pub fn tls_begun(&mut self, peer: Peer) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        entry.info.is_encrypted = true;
        if let Session::Handshake(handshake) = &mut entry.session {
            handshake.note_encrypted();
        }
    }

    /// Notes that a TLS handshake is complete.
    pub fn tls_established(&mut self, peer: Peer, facts: Option<SessionFacts>) {
        let Some(facts) = facts else { return };
        match facts.is_resumed {
            // The statistics are about clients.
            _ if self.upstream_at(peer).is_some() => {}
            true => self.stats.tls_resumed += 1,
            false => self.stats.tls_handshakes += 1,
        }
        if let Some(entry) = self.sessions.get(peer) {
            debug!("{} uses {}", entry.info.address, facts.version);
        }
    }

    /// Closes a connection whose TLS has failed.
    pub fn tls_failed(&mut self, peer: Peer, error: &TlsError, now: Time) {
        if let Some(key) = self.upstream_at(peer) {
            return self.upstream_tls_failed(key, &error.to_string(), now);
        }
        let Some(entry) = self.sessions.get(peer) else { return };
        if matches!(entry.session, Session::Handshake(_)) {
            self.stats.tls_failures += 1;
            let address = entry.info.address;
            log_limited!(self.log.peers.admit(address.ip(), now), "{address}: TLS failed: {error}");
        }
        self.close_session(peer, CloseReason::TlsFailed, now);
    }

    /// Closes a connection whose TLS handshake was not complete in time.
    pub fn tls_timed_out(&mut self, peer: Peer, now: Time) {
        if let Some(key) = self.upstream_at(peer) {
            return self.upstream_tls_failed(key, "the handshake took too long", now);
        }
        self.stats.tls_failures += 1;
        self.close_session(peer, CloseReason::TlsFailed, now);
    }

    /// Answers a client that does not speak TLS on a port that requires it.
    pub fn plain_on_tls_port(&mut self, peer: Peer, now: Time) {
        if matches!(self.sessions.get(peer).map(|entry| &entry.session), Some(Session::Handshake(_))) {
            let bytes = reply::text(Status::BadRequest, TLS_REQUIRED);
            self.become_reply(peer, Reply::new(bytes, CloseReason::BadRequest), now);
        }
    }
}
