//! One connection: its socket, and TLS if it speaks that.

use std::io::{self, ErrorKind, IoSlice, Write};
use std::net::Shutdown;

use mio::net::TcpStream;
use socket2::SockRef;

use crate::server::ConnectionLost;
use crate::tls::{TlsError, TlsProgress, TlsSession};

/// The plaintext bytes of long and short records. One long record costs less than four short ones, but none
/// of its bytes can be played before the last one has arrived.
const LONG_RECORD: usize = 16 * 1024;
const SHORT_RECORD: usize = 4 * 1024;

/// How many bytes are sent in short records: after the handshake, when the first bytes should be played soon
/// and the path is not known, and after the socket was full, when every record that waits costs memory.
const SHORT_RECORDS_BYTES: usize = 64 * 1024;

/// The most bytes of records that a peer may send for nothing. Every record costs time, also without content:
/// an empty one, a warning, a new key. What belongs to a record or a message that is not complete counts too,
/// because it is kept until then: an honest peer has at most one record of 16 KB on its way.
const JUNK_MAX: u32 = 24 * 1024;

/// How many bytes on the wire each byte of content accounts for. A record adds 22 bytes to its content, and
/// some encoders send records of a few bytes between others.
const WIRE_PER_CONTENT: u32 = 4;

/// A connection of a peer.
#[derive(Debug)]
pub struct Connection {
    /// The socket.
    pub stream: TcpStream,
    layer: Layer,
}

/// What is spoken on the socket.
#[derive(Debug)]
enum Layer {
    Plain,
    Tls(Box<TlsLayer>),
}

/// A TLS session on a socket.
#[derive(Debug)]
pub struct TlsLayer {
    session: TlsSession,
    /// How many bytes are still to be sent in short records.
    short_bytes: usize,
    /// Whether the socket was full recently. Short records are then sent one by one.
    is_slow: bool,
    /// Whether the sending side is to be closed when all was sent.
    is_finishing: bool,
    /// What is sent over TLS as soon as the handshake is complete.
    response: Vec<u8>,
    /// How many bytes of records came for nothing.
    junk: u32,
    /// Whether work was done for the handshake.
    pub has_begun: bool,
    /// Whether the time of the handshake runs.
    pub is_timed: bool,
}

/// How a connection begins.
#[derive(Debug)]
pub enum Start {
    /// Without TLS. A client may begin it later.
    Plain,
    /// With the TLS session of a client, which has begun.
    Tls(TlsSession),
}

impl Connection {
    /// Creates a connection.
    pub fn new(stream: TcpStream, start: Start) -> Self {
        let layer = match start {
            Start::Plain => Layer::Plain,
            Start::Tls(session) => {
                Layer::Tls(Box::new(TlsLayer { has_begun: true, ..TlsLayer::new(session, Vec::new()) }))
            }
        };
        Self { stream, layer }
    }

    /// Continues with this TLS session. `response` is sent as soon as its handshake is complete.
    pub fn use_tls(&mut self, session: TlsSession, response: Vec<u8>) {
        self.layer = Layer::Tls(Box::new(TlsLayer::new(session, response)));
    }

    /// Returns the TLS session, if there is one.
    pub fn tls(&mut self) -> Option<&mut TlsLayer> {
        match &mut self.layer {
            Layer::Tls(layer) => Some(layer),
            Layer::Plain => None,
        }
    }

    /// Returns whether there is a TLS handshake that is not complete.
    pub fn is_shaking(&self) -> bool {
        matches!(&self.layer, Layer::Tls(layer) if layer.session.is_handshaking())
    }

    /// Continues a handshake with the bytes that were received.
    ///
    /// # Errors
    /// If the handshake fails. The peer was sent the alert of rustls, or else the
    /// [first one](TlsSession::first_alert), where there is one.
    pub fn shake(&mut self) -> Result<TlsProgress, TlsError> {
        let Layer::Tls(layer) = &mut self.layer else { return Ok(TlsProgress::Open) };
        let progress = layer.session.process();
        // If the socket has failed, the loop gets an event.
        let _ = match progress.is_err() && !layer.session.first_alert().is_empty() {
            true => write_plain(&self.stream, &[IoSlice::new(layer.session.first_alert())]).map(drop),
            false => layer.flush(&self.stream).map(drop),
        };
        progress
    }

    /// Decrypts received bytes after the handshake.
    ///
    /// # Errors
    /// If the peer breaks the protocol. It was sent the alert of rustls, if it has one for this.
    pub fn receive(&mut self, bytes: &[u8], each: &mut impl FnMut(&[u8])) -> Result<TlsProgress, TlsError> {
        let Layer::Tls(layer) = &mut self.layer else { return Ok(TlsProgress::Open) };
        let mut content = 0;
        let progress = layer.session.receive(bytes, &mut |plain| {
            content += plain.len();
            each(plain);
        });
        layer.note_received(bytes.len(), content);
        let _ = layer.flush(&self.stream);
        progress
    }

