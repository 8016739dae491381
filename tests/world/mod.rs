//! A world for a server: its clock, its network and everyone in it.
//!
//! Nothing here is real, so an hour passes in a moment, and everything random comes from one seed.

#![allow(dead_code, reason = "every test file uses another part of the world")]

pub mod ear;
pub mod encoder;
pub mod master;
pub mod net;
pub mod tone;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use coldwave::bans::Bans;
use coldwave::server::{Dial, Hooks, Peer, Server, ServerConfig};
use coldwave::session::CloseReason;
use coldwave::settings::StationSettings;
use coldwave::station::{Input, Station, StationKey};
use coldwave::time::Time;
use ear::Ear;
use fastrand::Rng;
pub use net::{Link, Net, Pretend};
use tone::{Log, Tone};

/// The seed of a run: the one in `COLDWAVE_SEED`, to replay it, or the given one.
pub fn seed(default: u64) -> u64 {
    std::env::var("COLDWAVE_SEED")
        .ok()
        .map_or(default, |seed| seed.parse().expect("COLDWAVE_SEED is a number"))
}

/// What the loop reads from one peer in one turn.
const READ_BUDGET: usize = 64 * 1024;

/// The world.
pub struct World {
    pub server: Server,
    pub net: Net,
    pub now: Time,
    /// Connections that the server wants to have.
    pub dials: VecDeque<Dial>,
    pub logs: Vec<Rc<RefCell<Log>>>,
    /// Something happens in the world at the latest so often, and wakes the loop before its deadline.
    pub stir: Duration,
    /// The sessions that ended, as the access log has them.
    pub ended: Rc<RefCell<Vec<EndedSession>>>,
    /// The stations, in the order in which they were added.
    pub keys: Vec<StationKey>,
    config: ServerConfig,
    next_port: u16,
}

/// A session that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedSession {
    pub address: SocketAddr,
    pub request_line: String,
    /// The code of the answer; 0 if there was none.
    pub status: u16,
    pub why: CloseReason,
}

/// What a world begins with.
#[derive(Default)]
pub struct Setup {
    pub stations: Vec<(StationSettings, Vec<Box<dyn Input>>)>,
    /// One for every station.
    pub logs: Vec<Rc<RefCell<Log>>>,
    pub hooks: Hooks,
    pub bans: Bans,
}

impl Setup {
    /// A tone for every station.
    pub fn with(stations: Vec<StationSettings>) -> Self {
        let logs: Vec<_> = stations.iter().map(|_| Rc::new(RefCell::new(Log::default()))).collect();
        let tones = logs.iter().map(|log| vec![Box::new(Tone::new("Tone", log)) as Box<dyn Input>]);
        Self { stations: stations.into_iter().zip(tones).collect(), logs, ..Self::default() }
    }
}

/// The random number from which the server takes its identity.
pub const SERVER_SEED: u64 = 0xABC;

