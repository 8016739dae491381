//! Opens outgoing connections to the upstreams of relays.
//!
//! A host name is resolved. Its addresses are tried one after the other until one connects.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token, Waker};
use slab::Slab;

use super::connection::Start;
use super::resolver::{Lookup, Resolver};
use super::sockets::FIRST_PEER_TOKEN;
use crate::ip_scope::is_public;
use crate::server::{Dial, Ticket};
use crate::time::Time;
use crate::tls::{ClientTls, TlsSession};

/// How long to wait for one address before trying the next: many hosts have an IPv6 address that is
/// unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The first token of pending outgoing connections. Tokens of peers begin above.
pub const FIRST_DIAL_TOKEN: usize = FIRST_PEER_TOKEN / 2;

/// The result of an outgoing connection.
#[derive(Debug)]
pub struct DialResult {
    /// The ticket of the request.
    pub ticket: Ticket,
    /// The connection, or the reason of the failure.
    pub outcome: Result<Dialed, String>,
}

/// A connection to an upstream.
#[derive(Debug)]
pub struct Dialed {
    /// The socket.
    pub stream: TcpStream,
    /// The remote address.
    pub address: SocketAddr,
    /// Whether it begins with a TLS handshake.
    pub start: Start,
}

/// Opens outgoing connections.
#[derive(Debug)]
pub struct Dialer {
    /// Started with the first host name to resolve.
    resolver: Option<Resolver>,
    waker: Arc<Waker>,
    attempts: Slab<ConnectAttempt>,
    dialed: Vec<DialResult>,
    /// The requests without a result.
    requested: HashMap<Ticket, Dial>,
    /// What connections with TLS use.
    tls: Option<ClientTls>,
}

#[derive(Debug)]
struct ConnectAttempt {
    ticket: Ticket,
    stream: TcpStream,
    address: SocketAddr,
    /// When to give up and try the next address.
    until: Time,
    others: RemainingAddresses,
}

/// The addresses that have not been tried yet.
type RemainingAddresses = std::vec::IntoIter<SocketAddr>;

impl Dialer {
    /// Creates a dialer. `waker` must wake the loop that calls
    /// [`poll`](Self::poll).
    pub fn new(waker: Arc<Waker>) -> Self {
        Self {
            resolver: None,
            waker,
            attempts: Slab::new(),
            dialed: Vec::new(),
            requested: HashMap::new(),
            tls: None,
        }
    }

    /// Uses this for connections with TLS from now on.
    pub fn set_tls(&mut self, tls: Option<ClientTls>) {
        self.tls = tls;
    }

    /// Starts an outgoing connection.
    pub fn dial(&mut self, dial: &Dial, registry: &Registry, now: Time) {
        self.requested.insert(dial.ticket, dial.clone());
        match self.start_lookup(dial) {
            Ok(Lookup::Address(address)) => self.attempt_allowed(dial.ticket, vec![address], registry, now),
            Ok(Lookup::Pending) => {}
            Ok(Lookup::Busy) => self.fail(dial.ticket, "too many pending DNS lookups".to_owned()),
            Err(error) => self.fail(dial.ticket, format!("cannot start a DNS lookup: {error}")),
        }
    }

    fn start_lookup(&mut self, dial: &Dial) -> io::Result<Lookup> {
        let resolver = match &self.resolver {
            Some(resolver) => resolver,
            None => {
                let waker = self.waker.clone();
                // It fails only after the loop has ended, when no wake-up is needed.
                let resolver = Resolver::start(Box::new(move || drop(waker.wake())))?;
                self.resolver.insert(resolver)
            }
        };
        Ok(resolver.lookup(dial.ticket.0, &dial.host, dial.port))
    }

