//! Misbehaving peers of all kinds at once, to check that the listeners are not affected.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::failure::Failure;
use crate::launch;
use crate::pacing::{self, TICKS_PER_SECOND, is_connected};

/// The first argument of the storm's process.
pub const MODE: &str = "storm";

/// Peers that send one byte of a request's head per second, and reconnect when they are disconnected.
const SLOW_HEADERS: usize = 2_000;

/// Peers that request the stream with the smallest receive buffer and never read.
const NEVER_READERS: usize = 500;

/// Connections per second that send garbage and close.
const GARBAGE_PER_SECOND: usize = 200;

/// The most connections of the storm at the same time.
pub const CONNECTIONS_MAX: usize = SLOW_HEADERS + NEVER_READERS + GARBAGE_PER_SECOND;

/// The time until every slow peer was disconnected once. By then the server has allocated all memory that it
/// needs for them.
pub const RAMP_UP: Duration = Duration::from_secs(20);

/// The process of the storm. It is killed when this value is dropped.
pub struct StormProcess(Child);

impl StormProcess {
    /// Starts a storm against `server` for `duration` at most.
    pub fn start(server: SocketAddr, duration: Duration) -> Result<Self, Failure> {
        let mut command = launch::child_command(MODE)?;
        command.args([&server.to_string(), &duration.as_secs().to_string()]);
        Ok(Self(command.spawn()?))
    }
}

impl Drop for StormProcess {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the storm: `<address> <seconds>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [server, seconds] = arguments else { return Err("storm: expected <address> <seconds>".into()) };
    let (server, duration) = (server.parse()?, Duration::from_secs(seconds.parse()?));
    let mut peers = Peers { server, slow: Vec::new(), stuck: Vec::new(), seed: 1 };
    pacing::run_ticks(duration, |number| peers.tick(number));
    Ok(())
}

struct Peers {
    server: SocketAddr,
    slow: Vec<Option<TcpStream>>,
    stuck: Vec<Option<TcpStream>>,
    seed: u64,
}

impl Peers {
    /// Serves a part of the peers. Each is served once per second.
    fn tick(&mut self, number: usize) {
        self.slow.resize_with(SLOW_HEADERS, || None);
        self.stuck.resize_with(NEVER_READERS, || None);
        let part = number % TICKS_PER_SECOND;
        for at in (part..SLOW_HEADERS).step_by(TICKS_PER_SECOND) {
            let open = self.slow[at].take().filter(|peer| send_more(peer, b"x"));
            self.slow[at] = open.or_else(|| connect(self.server, b"GET /live HTTP/1.1\r\nX: "));
        }
        for at in (part..NEVER_READERS).step_by(TICKS_PER_SECOND) {
            let open = self.stuck[at].take().filter(is_connected);
            self.stuck[at] = open.or_else(|| connect_without_reading(self.server));
        }
        for _ in 0..GARBAGE_PER_SECOND / TICKS_PER_SECOND {
            let garbage = self.garbage();
            // The connection is closed right after the write.
            drop(connect(self.server, &garbage));
        }
    }

    /// Returns up to a thousand random bytes, the same in every storm (xorshift).
    fn garbage(&mut self) -> Vec<u8> {
        let mut next = || {
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 7;
            self.seed ^= self.seed << 17;
            self.seed
        };
        let length = next() % 1000;
        (0..length).map(|_| next() as u8).collect()
    }
}

fn connect(server: SocketAddr, bytes: &[u8]) -> Option<TcpStream> {
    let mut peer = TcpStream::connect_timeout(&server, Duration::from_millis(200)).ok()?;
    peer.set_nonblocking(true).ok()?;
    peer.write_all(bytes).ok()?;
    Some(peer)
}

fn connect_without_reading(server: SocketAddr) -> Option<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).ok()?;
    socket.set_recv_buffer_size(1).ok()?;
    socket.connect_timeout(&server.into(), Duration::from_millis(200)).ok()?;
    let mut peer = TcpStream::from(socket);
    peer.write_all(b"GET /live HTTP/1.1\r\nIcy-MetaData: 1\r\n\r\n").ok()?;
    peer.set_nonblocking(true).ok()?;
    Some(peer)
}

/// Sends more bytes. Returns whether the connection is open and the server has not answered.
fn send_more(mut peer: &TcpStream, bytes: &[u8]) -> bool {
    peer.write_all(bytes).is_ok() && peer.read(&mut [0; 512]).is_err()
}
