//! Sockets that listen, and what every accepted connection inherits from them.

use std::io;
use std::net::SocketAddr;

#[cfg(any(target_os = "linux", target_os = "android"))]
use log::debug;
use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};

use crate::settings::Listen;

/// Bytes that the system may hold for a peer, sent or not: what is on its way, as far as the link allows it.
const SEND_BUFFER: usize = 128 * 1024;

/// Bytes that the system takes for a peer beyond what may be on its way to him now. What is new waits in the ring, once
/// for all listeners; in the system's memory it would wait for each of them who does not read, or for all of them while
/// the server's own line is down. A second at 256 kbit/s, so that a usual delivery is one write; of a burst, what is
/// beyond that and what may be on its way follows as the first of it arrives.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT_MAX: u32 = 32 * 1024;

/// Connections that wait to be accepted. The system has a limit of its own (4,096 on Linux).
const BACKLOG: i32 = 4096;

/// Opens a listening socket. What is set on it once holds for every connection accepted from it.
///
/// # Errors
/// Those of the system. Where the address has a fallback, only one that the fallback has too: a machine without IPv6
/// fails in more ways than one.
pub fn listen(on: Listen) -> io::Result<TcpListener> {
    let opened = open(on.address);
    match (&opened, on.fallback) {
        (Err(error), Some(fallback)) if error.kind() != io::ErrorKind::AddrInUse => open(fallback),
        _ => opened,
    }
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // `[::]` is for everyone, whatever the machine's default.
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = socket.set_tcp_notsent_lowat(UNSENT_MAX) {
        // Some that only look like Linux do not have it. What is new waits in more places then.
        debug!("cannot set TCP_NOTSENT_LOWAT: {error}");
    }
    // No TCP_USER_TIMEOUT: it also resets players that read steadily into a small buffer. Who takes nothing is found out
    // by how far he falls behind.
    socket.set_keepalive(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}
