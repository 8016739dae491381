//! The listening sockets: which addresses they have, how they are exchanged for others, and accepting
//! connections from them.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::time::Duration;

use log::{info, warn};
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};

use super::connection::Start;
use super::listen::{self, Opened};
use super::sockets::Sockets;
use crate::log_limiter::RECOVERY;
use crate::server::{RefusalCause, Server};
use crate::settings::Listen;
use crate::time::Time;

/// The most connections accepted from one listening socket per turn, so that existing connections are not
/// delayed.
const ACCEPT_BUDGET: usize = 256;

/// How long to wait after a failed accept. The connections still in the backlog cause no further event.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// The shortest interval between two log lines about failed accepts.
const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The listening sockets, and when to accept from them again.
#[derive(Debug)]
pub struct Acceptor {
    listeners: Vec<ListeningSocket>,
    /// The token of the first socket that is added.
    next_token: usize,
    /// When to accept again, if the last attempt did not empty the backlog.
    accept_at: Option<Time>,
    refusal_logged: Option<Time>,
    /// When the first and the last accept failed, until none has failed for [`REFUSAL_LOG_INTERVAL`].
    failing: Option<(Time, Time)>,
}

/// A listening socket.
#[derive(Debug)]
struct ListeningSocket {
    /// The address for which it was opened.
    on: Listen,
    /// Whether clients are expected there. The others are for sources.
    is_public: bool,
    socket: TcpListener,
    token: Token,
}

impl ListeningSocket {
    /// Returns whether listening on `on` as well would fail.
    fn overlaps(&self, on: Listen) -> bool {
        self.socket.local_addr().is_ok_and(|actual| on.overlaps(actual))
    }
}

/// Listening sockets that are open and not used yet. The connections to them wait.
#[derive(Debug)]
pub struct NewListeners {
    /// All addresses, in order, and whether clients are expected there. Sockets that are open already have
    /// none here.
    wanted: Vec<(Listen, bool, Option<TcpListener>)>,
    /// One sentence about each address that cannot be opened and is left out.
    pub warnings: Vec<String>,
}

/// Where a connection goes.
pub struct Destination<'a> {
    /// The sockets of peers.
    pub sockets: &'a mut Sockets,
    /// Where sockets are registered.
    pub registry: &'a Registry,
    /// What serves the connection.
    pub server: &'a mut Server,
    /// The time of this turn.
    pub now: Time,
}

impl Acceptor {
    /// Creates an acceptor without sockets, which get tokens from `first_token` on.
    pub fn new(first_token: usize) -> Self {
        Self {
            listeners: Vec::new(),
            next_token: first_token,
            accept_at: None,
            refusal_logged: None,
            failing: None,
        }
    }

    /// Opens the sockets that are missing so that these addresses are listened on. Nothing changes before
    /// [`replace`](Self::replace).
    ///
    /// An address with port 0 that was listened on already keeps its port. If a socket that would be closed
    /// has an overlapping address, both are open until then.
    ///
    /// # Errors
    /// Returns the sentence of the start about the first address in `listen` that cannot be opened. A failure
    /// of one for sources is only a warning, because they can use every other port too.
    pub fn open_missing(&self, listen: &[Listen], sources: &[Listen]) -> Result<NewListeners, String> {
        let is_wanted = |on: Listen| listen.iter().chain(sources).any(|wanted| wanted.address == on.address);
        let closing: Vec<&ListeningSocket> = self.listeners.iter().filter(|it| !is_wanted(it.on)).collect();
        let missing = |all: &[Listen]| -> Vec<Listen> {
            all.iter()
                .copied()
                .filter(|on| !self.listeners.iter().any(|it| it.on.address == on.address))
                .collect()
        };
        let has_others = missing(listen).len() < listen.len();
        let closing = |on: Listen| closing.iter().filter(move |it| it.overlaps(on)).map(|it| &it.socket);
        let mut public = listen::open_all(&missing(listen), has_others, closing)?;
        let mut wanted: Vec<_> = listen.iter().map(|&on| (on, true, take(&mut public, on))).collect();
        // An optional address that this machine does not have is left out.
        wanted.retain(|(on, _, socket)| socket.is_some() || self.has(*on));
        let mut warnings = Vec::new();
        for &on in sources {
            match self.has(on) {
                true => wanted.push((on, false, None)),
                false => {
                    let opened = listen::open_for_sources(on, closing(on), &mut warnings);
                    wanted.extend(opened.map(|it| (on, false, Some(it))));
                }
            }
        }
        Ok(NewListeners { wanted, warnings })
    }

