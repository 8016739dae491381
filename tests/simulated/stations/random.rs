//! A random scenario from a seed: stations are added, changed and removed while listeners of every kind, live
//! sources, relays, event readers and administrators are active and limits change. Invariants are checked
//! after every step.

mod actions;
mod events;
mod tracks;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{MetricsAccess, StationSettings};
use coldwave::station::StationKey;
use coldwave::time::Time;
use fastrand::Rng;
use tracks::InputControl;

use super::{SECOND, station};
use crate::world::encoder::Encoder;
use crate::world::tone::Log;
use crate::world::{Link, World, seed};

struct Listening {
    peer: Peer,
    address: SocketAddr,
    frames: u64,
    since: Time,
}

/// A peer that sends audio in real time: a live source, or an upstream that has answered.
struct SourcePeer {
    peer: Peer,
    encoder: Encoder,
    /// Whether it sends audio at present.
    sends: bool,
}

struct ChangingStations {
    world: World,
    rng: Rng,
    log: Rc<RefCell<Log>>,
    /// The last number of an input or encoder.
    last_number: u64,
    stations: Vec<(StationKey, StationSettings)>,
    listening: Vec<Listening>,
    source_peers: Vec<SourcePeer>,
    readers: Vec<(Peer, Option<StationKey>)>,
    inputs: Vec<InputControl>,
    sets_titles: bool,
    stalls: bool,
    /// How many entries of the session log were checked.
    checked_sessions: usize,
    /// How often each action was done.
    done: BTreeMap<&'static str, u64>,
}