impl World {
    /// A world with one station that plays a tone.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, vec![StationSettings::default()])
    }

    /// A world with a tone for every station.
    pub fn with(seed: u64, stations: Vec<StationSettings>) -> Self {
        Self::start(seed, Setup::with(stations))
    }

    /// A world with these stations.
    pub fn with_inputs(
        seed: u64,
        stations: Vec<(StationSettings, Vec<Box<dyn Input>>)>,
        logs: Vec<Rc<RefCell<Log>>>,
    ) -> Self {
        Self::start(seed, Setup { stations, logs, ..Setup::default() })
    }

    /// A world that begins with all of this.
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
                why: session.reason,
            });
        }));
        let server = Server::new(config.clone(), setup.hooks, setup.bans, SERVER_SEED);
        let mut world = Self {
            server,
            net: Net { peers: BTreeMap::new(), rng: Rng::with_seed(seed) },
            now,
            dials: VecDeque::new(),
            logs: setup.logs,
            stir: Duration::from_millis(100),
            ended,
            keys: Vec::new(),
            config,
            next_port: 1,
        };
        for (settings, inputs) in setup.stations {
            let key = world.server.add_station(settings, inputs, now).expect("ids and mounts differ");
            world.keys.push(key);
        }
        world
    }

    /// Changes the settings of the server as a whole, as it runs.
    pub fn configure(&mut self, change: impl FnOnce(&mut ServerConfig)) {
        change(&mut self.config);
        self.server.apply(self.config.clone());
    }

    /// Adds a station that plays a tone, and returns its place in [`keys`](Self::keys).
    pub fn add_station(&mut self, settings: StationSettings) -> usize {
        let log = Rc::new(RefCell::new(Log::default()));
        let inputs: Vec<Box<dyn Input>> = vec![Box::new(Tone::new("Tone", &log))];
        let key = self.server.add_station(settings, inputs, self.now).expect("its id and mount are free");
        self.logs.push(log);
        self.keys.push(key);
        self.keys.len() - 1
    }

    /// How many listeners the station at this place has.
    pub fn listeners(&self, station: usize) -> usize {
        self.server.listeners(self.keys[station])
    }

    /// The station at this place.
    pub fn station(&self, station: usize) -> &Station {
        self.server.station(self.keys[station])
    }

    /// Whether the station at this place has a live source.
    pub fn is_live(&self, station: usize) -> bool {
        self.server.is_live(self.keys[station])
    }

    /// Whether the upstream of the station at this place streams.
    pub fn is_relaying(&self, station: usize) -> bool {
        self.server.is_relaying(self.keys[station])
    }

    /// Someone connects.
    pub fn connect(&mut self, link: Link) -> Peer {
        self.next_port = self.next_port.wrapping_add(1);
        self.connect_from(SocketAddr::from((Ipv4Addr::LOCALHOST, self.next_port)), link)
    }

    /// Someone connects from there.
    pub fn connect_from(&mut self, address: SocketAddr, link: Link) -> Peer {
        self.try_connect_from(address, link).expect("this machine is let in")
    }

    /// Someone connects from there, and may be refused.
    pub fn try_connect_from(&mut self, address: SocketAddr, link: Link) -> Option<Peer> {
        let peer = self.server.connected(address, self.now).ok()?;
        self.open(peer, link);
        Some(peer)
    }

    /// Lets time pass until the server wants a connection.
    pub fn wait_for_dial(&mut self) {
        let Self { server, dials, .. } = self;
        dials.retain(|dial| server.is_dial_wanted(dial.ticket));
        while self.dials.is_empty() {
            self.pass(Duration::from_millis(100));
        }
    }

    /// The connection that the server has wanted for longest is there.
    pub fn accept(&mut self) -> Peer {
        let Dial { ticket, .. } = self.dials.pop_front().expect("the server wants a connection");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 8000));
        let peer = self.server.dialed(ticket, address, self.now).expect("it still wants it");
        self.open(peer, Link::Fast);
        self.turn();
        peer
    }

    /// The connection that the server has wanted for longest cannot be had.
    pub fn refuse(&mut self) {
        let Dial { ticket, .. } = self.dials.pop_front().expect("the server wants a connection");
        self.server.dial_failed(ticket, "connection refused", self.now);
        self.turn();
    }

    fn open(&mut self, peer: Peer, link: Link) {
        let pretend = Pretend {
            link,
            ear: None,
            received: Vec::new(),
            finished: false,
            closed: false,
            broken: false,
            writes: 0,
            outbox: Vec::new(),
            blocked: false,
            queued: 0,
            last_drained: self.now,
        };
        assert!(self.net.peers.insert(peer, pretend).is_none(), "{peer:?} was never there before");
    }

    /// Someone sends bytes, and the server has its turn.
    pub fn send(&mut self, peer: Peer, bytes: &[u8]) {
        self.server.received(peer, bytes, self.now);
        self.turn();
    }

    /// Someone sends bytes, which the server reads when it will.
    pub fn feed(&mut self, peer: Peer, bytes: &[u8]) {
        self.net.peers.get_mut(&peer).expect("it connected").outbox.extend_from_slice(bytes);
        self.turn();
    }

    /// Has the server read what peers sent, as the loop does: a turn's budget from each, nothing from who is held back.
    fn read(&mut self) {
        let mut peers: Vec<_> =
            self.net.peers.iter().filter(|(_, it)| !it.outbox.is_empty()).map(|(&it, _)| it).collect();
        peers.sort_by_key(|peer| peer.generation);
        for peer in peers {
            let pretend = self.net.peers.get_mut(&peer).expect("it is there");
            if pretend.closed {
                pretend.outbox.clear();
            } else if !self.server.is_read_paused(peer) {
                let budget = pretend.outbox.len().min(READ_BUDGET);
                let bytes: Vec<u8> = pretend.outbox.drain(..budget).collect();
                self.server.received(peer, &bytes, self.now);
            }
        }
    }

    /// Someone tunes in at `path`, asking for titles, and checks everything.
    pub fn tune_in(&mut self, path: &str, link: Link) -> Peer {
        self.tune_in_to(0, path, link)
    }

    /// Someone tunes in to the station at this place.
    pub fn tune_in_to(&mut self, station: usize, path: &str, link: Link) -> Peer {
        let peer = self.connect(link);
        let ear = Ear::new(&self.logs[station]);
        self.net.peers.get_mut(&peer).expect("it connected").ear = Some(ear);
        self.send(peer, format!("GET {path} HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n").as_bytes());
        peer
    }

    /// Someone hangs up.
    pub fn hang_up(&mut self, peer: Peer) {
        self.server.connection_lost(peer, self.now);
        self.turn();
    }

    pub fn pretend(&self, peer: Peer) -> &Pretend {
        &self.net.peers[&peer]
    }

    pub fn ear(&self, peer: Peer) -> &Ear {
        self.pretend(peer).ear.as_ref().expect("a listener has an ear")
    }

    /// What came back, as text.
    pub fn reply(&self, peer: Peer) -> String {
        String::from_utf8_lossy(&self.pretend(peer).received).into_owned()
    }

    /// One turn of the loop, at this moment.
    pub fn turn(&mut self) {
        self.read();
        let (now, net) = (self.now, &mut self.net);
        let mut writable: Vec<Peer> = Vec::new();
        for (&peer, pretend) in &mut net.peers {
            if !pretend.closed && pretend.drain(now, &mut net.rng) {
                writable.push(peer);
            }
        }
        // A map's order is random: the world's must come from its seed alone.
        writable.sort_by_key(|peer| peer.generation);
        writable.into_iter().for_each(|peer| self.server.writable(peer));
        self.server.turn(now, net);
        // The loop reads from those in its next turn; here that comes soon enough.
        self.server.drain_resumed().for_each(drop);
        self.dials.extend(self.server.drain_dials());
        for peer in self.server.drain_closed() {
            net.peers.get_mut(&peer).expect("only those who are there are buried").closed = true;
        }
    }

    /// Lets time pass: turns when the server wants one, and a few more as real events would cause.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            let event = self.now + Duration::from_micros(self.net.rng.u64(1..self.stir.as_micros() as u64));
            let deadline = self.server.deadline().unwrap_or(event);
            self.now = deadline.min(event).max(self.now + Duration::from_micros(1)).min(end);
            self.turn();
        }
    }

    /// Time passes, but the process stands still meanwhile.
    pub fn stand_still(&mut self, time: Duration) {
        self.now = self.now + time;
        self.turn();
    }

    /// Forgets peers who are gone.
    pub fn forget_closed(&mut self) {
        self.net.peers.retain(|_, pretend| !pretend.closed);
    }

    /// Fails unless the listener is still there.
    pub fn assert_listens(&self, peer: Peer) {
        let pretend = self.pretend(peer);
        assert!(!pretend.closed && !pretend.finished, "{peer:?} listens");
    }
}
