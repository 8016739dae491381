//! Stations whose music changes while listeners play.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::LiveStart;
use coldwave::station::{Input, Readiness, ReplaceWhen};

use super::{SECOND, assert_undisturbed, log_in, with_sources};
use crate::world::encoder::Encoder;
use crate::world::tone::{Knobs, Log, Tone};
use crate::world::{Link, World, seed};

/// The frames of a track: 13 s.
const TRACK: u64 = 500;

/// A station with music that is replaced, and its listeners.
struct MusicTest {
    world: World,
    log: Rc<RefCell<Log>>,
    listeners: Vec<Peer>,
}

impl MusicTest {
    /// Begins with the input `Old`. Its first track is on air, and three listeners play it.
    fn new() -> Self {
        let log: Rc<RefCell<Log>> = Rc::default();
        let old: Vec<Box<dyn Input>> = vec![Box::new(Tone::new("Old", &log))];
        let world = World::with_inputs(seed(31), vec![(with_sources(1), old)], vec![log.clone()]);
        let mut test = Self { world, log, listeners: Vec::new() };
        let slow = Link::Slow { per_second: 40_000, buffer: 60_000 };
        test.listeners = [Link::Fast, Link::Erratic, slow].map(|link| test.world.tune_in("/1", link)).into();
        test.world.pass(2 * SECOND);
        test
    }

    /// Replaces the input by one with this name.
    fn replace(&mut self, name: &str, when: ReplaceWhen) -> Rc<RefCell<Knobs>> {
        let tone = Tone::new(name, &self.log);
        let knobs = tone.knobs.clone();
        self.replace_by(vec![Box::new(tone)], when);
        knobs
    }

    fn replace_by(&mut self, inputs: Vec<Box<dyn Input>>, when: ReplaceWhen) {
        self.world.server.replace_inputs(self.world.keys[0], inputs, when, self.world.now);
    }

    fn pass(&mut self, seconds: u32) {
        self.world.pass(SECOND * seconds);
    }

    fn played_by(&self, name: &str) -> u64 {
        self.log.borrow().played_by(name)
    }

    fn upcoming(&self) -> Vec<String> {
        self.world.station(0).upcoming_titles()
    }

    /// Fails unless all listeners have heard these titles first, without a lost or a silent frame.
    #[track_caller]
    fn assert_heard(&self, titles: &[&str], connected_for: u32) {
        assert_undisturbed(&self.world, &self.listeners, SECOND * connected_for);
        for &listener in &self.listeners {
            let heard = &self.world.ear(listener).titles;
            assert!(heard.len() >= titles.len() && heard[..titles.len()] == *titles, "{heard:?}");
        }
    }
}

#[test]
fn new_music_begins_when_the_track_on_air_has_ended() {
    let mut test = MusicTest::new();
    assert_eq!(test.upcoming(), ["Old 2", "Old 3"]);
    test.replace("New", ReplaceWhen::AtTrackEnd);
    assert_eq!(test.upcoming(), ["New 1", "New 2"], "at once");
    test.pass(2);
    assert_eq!((test.world.station(0).title(), test.played_by("New")), ("Old 1", 0));
    test.pass(20);
    assert_eq!(test.played_by("Old"), TRACK, "the whole track");
    test.assert_heard(&["Old 1", "New 1", "New 2"], 24);
}

#[test]
fn new_music_begins_at_once_on_request() {
    let mut test = MusicTest::new();
    test.replace("New", ReplaceWhen::Now);
    test.pass(2);
    assert_eq!(test.world.station(0).title(), "New 1");
    assert!(test.played_by("Old") < TRACK);
    test.pass(3);
    test.assert_heard(&["Old 1", "New 1"], 7);
}

#[test]
fn only_the_last_of_several_changes_within_a_track_is_played() {
    let mut test = MusicTest::new();
    let changes: Vec<_> =
        (0..20).map(|n| test.replace(&format!("Change {n}"), ReplaceWhen::AtTrackEnd)).collect();
    let alive = changes.iter().filter(|knobs| Rc::strong_count(knobs) > 1).count();
    assert_eq!(alive, 1, "the others are dropped at once");
    test.pass(20);
    test.assert_heard(&["Old 1", "Change 19 1"], 22);
}

#[test]
fn removed_music_ends_after_the_track_and_added_music_begins_at_once() {
    let mut test = MusicTest::new();
    test.replace_by(Vec::new(), ReplaceWhen::AtTrackEnd);
    test.pass(20);
    assert_eq!(test.played_by("Old"), TRACK, "the whole track");
    assert!(test.world.station(0).silent_since().is_some());
    assert_eq!(test.world.station(0).input_names().count(), 0);
    let silent_frames = test.world.ear(test.listeners[0]).silent_frames;
    assert!(silent_frames > 200, "{silent_frames}");
    test.replace("New", ReplaceWhen::AtTrackEnd);
    test.pass(2);
    assert_eq!(test.world.station(0).title(), "New 1");
    test.pass(8);
    for &listener in &test.listeners {
        let ear = test.world.ear(listener);
        assert_eq!(
            (ear.skips, &ear.titles[..]),
            (0, &["Old 1".to_owned(), String::new(), "New 1".into()][..])
        );
    }
}

