//! Ports that a test must know before a process listens on them.

use std::net::SocketAddr;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

use socket2::{Domain, Socket, Type};

/// Returns a free port whose successor is free, too. Both are below the ephemeral ports, so no connection of
/// another test takes one of them in the meantime.
pub fn two_free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (process::id() % 1000) as u16 * 20;
    loop {
        let port = first + NEXT.fetch_add(2, Ordering::Relaxed);
        if is_free(port) && is_free(port + 1) {
            return port;
        }
    }
}

/// Returns whether a process could listen on `port`. The socket is bound and never listens: a program that
/// another test starts at this moment inherits it for an instant, and a connection to it must not be mistaken
/// for one to the program that will use the port.
fn is_free(port: u16) -> bool {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("SO_REUSEADDR");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], port)).into()).is_ok()
}
