//! Connections that block until a deadline, for commands that run no event loop.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::tls::{TlsProgress, TlsSession};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// A connection that blocks until a deadline.
pub(super) struct BlockingConnection {
    stream: TcpStream,
    tls: Option<TlsSession>,
    chunk: Vec<u8>,
}

impl BlockingConnection {
    /// Connects to the first of these addresses that accepts the connection.
    pub fn connect(addresses: &[SocketAddr], deadline: Instant) -> io::Result<Self> {
        let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
        for (index, address) in addresses.iter().enumerate() {
            // One that does not answer leaves time for the others.
            let share = remaining(deadline)? / (addresses.len() - index) as u32;
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => return Ok(Self { stream, tls: None, chunk: vec![0; CHUNK_BYTES] }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Returns the address of the server.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }

    /// Begins TLS and completes the handshake.
    pub fn start_tls(&mut self, session: TlsSession, deadline: Instant) -> io::Result<&TlsSession> {
        self.stream.set_write_timeout(Some(remaining(deadline)?))?;
        self.tls = Some(session);
        while self.tls.as_ref().is_some_and(TlsSession::is_handshaking) {
            self.flush()?;
            if !self.receive(&mut Vec::new(), deadline)? {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "it has closed the connection"));
            }
        }
        self.tls.as_ref().ok_or_else(timed_out)
    }

    /// Sends everything.
    pub fn send(&mut self, bytes: &[u8], deadline: Instant) -> io::Result<()> {
        self.stream.set_write_timeout(Some(remaining(deadline)?))?;
        let Some(tls) = &mut self.tls else { return self.stream.write_all(bytes) };
        let mut sent = 0;
        while sent < bytes.len() {
            sent += tls.seal(&[IoSlice::new(bytes)], sent, usize::MAX);
            // It returns `false` when the time is over.
            if !tls.send(&mut self.stream)? {
                return Err(timed_out());
            }
        }
        Ok(())
    }

    /// Sends what TLS has left to send.
    fn flush(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        // It returns `false` when the time is over.
        if tls.send(&mut self.stream)? { Ok(()) } else { Err(timed_out()) }
    }

    /// Adds received bytes to `all`. Returns whether more can follow.
    pub fn receive(&mut self, all: &mut Vec<u8>, deadline: Instant) -> io::Result<bool> {
        let read = self.read(deadline)?;
        let bytes = &self.chunk[..read];
        let Some(tls) = &mut self.tls else {
            all.extend_from_slice(bytes);
            return Ok(read > 0);
        };
        let progress = tls.receive(bytes, &mut |plain| all.extend_from_slice(plain));
        // An alert or the next message of the handshake.
        let sent = tls.send(&mut self.stream);
        let is_open = progress.map_err(io::Error::other)? != TlsProgress::PeerClosed;
        sent?;
        Ok(read > 0 && is_open)
    }

    fn read(&mut self, deadline: Instant) -> io::Result<usize> {
        loop {
            self.stream.set_read_timeout(Some(remaining(deadline)?))?;
            match self.stream.read(&mut self.chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(timed_out()),
                read => return read,
            }
        }
    }
}

/// Returns the time until the deadline.
pub(super) fn remaining(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(timed_out()) } else { Ok(left) }
}

pub(super) fn timed_out() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "it does not answer in time")
}
