//! An upstream that is lost, and comes back.

use fastrand::Rng;

use super::{MOUNT, master, relayed, seconds, with_autodj, world};
use crate::world::{Link, World};

#[test]
fn a_blip_is_not_noticed() {
    let mut world = with_autodj(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    master.title("Tidewater");
    master.answer_icy(&mut world);
    master.send(&mut world, 5.0);
    master.play(&mut world, 10.0);
    let tones = world.logs[0].borrow().played_by("Tone");
    for _ in 0..20 {
        // In the middle of a frame.
        let stream = master.stream(0.1);
        world.feed(master.peer, &stream[..stream.len() - 100]);
        world.hang_up(master.peer);
        world.pass(seconds(1.3));
        master.accept_again(&mut world);
        master.encoder.titled_next("Tidewater");
        master.title("Tidewater");
        master.answer_icy(&mut world);
        master.send(&mut world, 3.0);
        master.play(&mut world, 62.0);
    }
    world.assert_listens(ear);
    assert_eq!(world.logs[0].borrow().played_by("Tone"), tones, "nobody had to fill in");
    let ear = world.ear(ear);
    assert_eq!(ear.silent_frames, 0);
    assert_eq!(ear.titles.iter().filter(|title| *title == "Tidewater").count(), 1, "{:?}", ear.titles);
}

#[test]
fn the_autodj_fills_in_while_the_master_is_away() {
    let mut world = with_autodj(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    master.answer_icy(&mut world);
    master.send(&mut world, 5.0);
    master.play(&mut world, 10.0);
    let sent = master.encoder.made;
    world.hang_up(master.peer);
    for _ in 0..5 {
        world.wait_for_dial();
        world.refuse();
    }
    world.pass(seconds(1.0));
    assert_eq!(world.ear(ear).live_frames, sent, "all that came is heard, to its last frame");
    let filled = world.logs[0].borrow().played_by("Tone");
    assert!(filled > 500, "{filled}");
    world.pass(seconds(40.0));
    master.accept_again(&mut world);
    master.encoder.titled_next("Back");
    master.title("Back");
    master.answer_icy(&mut world);
    master.send(&mut world, 3.0);
    let filled = world.logs[0].borrow().played_by("Tone");
    master.play(&mut world, 10.0);
    assert_eq!(world.logs[0].borrow().played_by("Tone"), filled, "it is back at once");
    world.assert_listens(ear);
    let ear = world.ear(ear);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
    assert_eq!(ear.titles.last().map(String::as_str), Some("Back"));
}

/// What a stream without titles is called, when it was called something before it was lost for so many seconds.
fn title_after(away: f64) -> String {
    let mut world = world(relayed());
    let mut master = master(&mut world);
    master.title("Tidewater");
    master.answer_icy(&mut world);
    master.send(&mut world, 5.0);
    world.hang_up(master.peer);
    world.pass(seconds(away));
    world.wait_for_dial();
    master.accept_again(&mut world);
    master.answer(&mut world, "ICY 200 OK");
    master.play(&mut world, 5.0);
    world.station(0).title().to_owned()
}

#[test]
fn a_title_comes_back_with_its_stream_if_that_is_soon() {
    assert_eq!(title_after(1.5), "Tidewater");
    assert_eq!(title_after(20.0), "Tidewater");
    assert_eq!(title_after(100.0), "");
}

#[test]
fn a_stop_does_not_wait_for_a_master() {
    let mut world = world(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut master = master(&mut world);
    master.answer_icy(&mut world);
    master.play(&mut world, 10.0);
    world.server.stop(world.now);
    world.turn();
    assert!(world.server.is_drained() && world.dials.is_empty());
    assert!(world.ear(ear).stands_between_frames());
}

/// However a master goes, a hundred and fifty times.
#[test]
fn no_death_of_a_master_drops_a_listener_or_tears_a_frame() {
    let seed = world::seed(815);
    let mut rng = Rng::with_seed(seed);
    let mut world = World::with(seed, vec![relayed()]);
    world.turn();
    let ears: Vec<_> = [Link::Fast, Link::Moody, Link::Slow { per_second: 40_000, buffer: 128_000 }]
        .map(|link| world.tune_in(MOUNT, link))
        .into();
    let mut master = master(&mut world);
    for _ in 0..150 {
        if rng.bool() {
            master.answer_icy(&mut world);
        } else {
            let head =
                "HTTP/1.1 200 OK\nContent-Type: audio/mpeg\nTransfer-Encoding: chunked\nicy-metaint: 4000";
            master.answer(&mut world, head);
        }
        master.encoder.titled_next("Tidewater");
        master.title("Tidewater");
        let seconds_before = 1.0 + rng.f64() * 3.0;
        master.send(&mut world, seconds_before);
        let seconds_more = rng.f64() * 5.0;
        master.play(&mut world, seconds_more);
        match rng.u8(0..4) {
            0 => world.hang_up(master.peer),
            1 => {
                let stream = master.stream(0.5);
                world.feed(master.peer, &stream[..rng.usize(1..stream.len())]);
                world.hang_up(master.peer);
            }
            2 => {
                world.server.received_eof(master.peer, world.now);
                world.turn();
            }
            _ => {}
        }
        while world.is_relaying(0) {
            world.pass(seconds(0.1));
        }
        world.wait_for_dial();
        if rng.u8(0..4) == 0 {
            world.refuse();
            world.wait_for_dial();
        }
        master.accept_again(&mut world);
        world.forget_closed();
    }
    for ear in ears {
        world.assert_listens(ear);
        let ear = world.ear(ear);
        assert!(ear.live_frames > 5_000, "{}", ear.live_frames);
        assert_eq!(ear.silent_frames, 0, "the AutoDJ is always there");
    }
}