impl ChangingStations {
    fn new(seed: u64) -> Self {
        let mut world = World::with(seed, Vec::new());
        world.enable_admin();
        world.configure(|config| config.metrics.access = MetricsAccess::Public);
        Self {
            world,
            rng: Rng::with_seed(seed),
            log: Rc::default(),
            last_number: 0,
            stations: Vec::new(),
            listening: Vec::new(),
            source_peers: Vec::new(),
            readers: Vec::new(),
            inputs: Vec::new(),
            sets_titles: seed.is_multiple_of(2),
            stalls: seed % 4 < 2,
            checked_sessions: 0,
            done: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    fn step(&mut self) {
        match self.rng.u8(..100) {
            0..6 if self.stations.len() < 5 => self.add(),
            6..9 => self.remove(),
            9..24 => self.change(),
            24..46 if self.listening.len() < 25 => self.join(),
            46..56 => self.leave(),
            56..64 => self.connect_source(),
            64..68 => self.end_sender(),
            68..73 => self.follow_events(),
            73..80 => self.request_page(),
            80..84 => self.move_listeners(),
            84..88 => self.administer(),
            88..92 => self.configure(),
            92 if self.stalls => {
                self.count("stalls");
                let time = Duration::from_millis(self.rng.u64(..60_000));
                self.world.stall(time);
                self.listening.iter_mut().for_each(|it| it.since = self.world.now);
            }
            93..97 => self.change_input(),
            _ => {}
        }
        let most = if self.rng.u8(..20) == 0 { 400 } else { 20 };
        for _ in 0..self.rng.u64(1..most) {
            self.tick();
        }
        self.check();
    }

    /// Lets a tenth of a second pass.
    fn tick(&mut self) {
        self.dial();
        for sender in &mut self.source_peers {
            let socket = &self.world.net.peers[&sender.peer];
            if sender.sends && !socket.closed {
                let audio = sender.encoder.seconds(0.1);
                self.world.feed(sender.peer, &audio);
            }
        }
        self.world.pass(SECOND / 10);
        for turn in 0.. {
            if self.world.server.deadline().is_none_or(|it| it > self.world.now) {
                break;
            }
            assert!(turn < 20, "the loop spins: {:?} at {:?}", self.world.server.deadline(), self.world.now);
            self.world.turn();
        }
    }

    fn check(&mut self) {
        self.check_ended();
        let Self { world, listening, source_peers, readers, stations, .. } = self;
        let is_open = |peer: Peer| !world.socket(peer).closed;
        let open = world.net.peers.values().filter(|it| !it.closed).count();
        assert_eq!(world.server.connections(), open);
        listening.retain(|it| is_open(it.peer) && !world.socket(it.peer).finished);
        source_peers.retain(|it| is_open(it.peer));
        readers.retain(|(peer, _)| is_open(*peer) && !world.socket(*peer).finished);
        let reads = |peer: Peer| {
            let socket = world.socket(peer);
            socket.link == Link::Fast && world.reply(peer).contains("event-stream")
        };
        let reading = readers.iter().filter(|(peer, _)| reads(*peer)).count();
        let known = world.server.event_readers();
        assert!((reading..=readers.len()).contains(&known), "{known} of {reading}");
        let counted: usize = stations.iter().map(|(key, _)| world.server.listeners(*key)).sum();
        // A slow one may be about to be refused, or to receive the rest of its last frame.
        let is_sure = |it: &&Listening| {
            let ear = world.ear(it.peer);
            world.socket(it.peer).link == Link::Fast && !ear.is_refused() && !ear.head().is_empty()
        };
        let sure = listening.iter().filter(is_sure).count();
        assert!((sure..=listening.len()).contains(&counted), "{counted} of {sure} to {}", listening.len());
        self.check_progress();
        self.world.forget_closed();
        if self.rng.u8(..10) == 0 {
            self.check_lists();
        }
    }

    /// Fails if a listener that reads was disconnected for not reading.
    fn check_ended(&mut self) {
        let ended = self.world.ended.borrow();
        for session in &ended[self.checked_sessions..] {
            if matches!(session.reason, CloseReason::TooSlow | CloseReason::WriteStalled) {
                let listener = self.listening.iter().find(|it| it.address == session.address);
                let link = listener.map(|it| self.world.socket(it.peer).link);
                assert_ne!(link, Some(Link::Fast), "{session:?}");
            }
        }
        self.checked_sessions = ended.len();
    }

    /// Fails if a listener that reads receives nothing for ten seconds, or for two minutes before its first
    /// frame.
    fn check_progress(&mut self) {
        for it in &mut self.listening {
            let (socket, ear) = (self.world.socket(it.peer), self.world.ear(it.peer));
            let waits = if ear.frames == 0 { 120 * SECOND } else { 10 * SECOND };
            if ear.frames > it.frames || socket.link != Link::Fast || socket.broken {
                (it.frames, it.since) = (ear.frames, self.world.now);
            }
            let silent = self.world.now.since(it.since);
            assert!(silent <= waits, "{:?} received nothing for {silent:?}", it.peer);
        }
    }

    fn check_lists(&mut self) {
        let mut all = HashSet::new();
        for (key, settings) in self.stations.clone() {
            let ids = self.listeners_of(settings.id);
            assert_eq!(ids.len(), self.world.server.listeners(key));
            assert!(ids.into_iter().all(|id| all.insert(id)), "a listener belongs to one station");
        }
        let is_known = |id: &u64| self.listening.iter().any(|it| u64::from(it.peer.generation) == *id);
        assert!(all.iter().all(is_known));
    }
}

/// Removes all stations. Only readers of all events stay connected, and no listener counts for the limit.
fn remove_all(scenario: &mut ChangingStations) {
    let ChangingStations { world, stations, readers, .. } = scenario;
    for (key, _) in stations.drain(..) {
        assert!(world.server.remove_station(key, world.now));
    }
    world.pass(200 * SECOND);
    let is_reader = |peer: Peer| readers.iter().any(|(reader, _)| *reader == peer);
    let mut left = world.net.peers.iter().filter(|(_, socket)| !socket.closed);
    assert!(left.all(|(&peer, _)| is_reader(peer)), "only event readers stay connected");
    world.configure(|config| (config.max_listeners, config.max_connections_per_address) = (1, 0));
    let key = world.add_station(station(99));
    let first = world.tune_in_to(key, "/99", Link::Fast);
    world.assert_listens(first);
    let second = world.get("/99").send();
    assert_ne!(second.status(), 200, "the limit is one listener");
}

/// Changes stations while the server stops, which then closes every connection.
fn stop(scenario: &mut ChangingStations) {
    let ChangingStations { world, stations, rng, .. } = scenario;
    world.server.stop(world.now);
    world.turn();
    for (key, settings) in stations.drain(..) {
        let changed = StationSettings { relay: None, buffer: SECOND, ..settings };
        match rng.u8(..3) {
            0 => assert!(world.server.remove_station(key, world.now)),
            1 => world.server.apply_station(key, changed, world.now).expect("no conflict"),
            _ => {}
        }
        world.get("/stream").open();
    }
    world.add_station(station(98));
    world.pass(2 * SECOND);
    world.server.close_all(world.now);
    world.turn();
    assert_eq!(world.server.connections(), 0);
    assert!(world.net.peers.values().all(|socket| socket.closed), "the server closed every connection");
    let whole = world.net.peers.values().filter(|it| it.link == Link::Fast && it.finished && !it.broken);
    let mut ears = whole.filter_map(|socket| socket.ear.as_ref());
    assert!(
        ears.all(|ear| ear.is_refused() || ear.is_at_frame_boundary()),
        "every stream ends at a frame boundary"
    );
}

/// Returns the number of seeds or steps from the environment variable `COLDWAVE_SEEDS` or `COLDWAVE_STEPS`,
/// or the default.
fn count_from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |count| count.parse().expect("a number"))
}

#[test]
fn random_changes_of_stations_keep_all_invariants() {
    let first = seed(1000);
    let mut done = BTreeMap::<&str, u64>::new();
    for seed in first..first + count_from_env("COLDWAVE_SEEDS", 8) {
        let mut scenario = ChangingStations::new(seed);
        for step in 0..count_from_env("COLDWAVE_STEPS", 300) {
            scenario.step();
            if step % 60 == 59 {
                scenario.check_events();
            }
        }
        if scenario.rng.bool() {
            remove_all(&mut scenario);
        }
        stop(&mut scenario);
        scenario.done.into_iter().for_each(|(what, count)| *done.entry(what).or_default() += count);
    }
    println!("{done:?}");
}
