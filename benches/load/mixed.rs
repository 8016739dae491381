//! Listeners with bad links, and with worse manners, beside those who are measured.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::launch;
use crate::run::Failure;

/// The first argument of a process that is to be these.
pub const MODE: &str = "mixed";

/// Of a hundred listeners, those who read at half the bit rate, those who never read, and those of whom each breaks his
/// connection off once a second and comes again.
const SLOW: usize = 10;
const STUCK: usize = 5;
const FICKLE: usize = 1;
const BAD: usize = SLOW + STUCK + FICKLE;

/// How many times a second they are looked after, each time a part of them.
const GUSTS_PER_SECOND: usize = 20;

/// Bytes that a stalled player has room for, before the kernel doubles it.
const ROOM: usize = 16 * 1024;

/// How long until they have all begun and the first of the slow ones have filled what the kernel holds for them.
pub const RISING: Duration = Duration::from_secs(20);

/// How many bad ones there are beside so many good ones.
pub fn beside(good: usize) -> usize {
    good * BAD / (100 - BAD)
}

/// Bad listeners that end with this value.
pub struct Mixed(Child);

impl Mixed {
    /// Has them listen beside `good` others, for `length` at most.
    pub fn begin(server: SocketAddr, good: usize, kbps: u32, length: Duration) -> Result<Self, Failure> {
        let mut command = launch::child(MODE)?;
        command.args([&server.to_string(), &good.to_string(), &kbps.to_string()]);
        command.arg(length.as_secs().to_string());
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Mixed {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Listens badly for as long as it may: `<address> <good ones> <kbit/s> <seconds>`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [server, good, kbps, seconds] = arguments else {
        return Err("mixed: say the address, how many listen well, the bit rate and the seconds".into());
    };
    let (good, kbps): (usize, usize) = (good.parse()?, kbps.parse()?);
    let length = Duration::from_secs(seconds.parse()?);
    let mut bad = Bad::beside(good, server.parse()?, kbps * 1000 / 8 / 2);
    let begun = Instant::now();
    let gust = Duration::from_secs(1) / GUSTS_PER_SECOND as u32;
    for number in 0.. {
        bad.listen(number);
        let next = gust * (number as u32 + 1);
        if next >= length {
            break;
        }
        thread::sleep(next.saturating_sub(begun.elapsed()));
    }
    Ok(())
}

struct Bad {
    server: SocketAddr,
    slow: Vec<Option<Socket>>,
    stuck: Vec<Option<Socket>>,
    fickle: Vec<Option<Socket>>,
    /// What a slow one reads in a second.
    piece: Vec<u8>,
}

impl Bad {
    fn beside(good: usize, server: SocketAddr, piece: usize) -> Self {
        let of = |part: usize| (0..good * part / (100 - BAD)).map(|_| None).collect();
        Self { server, slow: of(SLOW), stuck: of(STUCK), fickle: of(FICKLE), piece: vec![0; piece] }
    }

    /// A part of what all of them do in a second.
    fn listen(&mut self, number: usize) {
        let part = number % GUSTS_PER_SECOND;
        let Self { server, slow, stuck, fickle, piece } = self;
        let turn = |all: &mut Vec<Option<Socket>>, mut go_on: Box<dyn FnMut(&mut Socket) -> bool + '_>| {
            for peer in all.iter_mut().skip(part).step_by(GUSTS_PER_SECOND) {
                let still = peer.take().and_then(|mut peer| go_on(&mut peer).then_some(peer));
                *peer = still.or_else(|| ask(*server));
            }
        };
        turn(slow, Box::new(|peer| reads(peer, piece)));
        turn(stuck, Box::new(is_there));
        turn(fickle, Box::new(breaks_off));
    }
}

fn ask(server: SocketAddr) -> Option<Socket> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None).ok()?;
    socket.set_recv_buffer_size(ROOM).ok()?;
    socket.connect_timeout(&server.into(), Duration::from_millis(500)).ok()?;
    (&socket).write_all(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nIcy-MetaData: 1\r\n\r\n").ok()?;
    socket.set_nonblocking(true).ok()?;
    Some(socket)
}

/// Reads at most a piece; says whether the connection still stands.
fn reads(peer: &mut Socket, piece: &mut [u8]) -> bool {
    let mut read = 0;
    while read < piece.len() {
        match peer.read(&mut piece[read..]) {
            Ok(0) => return false,
            Ok(count) => read += count,
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
    true
}

/// Whether the connection still stands, without taking a byte from it.
fn is_there(peer: &mut Socket) -> bool {
    let broken = peer.take_error().ok().flatten().is_some();
    let Ok(stream) = peer.try_clone().map(TcpStream::from) else { return false };
    let ended = match stream.peek(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    !broken && !ended
}

/// Has the connection end with a reset rather than a goodbye.
fn breaks_off(peer: &mut Socket) -> bool {
    // Where that cannot be set it ends politely, which is something else; the count of resets would show it.
    let _ = peer.set_linger(Some(Duration::ZERO));
    false
}
