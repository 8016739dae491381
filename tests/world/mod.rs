//! The simulated environment of a server: its clock, its network and all its peers.
//!
//! Nothing waits for real time or real sockets, so a simulated hour takes a moment. All randomness comes from
//! one seed.

pub mod converters;
pub mod ear;
pub mod encoder;
pub mod ladders;
pub mod net;
mod reload;
pub mod request;
pub mod setup;
pub mod source_formats;
pub mod statistics;
pub mod tone;
pub mod upstream;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use coldwave::server::{Dial, Peer, Server, ServerConfig};
use coldwave::session::CloseReason;
use coldwave::settings::{Account, Secret, StationSettings};
use coldwave::station::{FrameConverters, Input, LadderEncoders, Station, StationKey};
use coldwave::time::Time;
use converters::FakeConverters;
use ear::Ear;
use ladders::FakeLadders;
pub use net::{FakeSocket, Link, Net};
pub use request::Reply;
pub use setup::Setup;
use tone::Log;

/// Returns the seed of a run: `COLDWAVE_SEED`, to replay a run, or else `default`.
pub fn seed(default: u64) -> u64 {
    std::env::var("COLDWAVE_SEED")
        .ok()
        .map_or(default, |seed| seed.parse().expect("COLDWAVE_SEED is a number"))
}

/// The most bytes that the loop reads from one peer in one turn.
const READ_BUDGET: usize = 64 * 1024;

/// The name and the password of the administrator in tests.
pub const ADMIN: (&str, &str) = ("admin", "lighthouse");

/// A server with the simulated clock, network and peers around it.
pub struct World {
    pub server: Server,
    pub net: Net,
    pub now: Time,
    /// Connections that the server wants to open.
    pub dials: VecDeque<Dial>,
    pub logs: Vec<Rc<RefCell<Log>>>,
    /// The longest time between two events that wake the loop before its deadline.
    pub event_interval_max: Duration,
    /// The sessions that have ended, as the access log records them.
    pub ended: Rc<RefCell<Vec<EndedSession>>>,
    /// The stations, in the order in which they were added.
    pub keys: Vec<StationKey>,
    /// The converters, if the server has any.
    pub converters: Option<FakeConverters>,
    /// The encoders of renditions, if the server has any.
    pub ladders: Option<FakeLadders>,
    /// Their mounts when they were added.
    pub mounts: Vec<String>,
    /// The address to which clients connect, if the server knows it.
    pub local_address: Option<SocketAddr>,
    config: ServerConfig,
    next_port: u16,
}

/// A session that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedSession {
    pub address: SocketAddr,
    pub request_line: String,
    /// The status code of the reply; 0 if there was none.
    pub status: u16,
    pub reason: CloseReason,
}

/// The random number from which the server derives its identity.
pub const SERVER_SEED: u64 = 0xABC;

