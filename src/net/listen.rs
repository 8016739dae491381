//! Listening sockets, and the options that accepted connections inherit from them.

use std::io;
use std::net::SocketAddr;

#[cfg(any(target_os = "linux", target_os = "android"))]
use log::debug;
use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};

use crate::settings::Listen;

/// The size of a peer's send buffer in bytes. The buffer holds unsent data and data in flight, so this also
/// limits the data in flight.
const SEND_BUFFER_SIZE: usize = 128 * 1024;

/// The most unsent bytes in a peer's send buffer, beyond the data in flight. Further audio stays in the ring,
/// which all listeners share. In the system's memory there would be one copy for each listener that does not
/// read, or for every listener while the server's own link is down. The value is one second at 256 kbit/s, so
/// that a usual delivery is one write. The rest of a burst is written as the client acknowledges the first
/// part.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT_MAX: u32 = 32 * 1024;

/// The most connections in the backlog. The system has its own limit (4,096 on Linux).
const BACKLOG: i32 = 4096;

/// Opens a listening socket. Every connection accepted from it inherits its options.
///
/// # Errors
/// Returns the system's error. If the address has a fallback, every error except `AddrInUse` leads to the
/// fallback, because systems without IPv6 report different errors.
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
        // `[::]` accepts IPv4 as well, independent of the system's default.
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_SIZE)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = socket.set_tcp_notsent_lowat(UNSENT_MAX) {
        // Some systems that emulate Linux do not support the option. Then more audio is buffered in the
        // system's memory.
        debug!("cannot set TCP_NOTSENT_LOWAT: {error}");
    }
    // No TCP_USER_TIMEOUT: it also resets players that read steadily into a small buffer. A peer that stops
    // reading is detected by how far it falls behind.
    socket.set_keepalive(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}
