//! Sends one request and reads the whole response, for a command that runs no event loop.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Sends `request` to a host, which is a name or an IP address (IPv6 without brackets). Returns what it sends
/// until it closes the connection, at most `max` bytes. Blocks for `timeout` at most, apart from looking up
/// the name.
///
/// # Errors
/// If no address of the host accepts the connection, the connection is lost, or the time is over.
pub fn exchange(host: &str, port: u16, request: &[u8], timeout: Duration, max: usize) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + timeout;
    let mut stream = connect(host, port, deadline)?;
    stream.set_write_timeout(Some(remaining(deadline)?))?;
    stream.write_all(request)?;
    let (mut response, mut chunk) = (Vec::new(), vec![0; CHUNK_BYTES]);
    while response.len() < max {
        stream.set_read_timeout(Some(remaining(deadline)?))?;
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => response.extend_from_slice(&chunk[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(timed_out()),
            Err(error) => return Err(error),
        }
    }
    Ok(response)
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
