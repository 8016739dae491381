//! Listening sockets, and the options that accepted connections inherit from them.

use std::io;
use std::net::SocketAddr;

#[cfg(any(target_os = "linux", target_os = "android"))]
use log::debug;
use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};

use crate::settings::Listen;

/// The size of a peer's send buffer in bytes, sent or unsent: the most data in flight, as far as the link
/// allows.
const SEND_BUFFER_SIZE: usize = 128 * 1024;

/// The most unsent bytes in a peer's send buffer, beyond the data in flight. New audio waits in the ring,
/// once for all listeners. In the system's memory it would wait once for each listener that does not read, or
/// for all of them while the server's own link is down. One second at 256 kbit/s, so that a usual delivery is
/// one write. The rest of a burst, beyond this and the data in flight, follows as the first part arrives.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT_MAX: u32 = 32 * 1024;

/// The most connections in the backlog. The system has its own limit (4,096 on Linux).
const BACKLOG: i32 = 4096;

/// Opens a listening socket. Every connection accepted from it inherits its options.
///
/// # Errors
/// Those of the system. If the address has a fallback, only errors that the fallback has too: a machine
/// without IPv6 fails in more ways than one.
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
        // `[::]` accepts IPv4 as well, whatever the default of the machine.
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_SIZE)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = socket.set_tcp_notsent_lowat(UNSENT_MAX) {
        // Some systems that only claim to be Linux do not support it. Then new audio waits in more places.
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
