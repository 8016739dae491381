//! The encoder dies, hangs, is late or cannot be started: the index of a rendition goes on, and nothing else
//! is affected.

use std::time::Duration;

use coldwave::server::Peer;
use coldwave::settings::StationSettings;
use coldwave::station::{LADDER_LEAD_IN, RenditionState};
use coldwave::time::AudioTime;
use coldwave::transcode::Rung;
use fastrand::Rng;

use super::{
    Live, RUNGS, SECOND, assert_seamless, assert_undisturbed, delay, ladder, ladders, mount, seconds, start,
    station, tune_in_to_all, world,
};
use crate::log::{collect, lines_with};
use crate::world::ladders::LadderStart;
use crate::world::{Setup, World, seed};
use coldwave::audio::Header;

/// Fails unless the listeners of the rungs have missed nothing, and the station was not disturbed.
#[track_caller]
fn assert_nothing_lost(world: &World, listeners: &[Peer]) {
    assert_undisturbed(world, listeners[0]);
    for &listener in &listeners[1..] {
        assert_seamless(world, listener);
        let ear = world.ear(listener);
        assert!(ear.rung.step_max <= 1 && ear.silent_frames <= 2, "{:?}", ear.rung);
    }
}

/// Fails unless an encoder gets enough audio before each of its first frames.
#[track_caller]
fn assert_lead_in(start: &LadderStart) {
    for rung in &start.rungs {
        let samples = rung.first * Rung::samples_per_frame(rung.format);
        let first = AudioTime::from_samples(samples.saturating_sub(1152), rung.format.rate);
        let lead_in = first.saturating_sub(start.start).duration();
        let frame = Duration::from_millis(73);
        assert!(lead_in + frame >= LADDER_LEAD_IN, "{lead_in:?} before {rung:?}");
    }
}

