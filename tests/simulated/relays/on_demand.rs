//! A relay that connects to its upstream only while there are listeners.

use coldwave::audio::Header;
use coldwave::server::RELAY_IDLE_GRACE;

use super::{MOUNT, is_closed, on_demand, seconds, world};
use crate::world::Link;
use crate::world::encoder::Encoder;
use crate::world::upstream::FakeUpstream;

#[test]
fn relay_on_demand_connects_for_the_first_listener_and_disconnects_after_the_last() {
    let mut settings = on_demand();
    settings.sources.max_silence = seconds(30.0);
    let mut world = world(settings);
    world.pass(seconds(600.0));
    assert!(world.dials.is_empty(), "there is no listener");
    for cycle in 0..3 {
        let ear = world.tune_in(MOUNT, Link::Fast);
        assert_eq!(world.dials.len(), 1, "there is a listener");
        let encoder = Encoder::new(&world.logs[0], cycle + 1, Header::DEFAULT);
        let mut upstream = FakeUpstream::accept(&mut world, encoder);
        upstream.queue_title("Tidewater");
        upstream.answer_icy(&mut world);
        upstream.send(&mut world, 5.0);
        upstream.play(&mut world, 20.0);
        let second = world.tune_in(MOUNT, Link::Fast);
        upstream.play(&mut world, 5.0);
        for ear in [ear, second] {
            let ear = world.ear(ear);
            assert_eq!(
                (ear.silent_frames, ear.skips),
                (0, 0),
                "no silence from before the listener connected"
            );
            assert!(ear.live_frames > 350, "{}", ear.live_frames);
        }
        world.disconnect(ear);
        upstream.play(&mut world, 30.0);
        assert!(!is_closed(&world, upstream.peer), "one listener remains");
        world.disconnect(second);
        upstream.play(&mut world, RELAY_IDLE_GRACE.as_secs_f64() - 0.5);
        assert!(!is_closed(&world, upstream.peer), "the grace period is not over");
        upstream.play(&mut world, 2.0);
        assert!(is_closed(&world, upstream.peer), "the grace period is over");
        world.pass(seconds(100.0));
        assert!(world.dials.is_empty());
    }
}

#[test]
fn listener_of_an_unreachable_upstream_gets_silence_and_then_the_end() {
    let mut settings = on_demand();
    settings.sources.max_silence = seconds(30.0);
    let mut world = world(settings);
    world.pass(seconds(600.0));
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.refuse_dial();
    world.pass(seconds(3.1));
    world.assert_listens(ear);
    assert!(world.ear(ear).silent_frames > 100, "the listener gets silence");
    assert!(!world.dials.is_empty(), "the relay retries");
    world.pass(seconds(40.0));
    assert!(is_closed(&world, ear), "the stream ends after max_silence");
}
