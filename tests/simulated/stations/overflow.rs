//! New listeners of a full station, and the limit of live sources.

use std::sync::Arc;

use coldwave::access_lists::{AccessLists, parse};
use coldwave::settings::{ListKind, StationSettings};

use super::{SECOND, log_in, station, status, with_sources};
use crate::world::encoder::Encoder;
use crate::world::{Link, World, seed};
use coldwave::audio::Header;

fn with_overflow(id: u32, max: usize, overflow: u32) -> StationSettings {
    let overflow = Some(format!("/{overflow}"));
    StationSettings { max_listeners: Some(max), overflow, ..station(id) }
}

fn tune_in(world: &mut World) -> u16 {
    let peer = world.connect(Link::Fast);
    world.send(peer, b"GET /1 HTTP/1.0\r\n\r\n");
    world.reply(peer).status()
}

#[test]
fn newcomers_of_a_full_station_are_admitted_to_the_next_one_with_room() {
    let stations = vec![with_overflow(1, 2, 2), with_overflow(2, 1, 3), with_overflow(3, 2, 1)];
    let mut world = World::with(seed(54), stations);
    world.pass(5 * SECOND);
    let statuses: Vec<u16> = (0..6).map(|_| tune_in(&mut world)).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 403]);
    assert_eq!([0, 1, 2].map(|at| world.listeners(at)), [2, 1, 2]);
    // They stay there when the station has room again.
    let first = world.net.peers.keys().copied().min_by_key(|peer| peer.generation).expect("a listener");
    world.disconnect(first);
    world.pass(60 * SECOND);
    assert_eq!([0, 1, 2].map(|at| world.listeners(at)), [1, 1, 2]);
    assert_eq!((tune_in(&mut world), world.listeners(0)), (200, 2));
}

#[test]
fn full_station_refuses_if_its_overflow_does_not_exist_or_is_itself() {
    for overflow in [1, 9] {
        let mut world = World::with(seed(55), vec![with_overflow(1, 1, overflow)]);
        world.pass(5 * SECOND);
        assert_eq!([tune_in(&mut world), tune_in(&mut world)], [200, 403]);
    }
}

#[test]
fn reload_adds_and_removes_the_overflow() {
    let full = StationSettings { overflow: None, ..with_overflow(1, 1, 2) };
    let mut world = World::with(seed(56), vec![full.clone(), station(2)]);
    world.pass(5 * SECOND);
    assert_eq!([tune_in(&mut world), tune_in(&mut world)], [200, 403]);
    world.reload(vec![with_overflow(1, 1, 2), station(2)]);
    assert_eq!((tune_in(&mut world), world.listeners(1)), (200, 1));
    world.reload(vec![full, station(2)]);
    assert_eq!((tune_in(&mut world), world.listeners(1)), (403, 1));
}

#[test]
fn source_beyond_max_sources_is_refused_and_one_that_reconnects_is_not() {
    let mut world = World::with(seed(57), vec![with_sources(1), with_sources(2), with_sources(3)]);
    world.configure(|config| config.max_sources = Some(2));
    let mut encoder = Encoder::new(&world.logs[0].clone(), 1, Header::DEFAULT);
    let mut go_live = |world: &mut World, mount: &str| {
        let peer = log_in(world, mount);
        let audio = encoder.seconds(0.5);
        world.feed(peer, &audio);
        peer
    };
    let first = go_live(&mut world, "/1");
    go_live(&mut world, "/2");
    let refused = log_in(&mut world, "/3");
    let reply = world.reply(refused);
    assert_eq!((reply.status(), reply.body().contains("too many sources connected")), (403, true));
    // The encoder of the first station reconnects before its old connection is noticed to be lost.
    world.pass(2 * SECOND);
    go_live(&mut world, "/1");
    assert!(world.is_live(0) && !world.is_live(2));
    world.disconnect(first);
    // A lower limit closes none.
    world.configure(|config| config.max_sources = Some(1));
    world.pass(SECOND);
    assert_eq!([0, 1, 2].map(|at| world.is_live(at)), [true, true, false]);
    assert_eq!(status(&mut world, "/3"), 200);
    world.configure(|config| config.max_sources = None);
    go_live(&mut world, "/3");
    assert!(world.is_live(2));
}

#[test]
fn reserved_address_gets_the_full_station_that_it_asks_for() {
    let mut world = World::with(seed(58), vec![with_overflow(1, 1, 2), station(2)]);
    world.pass(5 * SECOND);
    let mut lists = AccessLists::default();
    lists.set(ListKind::ReservedIp, Arc::new(parse(ListKind::ReservedIp, b"203.0.113.9").0));
    world.server.set_access_lists(lists, world.now);
    let from = |world: &mut World, address: &str| world.get("/1").from(address).open();
    for address in ["192.0.2.1:1", "192.0.2.2:1", "203.0.113.9:1"] {
        from(&mut world, address);
        world.turn();
    }
    assert_eq!([world.listeners(0), world.listeners(1)], [2, 1]);
}
