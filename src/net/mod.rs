//! The event loop. No other module uses sockets or reads the clock.
//!
//! One turn: wait for events, read the clock once, read from ready sockets, run the server's due work (which
//! writes to sockets), and close ended connections.

mod acceptor;
mod blocking;
mod connection;
mod dial;
mod exchange;
mod handshake_queue;
mod handshakes;
mod listen;
mod listen_error;
mod local_addresses;
mod probe_network;
pub mod resolver;
mod sockets;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use log::info;
use mio::event::Event;
use mio::{Events, Interest, Poll, Token, Waker};
use signal_hook_mio::v1_0::Signals;

use crate::server::{ConnectionLost, Peer, Server, TlsStart};
use crate::settings::Listen;
use crate::signals;
use crate::time::{Time, WallClock};
use crate::tls::{ClientTls, ServerTls};
pub use acceptor::NewListeners;
use acceptor::{Acceptor, Destination};
use dial::{DialResult, Dialed, Dialer, FIRST_DIAL_TOKEN};
pub use exchange::exchange;
use handshakes::Handshakes;
pub use local_addresses::reachable;
pub use probe_network::{ProbeConnection, ProbeNetwork};
use sockets::{FIRST_PEER_TOKEN, ReadOutcome, Sockets};

// The tokens of the loop itself. The tokens of dials and peers are much higher.
const WAKER: Token = Token(0);
const SIGNALS: Token = Token(1);
const FIRST_LISTENER: usize = 2;

/// The most events per wait.
const EVENTS_PER_WAIT: usize = 1024;

/// How long shutdown waits for peers to read their last bytes.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(1500);

/// The event loop and its sockets.
pub struct EventLoop {
    poll: Poll,
    waker: Arc<Waker>,
    signals: Signals,
    acceptor: Acceptor,
    sockets: Sockets,
    handshakes: Handshakes,
    dialer: Dialer,
    started: Instant,
    shutdown_deadline: Option<Time>,
    /// Whether signals have arrived that were not handled yet.
    has_signals: bool,
    /// When the time of day was last read.
    wall_clock_read: Option<Time>,
}

/// What the program does between two turns of the event loop.
pub trait Operator {
    /// Handles a signal. The loop itself stops on those that stop it.
    fn signal(&mut self, signal: i32);

    /// Runs after every turn of the server, also while it stops.
    fn after_turn(&mut self, net: &mut EventLoop, server: &mut Server, now: Time);

    /// Returns when [`after_turn`](Self::after_turn) has to run next if nothing happens before.
    fn deadline(&self) -> Option<Time>;
}

impl EventLoop {
    /// Opens the listening sockets: those for all clients, and those for sources alone. From now on SIGTERM
    /// and SIGINT stop the loop, and the [`Operator`] handles SIGHUP and SIGUSR1. Other signals that a person
    /// or a program may send by mistake, such as SIGUSR2, are ignored.
    ///
    /// # Errors
    /// Returns one sentence that names what failed.
    pub fn open(listen: &[Listen], sources: &[Listen]) -> Result<Self, String> {
        let listeners = Acceptor::new(FIRST_LISTENER).open_missing(listen, sources)?;
        Self::with_listeners(listeners).map_err(|error| format!("cannot set up the event loop: {error}"))
    }

