//! Handshakes over sockets, with a server and clients on the loopback interface.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Instant;

use mio::Poll;
use mio::net::TcpStream;

use super::*;
use crate::bans::Bans;
use crate::net::connection::Start;
use crate::net::sockets::ReadOutcome;
use crate::server::{Hooks, REQUEST_TIMEOUT, ServerConfig, TlsStart};
use crate::tls::test_certificates::TestAuthority;
use crate::tls::{ClientTls, TlsSession};

/// What takes part in a turn, as far as handshakes are concerned.
struct Turns {
    server: Server,
    sockets: Sockets,
    handshakes: Handshakes,
    poll: Poll,
    listener: TcpListener,
    tls: ClientTls,
    now: Time,
}

/// A client in its handshake.
struct Client {
    session: TlsSession,
    remote: std::net::TcpStream,
    peer: Peer,
}

impl Turns {
    /// Starts with a server whose clock shows half a minute.
    fn new() -> Self {
        let (server_tls, tls) = TestAuthority::server_and_client();
        let mut sockets = Sockets::new(Instant::now() - Duration::from_secs(30));
        sockets.set_tls(Some(server_tls));
        let mut server = Server::new(ServerConfig::default(), Hooks::default(), Bans::default(), 1);
        server.set_tls_offered(true);
        Self {
            now: sockets.now(),
            server,
            sockets,
            handshakes: Handshakes::default(),
            poll: Poll::new().expect("a poll"),
            listener: TcpListener::bind("127.0.0.1:0").expect("a port"),
            tls,
        }
    }

    /// Connects a client that has sent its hello. The server has not read it.
    fn connect(&mut self) -> Client {
        let mut client = self.connect_silent();
        client.send();
        client
    }

    /// Connects a client that has sent nothing.
    fn connect_silent(&mut self) -> Client {
        let remote = std::net::TcpStream::connect(self.listener.local_addr().expect("bound"))
            .expect("a connection to the listener");
        remote.set_read_timeout(Some(Duration::from_millis(1))).expect("a socket option");
        let (local, _) = self.listener.accept().expect("a connection");
        local.set_nonblocking(true).expect("a socket option");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 4000));
        let peer = self.server.connected(address, self.now).expect("room");
        let stream = TcpStream::from_std(local);
        self.sockets.open(peer, stream, Start::Plain, self.poll.registry()).expect("it is registered");
        Client { session: self.tls.connect("radio.example").expect("a session"), remote, peer }
    }

    /// Reads from a peer as the event loop does.
    fn read(&mut self, peer: Peer) {
        self.sockets.take_unread();
        let (server, now) = (&mut self.server, self.now);
        let outcome = self.sockets.read(peer, |bytes| {
            server.received(peer, bytes, now);
            !server.is_read_paused(peer)
        });
        if outcome == ReadOutcome::Queued {
            server.tls_waits(peer);
        }
        let starts: Vec<TlsStart> = server.drain_tls_starts();
        for start in starts {
            self.server.tls_begun(peer);
            self.sockets.start_tls(start).expect("room in the queue");
            match self.sockets.is_queued(peer) {
                true => self.server.tls_waits(peer),
                false => self.handshakes.start_timeout(peer, &mut self.sockets, self.now),
            }
        }
    }

    fn advance(&mut self) {
        self.handshakes.advance(&mut self.sockets, &mut self.server, self.now);
    }

    /// Lets time pass, and does the work that is due.
    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.handshakes.close_overdue(&self.sockets, &mut self.server, self.now);
        self.server.turn(self.now, &mut self.sockets);
    }

    /// Closes the sockets of sessions that have ended, and returns them.
    fn closed(&mut self) -> Vec<Peer> {
        let closed: Vec<Peer> = self.server.drain_closed().collect();
        closed.iter().for_each(|&peer| self.sockets.close(peer));
        closed
    }
}

impl Client {
    fn send(&mut self) {
        self.session.send(&mut self.remote).expect("the socket has room");
    }

    /// Reads the flight of the server, and sends the answer. Returns whether there was one.
    fn answer(&mut self) -> bool {
        let mut bytes = [0; 8192];
        let Ok(count @ 1..) = self.remote.read(&mut bytes) else { return false };
        self.session.push(&bytes[..count]).expect("a short handshake");
        self.session.process().expect("a valid handshake");
        self.send();
        true
    }
}

#[test]
fn begun_handshake_is_completed_before_new_ones_begin() {
    let mut turns = Turns::new();
    let mut first = turns.connect();
    turns.read(first.peer);
    turns.advance();
    assert!(first.answer());
    let later = [turns.connect(), turns.connect()];
    later.iter().for_each(|client| turns.read(client.peer));
    turns.read(first.peer);
    assert_eq!(turns.sockets.waiting_handshakes().0, 3);
    let order: Vec<Peer> =
        std::iter::from_fn(|| turns.sockets.next_shaking()).map(|handshake| handshake.peer).collect();
    assert_eq!(order, [first.peer, later[0].peer, later[1].peer]);
}

