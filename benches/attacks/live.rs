//! What live sources do in attacks: they stay connected, and change titles.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::live_source::LiveSource;
use crate::setup::{SOURCE, SOURCE_LOGIN, tracks};

/// The time in which the server must answer. It is longer than a stop of the process.
const SERVER_MAX: Duration = Duration::from_secs(30);

/// Starts a live source at [`SOURCE`].
pub fn start_source(server: SocketAddr) -> Result<LiveSource, Failure> {
    let music = fs::read(tracks()?.first().ok_or("no music")?)?;
    LiveSource::start(server, SOURCE, SOURCE_LOGIN, music)
}

/// Sets a new title this many times a second until `duration` is over.
pub fn change_titles(
    server: SocketAddr,
    per_second: u32,
    duration: Duration,
    request: impl Fn(u64) -> Vec<u8>,
) {
    let start = Instant::now();
    for number in 0.. {
        let due_at = Duration::from_secs(1) * number / per_second;
        if due_at >= duration {
            return;
        }
        thread::sleep(due_at.saturating_sub(start.elapsed()));
        // Under attack, the server may refuse some.
        let set = || -> std::io::Result<usize> {
            let mut socket = TcpStream::connect(server)?;
            socket.set_read_timeout(Some(SERVER_MAX))?;
            socket.write_all(&request(number.into()))?;
            socket.read_to_end(&mut Vec::new())
        };
        let _ = set();
    }
}
