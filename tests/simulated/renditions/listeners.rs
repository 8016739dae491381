//! A rendition is a station in every respect that matters to a listener.

use coldwave::audio::Header;
use coldwave::session::CloseReason;
use coldwave::settings::StationSettings;
use coldwave::transcode::Rung;

use super::{
    MOUNT, RUNGS, SECOND, assert_seamless, assert_undisturbed, format, mount, seconds, station,
    tune_in_to_all, world,
};
use crate::world::{Link, World};
use fastrand::Rng;

#[test]
fn head_names_the_format_of_the_rendition() {
    let settings = StationSettings { name: "Harbour FM".into(), metaint: 4000, ..station() };
    let mut world = world(settings, &RUNGS);
    world.pass(10 * SECOND);
    for (at, (rate, channels, kbps)) in (1..).zip(RUNGS) {
        for target in [mount(at), format!("/stream/{}", at + 1)] {
            let listener = world.tune_in_to(at, &target, Link::Fast);
            let head = world.ear(listener).head();
            for line in [
                "content-type: audio/mpeg".to_owned(),
                "icy-name: Harbour FM".into(),
                format!("icy-br: {kbps}"),
                format!("ice-audio-info: bitrate={kbps};samplerate={rate};channels={channels}"),
                "icy-metaint: 4000".into(),
            ] {
                assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} in {head}");
            }
            let answer = world.head(&target).header("Icy-MetaData", "1").send();
            assert_eq!(answer.header("icy-br"), Some(kbps.to_string().as_str()));
            assert_eq!((answer.status(), answer.body()), (200, ""));
        }
    }
    assert_eq!(world.get("/stream/99").send().status(), 404);
}

/// Before the encoder has returned anything, too.
#[test]
fn head_is_complete_before_the_first_frame() {
    let mut world = world(station(), &RUNGS);
    let listener = world.tune_in_to(6, "/rung-6", Link::Fast);
    assert!(world.ear(listener).head().contains("\r\nicy-br: 32\r\n"), "{}", world.ear(listener).head());
    world.pass(10 * SECOND);
    assert_seamless(&world, listener);
}

#[test]
fn listener_gets_the_burst_at_once_and_begins_with_a_frame() {
    let settings = StationSettings { burst: 4 * SECOND, ..station() };
    let mut world = world(settings, &RUNGS);
    world.pass(20 * SECOND);
    for (at, rung) in (1..).zip(RUNGS) {
        let listener = world.tune_in_to(at, &mount(at), Link::Fast);
        let frames = world.ear(listener).rung.frames;
        let burst = frames as f64 * Rung::samples_per_frame(format(rung)) as f64 / f64::from(rung.0);
        assert!((3.9..4.1).contains(&burst), "{burst} s of {rung:?}");
        assert!(world.ear(listener).is_at_frame_boundary());
    }
    world.pass(20 * SECOND);
    assert_eq!(world.server.connections(), RUNGS.len());
}

/// Frames have three different durations, so the loop serves the mounts at different times.
#[test]
fn listener_that_reads_never_waits_longer_than_the_encoder_needs() {
    let mut world = world(station(), &RUNGS);
    world.pass(10 * SECOND);
    let listeners = tune_in_to_all(&mut world);
    let mut progress = vec![(0, world.now); listeners.len()];
    for _ in 0..3_000 {
        world.pass(seconds(0.01));
        for (peer, (frames, since)) in listeners.iter().zip(&mut progress) {
            if world.ear(*peer).frames > *frames {
                (*frames, *since) = (world.ear(*peer).frames, world.now);
            }
            let silent = world.now.since(*since);
            assert!(silent <= seconds(1.03), "{silent:?}");
        }
    }
}

#[test]
fn links_of_every_kind_get_whole_frames_and_skip_forward_when_they_are_slow() {
    let mut world = world(StationSettings { buffer: 10 * SECOND, metaint: 4000, ..station() }, &RUNGS);
    let mut rng = Rng::with_seed(5);
    let mut listeners = Vec::new();
    for _ in 0..20 {
        for (at, (_, _, kbps)) in (1..).zip(RUNGS) {
            let bytes = usize::from(kbps) * 125;
            let link = match rng.u8(..4) {
                0 => Link::Erratic,
                1 => Link::Slow { per_second: bytes * 3 / 5, buffer: bytes * 2 },
                2 => Link::Slow { per_second: bytes * 4, buffer: bytes * 2 },
                _ => Link::Fast,
            };
            listeners.push((world.tune_in_to(at, &mount(at), link), link, bytes));
        }
        world.pass(seconds(rng.f64()));
    }
    world.pass(60 * SECOND);
    for &(listener, link, bytes) in &listeners {
        let ear = world.ear(listener);
        match link {
            Link::Slow { per_second, .. } if per_second < bytes => {
                assert!(ear.rung.skips > 0, "{:?}", ear.rung);
            }
            _ => assert_seamless(&world, listener),
        }
    }
    // The third skip within a minute disconnects.
    world.pass(120 * SECOND);
    let reasons: Vec<_> = world.ended.borrow().iter().map(|it| it.reason).collect();
    assert!(!reasons.is_empty() && reasons.iter().all(|it| *it == CloseReason::TooSlow), "{reasons:?}");
}

#[test]
fn each_mount_has_its_own_limit_and_its_own_counts() {
    let mut world = world(station(), &RUNGS[..2]);
    let limited = StationSettings { max_listeners: Some(2), ..settings(&world, 1) };
    world.server.apply_station(world.keys[1], limited, world.now).expect("the mount is its own");
    world.pass(5 * SECOND);
    for (at, count) in [(0, 3), (1, 2), (2, 4)] {
        for _ in 0..count {
            world.tune_in_to(at, &mount(at), Link::Fast);
        }
    }
    assert_eq!(world.get("/rung-1").send().status(), 403);
    world.pass(5 * SECOND);
    assert_eq!([0, 1, 2].map(|at| world.listeners(at)), [3, 2, 4]);
    let now = world.now;
    let snapshot = world.server.snapshot(now);
    let counts = snapshot.stations.iter().map(|it| (it.mount.as_str(), it.listeners, it.peak, it.hits));
    assert_eq!(counts.collect::<Vec<_>>(), [(MOUNT, 3, 3, 3), ("/rung-1", 2, 2, 2), ("/rung-2", 4, 4, 4)]);
    assert_eq!(snapshot.stations[1].rendition.expect("it is a rendition").parent, 1);
    assert!(snapshot.stations[0].rendition.is_none());
}

/// Returns the settings that [`world`] gives the station at this index.
fn settings(world: &World, at: usize) -> StationSettings {
    assert!(at < world.keys.len());
    super::ladder(station(), &RUNGS).swap_remove(at)
}

#[test]
fn many_listeners_of_all_rungs_share_the_frames() {
    let mut world = world(station(), &RUNGS);
    let mut listeners = Vec::new();
    for number in 0..350 {
        let at = number % 7;
        listeners.push((at, world.tune_in_to(at, &mount(at), Link::Fast)));
        world.pass(seconds(0.02));
    }
    world.pass(30 * SECOND);
    for &(at, listener) in &listeners {
        if at == 0 {
            assert_undisturbed(&world, listener);
        } else {
            assert_seamless(&world, listener);
        }
    }
    assert_eq!(super::ladders(&world).starts().len(), 1);
    assert_eq!(world.ear(listeners[0].1).formats, [Header::DEFAULT.format()]);
}