    /// Connects to those of the resolved `addresses` that the request allows. This is checked after the
    /// lookup, because a name of any domain can lead to a private address.
    fn attempt_allowed(
        &mut self,
        ticket: Ticket,
        mut addresses: Vec<SocketAddr>,
        registry: &Registry,
        now: Time,
    ) {
        if self.requested.get(&ticket).is_some_and(|dial| dial.public_only) {
            let private = addresses.iter().map(SocketAddr::ip).find(|address| !is_public(*address));
            addresses.retain(|address| is_public(address.ip()));
            if let (true, Some(address)) = (addresses.is_empty(), private) {
                return self
                    .fail(ticket, format!("a public server redirects to the private address {address}"));
            }
        }
        self.attempt(ticket, addresses.into_iter(), registry, now);
    }

    /// Starts to connect to the first of `addresses` for which the system does not report an error at once.
    fn attempt(&mut self, ticket: Ticket, mut addresses: RemainingAddresses, registry: &Registry, now: Time) {
        let mut reason = "no address found".to_owned();
        while let Some(address) = addresses.next() {
            let vacant = self.attempts.vacant_entry();
            match connect(address, Token(FIRST_DIAL_TOKEN + vacant.key()), registry) {
                Ok(stream) => {
                    let until = now + CONNECT_TIMEOUT;
                    vacant.insert(ConnectAttempt { ticket, stream, address, until, others: addresses });
                    return;
                }
                Err(error) => reason = error_message(&error),
            }
        }
        self.fail(ticket, reason);
    }

    fn fail(&mut self, ticket: Ticket, reason: String) {
        self.requested.remove(&ticket);
        self.dialed.push(DialResult { ticket, outcome: Err(reason) });
    }

    /// Handles an event of the connection attempt with this token.
    pub fn event(&mut self, token: Token, registry: &Registry, now: Time) {
        let key = token.0 - FIRST_DIAL_TOKEN;
        let Some(attempt) = self.attempts.get(key) else { return };
        match attempt.is_connected() {
            Ok(false) => {}
            Ok(true) => {
                let ConnectAttempt { ticket, mut stream, address, .. } = self.attempts.remove(key);
                // The caller registers it again, as the connection of a peer.
                let deregistered = registry.deregister(&mut stream).map_err(|error| error_message(&error));
                match deregistered.and_then(|()| self.start(ticket)) {
                    Ok(start) => {
                        let outcome = Ok(Dialed { stream, address, start });
                        self.dialed.push(DialResult { ticket, outcome });
                    }
                    Err(reason) => self.fail(ticket, reason),
                }
            }
            Err(error) => self.try_next(key, error_message(&error), registry, now),
        }
    }

    /// Returns how the connection begins. It never begins without TLS if TLS was requested.
    fn start(&mut self, ticket: Ticket) -> Result<Start, String> {
        match self.requested.remove(&ticket) {
            Some(Dial { is_tls: true, host, .. }) => self.tls_session(&host).map(Start::Tls),
            _ => Ok(Start::Plain),
        }
    }

    fn tls_session(&self, host: &str) -> Result<TlsSession, String> {
        let tls = self.tls.as_ref().ok_or("TLS is not set up")?;
        tls.connect(host).map_err(|error| error.to_string())
    }

    /// Drops a connection attempt that failed for `reason`, and tries the next address. Without another
    /// address, `reason` is the result.
    fn try_next(&mut self, key: usize, reason: String, registry: &Registry, now: Time) {
        let ConnectAttempt { ticket, others, .. } = self.attempts.remove(key);
        match others.as_slice() {
            [] => self.fail(ticket, reason),
            _ => self.attempt(ticket, others, registry, now),
        }
    }

