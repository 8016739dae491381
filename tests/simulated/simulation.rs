//! Random scenarios from a seed: listeners over links of every kind connect and disconnect, inputs change,
//! encoders of renditions fail, and the process stalls. Invariants are checked after every step.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::world::ear::Ear;
use crate::world::ladders::{FakeLadders, LadderKnobs};
use crate::world::tone::{Knobs, Log, Tone};
use crate::world::{FakeSocket, Link, Setup, World, seed};
use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{RenditionSettings, StationSettings};
use coldwave::station::{Input, Readiness};
use fastrand::Rng;

/// The parameters of a scenario.
struct ScenarioSettings {
    stations: u32,
    /// The most listeners at once.
    listeners_max: usize,
    /// The longest time between two actions.
    step: Duration,
    /// The formats that inputs change between: rate, channels, kbit/s.
    formats: &'static [(u32, u8, u16)],
    /// The formats of the renditions of every station.
    renditions: &'static [(u32, u8, u16)],
}

const BUSY: ScenarioSettings = ScenarioSettings {
    stations: 1,
    listeners_max: 40,
    step: Duration::from_secs(3),
    formats: &[(44_100, 2, 128), (48_000, 2, 320), (22_050, 1, 64), (32_000, 2, 192)],
    renditions: &[],
};

/// Stations with renditions, whose encoders fail.
const LADDERS: ScenarioSettings =
    ScenarioSettings { renditions: &[(44_100, 2, 96), (24_000, 2, 64), (22_050, 1, 32)], ..BUSY };

/// Few listeners and few bytes, so that much time can pass.
const LONG: ScenarioSettings = ScenarioSettings {
    stations: 3,
    listeners_max: 6,
    step: Duration::from_secs(240),
    formats: &[(8_000, 1, 8), (11_025, 1, 16), (12_000, 1, 8), (16_000, 1, 24)],
    renditions: &[],
};

struct Scenario {
    settings: ScenarioSettings,
    world: World,
    rng: Rng,
    ladders: FakeLadders,
    /// The controls of the inputs of each station that is no rendition.
    knobs: Vec<Vec<Rc<RefCell<Knobs>>>>,
    /// The connected listeners, with the indices of their stations.
    listening: Vec<(Peer, usize)>,
}

/// Returns the renditions of a station, which have ids that follow those of all stations.
fn renditions(parent: &StationSettings, formats: &[(u32, u8, u16)], next_id: u32) -> Vec<StationSettings> {
    let rendition = |(id, &(rate, channels, kbps)): (u32, &(u32, u8, u16))| StationSettings {
        id,
        mount: format!("/{id}"),
        rendition: Some(RenditionSettings { parent: parent.mount.clone(), rate, channels, kbps }),
        ..parent.clone()
    };
    (next_id..).zip(formats).map(rendition).collect()
}

fn station_settings(rng: &mut Rng, id: u32) -> StationSettings {
    StationSettings {
        id,
        mount: format!("/{id}"),
        metaint: [300, 8192, 16_000][rng.usize(..3)],
        burst: Duration::from_millis(rng.u64(0..6_000)),
        buffer: Duration::from_secs(rng.u64(3..40)),
        delivery_interval: Duration::from_millis(rng.u64(20..1_000)),
        ..StationSettings::default()
    }
}

impl Scenario {
    fn new(seed: u64, settings: ScenarioSettings) -> Self {
        let mut rng = Rng::with_seed(seed);
        let (mut knobs, mut all, mut logs) = (Vec::new(), Vec::new(), Vec::new());
        for id in 1..=settings.stations {
            let log: Rc<RefCell<Log>> = Rc::default();
            let tones = [Tone::new("Live", &log), Tone::new("DJ", &log)];
            let first = settings.formats[0];
            for tone in &tones {
                tone.knobs.borrow_mut().formats = vec![header(first)];
            }
            knobs.push(tones.iter().map(|tone| tone.knobs.clone()).collect());
            let inputs = tones.map(|tone| Box::new(tone) as Box<dyn Input>).into();
            all.push((station_settings(&mut rng, id), inputs));
            logs.push(log);
        }
        for at in 0..knobs.len() {
            for rendition in renditions(&all[at].0, settings.renditions, all.len() as u32 + 1) {
                logs.push(logs[at].clone());
                all.push((rendition, Vec::new()));
            }
        }
        let ladders = FakeLadders::default();
        let setup = Setup { stations: all, logs, ladders: Some(ladders.clone()), ..Setup::default() };
        let mut world = World::start(seed, setup);
        world.event_interval_max = settings.step / 30;
        Self { settings, world, rng, ladders, knobs, listening: Vec::new() }
    }

