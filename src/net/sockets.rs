//! The sockets of peers: reading, writing, closing.

use std::io::{self, ErrorKind, IoSlice, Read};
use std::net::Shutdown;
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use crate::server::{ConnectionLost, Peer, Wire};
use crate::time::Time;

/// The most bytes read from one peer per turn, so that a fast sender does not delay the others.
const READ_BUDGET: usize = 64 * 1024;

/// The most bytes per read.
const READ_SIZE: usize = 16 * 1024;

/// The sockets, indexed by peer.
pub struct Sockets {
    open: Vec<Option<Socket>>,
    /// Peers with more to read, without duplicates. Some of them may have disconnected since.
    unread: Vec<Peer>,
    buffer: Box<[u8]>,
    /// When the loop's clock started.
    started: Instant,
}

struct Socket {
    stream: TcpStream,
    generation: u32,
    /// Whether the peer is in the list `unread`: it may have data to read that no event reports.
    unread: bool,
}

/// The outcome of reading from a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOutcome {
    /// The connection is open. Either all available bytes were read, or the read stopped early: at the turn's
    /// budget (the peer is then unread), or because the caller stopped it.
    Open,
    /// The peer has closed its sending side.
    Eof,
    /// The connection failed.
    Failed,
}

/// The number of bits of the peer's index in a token. They are the low half; the high half holds as much of
/// the generation as fits.
const INDEX_BITS: u32 = usize::BITS / 2;

/// The first token of peers. It is above all others, because generations begin with 1.
pub const FIRST_PEER_TOKEN: usize = 1 << INDEX_BITS;

fn token(peer: Peer) -> Token {
    // On 32-bit systems, the generation is cut to 16 bits. If these are zero, 1 is used, so that the token is
    // not one of the loop's own tokens.
    let generation = (peer.generation as usize % FIRST_PEER_TOKEN).max(1);
    Token((generation << INDEX_BITS) | peer.index as usize)
}

impl Sockets {
    /// Creates an empty set. The loop's clock started at `started`.
    pub fn new(started: Instant) -> Self {
        Self { open: Vec::new(), unread: Vec::new(), buffer: vec![0; READ_SIZE].into(), started }
    }

    /// Adds the socket of a new peer and registers it with the loop.
    ///
    /// # Errors
    /// If the system cannot watch it; the socket is closed then.
    pub fn open(&mut self, peer: Peer, mut stream: TcpStream, registry: &Registry) -> io::Result<()> {
        registry.register(&mut stream, token(peer), Interest::READABLE | Interest::WRITABLE)?;
        let index = peer.index as usize;
        if self.open.len() <= index {
            self.open.resize_with(index + 1, || None);
        }
        self.open[index] = Some(Socket { stream, generation: peer.generation, unread: false });
        Ok(())
    }

    /// Returns the peer of an event; `None` if it has disconnected.
    pub fn peer(&self, event_token: Token) -> Option<Peer> {
        let index = event_token.0 % FIRST_PEER_TOKEN;
        let generation = self.open.get(index)?.as_ref()?.generation;
        Some(Peer { index: index as u32, generation }).filter(|&peer| token(peer) == event_token)
    }

    /// Closes the socket of a peer.
    pub fn close(&mut self, peer: Peer) {
        if self.socket(peer).is_some() {
            self.open[peer.index as usize] = None;
        }
    }

    /// Returns the unread peers and clears the list. The caller must read from each of them.
    pub fn take_unread(&mut self) -> Vec<Peer> {
        let unread = std::mem::take(&mut self.unread);
        for &peer in &unread {
            if let Some(socket) = self.socket(peer) {
                socket.unread = false;
            }
        }
        unread
    }

