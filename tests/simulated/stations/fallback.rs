//! Listeners that are moved to the fallback of their station, and back.

use std::cell::RefCell;
use std::rc::Rc;

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{StationCodec, StationSettings};
use coldwave::station::{Input, Readiness};

use super::{SECOND, relay, station, status};
use crate::world::encoder::Encoder;
use crate::world::tone::{Knobs, Log, Tone};
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World, seed};

/// Stations that share the log of what was played, so that an ear can follow its listener from one to
/// another.
struct FallbackTest {
    world: World,
    knobs: Vec<Rc<RefCell<Knobs>>>,
}

fn with_fallback(id: u32, fallback: u32) -> StationSettings {
    StationSettings { fallback: Some(format!("/{fallback}")), ..station(id) }
}

impl FallbackTest {
    fn new(stations: Vec<StationSettings>) -> Self {
        let log: Rc<RefCell<Log>> = Rc::default();
        let mut knobs = Vec::new();
        let mut logs = Vec::new();
        let mut with_tone = |settings: StationSettings| {
            let tone = Tone::new(&settings.name, &log);
            knobs.push(tone.knobs.clone());
            logs.push(log.clone());
            let inputs: Vec<Box<dyn Input>> = vec![Box::new(tone)];
            (settings, inputs)
        };
        let stations = stations.into_iter().map(&mut with_tone).collect();
        Self { world: World::with_inputs(seed(41), stations, logs), knobs }
    }

    /// Connects listeners over every kind of link.
    fn tune_in(&mut self, station: usize) -> Vec<Peer> {
        let slow = Link::Slow { per_second: 40_000, buffer: 60_000 };
        let path = format!("/{}", station + 1);
        [Link::Fast, Link::Erratic, slow].map(|link| self.world.tune_in_to(station, &path, link)).into()
    }

    fn expect_move(&mut self, listeners: &[Peer]) {
        for &listener in listeners {
            self.world.socket_mut(listener).ear.as_mut().expect("a listener has an ear").expect_move();
        }
    }

    fn remove(&mut self, station: usize) {
        let key = self.world.keys[station];
        assert!(self.world.server.remove_station(key, self.world.now));
    }

    /// Fails unless the listeners hear this station, without silence since they were moved.
    #[track_caller]
    fn assert_hear(&self, listeners: &[Peer], name: &str) {
        for &listener in listeners {
            self.world.assert_listens(listener);
            let ear = self.world.ear(listener);
            let title = ear.titles.last().expect("a title");
            assert!(title.starts_with(name), "{title}");
        }
    }

    fn reasons(&self) -> Vec<CloseReason> {
        let ended = self.world.ended.borrow();
        ended.iter().filter(|it| it.request_line.starts_with("GET /")).map(|it| it.reason).collect()
    }
}

#[test]
fn listeners_of_removed_stations_follow_the_chain_of_fallbacks() {
    // In any order, also if a fallback is removed before the station that names it.
    for order in [[0, 1], [1, 0]] {
        let mut test =
            FallbackTest::new(vec![with_fallback(1, 2), with_fallback(2, 3), station(3), station(4)]);
        let listeners = [test.tune_in(0), test.tune_in(1)].concat();
        let others = test.tune_in(3);
        test.world.pass(10 * SECOND);
        test.expect_move(&listeners);
        order.into_iter().for_each(|station| test.remove(station));
        assert_eq!((test.world.listeners(2), test.world.listeners(3)), (6, 3), "at once");
        test.world.pass(20 * SECOND);
        test.assert_hear(&listeners, "Station 3");
        test.assert_hear(&others, "Station 4");
        for &listener in listeners.iter().chain(&others) {
            assert_eq!(test.world.ear(listener).silent_frames, 0);
            assert!(test.world.ear(listener).frames > 28 * 38, "{}", test.world.ear(listener).frames);
        }
        assert_eq!(test.reasons(), []);
        let page = test.world.get("/api/v1/stations").send().json();
        assert_eq!(page["stations"][0]["listeners"]["now"], 6, "{page}");
    }
}

