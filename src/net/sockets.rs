//! The peers' sockets: read from, written to, closed.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use crate::server::{Gone, Peer, Wire};

/// Bytes read from one peer in one turn, so that one who sends much does not keep the others waiting.
const READ_BUDGET: usize = 64 * 1024;

/// Bytes read at once.
const READ_SIZE: usize = 16 * 1024;

/// The sockets, each at its peer's place.
pub struct Sockets {
    open: Vec<Option<Socket>>,
    buffer: Box<[u8]>,
}

struct Socket {
    stream: TcpStream,
    generation: u32,
}

/// How far reading from a peer got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Got {
    /// All that there was.
    All,
    /// As much as one peer may have read in one turn. No event will tell of the rest.
    Budget,
    /// The end: the peer will send no more.
    End,
    /// An error: the connection is broken.
    Broken,
}

/// Half of a token's bits are the peer's place, half its generation, as far as it fits.
const PLACE_BITS: u32 = usize::BITS / 2;

/// Tokens from here on are peers': their generations begin with 1.
pub const FIRST_PEER: usize = 1 << PLACE_BITS;

fn token(peer: Peer) -> Token {
    // Where half a word is too short for the generation, one that ends in zeros must still be no token of the loop.
    let generation = (peer.generation as usize % FIRST_PEER).max(1);
    Token((generation << PLACE_BITS) | peer.index as usize)
}

impl Sockets {
    /// None yet.
    pub fn new() -> Self {
        Self { open: Vec::new(), buffer: vec![0; READ_SIZE].into() }
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
        self.open[index] = Some(Socket { stream, generation: peer.generation });
        Ok(())
    }

    /// Whom an event is for; nobody if he is gone.
    pub fn peer(&self, of: Token) -> Option<Peer> {
        let index = of.0 % FIRST_PEER;
        let generation = self.open.get(index)?.as_ref()?.generation;
        Some(Peer { index: index as u32, generation }).filter(|&peer| token(peer) == of)
    }

    /// Closes a peer's socket.
    pub fn close(&mut self, peer: Peer) {
        if self.socket(peer).is_some() {
            self.open[peer.index as usize] = None;
        }
    }

    /// Reads what a peer sent and gives it to `each`, piece by piece.
    pub fn read(&mut self, peer: Peer, mut each: impl FnMut(&[u8])) -> Got {
        let Some(Some(socket)) = self.open.get_mut(peer.index as usize) else { return Got::Broken };
        let mut read = 0;
        while read < READ_BUDGET && socket.generation == peer.generation {
            match socket.stream.read(&mut self.buffer) {
                Ok(0) => return Got::End,
                Ok(count) => {
                    each(&self.buffer[..count]);
                    read += count;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Got::All,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Got::Broken,
            }
        }
        Got::Budget
    }

    fn socket(&mut self, peer: Peer) -> Option<&mut TcpStream> {
        let socket = self.open.get_mut(peer.index as usize)?.as_mut()?;
        (socket.generation == peer.generation).then_some(&mut socket.stream)
    }
}

impl Wire for Sockets {
    fn write(&mut self, peer: Peer, pieces: &[IoSlice<'_>]) -> Result<usize, Gone> {
        let stream = self.socket(peer).ok_or(Gone)?;
        loop {
            match stream.write_vectored(pieces) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Gone),
            }
        }
    }

    fn finish(&mut self, peer: Peer) {
        // If that fails the connection is broken, of which the loop will tell.
        let _ = self.socket(peer).map(|stream| stream.shutdown(Shutdown::Write));
    }
}
