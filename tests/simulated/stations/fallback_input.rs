//! The programme of another station as the last input: no listener is moved, and none hears silence.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::server::{Peer, RELAY_IDLE_GRACE};
use coldwave::settings::{FormatSettings, StationSettings};
use coldwave::station::{Input, Readiness};

use super::{SECOND, json, log_in, relay, station, status, with_sources};
use crate::log;
use crate::world::encoder::Encoder;
use crate::world::tone::{Knobs, Log, Tone};
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World, seed};

/// Stations that share the log of what was played. Those with `music` play a tone.
struct Test {
    world: World,
    log: Rc<RefCell<Log>>,
    knobs: Vec<Rc<RefCell<Knobs>>>,
    encoder: Encoder,
}

fn with_input(settings: StationSettings, input: u32) -> StationSettings {
    StationSettings { fallback_input: Some(format!("/{input}")), ..settings }
}

impl Test {
    /// Creates a world with these stations; `true` for those that have a tone.
    fn new(stations: Vec<(StationSettings, bool)>) -> Self {
        let log: Rc<RefCell<Log>> = Rc::default();
        let mut knobs = Vec::new();
        let logs = stations.iter().map(|_| log.clone()).collect();
        let with_inputs = |(settings, has_tone): (StationSettings, bool)| {
            let tone = Tone::new(&settings.name, &log);
            knobs.push(tone.knobs.clone());
            let inputs: Vec<Box<dyn Input>> = if has_tone { vec![Box::new(tone)] } else { Vec::new() };
            (settings, inputs)
        };
        let stations = stations.into_iter().map(with_inputs).collect();
        let world = World::with_inputs(seed(52), stations, logs);
        let encoder = Encoder::new(&log, 1, Header::DEFAULT);
        Self { world, log, knobs, encoder }
    }

    /// A station with sources, whose fallback plays a tone.
    fn pair() -> Self {
        Self::new(vec![(with_input(with_sources(1), 2), false), (station(2), true)])
    }

    fn tune_in(&mut self) -> Vec<Peer> {
        let slow = Link::Slow { per_second: 40_000, buffer: 60_000 };
        [Link::Fast, Link::Erratic, slow].map(|link| self.world.tune_in_to(0, "/1", link)).into()
    }

    /// Sends audio of a source in real time.
    fn play(&mut self, peer: Peer, seconds: u64) {
        for _ in 0..seconds * 10 {
            let audio = self.encoder.seconds(0.1);
            self.world.feed(peer, &audio);
            self.world.pass(SECOND / 10);
        }
    }

    /// Expects that the next frames were played before those that the listeners have heard last.
    fn expect_switch(&mut self, listeners: &[Peer]) {
        for &listener in listeners {
            self.world.socket_mut(listener).ear.as_mut().expect("a listener has an ear").expect_move();
        }
    }

    /// Fails unless all listeners are where they asked to be, and have heard no silence.
    #[track_caller]
    fn assert_heard(&self, listeners: &[Peer], encoders: &[u64]) {
        assert_eq!(self.world.listeners(0), listeners.len());
        for &listener in listeners {
            self.world.assert_listens(listener);
            let ear = self.world.ear(listener);
            assert_eq!((ear.silent_frames, ear.encoders()), (0, encoders.to_vec()));
        }
    }

    /// Returns how many silent frames a listener has heard.
    fn silence(&self, listener: Peer) -> u64 {
        self.world.ear(listener).silent_frames
    }
}

