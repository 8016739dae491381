//! All listeners of a trial, in one event loop.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use fastrand::Rng;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::failure::Failure;
use crate::listener::{Listener, SharedBuffers, StreamRequest};

/// The most events of one poll.
const EVENTS: usize = 1024;

/// The number of loopback addresses that listeners connect from. With one address, the search for a free port
/// takes longer and longer and soon fails, because a port stays in TIME-WAIT for a minute after use.
const ADDRESSES: usize = 16;

/// The most joins between two polls when joins are late.
const JOINS_PER_POLL: usize = 16;

/// The seed of the random choice of leaving listeners. It is the same in every trial.
const CHURN_SEED: u64 = 1;

/// The time in which the last listeners must receive their first byte, unless specified otherwise.
pub const FIRST_BYTES_MAX: Duration = Duration::from_secs(10);

/// The listeners of one server.
pub struct ListenerPool {
    poll: Poll,
    events: Events,
    buffers: SharedBuffers,
    address: SocketAddr,
    listeners: Vec<Listener>,
    longest_busy: Duration,
}

impl ListenerPool {
    /// Creates a pool without listeners.
    pub fn new(address: SocketAddr) -> Result<Self, Failure> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            buffers: SharedBuffers::new(),
            address,
            listeners: Vec::new(),
            longest_busy: Duration::ZERO,
        })
    }

    /// Adds `count` listeners, `rate` per second, and waits until all have received audio, at most for
    /// `timeout`. `request` returns the request of a listener.
    pub fn join(
        &mut self,
        count: usize,
        rate: u32,
        timeout: Duration,
        request: impl Fn(usize) -> StreamRequest,
    ) -> Result<(), Failure> {
        let start = Instant::now();
        let due = |number: usize| start + Duration::from_secs_f64(number as f64 / f64::from(rate));
        for number in 0..count {
            self.listen_until(due(number))?;
            if number.is_multiple_of(JOINS_PER_POLL) {
                self.poll_once(start)?;
            }
            self.add(request(number))?;
        }
        let limit = Instant::now() + timeout;
        let is_waiting = |listener: &Listener| !listener.has_received() && !listener.is_disconnected();
        while self.listeners.iter().any(is_waiting) && Instant::now() < limit {
            self.poll_once(limit)?;
        }
        Ok(())
    }

    /// Replaces `count` listeners, `rate` per second, each chosen at random, by new ones with the same
    /// request. `on_leave` is called with the number of each listener that leaves.
    pub fn churn(
        &mut self,
        count: usize,
        rate: u32,
        request: impl Fn(usize) -> StreamRequest,
        mut on_leave: impl FnMut(usize, &Listener),
    ) -> Result<(), Failure> {
        let (start, mut rng) = (Instant::now(), Rng::with_seed(CHURN_SEED));
        for done in 0..count {
            self.listen_until(start + Duration::from_secs_f64(done as f64 / f64::from(rate)))?;
            if done.is_multiple_of(JOINS_PER_POLL) {
                self.poll_once(start)?;
            }
            let number = rng.usize(..self.listeners.len());
            on_leave(number, &self.listeners[number]);
            self.listeners[number] = self.connect(number, request(number))?;
        }
        Ok(())
    }

    /// Closes all connections at once.
    pub fn leave(&mut self) {
        // Closing a socket removes it from the poll.
        self.listeners.clear();
    }

    fn add(&mut self, request: StreamRequest) -> Result<(), Failure> {
        let listener = self.connect(self.listeners.len(), request)?;
        self.listeners.push(listener);
        Ok(())
    }

    /// Starts the connection of the listener with this number.
    fn connect(&self, number: usize, request: StreamRequest) -> Result<Listener, Failure> {
        let connected_at = Instant::now();
        let socket = connect(self.address, number)?;
        let mut listener = Listener::new(socket, connected_at, request);
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(listener.socket(), Token(number), interest)?;
        Ok(listener)
    }

    /// Lets all listen until the given time.
    pub fn listen_until(&mut self, until: Instant) -> Result<(), Failure> {
        while Instant::now() < until {
            self.poll_once(until)?;
        }
        Ok(())
    }

    /// Lets all listen until the server has closed all connections, or until the given time.
    pub fn listen_to_the_end(&mut self, until: Instant) -> Result<(), Failure> {
        while !self.listeners.iter().all(Listener::is_disconnected) && Instant::now() < until {
            self.poll_once(until)?;
        }
        Ok(())
    }

    fn poll_once(&mut self, until: Instant) -> Result<(), Failure> {
        let wait = until.saturating_duration_since(Instant::now());
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        let start = Instant::now();
        for event in &self.events {
            self.listeners[event.token().0].on_event(event, &mut self.buffers);
        }
        self.longest_busy = self.longest_busy.max(start.elapsed());
        Ok(())
    }

    /// Returns the listeners in the order in which they joined.
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// Returns the longest time between two polls. It is the error of all measured times, because received
    /// bytes can wait that long.
    pub fn longest_busy(&self) -> Duration {
        self.longest_busy
    }
}

/// Starts a connection for the listener with this number.
fn connect(server: SocketAddr, number: usize) -> io::Result<TcpStream> {
    if server.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST) {
        return TcpStream::connect(server);
    }
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    let local = Ipv4Addr::new(127, 0, 1, 1 + (number % ADDRESSES) as u8);
    socket.bind(&SocketAddr::from((local, 0)).into())?;
    match socket.connect(&server.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
        _ => Ok(TcpStream::from_std(socket.into())),
    }
}
