//! Listening sockets, and the options that accepted connections inherit from them.

use std::io;
use std::net::SocketAddr;

use log::{debug, info};
use mio::net::TcpListener;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::listen_error;
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
pub const BACKLOG: i32 = 4096;

/// A listening socket, and the address for which it was opened.
#[derive(Debug)]
pub struct Opened {
    /// The address.
    pub on: Listen,
    /// The socket.
    pub socket: TcpListener,
}

/// Opens listening sockets. Leaves out optional addresses that this machine does not have, if any other is
/// left, or there are others already. `closing` returns the sockets that will be closed soon and overlap an
/// address.
///
/// # Errors
/// Returns one sentence about the first address that failed, and what helps.
pub fn open_all<'a, C: Iterator<Item = &'a TcpListener>>(
    all: &[Listen],
    has_others: bool,
    closing: impl Fn(Listen) -> C,
) -> Result<Vec<Opened>, String> {
    let mut left_out = None;
    let mut listeners = Vec::new();
    for &on in all {
        match beside(closing(on), on) {
            Ok(socket) => listeners.push(Opened { on, socket }),
            Err(error) if on.is_optional && error.kind() != io::ErrorKind::AddrInUse => {
                left_out = Some(listen_error::describe(on.address, &error));
            }
            Err(error) => return Err(listen_error::describe(on.address, &error)),
        }
    }
    left_out.filter(|_| listeners.is_empty() && !has_others).map_or(Ok(listeners), Err)
}

/// Opens a listening socket for SHOUTcast v1 sources. A failure is only a warning, because they can use every
/// other port too.
pub fn open_for_sources<'a>(
    on: Listen,
    closing: impl Iterator<Item = &'a TcpListener>,
    warnings: &mut Vec<String>,
) -> Option<TcpListener> {
    let opened = beside(closing, on).map_err(|error| listen_error::describe(on.address, &error));
    match &opened {
        Ok(_) => info!("listening for SHOUTcast sources on {}", on.address),
        Err(error) if on.is_optional => debug!("{error}"),
        Err(error) => warnings.push(format!("{error}; SHOUTcast sources can use the listening port")),
    }
    opened.ok()
}

/// Opens a listening socket while others with overlapping addresses are still open.
///
/// The system admits that if all of them share the port. They do so only for this moment, so that no other
/// program can take connections away. The system prefers the socket with the more specific address.
fn beside<'a>(closing: impl Iterator<Item = &'a TcpListener>, on: Listen) -> io::Result<TcpListener> {
    let closing: Vec<SockRef<'a>> = closing.map(SockRef::from).collect();
    closing.iter().try_for_each(|socket| socket.set_reuse_port(true))?;
    let opened = listen(on, !closing.is_empty());
    for socket in closing.into_iter().chain(opened.as_ref().ok().map(SockRef::from)) {
        // It cannot fail after it has succeeded before.
        let _ = socket.set_reuse_port(false);
    }
    opened
}

/// Opens a listening socket. Every connection accepted from it inherits its options.
///
/// # Errors
/// Returns the system's error. If the address has a fallback, every error except `AddrInUse` leads to the
/// fallback, because systems without IPv6 report different errors.
fn listen(on: Listen, shares_port: bool) -> io::Result<TcpListener> {
    let opened = open(on.address, shares_port);
    match (&opened, on.fallback) {
        (Err(error), Some(fallback)) if error.kind() != io::ErrorKind::AddrInUse => {
            open(fallback, shares_port)
        }
        _ => opened,
    }
}

fn open(address: SocketAddr, shares_port: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // `[::]` accepts IPv4 as well, independent of the system's default.
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    if shares_port {
        socket.set_reuse_port(true)?;
    }
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
