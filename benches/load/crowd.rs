//! All listeners of a trial, in one loop.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use fastrand::Rng;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::failure::Failure;
use crate::listener::{Desk, Listener, Wish};

/// Events taken from the kernel at once.
const EVENTS: usize = 1024;

/// Addresses on loopback from which listeners call. From one alone, the system would look longer and longer for a port
/// that none of thousands has, and soon find none: one that was in use is kept back for a minute.
const ADDRESSES: usize = 16;

/// How many may join, where that is late, before those who are there are listened to.
const JOINS_AT_ONCE: usize = 16;

/// Who leaves is chosen at random, but it is the same in every turn.
const CHURN_SEED: u64 = 1;

/// How long the last listeners to join may wait for their first byte, where nothing else is said.
pub const HEARING_MAX: Duration = Duration::from_secs(10);

/// The listeners of one server.
pub struct Crowd {
    poll: Poll,
    events: Events,
    desk: Desk,
    address: SocketAddr,
    listeners: Vec<Listener>,
    longest_turn: Duration,
}

impl Crowd {
    /// Nobody yet.
    pub fn new(address: SocketAddr) -> Result<Self, Failure> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            desk: Desk::new(),
            address,
            listeners: Vec::new(),
            longest_turn: Duration::ZERO,
        })
    }

    /// Has `count` listeners join, `rate` of them a second, and waits until all have heard something, for as long as
    /// `patience`. `wish` says what each of them asks for.
    pub fn gather(
        &mut self,
        count: usize,
        rate: u32,
        patience: Duration,
        wish: impl Fn(usize) -> Wish,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        let due = |at: usize| began + Duration::from_secs_f64(at as f64 / f64::from(rate));
        for at in 0..count {
            self.listen_until(due(at))?;
            if at.is_multiple_of(JOINS_AT_ONCE) {
                self.turn(began)?;
            }
            self.join(wish(at))?;
        }
        let limit = Instant::now() + patience;
        let waits = |listener: &Listener| !listener.hears() && !listener.is_gone();
        while self.listeners.iter().any(waits) && Instant::now() < limit {
            self.turn(limit)?;
        }
        Ok(())
    }

    /// Has `count` listeners leave, `rate` of them a second, each time one at random, and another join in his place who
    /// asks for the same. `leaves` is told of each who does, and his number.
    pub fn churn(
        &mut self,
        count: usize,
        rate: u32,
        wish: impl Fn(usize) -> Wish,
        mut leaves: impl FnMut(usize, &Listener),
    ) -> Result<(), Failure> {
        let (began, mut rng) = (Instant::now(), Rng::with_seed(CHURN_SEED));
        for done in 0..count {
            self.listen_until(began + Duration::from_secs_f64(done as f64 / f64::from(rate)))?;
            if done.is_multiple_of(JOINS_AT_ONCE) {
                self.turn(began)?;
            }
            let at = rng.usize(..self.listeners.len());
            leaves(at, &self.listeners[at]);
            self.listeners[at] = self.call(at, wish(at))?;
        }
        Ok(())
    }

    /// All leave at once.
    pub fn leave(&mut self) {
        // A closed socket is no longer watched.
        self.listeners.clear();
    }

    fn join(&mut self, wish: Wish) -> Result<(), Failure> {
        let listener = self.call(self.listeners.len(), wish)?;
        self.listeners.push(listener);
        Ok(())
    }

    /// Begins the connection of the listener with this number.
    fn call(&self, number: usize, wish: Wish) -> Result<Listener, Failure> {
        let called = Instant::now();
        let socket = call(self.address, number)?;
        let mut listener = Listener::new(socket, called, wish);
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(listener.socket(), Token(number), interest)?;
        Ok(listener)
    }

    /// Lets all listen until then.
    pub fn listen_until(&mut self, until: Instant) -> Result<(), Failure> {
        while Instant::now() < until {
            self.turn(until)?;
        }
        Ok(())
    }

    /// Lets all listen until the server has hung up on everyone, or until then.
    pub fn listen_to_the_end(&mut self, until: Instant) -> Result<(), Failure> {
        while !self.listeners.iter().all(Listener::is_gone) && Instant::now() < until {
            self.turn(until)?;
        }
        Ok(())
    }

    fn turn(&mut self, until: Instant) -> Result<(), Failure> {
        let wait = until.saturating_duration_since(Instant::now());
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        let began = Instant::now();
        for event in &self.events {
            self.listeners[event.token().0].ready(event, &mut self.desk);
        }
        self.longest_turn = self.longest_turn.max(began.elapsed());
        Ok(())
    }

    /// In the order in which they joined.
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// The longest that bytes had to wait because this program was busy with others: no time measured here is more
    /// exact than that.
    pub fn longest_turn(&self) -> Duration {
        self.longest_turn
    }
}

/// Begins a connection for the listener with this number.
fn call(server: SocketAddr, number: usize) -> io::Result<TcpStream> {
    if server.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST) {
        return TcpStream::connect(server);
    }
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    let from = Ipv4Addr::new(127, 0, 1, 1 + (number % ADDRESSES) as u8);
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    match socket.connect(&server.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
        _ => Ok(TcpStream::from_std(socket.into())),
    }
}
