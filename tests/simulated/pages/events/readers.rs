//! The readers of events: their limit, and how each is served over its link.

use std::time::Duration;

use coldwave::server::{EVENTS_WRITE_TIMEOUT, HEARTBEAT_INTERVAL, Peer};
use serde_json::Value;

use super::{PATH, SECOND, follow, of_kind, received, stations, world};
use crate::world::{Link, World, seed};

#[test]
fn heartbeat_is_sent_every_fifteen_seconds_of_silence() {
    let mut station = stations(1).remove(0);
    station.sources.max_silence = Duration::ZERO;
    let mut world = World::without_inputs(seed(1), station);
    world.event_interval_max = 1000 * SECOND;
    world.pass(10 * SECOND);
    let peer = follow(&mut world, PATH, Link::Fast);
    for heartbeats in 1..6 {
        world.pass(HEARTBEAT_INTERVAL - SECOND / 100);
        assert_eq!(received(&world, peer).1, heartbeats - 1);
        world.pass(SECOND / 100);
        let (events, so_far) = received(&world, peer);
        assert_eq!((events.len(), so_far), (1, heartbeats), "nothing else is sent");
    }
}

/// Events are whole, whatever the pieces in which the socket accepts them.
#[test]
fn events_are_whole_over_an_erratic_link() {
    let mut world = world(stations(20));
    let peer = follow(&mut world, PATH, Link::Erratic);
    let steady = follow(&mut world, PATH, Link::Fast);
    world.pass(60 * SECOND);
    world.server.stop(world.now);
    while !world.server.is_drained() {
        world.pass(SECOND / 10);
    }
    let (erratic, steady) = (received(&world, peer).0, received(&world, steady).0);
    assert!(erratic.len() > 20 && erratic.len() <= steady.len());
    assert!(world.socket(peer).finished);
}

/// Twenty stations have more events than the link of a slow reader can carry. The reader misses outdated
/// events and gets the latest.
#[test]
fn slow_reader_skips_outdated_events() {
    let mut world = world(stations(20));
    let slow = follow(&mut world, PATH, Link::Slow { per_second: 100, buffer: 1000 });
    let fast = follow(&mut world, PATH, Link::Fast);
    world.pass(300 * SECOND);
    // It catches up with the events that are ready.
    for _ in 0..1000 {
        world.socket_mut(slow).link = Link::Fast;
        world.pass(SECOND / 100);
    }
    let titles = |peer| -> Vec<Value> {
        of_kind(&world, peer, "title")
            .into_iter()
            .filter(|event| event.data["station"] == 1)
            .map(|mut event| {
                // It is that of the moment at which the reader gets the event.
                event.data.as_object_mut().expect("an object").remove("elapsed_s").expect("a number");
                event.data
            })
            .collect()
    };
    let (slow, fast) = (titles(slow), titles(fast));
    assert!(slow.len() < fast.len(), "{} of {}", slow.len(), fast.len());
    assert_eq!(slow.last(), fast.last());
    assert!(slow.iter().all(|title| fast.contains(title)));
}

/// A reader that never reads is disconnected after a minute. Other peers are not affected.
#[test]
fn reader_that_never_reads_is_disconnected() {
    let mut world = world(stations(20));
    let stuck = follow(&mut world, PATH, Link::Stuck { buffer: 500 });
    let (fast, listener) = (follow(&mut world, PATH, Link::Fast), world.tune_in_to(0, "/1", Link::Fast));
    world.pass(EVENTS_WRITE_TIMEOUT - SECOND);
    assert!(!world.socket(stuck).closed);
    assert_eq!(world.server.event_readers(), 2);
    world.pass(HEARTBEAT_INTERVAL + 2 * SECOND);
    assert!(world.socket(stuck).closed);
    assert_eq!(world.server.event_readers(), 1);
    assert!(received(&world, fast).0.len() > 20);
    world.assert_listens(listener);
}

#[test]
fn many_readers_all_get_every_event() {
    let mut world = world(stations(1));
    let readers: Vec<Peer> = (0..2000).map(|_| follow(&mut world, PATH, Link::Fast)).collect();
    world.pass(40 * SECOND);
    let first = of_kind(&world, readers[0], "title");
    assert!(first.len() >= 3, "{first:?}");
    for &reader in &readers {
        assert_eq!(of_kind(&world, reader, "title"), first);
    }
    // Half of them disconnect while the others are served.
    readers.iter().step_by(2).for_each(|&reader| world.disconnect(reader));
    world.pass(20 * SECOND);
    assert_eq!(world.server.event_readers(), 1000);
    let first = of_kind(&world, readers[1], "title");
    assert!(readers.iter().skip(1).step_by(2).all(|&reader| of_kind(&world, reader, "title") == first));
}

