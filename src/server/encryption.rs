//! TLS as the server sees it: which clients begin it, who uses it, and why it failed.

use std::time::Duration;

use log::{debug, warn};

use super::state::peer::Peer;
use super::state::server::Server;
use super::state::tls_starts::TlsStart;
use crate::http::request::upgrade::{asks_for_tls, has_body};
use crate::http::request::{Request, RequestRefusal};
use crate::http::response::reply;
use crate::log_limiter::log_limited;
use crate::router::Route;
use crate::session::{CloseReason, Handshake, Session};
use crate::time::Time;
use crate::tls::{SessionFacts, TlsError};

/// How long handshakes may wait before a line says so.
const HANDSHAKES_LATE: Duration = Duration::from_secs(2);

impl Server {
    /// Sets whether clients can use TLS: whether there is a certificate.
    pub fn set_tls_offered(&mut self, is_offered: bool) {
        self.tls_starts.is_offered = is_offered;
    }

    /// Notes that a client must use TLS, because it has connected to a port that requires it.
    pub fn require_tls(&mut self, peer: Peer) {
        self.handshake_mut(peer).into_iter().for_each(Handshake::require_tls);
    }

    /// Returns the clients that begin TLS since the last call. Until then, nothing may be read from them: see
    /// [`is_read_paused`](Self::is_read_paused).
    pub fn drain_tls_starts(&mut self) -> Vec<TlsStart> {
        std::mem::take(&mut self.tls_starts.waiting)
    }

    /// Begins TLS with a client that has sent `bytes`, the first ones of its handshake.
    pub(super) fn begin_tls(&mut self, peer: Peer, bytes: Vec<u8>, now: Time) {
        if !self.tls_starts.is_offered {
            return self.refuse_request(peer, RequestRefusal::Tls, now);
        }
        let start = TlsStart { peer, reply: Vec::new(), response: Vec::new(), received: bytes };
        self.tls_starts.waiting.push(start);
    }

    /// Changes to TLS if the request asks for it (RFC 2817) or the port requires it. Returns the request if
    /// it is to be answered now. `rest` is the bytes after its head: a request with a body is answered
    /// without TLS, because a server may ignore the wish.
    pub(super) fn change_to_tls(
        &mut self,
        peer: Peer,
        request: Box<Request>,
        rest: &[u8],
        now: Time,
    ) -> Option<Box<Request>> {
        let has_body = has_body(&request) || !rest.is_empty();
        let asks = !request.is_encrypted() && !has_body && asks_for_tls(&request);
        match asks {
            true if self.tls_starts.is_offered => self.upgrade(peer, request),
            true => self.refuse_request(peer, RequestRefusal::TlsNotOffered, now),
            false if self.lacks_tls(peer) => self.refuse_request(peer, RequestRefusal::TlsRequired, now),
            false => return Some(request),
        }
        None
    }

    /// Begins TLS with a client whose request asks for it. The request is answered over TLS (RFC 2817, 3.3).
    fn upgrade(&mut self, peer: Peer, request: Box<Request>) {
        let keeps_open = matches!(self.route(&request), Route::ServerOptions);
        let response = if keeps_open { reply::server_options_over_tls() } else { Vec::new() };
        if let Some(handshake) = self.handshake_mut(peer).filter(|_| !keeps_open) {
            handshake.keep_for_tls(request);
        }
        let start = TlsStart { peer, reply: reply::switching_to_tls(), response, received: Vec::new() };
        self.tls_starts.waiting.push(start);
    }

    fn handshake_mut(&mut self, peer: Peer) -> Option<&mut Handshake> {
        match self.sessions.get_mut(peer).map(|entry| &mut entry.session) {
            Some(Session::Handshake(handshake)) => Some(handshake),
            _ => None,
        }
    }

    /// Returns whether a client must use TLS and does not.
    pub(super) fn lacks_tls(&self, peer: Peer) -> bool {
        let session = self.sessions.get(peer).map(|entry| &entry.session);
        matches!(session, Some(Session::Handshake(handshake)) if handshake.lacks_tls())
    }

