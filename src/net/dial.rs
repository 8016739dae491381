//! Connections that we make ourselves: to the servers that are relayed.
//!
//! A name becomes addresses, which are tried one after the other, and the first that answers is it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token, Waker};
use slab::Slab;

use super::resolver::{Lookup, Resolver};
use super::sockets::FIRST_PEER_TOKEN;
use crate::server::{Dial, Ticket};
use crate::time::Time;

/// How long one address is waited for before the next is tried: many hosts have an address of IPv6 that nobody can reach.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Tokens from here on, below those of peers, are of connections that are being made.
pub const FIRST_DIAL_TOKEN: usize = FIRST_PEER_TOKEN / 2;

/// What came of a connection that was wanted.
#[derive(Debug)]
pub struct DialResult {
    /// Which one it is.
    pub ticket: Ticket,
    /// The connection and whom it is to, or the reason why there is none.
    pub outcome: Result<(TcpStream, SocketAddr), String>,
}

/// Makes connections.
#[derive(Debug)]
pub struct Dialer {
    /// There is none before there is a name to look up.
    resolver: Option<Resolver>,
    waker: Arc<Waker>,
    attempts: Slab<ConnectAttempt>,
    dialed: Vec<DialResult>,
}

#[derive(Debug)]
struct ConnectAttempt {
    ticket: Ticket,
    stream: TcpStream,
    address: SocketAddr,
    /// When the next is tried.
    until: Time,
    others: RemainingAddresses,
}

/// Addresses that were not tried yet.
type RemainingAddresses = std::vec::IntoIter<SocketAddr>;

impl Dialer {
    /// Nothing is wanted yet. `waker` is of the loop that calls [`look_after`](Self::look_after).
    pub fn new(waker: Arc<Waker>) -> Self {
        Self { resolver: None, waker, attempts: Slab::new(), dialed: Vec::new() }
    }

    /// Begins to make a connection.
    pub fn dial(&mut self, dial: &Dial, registry: &Registry, now: Time) {
        match self.ask(dial) {
            Ok(Lookup::Address(address)) => {
                self.attempt(dial.ticket, vec![address].into_iter(), registry, now)
            }
            Ok(Lookup::Pending) => {}
            Ok(Lookup::Busy) => self.fail(dial.ticket, "too many pending DNS lookups".to_owned()),
            Err(error) => self.fail(dial.ticket, format!("cannot start a DNS lookup: {error}")),
        }
    }

    fn ask(&mut self, dial: &Dial) -> io::Result<Lookup> {
        let resolver = match &self.resolver {
            Some(resolver) => resolver,
            None => {
                let waker = self.waker.clone();
                // It fails only when the loop is gone, and then nobody needs waking.
                let resolver = Resolver::start(Box::new(move || drop(waker.wake())))?;
                self.resolver.insert(resolver)
            }
        };
        Ok(resolver.lookup(dial.ticket.0, &dial.host, dial.port))
    }

    /// Tries the first of `addresses` with which anything can be begun.
    fn attempt(&mut self, ticket: Ticket, mut addresses: RemainingAddresses, registry: &Registry, now: Time) {
        let mut why = "no address found".to_owned();
        while let Some(address) = addresses.next() {
            let vacant = self.attempts.vacant_entry();
            match connect(address, Token(FIRST_DIAL_TOKEN + vacant.key()), registry) {
                Ok(stream) => {
                    let until = now + CONNECT_TIMEOUT;
                    vacant.insert(ConnectAttempt { ticket, stream, address, until, others: addresses });
                    return;
                }
                Err(error) => why = told(&error),
            }
        }
        self.fail(ticket, why);
    }

    fn fail(&mut self, ticket: Ticket, why: String) {
        self.dialed.push(DialResult { ticket, outcome: Err(why) });
    }

    /// Something happened to the connection with this token.
    pub fn event(&mut self, token: Token, registry: &Registry, now: Time) {
        let key = token.0 - FIRST_DIAL_TOKEN;
        let Some(attempt) = self.attempts.get(key) else { return };
        match attempt.state() {
            Ok(false) => {}
            Ok(true) => {
                let ConnectAttempt { ticket, mut stream, address, .. } = self.attempts.remove(key);
                // It is registered anew, as that of a peer.
                let outcome = registry.deregister(&mut stream).map(|()| (stream, address));
                self.dialed.push(DialResult { ticket, outcome: outcome.map_err(|error| told(&error)) });
            }
            Err(error) => self.go_on(key, told(&error), registry, now),
        }
    }

    /// Tries the next address, if there is one: this is no good, for that reason.
    fn go_on(&mut self, key: usize, why: String, registry: &Registry, now: Time) {
        let ConnectAttempt { ticket, others, .. } = self.attempts.remove(key);
        match others.as_slice() {
            [] => self.fail(ticket, why),
            _ => self.attempt(ticket, others, registry, now),
        }
    }

