//! The TLS handshakes of a turn: they cost processor time, which must not delay those who listen.

use std::time::Duration;

use super::handshake_queue::QueuedHandshake;
use super::sockets::{ShakeOutcome, Sockets};
use crate::server::{Deadlines, Peer, Server, Wire};
use crate::time::Time;
use crate::tls::TlsError;

/// How long a turn works on handshakes, besides the one during which this time is over. A handshake takes
/// 0.3 ms with an ECDSA certificate and 1.3 ms with RSA; thousands of clients that return at once would
/// otherwise keep the audio back.
const TIME_PER_TURN: Duration = Duration::from_millis(3);

/// How long a client may take for its handshake. The time in which it waits for its turn does not count.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may wait for the first work on its handshake. After this time it has probably gone
/// without a trace, or is about to go.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// When the handshakes that have begun must be complete.
#[derive(Debug)]
pub struct Handshakes {
    deadlines: Deadlines,
}

impl Default for Handshakes {
    fn default() -> Self {
        Self { deadlines: Deadlines::new(TIMEOUT) }
    }
}

impl Handshakes {
    /// Starts the time of a client's handshake, unless it runs.
    pub fn start_timeout(&mut self, peer: Peer, sockets: &mut Sockets, now: Time) {
        if sockets.note_timed(peer) {
            self.deadlines.add(peer, now);
        }
    }

    /// Continues handshakes for a limited time, and ends those that take too long.
    pub fn advance(&mut self, sockets: &mut Sockets, server: &mut Server, now: Time) {
        let end = sockets.now() + TIME_PER_TURN;
        while let Some(next) = sockets.next_shaking() {
            self.serve(next, sockets, server, now);
            if sockets.now() >= end {
                break;
            }
        }
        let (waiting, longest) = sockets.waiting_handshakes();
        server.note_waiting_handshakes(waiting, longest, now);
        self.close_overdue(sockets, server, now);
    }

    fn serve(&mut self, next: QueuedHandshake, sockets: &mut Sockets, server: &mut Server, now: Time) {
        let QueuedHandshake { peer, is_new, since } = next;
        if is_new && sockets.now().since(since) >= WAIT_MAX {
            return server.tls_failed(peer, &TlsError::busy(), now);
        }
        self.start_timeout(peer, sockets, now);
        server.tls_continues(peer, is_new, now);
        work_on(peer, sockets, server, now);
    }

    /// Closes the connections whose handshakes take too long. One that waits for its turn gets more time.
    fn close_overdue(&mut self, sockets: &Sockets, server: &mut Server, now: Time) {
        self.deadlines.drop_obsolete_front(|peer| sockets.is_shaking(peer));
        while let Some(peer) = self.deadlines.pop_due(now) {
            match sockets.is_shaking(peer) {
                true if sockets.is_queued(peer) => self.deadlines.add(peer, now),
                true => server.tls_timed_out(peer, now),
                false => {}
            }
        }
    }

    /// Closes no connection before this time, after the process did not run.
    pub fn postpone(&mut self, until: Time) {
        self.deadlines.postpone(until);
    }

    /// Returns when [`advance`](Self::advance) must be called if nothing happens before.
    pub fn deadline(&self) -> Option<Time> {
        self.deadlines.next_time()
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

#[cfg(test)]
mod tests;
