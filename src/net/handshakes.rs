//! The TLS handshakes of a turn: they cost processor time, which must not delay those who listen.

use std::collections::VecDeque;
use std::time::Duration;

use super::sockets::{ShakeOutcome, Sockets};
use crate::server::{Peer, Server, Wire};
use crate::time::Time;

/// How long a turn works on handshakes, besides the one during which this time is over. A handshake takes
/// 0.3 ms with an ECDSA certificate and 1.3 ms with RSA; thousands of clients that return at once would
/// otherwise keep the audio back.
const TIME_PER_TURN: Duration = Duration::from_millis(3);

/// How long a handshake may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// When the handshakes that have begun must be complete.
#[derive(Debug, Default)]
pub struct Handshakes {
    /// In the order of time. Those that are complete stay until their time.
    begun: VecDeque<(Time, Peer)>,
}

impl Handshakes {
    /// Continues handshakes for a limited time, and ends those that take too long.
    pub fn advance(&mut self, sockets: &mut Sockets, server: &mut Server, now: Time) {
        let end = sockets.now() + TIME_PER_TURN;
        while let Some(peer) = sockets.next_shaking() {
            if sockets.begin_shaking(peer) {
                self.begun.push_back((now + TIMEOUT, peer));
                server.tls_begun(peer);
            }
            work_on(peer, sockets, server, now);
            if sockets.now() >= end {
                break;
            }
        }
        while let Some((_, peer)) = self.begun.pop_front_if(|(until, _)| *until <= now) {
            if sockets.is_shaking(peer) {
                server.tls_timed_out(peer, now);
            }
        }
    }

    /// Returns when [`advance`](Self::advance) must be called if nothing happens before.
    pub fn deadline(&self) -> Option<Time> {
        self.begun.front().map(|(until, _)| *until)
    }
}

/// Does the work of one handshake. Behind its last message, the request may already have arrived.
fn work_on(peer: Peer, sockets: &mut Sockets, server: &mut Server, now: Time) {
    match sockets.shake(peer) {
        ShakeOutcome::Pending => {}
        ShakeOutcome::Failed(error) => server.tls_failed(peer, &error, now),
        ShakeOutcome::Done { facts, is_closed } => {
            server.tls_established(peer, facts, now);
            sockets.take_plaintext(peer, |bytes| server.received(peer, bytes, now));
            if is_closed {
                server.received_eof(peer, now);
            }
            server.writable(peer);
        }
    }
}