    /// Returns whether there is an unread peer.
    pub fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Reads from a peer, up to one turn's budget, and passes each piece to `each`. Stops when `each` returns
    /// `false`; the caller must then call [`read_later`](Self::read_later) to continue. A peer that used up
    /// its budget is not read again in the same turn.
    pub fn read(&mut self, peer: Peer, mut each: impl FnMut(&[u8]) -> bool) -> ReadOutcome {
        let Some(Some(socket)) = self.open.get_mut(peer.index as usize) else { return ReadOutcome::Failed };
        if socket.generation != peer.generation {
            return ReadOutcome::Failed;
        }
        let mut read = 0;
        while read < READ_BUDGET && !socket.unread {
            match socket.stream.read(&mut self.buffer) {
                Ok(0) => return ReadOutcome::Eof,
                Ok(count) => {
                    read += count;
                    if !each(&self.buffer[..count]) {
                        return ReadOutcome::Open;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return ReadOutcome::Open,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return ReadOutcome::Failed,
            }
        }
        self.read_later(peer);
        ReadOutcome::Open
    }

    /// Marks `peer` as unread: it may have data that no event reports.
    pub fn read_later(&mut self, peer: Peer) {
        if let Some(socket) = self.socket(peer)
            && !std::mem::replace(&mut socket.unread, true)
        {
            self.unread.push(peer);
        }
    }

    fn socket(&mut self, peer: Peer) -> Option<&mut Socket> {
        self.open.get_mut(peer.index as usize)?.as_mut().filter(|socket| socket.generation == peer.generation)
    }
}

impl Wire for Sockets {
    fn write(&mut self, peer: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost> {
        let stream = &mut self.socket(peer).ok_or(ConnectionLost)?.stream;
        loop {
            match stream.try_io(|| send(stream, pieces)) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(ConnectionLost),
            }
        }
    }

    fn now(&self) -> Time {
        Time::after_start(self.started.elapsed())
    }

    fn finish(&mut self, peer: Peer) {
        // If this fails, the connection has failed, and the loop gets an event.
        let _ = self.socket(peer).map(|socket| socket.stream.shutdown(Shutdown::Write));
    }
}

/// Calls `send` and `sendmsg` instead of `write` and `writev`, which also pass through the kernel's file
/// system layer with its own checks.
fn send(stream: &TcpStream, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
    let socket = SockRef::from(stream);
    match pieces {
        [piece] => socket.send(piece),
        _ => socket.send_vectored(pieces),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::Poll;
    use std::io::Write;
    use std::net::TcpListener;

    fn connected(sockets: &mut Sockets, poll: &Poll, generation: u32) -> (Peer, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let remote = std::net::TcpStream::connect(listener.local_addr().expect("bound"))
            .expect("a connection to the listener");
        let (local, _) = listener.accept().expect("a connection");
        local.set_nonblocking(true).expect("a socket option");
        let peer = Peer { index: 0, generation };
        sockets.open(peer, TcpStream::from_std(local), poll.registry()).expect("the socket is registered");
        (peer, remote)
    }

    #[test]
    fn disconnected_peer_has_nothing_to_read() {
        let (mut sockets, poll) = (Sockets::new(Instant::now()), Poll::new().expect("a poll"));
        let (closed, _closed_remote) = connected(&mut sockets, &poll, 1);
        let (_open, _open_remote) = connected(&mut sockets, &poll, 2);
        assert_eq!(sockets.read(closed, |_| panic!("the peer has disconnected")), ReadOutcome::Failed);
        assert!(!sockets.has_unread());
    }

    #[test]
    fn peer_over_budget_is_read_once_per_turn() {
        let (mut sockets, poll) = (Sockets::new(Instant::now()), Poll::new().expect("a poll"));
        let (peer, mut remote) = connected(&mut sockets, &poll, 1);
        let sender = std::thread::spawn(move || remote.write_all(&[0; 4 * READ_BUDGET]));
        let mut turns = 0;
        let mut total = 0;
        while total < 4 * READ_BUDGET {
            for _ in 0..3 {
                let mut read = 0;
                sockets.read(peer, |bytes| {
                    read += bytes.len();
                    true
                });
                assert!(read < READ_BUDGET + READ_SIZE, "{read}");
                total += read;
                if sockets.has_unread() {
                    break;
                }
            }
            if sockets.has_unread() {
                assert_eq!(sockets.read(peer, |_| panic!("its turn is over")), ReadOutcome::Open);
                assert_eq!(sockets.take_unread(), [peer]);
                turns += 1;
            }
        }
        assert!(turns <= 4, "{turns}");
        sender.join().expect("it does not panic").expect("all was read");
    }
}
