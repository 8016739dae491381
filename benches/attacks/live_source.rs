//! A live source that sends music in real time, on a thread of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The interval of sends, and the bytes of each at 128 kbit/s.
const SEND_INTERVAL: Duration = Duration::from_millis(100);
const BYTES_PER_SEND: usize = 1_600;

/// The audio that the source sends at once after its login, as an encoder may have buffered.
const SENDS_AT_START: u32 = 20;

/// The time in which the server must answer and take bytes. It is longer than a stop of the process.
const SERVER_MAX: Duration = Duration::from_secs(30);

/// A live source.
pub struct LiveSource {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<bool>,
}

impl LiveSource {
    /// Logs in at a mount, with a login in Base64, and begins to send `music`.
    pub fn start(server: SocketAddr, mount: &str, login: &str, music: Vec<u8>) -> Result<Self, Failure> {
        const OK: &[u8] = b"HTTP/1.0 200";
        let mut socket = TcpStream::connect(server)?;
        socket.set_read_timeout(Some(SERVER_MAX))?;
        socket.set_write_timeout(Some(SERVER_MAX))?;
        let head = format!(
            "SOURCE {mount} HTTP/1.0\r\nAuthorization: Basic {login}\r\nContent-Type: audio/mpeg\r\n\r\n"
        );
        socket.write_all(head.as_bytes())?;
        let mut status = [0; OK.len()];
        socket.read_exact(&mut status)?;
        if status != OK {
            return Err(format!("the live source was refused: {}", String::from_utf8_lossy(&status)).into());
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let until = is_over.clone();
        let thread = thread::spawn(move || send(&mut socket, &music, &until));
        Ok(Self { is_over, thread })
    }

    /// Disconnects. Returns whether the source was connected all the time.
    pub fn finish(self) -> bool {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or(false)
    }
}

/// Sends until `is_over`. Returns whether the server took everything.
fn send(socket: &mut TcpStream, music: &[u8], is_over: &AtomicBool) -> bool {
    let start = Instant::now();
    for (number, piece) in (0..).zip(music.chunks(BYTES_PER_SEND).cycle()) {
        let due_at = SEND_INTERVAL * u32::saturating_sub(number, SENDS_AT_START);
        thread::sleep(due_at.saturating_sub(start.elapsed()));
        if is_over.load(Ordering::Relaxed) {
            return true;
        }
        if socket.write_all(piece).is_err() {
            return false;
        }
    }
    true
}
