//! Repeats work at a fixed rate, and checks connections, for the peers of `--storm` and `--mixed`.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// The number of ticks per second. At each tick, a part of the peers is served.
pub const TICKS_PER_SECOND: usize = 20;

/// Calls `tick` [`TICKS_PER_SECOND`] times a second for `duration`, with the number of the tick from 0 on.
pub fn run_ticks(duration: Duration, mut tick: impl FnMut(usize)) {
    let start = Instant::now();
    let interval = Duration::from_secs(1) / TICKS_PER_SECOND as u32;
    for number in 0.. {
        tick(number);
        let next = interval * (number as u32 + 1);
        if next >= duration {
            break;
        }
        thread::sleep(next.saturating_sub(start.elapsed()));
    }
}

/// Returns whether the connection is open, without reading from it.
pub fn is_connected(peer: &TcpStream) -> bool {
    let has_failed = peer.take_error().ok().flatten().is_some();
    let is_closed = match peer.peek(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    !has_failed && !is_closed
}
