//! Sockets without a network: each accepts as much of what the server writes as its link allows.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::IoSlice;
use std::time::Duration;

use coldwave::server::{ConnectionLost, Peer, Wire};
use coldwave::time::Time;
use fastrand::Rng;

use super::ear::Ear;

/// The most bytes that a socket [keeps](Net::keeps_records).
const RECORD_MAX: usize = 16 * 1024;

/// How fast a peer's socket accepts data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Link {
    /// Accepts everything at once.
    Fast,
    /// The peer reads `per_second` bytes per second from a socket buffer of `buffer` bytes.
    Slow { per_second: usize, buffer: usize },
    /// The peer never reads: the socket accepts `buffer` bytes and then nothing.
    Stuck { buffer: usize },
    /// Each write accepts a random part, possibly nothing; the socket becomes writable again at random
    /// moments.
    Erratic,
}

/// The socket of one simulated peer.
pub struct FakeSocket {
    pub link: Link,
    /// Checks what the server sends. Without one, `received` collects it.
    pub ear: Option<Ear>,
    /// The bytes that the server sent, for a peer without an ear.
    pub received: Vec<u8>,
    /// Whether the server has shut down its sending half.
    pub finished: bool,
    /// Whether the server has closed the connection.
    pub closed: bool,
    /// Whether the next write fails.
    pub broken: bool,
    /// The number of writes.
    pub writes: u64,
    /// Bytes that the peer has sent and the server has not read yet.
    pub outbox: Vec<u8>,
    /// What the server has written and the socket has not accepted, as one record of TLS.
    pub unsent: Vec<u8>,
    pub(super) blocked: bool,
    /// Bytes in the socket buffer that the peer has not read yet.
    pub(super) queued: usize,
    pub(super) last_drained: Time,
}

impl FakeSocket {
    pub(super) fn new(link: Link, now: Time) -> Self {
        Self {
            link,
            ear: None,
            received: Vec::new(),
            finished: false,
            closed: false,
            broken: false,
            writes: 0,
            outbox: Vec::new(),
            unsent: Vec::new(),
            blocked: false,
            queued: 0,
            last_drained: now,
        }
    }

    /// Returns how many of the `offered` bytes the socket accepts now.
    fn accept(&self, offered: usize, rng: &mut Rng) -> usize {
        match self.link {
            Link::Fast => offered,
            Link::Slow { buffer, .. } | Link::Stuck { buffer } => {
                offered.min(buffer.saturating_sub(self.queued))
            }
            Link::Erratic if rng.u8(..4) == 0 => 0,
            Link::Erratic if rng.bool() => offered,
            Link::Erratic => rng.usize(..=offered),
        }
    }

    /// Removes the bytes that the peer has read since the last call from the socket buffer. Returns whether a
    /// full socket has become writable.
    pub(super) fn drain(&mut self, now: Time, rng: &mut Rng) -> bool {
        let passed = now.since(self.last_drained);
        self.last_drained = now;
        match self.link {
            Link::Slow { per_second, .. } => {
                let read = (passed.as_secs_f64() * per_second as f64) as usize;
                self.queued = self.queued.saturating_sub(read);
            }
            Link::Stuck { .. } => return false,
            Link::Erratic if rng.u8(..4) > 0 => return false,
            Link::Fast | Link::Erratic => {}
        }
        let had_unsent = !self.unsent.is_empty();
        self.send_unsent(rng);
        self.unsent.is_empty() && std::mem::take(&mut self.blocked) | had_unsent
    }

    /// Sends as much of what was kept as the socket accepts.
    pub(super) fn send_unsent(&mut self, rng: &mut Rng) {
        if self.unsent.is_empty() {
            return;
        }
        let accepted = self.accept(self.unsent.len(), rng);
        let bytes: Vec<u8> = self.unsent.drain(..accepted).collect();
        self.pass_on(&bytes);
    }

    fn pass_on(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.queued += bytes.len();
        match &mut self.ear {
            Some(ear) => ear.receive(bytes),
            None => self.received.extend_from_slice(bytes),
        }
    }
}

/// The network: the sockets of all peers.
pub struct Net {
    pub peers: BTreeMap<Peer, FakeSocket>,
    /// The clock that the server reads within a turn, and by how much each reading advances it: the time that
    /// work takes in this world.
    pub clock: Cell<Time>,
    pub clock_step: Duration,
    /// Whether a full socket keeps up to a record of what it is offered, as with TLS.
    pub keeps_records: bool,
    pub(super) rng: Rng,
}

impl Net {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            peers: BTreeMap::new(),
            clock: Cell::default(),
            clock_step: Duration::ZERO,
            keeps_records: false,
            rng: Rng::with_seed(seed),
        }
    }
}

impl Wire for Net {
    fn write(&mut self, peer: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost> {
        let socket = self.peers.get_mut(&peer).expect("the server writes to open connections only");
        assert!(
            !socket.closed && !socket.finished && !socket.blocked,
            "the server must not write to {peer:?} now"
        );
        assert!(pieces.iter().all(|piece| !piece.is_empty()), "no piece is empty");
        if socket.broken {
            return Err(ConnectionLost);
        }
        socket.writes += 1;
        if !socket.unsent.is_empty() {
            socket.blocked = true;
            return Ok(0);
        }
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        let accepted = socket.accept(offered, &mut self.rng);
        let kept = if self.keeps_records { (offered - accepted).min(RECORD_MAX) } else { 0 };
        socket.blocked = accepted + kept < offered;
        let (mut passed, mut kept_left) = (accepted, kept);
        for piece in pieces {
            let (now, later) = piece.split_at(passed.min(piece.len()));
            socket.pass_on(now);
            let later = &later[..kept_left.min(later.len())];
            socket.unsent.extend_from_slice(later);
            passed -= now.len();
            kept_left -= later.len();
        }
        Ok(accepted + kept)
    }

    fn now(&self) -> Time {
        let now = self.clock.get();
        self.clock.set(now + self.clock_step);
        now
    }

    fn finish(&mut self, peer: Peer) {
        let socket = self.peers.get_mut(&peer).expect("the server shuts down open connections only");
        assert!(socket.unsent.is_empty(), "the end of {peer:?} overtakes what was written");
        socket.finished = true;
    }

    fn has_unsent(&mut self, peer: Peer) -> bool {
        self.peers.get(&peer).is_some_and(|socket| !socket.unsent.is_empty())
    }
}
