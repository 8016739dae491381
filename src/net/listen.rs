//! Sockets that listen, and what every accepted connection inherits from them.

use std::io;
use std::net::SocketAddr;

use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};

use crate::settings::Listen;

/// Bytes that the system may hold for a peer, sent or not. A burst of 5 s at 128 kbit/s goes into it at once.
const SEND_BUFFER: usize = 128 * 1024;

/// Bytes that the system takes for a peer beyond what may be on its way to him now. What is new waits in the ring, once
/// for all listeners; in the system's memory it would wait for each of them who does not read, or for all of them while
/// the server's own line is down. More than a second at 256 kbit/s, so that a usual delivery is one write.
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
    socket.set_tcp_notsent_lowat(UNSENT_MAX)?;
    // No TCP_USER_TIMEOUT: it also resets players that read steadily into a small buffer. Who takes nothing is found out
    // by how far he falls behind.
    socket.set_keepalive(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}