impl World {
    /// Creates a world with one station that plays a tone.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, vec![StationSettings::default()])
    }

    /// Creates a world with these stations, each of which plays a tone.
    pub fn with(seed: u64, stations: Vec<StationSettings>) -> Self {
        Self::start(seed, Setup::with(stations))
    }

    /// Creates a world with these stations and their inputs.
    pub fn with_inputs(
        seed: u64,
        stations: Vec<(StationSettings, Vec<Box<dyn Input>>)>,
        logs: Vec<Rc<RefCell<Log>>>,
    ) -> Self {
        Self::start(seed, Setup { stations, logs, ..Setup::default() })
    }

    /// Creates a world with one station that has no inputs.
    pub fn without_inputs(seed: u64, station: StationSettings) -> Self {
        Self::with_inputs(seed, vec![(station, Vec::new())], vec![Rc::default()])
    }

    pub fn start(seed: u64, mut setup: Setup) -> Self {
        println!("replay with COLDWAVE_SEED={seed}");
        let now = Time::after_start(Duration::from_secs(1));
        let config = ServerConfig::default();
        let ended: Rc<RefCell<Vec<EndedSession>>> = Rc::default();
        let log = ended.clone();
        setup.hooks.session_log = Some(Box::new(move |session| {
            log.borrow_mut().push(EndedSession {
                address: session.info.address,
                request_line: session.info.request_line.to_string(),
                status: session.status,
                reason: session.reason,
            });
        }));
        setup.hooks.converters = setup.converters.clone().map(|it| Box::new(it) as Box<dyn FrameConverters>);
        setup.hooks.ladders = setup.ladders.clone().map(|it| Box::new(it) as Box<dyn LadderEncoders>);
        let server_seed = setup.server_seed.unwrap_or(SERVER_SEED);
        let mut server = Server::new(config.clone(), setup.hooks, setup.bans, server_seed);
        server.set_wall_clock(setup.clock);
        let mut world = Self {
            server,
            net: Net::new(seed),
            now,
            dials: VecDeque::new(),
            local_address: None,
            logs: setup.logs,
            event_interval_max: Duration::from_millis(100),
            ended,
            keys: Vec::new(),
            converters: setup.converters,
            ladders: setup.ladders,
            mounts: Vec::new(),
            config,
            next_port: 1,
        };
        for (settings, inputs) in setup.stations {
            world.add(settings, inputs);
        }
        world
    }

    /// Changes the settings of the server as a whole while it runs.
    pub fn configure(&mut self, change: impl FnOnce(&mut ServerConfig)) {
        change(&mut self.config);
        self.server.apply(self.config.clone());
    }

    /// Configures the administrator [`ADMIN`].
    pub fn enable_admin(&mut self) {
        let (user, password) = ADMIN;
        self.configure(|config| {
            config.admin = Account { user: user.into(), password: Some(Secret::new(password)) }
        });
    }

    /// Adds a station that plays a tone, or a rendition of an earlier one. Returns its index in
    /// [`keys`](Self::keys).
    pub fn add_station(&mut self, settings: StationSettings) -> usize {
        let parent = settings.rendition.as_ref().map(|it| &it.parent);
        let parent = parent.and_then(|parent| self.mounts.iter().position(|mount| mount == parent));
        let log = parent.map_or_else(Rc::default, |parent| self.logs[parent].clone());
        let inputs = parent.map_or_else(|| setup::tone(&log), |_| Vec::new());
        self.logs.push(log);
        self.add(settings, inputs)
    }

    fn add(&mut self, settings: StationSettings, inputs: Vec<Box<dyn Input>>) -> usize {
        self.mounts.push(settings.mount.clone());
        let key = self.server.add_station(settings, inputs, self.now).expect("its id and mount are free");
        self.keys.push(key);
        self.keys.len() - 1
    }

    /// Returns the number of listeners of the station at this index.
    pub fn listeners(&self, station: usize) -> usize {
        self.server.listeners(self.keys[station])
    }

    /// Returns the station at this index.
    pub fn station(&self, station: usize) -> &Station {
        self.server.station(self.keys[station])
    }

    /// Returns whether the station at this index has a live source.
    pub fn is_live(&self, station: usize) -> bool {
        self.server.is_live(self.keys[station])
    }

    /// Returns whether the station at this index receives a stream from its upstream.
    pub fn is_relaying(&self, station: usize) -> bool {
        self.server.is_relaying(self.keys[station])
    }

    /// Connects a client from localhost.
    pub fn connect(&mut self, link: Link) -> Peer {
        self.next_port = self.next_port.wrapping_add(1);
        self.connect_from(SocketAddr::from((Ipv4Addr::LOCALHOST, self.next_port)), link)
    }

    /// Connects a client from `address`.
    ///
    /// # Panics
    /// If the server refuses the connection.
    pub fn connect_from(&mut self, address: SocketAddr, link: Link) -> Peer {
        self.try_connect_from(address, link).expect("the server accepts the connection")
    }

    /// Connects a client from `address`, unless the server refuses the connection.
    pub fn try_connect_from(&mut self, address: SocketAddr, link: Link) -> Option<Peer> {
        if !self.server.can_accept(self.now) {
            return None;
        }
        let connected = self.server.accepted(address, self.local_address, self.now);
        self.close_sockets();
        let peer = connected.ok()?;
        self.add_socket(peer, link);
        Some(peer)
    }

    /// Advances the clock until the server wants to open a connection.
    pub fn wait_for_dial(&mut self) {
        let Self { server, dials, .. } = self;
        dials.retain(|dial| server.is_dial_wanted(dial.ticket));
        while self.dials.is_empty() {
            self.pass(Duration::from_millis(100));
        }
    }

    /// Completes the connection that the server has wanted for longest.
    pub fn accept_dial(&mut self) -> Peer {
        self.accept_dial_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)))
    }

    /// Does the same, with a server at this address.
    pub fn accept_dial_at(&mut self, address: SocketAddr) -> Peer {
        let Dial { ticket, .. } = self.dials.pop_front().expect("the server wants a connection");
        let peer = self.server.dialed(ticket, address, self.now).expect("the server still wants it");
        self.add_socket(peer, Link::Fast);
        self.turn();
        peer
    }

    /// Refuses the connection that the server has wanted for longest.
    pub fn refuse_dial(&mut self) {
        let Dial { ticket, .. } = self.dials.pop_front().expect("the server wants a connection");
        self.server.dial_failed(ticket, "connection refused", self.now);
        self.turn();
    }

    fn add_socket(&mut self, peer: Peer, link: Link) {
        let previous = self.net.peers.insert(peer, FakeSocket::new(link, self.now));
        assert!(previous.is_none(), "{peer:?} has never existed before");
    }

    /// Delivers bytes from a peer to the server at once, and runs a turn.
    pub fn send(&mut self, peer: Peer, bytes: &[u8]) {
        self.server.received(peer, bytes, self.now);
        self.turn();
    }

    /// Queues bytes from a peer for the server to read within its limits, and runs a turn.
    pub fn feed(&mut self, peer: Peer, bytes: &[u8]) {
        self.socket_mut(peer).outbox.extend_from_slice(bytes);
        self.turn();
    }

    /// Delivers what peers have sent, as the loop does: one budget per peer and turn, and nothing while
    /// reading is paused.
    fn read(&mut self) {
        let mut peers: Vec<_> =
            self.net.peers.iter().filter(|(_, it)| !it.outbox.is_empty()).map(|(&it, _)| it).collect();
        peers.sort_by_key(|peer| peer.generation);
        for peer in peers {
            let socket = self.net.peers.get_mut(&peer).expect("the peer is in the list");
            if socket.closed {
                socket.outbox.clear();
            } else if !self.server.is_read_paused(peer) {
                let budget = socket.outbox.len().min(READ_BUDGET);
                let bytes: Vec<u8> = socket.outbox.drain(..budget).collect();
                self.server.received(peer, &bytes, self.now);
            }
        }
    }

    /// Connects a listener of the first station. It requests titles, and its ear checks every byte.
    pub fn tune_in(&mut self, path: &str, link: Link) -> Peer {
        self.tune_in_to(0, path, link)
    }

    /// Connects such a listener of the station at this index.
    pub fn tune_in_to(&mut self, station: usize, path: &str, link: Link) -> Peer {
        self.tune_in_as(station, path, link, |_| {})
    }

    /// Does the same after a change of the ear.
    pub fn tune_in_as(
        &mut self,
        station: usize,
        path: &str,
        link: Link,
        change: impl FnOnce(&mut Ear),
    ) -> Peer {
        let peer = self.connect(link);
        let mut ear = Ear::new(&self.logs[station]);
        ear.is_rendition = self.station(station).rendition().is_some();
        change(&mut ear);
        self.socket_mut(peer).ear = Some(ear);
        self.send(peer, format!("GET {path} HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n").as_bytes());
        peer
    }

    /// Makes the connection of a peer fail.
    pub fn disconnect(&mut self, peer: Peer) {
        self.server.connection_lost(peer, self.now);
        self.turn();
    }

    /// Shuts down the sending half of a peer.
    pub fn half_close(&mut self, peer: Peer) {
        self.server.received_eof(peer, self.now);
        self.turn();
    }

    pub fn socket(&self, peer: Peer) -> &FakeSocket {
        &self.net.peers[&peer]
    }

    pub fn socket_mut(&mut self, peer: Peer) -> &mut FakeSocket {
        self.net.peers.get_mut(&peer).expect("the peer has connected")
    }

    pub fn ear(&self, peer: Peer) -> &Ear {
        self.socket(peer).ear.as_ref().expect("a listener has an ear")
    }

    /// Returns what the server has sent to a peer without an ear.
    pub fn reply(&self, peer: Peer) -> Reply {
        Reply::new(&self.socket(peer).received)
    }

    /// Runs turns of the loop at the current time until no work is left.
    pub fn turn(&mut self) {
        self.single_turn();
        while self.server.has_unfinished_work() {
            self.single_turn();
        }
    }

    /// Runs one turn of the loop at the current time.
    pub fn single_turn(&mut self) {
        self.read();
        self.net.clock.set(self.now);
        let (now, net) = (self.now, &mut self.net);
        let mut writable: Vec<Peer> = Vec::new();
        for (&peer, socket) in &mut net.peers {
            if !socket.closed && socket.drain(now, &mut net.rng) {
                writable.push(peer);
            }
        }
        // The order must depend on the seed alone.
        writable.sort_by_key(|peer| peer.generation);
        writable.into_iter().for_each(|peer| self.server.writable(peer));
        self.converters.iter().for_each(|converters| converters.advance(now));
        self.ladders.iter().for_each(|ladders| ladders.advance(now));
        self.server.turn(now, net);
        // The loop reads from resumed peers in its next turn; here the next turn follows soon enough.
        self.server.drain_resumed().for_each(drop);
        self.dials.extend(self.server.drain_dials());
        self.close_sockets();
    }

    fn close_sockets(&mut self) {
        for peer in self.server.drain_closed() {
            let socket = self.net.peers.get_mut(&peer).expect("the server closes open connections only");
            // What is not accepted now is lost.
            socket.send_unsent(&mut self.net.rng);
            socket.closed = true;
        }
    }

    /// Advances the clock. Runs a turn at each deadline of the server, and at random moments, as real events
    /// do.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            let interval_us = self.net.rng.u64(1..self.event_interval_max.as_micros() as u64);
            let event = self.now + Duration::from_micros(interval_us);
            let converted = self.converters.as_ref().and_then(FakeConverters::deadline);
            let encoded = self.ladders.as_ref().and_then(FakeLadders::deadline);
            let deadlines = [self.server.deadline(), converted, encoded].into_iter().flatten();
            let deadline = deadlines.min().unwrap_or(event);
            self.now = deadline.min(event).max(self.now + Duration::from_micros(1)).min(end);
            self.turn();
        }
    }

    /// Advances the clock at once, as if the process had been stopped meanwhile. The loop then reports how
    /// late it is.
    pub fn stall(&mut self, time: Duration) {
        self.now = self.now + time;
        let deadline = self.server.deadline().filter(|deadline| *deadline <= self.now);
        deadline.into_iter().for_each(|deadline| {
            self.server.note_loop_lag(self.now.since(deadline), self.now);
        });
        self.turn();
    }

    /// Forgets the sockets of closed connections.
    pub fn forget_closed(&mut self) {
        self.net.peers.retain(|_, socket| !socket.closed);
    }

    /// Fails unless the connection of a listener is open.
    #[track_caller]
    pub fn assert_listens(&self, peer: Peer) {
        let socket = self.socket(peer);
        assert!(!socket.closed && !socket.finished, "{peer:?} listens");
    }
}