    /// Returns whether the peer has sent too many records without content.
    pub fn sends_junk(&self) -> bool {
        matches!(&self.layer, Layer::Tls(layer) if layer.junk > JUNK_MAX)
    }

    /// Returns whether a part of what was written waits until the socket has room.
    pub fn has_unsent(&self) -> bool {
        matches!(&self.layer, Layer::Tls(layer) if layer.session.has_output())
    }

    /// Writes as much as the socket takes. With TLS, what is returned may be more than was sent, by up to one
    /// long record: that is sent later, by [`flush`](Self::flush).
    pub fn write(&mut self, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost> {
        match &mut self.layer {
            Layer::Tls(layer) => layer.write(&self.stream, pieces),
            Layer::Plain => write_plain(&self.stream, pieces),
        }
    }

    /// Sends what TLS has left to send. Returns whether there is room for more.
    pub fn flush(&mut self) -> Result<bool, ConnectionLost> {
        let Layer::Tls(layer) = &mut self.layer else { return Ok(true) };
        let is_flushed = layer.flush(&self.stream)?;
        Ok(is_flushed && !layer.session.is_handshaking())
    }

    /// Closes the sending side when all was sent.
    pub fn finish(&mut self) {
        match &mut self.layer {
            Layer::Tls(layer) => {
                layer.session.close();
                layer.is_finishing = true;
                let _ = layer.flush(&self.stream);
            }
            // If this fails, the connection has failed, and the loop gets an event.
            Layer::Plain => drop(self.stream.shutdown(Shutdown::Write)),
        }
    }

    /// Tells the peer of a TLS session that it ends, before the socket is closed: many clients report an
    /// error otherwise.
    pub fn close(mut self) {
        if let Some(layer) = self.tls().filter(|layer| !layer.session.is_handshaking()) {
            // After an alert, or if it is repeated, this adds nothing.
            layer.session.close();
            let _ = self.flush();
        }
    }
}

impl TlsLayer {
    fn new(session: TlsSession, response: Vec<u8>) -> Self {
        Self {
            session,
            response,
            junk: 0,
            short_bytes: SHORT_RECORDS_BYTES,
            is_slow: false,
            is_finishing: false,
            has_begun: false,
            is_timed: false,
        }
    }

    /// Returns the session.
    pub fn session(&mut self) -> &mut TlsSession {
        &mut self.session
    }

    fn write(&mut self, stream: &TcpStream, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost> {
        if self.session.is_handshaking() {
            return Ok(0);
        }
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        let mut taken = 0;
        while self.flush(stream)? && taken < offered {
            match self.seal(pieces, taken) {
                // The session has failed: no event of the socket would follow.
                0 => return Err(ConnectionLost),
                count => taken += count,
            }
        }
        Ok(taken)
    }

    /// Counts received bytes with so many bytes of content.
    fn note_received(&mut self, wire: usize, content: usize) {
        let expected = (content as u32).saturating_mul(WIRE_PER_CONTENT);
        self.junk = self.junk.saturating_add(wire as u32).saturating_sub(expected);
    }

    /// Seals one long record, or as many short ones as are sent at once.
    fn seal(&mut self, pieces: &[IoSlice<'_>], skip: usize) -> usize {
        if self.short_bytes == 0 {
            self.is_slow = false;
            return self.session.seal(pieces, skip, LONG_RECORD);
        }
        let records = if self.is_slow { 1 } else { LONG_RECORD / SHORT_RECORD };
        let mut taken = 0;
        for _ in 0..records {
            taken += self.session.seal(pieces, skip + taken, SHORT_RECORD);
        }
        self.short_bytes = self.short_bytes.saturating_sub(taken);
        taken
    }

    /// Sends what is sealed. Returns whether all was sent.
    fn flush(&mut self, stream: &TcpStream) -> Result<bool, ConnectionLost> {
        if !self.response.is_empty() && !self.session.is_handshaking() {
            let response = std::mem::take(&mut self.response);
            // It is short: what rustls keeps has room for it.
            self.session.seal(&[IoSlice::new(&response)], 0, SHORT_RECORD);
        }
        if self.session.has_output() {
            let is_sent = self.session.send(&mut Output(stream)).map_err(|_| ConnectionLost)?;
            if !is_sent {
                (self.short_bytes, self.is_slow) = (SHORT_RECORDS_BYTES, true);
                return Ok(false);
            }
        }
        if std::mem::take(&mut self.is_finishing) {
            let _ = stream.shutdown(Shutdown::Write);
        }
        Ok(true)
    }
}

fn write_plain(stream: &TcpStream, pieces: &[IoSlice<'_>]) -> Result<usize, ConnectionLost> {
    loop {
        match stream.try_io(|| send(stream, pieces)) {
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(ConnectionLost),
        }
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

/// Where a TLS session sends its records.
struct Output<'s>(&'s TcpStream);

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_io(|| send(self.0, pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
