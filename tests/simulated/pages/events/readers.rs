//! The readers of events: how many there may be, and how each is served over its link.

use std::time::Duration;

use coldwave::server::{EVENTS_WRITE_TIMEOUT, HEARTBEAT_INTERVAL, Peer};
use serde_json::Value;

use super::{PATH, SECOND, follow, of_kind, stations, told, world};
use crate::world::{Link, World, seed};

#[test]
fn somebody_is_there_every_fifteen_seconds() {
    let mut station = stations(1).remove(0);
    station.sources.max_silence = Duration::ZERO;
    let mut world = World::with_inputs(seed(1), vec![(station, Vec::new())], vec![std::rc::Rc::default()]);
    world.stir = 1000 * SECOND;
    world.pass(10 * SECOND);
    let peer = follow(&mut world, PATH, Link::Fast);
    for beats in 1..6 {
        world.pass(HEARTBEAT_INTERVAL - SECOND / 100);
        assert_eq!(told(&world, peer).1, beats - 1);
        world.pass(SECOND / 100);
        let (events, so_far) = told(&world, peer);
        assert_eq!((events.len(), so_far), (1, beats), "nothing else happens");
    }
}

/// Whatever the pieces in which it is taken, what comes is whole.
#[test]
fn events_are_whole_however_they_are_taken() {
    let mut world = world(stations(20));
    let peer = follow(&mut world, PATH, Link::Moody);
    let steady = follow(&mut world, PATH, Link::Fast);
    world.pass(60 * SECOND);
    world.server.stop(world.now);
    while !world.server.is_drained() {
        world.pass(SECOND / 10);
    }
    let (moody, steady) = (told(&world, peer).0, told(&world, steady).0);
    assert!(moody.len() > 20 && moody.len() <= steady.len());
    assert!(world.pretend(peer).finished);
}

/// Twenty stations tell far more than fits into the link of a slow reader. He misses what is not true any more, and is told
/// what is.
#[test]
fn a_slow_reader_is_told_what_is_true_by_then() {
    let mut world = world(stations(20));
    let slow = follow(&mut world, PATH, Link::Slow { per_second: 100, buffer: 1000 });
    let fast = follow(&mut world, PATH, Link::Fast);
    world.pass(300 * SECOND);
    // He catches up with what is ready for him.
    for _ in 0..1000 {
        world.net.peers.get_mut(&slow).expect("it is there").link = Link::Fast;
        world.pass(SECOND / 100);
    }
    let titles = |peer| -> Vec<Value> {
        of_kind(&world, peer, "title")
            .into_iter()
            .filter(|event| event.data["station"] == 1)
            .map(|event| event.data)
            .collect()
    };
    let (slow, fast) = (titles(slow), titles(fast));
    assert!(slow.len() < fast.len(), "{} of {}", slow.len(), fast.len());
    assert_eq!(slow.last(), fast.last());
    assert!(slow.iter().all(|title| fast.contains(title)));
}

/// He costs nothing for a minute and is then gone, and whoever else is there notices nothing.
#[test]
fn a_reader_that_never_reads_is_dismissed() {
    let mut world = world(stations(20));
    let stuck = follow(&mut world, PATH, Link::Stuck { buffer: 500 });
    let (fast, listener) = (follow(&mut world, PATH, Link::Fast), world.tune_in_to(0, "/1", Link::Fast));
    world.pass(EVENTS_WRITE_TIMEOUT - SECOND);
    assert!(!world.pretend(stuck).closed);
    assert_eq!(world.server.event_readers(), 2);
    world.pass(HEARTBEAT_INTERVAL + 2 * SECOND);
    assert!(world.pretend(stuck).closed);
    assert_eq!(world.server.event_readers(), 1);
    assert!(told(&world, fast).0.len() > 20);
    world.assert_listens(listener);
}

#[test]
fn many_readers_are_all_told() {
    let mut world = world(stations(1));
    let readers: Vec<Peer> = (0..2000).map(|_| follow(&mut world, PATH, Link::Fast)).collect();
    world.pass(40 * SECOND);
    let first = of_kind(&world, readers[0], "title");
    assert!(first.len() >= 3, "{first:?}");
    for &reader in &readers {
        assert_eq!(of_kind(&world, reader, "title"), first);
    }
    // Half of them leave while the others are told.
    readers.iter().step_by(2).for_each(|&reader| world.hang_up(reader));
    world.pass(20 * SECOND);
    assert_eq!(world.server.event_readers(), 1000);
    let first = of_kind(&world, readers[1], "title");
    assert!(readers.iter().skip(1).step_by(2).all(|&reader| of_kind(&world, reader, "title") == first));
}

