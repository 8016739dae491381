//! Everything at once, at random, from a seed: stations that are added, changed and removed under listeners of every kind,
//! live sources, relays, readers of events, administrators and limits. After every step, what must hold does.

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
use tracks::Knob;

use super::{SECOND, admin, station};
use crate::world::encoder::Encoder;
use crate::world::tone::Log;
use crate::world::{Link, World, seed};

struct Listening {
    peer: Peer,
    address: SocketAddr,
    frames: u64,
    since: Time,
}

/// Something that sends audio as time goes by: a live source, or an upstream that has answered.
struct Sending {
    peer: Peer,
    encoder: Encoder,
    /// Whether it sends anything.
    sends: bool,
}

struct Story {
    world: World,
    rng: Rng,
    log: Rc<RefCell<Log>>,
    kinds: u64,
    on: Vec<(StationKey, StationSettings)>,
    listening: Vec<Listening>,
    sending: Vec<Sending>,
    readers: Vec<(Peer, Option<StationKey>)>,
    knobs: Vec<Knob>,
    sets_titles: bool,
    stalls: bool,
    ended: usize,
    done: BTreeMap<&'static str, u64>,
}

impl Story {
    fn new(seed: u64) -> Self {
        let mut world = World::with(seed, Vec::new());
        world.configure(|config| {
            config.admin = admin();
            config.metrics.access = MetricsAccess::Public;
        });
        Self {
            world,
            rng: Rng::with_seed(seed),
            log: Rc::default(),
            kinds: 0,
            on: Vec::new(),
            listening: Vec::new(),
            sending: Vec::new(),
            readers: Vec::new(),
            knobs: Vec::new(),
            sets_titles: seed.is_multiple_of(2),
            stalls: seed % 4 < 2,
            ended: 0,
            done: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    fn step(&mut self) {
        match self.rng.u8(..100) {
            0..6 if self.on.len() < 5 => self.add(),
            6..9 => self.remove(),
            9..24 => self.change(),
            24..46 if self.listening.len() < 25 => self.join(),
            46..56 => self.leave(),
            56..64 => self.connect_source(),
            64..68 => self.end_sending(),
            68..73 => self.follow_events(),
            73..80 => self.look(),
            80..84 => self.move_listeners(),
            84..88 => self.administer(),
            88..92 => self.configure(),
            92 if self.stalls => {
                self.count("stalls");
                let time = Duration::from_millis(self.rng.u64(..60_000));
                self.world.stand_still(time);
                self.listening.iter_mut().for_each(|it| it.since = self.world.now);
            }
            93..97 => self.turn_a_knob(),
            _ => {}
        }
        let most = if self.rng.u8(..20) == 0 { 400 } else { 20 };
        for _ in 0..self.rng.u64(1..most) {
            self.tick();
        }
        self.check();
    }

    /// A tenth of a second passes.
    fn tick(&mut self) {
        self.dial();
        for sending in &mut self.sending {
            let pretend = &self.world.net.peers[&sending.peer];
            if sending.sends && !pretend.closed {
                let audio = sending.encoder.seconds(0.1);
                self.world.feed(sending.peer, &audio);
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
        let Self { world, listening, sending, readers, on, .. } = self;
        let is_open = |peer: Peer| !world.pretend(peer).closed;
        let open = world.net.peers.values().filter(|it| !it.closed).count();
        assert_eq!(world.server.connections(), open);
        listening.retain(|it| is_open(it.peer) && !world.pretend(it.peer).finished);
        sending.retain(|it| is_open(it.peer));
        readers.retain(|(peer, _)| is_open(*peer) && !world.pretend(*peer).finished);
        let reads = |peer: Peer| {
            let pretend = world.pretend(peer);
            pretend.link == Link::Fast && world.reply(peer).contains("event-stream")
        };
        let reading = readers.iter().filter(|(peer, _)| reads(*peer)).count();
        let known = world.server.event_readers();
        assert!((reading..=readers.len()).contains(&known), "{known} of {reading}");
        let counted: usize = on.iter().map(|(key, _)| world.server.listeners(*key)).sum();
        // One that is slow may be about to be refused, or to be sent the rest of its last frame.
        let is_sure = |it: &&Listening| {
            let ear = world.ear(it.peer);
            world.pretend(it.peer).link == Link::Fast && !ear.is_refused() && !ear.head().is_empty()
        };
        let sure = listening.iter().filter(is_sure).count();
        assert!((sure..=listening.len()).contains(&counted), "{counted} of {sure} to {}", listening.len());
        self.check_progress();
        self.world.forget_closed();
        if self.rng.u8(..10) == 0 {
            self.check_lists();
        }
    }

    /// No listener that reads is disconnected for not reading.
    fn check_ended(&mut self) {
        let ended = self.world.ended.borrow();
        for session in &ended[self.ended..] {
            if matches!(session.why, CloseReason::TooSlow | CloseReason::WriteStalled) {
                let who = self.listening.iter().find(|it| it.address == session.address);
                let link = who.map(|it| self.world.pretend(it.peer).link);
                assert_ne!(link, Some(Link::Fast), "{session:?}");
            }
        }
        self.ended = ended.len();
    }

    /// A listener that reads is sent something all the time, once it was sent anything.
    fn check_progress(&mut self) {
        for it in &mut self.listening {
            let (pretend, ear) = (self.world.pretend(it.peer), self.world.ear(it.peer));
            let waits = if ear.frames == 0 { 120 * SECOND } else { 10 * SECOND };
            if ear.frames > it.frames || pretend.link != Link::Fast || pretend.broken {
                (it.frames, it.since) = (ear.frames, self.world.now);
            }
            let silent = self.world.now.since(it.since);
            assert!(silent <= waits, "{:?} was sent nothing for {silent:?}", it.peer);
        }
    }

    fn check_lists(&mut self) {
        let mut all = HashSet::new();
        for (key, settings) in self.on.clone() {
            let ids = self.listeners_of(settings.id);
            assert_eq!(ids.len(), self.world.server.listeners(key));
            assert!(ids.into_iter().all(|id| all.insert(id)), "a listener has one station");
        }
        let is_known = |id: &u64| self.listening.iter().any(|it| u64::from(it.peer.generation) == *id);
        assert!(all.iter().all(is_known));
    }
}

/// Without stations, the readers of all events are left, and no seat is taken.
fn remove_all(story: &mut Story) {
    let Story { world, on, readers, .. } = story;
    for (key, _) in on.drain(..) {
        assert!(world.server.remove_station(key, world.now));
    }
    world.pass(200 * SECOND);
    let is_reader = |peer: Peer| readers.iter().any(|(reader, _)| *reader == peer);
    let mut left = world.net.peers.iter().filter(|(_, pretend)| !pretend.closed);
    assert!(left.all(|(&peer, _)| is_reader(peer)), "a session is left behind");
    world.configure(|config| (config.max_listeners, config.max_connections_per_address) = (1, 0));
    let key = world.add_station(station(99));
    let first = world.tune_in_to(key, "/99", Link::Fast);
    world.assert_listens(first);
    let second = world.connect(Link::Fast);
    world.send(second, b"GET /99 HTTP/1.0\r\n\r\n");
    assert!(!world.reply(second).contains("200 OK"), "there is one seat");
}

/// Stations change even while the server stops; then every connection is closed.
fn stop(story: &mut Story) {
    let Story { world, on, rng, .. } = story;
    world.server.stop(world.now);
    world.turn();
    for (key, settings) in on.drain(..) {
        let changed = StationSettings { relay: None, buffer: SECOND, ..settings };
        match rng.u8(..3) {
            0 => assert!(world.server.remove_station(key, world.now)),
            1 => world.server.apply_station(key, changed, world.now).expect("no conflict"),
            _ => {}
        }
        let peer = world.connect(Link::Fast);
        world.send(peer, b"GET /stream HTTP/1.0\r\n\r\n");
    }
    world.add_station(station(98));
    world.pass(2 * SECOND);
    world.server.close_all(world.now);
    world.turn();
    assert_eq!(world.server.connections(), 0);
    assert!(world.net.peers.values().all(|pretend| pretend.closed), "the server closed every connection");
    let whole = world.net.peers.values().filter(|it| it.link == Link::Fast && it.finished && !it.broken);
    let mut ears = whole.filter_map(|pretend| pretend.ear.as_ref());
    assert!(ears.all(|ear| ear.is_refused() || ear.stands_between_frames()), "no frame is cut off");
}

/// How much is tried: more with `COLDWAVE_SEEDS` and `COLDWAVE_STEPS`.
fn many(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |many| many.parse().expect("a number"))
}

#[test]
fn stations_change_at_random_under_everything_else() {
    let first = seed(1000);
    let mut done = BTreeMap::<&str, u64>::new();
    for seed in first..first + many("COLDWAVE_SEEDS", 8) {
        let mut story = Story::new(seed);
        for step in 0..many("COLDWAVE_STEPS", 300) {
            story.step();
            if step % 60 == 59 {
                story.check_events();
            }
        }
        if story.rng.bool() {
            remove_all(&mut story);
        }
        stop(&mut story);
        story.done.into_iter().for_each(|(what, count)| *done.entry(what).or_default() += count);
    }
    println!("{done:?}");
}
