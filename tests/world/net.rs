//! Sockets that are none: what each takes of what is written to it.

use std::collections::BTreeMap;
use std::io::IoSlice;

use coldwave::server::{ConnectionLost, Peer, Wire};
use coldwave::time::Time;
use fastrand::Rng;

use super::ear::Ear;

/// How a peer's socket takes what is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Link {
    /// All of it, at once.
    Fast,
    /// This many bytes a second, and what fits into a buffer of so many.
    Slow { per_second: usize, buffer: usize },
    /// What fits into a buffer of so many bytes, and then nothing ever again.
    Stuck { buffer: usize },
    /// Every write takes a random part, down to nothing; the rest goes when it likes.
    Moody,
}

/// A pretend socket.
pub struct Pretend {
    pub link: Link,
    pub ear: Option<Ear>,
    /// What came, where there is no ear to check it.
    pub received: Vec<u8>,
    pub finished: bool,
    pub closed: bool,
    pub broken: bool,
    pub writes: u64,
    /// What it has sent and was not read yet.
    pub outbox: Vec<u8>,
    pub(super) blocked: bool,
    /// Bytes in the socket's buffer that the peer has not read yet.
    pub(super) queued: usize,
    pub(super) last_drained: Time,
}

impl Pretend {
    fn take(&mut self, offered: usize, rng: &mut Rng) -> usize {
        match self.link {
            Link::Fast => offered,
            Link::Slow { buffer, .. } | Link::Stuck { buffer } => {
                offered.min(buffer.saturating_sub(self.queued))
            }
            Link::Moody if rng.u8(..4) == 0 => 0,
            Link::Moody if rng.bool() => offered,
            Link::Moody => rng.usize(..=offered),
        }
    }

    /// Lets the peer read for as long as passed; says whether there is room again in a socket that was full.
    pub(super) fn drain(&mut self, now: Time, rng: &mut Rng) -> bool {
        let passed = now.since(self.last_drained);
        self.last_drained = now;
        match self.link {
            Link::Slow { per_second, .. } => {
                let read = (passed.as_secs_f64() * per_second as f64) as usize;
                self.queued = self.queued.saturating_sub(read);
            }
            Link::Stuck { .. } => return false,
            Link::Moody if rng.u8(..4) > 0 => return false,
            Link::Fast | Link::Moody => {}
        }
        std::mem::take(&mut self.blocked)
    }
}

/// The pretend sockets.
pub struct Net {
    pub peers: BTreeMap<Peer, Pretend>,
    pub(super) rng: Rng,
}

impl Wire for Net {
    fn write(&mut self, peer: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost> {
        let pretend = self.peers.get_mut(&peer).expect("the server writes to those who are there");
        assert!(
            !pretend.closed && !pretend.finished && !pretend.blocked,
            "nothing is written to {peer:?} now"
        );
        assert!(pieces.iter().all(|piece| !piece.is_empty()), "no piece is empty");
        if pretend.broken {
            return Err(ConnectionLost);
        }
        pretend.writes += 1;
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        let taken = pretend.take(offered, &mut self.rng);
        pretend.blocked = taken < offered;
        pretend.queued += taken;
        let mut left = taken;
        for piece in pieces {
            let part = &piece[..left.min(piece.len())];
            left -= part.len();
            match &mut pretend.ear {
                Some(ear) => ear.hear(part),
                None => pretend.received.extend_from_slice(part),
            }
        }
        Ok(taken)
    }

    fn finish(&mut self, peer: Peer) {
        self.peers.get_mut(&peer).expect("the server finishes with those who are there").finished = true;
    }
}