/// Or it would look as if the loop were late, which is measured.
#[test]
fn nothing_is_due_before_the_last_turn_while_many_are_told() {
    let mut world = world(stations(1));
    for _ in 0..2000 {
        follow(&mut world, PATH, Link::Fast);
    }
    let mut turns = 0;
    for _ in 0..10_000 {
        let due = world.server.deadline().expect("something is");
        if due <= world.now {
            assert_eq!(due, world.now, "after {turns} turns");
            turns += 1;
        }
        world.now = due.max(world.now + Duration::from_millis(1));
        world.turn();
    }
    assert!(turns > 50, "2,000 readers are told in several turns: {turns}");
}

#[test]
fn a_goodbye_ends_with_a_whole_event() {
    let mut world = world(stations(5));
    let link = Link::Slow { per_second: 3000, buffer: 700 };
    let readers = [follow(&mut world, PATH, Link::Fast), follow(&mut world, PATH, link)];
    world.pass(3 * SECOND);
    world.server.stop(world.now);
    while !world.server.is_drained() {
        world.pass(SECOND / 10);
    }
    for reader in readers {
        assert!(world.pretend(reader).finished);
        told(&world, reader);
    }
}

#[test]
fn readers_have_a_limit_of_their_own() {
    let mut world = world(stations(1));
    world.configure(|config| config.max_event_readers = 2);
    let first = follow(&mut world, PATH, Link::Fast);
    follow(&mut world, PATH, Link::Fast);
    let refused = follow(&mut world, PATH, Link::Fast);
    let reply = world.reply(refused);
    assert!(reply.starts_with("HTTP/1.0 503 Service Unavailable\r\n"), "{reply}");
    assert!(reply.ends_with("\r\n\r\n{\"error\":\"too many event readers\"}"), "{reply}");
    assert!(reply.contains("\r\nAccess-Control-Allow-Origin: *\r\n"), "{reply}");
    world.tune_in("/1", Link::Fast);
    assert_eq!(world.listeners(0), 1);
    world.hang_up(first);
    let next = follow(&mut world, PATH, Link::Fast);
    assert_eq!(told(&world, next).0.len(), 1);
}

#[test]
fn a_head_and_a_preflight_are_no_readers() {
    let mut world = world(stations(1));
    for (method, status) in [("HEAD", "200 OK"), ("OPTIONS", "204 No Content"), ("POST", "405")] {
        let peer = world.connect(Link::Fast);
        world.send(peer, format!("{method} {PATH} HTTP/1.1\r\n\r\n").as_bytes());
        let reply = world.reply(peer);
        assert!(reply.contains(status) && reply.contains("Access-Control-Allow-Origin: *"), "{reply}");
        assert!(world.pretend(peer).finished, "{method}");
    }
    assert_eq!(world.server.event_readers(), 0);
}

#[test]
fn who_says_that_he_goes_is_gone() {
    let mut world = world(stations(1));
    let reader = follow(&mut world, PATH, Link::Fast);
    world.server.received_eof(reader, world.now);
    world.turn();
    assert!(world.pretend(reader).closed);
    assert_eq!(world.server.event_readers(), 0);
}

/// How often the loop would be woken in ten seconds in which nothing happens.
fn wakes(world: &mut World) -> usize {
    let end = world.now + 10 * SECOND;
    let mut wakes = 0;
    while let Some(deadline) = world.server.deadline().filter(|&deadline| deadline < end) {
        world.now = deadline.max(world.now);
        world.turn();
        wakes += 1;
    }
    world.now = end;
    wakes
}

#[test]
fn without_readers_nothing_is_looked_at() {
    let mut world = world(stations(1));
    world.pass(10 * SECOND);
    let before = wakes(&mut world);
    let reader = follow(&mut world, PATH, Link::Fast);
    let meanwhile = wakes(&mut world);
    world.hang_up(reader);
    world.pass(20 * SECOND);
    assert_eq!(wakes(&mut world), before);
    assert!(meanwhile >= before + 20, "{before} {meanwhile}");
}