    /// Starts to connect to resolved names, tries the next address where an attempt timed out, and drops
    /// attempts that are no longer `awaited`. Returns the results since the last call.
    pub fn poll(
        &mut self,
        awaited: impl Fn(Ticket) -> bool,
        registry: &Registry,
        now: Time,
    ) -> Vec<DialResult> {
        self.attempts.retain(|_, attempt| awaited(attempt.ticket));
        self.requested.retain(|ticket, _| awaited(*ticket));
        let found: Vec<_> = self.resolver.iter().flat_map(Resolver::poll_results).collect();
        for found in found.into_iter().filter(|found| awaited(Ticket(found.id))) {
            match found.addresses {
                Ok(addresses) => self.attempt_allowed(Ticket(found.id), addresses, registry, now),
                Err(reason) => self.fail(Ticket(found.id), reason),
            }
        }
        let overdue = |(key, attempt): (usize, &ConnectAttempt)| (attempt.until <= now).then_some(key);
        let overdue: Vec<usize> = self.attempts.iter().filter_map(overdue).collect();
        overdue
            .into_iter()
            .for_each(|key| self.try_next(key, "connection timed out".to_owned(), registry, now));
        std::mem::take(&mut self.dialed)
    }

    /// Returns the time at which [`poll`](Self::poll) must be called if no event arrives before.
    pub fn deadline(&self, now: Time) -> Option<Time> {
        let earliest = self.attempts.iter().map(|(_, attempt)| attempt.until).min();
        if self.dialed.is_empty() { earliest } else { Some(now) }
    }
}

impl ConnectAttempt {
    /// Returns whether the connection is established; an error if it has failed.
    fn is_connected(&self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn connect(address: SocketAddr, token: Token, registry: &Registry) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    registry.register(&mut stream, token, Interest::WRITABLE)?;
    Ok(stream)
}

/// Returns the error message. For common errors, it does not contain the error number of the system.
fn error_message(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::TimedOut => "connection timed out".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::{Events, Poll};
    use std::io::Read;
    use std::net::TcpListener;
    use std::time::Instant;

    const WAKER: Token = Token(0);

    struct DialerHarness {
        poll: Poll,
        dialer: Dialer,
    }

    impl DialerHarness {
        fn new() -> Self {
            let poll = Poll::new().expect("a poll");
            let waker = Waker::new(poll.registry(), WAKER).expect("a waker");
            Self { poll, dialer: Dialer::new(Arc::new(waker)) }
        }

        fn dial(&mut self, ticket: u64, host: &str, port: u16) {
            self.dial_scoped(ticket, host, port, false);
        }

        fn dial_scoped(&mut self, ticket: u64, host: &str, port: u16, public_only: bool) {
            let dial = Dial { public_only, ..request(ticket, host, port) };
            self.dialer.dial(&dial, self.poll.registry(), Time::START);
        }

        /// Waits for the result of one connection.
        fn dialed(&mut self) -> DialResult {
            let (started, mut events) = (Instant::now(), Events::with_capacity(8));
            loop {
                let dialed = self.dialer.poll(|_| true, self.poll.registry(), Time::START);
                if let Some(dialed) = dialed.into_iter().next() {
                    return dialed;
                }
                assert!(started.elapsed() < Duration::from_secs(20), "there is no result");
                self.poll.poll(&mut events, Some(Duration::from_millis(100))).expect("the poll succeeds");
                for event in events.iter().filter(|event| event.token() != WAKER) {
                    self.dialer.event(event.token(), self.poll.registry(), Time::START);
                }
            }
        }
    }

    fn request(ticket: u64, host: &str, port: u16) -> Dial {
        Dial { ticket: Ticket(ticket), host: host.to_owned(), port, is_tls: false, public_only: false }
    }

    fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        (listener, port)
    }

    #[test]
    fn host_is_dialed_by_name_and_by_address() {
        for host in ["127.0.0.1", "localhost"] {
            let (listener, port) = listener();
            let mut harness = DialerHarness::new();
            harness.dial(7, host, port);
            let DialResult { ticket: Ticket(7), outcome: Ok(Dialed { stream, address, start }) } =
                harness.dialed()
            else {
                panic!()
            };
            assert!(matches!(start, Start::Plain), "{start:?}");
            assert_eq!(address.port(), port);
            let (mut accepted, _) = listener.accept().expect("a connection");
            drop(stream);
            assert_eq!(accepted.read(&mut [0]).expect("no error"), 0, "it is the same connection");
        }
    }