/// An encoder that dies twice before it has returned anything gets no audio again that it has had.
#[test]
fn nothing_is_lost_when_the_encoder_dies_at_any_moment() {
    let mut world = world(station(), &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    let mut rng = Rng::with_seed(seed(11));
    world.pass(10 * SECOND);
    for _ in 0..100 {
        ladders(&world).kill();
        world.pass(seconds(0.6 + rng.f64() * 3.0));
    }
    world.pass(5 * SECOND);
    assert_nothing_lost(&world, &listeners);
    let starts = ladders(&world).starts();
    assert_eq!((starts.len(), ladders(&world).running()), (101, 1));
    starts[1..].iter().for_each(assert_lead_in);
    assert!(delay(world.station(0), world.station(1)) < SECOND);
}

#[test]
fn encoder_that_is_gone_for_a_second_and_a_half_loses_nothing() {
    let mut world = world(station(), &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    for _ in 0..10 {
        ladders(&world).set(|knobs| knobs.unavailable = Some("no encode worker can be started".into()));
        ladders(&world).kill();
        world.pass(seconds(0.5));
        ladders(&world).set(|knobs| knobs.unavailable = None);
        world.pass(20 * SECOND);
    }
    assert_nothing_lost(&world, &listeners);
}

/// Returns the state of the rendition, its gaps and its restarts.
fn status(world: &mut World, at: usize) -> (RenditionState, u64, Duration, u64) {
    let now = world.now;
    let snapshot = world.server.admin_snapshot(now);
    let station = snapshot.stations.iter().find(|it| it.public.mount == mount(at)).expect("a station");
    let status = station.rendition.clone().expect("a rendition");
    (status.state, status.gaps, status.gap_length, status.restarts)
}

#[test]
fn encoder_that_hangs_makes_a_gap_of_silence_and_returns() {
    collect();
    let mut world = with_other_station();
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    ladders(&world).set(|knobs| knobs.hangs = true);
    world.pass(5 * SECOND);
    ladders(&world).set(|knobs| knobs.hangs = false);
    let (state, gaps, ..) = status(&mut world, 3);
    assert!(matches!(state, RenditionState::Gap(_)) && gaps == 1, "{state:?} {gaps}");
    world.pass(30 * SECOND);
    assert_undisturbed(&world, listeners[0]);
    assert_undisturbed(&world, listeners[7]);
    for (&listener, rung) in listeners[1..7].iter().zip(RUNGS) {
        world.assert_listens(listener);
        let ear = world.ear(listener);
        let gap = ear.rung.gap_frames as f64 * Rung::samples_per_frame(super::format(rung)) as f64;
        let gap = gap / f64::from(rung.0);
        assert!((7.0..13.0).contains(&gap), "{gap} s of silence");
        assert_eq!((ear.rung.skips, ear.formats.len()), (0, 1), "the index goes on");
    }
    let (state, gaps, length, restarts) = status(&mut world, 3);
    assert_eq!((state, gaps), (RenditionState::Encoding, 1));
    assert!(length > 7 * SECOND && restarts <= 1, "{length:?} {restarts}");
    assert_eq!(lines_with("/live: the renditions play silence").len(), 1);
    assert_eq!(lines_with("/live: renditions are encoded again").len(), 1);
    assert!(delay(world.station(0), world.station(1)) < SECOND);
}

/// Creates a world with the station, its renditions and another station.
fn with_other_station() -> World {
    let other = StationSettings { id: 20, mount: "/other".into(), ..station() };
    start(Setup::with([ladder(station(), &RUNGS), vec![other]].concat()))
}

#[test]
fn station_without_an_encoder_plays_and_its_renditions_are_silent() {
    collect();
    let mut world = with_other_station();
    ladders(&world).set(|knobs| knobs.unavailable = Some("no encode worker can be started".into()));
    let listeners = tune_in_to_all(&mut world);
    world.pass(60 * SECOND);
    for &listener in &listeners[1..7] {
        world.assert_listens(listener);
        let ear = world.ear(listener);
        assert!(ear.silent_frames > 2_000 && ear.rung.frames == 0, "{}", ear.silent_frames);
    }
    assert_undisturbed(&world, listeners[0]);
    assert_undisturbed(&world, listeners[7]);
    let lines = lines_with("/live: the renditions play silence");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("no encode worker can be started"), "{lines:?}");
    ladders(&world).set(|knobs| knobs.unavailable = None);
    world.pass(20 * SECOND);
    for &listener in &listeners[1..7] {
        assert_seamless(&world, listener);
        assert!(world.ear(listener).rung.frames > 600);
    }
}

/// However often it is tried to start one.
#[test]
fn encoder_that_stays_away_is_replaced_by_silence_within_three_seconds() {
    let mut world = world(station(), &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    ladders(&world).set(|knobs| knobs.unavailable = Some("no encode worker can be started".into()));
    ladders(&world).kill();
    let mut progress = vec![(0, world.now); listeners.len()];
    for _ in 0..600 {
        world.pass(seconds(0.1));
        for (peer, (frames, since)) in listeners.iter().zip(&mut progress) {
            if world.ear(*peer).frames > *frames {
                (*frames, *since) = (world.ear(*peer).frames, world.now);
            }
            assert!(world.now.since(*since) <= 3 * SECOND, "{peer:?} gets nothing");
        }
    }
    ladders(&world).set(|knobs| knobs.unavailable = None);
    world.pass(20 * SECOND);
    for &listener in &listeners[1..] {
        let ear = world.ear(listener);
        assert!(ear.rung.gap_frames > 2_000 && ear.rung.skips == 0, "{:?}", ear.rung);
    }
    assert!(delay(world.station(0), world.station(1)) < SECOND);
}

#[test]
fn slow_encoder_delays_its_frames_and_loses_none() {
    for millis in [100, 500, 1_000, 1_500] {
        let mut world = world(station(), &RUNGS);
        ladders(&world).set(|knobs| knobs.delay = Duration::from_millis(millis));
        let listeners = tune_in_to_all(&mut world);
        world.pass(60 * SECOND);
        assert_nothing_lost(&world, &listeners);
        let delay = delay(world.station(0), world.station(1)).as_millis();
        assert!(delay < u128::from(millis) * 2 + 600, "{delay} ms with an encoder of {millis} ms");
    }
}

/// Responses that take longer from time to time, up to the limit, are made up for.
#[test]
fn encoder_that_is_slow_at_times_loses_nothing() {
    let mut world = world(station(), &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    let mut rng = Rng::with_seed(seed(12));
    for _ in 0..200 {
        let slow = rng.u64(..1_500);
        ladders(&world).set(|knobs| knobs.delay = Duration::from_millis(slow));
        world.pass(seconds(0.4));
        ladders(&world).set(|knobs| knobs.delay = Duration::from_millis(20));
        world.pass(seconds(3.0));
    }
    assert_nothing_lost(&world, &listeners);
}

#[test]
fn encoder_that_takes_longer_than_the_audio_makes_gaps_and_recovers() {
    let mut world = world(station(), &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    ladders(&world).set(|knobs| knobs.delay = seconds(6.0));
    world.pass(60 * SECOND);
    ladders(&world).set(|knobs| knobs.delay = seconds(0.02));
    world.pass(20 * SECOND);
    let heard: Vec<u64> = listeners.iter().map(|it| world.ear(*it).rung.frames).collect();
    world.pass(20 * SECOND);
    assert_undisturbed(&world, listeners[0]);
    for (&listener, heard) in listeners[1..].iter().zip(&heard[1..]) {
        let ear = world.ear(listener);
        assert!(ear.rung.gap_frames > 0 && ear.rung.skips == 0, "{:?}", ear.rung);
        assert!(ear.rung.frames > heard + 600, "it has recovered");
    }
    assert!(delay(world.station(0), world.station(1)) < SECOND);
}

#[test]
fn stall_of_the_process_leaves_no_hole_in_a_rendition() {
    for stop in [1, 4, 8, 20, 60, 600] {
        let mut world = world(station(), &RUNGS);
        let listeners = tune_in_to_all(&mut world);
        world.pass(20 * SECOND);
        world.stall(stop * SECOND);
        world.pass(30 * SECOND);
        for &listener in &listeners[1..] {
            world.assert_listens(listener);
            let ear = world.ear(listener);
            assert_eq!((ear.rung.gap_frames, ear.formats.len()), (0, 1), "{stop} s: {:?}", ear.rung);
            assert!(ear.rung.skips <= 1, "as the station: {:?}", ear.rung);
        }
        let (parent, rung) = (world.ear(listeners[0]), world.ear(listeners[1]));
        assert_eq!(parent.skips, rung.rung.skips, "{stop} s");
        assert!(delay(world.station(0), world.station(1)) < SECOND, "{stop} s");
        assert!(ladders(&world).starts().len() <= 2);
    }
}

/// A short buffer holds less than an encoder that hangs misses.
#[test]
fn audio_that_the_ring_no_longer_has_is_silence() {
    let settings = StationSettings { burst: SECOND, buffer: 2 * SECOND, ..station() };
    let mut world = world(settings, &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    world.pass(20 * SECOND);
    for _ in 0..5 {
        ladders(&world).set(|knobs| knobs.hangs = true);
        world.pass(2 * SECOND);
        ladders(&world).set(|knobs| knobs.hangs = false);
        world.pass(30 * SECOND);
    }
    assert_undisturbed(&world, listeners[0]);
    for &listener in &listeners[1..] {
        world.assert_listens(listener);
        let ear = world.ear(listener);
        assert!(ear.rung.gap_frames > 0 && ear.rung.skips == 0, "{:?}", ear.rung);
    }
    assert!(delay(world.station(0), world.station(1)) < SECOND);
}

/// Titles that change within a gap are those of what follows.
#[test]
fn title_after_a_gap_is_that_of_the_programme() {
    let mut world = super::without_autodj(station(), &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    let mut live = Live::connect(&mut world, Header::DEFAULT);
    live.play(&mut world, 10.0);
    live.set_title(&mut world, "Before");
    live.play(&mut world, 5.0);
    ladders(&world).set(|knobs| knobs.hangs = true);
    live.play(&mut world, 4.0);
    ladders(&world).set(|knobs| knobs.hangs = false);
    live.set_title(&mut world, "Within");
    live.play(&mut world, 4.0);
    live.set_title(&mut world, "Last");
    live.play(&mut world, 20.0);
    for &listener in &listeners[1..] {
        let ear = world.ear(listener);
        assert!(ear.rung.gap_frames > 0 && ear.rung.skips == 0, "{:?}", ear.rung);
    }
    for at in 0..world.keys.len() {
        assert_eq!(world.station(at).title(), "Last", "{}", mount(at));
        let history: Vec<_> = world.station(at).history().latest().map(|it| it.title.text.clone()).collect();
        assert_eq!(history, ["Last", "Within", "Before"], "{}", mount(at));
    }
}

/// The frames before them would be silent: without end for an index such as these.
#[test]
fn frames_with_impossible_indexes_end_the_encoder() {
    for index_offset in [1_000, 1 << 60, u64::MAX - 10_000] {
        let mut world = world(station(), &RUNGS);
        let listeners = tune_in_to_all(&mut world);
        world.pass(20 * SECOND);
        ladders(&world).set(|knobs| knobs.index_offset = index_offset);
        world.pass(10 * SECOND);
        ladders(&world).set(|knobs| knobs.index_offset = 0);
        world.pass(80 * SECOND);
        for &listener in &listeners[1..] {
            world.assert_listens(listener);
            let ear = world.ear(listener);
            assert!(ear.rung.gap_frames > 0, "{:?}", ear.rung);
            assert!(ear.rung.gap_frames as f64 / (ear.frames as f64) < 0.8, "{:?}", ear.rung);
        }
        let behind = delay(world.station(0), world.station(1));
        assert!(behind < SECOND, "{behind:?}");
    }
}
