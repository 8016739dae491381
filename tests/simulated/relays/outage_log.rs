//! What the log shows of outages of upstreams: `docs/operations.md`, "Outages".

use super::{MOUNT, on_demand, relayed, upstream, with_autodj, world};
use crate::log::{collect, lines_with, take_outage_lines};
use crate::world::{Link, World};

const URL: &str = "http://radio.example:8000/live";

#[test]
fn lost_upstream_is_a_warning_for_each_cause_and_its_return_says_for_how_long() {
    let mut world = with_autodj(relayed());
    collect();
    let mut upstream = upstream(&mut world);
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 5.0);
    assert_eq!(take_outage_lines(), [""; 0], "the first connection is no recovery");
    world.disconnect(upstream.peer);
    for _ in 0..3 {
        world.wait_for_dial();
        world.refuse_dial();
    }
    let lines = take_outage_lines();
    let [lost, refused, rest @ ..] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(lost.starts_with(&format!("WARN /live: {URL} reset the connection; retrying in ")), "{lost}");
    assert!(refused.starts_with(&format!("WARN /live: {URL} cannot be reached: ")), "{refused}");
    let off_air = format!("WARN /live: the relay of {URL} is off the air until it is connected again");
    assert!(rest.iter().all(|line| *line == off_air), "{rest:?}");
    world.wait_for_dial();
    upstream.reconnect(&mut world);
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 5.0);
    let lines = take_outage_lines();
    let [back, ..] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(back.starts_with(&format!("INFO /live: relaying {URL} (\"Harbour FM\"): MP3, after ")), "{back}");
    assert!(back.ends_with(" s without it"), "{back}");
}

#[test]
fn relay_that_is_not_connected_has_the_reason_until_it_streams() {
    let mut world = with_autodj(relayed());
    let last_error = |world: &mut World| {
        let relay = world.server.admin_snapshot(world.now).stations.remove(0).relay;
        relay.expect("the station is relayed").last_error
    };
    assert_eq!(last_error(&mut world), None);
    world.refuse_dial();
    let refused = last_error(&mut world).expect("an error");
    assert!(refused.contains("cannot be reached: "), "{refused}");
    world.wait_for_dial();
    assert_eq!(last_error(&mut world), Some(refused), "while it tries again");
    let mut upstream = upstream(&mut world);
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 5.0);
    assert_eq!(last_error(&mut world), None);
}

#[test]
fn relay_on_demand_without_listeners_is_no_fault() {
    let mut world = world(on_demand());
    collect();
    for _ in 0..2 {
        let listener = world.tune_in(MOUNT, Link::Fast);
        world.wait_for_dial();
        let mut upstream = upstream(&mut world);
        upstream.answer_icy(&mut world);
        upstream.send(&mut world, 5.0);
        upstream.play(&mut world, 5.0);
        world.disconnect(listener);
        upstream.play(&mut world, 15.0);
    }
    assert_eq!(lines_with("no listeners, disconnecting").len(), 2);
    assert_eq!(take_outage_lines(), [""; 0]);
}

#[test]
fn first_title_of_an_upstream_is_logged_once() {
    let mut world = with_autodj(relayed());
    collect();
    let mut upstream = upstream(&mut world);
    upstream.queue_title("Tidewater");
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 5.0);
    assert_eq!(lines_with("now playing \"Tidewater\"").len(), 1);
}
