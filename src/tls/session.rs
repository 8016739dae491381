//! One TLS session: bytes in, bytes out.

use std::fmt;
use std::io::{self, IoSlice, Read, Write};

use rustls::{Connection, HandshakeKind};

use super::error::TlsError;

/// The most plaintext bytes of one record.
pub const RECORD_MAX: usize = 16 * 1024;

/// The most bytes that rustls keeps to be sent. A record is sealed only when the ones before were sent, so
/// this is one long record, or four short ones with their overhead.
const OUTPUT_MAX: usize = RECORD_MAX + 1024;

/// The most pieces that are sealed into one record.
const PIECES_MAX: usize = 64;

/// The state of one TLS connection, as server or as client.
pub struct TlsSession(Box<Connection>);

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsProgress {
    /// The handshake is not complete.
    Handshaking,
    /// Both sides can send.
    Open,
    /// The peer has sent `close_notify`: it sends nothing more, but may still read.
    PeerClosed,
}

/// What a handshake has agreed on, for the log and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFacts {
    /// The version, such as `TLS 1.3`.
    pub version: &'static str,
    /// Whether the session continues an earlier one, with its ticket.
    pub is_resumed: bool,
}

impl TlsSession {
    pub(super) fn new(connection: impl Into<Connection>) -> Self {
        let mut connection = connection.into();
        connection.set_buffer_limit(Some(OUTPUT_MAX));
        Self(Box::new(connection))
    }

    /// Returns whether the handshake is not complete.
    pub fn is_handshaking(&self) -> bool {
        self.0.is_handshaking()
    }

    /// Returns what the handshake has agreed on; `None` while it is not complete.
    pub fn facts(&self) -> Option<SessionFacts> {
        let version = match self.0.protocol_version()? {
            rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3",
            rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2",
            _ => "TLS",
        };
        let is_resumed = self.0.handshake_kind()? == HandshakeKind::Resumed;
        Some(SessionFacts { version, is_resumed })
    }

    /// Stores received bytes, without doing the work that they cause. During the handshake,
    /// [`process`](Self::process) must be called before the next bytes.
    ///
    /// # Errors
    /// If the peer sends more than a handshake can have.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), TlsError> {
        while !bytes.is_empty() {
            match self.0.read_tls(&mut bytes) {
                Ok(_) => {}
                Err(_) => return Err(TlsError::too_long()),
            }
        }
        Ok(())
    }

    /// Does the work that the bytes cause which were [pushed](Self::push), and passes the plaintext to
    /// `each`.
    ///
    /// # Errors
    /// If the peer breaks the protocol. There may be an alert to [send](Self::send).
    pub fn process(&mut self, each: &mut impl FnMut(&[u8])) -> Result<TlsProgress, TlsError> {
        let state = self.0.process_new_packets()?;
        let is_closed = state.peer_has_closed();
        self.pass_on(each);
        Ok(match () {
            () if is_closed => TlsProgress::PeerClosed,
            () if self.0.is_handshaking() => TlsProgress::Handshaking,
            () => TlsProgress::Open,
        })
    }

    /// Handles received bytes after the handshake: [`push`](Self::push) and [`process`](Self::process) in
    /// pieces of any number.
    ///
    /// # Errors
    /// As these.
    pub fn receive(
        &mut self,
        mut bytes: &[u8],
        each: &mut impl FnMut(&[u8]),
    ) -> Result<TlsProgress, TlsError> {
        let mut progress = TlsProgress::Open;
        while !bytes.is_empty() {
            // After close_notify, rustls takes no more bytes. They have no meaning.
            if progress == TlsProgress::PeerClosed {
                return Ok(progress);
            }
            match self.0.read_tls(&mut bytes) {
                Ok(_) => progress = self.process(each)?,
                Err(_) => return Err(TlsError::too_long()),
            }
        }
        Ok(progress)
    }

    /// Passes on the plaintext that is complete.
    fn pass_on(&mut self, each: &mut impl FnMut(&[u8])) {
        let mut reader = self.0.reader();
        let mut chunk = [0; 4096];
        // It fails when there is no more, and returns 0 after close_notify.
        while let Ok(read @ 1..) = reader.read(&mut chunk) {
            each(&chunk[..read]);
        }
    }

    /// Seals plaintext into one record of at most `max` bytes, without the first `skip` bytes of `pieces`.
    /// Returns the number of bytes taken; 0 during the handshake, and as long as too much is to be
    /// [sent](Self::send). What was taken must not be offered again.
    pub fn seal(&mut self, pieces: &[IoSlice<'_>], skip: usize, max: usize) -> usize {
        if self.0.is_handshaking() {
            return 0;
        }
        let mut chosen = [IoSlice::new(&[]); PIECES_MAX];
        let count = choose(pieces, skip, max.min(RECORD_MAX), &mut chosen);
        self.0.writer().write_vectored(&chosen[..count]).unwrap_or(0)
    }

    /// Returns whether there are bytes to send.
    pub fn has_output(&self) -> bool {
        self.0.wants_write()
    }

    /// Writes the bytes that are to be sent to `socket`, until it takes no more. Returns whether all were
    /// written. What was not stays here.
    ///
    /// # Errors
    /// Those of the socket, except for `WouldBlock`.
    pub fn send(&mut self, socket: &mut impl Write) -> io::Result<bool> {
        while self.0.wants_write() {
            match self.0.write_tls(socket) {
                Ok(0) => return Ok(false),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Adds `close_notify` to what is to be sent: nothing follows.
    pub fn close(&mut self) {
        self.0.send_close_notify();
    }
}

impl fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSession").field("facts", &self.facts()).finish_non_exhaustive()
    }
}

/// Fills `chosen` with at most `max` bytes of `pieces`, from byte `skip` on. Returns the number of pieces.
fn choose<'p>(
    pieces: &'p [IoSlice<'_>],
    mut skip: usize,
    max: usize,
    chosen: &mut [IoSlice<'p>; PIECES_MAX],
) -> usize {
    let (mut count, mut left) = (0, max);
    for piece in pieces {
        if count == PIECES_MAX || left == 0 {
            break;
        }
        let begin = skip.min(piece.len());
        skip -= begin;
        let part = &piece[begin..];
        let part = &part[..part.len().min(left)];
        if !part.is_empty() {
            left -= part.len();
            chosen[count] = IoSlice::new(part);
            count += 1;
        }
    }
    count
}