#[test]
fn music_that_is_not_ready_lets_the_old_music_play_another_track() {
    let mut test = MusicTest::new();
    let knobs = test.replace("New", ReplaceWhen::AtTrackEnd);
    knobs.borrow_mut().readiness = Readiness::Pending;
    test.pass(15);
    assert_eq!(test.world.station(0).title(), "Old 2", "no silence");
    knobs.borrow_mut().readiness = Readiness::Ready;
    test.pass(15);
    assert_eq!(test.played_by("Old"), 2 * TRACK);
    test.assert_heard(&["Old 1", "Old 2", "New 1"], 32);
}

#[test]
fn music_that_becomes_ready_within_the_timeout_follows_without_another_track() {
    let mut test = MusicTest::new();
    let knobs = test.replace("New", ReplaceWhen::AtTrackEnd);
    knobs.borrow_mut().readiness = Readiness::Pending;
    while test.played_by("Old") < TRACK {
        test.world.pass(Duration::from_millis(100));
    }
    test.world.pass(Duration::from_millis(1000));
    knobs.borrow_mut().readiness = Readiness::Ready;
    test.pass(10);
    assert_eq!(test.played_by("Old"), TRACK);
    test.assert_heard(&["Old 1", "New 1"], 15);
}

#[test]
fn music_without_a_playable_track_ends_in_silence() {
    let mut test = MusicTest::new();
    test.replace("New", ReplaceWhen::AtTrackEnd).borrow_mut().readiness = Readiness::Idle;
    test.pass(20);
    assert_eq!(test.played_by("Old"), TRACK);
    assert!(test.world.station(0).silent_since().is_some());
}

#[test]
fn music_is_exchanged_underneath_a_live_source() {
    let mut test = MusicTest::new();
    let mut encoder = Encoder::new(&test.log, 1, Header::DEFAULT);
    let source = log_in(&mut test.world, "/1");
    let play = |test: &mut MusicTest, encoder: &mut Encoder, seconds: u32| {
        for _ in 0..seconds * 10 {
            let audio = encoder.seconds(0.1);
            test.world.feed(source, &audio);
            test.world.pass(SECOND / 10);
        }
    };
    play(&mut test, &mut encoder, 10);
    let played = test.played_by("Old");
    test.replace("New", ReplaceWhen::AtTrackEnd);
    assert_eq!(test.world.station(0).input_names().collect::<Vec<_>>(), ["New"], "at once");
    play(&mut test, &mut encoder, 10);
    test.world.disconnect(source);
    test.pass(10);
    assert_eq!((test.played_by("Old"), test.world.station(0).title()), (played, "New 1"));
    for &listener in &test.listeners {
        let ear = test.world.ear(listener);
        assert_eq!((ear.skips, ear.silent_frames), (0, 0));
        assert_eq!(ear.titles, ["Old 1", "", "New 1"]);
    }
}

#[test]
fn live_source_that_waits_for_the_end_of_the_track_goes_on_air_before_the_new_music() {
    let mut test = MusicTest::new();
    let mut settings = with_sources(1);
    settings.sources.live_start = LiveStart::EndOfTrack;
    test.world.server.apply_station(test.world.keys[0], settings, test.world.now).expect("no conflict");
    test.replace("New", ReplaceWhen::AtTrackEnd);
    let mut encoder = Encoder::new(&test.log, 1, Header::DEFAULT);
    let source = log_in(&mut test.world, "/1");
    for _ in 0..200 {
        let audio = encoder.seconds(0.1);
        test.world.feed(source, &audio);
        test.world.pass(SECOND / 10);
    }
    assert_eq!((test.played_by("Old"), test.played_by("New")), (TRACK, 0));
    assert_eq!(test.world.station(0).input_names().collect::<Vec<_>>(), ["New"]);
}

#[test]
fn skipped_track_is_followed_by_the_new_music() {
    let mut test = MusicTest::new();
    test.world.enable_admin();
    test.replace("New", ReplaceWhen::AtTrackEnd);
    let reply = test.world.post("/api/v1/admin/stations/1/skip", "").by_admin().send();
    assert!(reply.status() < 300, "{reply}");
    test.pass(2);
    assert_eq!(test.world.station(0).title(), "New 1");
    assert!(test.played_by("Old") < TRACK);
}

/// Tracks of ten milliseconds to ten seconds, replaced at any time.
#[test]
fn music_changes_at_random_without_a_lost_frame() {
    let mut test = MusicTest::new();
    let mut rng = fastrand::Rng::with_seed(seed(33));
    let mut passed = Duration::from_secs(2);
    for number in 0..300 {
        let knobs = test.replace(&format!("Music {number}"), ReplaceWhen::AtTrackEnd);
        knobs.borrow_mut().frames_per_track = rng.u64(1..400);
        let time = Duration::from_millis(rng.u64(0..6000));
        test.world.pass(time);
        passed += time;
    }
    assert_undisturbed(&test.world, &test.listeners, passed - 2 * SECOND);
    assert!(test.world.ear(test.listeners[0]).titles.len() > 100);
}