    fn has(&self, on: Listen) -> bool {
        self.listeners.iter().any(|listener| listener.on.address == on.address)
    }

    /// Listens on these sockets, and on those that are open already and still wanted. Closes all others,
    /// after the connections that wait there were accepted.
    ///
    /// # Errors
    /// If the system cannot watch a new socket. It is not used then; all others are.
    pub fn replace(&mut self, new: NewListeners, to: &mut Destination<'_>) -> Result<(), String> {
        let mut old = std::mem::take(&mut self.listeners);
        let mut result = Ok(());
        for (on, is_public, socket) in new.wanted {
            let kept = old.iter().position(|it| it.on.address == on.address).map(|at| old.remove(at));
            let added = || socket.map(|socket| self.register(on, socket, to.registry)).transpose();
            match kept.map_or_else(added, |kept| Ok(Some(kept))) {
                Ok(listener) => {
                    self.listeners.extend(listener.map(|it| ListeningSocket { on, is_public, ..it }));
                }
                Err(error) => result = Err(format!("cannot watch {}: {error}", on.address)),
            }
        }
        old.into_iter().for_each(|listener| self.close(listener, to));
        result
    }

    /// Adds the first sockets, and logs the warnings.
    ///
    /// # Errors
    /// If the system cannot watch one.
    pub fn add(&mut self, new: NewListeners, registry: &Registry) -> io::Result<()> {
        new.warnings.iter().for_each(|warning| warn!("{warning}"));
        for (on, is_public, socket) in new.wanted {
            let Some(socket) = socket else { continue };
            let listener = self.register(on, socket, registry)?;
            self.listeners.push(ListeningSocket { is_public, ..listener });
        }
        Ok(())
    }

    fn register(
        &mut self,
        on: Listen,
        mut socket: TcpListener,
        registry: &Registry,
    ) -> io::Result<ListeningSocket> {
        let token = Token(self.next_token);
        registry.register(&mut socket, token, Interest::READABLE)?;
        self.next_token += 1;
        Ok(ListeningSocket { on, is_public: true, socket, token })
    }