    fn with_listeners(listeners: NewListeners) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let mut signals = Signals::new(signals::handled().chain([signals::FILE_SIZE]))?;
        poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
        let mut acceptor = Acceptor::new(FIRST_LISTENER);
        acceptor.add(listeners, poll.registry())?;
        let started = Instant::now();
        Ok(Self {
            poll,
            dialer: Dialer::new(waker.clone()),
            waker,
            signals,
            acceptor,
            sockets: Sockets::new(started),
            handshakes: Handshakes::default(),
            started,
            shutdown_deadline: None,
            has_signals: false,
            wall_clock_read: None,
        })
    }

    /// Returns the addresses where clients are expected, with their actual ports.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.acceptor.addresses()
    }

    /// Returns whether clients are expected at this address, and must use TLS.
    pub fn is_tls_only(&self, address: SocketAddr) -> bool {
        self.acceptor.is_tls_only(address)
    }

    /// Returns the number of listening sockets, also of those for sources.
    pub fn listening(&self) -> usize {
        self.acceptor.len()
    }

    /// Opens the sockets that are missing so that these addresses are listened on. They are not used, and
    /// nothing is closed, before [`use_listeners`](Self::use_listeners).
    ///
    /// # Errors
    /// Returns the sentence of [`open`](Self::open). Nothing is opened then.
    pub fn open_listeners(&self, listen: &[Listen], sources: &[Listen]) -> Result<NewListeners, String> {
        self.acceptor.open_missing(listen, sources)
    }

    /// Listens on these sockets, and on those that are open already and still wanted. Closes all others,
    /// after the connections that wait there were accepted.
    ///
    /// # Errors
    /// If the system cannot watch a new socket. It is not used then; all others are.
    pub fn use_listeners(&mut self, new: NewListeners, server: &mut Server, now: Time) -> Result<(), String> {
        let registry = self.poll.registry();
        self.acceptor.replace(new, &mut Destination { sockets: &mut self.sockets, registry, server, now })
    }

    /// Uses this TLS for clients that connect from now on; `None` for no TLS. Sessions that exist go on.
    pub fn set_tls(&mut self, tls: Option<ServerTls>) {
        self.sockets.set_tls(tls);
    }

    /// Uses this TLS for connections to upstreams that are opened from now on.
    pub fn set_client_tls(&mut self, tls: Option<ClientTls>) {
        self.dialer.set_tls(tls);
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

    /// Returns a function that returns the current time in UTC since 1970-01-01, for other threads.
    pub fn wall_clock(&self) -> Box<dyn Fn() -> Duration + Send> {
        Box::new(time_of_day)
    }

    /// Returns the current time of the loop's clock.
    pub fn now(&self) -> Time {
        Time::after_start(self.started.elapsed())
    }

    /// Runs until a signal stops it.
    ///
    /// # Errors
    /// If the system cannot wait for events.
    pub fn run(&mut self, server: &mut Server, operator: &mut impl Operator) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_PER_WAIT);
        while !self.is_done(server) {
            server.set_tls_offered(self.sockets.has_tls());
            let has_stalled = self.wait(&mut events, server, operator.deadline())?;
            let now = self.now();
            self.update_wall_clock(server, now);
            let unread = self.sockets.take_unread();
            self.handle_events(&events, server, now);
            if has_stalled {
                self.handle_waiting_events(&mut events, server, now)?;
                server.grace_until().into_iter().for_each(|until| self.handshakes.postpone(until));
            }
            self.handle_signals(server, operator, now);
            unread.into_iter().for_each(|peer| self.read(peer, server, now));
            self.handshakes.advance(&mut self.sockets, server, now);
            self.accept(None, server, now);
            self.handle_dial_results(server, now);
            server.turn(now, &mut self.sockets);
            operator.after_turn(self, server, now);
            server.drain_resumed().for_each(|peer| self.sockets.read_later(peer));
            server.drain_closed().for_each(|peer| self.sockets.close(peer));
            server.drain_dials().for_each(|dial| self.dialer.dial(&dial, self.poll.registry(), now));
        }
        server.close_all(self.now());
        server.drain_closed().for_each(|peer| self.sockets.close(peer));
        Ok(())
    }

    /// Updates the server's time of day once a second.
    fn update_wall_clock(&mut self, server: &mut Server, now: Time) {
        if self.wall_clock_read.is_some_and(|read| now.since(read) < Duration::from_secs(1)) {
            return;
        }
        self.wall_clock_read = Some(now);
        self.set_wall_clock(server);
    }

    /// Sets the server's time of day.
    pub fn set_wall_clock(&self, server: &mut Server) {
        let today = time_of_day();
        server.set_wall_clock(WallClock::started_at(today.saturating_sub(self.started.elapsed())));
    }

    fn is_done(&self, server: &Server) -> bool {
        self.shutdown_deadline.is_some_and(|by| server.is_drained() || by <= self.now())
    }

    /// Waits until an event arrives or a deadline is reached. Reports to the server how late the loop woke up
    /// after a deadline. Returns whether it was so late that the process cannot have run meanwhile.
    fn wait(&mut self, events: &mut Events, server: &mut Server, operator: Option<Time>) -> io::Result<bool> {
        let now = self.now();
        let deadlines = [
            server.deadline(),
            operator,
            self.dialer.deadline(now),
            self.handshakes.deadline(),
            self.acceptor.deadline(),
            self.shutdown_deadline,
        ];
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
                SIGNALS => self.has_signals = true,
                Token(FIRST_PEER_TOKEN..) => self.handle_peer_event(event, server, now),
                token @ Token(FIRST_DIAL_TOKEN..) => self.dialer.event(token, self.poll.registry(), now),
                token => self.accept(Some(token), server, now),
            }
        }
    }

    fn handle_signals(&mut self, server: &mut Server, operator: &mut impl Operator, now: Time) {
        if !std::mem::take(&mut self.has_signals) {
            return;
        }
        let pending: Vec<i32> = self.signals.pending().collect();
        for signal in pending {
            if signals::STOP.contains(&signal) && self.shutdown_deadline.is_none() {
                self.stop(server, now);
            } else if !signals::handled_by_server().any(|handled| handled == signal) {
                signals::note_ignored(signal);
            }
            operator.signal(signal);
        }
    }

    fn stop(&mut self, server: &mut Server, now: Time) {
        info!("shutting down");
        self.acceptor.close_all();
        self.shutdown_deadline = Some(now + SHUTDOWN_TIMEOUT);
        server.stop(now);
    }

    fn handle_peer_event(&mut self, event: &Event, server: &mut Server, now: Time) {
        let Some(peer) = self.sockets.peer(event.token()) else { return };
        if event.is_readable() || event.is_read_closed() {
            self.read(peer, server, now);
        }
        if event.is_read_closed() && self.sockets.leave_queue(peer) {
            return server.received_eof(peer, now);
        }
        if event.is_error() || event.is_write_closed() {
            server.connection_lost(peer, now);
        } else if event.is_writable() {
            match self.sockets.flush(peer) {
                Ok(true) => server.writable(peer),
                Ok(false) => {}
                Err(ConnectionLost) => server.connection_lost(peer, now),
            }
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
            ReadOutcome::Queued => server.tls_waits(peer),
            ReadOutcome::Eof => server.received_eof(peer, now),
            ReadOutcome::Failed => server.connection_lost(peer, now),
            ReadOutcome::TlsFailed(error) => server.tls_failed(peer, &error, now),
            ReadOutcome::ExcessInput => server.excess_input(peer, now),
        }
        server.drain_tls_starts().into_iter().for_each(|start| self.start_tls(start, server, now));
    }

    fn start_tls(&mut self, start: TlsStart, server: &mut Server, now: Time) {
        let peer = start.peer;
        server.tls_begun(peer);
        match self.sockets.start_tls(start) {
            Err(error) => server.tls_failed(peer, &error, now),
            Ok(()) if self.sockets.is_queued(peer) => server.tls_waits(peer),
            // The client has asked for TLS: what is missing is its turn.
            Ok(()) => self.handshakes.start_timeout(peer, &mut self.sockets, now),
        }
    }

    /// Accepts connections from the socket with this token, or else those that had to wait.
    fn accept(&mut self, token: Option<Token>, server: &mut Server, now: Time) {
        let registry = self.poll.registry();
        let mut to = Destination { sockets: &mut self.sockets, registry, server, now };
        match token {
            Some(token) => self.acceptor.accept(token, &mut to),
            None => self.acceptor.retry(&mut to),
        }
    }

    /// Passes the results of outgoing connections to the server.
    fn handle_dial_results(&mut self, server: &mut Server, now: Time) {
        let dialed = self.dialer.poll(|ticket| server.is_dial_wanted(ticket), self.poll.registry(), now);
        for DialResult { ticket, outcome } in dialed {
            match outcome {
                Err(reason) => server.dial_failed(ticket, &reason, now),
                Ok(Dialed { stream, address, start }) => {
                    let Some(peer) = server.dialed(ticket, address, now) else { continue };
                    if self.sockets.open(peer, stream, start, self.poll.registry()).is_err() {
                        server.connection_lost(peer, now);
                    }
                }
            }
        }
    }
}

/// Returns the time of day in UTC since 1970-01-01. A system clock before 1970 counts as 1970.
pub fn time_of_day() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The usual open-file limit, used if the system reports none.
const OPEN_FILES_DEFAULT: u64 = 1024;

/// Raises the open-file limit as far as the system allows, and returns it.
pub fn raise_open_files_limit() -> usize {
    let max = rlimit::increase_nofile_limit(u64::MAX).or_else(|_| rlimit::Resource::NOFILE.get_soft());
    usize::try_from(max.unwrap_or(OPEN_FILES_DEFAULT)).unwrap_or(usize::MAX)
}
