//! The audio of a source as listeners hear it, and what follows when the source is lost.

use coldwave::audio::Header;
use coldwave::station::COMEBACK_AUDIO;
use fastrand::Rng;

use super::{Live, MOUNT, assert_reply, is_closed, seconds, station, with, without_autodj, world};
use crate::world::{Link, World, seed};

#[test]
fn source_replaces_the_autodj_until_it_ends() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(7.0));
    let before = world.ear(ear).frames;
    assert!(before > 0 && world.ear(ear).live_frames == 0);
    let mut live = Live::source(&mut world);
    assert_reply(&world, live.peer, "HTTP/1.0 200 OK\r\n\r\n");
    live.play(&mut world, 20.0);
    let sent = live.encoder.frames_made;
    world.disconnect(live.peer);
    world.pass(seconds(10.0));
    let ear = world.ear(ear);
    assert_eq!(ear.live_frames, sent, "every frame of the source is received");
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
    assert_eq!(ear.titles[..3], ["Tone 1", "", "Tone 1"], "each title ends with its input");
    let received = ear.frames as f64 * Header::DEFAULT.duration().duration().as_secs_f64();
    assert!((41.0..43.5).contains(&received), "the burst and real time: {received}");
}

#[test]
fn autodj_replaces_a_stalled_source_until_it_has_recovered() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    let tones = |world: &World| world.logs[0].borrow().played_by("Tone");
    let before = tones(&world);
    world.pass(seconds(1.5));
    assert_eq!(tones(&world), before, "the station waits for the source");
    world.pass(seconds(4.5));
    assert!(tones(&world) > before, "the AutoDJ fills in");
    live.play(&mut world, COMEBACK_AUDIO.as_secs_f64() + 1.0);
    let filled = tones(&world);
    world.pass(seconds(1.0));
    live.play(&mut world, 5.0);
    assert_eq!(tones(&world), filled, "the source is back on the air");
    assert!(!is_closed(&world, live.peer));
    world.pass(seconds(9.0));
    assert!(!is_closed(&world, live.peer));
    world.pass(seconds(1.2));
    assert!(is_closed(&world, live.peer), "the source times out");
    let ear = world.ear(ear);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
}

#[test]
fn source_faster_than_real_time_is_paused_and_loses_no_audio() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    let audio = live.encoder.seconds(120.0);
    world.feed(live.peer, &audio);
    world.pass(seconds(5.0));
    assert!(world.server.is_read_paused(live.peer));
    assert!(world.socket(live.peer).outbox.len() > audio.len() * 2 / 3, "most of the audio is not read");
    world.pass(seconds(130.0));
    assert!(is_closed(&world, live.peer), "then the silent source times out");
    let ear = world.ear(ear);
    assert_eq!(ear.live_frames, live.encoder.frames_made);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
}

#[test]
fn station_without_an_autodj_plays_silence_and_disconnects_after_max_silence() {
    let mut world = without_autodj(with(|it| it.max_silence = seconds(30.0)));
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.disconnect(live.peer);
    world.pass(seconds(20.0));
    world.assert_listens(ear);
    assert!(world.ear(ear).silent_frames > 500, "silence in the format of the source");
    live.reconnect(&mut world);
    live.play(&mut world, 5.0);
    world.disconnect(live.peer);
    world.pass(seconds(29.0));
    world.assert_listens(ear);
    world.pass(seconds(3.0));
    assert!(is_closed(&world, ear) && world.ear(ear).is_at_frame_boundary());
    assert_eq!(world.get("/live").send().status(), 503);
}

/// A source ends a thousand times, in five ways.
#[test]
fn listeners_survive_a_thousand_losses_of_a_source() {
    let seed = seed(4711);
    let mut rng = Rng::with_seed(seed);
    let mut world = World::with(seed, vec![station()]);
    let ears: Vec<_> = [Link::Fast, Link::Erratic, Link::Slow { per_second: 40_000, buffer: 128_000 }]
        .map(|link| world.tune_in(MOUNT, link))
        .into();
    let mut live = Live::source(&mut world);
    for _ in 0..1000 {
        // Long enough for a source that has stalled to prove itself, now and then.
        live.play(&mut world, rng.f64() * 20.0);
        match rng.u8(0..5) {
            0 => world.disconnect(live.peer),
            1 => {
                // It is lost in the middle of a frame.
                let frame = live.encoder.frames(1);
                world.feed(live.peer, &frame[..rng.usize(1..frame.len())]);
                world.disconnect(live.peer);
            }
            2 => {
                world.server.received_eof(live.peer, world.now);
                world.turn();
            }
            3 => world.pass(seconds(rng.f64() * 12.0)),
            _ => live.play_at(&mut world, rng.f64() * 4.0, 0.5),
        }
        world.pass(seconds(rng.f64() * 2.0));
        live.reconnect(&mut world);
        world.forget_closed();
    }
    for ear in ears {
        world.assert_listens(ear);
        let ear = world.ear(ear);
        assert!(ear.live_frames > 4_000, "{}", ear.live_frames);
        assert_eq!(ear.silent_frames, 0, "the AutoDJ always fills in");
    }
}

/// Without an AutoDJ, there is silence between two sources, but no longer than the gap.
#[test]
fn silence_between_two_sources_is_as_short_as_the_gap() {
    let mut world = without_autodj(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    for _ in 0..50 {
        let before = world.ear(ear).silent_frames;
        world.disconnect(live.peer);
        live.reconnect(&mut world);
        live.play(&mut world, 4.0);
        let silent = (world.ear(ear).silent_frames - before) as f64 * 1152.0 / 44_100.0;
        assert!(silent <= 1.2, "{silent} s");
    }
}