    /// Notes that a TLS handshake has begun.
    pub fn tls_begun(&mut self, peer: Peer) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        entry.info.is_encrypted = true;
        if let Session::Handshake(handshake) = &mut entry.session {
            handshake.note_encrypted();
        }
    }

    /// Notes that the next step of a client's handshake waits for its turn. This is not the client's time.
    pub fn tls_waits(&mut self, peer: Peer) {
        self.handshake_mut(peer).into_iter().for_each(|handshake| handshake.note_queued(true));
    }

    /// Notes that a handshake has its turn. If it is the first one, the client's time begins.
    pub fn tls_continues(&mut self, peer: Peer, is_first: bool, now: Time) {
        let Some(handshake) = self.handshake_mut(peer) else { return };
        handshake.note_queued(false);
        if is_first {
            self.restart_request_timeout(peer, now);
        }
    }

    /// Starts the time for a client's request again.
    fn restart_request_timeout(&mut self, peer: Peer, now: Time) {
        let Some(handshake) = self.handshake_mut(peer) else { return };
        handshake.restart_time(now);
        self.timers.requests.add(peer, now);
    }

    /// Notes how many handshakes wait for their turn, and how long the first of them has waited.
    pub fn note_waiting_handshakes(&mut self, count: usize, longest: Duration, now: Time) {
        self.stats.tls_waiting = count;
        if longest >= HANDSHAKES_LATE && self.log.handshakes.admit(now) {
            let seconds = longest.as_secs_f32();
            warn!(
                "{count} TLS handshakes wait, the first for {seconds:.1} s: so many clients come at once that the \
                 processor is too slow for them"
            );
        }
    }

    /// Notes that a TLS handshake is complete. Answers the request with which the client has asked for it.
    /// The statistics are about clients: they leave out upstreams.
    pub fn tls_established(&mut self, peer: Peer, facts: Option<SessionFacts>, now: Time) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let (Session::Handshake(handshake), Some(facts)) = (&mut entry.session, facts) else { return };
        match facts.is_resumed {
            true => self.stats.tls_resumed += 1,
            false => self.stats.tls_full += 1,
        }
        debug!("{} uses {}", entry.info.address, facts.version);
        let upgrading = handshake.note_established();
        self.restart_request_timeout(peer, now);
        if let Some(mut request) = upgrading {
            self.note_upgraded(peer, &mut request);
            self.serve_request(peer, &request, &[], now);
        }
    }

    /// Closes a connection whose TLS has failed.
    pub fn tls_failed(&mut self, peer: Peer, error: &TlsError, now: Time) {
        if let Some(key) = self.upstream_at(peer) {
            return self.upstream_tls_failed(key, &error.to_string(), now);
        }
        self.close_for_tls(peer, &error.to_string(), now);
    }

    /// Closes a connection whose TLS handshake was not complete in time.
    pub fn tls_timed_out(&mut self, peer: Peer, now: Time) {
        if let Some(key) = self.upstream_at(peer) {
            return self.upstream_tls_failed(key, "the handshake took too long", now);
        }
        self.close_for_tls(peer, "the handshake was not complete in time", now);
    }

    /// Closes a connection and logs the reason: that of a live source in the line about its end, that of
    /// others in a line of its own.
    fn close_for_tls(&mut self, peer: Peer, reason: &str, now: Time) {
        let Some(entry) = self.sessions.get(peer) else { return };
        let address = entry.info.address;
        if self.live_source_of(peer).is_none() {
            log_limited!(self.log.peers.admit(address.ip(), now), "{address}: TLS failed: {reason}");
        }
        self.set_end_cause(peer, || format!("failed in TLS: {reason}"));
        self.close_session(peer, CloseReason::TlsFailed, now);
    }

    /// Closes a connection whose client sends records without content.
    pub fn excess_input(&mut self, peer: Peer, now: Time) {
        self.close_session(peer, CloseReason::ExcessInput, now);
    }
}
