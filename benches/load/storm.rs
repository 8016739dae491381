//! Peers with every vice at once, to see whether those who listen notice.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::failure::Failure;
use crate::gusts::{self, PER_SECOND, is_there};
use crate::launch;

/// The first argument of a process that is to be the storm.
pub const MODE: &str = "storm";

/// Peers that send one byte of a request's head a second, and begin anew when they are dismissed.
const SLOW_HEADERS: usize = 2_000;

/// Peers that ask for the stream, have next to no room for it and never read a byte.
const NEVER_READERS: usize = 500;

/// Connections a second that send garbage and hang up.
const GARBAGE_PER_SECOND: usize = 200;

/// Connections that the storm has at most at once.
pub const CONNECTIONS_MAX: usize = SLOW_HEADERS + NEVER_READERS + GARBAGE_PER_SECOND;

/// How long a storm takes to rise: every slow peer was dismissed once by then, and the server has all the memory that
/// it will ever need for them.
pub const RISING: Duration = Duration::from_secs(20);

/// A storm that ends with this value.
pub struct Storm(Child);

impl Storm {
    /// Begins a storm against `server` that lasts for `length` at most.
    pub fn begin(server: SocketAddr, length: Duration) -> Result<Self, Failure> {
        let mut command = launch::child(MODE)?;
        command.args([&server.to_string(), &length.as_secs().to_string()]);
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Storms for as long as it may: `<address> <seconds>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [server, seconds] = arguments else { return Err("storm: say the address and the seconds".into()) };
    let (server, length) = (server.parse()?, Duration::from_secs(seconds.parse()?));
    let mut peers = Peers { server, slow: Vec::new(), stuck: Vec::new(), seed: 1 };
    gusts::blow(length, |number| peers.blow(number));
    Ok(())
}

struct Peers {
    server: SocketAddr,
    slow: Vec<Option<TcpStream>>,
    stuck: Vec<Option<TcpStream>>,
    seed: u64,
}

impl Peers {
    /// A part of everything that is done in a second.
    fn blow(&mut self, number: usize) {
        self.slow.resize_with(SLOW_HEADERS, || None);
        self.stuck.resize_with(NEVER_READERS, || None);
        let part = number % PER_SECOND;
        for at in (part..SLOW_HEADERS).step_by(PER_SECOND) {
            let still = self.slow[at].take().filter(|peer| goes_on(peer, b"x"));
            self.slow[at] = still.or_else(|| connect(self.server, b"GET /live HTTP/1.1\r\nX: "));
        }
        for at in (part..NEVER_READERS).step_by(PER_SECOND) {
            let still = self.stuck[at].take().filter(is_there);
            self.stuck[at] = still.or_else(|| never_reading(self.server));
        }
        for _ in 0..GARBAGE_PER_SECOND / PER_SECOND {
            let garbage = self.garbage();
            // Disconnected as soon as it was said.
            drop(connect(self.server, &garbage));
        }
    }

    /// A few hundred bytes of noise, the same in every storm (xorshift).
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

fn connect(server: SocketAddr, says: &[u8]) -> Option<TcpStream> {
    let mut peer = TcpStream::connect_timeout(&server, Duration::from_millis(200)).ok()?;
    peer.set_nonblocking(true).ok()?;
    peer.write_all(says).ok()?;
    Some(peer)
}

fn never_reading(server: SocketAddr) -> Option<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).ok()?;
    socket.set_recv_buffer_size(1).ok()?;
    socket.connect_timeout(&server.into(), Duration::from_millis(200)).ok()?;
    let mut peer = TcpStream::from(socket);
    peer.write_all(b"GET /live HTTP/1.1\r\nIcy-MetaData: 1\r\n\r\n").ok()?;
    peer.set_nonblocking(true).ok()?;
    Some(peer)
}

/// Says a little more, and whether the other side still listens.
fn goes_on(mut peer: &TcpStream, says: &[u8]) -> bool {
    peer.write_all(says).is_ok() && peer.read(&mut [0; 512]).is_err()
}
