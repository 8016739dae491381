//! Relays with several upstreams, in order of priority.

use super::{MOUNT, relayed, seconds, upstream, with_autodj};
use crate::log::{collect, lines_with};
use crate::world::{Link, World};
use coldwave::settings::{RelaySettings, StationSettings};
use coldwave::stream_url::StreamUrl;

fn relay_of(hosts: &[&str]) -> RelaySettings {
    let url = |host: &&str| StreamUrl::parse(&format!("http://{host}:8000/live")).expect("an address");
    let mut urls = hosts.iter().map(url);
    let url = urls.next().expect("a host");
    RelaySettings { url, alternatives: urls.collect(), on_demand: false }
}

fn settings(hosts: &[&str]) -> StationSettings {
    StationSettings { relay: Some(relay_of(hosts)), ..relayed() }
}

/// Waits for the next connection that the relay wants, and returns its host and how long it took.
fn next_dial(world: &mut World) -> (String, f64) {
    let before = world.now;
    world.wait_for_dial();
    (world.dials[0].host.clone(), world.now.since(before).as_secs_f64())
}

#[test]
fn next_upstream_is_tried_at_once_and_all_again_after_a_wait() {
    let mut world = with_autodj(settings(&["a", "b", "c"]));
    collect();
    for expected in [1.0, 2.0] {
        for (host, is_first) in [("a", true), ("b", false), ("c", false)] {
            let (dialed, wait) = next_dial(&mut world);
            assert_eq!(dialed, host);
            assert!(is_first || wait < 0.2, "{host} after {wait} s");
            world.refuse_dial();
        }
        let (dialed, wait) = next_dial(&mut world);
        assert!(dialed == "a" && (0.7 * expected..1.3 * expected + 0.2).contains(&wait), "{dialed} {wait}");
    }
    let lines = lines_with("cannot be reached");
    assert_eq!(lines.len(), 3, "one for each upstream: {lines:?}");
    assert!(
        lines[0].contains("http://a:8000/live cannot be reached: ")
            && lines[0].contains("; trying http://b:")
    );
    assert!(
        lines[2].contains("http://c:8000/live cannot be reached: ") && lines[2].contains("; retrying in ")
    );
}

#[test]
fn stream_of_the_second_upstream_is_relayed_until_it_ends() {
    let mut world = with_autodj(settings(&["a", "b"]));
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.refuse_dial();
    assert_eq!(next_dial(&mut world).0, "b");
    let mut upstream = upstream(&mut world);
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 70.0);
    world.assert_listens(ear);
    assert!(world.ear(ear).live_frames > 2000 && world.dials.is_empty(), "a is not tried meanwhile");
    world.disconnect(upstream.peer);
    let (host, wait) = next_dial(&mut world);
    assert!(host == "a" && wait > 0.7, "after a stream that lasted, the first one is next: {host} {wait}");
}

#[test]
fn upstream_that_does_not_last_gives_way_at_once() {
    let mut world = with_autodj(settings(&["a", "b"]));
    let mut first = upstream(&mut world);
    first.answer_icy(&mut world);
    first.send(&mut world, 5.0);
    first.play(&mut world, 5.0);
    world.disconnect(first.peer);
    let (host, wait) = next_dial(&mut world);
    assert!(host == "b" && wait < 0.2, "{host} after {wait} s");
}

#[test]
fn upstream_that_does_not_answer_gives_way_after_ten_seconds() {
    let mut world = with_autodj(settings(&["a", "b", "c"]));
    assert_eq!(world.dials.pop_front().expect("a dial").host, "a");
    let (host, wait) = next_dial(&mut world);
    assert!(host == "b" && (9.8..10.3).contains(&wait), "connecting: {host} after {wait} s");
    let _silent = world.accept_dial();
    let (host, wait) = next_dial(&mut world);
    assert!(host == "c" && (9.8..10.3).contains(&wait), "answering: {host} after {wait} s");
}

#[test]
fn change_of_the_upstreams_keeps_a_connection_that_is_still_one_of_them() {
    let mut world = with_autodj(settings(&["a"]));
    let mut first = upstream(&mut world);
    first.answer_icy(&mut world);
    first.send(&mut world, 5.0);
    for hosts in [&["a", "b"][..], &["b", "a"]] {
        let changed = StationSettings { relay: Some(relay_of(hosts)), ..settings(&["a"]) };
        world.server.apply_station(world.keys[0], changed, world.now).expect("no conflict");
        first.play(&mut world, 2.0);
        assert!(world.is_relaying(0) && world.dials.is_empty(), "{hosts:?}");
    }
    let changed = StationSettings { relay: Some(relay_of(&["b"])), ..settings(&["a"]) };
    world.server.apply_station(world.keys[0], changed, world.now).expect("no conflict");
    world.pass(seconds(0.2));
    assert!(world.socket(first.peer).closed, "a is no upstream any more");
    assert_eq!(next_dial(&mut world).0, "b");
}