#[test]
fn listeners_without_a_place_in_the_fallback_are_closed_with_a_reason() {
    let full = StationSettings { max_listeners: Some(4), ..station(2) };
    let mut test = FallbackTest::new(vec![with_fallback(1, 2), full]);
    let listeners = test.tune_in(0);
    let there = test.tune_in(1);
    test.world.pass(10 * SECOND);
    test.expect_move(&listeners);
    test.remove(0);
    test.world.pass(10 * SECOND);
    assert_eq!(test.world.listeners(1), 4);
    let open = |peer: &&Peer| !test.world.socket(**peer).finished && !test.world.socket(**peer).closed;
    assert_eq!(listeners.iter().filter(open).count(), 1);
    test.assert_hear(&there, "Station 2");
    let closed = listeners.iter().filter(|peer| !open(peer)).copied().collect::<Vec<_>>();
    for peer in closed {
        assert!(test.world.ear(peer).is_at_frame_boundary(), "each got the rest of its frame");
        if !test.world.socket(peer).closed {
            test.world.disconnect(peer);
        }
    }
    assert_eq!(test.reasons(), [CloseReason::StationRemoved; 2]);
}

#[test]
fn fallback_of_another_codec_takes_no_listeners() {
    let aac = StationSettings { codec: StationCodec::Aac, is_codec_given: true, ..station(2) };
    let mut test = FallbackTest::new(vec![with_fallback(1, 2), aac]);
    test.knobs[1].borrow_mut().formats = vec![Header::new_aac(44_100, 2, 200).expect("a format")];
    let listener = test.tune_in(0)[0];
    test.world.pass(5 * SECOND);
    test.remove(0);
    test.world.pass(2 * SECOND);
    assert_eq!(test.world.listeners(1), 0);
    assert!(test.world.socket(listener).finished && test.world.ear(listener).is_at_frame_boundary());
}

#[test]
fn circle_of_fallbacks_ends() {
    let mut test = FallbackTest::new(vec![with_fallback(1, 2), with_fallback(2, 1), with_fallback(3, 9)]);
    let listeners = [test.tune_in(0), test.tune_in(1), test.tune_in(2)].concat();
    test.world.pass(5 * SECOND);
    for station in 0..3 {
        test.world.server.hand_over_listeners(test.world.keys[station], test.world.now);
    }
    [0, 1, 2].into_iter().for_each(|station| test.remove(station));
    test.world.pass(2 * SECOND);
    assert!(listeners.iter().all(|&peer| test.world.socket(peer).finished), "{:?}", test.reasons());
}

#[test]
fn listeners_of_a_silent_station_hear_its_fallback_until_it_has_a_programme() {
    let mut silent = with_fallback(1, 2);
    silent.sources.max_silence = 10 * SECOND;
    let mut test = FallbackTest::new(vec![silent, station(2)]);
    let listeners = test.tune_in(0);
    test.world.pass(10 * SECOND);
    test.expect_move(&listeners);
    test.knobs[0].borrow_mut().readiness = Readiness::Idle;
    test.world.pass(9 * SECOND);
    assert_eq!((test.world.listeners(0), test.world.listeners(1)), (3, 0));
    test.world.pass(3 * SECOND);
    assert_eq!((test.world.listeners(0), test.world.listeners(1)), (0, 3));
    test.world.pass(20 * SECOND);
    test.assert_hear(&listeners, "Station 2");
    // New listeners hear the fallback too.
    assert_eq!(status(&mut test.world, "/1"), 200);
    let late = test.tune_in(0);
    let own = test.tune_in(1);
    test.world.pass(5 * SECOND);
    test.assert_hear(&late, "Station 2");
    assert_eq!((test.world.listeners(0), test.world.listeners(1)), (0, 9));

    // A short programme is not worth a move.
    test.knobs[0].borrow_mut().readiness = Readiness::Ready;
    test.world.pass(3 * SECOND);
    test.knobs[0].borrow_mut().readiness = Readiness::Idle;
    test.world.pass(5 * SECOND);
    assert_eq!((test.world.listeners(0), test.world.listeners(1)), (0, 9));

    test.expect_move(&[listeners.clone(), late.clone()].concat());
    test.knobs[0].borrow_mut().readiness = Readiness::Ready;
    test.world.pass(7 * SECOND);
    assert_eq!((test.world.listeners(0), test.world.listeners(1)), (6, 3));
    test.world.pass(10 * SECOND);
    test.assert_hear(&listeners, "Station 1");
    test.assert_hear(&late, "Station 1");
    test.assert_hear(&own, "Station 2");
    assert_eq!(test.reasons(), []);
}

