//! Servers that relay each other in a loop.

use coldwave::server::Peer;

use super::{is_closed, master, on_demand, relayed, seconds, with_autodj, world};
use crate::world::{Link, World};

/// Our own id, as the world draws it.
const OURS: &str = "0000000000000abc";

fn ask_as_relay(world: &mut World, way: &str) -> Peer {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("GET /live HTTP/1.0\r\nX-Coldwave-Path: {way}\r\n\r\n").as_bytes());
    world.pass(seconds(3.0));
    peer
}

#[test]
fn nobody_is_relayed_in_a_circle() {
    let mut world = with_autodj(relayed());
    let mut master = master(&mut world);
    assert!(master.asked(&world).contains(&format!("\r\nX-Coldwave-Path: {OURS}\r\n")));
    let (other, third) = ("00000000000000aa", "00000000000000bb");
    master.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {other}, {OURS}"));
    assert!(is_closed(&world, master.peer), "the stream comes from here");
    let peer = ask_as_relay(&mut world, &format!("{other}, {OURS}"));
    assert!(world.reply(peer).starts_with("HTTP/1.0 508 "), "{}", world.reply(peer));
    let peer = ask_as_relay(&mut world, &[other; 9].join(","));
    assert!(world.reply(peer).starts_with("HTTP/1.0 508 "));
    let peer = ask_as_relay(&mut world, "x");
    assert!(world.reply(peer).starts_with("HTTP/1.0 400 "));
    let relay = ask_as_relay(&mut world, third);
    assert!(world.reply(relay).contains(&format!("\r\nX-Coldwave-Path: {OURS}\r\n")));
    let player = world.connect(Link::Fast);
    world.send(player, b"GET /live HTTP/1.0\r\n\r\n");
    assert!(!world.reply(player).contains("X-Coldwave-Path"), "players are told nothing of that");
    // The master is back, and itself a relay now: who relays us has to know.
    world.pass(seconds(3.0));
    master.accept_again(&mut world);
    master.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {other}"));
    assert!(is_closed(&world, relay) && !is_closed(&world, player));
    let relay = ask_as_relay(&mut world, third);
    assert!(world.reply(relay).contains(&format!("\r\nX-Coldwave-Path: {other}, {OURS}\r\n")));
    world.hang_up(master.peer);
    world.pass(seconds(5.0));
    master.accept_again(&mut world);
    master.answer(&mut world, &format!("HTTP/1.0 200 OK\nX-Coldwave-Path: {other}"));
    assert!(!is_closed(&world, relay), "he knows that already");
}

#[test]
fn a_circle_of_stations_on_demand_is_found_by_who_is_asked() {
    let mut world = world(on_demand());
    let relay = world.connect(Link::Fast);
    world.send(relay, b"GET /live HTTP/1.0\r\nX-Coldwave-Path: 00000000000000aa\r\n\r\n");
    let master = master(&mut world);
    let way = format!("\r\nX-Coldwave-Path: 00000000000000aa, {OURS}\r\n");
    assert!(master.asked(&world).contains(&way), "{}", master.asked(&world));
}
