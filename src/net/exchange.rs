//! Sends one request and reads the whole response, for a command that runs no event loop.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::blocking::BlockingConnection;
use crate::tls::TlsSession;

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
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    let mut connection = BlockingConnection::connect(&addresses, deadline)?;
    if let Some(session) = tls {
        connection.start_tls(session, deadline)?;
    }
    connection.send(request, deadline)?;
    let mut response = Vec::new();
    while response.len() < max && connection.receive(&mut response, deadline)? {}
    Ok(response)
}
