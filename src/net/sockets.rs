//! The peers' sockets: read from, written to, closed.

use std::io::{self, ErrorKind, IoSlice, Read};
use std::net::Shutdown;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use crate::server::{ConnectionLost, Peer, Wire};

/// Bytes read from one peer in one turn, so that one who sends much does not keep the others waiting.
const READ_BUDGET: usize = 64 * 1024;

/// Bytes read at once.
const READ_SIZE: usize = 16 * 1024;

/// The sockets, each at its peer's place.
pub struct Sockets {
    open: Vec<Option<Socket>>,
    /// Those with more to read, each once; some may be gone by now.
    unread: Vec<Peer>,
    buffer: Box<[u8]>,
}

struct Socket {
    stream: TcpStream,
    generation: u32,
    /// There is more to read than one turn's budget, of which no event will tell.
    unread: bool,
}

/// How reading from a peer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOutcome {
    /// With all that there was, or as much as one turn may read: then the peer is one of the unread.
    Open,
    /// With the peer's word that it will send no more.
    Eof,
    /// With an error: the connection is broken.
    Failed,
}

/// Half of a token's bits are the peer's place, half its generation, as far as it fits.
const PLACE_BITS: u32 = usize::BITS / 2;

/// Tokens from here on are peers': their generations begin with 1.
pub const FIRST_PEER_TOKEN: usize = 1 << PLACE_BITS;

fn token(peer: Peer) -> Token {
    // Where half a word is too short for the generation, one that ends in zeros must still be no token of the loop.
    let generation = (peer.generation as usize % FIRST_PEER_TOKEN).max(1);
    Token((generation << PLACE_BITS) | peer.index as usize)
}

impl Sockets {
    /// None yet.
    pub fn new() -> Self {
        Self { open: Vec::new(), unread: Vec::new(), buffer: vec![0; READ_SIZE].into() }
    }

    /// Adds the socket of a new peer, and has the loop tell of it.
    ///
    /// # Errors
    /// When the system does not watch it for us; the socket is closed then.
    pub fn open(&mut self, peer: Peer, mut stream: TcpStream, registry: &Registry) -> io::Result<()> {
        registry.register(&mut stream, token(peer), Interest::READABLE | Interest::WRITABLE)?;
        let index = peer.index as usize;
        if self.open.len() <= index {
            self.open.resize_with(index + 1, || None);
        }
        self.open[index] = Some(Socket { stream, generation: peer.generation, unread: false });
        Ok(())
    }

    /// Whom an event is for; nobody if he is gone.
    pub fn peer(&self, of: Token) -> Option<Peer> {
        let index = of.0 % FIRST_PEER_TOKEN;
        let generation = self.open.get(index)?.as_ref()?.generation;
        Some(Peer { index: index as u32, generation }).filter(|&peer| token(peer) == of)
    }

    /// Closes a peer's socket.
    pub fn close(&mut self, peer: Peer) {
        if self.socket(peer).is_some() {
            self.open[peer.index as usize] = None;
        }
    }

    /// The peers who have more to read than their last turn's budget. Read from each of them.
    pub fn take_unread(&mut self) -> Vec<Peer> {
        let unread = std::mem::take(&mut self.unread);
        for &peer in &unread {
            if let Some(socket) = self.socket(peer) {
                socket.unread = false;
            }
        }
        unread
    }

    /// Whether someone has more to read than his last turn's budget.
    pub fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Reads what a peer sent, up to one turn's budget, and gives it to `each`, piece by piece, until that says that it is
    /// enough: then somebody has to [read later](Self::read_later). Nothing is read from one
    /// whose turn comes later because there was more than that.
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

    /// Makes `peer` one of the unread: there may be something of which no event will tell.
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
        // If that fails the connection is broken, of which the loop will tell.
        let _ = self.socket(peer).map(|socket| socket.stream.shutdown(Shutdown::Write));
    }
}

/// Sends without going through the file system's part of the kernel, as write() and writev() do, which looks at half a
/// dozen more of its own things for every socket.
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
        let (ours, _) = listener.accept().expect("someone connected");
        ours.set_nonblocking(true).expect("a socket option");
        let peer = Peer { index: 0, generation };
        sockets.open(peer, TcpStream::from_std(ours), poll.registry()).expect("it can be watched");
        (peer, theirs)
    }

    #[test]
    fn whoever_is_gone_has_nothing_more_to_read() {
        let (mut sockets, poll) = (Sockets::new(), Poll::new().expect("a poll"));
        let (gone, _theirs) = connected(&mut sockets, &poll, 1);
        let (_here, _others) = connected(&mut sockets, &poll, 2);
        assert_eq!(sockets.read(gone, |_| panic!("he is gone")), ReadOutcome::Failed);
        assert!(!sockets.has_unread());
    }

    #[test]
    fn a_peer_with_more_than_the_budget_is_read_once_a_turn() {
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
                assert_eq!(sockets.read(peer, |_| panic!("his turn is over")), ReadOutcome::Open);
                assert_eq!(sockets.take_unread(), [peer]);
                turns += 1;
            }
        }
        assert!(turns <= 4, "{turns}");
        sender.join().expect("it does not panic").expect("all was read");
    }
}
