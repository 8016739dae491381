//! Players that connect again when they are disconnected.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::network::Network;

/// How long a player waits for a connection, or for audio, before it tries again.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long a player waits before it connects again.
const PAUSE: Duration = Duration::from_millis(100);

/// What a player has heard.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// The name of the station, as the edge calls itself.
    pub name: String,
    /// How often it has connected.
    pub connections: usize,
    /// When audio came last.
    pub last: Option<Instant>,
    /// The longest time without audio.
    pub longest_gap: Duration,
}

/// A player in a thread of its own.
pub struct Player {
    heard: Arc<Mutex<Heard>>,
    stops: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    /// Starts a player on a machine.
    pub fn start(machine: &'static str, address: SocketAddr) -> Self {
        let (heard, stops) = (Arc::<Mutex<Heard>>::default(), Arc::<AtomicBool>::default());
        let (to, end) = (heard.clone(), stops.clone());
        let thread = thread::spawn(move || {
            Network::enter(machine);
            while !end.load(Ordering::Relaxed) {
                // Why a connection ends makes no difference to a player.
                let _ = play(address, &to, &end);
                thread::sleep(PAUSE);
            }
        });
        Self { heard, stops, thread: Some(thread) }
    }

    /// Returns what it has heard until now.
    pub fn heard(&self) -> Heard {
        let mut heard = lock(&self.heard).clone();
        heard.longest_gap = heard.longest_gap.max(heard.last.map_or(Duration::ZERO, |last| last.elapsed()));
        heard
    }

    /// Forgets the gaps.
    pub fn forget(&self) {
        lock(&self.heard).longest_gap = Duration::ZERO;
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.stops.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(heard: &Mutex<Heard>) -> std::sync::MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn play(address: SocketAddr, heard: &Mutex<Heard>, end: &AtomicBool) -> std::io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(b"GET /live HTTP/1.0\r\nHost: radio.example\r\nUser-Agent: VLC/3.0.24\r\n\r\n")?;
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !end.load(Ordering::Relaxed) {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        let had_head = head.ends_with(b"\r\n\r\n");
        if !had_head && !read_head(&mut head, &chunk[..count], heard) {
            continue;
        }
        note_audio(&mut lock(heard));
    }
    Ok(())
}

/// Adds bytes to the head of a response. Returns whether it is complete and there is audio behind it.
fn read_head(head: &mut Vec<u8>, bytes: &[u8], heard: &Mutex<Heard>) -> bool {
    for (at, byte) in bytes.iter().enumerate() {
        head.push(*byte);
        if head.ends_with(b"\r\n\r\n") {
            let text = String::from_utf8_lossy(head);
            assert!(text.starts_with("HTTP/1.") && text.contains(" 200 "), "{text}");
            let name = text.lines().find_map(|line| line.strip_prefix("icy-name:"));
            let mut heard = lock(heard);
            heard.name = name.unwrap_or_default().trim().to_owned();
            heard.connections += 1;
            return at + 1 < bytes.len();
        }
    }
    false
}

fn note_audio(heard: &mut Heard) {
    let now = Instant::now();
    let gap = heard.last.map_or(Duration::ZERO, |last| now - last);
    heard.longest_gap = heard.longest_gap.max(gap);
    heard.last = Some(now);
}