    /// Does what is due: goes on where a name has become addresses and where one does not answer, and forgets what is not
    /// `awaited` any more. Returns what has come of connections since.
    pub fn poll(
        &mut self,
        awaited: impl Fn(Ticket) -> bool,
        registry: &Registry,
        now: Time,
    ) -> Vec<DialResult> {
        self.attempts.retain(|_, attempt| awaited(attempt.ticket));
        let found: Vec<_> = self.resolver.iter().flat_map(Resolver::poll_results).collect();
        for found in found.into_iter().filter(|found| awaited(Ticket(found.id))) {
            match found.addresses {
                Ok(addresses) => self.attempt(Ticket(found.id), addresses.into_iter(), registry, now),
                Err(why) => self.fail(Ticket(found.id), why),
            }
        }
        let late = |(key, attempt): (usize, &ConnectAttempt)| (attempt.until <= now).then_some(key);
        let late: Vec<usize> = self.attempts.iter().filter_map(late).collect();
        late.into_iter().for_each(|key| self.go_on(key, "connection timed out".to_owned(), registry, now));
        std::mem::take(&mut self.dialed)
    }

    /// When [`look_after`](Self::look_after) is next to be called if nothing happens before.
    pub fn deadline(&self, now: Time) -> Option<Time> {
        let late = self.attempts.iter().map(|(_, attempt)| attempt.until).min();
        if self.dialed.is_empty() { late } else { Some(now) }
    }
}

impl ConnectAttempt {
    /// Whether it is connected; an error where it will never be.
    fn state(&self) -> io::Result<bool> {
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

/// What went wrong, without the number that the system has for it.
fn told(error: &io::Error) -> String {
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

    const LOOP: Token = Token(0);

    struct Net {
        poll: Poll,
        dialer: Dialer,
    }

    impl Net {
        fn new() -> Self {
            let poll = Poll::new().expect("a poll");
            let waker = Waker::new(poll.registry(), LOOP).expect("a waker");
            Self { poll, dialer: Dialer::new(Arc::new(waker)) }
        }

        fn dial(&mut self, ticket: u64, host: &str, port: u16) {
            let dial = Dial { ticket: Ticket(ticket), host: host.to_owned(), port };
            self.dialer.dial(&dial, self.poll.registry(), Time::START);
        }

        /// Waits for what comes of one connection.
        fn dialed(&mut self) -> DialResult {
            let (started, mut events) = (Instant::now(), Events::with_capacity(8));
            loop {
                let dialed = self.dialer.poll(|_| true, self.poll.registry(), Time::START);
                if let Some(dialed) = dialed.into_iter().next() {
                    return dialed;
                }
                assert!(started.elapsed() < Duration::from_secs(20), "nothing comes of it");
                self.poll.poll(&mut events, Some(Duration::from_millis(100))).expect("it can be waited");
                for event in events.iter().filter(|event| event.token() != LOOP) {
                    self.dialer.event(event.token(), self.poll.registry(), Time::START);
                }
            }
        }
    }

    fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        (listener, port)
    }

    #[test]
    fn whoever_listens_is_reached_by_name_and_by_address() {
        for host in ["127.0.0.1", "localhost"] {
            let (listener, port) = listener();
            let mut net = Net::new();
            net.dial(7, host, port);
            let DialResult { ticket: Ticket(7), outcome: Ok((stream, address)) } = net.dialed() else {
                panic!()
            };
            assert_eq!(address.port(), port);
            let (mut theirs, _) = listener.accept().expect("someone connected");
            drop(stream);
            assert_eq!(theirs.read(&mut [0]).expect("no error"), 0, "it is this connection");
        }
    }

    #[test]
    fn whoever_does_not_listen_is_not() {
        let (listener, port) = listener();
        drop(listener);
        let mut net = Net::new();
        net.dial(8, "127.0.0.1", port);
        let DialResult { ticket: Ticket(8), outcome: Err(why) } = net.dialed() else { panic!() };
        assert_eq!(why, "connection refused");
        assert!(net.dialer.attempts.is_empty());
    }

    #[test]
    fn all_addresses_are_tried() {
        let (dead, dead_port) = listener();
        drop(dead);
        let (_alive, port) = listener();
        let addresses: Vec<SocketAddr> =
            [dead_port, port].map(|port| SocketAddr::from(([127, 0, 0, 1], port))).into();
        let mut net = Net::new();
        net.dialer.attempt(Ticket(9), addresses.into_iter(), net.poll.registry(), Time::START);
        let DialResult { outcome: Ok((_, address)), .. } = net.dialed() else { panic!() };
        assert_eq!(address.port(), port);
    }

    #[test]
    fn what_does_not_answer_is_given_up_and_what_is_not_wanted_forgotten() {
        let (_listener, port) = listener();
        let mut net = Net::new();
        for ticket in 1..=2 {
            net.dial(ticket, "127.0.0.1", port);
        }
        let late = net.dialer.deadline(Time::START).expect("it waits");
        assert_eq!(late, Time::START + CONNECT_TIMEOUT);
        let dialed = net.dialer.poll(|ticket| ticket == Ticket(1), net.poll.registry(), late);
        let [DialResult { ticket: Ticket(1), outcome: Err(why) }] = &dialed[..] else { panic!("{dialed:?}") };
        assert_eq!(why, "connection timed out");
        assert!(net.dialer.attempts.is_empty() && net.dialer.deadline(late).is_none());
    }
}
