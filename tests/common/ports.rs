//! Ports that a test must know before a process listens on them.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Returns a free port whose successor is free, too. Both are below the ephemeral ports, so no connection of
/// another test takes one of them in the meantime.
pub fn two_free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (process::id() % 1000) as u16 * 20;
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    loop {
        let port = first + NEXT.fetch_add(2, Ordering::Relaxed);
        if is_free(port) && is_free(port + 1) {
            return port;
        }
    }
}
