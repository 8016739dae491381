//! Discards received bytes in the kernel.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::{io, time::Duration};

use rustix::net::{RecvFlags, recv};

use crate::failure::Failure;

/// The most bytes of one call. A listener never has more bytes waiting.
const DISCARD_MAX: usize = 256 * 1024;

/// The bytes that [`check_support`] sends.
const PROBE: usize = 100;

/// Discards the bytes that a socket has received.
///
/// With `MSG_TRUNC`, a TCP receive on Linux counts bytes and removes them from the queue, but does not copy
/// them (tcp(7)). A listener then costs this program a system call per delivery and no memory traffic, which
/// would take cache and memory bandwidth from the measured server.
pub struct Discarder {
    /// Defines the most bytes of a call. Its pages are never touched, so it occupies no memory.
    buffer: Vec<u8>,
}

impl Discarder {
    pub fn new() -> Self {
        Self { buffer: vec![0; DISCARD_MAX] }
    }

    /// Returns the number of discarded bytes; 0 at the end of the stream.
    pub fn discard(&mut self, socket: impl AsFd) -> io::Result<usize> {
        let (_, count) = recv(socket, self.buffer.as_mut_slice(), RecvFlags::TRUNC)?;
        Ok(count)
    }
}

/// Checks with a connection of its own that the kernel discards bytes.
pub fn check_support() -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut sender = TcpStream::connect(listener.local_addr()?)?;
    let (receiver, _) = listener.accept()?;
    receiver.set_read_timeout(Some(Duration::from_secs(1)))?;
    sender.write_all(&[1; PROBE])?;
    let mut discarder = Discarder::new();
    let count = discarder.discard(&receiver)?;
    if count != PROBE || discarder.buffer[..PROBE] != [0; PROBE] {
        return Err("this system does not discard received bytes in the kernel (MSG_TRUNC)".into());
    }
    Ok(())
}
