//! An upstream that is lost, and comes back.

use fastrand::Rng;

use super::{MOUNT, relayed, seconds, upstream, with_autodj, world};
use crate::world::{Link, World, seed};

#[test]
fn short_outage_of_the_upstream_is_inaudible() {
    let mut world = with_autodj(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut upstream = upstream(&mut world);
    upstream.queue_title("Tidewater");
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 10.0);
    let tones = world.logs[0].borrow().played_by("Tone");
    for _ in 0..20 {
        // In the middle of a frame.
        let stream = upstream.stream(0.1);
        world.feed(upstream.peer, &stream[..stream.len() - 100]);
        world.disconnect(upstream.peer);
        world.pass(seconds(1.3));
        upstream.reconnect(&mut world);
        upstream.encoder.set_next_title("Tidewater");
        upstream.queue_title("Tidewater");
        upstream.answer_icy(&mut world);
        upstream.send(&mut world, 3.0);
        upstream.play(&mut world, 62.0);
    }
    world.assert_listens(ear);
    assert_eq!(world.logs[0].borrow().played_by("Tone"), tones, "the AutoDJ was not needed");
    let ear = world.ear(ear);
    assert_eq!(ear.silent_frames, 0);
    assert_eq!(ear.titles.iter().filter(|title| *title == "Tidewater").count(), 1, "{:?}", ear.titles);
}

#[test]
fn autodj_fills_in_during_an_outage_of_the_upstream() {
    let mut world = with_autodj(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut upstream = upstream(&mut world);
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 10.0);
    let sent = upstream.encoder.frames_made;
    world.disconnect(upstream.peer);
    for _ in 0..5 {
        world.wait_for_dial();
        world.refuse_dial();
    }
    world.pass(seconds(1.0));
    assert_eq!(world.ear(ear).live_frames, sent, "every frame of the upstream is received");
    let filled = world.logs[0].borrow().played_by("Tone");
    assert!(filled > 500, "{filled}");
    world.pass(seconds(40.0));
    upstream.reconnect(&mut world);
    upstream.encoder.set_next_title("Back");
    upstream.queue_title("Back");
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 3.0);
    let filled = world.logs[0].borrow().played_by("Tone");
    upstream.play(&mut world, 10.0);
    assert_eq!(world.logs[0].borrow().played_by("Tone"), filled, "the upstream is back on the air at once");
    world.assert_listens(ear);
    let ear = world.ear(ear);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
    assert_eq!(ear.titles.last().map(String::as_str), Some("Back"));
}

/// Returns the title of a stream without titles that had one before an outage of this many seconds.
fn title_after(away: f64) -> String {
    let mut world = world(relayed());
    let mut upstream = upstream(&mut world);
    upstream.queue_title("Tidewater");
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    world.disconnect(upstream.peer);
    world.pass(seconds(away));
    world.wait_for_dial();
    upstream.reconnect(&mut world);
    upstream.answer(&mut world, "ICY 200 OK");
    upstream.play(&mut world, 5.0);
    world.station(0).title().to_owned()
}

#[test]
fn title_of_the_upstream_survives_a_short_outage() {
    assert_eq!(title_after(1.5), "Tidewater");
    assert_eq!(title_after(20.0), "Tidewater");
    assert_eq!(title_after(100.0), "");
}

#[test]
fn stop_does_not_wait_for_the_upstream() {
    let mut world = world(relayed());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut upstream = upstream(&mut world);
    upstream.answer_icy(&mut world);
    upstream.play(&mut world, 10.0);
    world.server.stop(world.now);
    world.turn();
    assert!(world.server.is_drained() && world.dials.is_empty());
    assert!(world.ear(ear).is_at_frame_boundary());
}

/// The upstream is lost a hundred and fifty times, in four ways.
#[test]
fn no_loss_of_the_upstream_drops_a_listener_or_cuts_a_frame() {
    let seed = seed(815);
    let mut rng = Rng::with_seed(seed);
    let mut world = World::with(seed, vec![relayed()]);
    world.turn();
    let ears: Vec<_> = [Link::Fast, Link::Erratic, Link::Slow { per_second: 40_000, buffer: 128_000 }]
        .map(|link| world.tune_in(MOUNT, link))
        .into();
    let mut upstream = upstream(&mut world);
    for _ in 0..150 {
        if rng.bool() {
            upstream.answer_icy(&mut world);
        } else {
            let head =
                "HTTP/1.1 200 OK\nContent-Type: audio/mpeg\nTransfer-Encoding: chunked\nicy-metaint: 4000";
            upstream.answer(&mut world, head);
        }
        upstream.encoder.set_next_title("Tidewater");
        upstream.queue_title("Tidewater");
        let seconds_before = 1.0 + rng.f64() * 3.0;
        upstream.send(&mut world, seconds_before);
        let seconds_more = rng.f64() * 5.0;
        upstream.play(&mut world, seconds_more);
        match rng.u8(0..4) {
            0 => world.disconnect(upstream.peer),
            1 => {
                let stream = upstream.stream(0.5);
                world.feed(upstream.peer, &stream[..rng.usize(1..stream.len())]);
                world.disconnect(upstream.peer);
            }
            2 => {
                world.server.received_eof(upstream.peer, world.now);
                world.turn();
            }
            _ => {}
        }
        while world.is_relaying(0) {
            world.pass(seconds(0.1));
        }
        world.wait_for_dial();
        if rng.u8(0..4) == 0 {
            world.refuse_dial();
            world.wait_for_dial();
        }
        upstream.reconnect(&mut world);
        world.forget_closed();
    }
    for ear in ears {
        world.assert_listens(ear);
        let ear = world.ear(ear);
        assert!(ear.live_frames > 5_000, "{}", ear.live_frames);
        assert_eq!(ear.silent_frames, 0, "the AutoDJ always fills in");
    }
}
