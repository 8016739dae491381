//! One TLS session: bytes in, bytes out.

use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::time::Duration;

use rustls::{Connection, HandshakeKind};

use super::certificate_facts::CertificateFacts;
use super::error::TlsError;

/// The most plaintext bytes of one record.
pub const RECORD_MAX: usize = 16 * 1024;

/// The most bytes that rustls keeps to be sent. A record is sealed only when the ones before were sent, so
/// this is one long record, or four short ones with their overhead.
const OUTPUT_MAX: usize = RECORD_MAX + 1024;

/// A record with the fatal alert `decode_error` (RFC 8446, 6.2), without encryption.
const DECODE_ERROR: [u8; 7] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x32];

/// The most pieces that are sealed into one record.
const PIECES_MAX: usize = 64;

/// The most bytes that a client may send before its handshake is complete: rustls keeps those of a message
/// that is not complete. A ClientHello has 200 to 2,300 bytes, and may be repeated once.
const CLIENT_HANDSHAKE_MAX: usize = 8 * 1024;

/// The same for a server, whose chain of certificates is long.
const SERVER_HANDSHAKE_MAX: usize = 64 * 1024;

/// The state of one TLS connection, as server or as client.
pub struct TlsSession {
    connection: Box<Connection>,
    /// How many bytes the peer may still send before the handshake is complete.
    handshake_left: usize,
}

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
        let mut connection = Box::new(connection.into());
        connection.set_buffer_limit(Some(OUTPUT_MAX));
        let handshake_left = match *connection {
            Connection::Server(_) => CLIENT_HANDSHAKE_MAX,
            Connection::Client(_) => SERVER_HANDSHAKE_MAX,
        };
        Self { connection, handshake_left }
    }

    /// Returns whether the handshake is not complete.
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Returns what the handshake has agreed on; `None` while it is not complete.
    pub fn facts(&self) -> Option<SessionFacts> {
        let version = match self.connection.protocol_version()? {
            rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3",
            rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2",
            _ => "TLS",
        };
        let is_resumed = self.connection.handshake_kind()? == HandshakeKind::Resumed;
        Some(SessionFacts { version, is_resumed })
    }

    /// Returns until when the certificate of the peer is valid, in UTC since 1970-01-01; `None` if it has
    /// none, or before the handshake.
    pub fn peer_certificate_not_after(&self) -> Option<Duration> {
        let certificate = self.connection.peer_certificates()?.first()?;
        CertificateFacts::parse(certificate).ok().map(|facts| facts.not_after)
    }

    /// Stores received bytes, without doing the work that they cause. During the handshake,
    /// [`process`](Self::process) must be called before the next bytes.
    ///
    /// # Errors
    /// If the peer sends more than a handshake can have.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), TlsError> {
        while !bytes.is_empty() && self.store(&mut bytes)? {}
        Ok(())
    }

    /// Stores the first of these bytes, of which there is at least one, and removes them. Returns whether it
    /// has stored any: after `close_notify`, rustls takes no more. They have no meaning.
    fn store(&mut self, bytes: &mut &[u8]) -> Result<bool, TlsError> {
        let stored = self.connection.read_tls(bytes).map_err(|_| TlsError::too_long())?;
        self.handshake_left = self.handshake_left.saturating_sub(stored);
        Ok(stored > 0)
    }

    /// Does the work that the bytes cause which were [pushed](Self::push). The plaintext among them can then
    /// be [taken](Self::take_plaintext).
    ///
    /// # Errors
    /// If the peer breaks the protocol, or ends the handshake. There may be an alert to [send](Self::send),
    /// and plaintext from before.
    pub fn process(&mut self) -> Result<TlsProgress, TlsError> {
        let is_closed = self.connection.process_new_packets()?.peer_has_closed();
        match () {
            () if !self.connection.is_handshaking() && is_closed => Ok(TlsProgress::PeerClosed),
            () if !self.connection.is_handshaking() => Ok(TlsProgress::Open),
            () if is_closed => Err(TlsError::ended()),
            // The bytes behind the handshake may have come with its last ones, therefore this is decided
            // here.
            () if self.handshake_left == 0 => Err(TlsError::too_long()),
            () => Ok(TlsProgress::Handshaking),
        }
    }

    /// Handles any number of received bytes: [`push`](Self::push), [`process`](Self::process) and
    /// [`take_plaintext`](Self::take_plaintext). Where the work of handshakes has to wait for its turn, this
    /// is for the bytes after them.
    ///
    /// # Errors
    /// As these. The plaintext before the error was passed on.
    pub fn receive(
        &mut self,
        mut bytes: &[u8],
        each: &mut impl FnMut(&[u8]),
    ) -> Result<TlsProgress, TlsError> {
        let mut progress = TlsProgress::Open;
        while !bytes.is_empty() {
            if !self.store(&mut bytes)? {
                return Ok(TlsProgress::PeerClosed);
            }
            let processed = self.process();
            self.take_plaintext(each);
            progress = processed?;
        }
        Ok(progress)
    }

    /// Passes on the plaintext that is complete.
    pub fn take_plaintext(&mut self, each: &mut impl FnMut(&[u8])) {
        let mut reader = self.connection.reader();
        let mut chunk = [0; 4096];
        // It fails when there is no more, and returns 0 after close_notify.
        while let Ok(read @ 1..) = reader.read(&mut chunk) {
            each(&chunk[..read]);
        }
    }

    /// Seals plaintext into one record of at most `max` bytes, without the first `skip` bytes of `pieces`.
    /// Returns the number of bytes taken; 0 during the handshake, after an error, and as long as too much is
    /// to be [sent](Self::send). What was taken must not be offered again.
    pub fn seal(&mut self, pieces: &[IoSlice<'_>], skip: usize, max: usize) -> usize {
        if self.connection.is_handshaking() {
            return 0;
        }
        let mut chosen = [IoSlice::new(&[]); PIECES_MAX];
        let count = choose(pieces, skip, max.min(RECORD_MAX), &mut chosen);
        self.connection.writer().write_vectored(&chosen[..count]).unwrap_or(0)
    }

    /// Returns whether there are bytes to send.
    pub fn has_output(&self) -> bool {
        self.connection.wants_write()
    }

    /// Writes the bytes that are to be sent to `socket`, until it takes no more. Returns whether all were
    /// written. What was not stays here.
    ///
    /// # Errors
    /// Those of the socket, except for `WouldBlock`.
    pub fn send(&mut self, socket: &mut impl Write) -> io::Result<bool> {
        while self.connection.wants_write() {
            match self.connection.write_tls(socket) {
                Ok(0) => return Ok(false),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Returns the alert to send for a failure for which rustls sends none, such as a first message that is
    /// too long. Empty after the version was agreed on: the alert would have to be encrypted.
    pub fn first_alert(&self) -> &'static [u8] {
        let is_possible = self.connection.protocol_version().is_none() && !self.connection.wants_write();
        if is_possible { &DECODE_ERROR } else { &[] }
    }

    /// Adds `close_notify` to what is to be sent: nothing follows.
    pub fn close(&mut self) {
        self.connection.send_close_notify();
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
