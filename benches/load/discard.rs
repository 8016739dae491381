//! Received bytes that never reach this process.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::{io, time::Duration};

use rustix::net::{RecvFlags, recv};

use crate::failure::Failure;

/// Bytes thrown away in one call, more than a listener ever has waiting.
const AT_ONCE: usize = 256 * 1024;

/// What [`prove`] sends, in bytes.
const PROBE: usize = 100;

/// Throws away what a socket has received.
///
/// With `MSG_TRUNC`, a TCP receive on Linux counts bytes and takes them off the queue, but does not copy them
/// (tcp(7)). A listener costs this program a system call for each delivery and no memory traffic, which would
/// otherwise take cache and memory bandwidth from the server that is being measured.
pub struct Discard {
    /// Says how many bytes may be taken; its pages are never touched, so it occupies no memory.
    room: Vec<u8>,
}

impl Discard {
    pub fn new() -> Self {
        Self { room: vec![0; AT_ONCE] }
    }

    /// How many bytes were thrown away; 0 at the end of the stream.
    pub fn from(&mut self, socket: impl AsFd) -> io::Result<usize> {
        let (_, taken) = recv(socket, self.room.as_mut_slice(), RecvFlags::TRUNC)?;
        Ok(taken)
    }
}

/// Tries on a connection of our own whether this system does throw bytes away.
pub fn prove() -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut sender = TcpStream::connect(listener.local_addr()?)?;
    let (receiver, _) = listener.accept()?;
    receiver.set_read_timeout(Some(Duration::from_secs(1)))?;
    sender.write_all(&[1; PROBE])?;
    let mut discard = Discard::new();
    let taken = discard.from(&receiver)?;
    if taken != PROBE || discard.room[..PROBE] != [0; PROBE] {
        return Err("this system does not discard received bytes in the kernel (MSG_TRUNC)".into());
    }
    Ok(())
}
