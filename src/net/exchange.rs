//! Sends one request and reads the whole response, for a command that runs no event loop.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::tls::{TlsProgress, TlsSession};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Sends `request` to a host, which is a name or an IP address (IPv6 without brackets), through `tls` if it
/// is given. Returns what the host sends until it closes the connection, at most `max` bytes. Blocks for
/// `timeout` at most, apart from looking up the name.
///
/// # Errors
/// If no address of the host accepts the connection, TLS fails, the connection is lost, or the time is over.
pub fn exchange(
    (host, port): (&str, u16),
    tls: Option<TlsSession>,
    request: &[u8],
    timeout: Duration,
    max: usize,
) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + timeout;
    let stream = connect(host, port, deadline)?;
    let mut connection = BlockingConnection { stream, deadline, tls, chunk: vec![0; CHUNK_BYTES] };
    connection.send(request)?;
    let mut response = Vec::new();
    while response.len() < max && connection.receive(&mut response)? {}
    Ok(response)
}

/// A connection that blocks until the deadline.
struct BlockingConnection {
    stream: TcpStream,
    deadline: Instant,
    tls: Option<TlsSession>,
    chunk: Vec<u8>,
}

impl BlockingConnection {
    /// Sends everything, after the handshake.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.set_write_timeout(Some(remaining(self.deadline)?))?;
        while self.tls.as_ref().is_some_and(TlsSession::is_handshaking) {
            self.flush()?;
            if !self.receive(&mut Vec::new())? {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "it has closed the connection"));
            }
        }
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
    fn receive(&mut self, all: &mut Vec<u8>) -> io::Result<bool> {
        let read = self.read()?;
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

    fn read(&mut self) -> io::Result<usize> {
        loop {
            self.stream.set_read_timeout(Some(remaining(self.deadline)?))?;
            match self.stream.read(&mut self.chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(timed_out()),
                read => return read,
            }
        }
    }
}

/// Connects to the first address of a host that accepts the connection.
fn connect(host: &str, port: u16, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, remaining(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Returns the time until the deadline.
fn remaining(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(timed_out()) } else { Ok(left) }
}

fn timed_out() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "it does not answer in time")
}
