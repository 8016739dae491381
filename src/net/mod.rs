//! The event loop. No other module uses sockets or reads the clock.
//!
//! One turn: wait for events, read the clock once, read from ready sockets, run the server's due work (which
//! writes to sockets), and close ended connections.

mod dial;
mod listen;
pub mod resolver;
mod sockets;

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use log::{info, warn};
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook_mio::v1_0::Signals;

use crate::server::{Peer, RefusalCause, Server};
use crate::settings::Listen;
use crate::time::{Time, WallClock};
use dial::{DialResult, Dialer, FIRST_DIAL_TOKEN};
use sockets::{FIRST_PEER_TOKEN, ReadOutcome, Sockets};

// The tokens of the loop itself. The tokens of dials and peers are much higher.
const WAKER: Token = Token(0);
const SIGNALS: Token = Token(1);
const FIRST_LISTENER: usize = 2;

/// The most events per wait.
const EVENTS_PER_WAIT: usize = 1024;

/// The most connections accepted from one listening socket per turn, so that existing connections are not
/// delayed.
const ACCEPT_BUDGET: usize = 256;

/// How long to wait after a failed accept. The connections still in the backlog cause no further event.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// The shortest interval between two log lines about failed accepts.
const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// How long shutdown waits for peers to read their last bytes.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(1500);

/// The event loop and its sockets.
pub struct EventLoop {
    poll: Poll,
    waker: Arc<Waker>,
    signals: Signals,
    listeners: Vec<TcpListener>,
    /// The number of sockets that [`open`](Self::open) created. They come first in `listeners`.
    public_count: usize,
    sockets: Sockets,
    dialer: Dialer,
    started: Instant,
    /// When to accept again, if the last attempt did not empty the backlog.
    accept_at: Option<Time>,
    refusal_logged: Option<Time>,
    shutdown_deadline: Option<Time>,
    on_rotate: Box<dyn Fn()>,
    /// When the time of day was last read.
    wall_clock_read: Option<Time>,
}

impl EventLoop {
    /// Opens the listening sockets. From now on SIGTERM and SIGINT stop the loop, and SIGHUP and SIGUSR1 call
    /// the function of [`on_rotate`](Self::on_rotate).
    ///
    /// # Errors
    /// Returns one sentence that names what failed.
    pub fn open(listen: &[Listen]) -> Result<Self, String> {
        let listeners = listen.iter().map(|&on| open_listener(on)).collect::<Result<_, _>>()?;
        Self::with_listeners(listeners).map_err(|error| format!("cannot set up the event loop: {error}"))
    }

