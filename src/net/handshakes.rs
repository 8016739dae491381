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
            let outcome = sockets.shake(peer, |bytes| server.received(peer, bytes, now));
            report(peer, outcome, server, now);
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

fn report(peer: Peer, outcome: ShakeOutcome, server: &mut Server, now: Time) {
    match outcome {
        ShakeOutcome::Pending => {}
        ShakeOutcome::Done(facts) => {
            server.tls_established(peer, facts);
            server.writable(peer);
        }
        ShakeOutcome::Eof(facts) => {
            server.tls_established(peer, facts);
            server.received_eof(peer, now);
        }
        ShakeOutcome::Failed(error) => server.tls_failed(peer, &error, now),
    }
}
