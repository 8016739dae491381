//! The sockets of peers: reading, writing, closing.

use std::io::{self, ErrorKind, IoSlice, Read};
use std::net::Shutdown;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use crate::server::{ConnectionLost, Peer, Wire};

/// The most bytes read from one peer per turn, so that a fast sender does not delay the others.
const READ_BUDGET: usize = 64 * 1024;

/// The most bytes per read.
const READ_SIZE: usize = 16 * 1024;

/// The sockets, indexed by peer.
pub struct Sockets {
    open: Vec<Option<Socket>>,
    /// Peers with more to read, each once; some may have disconnected since.
    unread: Vec<Peer>,
    buffer: Box<[u8]>,
}

struct Socket {
    stream: TcpStream,
    generation: u32,
    /// Whether there is more to read than one turn's budget; no event reports that.
    unread: bool,
}

/// The outcome of reading from a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOutcome {
    /// The connection is open. All available bytes were read, or as many as one turn may read; then the peer
    /// is one of the unread.
    Open,
    /// The peer has closed its sending side.
    Eof,
    /// The connection failed.
    Failed,
}

/// A token consists of the peer's index in one half of its bits, and as much of its generation as fits in the
/// other.
const INDEX_BITS: u32 = usize::BITS / 2;

/// The first token of peers: their generations begin with 1.
pub const FIRST_PEER_TOKEN: usize = 1 << INDEX_BITS;

fn token(peer: Peer) -> Token {
    // If half a word is too short for the generation, one that ends in zeros must still not become a token of
    // the loop.
    let generation = (peer.generation as usize % FIRST_PEER_TOKEN).max(1);
    Token((generation << INDEX_BITS) | peer.index as usize)
}

impl Sockets {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self { open: Vec::new(), unread: Vec::new(), buffer: vec![0; READ_SIZE].into() }
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

    /// Returns the peers that have more to read than their last turn's budget. Read from each of them.
    pub fn take_unread(&mut self) -> Vec<Peer> {
        let unread = std::mem::take(&mut self.unread);
        for &peer in &unread {
            if let Some(socket) = self.socket(peer) {
                socket.unread = false;
            }
        }
        unread
    }

    /// Returns whether any peer has more to read than its last turn's budget.
    pub fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Reads from a peer, up to one turn's budget, and passes each piece to `each` until that returns
    /// `false`; then the caller has to [read later](Self::read_later). A peer that exceeded its budget is not
    /// read again in the same turn.
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

    /// Adds `peer` to the unread ones: it may have data that no event reports.
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

    fn finish(&mut self, peer: Peer) {
        // If that fails, the connection has failed, and the loop gets an event.
        let _ = self.socket(peer).map(|socket| socket.stream.shutdown(Shutdown::Write));
    }
}

/// Sends without the file system layer of the kernel, which write() and writev() pass through; for every
/// socket it checks half a dozen more things of its own.
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
        let theirs = std::net::TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
        let (ours, _) = listener.accept().expect("a connection");
        ours.set_nonblocking(true).expect("a socket option");
        let peer = Peer { index: 0, generation };
        sockets.open(peer, TcpStream::from_std(ours), poll.registry()).expect("it can be watched");
        (peer, theirs)
    }

    #[test]
    fn disconnected_peer_has_nothing_to_read() {
        let (mut sockets, poll) = (Sockets::new(), Poll::new().expect("a poll"));
        let (gone, _theirs) = connected(&mut sockets, &poll, 1);
        let (_here, _others) = connected(&mut sockets, &poll, 2);
        assert_eq!(sockets.read(gone, |_| panic!("the peer has disconnected")), ReadOutcome::Failed);
        assert!(!sockets.has_unread());
    }

    #[test]
    fn peer_over_budget_is_read_once_per_turn() {
        let (mut sockets, poll) = (Sockets::new(), Poll::new().expect("a poll"));
        let (peer, mut theirs) = connected(&mut sockets, &poll, 1);
        let sender = std::thread::spawn(move || theirs.write_all(&[0; 4 * READ_BUDGET]));
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