#[test]
fn listeners_stay_and_hear_no_silence_when_the_source_ends_and_returns() {
    let mut test = Test::pair();
    let source = log_in(&mut test.world, "/1");
    test.play(source, 5);
    let listeners = test.tune_in();
    test.play(source, 10);
    test.assert_heard(&listeners, &[1]);
    for (ends, lasts) in [(0, 3), (1, 20), (2, 300)] {
        let source = if ends == 0 { source } else { log_in(&mut test.world, "/1") };
        test.play(source, 6);
        let title = test.world.ear(listeners[0]).titles.last().cloned();
        assert!(ends == 0 || title.is_some_and(|title| title.is_empty()), "the source has no title");
        test.world.disconnect(source);
        test.world.pass(lasts * SECOND);
        test.assert_heard(&listeners, &[1]);
    }
    assert_eq!(test.world.listeners(1), 0, "no listener was moved");
    let titles = &test.world.ear(listeners[0]).titles;
    assert!(titles.last().is_some_and(|title| title.starts_with("Station 2")), "{titles:?}");
    let heard = test.world.ear(listeners[0]).frames as f64 * 1152.0 / 44_100.0;
    assert!((348.0..360.0).contains(&heard), "{heard} s in 351 s");
}

#[test]
fn station_without_a_source_begins_with_a_whole_burst_of_its_fallback() {
    let mut test = Test::pair();
    test.world.pass(20 * SECOND);
    let listeners = test.tune_in();
    test.world.pass(10 * SECOND);
    test.assert_heard(&listeners, &[]);
    let heard = test.world.ear(listeners[0]).frames as f64 * 1152.0 / 44_100.0;
    assert!((14.5..16.5).contains(&heard), "{heard} s after 10 s with a burst of 5 s");
    let page = json(&mut test.world, "/api/v1/stations");
    let stations = page["stations"].as_array().expect("stations");
    assert_eq!((&stations[0]["listeners"]["now"], &stations[1]["listeners"]["now"]), (&3.into(), &0.into()));
    assert!(stations[0]["title"]["text"].to_string().contains("Station 2"), "{page}");
}

#[test]
fn music_of_its_own_comes_before_the_fallback() {
    let mut test = Test::new(vec![(with_input(station(1), 2), true), (station(2), true)]);
    let listeners = test.tune_in();
    test.world.pass(10 * SECOND);
    let title = |test: &Test| test.world.ear(listeners[0]).titles.last().cloned().unwrap_or_default();
    assert!(title(&test).starts_with("Station 1"), "{}", title(&test));
    test.expect_switch(&listeners);
    test.knobs[0].borrow_mut().readiness = Readiness::Idle;
    test.world.pass(10 * SECOND);
    assert!(title(&test).starts_with("Station 2"), "{}", title(&test));
    test.expect_switch(&listeners);
    test.knobs[0].borrow_mut().readiness = Readiness::Ready;
    test.world.pass(10 * SECOND);
    assert!(title(&test).starts_with("Station 1"), "{}", title(&test));
    listeners.iter().for_each(|&listener| assert_eq!(test.silence(listener), 0));
}

#[test]
fn chain_of_fallbacks_plays_the_first_programme() {
    let chain = vec![
        (with_input(with_sources(1), 2), false),
        (with_input(with_sources(2), 3), false),
        (station(3), true),
    ];
    let mut test = Test::new(chain);
    let listeners = test.tune_in();
    test.world.pass(10 * SECOND);
    test.assert_heard(&listeners, &[]);
    // The station between gets a source.
    let source = log_in(&mut test.world, "/2");
    test.play(source, 10);
    test.assert_heard(&listeners, &[1]);
    test.world.disconnect(source);
    test.world.pass(10 * SECOND);
    test.assert_heard(&listeners, &[1]);
    let titles = &test.world.ear(listeners[0]).titles;
    assert!(titles.last().is_some_and(|title| title.starts_with("Station 3")), "{titles:?}");
}

#[test]
fn chain_of_too_many_fallbacks_plays_silence_with_one_warning() {
    let last = StationSettings::FALLBACK_INPUTS_MAX as u32 + 1;
    let silent = (1..last).map(|id| (with_input(with_sources(id), id + 1), false));
    let mut test = Test::new(silent.chain([(station(last), true)]).collect());
    log::collect();
    let listeners = test.tune_in();
    test.world.pass(30 * SECOND);
    let warning = "/1: its fallbacks are not used: more than 16 stations would play one another";
    assert_eq!(log::lines_with("not used"), [warning]);
    assert_eq!(test.silence(listeners[0]), test.world.ear(listeners[0]).frames);
    let station = test.world.station(15);
    assert!(station.silent_since().is_none(), "the last but one plays the last");
}