    fn with_listeners(mut listeners: Vec<TcpListener>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1])?;
        poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
        for (at, listener) in listeners.iter_mut().enumerate() {
            poll.registry().register(listener, Token(FIRST_LISTENER + at), Interest::READABLE)?;
        }
        let started = Instant::now();
        Ok(Self {
            poll,
            dialer: Dialer::new(waker.clone()),
            waker,
            signals,
            public_count: listeners.len(),
            listeners,
            sockets: Sockets::new(started),
            started,
            accept_at: None,
            refusal_logged: None,
            shutdown_deadline: None,
            on_rotate: Box::new(|| ()),
            wall_clock_read: None,
        })
    }

    /// Returns the listening addresses with their actual ports, without those added by
    /// [`add_listener`](Self::add_listener).
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let listeners = &self.listeners[..self.public_count];
        listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// Listens on one more address, which [`addresses`](Self::addresses) does not return.
    ///
    /// # Errors
    /// Returns one sentence with the reason.
    pub fn add_listener(&mut self, on: Listen) -> Result<(), String> {
        let mut listener = open_listener(on)?;
        let token = Token(FIRST_LISTENER + self.listeners.len());
        self.poll
            .registry()
            .register(&mut listener, token, Interest::READABLE)
            .map_err(|error| format!("cannot watch {}: {error}", on.address))?;
        self.listeners.push(listener);
        Ok(())
    }

    /// Returns a function with which any thread can wake the loop.
    pub fn loop_waker(&self) -> Box<dyn Fn() + Send> {
        let waker = self.waker.clone();
        // It fails only after the loop has ended, when no wake-up is needed.
        Box::new(move || drop(waker.wake()))
    }

    /// Returns the loop's clock, for other threads.
    pub fn clock(&self) -> Box<dyn Fn() -> Time + Send> {
        let started = self.started;
        Box::new(move || Time::after_start(started.elapsed()))
    }

    /// Sets the function to call on SIGHUP or SIGUSR1, which mean that logs were rotated.
    pub fn on_rotate(&mut self, reopen: Box<dyn Fn()>) {
        self.on_rotate = reopen;
    }

    /// Returns the current time of the loop's clock.
    pub fn now(&self) -> Time {
        Time::after_start(self.started.elapsed())
    }

    /// Runs until a signal stops it.
    ///
    /// # Errors
    /// If the system cannot wait for events.
    pub fn run(&mut self, server: &mut Server) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_PER_WAIT);
        while !self.is_done(server) {
            let has_stalled = self.wait(&mut events, server)?;
            let now = self.now();
            self.update_wall_clock(server, now);
            let unread = self.sockets.take_unread();
            self.handle_events(&events, server, now);
            if has_stalled {
                self.handle_waiting_events(&mut events, server, now)?;
            }
            unread.into_iter().for_each(|peer| self.read(peer, server, now));
            self.retry_accept(server, now);
            self.handle_dial_results(server, now);
            server.turn(now, &mut self.sockets);
            server.drain_resumed().for_each(|peer| self.sockets.read_later(peer));
            server.drain_closed().for_each(|peer| self.sockets.close(peer));
            server.drain_dials().for_each(|dial| self.dialer.dial(&dial, self.poll.registry(), now));
        }
        server.close_all(self.now());
        Ok(())
    }

    /// Updates the server's time of day once a second.
    fn update_wall_clock(&mut self, server: &mut Server, now: Time) {
        if self.wall_clock_read.is_some_and(|read| now.since(read) < Duration::from_secs(1)) {
            return;
        }
        self.wall_clock_read = Some(now);
        // A system clock before 1970 counts as 1970.
        let today = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        server.set_wall_clock(WallClock::started_at(today.saturating_sub(self.started.elapsed())));
    }

    fn is_done(&self, server: &Server) -> bool {
        self.shutdown_deadline.is_some_and(|by| server.is_drained() || by <= self.now())
    }

    /// Waits until an event arrives or a deadline is reached. Reports to the server how late the loop woke up
    /// after a deadline. Returns whether it was so late that the process cannot have run meanwhile.
    fn wait(&mut self, events: &mut Events, server: &mut Server) -> io::Result<bool> {
        let now = self.now();
        let deadlines =
            [server.deadline(), self.dialer.deadline(now), self.accept_at, self.shutdown_deadline];
        let deadline = deadlines.into_iter().flatten().min();
        self.poll_until(events, if self.sockets.has_unread() { Some(now) } else { deadline })?;
        let woke = self.now();
        let missed = deadline.filter(|deadline| *deadline <= woke);
        Ok(missed.is_some_and(|deadline| server.note_loop_lag(woke.since(deadline), woke)))
    }

    /// Waits until an event arrives, or until this time. A signal, and also SIGCONT after a stop, ends a wait
    /// without its events. It is then repeated, because nothing may be closed before its data was read.
    fn poll_until(&mut self, events: &mut Events, until: Option<Time>) -> io::Result<()> {
        loop {
            let timeout = until.map(|until| until.since(self.now()));
            match self.poll.poll(events, timeout) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                polled => return polled,
            }
        }
    }

    /// Handles the events that one wait did not return: after a stall, more may wait than fit.
    fn handle_waiting_events(
        &mut self,
        events: &mut Events,
        server: &mut Server,
        now: Time,
    ) -> io::Result<()> {
        // Each connection has at most one event at a time.
        for _ in 0..=server.connections() / EVENTS_PER_WAIT {
            if events.iter().count() < EVENTS_PER_WAIT {
                return Ok(());
            }
            self.poll_until(events, Some(now))?;
            self.handle_events(events, server, now);
        }
        Ok(())
    }

    fn handle_events(&mut self, events: &Events, server: &mut Server, now: Time) {
        for event in events {
            match event.token() {
                // It only ends the wait. `Server::turn` polls every station that waits for another thread.
                WAKER => {}
                SIGNALS => self.handle_signals(server, now),
                Token(FIRST_PEER_TOKEN..) => self.handle_peer_event(event, server, now),
                token @ Token(FIRST_DIAL_TOKEN..) => self.dialer.event(token, self.poll.registry(), now),
                Token(listener) => self.accept(listener - FIRST_LISTENER, server, now),
            }
        }
    }

    fn handle_signals(&mut self, server: &mut Server, now: Time) {
        for signal in self.signals.pending() {
            match signal {
                SIGHUP | SIGUSR1 => (self.on_rotate)(),
                _ if self.shutdown_deadline.is_none() => self.stop(server, now),
                _ => {}
            }
        }
    }

    fn stop(&mut self, server: &mut Server, now: Time) {
        info!("shutting down");
        self.listeners.clear();
        self.public_count = 0;
        self.accept_at = None;
        self.shutdown_deadline = Some(now + SHUTDOWN_TIMEOUT);
        server.stop(now);
    }

    fn handle_peer_event(&mut self, event: &Event, server: &mut Server, now: Time) {
        let Some(peer) = self.sockets.peer(event.token()) else { return };
        if event.is_readable() || event.is_read_closed() {
            self.read(peer, server, now);
        }
        if event.is_error() || event.is_write_closed() {
            server.connection_lost(peer, now);
        } else if event.is_writable() {
            server.writable(peer);
        }
    }

    /// Reads from a peer, unless reading is paused because the peer sends faster than real time. While it is
    /// paused, the system's buffers fill up, and TCP slows the peer down.
    fn read(&mut self, peer: Peer, server: &mut Server, now: Time) {
        if server.is_read_paused(peer) {
            return;
        }
        let on_bytes = |bytes: &[u8]| {
            server.received(peer, bytes, now);
            !server.is_read_paused(peer)
        };
        match self.sockets.read(peer, on_bytes) {
            ReadOutcome::Open => {}
            ReadOutcome::Eof => server.received_eof(peer, now),
            ReadOutcome::Failed => server.connection_lost(peer, now),
        }
    }

    fn retry_accept(&mut self, server: &mut Server, now: Time) {
        if self.accept_at.is_some_and(|at| at <= now) {
            self.accept_at = None;
            (0..self.listeners.len()).for_each(|listener| self.accept(listener, server, now));
        }
    }

    fn accept(&mut self, listener: usize, server: &mut Server, now: Time) {
        for _ in 0..ACCEPT_BUDGET {
            if !server.can_accept(now) {
                server.connection_refused(RefusalCause::ConnectionLimit);
                return self.accept_later("all connections are in use, and none is idle", now);
            }
            match self.accept_or_evict(listener, server, now) {
                Some(Ok((stream, address))) => self.open_peer(stream, address, server, now),
                Some(Err(error)) if error.kind() == ErrorKind::WouldBlock => return,
                Some(Err(error)) if is_connection_error(&error) => {}
                Some(Err(error)) => {
                    server.connection_refused(RefusalCause::SystemLimit);
                    return self.accept_later(&error.to_string(), now);
                }
                None => return,
            }
        }
        self.accept_at = Some(now);
    }

    /// Accepts a connection. If the system has no resources for it, evicts another one and tries once more.
    fn accept_or_evict(
        &mut self,
        listener: usize,
        server: &mut Server,
        now: Time,
    ) -> Option<io::Result<(TcpStream, SocketAddr)>> {
        let listener = self.listeners.get(listener)?;
        let accepted = listener.accept();
        let is_refused = accepted
            .as_ref()
            .is_err_and(|error| error.kind() != ErrorKind::WouldBlock && !is_connection_error(error));
        if !is_refused || !server.evict_one(now) {
            return Some(accepted);
        }
        server.drain_closed().for_each(|peer| self.sockets.close(peer));
        Some(listener.accept())
    }

    fn open_peer(&mut self, mut stream: TcpStream, address: SocketAddr, server: &mut Server, now: Time) {
        // On a dual-stack socket, IPv4 peers appear as ::ffff:a.b.c.d.
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let connected = server.connected(address, now);
        // Another connection may have been evicted for this one.
        server.drain_closed().for_each(|peer| self.sockets.close(peer));
        let peer = match connected {
            Ok(peer) => peer,
            Err(reply) => {
                // The send buffer of a new connection is empty, so the reply fits. The server does not wait
                // until the peer has read it: the address already has too many open connections.
                let _ = stream.write(&reply);
                return;
            }
        };
        if let Err(error) = self.sockets.open(peer, stream, self.poll.registry()) {
            warn!("cannot watch the connection of {address}: {error}");
            server.connection_lost(peer, now);
        }
    }

    /// Passes the results of outgoing connections to the server.
    fn handle_dial_results(&mut self, server: &mut Server, now: Time) {
        let dialed = self.dialer.poll(|ticket| server.is_dial_wanted(ticket), self.poll.registry(), now);
        for DialResult { ticket, outcome } in dialed {
            match outcome {
                Err(reason) => server.dial_failed(ticket, &reason, now),
                Ok((stream, address)) => {
                    let Some(peer) = server.dialed(ticket, address, now) else { continue };
                    if self.sockets.open(peer, stream, self.poll.registry()).is_err() {
                        server.connection_lost(peer, now);
                    }
                }
            }
        }
    }

    fn accept_later(&mut self, reason: &str, now: Time) {
        self.accept_at = Some(now + ACCEPT_RETRY);
        if self.refusal_logged.is_none_or(|logged| now.since(logged) >= REFUSAL_LOG_INTERVAL) {
            warn!("cannot accept connections: {reason}");
            self.refusal_logged = Some(now);
        }
    }
}

fn open_listener(on: Listen) -> Result<TcpListener, String> {
    listen::listen(on).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => format!("cannot listen on {}: address already in use", on.address),
        _ => format!("cannot listen on {}: {error}", on.address),
    })
}

/// Returns whether the error concerns only the connection that was to be accepted.
fn is_connection_error(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

/// The usual open-file limit, used if the system reports none.
const OPEN_FILES_DEFAULT: u64 = 1024;

/// Raises the open-file limit as far as the system allows, and returns it.
pub fn raise_open_files_limit() -> usize {
    let max = rlimit::increase_nofile_limit(u64::MAX).or_else(|_| rlimit::Resource::NOFILE.get_soft());
    usize::try_from(max.unwrap_or(OPEN_FILES_DEFAULT)).unwrap_or(usize::MAX)
}
