//! Listeners with bad links, and with worse manners, beside those who are measured.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use crate::failure::Failure;
use crate::gusts::{self, PER_SECOND, is_there};
use crate::launch;

/// The first argument of a process that is to be these.
pub const MODE: &str = "mixed";

/// Of a hundred listeners, those who read at half the bit rate, those who never read, and those of whom each breaks his
/// connection off once a second and comes again.
const SLOW: usize = 10;
const STUCK: usize = 5;
const FICKLE: usize = 1;
const BAD: usize = SLOW + STUCK + FICKLE;

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
    gusts::blow(length, |number| bad.listen(number));
    Ok(())
}

struct Bad {
    server: SocketAddr,
    slow: Vec<Option<TcpStream>>,
    stuck: Vec<Option<TcpStream>>,
    fickle: Vec<Option<TcpStream>>,
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
        let part = number % PER_SECOND;
        let Self { server, slow, stuck, fickle, piece } = self;
        let turn = |all: &mut Vec<Option<TcpStream>>,
                    mut go_on: Box<dyn FnMut(&mut TcpStream) -> bool + '_>| {
            for peer in all.iter_mut().skip(part).step_by(PER_SECOND) {
                let still = peer.take().and_then(|mut peer| go_on(&mut peer).then_some(peer));
                *peer = still.or_else(|| ask(*server));
            }
        };
        turn(slow, Box::new(|peer| reads(peer, piece)));
        turn(stuck, Box::new(|peer| is_there(peer)));
        turn(fickle, Box::new(breaks_off));
    }
}

fn ask(server: SocketAddr) -> Option<TcpStream> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None).ok()?;
    socket.set_recv_buffer_size(ROOM).ok()?;
    socket.connect_timeout(&server.into(), Duration::from_millis(500)).ok()?;
    let mut peer = TcpStream::from(socket);
    peer.write_all(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nIcy-MetaData: 1\r\n\r\n").ok()?;
    peer.set_nonblocking(true).ok()?;
    Some(peer)
}

/// Reads at most a piece; says whether the connection still stands.
fn reads(peer: &mut TcpStream, piece: &mut [u8]) -> bool {
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

/// Has the connection end with a reset rather than a goodbye.
fn breaks_off(peer: &mut TcpStream) -> bool {
    // Where that cannot be set it ends politely, which is something else; the count of resets would show it.
    let _ = SockRef::from(&*peer).set_linger(Some(Duration::ZERO));
    false
}
