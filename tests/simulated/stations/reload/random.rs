//! Random sequences of configurations against a model of what each listener must hear.
//!
//! Each step edits a configuration like a person does: it inserts, removes, renames, moves and swaps
//! stations, and changes their keys. What becomes of each station follows from the edit itself, not from a
//! comparison.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{Account, Dj, Secret, StationSettings, station_ids};
use fastrand::Rng;

use super::{SECOND, station};
use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World, seed};

/// The most silence that a listener may get at once, in frames: 1.5 s.
const SILENT_FRAMES_MAX: u64 = 57;

/// How far a listener may be behind the time since it joined: a delivery interval, and the reserve that a new
/// source gets.
const BEHIND_MAX: Duration = Duration::from_secs(6);

/// A station in the configuration.
#[derive(Debug, Clone)]
struct Entry {
    settings: StationSettings,
    /// Which station of the world it is; `None` if the last edits have made another one of it.
    at: Option<usize>,
    /// Whether the edits of this step have changed what it is recognised by.
    is_edited: bool,
}

struct Listening {
    peer: Peer,
    at: usize,
    since: Duration,
    /// How much it had received then.
    before: u64,
    silent: u64,
    /// The encoders that it may have heard.
    heard: HashSet<u64>,
}

struct LiveSource {
    peer: Peer,
    user: String,
    at: usize,
    encoder: Encoder,
}

struct Reloads {
    world: World,
    rng: Rng,
    file: Vec<Entry>,
    known: Vec<(String, u32)>,
    listening: Vec<Listening>,
    live: Vec<LiveSource>,
    /// The encoders that may be heard at each station of the world.
    encoders: BTreeMap<usize, HashSet<u64>>,
    numbers: u32,
    checked: usize,
    done: BTreeMap<&'static str, u64>,
}

