//! Servers that relay each other in a loop.

use coldwave::server::Peer;
use coldwave::session::CloseReason;

use super::{is_closed, on_demand, relayed, seconds, upstream, with_autodj, world};
use crate::world::{Link, World};

/// The identity of the server, which follows from [`SERVER_SEED`](crate::world::SERVER_SEED).
const OURS: &str = "0000000000000abc";

fn connect_as_relay(world: &mut World, path: &str) -> Peer {
    let peer = world.get("/live").header("X-Coldwave-Path", path).open();
    world.pass(seconds(3.0));
    peer
}

#[test]
fn relay_loops_are_refused_in_both_directions() {
    let mut world = with_autodj(relayed());
    let mut upstream = upstream(&mut world);
    assert!(upstream.request(&world).contains(&format!("\r\nX-Coldwave-Path: {OURS}\r\n")));
    let (other, third) = ("00000000000000aa", "00000000000000bb");
    upstream.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {other}, {OURS}"));
    assert!(is_closed(&world, upstream.peer), "the stream comes from this server");
    let peer = connect_as_relay(&mut world, &format!("{other}, {OURS}"));
    assert!(world.reply(peer).starts_with("HTTP/1.0 508 "), "{}", world.reply(peer));
    let peer = connect_as_relay(&mut world, &[other; 9].join(","));
    assert!(world.reply(peer).starts_with("HTTP/1.0 508 "));
    let peer = connect_as_relay(&mut world, "x");
    assert!(world.reply(peer).starts_with("HTTP/1.0 400 "));
    let relay = connect_as_relay(&mut world, third);
    assert!(world.reply(relay).contains(&format!("\r\nX-Coldwave-Path: {OURS}\r\n")));
    let player = world.get("/live").open();
    assert!(!world.reply(player).contains("X-Coldwave-Path"), "players do not get the header");
    // The upstream is back and itself a relay now, so relays of this server need the new path.
    world.wait_for_dial();
    upstream.reconnect(&mut world);
    upstream.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {other}"));
    assert!(is_closed(&world, relay) && !is_closed(&world, player));
    let relay = connect_as_relay(&mut world, third);
    assert!(world.reply(relay).contains(&format!("\r\nX-Coldwave-Path: {other}, {OURS}\r\n")));
    world.disconnect(upstream.peer);
    world.pass(seconds(5.0));
    upstream.reconnect(&mut world);
    upstream.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {other}"));
    assert!(!is_closed(&world, relay), "the relay has this path already");
}

#[test]
fn ids_of_a_listener_are_not_sent_upstream() {
    for path in ["00000000000000aa", &["00000000000000aa"; 8].join(","), "x", OURS] {
        let mut world = world(on_demand());
        let relay = world.get("/live").header("X-Coldwave-Path", path).open();
        if path.contains("aa") {
            let request = upstream(&mut world).request(&world);
            assert!(request.contains(&format!("\r\nX-Coldwave-Path: {OURS}\r\n")), "{request}");
        } else {
            assert!(world.reply(relay).starts_with(if path == "x" {
                "HTTP/1.0 400 "
            } else {
                "HTTP/1.0 508 "
            }));
            assert!(world.dials.is_empty(), "a refused listener wakes no relay");
        }
    }
}

#[test]
fn listener_with_invented_ids_silences_no_other_listener() {
    let mut world = world(on_demand());
    let invented: Vec<String> = (1..=8).map(|id| format!("{id:016x}")).collect();
    world.get("/live").header("X-Coldwave-Path", &invented.join(", ")).open();
    let player = world.tune_in("/live", Link::Fast);
    let mut upstream = upstream(&mut world);
    // As the upstream would: it refuses paths that contain more than eight servers.
    let request = upstream.request(&world);
    let ids = request.lines().find_map(|line| line.strip_prefix("X-Coldwave-Path: ")).expect("the header");
    let answer = if ids.split(',').count() > 8 { "HTTP/1.0 508 Loop Detected" } else { "ICY 200 OK" };
    upstream.answer(&mut world, answer);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 20.0);
    let ear = world.ear(player);
    assert!(ear.silent_frames == 0 && ear.live_frames > 350, "{} frames", ear.live_frames);
}

#[test]
fn relay_of_a_stream_that_comes_from_it_is_refused_alone() {
    let mut world = with_autodj(relayed());
    let mut upstream = upstream(&mut world);
    let (other, third) = ("00000000000000aa", "00000000000000bb");
    upstream.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {other}"));
    let player = world.get("/live").open();
    for path in [other.to_owned(), format!("{third}, {other}")] {
        let peer = connect_as_relay(&mut world, &path);
        assert!(world.reply(peer).starts_with("HTTP/1.0 508 "), "{}", world.reply(peer));
        world.disconnect(peer);
        assert_eq!(world.ended.borrow().last().map(|ended| ended.reason), Some(CloseReason::RelayLoop));
    }
    let relay = connect_as_relay(&mut world, third);
    assert!(!is_closed(&world, relay) && !is_closed(&world, player) && !is_closed(&world, upstream.peer));
}

#[test]
fn upstream_in_a_loop_is_retried_after_two_minutes() {
    let looped = format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {OURS}");
    for answer in [looped.as_str(), "HTTP/1.0 508 Loop Detected"] {
        let mut world = with_autodj(relayed());
        let mut upstream = upstream(&mut world);
        upstream.answer(&mut world, answer);
        world.pass(seconds(89.0));
        assert!(world.dials.is_empty());
        world.wait_for_dial();
        upstream.reconnect(&mut world);
        upstream.answer_icy(&mut world);
        assert!(world.is_relaying(0));
    }
}
