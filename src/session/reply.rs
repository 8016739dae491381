//! A peer that is sent a few bytes and then goodbye.

use std::net::SocketAddr;

use super::why::Why;

/// Bytes to send, after which the connection is shut down for sending and the peer's own goodbye awaited: closing at
/// once would make the system reset the connection where the peer had sent more than we read, and the reset would take
/// the end of the reply with it.
#[derive(Debug)]
pub struct Reply {
    /// Who is answered.
    pub peer: SocketAddr,
    /// Why the session ends when the peer has taken all.
    pub why: Why,
    bytes: Vec<u8>,
    sent: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Sending,
    /// Everything was sent, and that there is no more.
    Finished,
}

impl Reply {
    /// Will send `bytes`; the session then ends for `why`.
    pub fn new(peer: SocketAddr, bytes: Vec<u8>, why: Why) -> Self {
        Self { peer, why, bytes, sent: 0, state: State::Sending }
    }

    /// What is still to be sent.
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// Notes that the first `count` bytes of the rest were sent.
    pub fn advance(&mut self, count: usize) {
        self.sent += count;
    }

    /// Notes that the peer was told that there is no more.
    pub fn finish(&mut self) {
        self.state = State::Finished;
    }

    /// Whether the peer was told that there is no more.
    pub fn is_finished(&self) -> bool {
        self.state == State::Finished
    }
}