    fn step(&mut self) {
        match self.rng.u8(..100) {
            0..30 if self.listening.len() < self.settings.listeners_max => self.join(),
            30..50 => self.leave(),
            50..60 => self.change_input(),
            60..62 => self.world.stall(Duration::from_millis(self.rng.u64(..60_000))),
            62..65 => self.connect_without_listening(),
            65..72 if !self.settings.renditions.is_empty() => self.disturb_encoders(),
            _ => {}
        }
        let step = self.rng.u64(..self.settings.step.as_millis() as u64);
        self.world.pass(Duration::from_millis(step));
        self.check();
    }

    /// Kills all encoders, or changes how they work.
    fn disturb_encoders(&mut self) {
        let (kind, rng) = (self.rng.u8(..6), &mut self.rng);
        self.ladders.set(|knobs| match kind {
            0 | 1 => knobs.delay = Duration::from_millis(rng.u64(..3_000)),
            2 => knobs.hangs = !knobs.hangs,
            3 => knobs.unavailable = rng.bool().then(|| "none".into()),
            4 => knobs.unsupported = rng.bool().then(|| "HE-AAC".into()),
            _ => (knobs.hangs, knobs.unavailable, knobs.unsupported) = (false, None, None),
        });
        if self.rng.bool() {
            self.ladders.kill();
        }
    }

    fn join(&mut self) {
        let station = self.rng.usize(..self.world.keys.len());
        let link = match self.rng.u8(..10) {
            0..5 => Link::Fast,
            5..7 => Link::Erratic,
            7 => Link::Stuck { buffer: self.rng.usize(..200_000) },
            _ => Link::Slow { per_second: self.rng.usize(..40_000), buffer: self.rng.usize(1..200_000) },
        };
        let path = format!("/{}", station + 1);
        let peer = self.world.tune_in_as(station, &path, link, |ear| ear.may_be_refused = ear.is_rendition);
        self.listening.push((peer, station));
    }

    fn leave(&mut self) {
        if !self.listening.is_empty() {
            let (peer, _) = self.listening.swap_remove(self.rng.usize(..self.listening.len()));
            if self.rng.bool() {
                self.world.disconnect(peer);
            } else {
                self.world.socket_mut(peer).broken = true;
            }
        }
    }

    fn change_input(&mut self) {
        let station = self.rng.usize(..self.knobs.len());
        let input = self.rng.usize(..self.knobs[station].len());
        let format = header(self.settings.formats[self.rng.usize(..self.settings.formats.len())]);
        let mut knobs = self.knobs[station][input].borrow_mut();
        match self.rng.u8(..4) {
            0 => knobs.readiness = Readiness::Idle,
            1 => knobs.readiness = Readiness::Pending,
            2 => knobs.readiness = Readiness::Ready,
            _ => knobs.formats = vec![format],
        }
    }

    /// Connects a peer that never becomes a listener.
    fn connect_without_listening(&mut self) {
        let peer = self.world.connect(Link::Erratic);
        let bytes: &[u8] = match self.rng.u8(..5) {
            0 => b"GET /nowhere HTTP/1.0\r\n\r\n",
            1 => b"GET / HTT",
            2 => b"\x16\x03\x01",
            3 => b"HEAD /1 HTTP/1.1\r\n\r\n",
            _ => b"",
        };
        self.world.send(peer, bytes);
    }

    fn check(&mut self) {
        let net = &self.world.net;
        let is_refused = |socket: &FakeSocket| socket.ear.as_ref().is_some_and(Ear::is_refused);
        let listens = |socket: &FakeSocket| !socket.closed && !is_refused(socket);
        self.listening.retain(|(peer, _)| net.peers.get(peer).is_some_and(listens));
        self.world.forget_closed();
        for at in 0..self.world.keys.len() {
            let alive = |(peer, station): &&(Peer, usize)| *station == at && !self.world.socket(*peer).broken;
            let (listening, counted) =
                (self.listening.iter().filter(alive).count(), self.world.listeners(at));
            // A slow link has not told yet whether a rendition has refused the listener.
            let is_unknown =
                |(peer, _): &&(Peer, usize)| at >= self.knobs.len() && !self.world.ear(*peer).is_accepted();
            let unknown = self.listening.iter().filter(alive).filter(is_unknown).count();
            // The server notices a broken link at its next write.
            let broken = self.world.net.peers.values().filter(|socket| socket.broken).count();
            let range = listening - unknown..=listening + broken;
            assert!(range.contains(&counted), "{counted} of {listening}");
        }
    }
}

