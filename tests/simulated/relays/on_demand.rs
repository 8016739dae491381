//! A relay that connects to its upstream only while there are listeners.

use coldwave::audio::Header;
use coldwave::server::RELAY_IDLE_GRACE;

use super::{MOUNT, is_closed, on_demand, seconds, world};
use crate::world::Link;
use crate::world::encoder::Encoder;
use crate::world::master::Master;

#[test]
fn a_master_on_demand_is_asked_when_someone_comes_and_left_when_nobody_stays() {
    let mut settings = on_demand();
    settings.sources.max_silence = seconds(30.0);
    let mut world = world(settings);
    world.pass(seconds(600.0));
    assert!(world.dials.is_empty(), "nobody listens");
    for visit in 0..3 {
        let ear = world.tune_in(MOUNT, Link::Fast);
        assert_eq!(world.dials.len(), 1, "somebody does");
        let encoder = Encoder::new(&world.logs[0], visit + 1, Header::DEFAULT);
        let mut master = Master::accept(&mut world, encoder);
        master.title("Tidewater");
        master.answer_icy(&mut world);
        master.send(&mut world, 5.0);
        master.play(&mut world, 20.0);
        let second = world.tune_in(MOUNT, Link::Fast);
        master.play(&mut world, 5.0);
        for ear in [ear, second] {
            let ear = world.ear(ear);
            assert_eq!((ear.silent_frames, ear.skips), (0, 0), "no silence from before he came");
            assert!(ear.live_frames > 350, "{}", ear.live_frames);
        }
        world.hang_up(ear);
        master.play(&mut world, 30.0);
        assert!(!is_closed(&world, master.peer), "one is still there");
        world.hang_up(second);
        master.play(&mut world, RELAY_IDLE_GRACE.as_secs_f64() - 0.5);
        assert!(!is_closed(&world, master.peer), "he may come back");
        master.play(&mut world, 2.0);
        assert!(is_closed(&world, master.peer), "nobody came");
        world.pass(seconds(100.0));
        assert!(world.dials.is_empty());
    }
}

#[test]
fn who_wants_a_master_that_is_not_there_is_not_kept_waiting_for_ever() {
    let mut settings = on_demand();
    settings.sources.max_silence = seconds(30.0);
    let mut world = world(settings);
    world.pass(seconds(600.0));
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.refuse();
    world.pass(seconds(3.1));
    world.assert_listens(ear);
    assert!(world.ear(ear).silent_frames > 100, "he is told of silence");
    assert!(!world.dials.is_empty(), "and it is asked again");
    world.pass(seconds(40.0));
    assert!(is_closed(&world, ear), "until he was told goodbye");
}