#[test]
fn silent_fallback_leads_to_its_own_or_to_the_end() {
    let silent = |id, fallback| {
        let mut settings: StationSettings = with_fallback(id, fallback);
        settings.sources.max_silence = 10 * SECOND;
        settings
    };
    let mut last = station(3);
    last.sources.max_silence = 10 * SECOND;
    let mut test = FallbackTest::new(vec![silent(1, 2), silent(2, 3), last]);
    let listeners = test.tune_in(0);
    test.world.pass(5 * SECOND);
    test.expect_move(&listeners);
    (0..2).for_each(|at| test.knobs[at].borrow_mut().readiness = Readiness::Idle);
    test.world.pass(20 * SECOND);
    assert_eq!([0, 1, 2].map(|at| test.world.listeners(at)), [0, 0, 3]);
    test.assert_hear(&listeners, "Station 3");
    test.knobs[2].borrow_mut().readiness = Readiness::Idle;
    test.world.pass(20 * SECOND);
    assert_eq!([0, 1, 2].map(|at| test.world.listeners(at)), [0, 0, 0]);
    assert!(listeners.iter().all(|&peer| test.world.socket(peer).finished));
    assert_eq!(status(&mut test.world, "/1"), 503, "there is nothing to hear");
}

#[test]
fn listeners_return_after_a_second_move() {
    for is_removed in [false, true] {
        let mut settings = [with_fallback(1, 2), with_fallback(2, 3), station(3)];
        settings.iter_mut().for_each(|it| it.sources.max_silence = 10 * SECOND);
        let mut test = FallbackTest::new(settings.into());
        let listeners = test.tune_in(0);
        test.world.pass(10 * SECOND);
        test.expect_move(&listeners);
        test.knobs[0].borrow_mut().readiness = Readiness::Idle;
        test.world.pass(15 * SECOND);
        assert_eq!([0, 1, 2].map(|at| test.world.listeners(at)), [0, 3, 0]);
        test.expect_move(&listeners);
        if is_removed {
            test.remove(1);
        } else {
            test.knobs[1].borrow_mut().readiness = Readiness::Idle;
        }
        test.world.pass(15 * SECOND);
        assert_eq!([0, 1, 2].map(|at| test.world.listeners(at)), [0, 0, 3]);
        test.expect_move(&listeners);
        test.knobs[0].borrow_mut().readiness = Readiness::Ready;
        test.world.pass(8 * SECOND);
        assert_eq!([0, 1, 2].map(|at| test.world.listeners(at)), [3, 0, 0], "removed: {is_removed}");
        test.world.pass(10 * SECOND);
        test.assert_hear(&listeners, "Station 1");
        assert_eq!(test.reasons(), []);
    }
}

#[test]
fn listener_that_an_administrator_has_moved_does_not_return() {
    let mut silent = with_fallback(1, 2);
    silent.sources.max_silence = 10 * SECOND;
    let mut test = FallbackTest::new(vec![silent, station(2), station(3)]);
    test.world.enable_admin();
    let listeners = test.tune_in(0);
    test.world.pass(10 * SECOND);
    test.expect_move(&listeners);
    test.knobs[0].borrow_mut().readiness = Readiness::Idle;
    test.world.pass(15 * SECOND);
    test.expect_move(&listeners);
    let target = "/admin/moveclients?mount=/2&destination=/3";
    assert_eq!(test.world.get(target).by_admin().send().status(), 200);
    test.world.pass(5 * SECOND);
    test.knobs[0].borrow_mut().readiness = Readiness::Ready;
    test.world.pass(20 * SECOND);
    assert_eq!([0, 1, 2].map(|at| test.world.listeners(at)), [0, 0, 3]);
    test.assert_hear(&listeners, "Station 3");
}

#[test]
fn reload_moves_as_many_listeners_as_the_new_limit_allows() {
    let limited = |max| StationSettings { max_listeners: max, ..station(2) };
    for (before, after, moved) in [(Some(1), Some(100), 3), (None, Some(2), 2), (Some(1), None, 3)] {
        let mut test = FallbackTest::new(vec![with_fallback(1, 2), limited(before)]);
        let listeners = test.tune_in(0);
        test.world.pass(10 * SECOND);
        test.expect_move(&listeners);
        test.world.reload(vec![limited(after)]);
        assert_eq!(test.world.listeners(1), moved, "{before:?} -> {after:?}");
        test.world.pass(5 * SECOND);
        assert_eq!(test.world.listeners(1), moved);
    }
}

