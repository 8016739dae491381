//! Many connections of attackers in one event loop.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::discard::Discarder;
use crate::failure::Failure;

/// The loopback addresses that attackers connect from. The server trusts their PROXY protocol, so that each
/// attacker can have an address of its own.
pub const PROXIES: &str = "127.0.2.0/24";

/// The number of these addresses in use. With one address, ports would run out.
const PROXY_ADDRESSES: u64 = 64;

const EVENTS: usize = 1024;
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The bytes of a response that tell its status.
const STATUS_LEN: usize = 12;

/// How much of a response an attacker reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Nothing, with the smallest receive buffer, until the server closes the connection.
    Nothing,
    /// The first bytes; then it closes the connection.
    Beginning,
    /// All of it. The kernel discards what follows the status.
    Everything,
}

/// When an attacker connects again after its connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reopen {
    AtOnce,
    /// At the next multiple of this time, together with all others.
    InWaves(Duration),
}

/// The address that an attacker claims with the PROXY protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// An address of its own for each connection.
    Own,
    /// The same address for all.
    Shared,
    /// None: the attacker does not send a byte of the PROXY protocol.
    Unnamed,
}

/// What the attackers do.
pub struct Plan {
    /// Connections at the same time.
    pub connections: usize,
    pub opens_per_second: f64,
    /// The most connections in total.
    pub opens_max: u64,
    pub reading: Reading,
    pub reopen: Reopen,
    pub client: Client,
    /// Returns the bytes that the connection with this number sends.
    pub request: Box<dyn Fn(u64) -> Vec<u8>>,
}

/// What the attackers were answered: statuses, or how a connection ended without one, and how often.
pub type Answers = BTreeMap<String, u64>;

/// Runs the attack until `duration` after all have connected for the first time, `ramp_up_max` at most.
pub fn run(
    server: SocketAddr,
    plan: &Plan,
    ramp_up_max: Duration,
    duration: Duration,
) -> Result<Answers, Failure> {
    let mut crowd = Crowd::new(server, plan)?;
    let limit = Instant::now() + ramp_up_max;
    while crowd.opened < plan.connections as u64 && Instant::now() < limit {
        crowd.step(plan)?;
    }
    let end = Instant::now() + duration;
    while Instant::now() < end {
        crowd.step(plan)?;
    }
    Ok(crowd.finish())
}

/// A connection of an attacker.
struct Attacker {
    socket: TcpStream,
    request: Vec<u8>,
    sent: usize,
    received: Vec<u8>,
}

struct Crowd {
    poll: Poll,
    events: Events,
    server: SocketAddr,
    discarder: Discarder,
    attackers: Vec<Option<Attacker>>,
    /// The attackers without a connection, each with the time of its next one.
    closed: VecDeque<(Instant, usize)>,
    start: Instant,
    opened: u64,
    answers: Answers,
}

impl Crowd {
    fn new(server: SocketAddr, plan: &Plan) -> Result<Self, Failure> {
        let start = Instant::now();
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            server,
            discarder: Discarder::new(),
            attackers: (0..plan.connections).map(|_| None).collect(),
            closed: (0..plan.connections).map(|slot| (start, slot)).collect(),
            start,
            opened: 0,
            answers: Answers::new(),
        })
    }

    fn step(&mut self, plan: &Plan) -> Result<(), Failure> {
        self.open_due(plan)?;
        match self.poll.poll(&mut self.events, Some(POLL_INTERVAL)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        let Self { events, attackers, discarder, .. } = self;
        let mut ended = Vec::new();
        for event in events.iter() {
            let Token(slot) = event.token();
            let Some(attacker) = &mut attackers[slot] else { continue };
            let is_closed = event.is_read_closed() || event.is_error();
            if let Some(label) = attacker.on_event(event.is_writable(), is_closed, plan.reading, discarder) {
                attackers[slot] = None;
                ended.push((slot, label));
            }
        }
        for (slot, label) in ended {
            *self.answers.entry(label).or_default() += 1;
            self.closed.push_back((self.reopens_at(plan), slot));
        }
        Ok(())
    }

    fn reopens_at(&self, plan: &Plan) -> Instant {
        match plan.reopen {
            Reopen::AtOnce => Instant::now(),
            Reopen::InWaves(interval) => {
                let waves = self.start.elapsed().div_duration_f64(interval).floor() as u32;
                self.start + interval * (waves + 1)
            }
        }
    }

    /// Opens the connections that are due by now.
    fn open_due(&mut self, plan: &Plan) -> Result<(), Failure> {
        let allowed = (self.start.elapsed().as_secs_f64() * plan.opens_per_second) as u64 + 1;
        let allowed = allowed.min(plan.opens_max);
        while self.opened < allowed
            && let Some(&(at, slot)) = self.closed.front()
            && at <= Instant::now()
        {
            self.closed.pop_front();
            match self.open(slot, plan) {
                Ok(attacker) => self.attackers[slot] = Some(attacker),
                Err(error) => {
                    *self.answers.entry(format!("no connection: {}", error.kind())).or_default() += 1;
                    self.closed.push_back((Instant::now() + POLL_INTERVAL, slot));
                }
            }
            self.opened += 1;
        }
        Ok(())
    }

    fn open(&self, slot: usize, plan: &Plan) -> io::Result<Attacker> {
        let number = self.opened;
        let mut socket = connect(self.server, number, plan.reading)?;
        self.poll.registry().register(&mut socket, Token(slot), Interest::READABLE | Interest::WRITABLE)?;
        let mut request = proxy_header(plan.client, number).into_bytes();
        request.extend((plan.request)(number));
        Ok(Attacker { socket, request, sent: 0, received: Vec::new() })
    }

    /// Closes all connections. What has been received and not read by then is read first.
    fn finish(mut self) -> Answers {
        for attacker in self.attackers.iter_mut().flatten() {
            let _ = attacker.read(Reading::Beginning, &mut self.discarder);
            *self.answers.entry(format!("{}, open", attacker.status("no answer"))).or_default() += 1;
        }
        self.answers
    }
}