#[test]
fn turn_ends_when_its_time_is_over() {
    let mut turns = Turns::new();
    let clients: Vec<Client> = (0..60).map(|_| turns.connect()).collect();
    clients.iter().for_each(|client| turns.read(client.peer));
    turns.advance();
    let (left, _) = turns.sockets.waiting_handshakes();
    assert!((1..60).contains(&left), "{left} are left");
    assert!(turns.sockets.has_unread(), "the loop must not sleep");
}

#[test]
fn nothing_is_done_for_a_client_that_has_left_before_its_turn() {
    let mut turns = Turns::new();
    let (mut gone, mut other) = (turns.connect(), turns.connect());
    turns.read(gone.peer);
    turns.read(other.peer);
    assert!(turns.sockets.leave_queue(gone.peer));
    assert!(!turns.sockets.leave_queue(gone.peer));
    assert_eq!(turns.sockets.waiting_handshakes().0, 1);
    turns.advance();
    assert!(!gone.answer() && other.answer());
    // The other one has got its flight: what it sends counts.
    turns.read(other.peer);
    assert!(!turns.sockets.leave_queue(other.peer));
    turns.advance();
    assert!(!turns.sockets.is_shaking(other.peer));
}

#[test]
fn peer_that_was_closed_while_queued_does_not_stand_for_the_next_one() {
    let mut turns = Turns::new();
    let gone = turns.connect();
    turns.read(gone.peer);
    turns.server.connection_lost(gone.peer, turns.now);
    assert_eq!(turns.closed(), [gone.peer]);
    let next = turns.connect();
    assert_eq!(next.peer.index, gone.peer.index);
    assert_eq!((turns.sockets.waiting_handshakes().0, turns.sockets.next_shaking()), (0, None));
    turns.read(next.peer);
    assert_eq!(turns.sockets.next_shaking().map(|handshake| handshake.peer), Some(next.peer));
}

#[test]
fn client_that_never_answers_is_closed_after_ten_seconds() {
    let mut turns = Turns::new();
    let client = turns.connect();
    turns.read(client.peer);
    turns.advance();
    turns.pass(TIMEOUT - Duration::from_secs(1));
    assert_eq!(turns.closed(), []);
    turns.pass(Duration::from_secs(1));
    assert_eq!(turns.closed(), [client.peer]);
}

#[test]
fn client_that_asks_for_tls_and_says_no_more_is_closed_after_ten_seconds() {
    let mut turns = Turns::new();
    let mut client = turns.connect_silent();
    let request = "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: TLS/1.0\r\n\r\n";
    client.remote.write_all(request.as_bytes()).expect("the socket has room");
    turns.read(client.peer);
    assert!(turns.sockets.is_shaking(client.peer), "it was answered with 101");
    turns.pass(TIMEOUT);
    assert_eq!(turns.closed(), [client.peer]);
}

#[test]
fn time_in_the_queue_is_not_the_time_of_the_client() {
    let mut turns = Turns::new();
    let mut client = turns.connect();
    turns.read(client.peer);
    // Before the first work, the time for the request is over.
    turns.pass(REQUEST_TIMEOUT + Duration::from_secs(1));
    assert!(!turns.server.evict_idle(turns.now), "the client waits for the server");
    turns.advance();
    assert!(client.answer());
    turns.read(client.peer);
    // Before the second, the time for the handshake.
    turns.pass(TIMEOUT + Duration::from_secs(1));
    assert_eq!(turns.closed(), []);
    turns.advance();
    assert!(!turns.sockets.is_shaking(client.peer), "the handshake is complete");
    // The time for the request begins again.
    turns.pass(REQUEST_TIMEOUT - Duration::from_secs(1));
    assert_eq!(turns.closed(), []);
    assert!(turns.server.evict_idle(turns.now), "the server waits for the client");
    assert_eq!(turns.closed(), [client.peer]);
}

#[test]
fn connection_in_the_queue_ends_after_a_minute() {
    let mut turns = Turns::new();
    let client = turns.connect();
    turns.read(client.peer);
    (0..3).for_each(|_| turns.pass(REQUEST_TIMEOUT + Duration::from_secs(1)));
    assert_eq!(turns.closed(), []);
    (0..2).for_each(|_| turns.pass(REQUEST_TIMEOUT));
    assert_eq!(turns.closed(), [client.peer]);
}

#[test]
fn completed_handshakes_do_not_wake_the_loop() {
    let mut turns = Turns::new();
    let mut client = turns.connect();
    turns.read(client.peer);
    turns.advance();
    assert!(turns.handshakes.deadline().is_some());
    assert!(client.answer());
    turns.read(client.peer);
    turns.advance();
    assert_eq!(turns.handshakes.deadline(), None);
}

#[test]
fn client_that_has_waited_too_long_gets_no_signature() {
    let mut turns = Turns::new();
    let mut client = turns.connect();
    turns.read(client.peer);
    let next = turns.sockets.next_shaking().expect("a handshake");
    let late = QueuedHandshake { since: Time::START, ..next };
    turns.handshakes.serve(late, &mut turns.sockets, &mut turns.server, turns.now);
    assert!(!client.answer());
    assert_eq!(turns.closed(), [client.peer]);
}