#[test]
fn circle_of_fallbacks_plays_silence() {
    let mut test = Test::new(vec![
        (with_input(with_sources(1), 2), false),
        (with_input(with_sources(2), 1), false),
        (with_input(station(3), 3), false),
    ]);
    let listener = test.tune_in()[0];
    test.world.pass(10 * SECOND);
    test.world.assert_listens(listener);
    assert_eq!(test.silence(listener), test.world.ear(listener).frames);
    // A source ends the silence of the station that has it.
    let source = log_in(&mut test.world, "/1");
    test.play(source, 5);
    assert_eq!(test.world.ear(listener).encoders(), [1]);
}

#[test]
fn circle_of_fallbacks_plays_the_station_that_has_a_source() {
    let mut test = Test::new(vec![
        (with_input(with_sources(1), 2), false),
        (with_input(with_sources(2), 3), false),
        (with_input(with_sources(3), 1), false),
    ]);
    let listener = test.tune_in()[0];
    let source = log_in(&mut test.world, "/3");
    test.play(source, 20);
    test.world.assert_listens(listener);
    assert_eq!(test.world.ear(listener).encoders(), [1]);
}

#[test]
fn fallback_that_stops_and_returns_is_followed() {
    let mut test = Test::pair();
    let listener = test.tune_in()[0];
    test.world.pass(10 * SECOND);
    test.knobs[1].borrow_mut().readiness = Readiness::Idle;
    test.world.pass(20 * SECOND);
    let silence = test.silence(listener);
    assert!((500..800).contains(&silence), "{silence} frames of silence in 20 s");
    test.knobs[1].borrow_mut().readiness = Readiness::Ready;
    test.world.pass(30 * SECOND);
    test.world.assert_listens(listener);
    assert!(test.silence(listener) < silence + 60, "{} after {silence}", test.silence(listener));
}

#[test]
fn fallback_of_another_format_is_not_used_while_there_are_listeners_of_the_source() {
    for header in [Header::new_aac(44_100, 2, 200), Header::new_mp3(22_050, 1, 64)] {
        let mut test = Test::new(vec![(with_input(with_sources(1), 2), false), (station(2), true)]);
        test.knobs[1].borrow_mut().formats = vec![header.expect("a format")];
        let source = log_in(&mut test.world, "/1");
        test.play(source, 5);
        let listener = test.world.tune_in_to(0, "/1", Link::Fast);
        test.play(source, 5);
        test.world.disconnect(source);
        test.world.pass(20 * SECOND);
        test.world.assert_listens(listener);
        let ear = test.world.ear(listener);
        assert_eq!((ear.formats.len(), ear.encoders()), (1, vec![1]));
        assert!(ear.silent_frames > 500, "{}", ear.silent_frames);
        // As soon as the formats agree, it is used.
        test.knobs[1].borrow_mut().formats = vec![Header::DEFAULT];
        test.world.pass(30 * SECOND);
        let silence = test.silence(listener);
        test.world.pass(10 * SECOND);
        assert_eq!(test.silence(listener), silence);
        test.world.assert_listens(listener);
    }
}

#[test]
fn station_of_a_fixed_format_uses_no_other() {
    let format = FormatSettings { rate: Some(48_000), channels: Some(2), kbps: Some(128) };
    let fixed = StationSettings { format, ..with_sources(1) };
    let mut test = Test::new(vec![(with_input(fixed, 2), false), (station(2), true)]);
    test.world.pass(10 * SECOND);
    assert!(test.world.station(0).silent_since().is_some());
    test.knobs[1].borrow_mut().formats = vec![Header::new_mp3(48_000, 2, 96).expect("a format")];
    test.world.pass(30 * SECOND);
    assert!(test.world.station(0).silent_since().is_none());
}