impl Scenario {
    /// Checks that every rendition has the programme again once its encoder works, and is not late.
    fn check_recovery(&mut self) {
        self.ladders.set(|knobs| *knobs = LadderKnobs::default());
        self.world.pass(Duration::from_secs(75));
        for at in self.knobs.len()..self.world.keys.len() {
            let edge = self.world.station(at).rendition().expect("it is a rendition");
            let parent = self.world.station((at - self.knobs.len()) / self.settings.renditions.len());
            let delay = parent.timeline().end_time().saturating_sub(edge.position()).duration();
            assert!(delay < Duration::from_secs(2), "rendition {at} is {delay:?} late");
            assert_eq!(edge.gap_since(), None, "rendition {at}");
        }
    }
}

fn header((rate, channels, kbps): (u32, u8, u16)) -> Header {
    Header::new_mp3(rate, channels, kbps).expect("a format")
}

/// Checks that every peer that is not a listener is disconnected in the end.
fn end(mut scenario: Scenario) {
    let world = &mut scenario.world;
    world.pass(Duration::from_secs(300));
    for (peer, socket) in &world.net.peers {
        assert!(socket.closed || socket.ear.is_some(), "{peer:?} never listened and is still connected");
    }
}

#[test]
fn hours_of_radio_keep_all_invariants_for_many_seeds() {
    let first = seed(1);
    for seed in first..first + 20 {
        let mut scenario = Scenario::new(seed, ScenarioSettings { stations: 1 + (seed % 3) as u32, ..BUSY });
        for _ in 0..300 {
            scenario.step();
        }
        end(scenario);
    }
}

/// The ears check that the index of every rendition goes on, whatever happens to its encoder.
#[test]
fn renditions_keep_all_invariants_while_their_encoders_fail_for_many_seeds() {
    let first = seed(1);
    for seed in first..first + 12 {
        let mut scenario =
            Scenario::new(seed, ScenarioSettings { stations: 1 + (seed % 2) as u32, ..LADDERS });
        for _ in 0..300 {
            scenario.step();
        }
        scenario.check_recovery();
        end(scenario);
    }
}

/// Returns the number of simulated days: `COLDWAVE_DAYS`, or one. A week takes minutes.
fn days() -> u64 {
    std::env::var("COLDWAVE_DAYS").ok().map_or(1, |days| days.parse().expect("COLDWAVE_DAYS is a number"))
}

#[test]
fn days_of_three_stations_keep_all_invariants() {
    let mut scenario = Scenario::new(seed(99), LONG);
    let until = scenario.world.now + Duration::from_secs(days() * 24 * 60 * 60);
    let mut steps = 0;
    while scenario.world.now < until {
        scenario.step();
        steps += 1;
    }
    let played: u64 = scenario.world.logs.iter().map(|log| log.borrow().played()).sum();
    println!("{steps} steps, {played} frames played");
    end(scenario);
}

#[test]
fn listener_that_reads_never_waits_longer_than_an_interval() {
    let mut world = World::new(seed(7));
    let peers: Vec<Peer> = (0..200)
        .map(|_| {
            world.pass(Duration::from_millis(3));
            world.tune_in("/live", Link::Fast)
        })
        .collect();
    let mut progress = vec![(0, world.now); peers.len()];
    for _ in 0..3_000 {
        world.pass(Duration::from_millis(10));
        for (peer, (frames, since)) in peers.iter().zip(&mut progress) {
            if world.ear(*peer).frames > *frames {
                (*frames, *since) = (world.ear(*peer).frames, world.now);
            }
            let silent = world.now.since(*since);
            assert!(silent <= Duration::from_millis(1_030), "{silent:?}");
        }
    }
}

#[test]
fn listener_needs_at_most_600_bytes() {
    // The wheel touches two cache lines of each listener, of which the socket in net has 24 bytes.
    let entry = coldwave::server::SESSION_ENTRY_SIZE;
    assert!(entry + 24 <= 128, "{entry}");
    // Three texts of at most 98 bytes, 16 bytes of the allocator for each allocation, and the slot on the
    // wheel.
    let session_info = size_of::<coldwave::session::SessionInfo>() + 3 * (98 + 16) + 16;
    assert!(entry + 24 + session_info + 8 <= 600, "{entry} {session_info}");
}
