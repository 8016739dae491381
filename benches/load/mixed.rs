//! Bad listeners besides the measured ones: slow ones, ones that never read, and ones that reset their
//! connections.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use crate::failure::Failure;
use crate::launch;
use crate::pacing::{self, TICKS_PER_SECOND, is_connected};

/// The first argument of the bad listeners' process.
pub const MODE: &str = "mixed";

/// Bad listeners in per cent of all listeners: those that read at half the bit rate, those that never read,
/// and those that reset their connection once a second and join again.
const SLOW_PER_CENT: usize = 10;
const STUCK_PER_CENT: usize = 5;
const RESETTING_PER_CENT: usize = 1;
const BAD_PER_CENT: usize = SLOW_PER_CENT + STUCK_PER_CENT + RESETTING_PER_CENT;

/// The receive buffer of a bad listener in bytes. The kernel doubles it.
const RECEIVE_BUFFER: usize = 16 * 1024;

/// The time until all have joined and the first slow ones have filled their buffers in the kernel.
pub const RAMP_UP: Duration = Duration::from_secs(20);

/// Returns the number of bad listeners besides `good` other ones.
pub fn bad_listeners(good: usize) -> usize {
    good * BAD_PER_CENT / (100 - BAD_PER_CENT)
}

/// The process of the bad listeners. It is killed when this value is dropped.
pub struct BadListenersProcess(Child);

impl BadListenersProcess {
    /// Starts the bad listeners besides `good` other ones, for `duration` at most.
    pub fn start(server: SocketAddr, good: usize, kbps: u32, duration: Duration) -> Result<Self, Failure> {
        let mut command = launch::child_command(MODE)?;
        command.args([&server.to_string(), &good.to_string(), &kbps.to_string()]);
        command.arg(duration.as_secs().to_string());
        Ok(Self(command.spawn()?))
    }
}

impl Drop for BadListenersProcess {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the bad listeners: `<address> <good listeners> <kbit/s> <seconds>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [server, good, kbps, seconds] = arguments else {
        return Err("mixed: expected <address> <good listeners> <kbit/s> <seconds>".into());
    };
    let (good, kbps): (usize, usize) = (good.parse()?, kbps.parse()?);
    let duration = Duration::from_secs(seconds.parse()?);
    let mut bad = BadListeners::new(good, server.parse()?, kbps * 1000 / 8 / 2);
    pacing::run_ticks(duration, |number| bad.tick(number));
    Ok(())
}

struct BadListeners {
    server: SocketAddr,
    slow: Vec<Option<TcpStream>>,
    stuck: Vec<Option<TcpStream>>,
    resetting: Vec<Option<TcpStream>>,
    /// The buffer for the bytes that a slow listener reads in a second.
    buffer: Vec<u8>,
}

impl BadListeners {
    fn new(good: usize, server: SocketAddr, bytes_per_second: usize) -> Self {
        let unconnected =
            |per_cent: usize| (0..good * per_cent / (100 - BAD_PER_CENT)).map(|_| None).collect();
        Self {
            server,
            slow: unconnected(SLOW_PER_CENT),
            stuck: unconnected(STUCK_PER_CENT),
            resetting: unconnected(RESETTING_PER_CENT),
            buffer: vec![0; bytes_per_second],
        }
    }

    /// Serves a part of the listeners. Each is served once a second, and joins again if its connection is
    /// closed.
    fn tick(&mut self, number: usize) {
        let part = number % TICKS_PER_SECOND;
        let Self { server, slow, stuck, resetting, buffer } = self;
        let serve = |all: &mut Vec<Option<TcpStream>>,
                     mut stays: Box<dyn FnMut(&mut TcpStream) -> bool + '_>| {
            for peer in all.iter_mut().skip(part).step_by(TICKS_PER_SECOND) {
                let open = peer.take().and_then(|mut peer| stays(&mut peer).then_some(peer));
                *peer = open.or_else(|| join(*server));
            }
        };
        serve(slow, Box::new(|peer| read(peer, buffer)));
        serve(stuck, Box::new(|peer| is_connected(peer)));
        serve(resetting, Box::new(reset));
    }
}

fn join(server: SocketAddr) -> Option<TcpStream> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None).ok()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER).ok()?;
    socket.connect_timeout(&server.into(), Duration::from_millis(500)).ok()?;
    let mut peer = TcpStream::from(socket);
    peer.write_all(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nIcy-MetaData: 1\r\n\r\n").ok()?;
    peer.set_nonblocking(true).ok()?;
    Some(peer)
}

/// Fills the buffer as far as possible. Returns whether the connection is open.
fn read(peer: &mut TcpStream, buffer: &mut [u8]) -> bool {
    let mut filled = 0;
    while filled < buffer.len() {
        match peer.read(&mut buffer[filled..]) {
            Ok(0) => return false,
            Ok(count) => filled += count,
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
    true
}

/// Makes the connection end with a reset when it is dropped. Returns that it does not stay open.
fn reset(peer: &mut TcpStream) -> bool {
    // If this fails, the connection ends without a reset, which the server's statistics would show.
    let _ = SockRef::from(&*peer).set_linger(Some(Duration::ZERO));
    false
}