#[test]
fn on_demand_relay_is_connected_for_the_listeners_of_the_station_whose_fallback_it_is() {
    let relayed = relay(2, "http://radio.example/live", true);
    let chain = vec![
        (with_input(with_sources(1), 3), false),
        (relayed, false),
        (with_input(with_sources(3), 2), false),
    ];
    let mut test = Test::new(chain);
    test.world.pass(60 * SECOND);
    assert!(test.world.dials.is_empty(), "there are no listeners");
    let listener = test.world.tune_in_to(0, "/1", Link::Fast);
    test.world.wait_for_dial();
    let mut upstream = FakeUpstream::accept(&mut test.world, Encoder::new(&test.log, 2, Header::DEFAULT));
    upstream.answer_icy(&mut test.world);
    upstream.play(&mut test.world, 20.0);
    assert!(test.world.is_relaying(1));
    test.world.assert_listens(listener);
    assert_eq!(test.world.ear(listener).encoders(), [2]);
    // A source of its own needs no relay.
    let source = log_in(&mut test.world, "/1");
    for _ in 0..RELAY_IDLE_GRACE.as_secs() + 20 {
        test.play(source, 1);
        if test.world.is_relaying(1) {
            upstream.send(&mut test.world, 1.0);
        }
    }
    assert!(!test.world.is_relaying(1), "the relay is not wanted any more");
    test.world.assert_listens(listener);
}

#[test]
fn reload_adds_changes_and_removes_the_fallback_while_it_plays() {
    let plain = || vec![with_sources(1), station(2), station(3)];
    let with = |input| vec![with_input(with_sources(1), input), station(2), station(3)];
    let stations = plain().into_iter().map(|settings| (settings.clone(), settings.id > 1)).collect();
    let mut test = Test::new(stations);
    let listeners = test.tune_in();
    test.world.pass(5 * SECOND);
    let silence = |test: &Test| test.silence(listeners[0]);
    assert!(silence(&test) > 100);
    for (input, name) in [(2, "Station 2"), (3, "Station 3"), (2, "Station 2")] {
        test.world.reload(with(input));
        test.expect_switch(&listeners);
        test.world.pass(5 * SECOND);
        let before = silence(&test);
        test.world.pass(20 * SECOND);
        assert_eq!(silence(&test), before, "{input}");
        let titles = &test.world.ear(listeners[0]).titles;
        assert!(titles.last().is_some_and(|title| title.starts_with(name)), "{titles:?}");
    }
    let before = silence(&test);
    test.world.reload(plain());
    test.world.pass(10 * SECOND);
    assert!(silence(&test) > before + 200, "{} after {before}", silence(&test));
    // The other station is removed while its programme is on air.
    test.world.reload(with(2));
    test.world.pass(10 * SECOND);
    test.world.reload(vec![with_input(with_sources(1), 2), station(3)]);
    test.world.pass(10 * SECOND);
    assert!(test.world.station(0).silent_since().is_some());
    listeners.iter().for_each(|&listener| test.world.assert_listens(listener));
    assert_eq!((test.world.listeners(0), status(&mut test.world, "/1")), (3, 200));
}

#[test]
fn source_that_stalls_is_covered_by_the_fallback_and_comes_back() {
    let mut test = Test::pair();
    let source = log_in(&mut test.world, "/1");
    test.play(source, 5);
    let listener = test.world.tune_in_to(0, "/1", Link::Fast);
    test.play(source, 5);
    test.world.pass(Duration::from_secs(6));
    assert_eq!(test.silence(listener), 0);
    test.play(source, 20);
    let last = test.world.ear(listener).last_number(1);
    test.play(source, 5);
    assert!(test.world.ear(listener).last_number(1) > last, "the source is on air again");
    assert_eq!(test.silence(listener), 0);
}
