//! What peers that make trouble have in common: they do it in gusts, and look whether anybody still minds.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// How many times a second peers are looked after, each time a part of them.
pub const PER_SECOND: usize = 20;

/// Has `gust` do its part so many times a second, for `length`; it is told which it is, from 0 on.
pub fn blow(length: Duration, mut gust: impl FnMut(usize)) {
    let begun = Instant::now();
    let pace = Duration::from_secs(1) / PER_SECOND as u32;
    for number in 0.. {
        gust(number);
        let next = pace * (number as u32 + 1);
        if next >= length {
            break;
        }
        thread::sleep(next.saturating_sub(begun.elapsed()));
    }
}

/// Whether the connection still stands, without taking a byte from it.
pub fn is_there(peer: &TcpStream) -> bool {
    let broken = peer.take_error().ok().flatten().is_some();
    let ended = match peer.peek(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    !broken && !ended
}
