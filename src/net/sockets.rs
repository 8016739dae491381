//! The sockets of peers: reading, writing, closing.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::connection::{Connection, Start};
use crate::server::{ConnectionLost, Peer, TlsStart, Wire};
use crate::time::Time;
use crate::tls::{ServerTls, SessionFacts, TlsError, TlsProgress};

/// The most bytes read from one peer per turn, so that a fast sender does not delay the others.
const READ_BUDGET: usize = 64 * 1024;

/// The most bytes per read.
const READ_SIZE: usize = 16 * 1024;

/// The sockets, indexed by peer.
pub struct Sockets {
    open: Vec<Option<Socket>>,
    /// Peers with more to read, without duplicates. Some of them may have disconnected since.
    unread: Vec<Peer>,
    /// Peers whose TLS handshakes have work to do, in the order in which they came, without duplicates.
    shaking: VecDeque<Peer>,
    /// What TLS sessions of clients use; `None` without certificates.
    tls: Option<ServerTls>,
    buffer: Box<[u8]>,
    /// When the loop's clock started.
    started: Instant,
}

struct Socket {
    connection: Connection,
    generation: u32,
    /// Whether the peer is in the list `unread`: it may have data to read that no event reports.
    unread: bool,
}

/// The outcome of reading from a peer.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadOutcome {
    /// The connection is open. Either all available bytes were read, or the read stopped early: at the turn's
    /// budget (the peer is then unread), or because the caller stopped it.
    Open,
    /// The peer has closed its sending side.
    Eof,
    /// The connection failed.
    Failed,
    /// TLS failed. The peer was sent an alert.
    TlsFailed(TlsError),
    /// The peer sends records without content.
    ExcessInput,
}