    /// Closes a socket, after the connections that wait there were accepted.
    fn close(&mut self, listener: ListeningSocket, to: &mut Destination<'_>) {
        // The backlog has a bound, and connections that arrive meanwhile go to it only until it is empty.
        for _ in 0..listen::BACKLOG {
            match accept_or_evict(&listener.socket, to) {
                Ok((stream, address)) if to.server.can_accept(to.now) => {
                    to.open(stream, address, listener.on)
                }
                Err(error) if is_connection_error(&error) => {}
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Closes all sockets.
    pub fn close_all(&mut self) {
        self.listeners.clear();
        self.accept_at = None;
    }

    /// Returns the addresses where clients are expected, with their actual ports.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let public = self.listeners.iter().filter(|listener| listener.is_public);
        public.filter_map(|listener| listener.socket.local_addr().ok()).collect()
    }

    /// Returns whether clients are expected at this address, and must use TLS.
    pub fn is_tls_only(&self, address: SocketAddr) -> bool {
        let is_at = |listener: &ListeningSocket| listener.socket.local_addr().is_ok_and(|it| it == address);
        self.listeners.iter().any(|listener| listener.on.tls_only && is_at(listener))
    }

    /// Returns the number of listening sockets.
    pub fn len(&self) -> usize {
        self.listeners.len()
    }

    /// Returns when [`retry`](Self::retry) is due.
    pub fn deadline(&self) -> Option<Time> {
        self.accept_at
    }

    /// Accepts what could not be accepted before, if it is time.
    pub fn retry(&mut self, to: &mut Destination<'_>) {
        if let Some((since, last)) =
            self.failing.take_if(|(_, last)| to.now.since(*last) >= REFUSAL_LOG_INTERVAL)
        {
            let seconds = last.since(since).as_secs();
            info!(target: RECOVERY, "connections are accepted again, after {seconds} s in which some had to wait");
        }
        if self.accept_at.is_some_and(|at| at <= to.now) {
            self.accept_at = None;
            (0..self.listeners.len()).for_each(|at| self.accept_from(at, to));
        }
    }

    /// Accepts connections from the socket with this token. One that was closed meanwhile has none.
    pub fn accept(&mut self, token: Token, to: &mut Destination<'_>) {
        if let Some(at) = self.listeners.iter().position(|listener| listener.token == token) {
            self.accept_from(at, to);
        }
    }

    fn accept_from(&mut self, at: usize, to: &mut Destination<'_>) {
        for _ in 0..ACCEPT_BUDGET {
            if !to.server.can_accept(to.now) {
                to.server.connection_refused(RefusalCause::ConnectionLimit);
                return self.accept_later("all connections are in use, and none is idle", to.now);
            }
            match accept_or_evict(&self.listeners[at].socket, to) {
                Ok((stream, address)) => to.open(stream, address, self.listeners[at].on),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if is_connection_error(&error) => {}
                Err(error) => {
                    to.server.connection_refused(RefusalCause::SystemLimit);
                    return self.accept_later(&error.to_string(), to.now);
                }
            }
        }
        self.accept_at = Some(to.now);
    }

    fn accept_later(&mut self, reason: &str, now: Time) {
        self.accept_at = Some(now + ACCEPT_RETRY);
        self.failing = Some((self.failing.map_or(now, |(since, _)| since), now));
        if self.refusal_logged.is_none_or(|logged| now.since(logged) >= REFUSAL_LOG_INTERVAL) {
            warn!("cannot accept connections: {reason}");
            self.refusal_logged = Some(now);
        }
    }
}

/// Removes the socket for this address.
fn take(opened: &mut Vec<Opened>, on: Listen) -> Option<TcpListener> {
    let at = opened.iter().position(|it| it.on == on)?;
    Some(opened.swap_remove(at).socket)
}

/// Accepts a connection. If the system has no resources for it, evicts another one and tries once more.
fn accept_or_evict(listener: &TcpListener, to: &mut Destination<'_>) -> io::Result<(TcpStream, SocketAddr)> {
    let accepted = listener.accept();
    let is_refused = accepted
        .as_ref()
        .is_err_and(|error| error.kind() != ErrorKind::WouldBlock && !is_connection_error(error));
    if !is_refused || !to.server.evict_one(to.now) {
        return accepted;
    }
    to.close_ended();
    listener.accept()
}

impl Destination<'_> {
    fn open(&mut self, stream: TcpStream, address: SocketAddr, on: Listen) {
        // On a dual-stack socket, IPv4 peers appear as ::ffff:a.b.c.d.
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let connected = self.server.accepted(address, stream.local_addr().ok(), self.now);
        // Another connection may have been evicted for this one.
        self.close_ended();
        let peer = match connected {
            Ok(peer) => peer,
            Err(reply) => {
                self.refuse(stream, &reply);
                return;
            }
        };
        if on.tls_only {
            self.server.require_tls(peer);
        }
        if let Err(error) = self.sockets.open(peer, stream, Start::Plain, self.registry) {
            warn!("cannot watch the connection of {address}: {error}");
            self.server.connection_lost(peer, self.now);
        }
    }

    /// Sends a reply to a connection that is closed then. With a certificate there is none: a client that
    /// speaks TLS would take it for a fault of the protocol, and nothing has arrived yet that tells.
    fn refuse(&self, mut stream: TcpStream, reply: &[u8]) {
        if !self.sockets.has_tls() {
            // The send buffer of a new connection is empty, so the reply fits. The server does not wait
            // until the peer has read it: the address already has too many open connections.
            let _ = stream.write(reply);
        }
    }

    fn close_ended(&mut self) {
        self.server.drain_closed().for_each(|peer| self.sockets.close(peer));
    }
}

/// Returns whether the error concerns only the connection that was to be accepted.
fn is_connection_error(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}