    #[test]
    fn closed_port_is_reported_as_connection_refused() {
        let (listener, port) = listener();
        drop(listener);
        let mut harness = DialerHarness::new();
        harness.dial(8, "127.0.0.1", port);
        let DialResult { ticket: Ticket(8), outcome: Err(reason) } = harness.dialed() else { panic!() };
        assert_eq!(reason, "connection refused");
        assert!(harness.dialer.attempts.is_empty());
    }

    #[test]
    fn next_address_is_tried_after_a_failure() {
        let (dead, dead_port) = listener();
        drop(dead);
        let (_alive, port) = listener();
        let addresses: Vec<SocketAddr> =
            [dead_port, port].map(|port| SocketAddr::from(([127, 0, 0, 1], port))).into();
        let mut harness = DialerHarness::new();
        harness.dialer.attempt(Ticket(9), addresses.into_iter(), harness.poll.registry(), Time::START);
        let DialResult { outcome: Ok(Dialed { address, .. }), .. } = harness.dialed() else { panic!() };
        assert_eq!(address.port(), port);
    }

    #[test]
    fn connection_with_tls_never_begins_without_it() {
        let (_listener, port) = listener();
        let mut harness = DialerHarness::new();
        let dial = Dial { is_tls: true, ..request(4, "localhost", port) };
        harness.dialer.dial(&dial, harness.poll.registry(), Time::START);
        assert_eq!(harness.dialed().outcome.expect_err("no TLS"), "TLS is not set up");
        let authorities = ClientTls::with_test_authority();
        for (ticket, host) in [(5, "localhost"), (6, "127.0.0.1")] {
            harness.dialer.set_tls(Some(authorities.clone()));
            let dial = Dial { is_tls: true, ..request(ticket, host, port) };
            harness.dialer.dial(&dial, harness.poll.registry(), Time::START);
            let Dialed { start, .. } = harness.dialed().outcome.expect("a connection");
            assert!(matches!(start, Start::Tls(_)), "{start:?}");
        }
        assert!(harness.dialer.requested.is_empty());
    }

    #[test]
    fn private_addresses_are_refused_after_a_redirect_of_a_public_server() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mut harness = DialerHarness::new();
        for (ticket, host) in [(1, "127.0.0.1"), (2, "localhost")] {
            harness.dial_scoped(ticket, host, port, true);
            let reason = harness.dialed().outcome.expect_err("a private address");
            assert!(reason.starts_with("a public server redirects to the private address "), "{reason}");
        }
        listener.set_nonblocking(true).expect("a socket");
        assert!(listener.accept().is_err(), "not even a connection was made");
        harness.dial(3, "127.0.0.1", port);
        harness.dialed().outcome.expect("the operator has configured this address");
    }

    #[test]
    fn unanswered_dial_times_out_and_unwanted_dial_is_dropped() {
        let (_listener, port) = listener();
        let mut harness = DialerHarness::new();
        for ticket in 1..=2 {
            harness.dial(ticket, "127.0.0.1", port);
        }
        let overdue = harness.dialer.deadline(Time::START).expect("a deadline");
        assert_eq!(overdue, Time::START + CONNECT_TIMEOUT);
        let dialed = harness.dialer.poll(|ticket| ticket == Ticket(1), harness.poll.registry(), overdue);
        let [DialResult { ticket: Ticket(1), outcome: Err(reason) }] = &dialed[..] else {
            panic!("{dialed:?}")
        };
        assert_eq!(reason, "connection timed out");
        assert!(harness.dialer.attempts.is_empty() && harness.dialer.deadline(overdue).is_none());
    }
}