impl Reloads {
    fn new(seed: u64) -> Self {
        Self {
            world: World::with(seed, Vec::new()),
            rng: Rng::with_seed(seed),
            file: Vec::new(),
            known: Vec::new(),
            listening: Vec::new(),
            live: Vec::new(),
            encoders: BTreeMap::new(),
            numbers: 0,
            checked: 0,
            done: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    fn next_number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    fn pick(&mut self, is_wanted: impl Fn(&Entry) -> bool) -> Option<usize> {
        let all: Vec<_> = (0..self.file.len()).filter(|&at| is_wanted(&self.file[at])).collect();
        (!all.is_empty()).then(|| all[self.rng.usize(..all.len())])
    }

    fn edit(&mut self) {
        self.file.iter_mut().for_each(|entry| entry.is_edited = false);
        for _ in 0..self.rng.u8(1..5) {
            match self.rng.u8(..12) {
                0 | 1 if self.file.len() < 6 => self.insert(),
                2 if self.file.len() > 1 => self.remove(),
                3 => self.move_to_another_place(),
                4 => self.rename(),
                5 => self.swap_mounts(),
                6 => self.give_or_take_id(),
                7 => self.make_another_station(),
                _ => self.change_keys(),
            }
        }
        self.choose_fallbacks();
    }

    fn insert(&mut self) {
        let number = self.next_number();
        let mut settings = StationSettings {
            mount: format!("/m{number}"),
            music: vec![PathBuf::from("music")],
            has_explicit_id: self.rng.bool(),
            ..station(1000 + number)
        };
        self.change(&mut settings);
        let place = self.rng.usize(..=self.file.len());
        self.file.insert(place, Entry { settings, at: None, is_edited: true });
        self.count("inserted");
    }

    fn remove(&mut self) {
        // If one that was renamed is removed, one without an id that has got its mount is the same station.
        let Some(at) = self.pick(|it| !it.is_edited) else { return };
        self.file.remove(at);
        self.count("removed");
    }

    fn move_to_another_place(&mut self) {
        if !self.file.is_empty() {
            let (from, to) = (self.rng.usize(..self.file.len()), self.rng.usize(..self.file.len()));
            self.file.swap(from, to);
            self.count("moved");
        }
    }

    /// Gives a station another mount. Sometimes, another station gets the old one at once.
    fn rename(&mut self) {
        let Some(at) = self.pick(|it| it.settings.has_explicit_id && !it.is_edited) else { return };
        let mount = format!("/m{}", self.next_number());
        let before = std::mem::replace(&mut self.file[at].settings.mount, mount);
        self.file[at].is_edited = true;
        if self.rng.bool() && self.file.len() < 6 {
            self.insert();
            let new = self.file.iter_mut().max_by_key(|it| if it.at.is_none() { it.settings.id } else { 0 });
            new.expect("it was inserted").settings.mount = before;
        }
        self.count("renamed");
    }

    fn swap_mounts(&mut self) {
        let may_be = |it: &Entry| it.settings.has_explicit_id && !it.is_edited;
        let (Some(a), Some(b)) = (self.pick(may_be), self.pick(may_be)) else { return };
        let mount = self.file[a].settings.mount.clone();
        self.file[a].settings.mount = self.file[b].settings.mount.clone();
        self.file[b].settings.mount = mount;
        [a, b].into_iter().for_each(|at| self.file[at].is_edited = true);
        self.count("swapped");
    }

    fn give_or_take_id(&mut self) {
        let Some(at) = self.pick(|it| !it.is_edited) else { return };
        let number = self.next_number();
        let Entry { settings, is_edited, .. } = &mut self.file[at];
        (settings.has_explicit_id, settings.id, *is_edited) =
            (!settings.has_explicit_id, 1000 + number, true);
        self.count("ids");
    }

    fn make_another_station(&mut self) {
        let Some(at) = self.pick(|it| !it.is_edited) else { return };
        let number = self.next_number();
        let Entry { settings, is_edited, at } = &mut self.file[at];
        match settings.has_explicit_id {
            true => settings.id = 1000 + number,
            false => settings.mount = format!("/m{number}"),
        }
        (*at, *is_edited) = (None, true);
        self.count("others");
    }

    fn change_keys(&mut self) {
        let Some(at) = self.pick(|_| true) else { return };
        let mut settings = self.file[at].settings.clone();
        self.change(&mut settings);
        self.file[at].settings = settings;
        self.count("changed");
    }

    fn change(&mut self, it: &mut StationSettings) {
        let rng = &mut self.rng;
        for _ in 0..3 {
            match rng.u8(..8) {
                0 => it.burst = Duration::from_millis(rng.u64(2000..8000)),
                1 => it.buffer = Duration::from_millis(rng.u64(10_000..40_000)),
                2 => it.delivery_interval = Duration::from_millis(rng.u64(50..2000)),
                3 => it.metaint = rng.u32(100..20_000),
                4 => it.shuffle = !it.shuffle,
                5 => it.name = format!("Name {}", rng.u8(..)),
                6 => {
                    let password = Secret::new(["tide", "ebb"][rng.usize(..2)]);
                    let user = ["source", "studio"][rng.usize(..2)];
                    it.sources.account = Account { user: user.into(), password: Some(password) };
                }
                _ => {
                    let users = ["anna", "ben"].into_iter().filter(|_| rng.bool());
                    let dj = |name: &str| Dj {
                        name: name.into(),
                        display: None,
                        password: Secret::new("tide"),
                        priority: 0,
                    };
                    it.sources.djs = users.map(dj).collect();
                }
            }
        }
    }

    /// Each station may have one before it in the file as its fallback.
    fn choose_fallbacks(&mut self) {
        let mounts: Vec<_> = self.file.iter().map(|it| it.settings.mount.clone()).collect();
        for at in 0..self.file.len() {
            let fallback = (at > 0 && self.rng.bool()).then(|| mounts[self.rng.usize(..at)].clone());
            self.file[at].settings.fallback = fallback;
        }
    }

    fn reload(&mut self) {
        let before = self.file.clone();
        self.edit();
        let mut stations: Vec<_> = self.file.iter().map(|it| it.settings.clone()).collect();
        let counted = stations.iter_mut().enumerate().filter(|(_, it)| !it.has_explicit_id);
        counted.for_each(|(at, it)| it.id = at as u32 + 1);
        station_ids::assign(&mut stations, &self.known);
        station_ids::remember(&mut self.known, &stations);
        self.expect_moves(&before);
        let gone = self.sources_that_go();
        let first_new = self.world.keys.len();
        self.world.reload(stations);
        for entry in &mut self.file {
            let found = self.world.index_of(&entry.settings.mount);
            match entry.at.replace(found) {
                Some(at) => assert_eq!(at, found, "{} is another station", entry.settings.mount),
                None => assert!(found >= first_new, "{} is no new station", entry.settings.mount),
            }
        }
        assert_eq!(self.world.server.station_keys().len(), self.file.len(), "no other station runs");
        self.check_ended(&gone);
    }

    fn stays(&self, station: usize) -> bool {
        self.file.iter().any(|it| it.at == Some(station))
    }

    /// Returns where the listeners of a station go: along the fallbacks of the old file to one that stays.
    fn destination(&self, before: &[Entry], station: usize) -> Option<usize> {
        let mut at = station;
        while !self.stays(at) {
            let entry = before.iter().find(|it| it.at == Some(at))?;
            let fallback = entry.settings.fallback.as_ref()?;
            at = before.iter().find(|it| it.settings.mount == *fallback)?.at?;
        }
        Some(at)
    }

    fn expect_moves(&mut self, before: &[Entry]) {
        let mut listening = std::mem::take(&mut self.listening);
        listening.retain_mut(|it| {
            let Some(to) = self.destination(before, it.at) else { return false };
            if to != it.at {
                let (log, now) = (self.world.logs[to].clone(), self.world.now.since_start());
                let ear = self.world.socket_mut(it.peer).ear.as_mut().expect("an ear");
                ear.expect_station(&log);
                (it.at, it.since, it.before) = (to, now, ear.frames);
                it.heard.extend(self.encoders.get(&to).into_iter().flatten());
                self.count("moved by fallback");
            }
            true
        });
        self.listening = listening;
    }

    /// Returns the connections that end, with the reason of each.
    fn sources_that_go(&mut self) -> BTreeMap<Peer, CloseReason> {
        let reason = |it: &LiveSource| {
            let Some(entry) = self.file.iter().find(|entry| entry.at == Some(it.at)) else {
                return Some(CloseReason::StationRemoved);
            };
            let sources = &entry.settings.sources;
            let has_account = sources.account.password.is_some() && sources.account.user == it.user
                || sources.djs.iter().any(|dj| dj.name == it.user);
            (!has_account).then_some(CloseReason::AccountRemoved)
        };
        self.live.iter().filter_map(|it| Some((it.peer, reason(it)?))).collect()
    }

    /// Checks which sessions the reload has ended. Those of listeners end when they have been sent the rest
    /// of their frame.
    fn check_ended(&mut self, sources: &BTreeMap<Peer, CloseReason>) {
        self.play(10);
        for it in &self.live {
            let is_closed = self.world.socket(it.peer).closed;
            assert_eq!(is_closed, sources.contains_key(&it.peer), "source {} of {}", it.user, it.at);
        }
        self.live.retain(|it| !sources.contains_key(&it.peer));
        let stays: HashSet<Peer> = self.listening.iter().map(|it| it.peer).collect();
        let left: Vec<Peer> =
            self.world.net.peers.keys().copied().filter(|peer| !stays.contains(peer)).collect();
        let mut expected: Vec<_> = sources.values().copied().collect();
        for peer in left {
            if self.world.socket(peer).ear.is_none() {
                continue;
            }
            assert!(self.world.socket(peer).finished && self.world.ear(peer).is_at_frame_boundary());
            self.world.disconnect(peer);
            expected.push(CloseReason::StationRemoved);
        }
        let ended: Vec<_> = self.world.ended.borrow()[self.checked..].iter().map(|it| it.reason).collect();
        let count = |all: &[CloseReason]| {
            let names = all.iter().map(|reason| reason.as_str());
            names.fold(BTreeMap::new(), |mut counts, name| {
                *counts.entry(name).or_insert(0) += 1;
                counts
            })
        };
        assert_eq!(count(&ended), count(&expected));
        for (name, number) in [("account_removed", "accounts gone"), ("station_removed", "closed")] {
            *self.done.entry(number).or_default() += count(&ended).get(name).copied().unwrap_or(0);
        }
        self.checked = self.world.ended.borrow().len();
        self.world.forget_closed();
    }

    fn join(&mut self) {
        let Some(entry) = self.pick(|_| true).map(|at| self.file[at].clone()) else { return };
        let at = entry.at.expect("it runs");
        let peer = self.world.tune_in_to(at, &entry.settings.mount, Link::Fast);
        let heard = self.encoders.get(&at).cloned().unwrap_or_default();
        let since = self.world.now.since_start();
        self.listening.push(Listening { peer, at, since, before: 0, silent: 0, heard });
        self.count("joined");
    }

    fn go_live(&mut self) {
        let busy: HashSet<usize> = self.live.iter().map(|it| it.at).collect();
        let accepts =
            |it: &Entry| it.settings.sources.is_enabled() && !busy.contains(&it.at.expect("it runs"));
        let Some(place) = self.pick(accepts) else { return };
        let (entry, number) = (self.file[place].clone(), u64::from(self.next_number()));
        let (at, sources) = (entry.at.expect("it runs"), entry.settings.sources);
        let dj = sources.djs.first().map(|dj| (dj.name.clone(), "tide"));
        let shared = ["tide", "ebb"]
            .into_iter()
            .find(|&password| sources.account.password.as_ref().is_some_and(|it| it.matches(password)));
        let shared = shared.map(|password| (sources.account.user.clone(), password));
        let (user, password) = dj.or(shared).expect("an account");
        let encoder = Encoder::new(&self.world.logs[at], number, Header::DEFAULT);
        let peer = self.world.connect(Link::Fast);
        self.world.send(peer, &source_request(&entry.settings.mount, &user, password));
        self.encoders.entry(at).or_default().insert(number);
        let listening = self.listening.iter_mut().filter(|it| it.at == at);
        listening.for_each(|it| it.heard.extend([number]));
        self.live.push(LiveSource { peer, user, at, encoder });
        self.count("sources");
    }

    fn play(&mut self, tenths: u32) {
        for _ in 0..tenths {
            for it in &mut self.live {
                let audio = it.encoder.seconds(0.1);
                if !self.world.socket(it.peer).closed {
                    self.world.feed(it.peer, &audio);
                }
            }
            self.world.pass(SECOND / 10);
        }
    }

    fn check(&mut self) {
        let frame = Header::DEFAULT.duration().duration();
        for it in &mut self.listening {
            self.world.assert_listens(it.peer);
            let ear = self.world.ear(it.peer);
            assert_eq!(ear.skips, 0, "{:?} has a gap", it.peer);
            let silent = ear.silent_frames - it.silent;
            assert!(silent <= SILENT_FRAMES_MAX, "{:?} got {silent} frames of silence", it.peer);
            it.silent = ear.silent_frames;
            let received = frame * u32::try_from(ear.frames - it.before).expect("a short run");
            let passed = self.world.now.since_start() - it.since;
            assert!(received + BEHIND_MAX >= passed, "{:?} got {received:?} in {passed:?}", it.peer);
            let foreign = ear.encoders().into_iter().find(|number| !it.heard.contains(number));
            assert_eq!(foreign, None, "{:?} hears a source of another station", it.peer);
        }
        for it in &self.live {
            assert!(self.world.is_live(it.at), "source {} of {} is live", it.user, it.at);
        }
        for (at, key) in self.world.keys.iter().enumerate() {
            let expected = self.listening.iter().filter(|it| it.at == at).count();
            assert_eq!(self.world.server.listeners(*key), expected, "listeners of {at}");
        }
    }

    fn step(&mut self) {
        self.reload();
        for _ in 0..self.rng.u8(..4) {
            if self.listening.len() < 12 {
                self.join();
            }
        }
        if self.live.len() < 3 && self.rng.u8(..3) == 0 {
            self.go_live();
        }
        let tenths = self.rng.u32(15..60);
        self.play(tenths);
        self.check();
    }
}

#[test]
fn random_reloads_give_each_listener_the_audio_of_its_station() {
    let first = seed(3000);
    let count = |name: &str, default| std::env::var(name).map_or(default, |it| it.parse().expect("a number"));
    let mut done = BTreeMap::<&str, u64>::new();
    for seed in first..first + count("COLDWAVE_SEEDS", 6) {
        let mut reloads = Reloads::new(seed);
        (0..count("COLDWAVE_STEPS", 60)).for_each(|_| reloads.step());
        reloads.done.into_iter().for_each(|(what, count)| *done.entry(what).or_default() += count);
    }
    println!("{done:?}");
    let rare = ["renamed", "swapped", "moved by fallback", "accounts gone", "closed", "sources", "ids"];
    if std::env::var_os("COLDWAVE_SEED").is_none() {
        assert!(rare.iter().all(|what| done.get(what).is_some_and(|&count| count > 5)), "{done:?}");
    }
}