impl Attacker {
    /// Returns a label if the connection has ended.
    fn on_event(
        &mut self,
        is_writable: bool,
        is_closed: bool,
        reading: Reading,
        discarder: &mut Discarder,
    ) -> Option<String> {
        if is_writable && let Err(error) = self.send() {
            // The answer may have arrived before the reset.
            let _ = self.read(Reading::Everything, discarder);
            return Some(self.status(&error.kind().to_string()));
        }
        if reading == Reading::Nothing && !is_closed {
            return None;
        }
        let reading = if reading == Reading::Nothing { Reading::Everything } else { reading };
        match self.read(reading, discarder) {
            Ok(true) => None,
            Ok(false) => Some(self.status("closed without an answer")),
            Err(error) => Some(self.status(&error.kind().to_string())),
        }
    }

    fn send(&mut self) -> io::Result<()> {
        if let Some(error) = self.socket.take_error()? {
            return Err(error);
        }
        while self.sent < self.request.len() {
            match self.socket.write(&self.request[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns whether the connection is open and has more to read.
    fn read(&mut self, reading: Reading, discarder: &mut Discarder) -> io::Result<bool> {
        loop {
            let received = match STATUS_LEN - self.received.len() {
                0 if reading == Reading::Beginning => return Ok(false),
                0 => discarder.discard(&self.socket),
                missing => self.receive(missing),
            };
            match received {
                Ok(0) => return Ok(false),
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    return Ok(true);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Receives bytes of the status, at most as many as are missing.
    fn receive(&mut self, missing: usize) -> io::Result<usize> {
        let mut bytes = [0; STATUS_LEN];
        let count = self.socket.read(&mut bytes[..missing])?;
        self.received.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    /// Returns the status of the response, or else how the connection ended.
    fn status(&self, otherwise: &str) -> String {
        let text = String::from_utf8_lossy(&self.received);
        match text.split_whitespace().nth(1) {
            Some(status) if self.received.len() == STATUS_LEN => status.into(),
            _ => otherwise.into(),
        }
    }
}

fn connect(server: SocketAddr, number: u64, reading: Reading) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    if reading == Reading::Nothing {
        socket.set_recv_buffer_size(1)?;
    }
    let local = Ipv4Addr::new(127, 0, 2, 1 + (number % PROXY_ADDRESSES) as u8);
    socket.bind(&SocketAddr::from((local, 0)).into())?;
    match socket.connect(&server.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
        _ => Ok(TcpStream::from_std(socket.into())),
    }
}

/// Returns the header of the PROXY protocol for the connection with this number.
pub fn proxy_header(client: Client, number: u64) -> String {
    let [.., high, mid, low] = number.to_be_bytes();
    match client {
        Client::Own => format!("PROXY TCP4 11.{high}.{mid}.{low} 127.0.0.1 40000 8000\r\n"),
        Client::Shared => "PROXY TCP4 12.0.0.1 127.0.0.1 40000 8000\r\n".into(),
        Client::Unnamed => String::new(),
    }
}
