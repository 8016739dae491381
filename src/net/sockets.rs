//! The sockets of peers: reading, writing, closing.

use std::io::{self, ErrorKind, IoSlice, Read};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::connection::{Connection, Start};
use super::handshake_queue::{HandshakeQueue, QueuedHandshake};
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
    /// Peers whose TLS handshakes have work to do, without duplicates.
    shaking: HandshakeQueue,
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
    /// Whether the peer waits for its turn to continue its TLS handshake.
    is_queued: bool,
}

/// The outcome of reading from a peer.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadOutcome {
    /// The connection is open. Either all available bytes were read, or the read stopped early: at the turn's
    /// budget (the peer is then unread), or because the caller stopped it.
    Open,
    /// The peer waits for its turn to continue its TLS handshake. It is not read before.
    Queued,
    /// The peer has closed its sending side.
    Eof,
    /// The connection failed.
    Failed,
    /// TLS failed. The peer was sent the alert of rustls, if it has one for this.
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
    /// It failed. The peer was sent an alert, unless it ended the handshake itself or sent too much after
    /// the version was agreed on.
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
            shaking: HandshakeQueue::default(),
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
            is_queued: false,
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
            if socket.is_queued {
                self.shaking.note_left();
            }
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
        !self.unread.is_empty() || self.shaking.len() > 0
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
        if socket.is_queued {
            return ReadOutcome::Queued;
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
                            return self
                                .enqueue(peer)
                                .map_or_else(ReadOutcome::TlsFailed, |()| ReadOutcome::Queued);
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
    /// If there is no certificate, the client sends too much, or too many handshakes wait.
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
            return Ok(());
        }
        self.enqueue(peer)
    }

    /// Puts a peer into the queue of handshakes.
    ///
    /// # Errors
    /// If the handshake is new, and too many wait.
    fn enqueue(&mut self, peer: Peer) -> Result<(), TlsError> {
        let now = self.now();
        self.drop_gone();
        let Some(socket) = self.socket(peer) else { return Ok(()) };
        let is_new = socket.connection.tls().is_some_and(|layer| !layer.has_begun);
        if is_new && self.shaking.is_full(now) {
            return Err(TlsError::busy());
        }
        self.socket(peer).into_iter().for_each(|socket| socket.is_queued = true);
        self.shaking.add(QueuedHandshake { peer, is_new, since: now });
        Ok(())
    }

    fn drop_gone(&mut self) {
        self.shaking.drop_unwanted_front(|peer| is_queued(&self.open, peer));
    }

    /// Removes the next peer from the queue of handshakes.
    pub fn next_shaking(&mut self) -> Option<QueuedHandshake> {
        let next = self.shaking.next(|peer| is_queued(&self.open, peer))?;
        self.socket(next.peer).into_iter().for_each(|socket| socket.is_queued = false);
        Some(next)
    }

    /// Returns how many handshakes wait, and how long the first of them has waited.
    pub fn waiting_handshakes(&mut self) -> (usize, Duration) {
        self.drop_gone();
        (self.shaking.len(), self.shaking.longest_wait(self.now()))
    }

    /// Returns whether the peer waits for its turn to continue its handshake.
    pub fn is_queued(&self, peer: Peer) -> bool {
        is_queued(&self.open, peer)
    }

    /// Removes a peer that has gone from the queue, if nothing was done for its handshake yet: the work would
    /// be in vain. Returns whether it was there.
    pub fn leave_queue(&mut self, peer: Peer) -> bool {
        let Some(socket) = self.socket(peer) else { return false };
        let is_new = socket.connection.tls().is_some_and(|layer| !layer.has_begun);
        if !is_new || !std::mem::take(&mut socket.is_queued) {
            return false;
        }
        self.shaking.note_left();
        true
    }

    /// Notes that the time of the handshake of this peer runs. Returns whether it did not run before.
    pub fn note_timed(&mut self, peer: Peer) -> bool {
        let layer = self.socket(peer).and_then(|socket| socket.connection.tls());
        layer.is_some_and(|layer| !std::mem::replace(&mut layer.is_timed, true))
    }

    /// Returns whether the TLS handshake of this peer is not complete.
    pub fn is_shaking(&self, peer: Peer) -> bool {
        find(&self.open, peer).is_some_and(|socket| socket.connection.is_shaking())
    }

    /// Does the work of a TLS handshake with the bytes that were read. The peer is then read again. The first
    /// bytes behind the handshake can be [taken](Self::take_plaintext).
    pub fn shake(&mut self, peer: Peer) -> ShakeOutcome {
        let Some(connection) = self.socket(peer).map(|socket| &mut socket.connection) else {
            return ShakeOutcome::Pending;
        };
        connection.tls().into_iter().for_each(|layer| layer.has_begun = true);
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

fn find(open: &[Option<Socket>], peer: Peer) -> Option<&Socket> {
    open.get(peer.index as usize)?.as_ref().filter(|socket| socket.generation == peer.generation)
}

fn is_queued(open: &[Option<Socket>], peer: Peer) -> bool {
    find(open, peer).is_some_and(|socket| socket.is_queued)
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
mod tests;