/// An on-demand relay without other inputs, whose fallback plays a tone, and its upstream.
struct RelayTest {
    world: World,
    upstream: FakeUpstream,
}

impl RelayTest {
    /// Returns one whose upstream has streamed to a listener for a while.
    fn new() -> (Self, Peer) {
        let log: Rc<RefCell<Log>> = Rc::default();
        let mut settings = relay(1, "http://radio.example/live", true);
        settings.fallback = Some("/2".into());
        settings.sources.max_silence = 10 * SECOND;
        let tone: Vec<Box<dyn Input>> = vec![Box::new(Tone::new("Station 2", &log))];
        let stations = vec![(settings, Vec::new()), (station(2), tone)];
        let mut world = World::with_inputs(seed(43), stations, vec![log.clone(), log]);
        let listener = world.tune_in("/1", Link::Fast);
        let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
        let upstream = FakeUpstream::accept(&mut world, encoder);
        let mut test = Self { world, upstream };
        test.stream(15.0);
        (test, listener)
    }

    fn stream(&mut self, seconds: f64) {
        self.upstream.answer_icy(&mut self.world);
        self.upstream.send(&mut self.world, 3.0);
        self.upstream.play(&mut self.world, seconds);
    }

    /// Lets all connections to the upstream fail for this time.
    fn fail_for(&mut self, seconds: u32) {
        if !self.world.socket(self.upstream.peer).closed {
            self.world.disconnect(self.upstream.peer);
        }
        for _ in 0..seconds * 10 {
            while !self.world.dials.is_empty() {
                self.world.refuse_dial();
            }
            self.world.pass(SECOND / 10);
        }
    }

    fn expect_move(&mut self, listener: Peer) {
        self.world.socket_mut(listener).ear.as_mut().expect("a listener has an ear").expect_move();
    }

    fn listeners(&self) -> [usize; 2] {
        [0, 1].map(|at| self.world.listeners(at))
    }
}

#[test]
fn listeners_of_an_on_demand_relay_return_when_its_upstream_does() {
    let (mut test, first) = RelayTest::new();
    test.expect_move(first);
    test.fail_for(40);
    assert_eq!(test.listeners(), [0, 1]);
    // New listeners hear the fallback at once.
    let late = test.world.tune_in("/1", Link::Fast);
    assert_eq!(test.listeners(), [0, 2]);
    test.fail_for(5);
    assert_eq!(test.world.ear(late).silent_frames, 0);
    assert!(test.world.ear(late).frames > 150, "{}", test.world.ear(late).frames);

    test.world.wait_for_dial();
    test.upstream.reconnect(&mut test.world);
    [first, late].into_iter().for_each(|listener| test.expect_move(listener));
    test.stream(10.0);
    assert_eq!(test.listeners(), [2, 0]);
    test.upstream.play(&mut test.world, 30.0);
    assert!(!test.world.socket(test.upstream.peer).closed, "it has listeners");
    for listener in [first, late] {
        test.world.assert_listens(listener);
        assert!(test.world.ear(listener).live_frames > 1000, "{}", test.world.ear(listener).live_frames);
    }
}

#[test]
fn on_demand_relay_gives_up_when_its_listeners_have_left_the_fallback() {
    let (mut test, listener) = RelayTest::new();
    test.expect_move(listener);
    test.fail_for(40);
    assert_eq!(test.listeners(), [0, 1]);
    test.world.wait_for_dial();
    test.world.refuse_dial();
    test.world.disconnect(listener);
    test.fail_for(15);
    test.world.pass(300 * SECOND);
    assert!(test.world.dials.is_empty(), "there is no listener");
}

#[test]
fn fallback_that_listeners_do_not_find_passes_them_on() {
    let off_air = StationSettings { only_while_on_air: true, ..with_fallback(2, 3) };
    let mut test = FallbackTest::new(vec![with_fallback(1, 2), off_air, station(3)]);
    test.knobs[1].borrow_mut().readiness = Readiness::Idle;
    test.world.pass(5 * SECOND);
    assert_eq!(status(&mut test.world, "/2"), 404);
    let listeners = test.tune_in(0);
    test.world.pass(10 * SECOND);
    test.expect_move(&listeners);
    test.remove(0);
    assert_eq!([1, 2].map(|at| test.world.listeners(at)), [0, 3]);
    test.world.pass(10 * SECOND);
    test.assert_hear(&listeners, "Station 3");
}