/// With a deadline in the past, the loop would measure a delay that does not exist.
#[test]
fn deadline_is_never_in_the_past_while_many_readers_are_served() {
    let mut world = world(stations(1));
    for _ in 0..2000 {
        follow(&mut world, PATH, Link::Fast);
    }
    let mut turns = 0;
    for _ in 0..10_000 {
        let due = world.server.deadline().expect("a deadline");
        if due <= world.now {
            assert_eq!(due, world.now, "after {turns} turns");
            turns += 1;
        }
        world.now = due.max(world.now + Duration::from_millis(1));
        world.turn();
    }
    assert!(turns > 50, "2,000 readers are served in several turns: {turns}");
}

#[test]
fn stop_ends_every_event_stream_with_a_whole_event() {
    let mut world = world(stations(5));
    let link = Link::Slow { per_second: 3000, buffer: 700 };
    let readers = [follow(&mut world, PATH, Link::Fast), follow(&mut world, PATH, link)];
    world.pass(3 * SECOND);
    world.server.stop(world.now);
    while !world.server.is_drained() {
        world.pass(SECOND / 10);
    }
    for reader in readers {
        assert!(world.socket(reader).finished);
        received(&world, reader);
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
    world.disconnect(first);
    let next = follow(&mut world, PATH, Link::Fast);
    assert_eq!(received(&world, next).0.len(), 1);
}

#[test]
fn head_and_preflight_requests_are_not_readers() {
    let mut world = world(stations(1));
    for (method, status) in [("HEAD", "200 OK"), ("OPTIONS", "204 No Content"), ("POST", "405")] {
        let peer = world.request(method, PATH).http11().open();
        let reply = world.reply(peer);
        assert!(reply.contains(status) && reply.contains("Access-Control-Allow-Origin: *"), "{reply}");
        assert!(world.socket(peer).finished, "{method}");
    }
    assert_eq!(world.server.event_readers(), 0);
}

#[test]
fn half_closed_reader_is_disconnected() {
    let mut world = world(stations(1));
    let reader = follow(&mut world, PATH, Link::Fast);
    world.half_close(reader);
    assert!(world.socket(reader).closed);
    assert_eq!(world.server.event_readers(), 0);
}

/// Returns how often the loop wakes in ten seconds without events.
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
fn event_hub_does_not_wake_the_loop_without_readers() {
    let mut world = world(stations(1));
    world.pass(10 * SECOND);
    let before = wakes(&mut world);
    let reader = follow(&mut world, PATH, Link::Fast);
    let meanwhile = wakes(&mut world);
    world.disconnect(reader);
    world.pass(20 * SECOND);
    assert_eq!(wakes(&mut world), before);
    assert!(meanwhile >= before + 20, "{before} {meanwhile}");
}

/// The share of an address applies from three quarters of the limit on: here six of eight readers.
#[test]
fn address_gets_at_most_half_of_the_readers_once_three_quarters_are_taken() {
    let mut world = world(stations(1));
    world.configure(|config| config.max_event_readers = 8);
    let follow_from = |world: &mut World, host: u8, port: u16| {
        let peer = world.get(PATH).from(&format!("192.0.2.{host}:{port}")).open();
        (peer, world.reply(peer).status())
    };
    let many: Vec<_> = (0..6).map(|port| follow_from(&mut world, 1, port)).collect();
    assert!(many.iter().all(|(_, status)| *status == 200));
    let (_, refused) = follow_from(&mut world, 1, 6);
    assert_eq!((refused, follow_from(&mut world, 2, 1).1), (503, 200));
    many[..3].iter().for_each(|&(peer, _)| world.disconnect(peer));
    assert_eq!(follow_from(&mut world, 1, 7).1, 200, "four are left, and only then it has half");
    assert_eq!([3, 4].map(|host| follow_from(&mut world, host, 1).1), [200, 200]);
    assert_eq!(follow_from(&mut world, 1, 8).1, 503);
    assert_eq!([5, 6].map(|host| follow_from(&mut world, host, 1).1), [200, 503], "eight are the limit");
}