/// The outcome of the work of a TLS handshake.
#[derive(Debug, Clone, PartialEq)]
pub enum ShakeOutcome {
    /// It is not complete.
    Pending,
    /// It is complete. Whether the peer has already closed its sending side.
    Done { facts: Option<SessionFacts>, is_closed: bool },
    /// It failed. The peer was sent an alert.
    Failed(TlsError),
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
        Self {
            open: Vec::new(),
            unread: Vec::new(),
            shaking: VecDeque::new(),
            tls: None,
            buffer: vec![0; READ_SIZE].into(),
            started,
        }
    }

    /// Uses this TLS for clients that come from now on.
    pub fn set_tls(&mut self, tls: Option<ServerTls>) {
        self.tls = tls;
    }

    /// Returns whether clients can speak TLS.
    pub fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Adds the socket of a new peer and registers it with the loop.
    ///
    /// # Errors
    /// If the system cannot watch it; the socket is closed then.
    pub fn open(
        &mut self,
        peer: Peer,
        mut stream: TcpStream,
        start: Start,
        registry: &Registry,
    ) -> io::Result<()> {
        registry.register(&mut stream, token(peer), Interest::READABLE | Interest::WRITABLE)?;
        let index = peer.index as usize;
        if self.open.len() <= index {
            self.open.resize_with(index + 1, || None);
        }
        self.open[index] = Some(Socket {
            connection: Connection::new(stream, start),
            generation: peer.generation,
            unread: false,
        });
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
        if self.socket(peer).is_some()
            && let Some(socket) = self.open[peer.index as usize].take()
        {
            socket.connection.close();
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

    /// Returns whether there is an unread peer, or a handshake with work to do.
    pub fn has_unread(&self) -> bool {
        !self.unread.is_empty() || !self.shaking.is_empty()
    }

    /// Reads from a peer, up to one turn's budget, and passes each piece to `each`. Stops when `each` returns
    /// `false`; the caller must then call [`read_later`](Self::read_later) to continue. A peer that used up
    /// its budget is not read again in the same turn. During a TLS handshake, nothing is read before
    /// [`shake`](Self::shake) has done the work of what was read before.
    pub fn read(&mut self, peer: Peer, mut each: impl FnMut(&[u8]) -> bool) -> ReadOutcome {
        let Some(Some(socket)) = self.open.get_mut(peer.index as usize) else { return ReadOutcome::Failed };
        if socket.generation != peer.generation {
            return ReadOutcome::Failed;
        }
        let mut read = 0;
        if socket.connection.tls().is_some_and(|layer| layer.is_queued) {
            return ReadOutcome::Open;
        }
        while read < READ_BUDGET && !socket.unread {
            match socket.connection.stream.read(&mut self.buffer) {
                Ok(0) => return ReadOutcome::Eof,
                Ok(count) => {
                    read += count;
                    let bytes = &self.buffer[..count];
                    match pass_on(&mut socket.connection, bytes, &mut each) {
                        Received::Continue => {}
                        Received::Stop => return ReadOutcome::Open,
                        Received::Queue => {
                            self.shaking.push_back(peer);
                            return ReadOutcome::Open;
                        }
                        Received::End(outcome) => return outcome,
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

    /// Begins TLS with a client. Does nothing if the client has disconnected.
    ///
    /// # Errors
    /// If there is no certificate, or the client sends too much.
    pub fn start_tls(&mut self, start: TlsStart) -> Result<(), TlsError> {
        let TlsStart { peer, reply, response, received } = start;
        let mut session = self.tls.as_ref().ok_or_else(TlsError::not_offered)?.accept()?;
        session.push(&received)?;
        let Some(socket) = self.socket(peer) else { return Ok(()) };
        if !reply.is_empty() {
            // The send buffer is empty, so the reply fits. If the socket has failed, the loop gets an event.
            let _ = socket.connection.write(&[IoSlice::new(&reply)]);
        }
        socket.connection.use_tls(session, response);
        if received.is_empty() {
            self.read_later(peer);
        } else {
            socket.connection.tls().into_iter().for_each(|layer| layer.is_queued = true);
            self.shaking.push_back(peer);
        }
        Ok(())
    }

    /// Returns the peer that has waited longest for its TLS handshake to continue.
    pub fn next_shaking(&mut self) -> Option<Peer> {
        self.shaking.pop_front()
    }

    /// Returns whether the time of the handshake of this peer begins now.
    pub fn begin_shaking(&mut self, peer: Peer) -> bool {
        let layer = self.socket(peer).and_then(|socket| socket.connection.tls());
        layer.is_some_and(|layer| !std::mem::replace(&mut layer.is_timed, true))
    }

    /// Returns whether the TLS handshake of this peer is not complete.
    pub fn is_shaking(&mut self, peer: Peer) -> bool {
        let layer = self.socket(peer).and_then(|socket| socket.connection.tls());
        layer.is_some_and(|layer| layer.session().is_handshaking())
    }

    /// Does the work of a TLS handshake with the bytes that were read. The peer is then read again. The first
    /// bytes behind the handshake can be [taken](Self::take_plaintext).
    pub fn shake(&mut self, peer: Peer) -> ShakeOutcome {
        let Some(connection) = self.socket(peer).map(|socket| &mut socket.connection) else {
            return ShakeOutcome::Pending;
        };
        connection.tls().into_iter().for_each(|layer| layer.is_queued = false);
        let progress = connection.shake();
        let facts = connection.tls().and_then(|layer| layer.session().facts());
        // What arrived while the peer was queued causes no more events.
        self.read_later(peer);
        match progress {
            Ok(TlsProgress::Handshaking) => ShakeOutcome::Pending,
            Ok(progress) => ShakeOutcome::Done { facts, is_closed: progress == TlsProgress::PeerClosed },
            Err(error) => ShakeOutcome::Failed(error),
        }
    }

    /// Passes to `each` the plaintext that has come with the end of a handshake.
    pub fn take_plaintext(&mut self, peer: Peer, mut each: impl FnMut(&[u8])) {
        if let Some(layer) = self.socket(peer).and_then(|socket| socket.connection.tls()) {
            layer.session().take_plaintext(&mut each);
        }
    }

    /// Sends what TLS has left to send to a peer whose socket has room. Returns whether there is room for
    /// more.
    ///
    /// # Errors
    /// [`ConnectionLost`] when the connection is lost.
    pub fn flush(&mut self, peer: Peer) -> Result<bool, ConnectionLost> {
        self.socket(peer).map_or(Ok(false), |socket| socket.connection.flush())
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
        self.socket(peer).ok_or(ConnectionLost)?.connection.write(pieces)
    }

    fn now(&self) -> Time {
        Time::after_start(self.started.elapsed())
    }

    fn finish(&mut self, peer: Peer) {
        self.socket(peer).into_iter().for_each(|socket| socket.connection.finish());
    }

    fn has_unsent(&mut self, peer: Peer) -> bool {
        self.socket(peer).is_some_and(|socket| socket.connection.has_unsent())
    }
}

/// What to do after bytes were received.
enum Received {
    /// Read on.
    Continue,
    /// Read no more, because the caller has stopped it.
    Stop,
    /// Put the peer into the queue of handshakes.
    Queue,
    /// Read no more.
    End(ReadOutcome),
}

/// Passes received bytes on, through TLS if the connection speaks it.
fn pass_on(connection: &mut Connection, bytes: &[u8], each: &mut impl FnMut(&[u8]) -> bool) -> Received {
    let Some(layer) = connection.tls() else {
        return if each(bytes) { Received::Continue } else { Received::Stop };
    };
    if layer.session().is_handshaking() {
        layer.is_queued = true;
        return match layer.session().push(bytes) {
            Ok(()) => Received::Queue,
            Err(error) => Received::End(ReadOutcome::TlsFailed(error)),
        };
    }
    let mut goes_on = true;
    match connection.receive(bytes, &mut |plain| goes_on &= each(plain)) {
        Err(error) => Received::End(ReadOutcome::TlsFailed(error)),
        Ok(_) if connection.sends_junk() => Received::End(ReadOutcome::ExcessInput),
        Ok(TlsProgress::PeerClosed) => Received::End(ReadOutcome::Eof),
        Ok(_) if goes_on => Received::Continue,
        Ok(_) => Received::Stop,
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
        sockets
            .open(peer, TcpStream::from_std(local), Start::Plain, poll.registry())
            .expect("the socket is registered");
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
