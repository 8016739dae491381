//! The audio of a source as listeners hear it, and what follows when the source is lost.

use coldwave::audio::Header;
use fastrand::Rng;

use super::{Live, MOUNT, assert_told, is_closed, seconds, station, with, without_autodj, world};
use crate::world::{Link, World};

#[test]
fn a_source_replaces_the_autodj_and_gives_it_back() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(7.0));
    let before = world.ear(ear).frames;
    assert!(before > 0 && world.ear(ear).live_frames == 0);
    let mut live = Live::source(&mut world);
    assert_told(&world, live.peer, "HTTP/1.0 200 OK\r\n\r\n");
    live.play(&mut world, 20.0);
    let sent = live.encoder.made;
    world.hang_up(live.peer);
    world.pass(seconds(10.0));
    let ear = world.ear(ear);
    assert_eq!(ear.live_frames, sent, "all that came is heard, to its last frame");
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
    assert_eq!(ear.titles[..3], ["Tone 1", "", "Tone 1"], "and nobody else's title stays");
    let heard = ear.frames as f64 * Header::DEFAULT.duration().duration().as_secs_f64();
    assert!((41.0..43.5).contains(&heard), "burst and clock: {heard}");
}

#[test]
fn a_source_that_stalls_is_filled_in_for_and_is_back_at_its_next_frame() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    let tones = |world: &World| world.logs[0].borrow().played_by("Tone");
    let before = tones(&world);
    world.pass(seconds(1.5));
    assert_eq!(tones(&world), before, "it is waited for");
    world.pass(seconds(4.5));
    assert!(tones(&world) > before, "somebody fills in");
    live.play(&mut world, 5.0);
    let filled = tones(&world);
    world.pass(seconds(1.0));
    live.play(&mut world, 5.0);
    assert_eq!(tones(&world), filled, "it is back");
    assert!(!is_closed(&world, live.peer));
    world.pass(seconds(9.0));
    assert!(!is_closed(&world, live.peer));
    world.pass(seconds(1.2));
    assert!(is_closed(&world, live.peer), "after so long it is given up");
    let ear = world.ear(ear);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
}

#[test]
fn a_source_ahead_of_time_is_held_back_and_everything_is_heard() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    let audio = live.encoder.seconds(120.0);
    world.feed(live.peer, &audio);
    world.pass(seconds(5.0));
    assert!(world.server.is_read_paused(live.peer));
    assert!(world.pretend(live.peer).outbox.len() > audio.len() * 2 / 3, "most of it is not read");
    world.pass(seconds(130.0));
    assert!(is_closed(&world, live.peer), "then it is given up, as nothing comes any more");
    let ear = world.ear(ear);
    assert_eq!(ear.live_frames, live.encoder.made);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
}

#[test]
fn without_an_autodj_there_is_silence_and_then_goodbye_if_the_station_says_so() {
    let mut world = without_autodj(with(|it| it.max_silence = seconds(30.0)));
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.hang_up(live.peer);
    world.pass(seconds(20.0));
    world.assert_listens(ear);
    assert!(world.ear(ear).silent_frames > 500, "of the format that was on the air");
    live.reconnect(&mut world);
    live.play(&mut world, 5.0);
    world.hang_up(live.peer);
    world.pass(seconds(29.0));
    world.assert_listens(ear);
    world.pass(seconds(3.0));
    assert!(is_closed(&world, ear) && world.ear(ear).stands_between_frames());
    let late = world.connect(Link::Fast);
    world.send(late, b"GET /live HTTP/1.0\r\n\r\n");
    assert_told(&world, late, "503");
}

#[test]
fn a_weak_link_does_not_break_off_one_track_after_the_other() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(10.0));
    let mut live = Live::source(&mut world);
    live.play_at(&mut world, 120.0, 0.5);
    assert!(world.ear(ear).live_frames > 2000);
    let left = world.logs[0].borrow().left;
    assert_eq!(left, 1, "once, when the source began");
    let titles = world.station(0).history().latest().count();
    assert!(titles < 12, "{titles} titles in the history of two minutes");
}

/// However a source goes, a thousand times.
#[test]
fn a_thousand_deaths_are_not_noticed() {
    let seed = world::seed(4711);
    let mut rng = Rng::with_seed(seed);
    let mut world = World::with(seed, vec![station()]);
    let ears: Vec<_> = [Link::Fast, Link::Moody, Link::Slow { per_second: 40_000, buffer: 128_000 }]
        .map(|link| world.tune_in(MOUNT, link))
        .into();
    let mut live = Live::source(&mut world);
    for _ in 0..1000 {
        live.play(&mut world, rng.f64() * 3.0);
        match rng.u8(0..5) {
            0 => world.hang_up(live.peer),
            1 => {
                // It is killed in the middle of a frame.
                let frame = live.encoder.frames(1);
                world.feed(live.peer, &frame[..rng.usize(1..frame.len())]);
                world.hang_up(live.peer);
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
        assert!(ear.live_frames > 10_000, "{}", ear.live_frames);
        assert_eq!(ear.silent_frames, 0, "the AutoDJ is always there");
    }
}

/// The same where there is no AutoDJ: then there is silence, but no more of it than there was to wait for.
#[test]
fn where_nothing_else_is_there_silence_is() {
    let mut world = without_autodj(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    for _ in 0..50 {
        let before = world.ear(ear).silent_frames;
        world.hang_up(live.peer);
        live.reconnect(&mut world);
        live.play(&mut world, 4.0);
        let silent = (world.ear(ear).silent_frames - before) as f64 * 1152.0 / 44_100.0;
        assert!(silent <= 1.2, "{silent} s");
    }
}
