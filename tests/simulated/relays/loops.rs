//! Servers that relay each other in a loop.

use coldwave::server::Peer;

use super::{is_closed, on_demand, relayed, seconds, upstream, with_autodj, world};
use crate::world::World;

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
    world.pass(seconds(3.0));
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
fn relay_on_demand_sends_the_path_of_its_listener_upstream() {
    let mut world = world(on_demand());
    world.get("/live").header("X-Coldwave-Path", "00000000000000aa").open();
    let upstream = upstream(&mut world);
    let path = format!("\r\nX-Coldwave-Path: 00000000000000aa, {OURS}\r\n");
    assert!(upstream.request(&world).contains(&path), "{}", upstream.request(&world));
}
