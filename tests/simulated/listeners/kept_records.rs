//! Sockets that keep a record, as with TLS: what the server has written may not have been sent yet.

use std::time::Duration;

use coldwave::server::{IDLE_AFTER, Peer, STALLED_AFTER};

use crate::world::{Link, World};

const SECOND: Duration = Duration::from_secs(1);

const SLOW: Link = Link::Slow { per_second: 40_000, buffer: 2_000 };

fn keeping_records(seed: u64) -> World {
    let mut world = World::new(seed);
    world.net.keeps_records = true;
    world
}

/// Lets listeners over slow links hear for a while.
fn tune_in(world: &mut World) -> [Peer; 3] {
    let peers = [Link::Fast, SLOW, Link::Erratic].map(|link| world.tune_in("/stream", link));
    world.pass(8 * SECOND);
    peers
}

#[test]
fn reply_is_finished_after_its_last_record_was_sent() {
    let mut world = keeping_records(31);
    let reply = world.connect(Link::Slow { per_second: 1_000, buffer: 500 });
    world.send(reply, b"GET /status-json.xsl HTTP/1.0\r\n\r\n");
    assert!(!world.socket(reply).unsent.is_empty() && !world.socket(reply).finished);
    world.pass(8 * SECOND);
    let socket = world.socket(reply);
    assert!(socket.unsent.is_empty(), "{} bytes wait", socket.unsent.len());
    assert!(socket.finished && socket.received.ends_with(b"}"), "{}", socket.received.escape_ascii());
}

#[test]
fn reply_whose_last_record_waits_is_not_complete() {
    let mut world = keeping_records(32);
    let page = world.connect(Link::Stuck { buffer: 500 });
    world.send(page, b"GET /status-json.xsl HTTP/1.0\r\n\r\n");
    assert!(!world.socket(page).unsent.is_empty() && !world.socket(page).finished);
    world.pass(IDLE_AFTER + SECOND);
    assert!(!world.server.evict_idle(world.now), "the client may still read it");
    world.pass(STALLED_AFTER);
    assert!(world.server.evict_idle(world.now), "the client does not read");
}

#[test]
fn listeners_get_the_rest_of_their_frame_when_the_server_stops() {
    let mut world = keeping_records(33);
    let listeners = tune_in(&mut world);
    world.server.stop(world.now);
    world.pass(SECOND + SECOND / 2);
    for peer in listeners {
        assert!(world.socket(peer).finished && world.ear(peer).is_at_frame_boundary(), "{peer:?}");
    }
}

#[test]
fn listeners_get_the_rest_of_their_frame_when_their_station_is_removed() {
    let mut world = keeping_records(34);
    let listeners = tune_in(&mut world);
    assert!(world.server.remove_station(world.keys[0], world.now));
    world.pass(2 * SECOND);
    for peer in listeners {
        assert!(world.socket(peer).finished && world.ear(peer).is_at_frame_boundary(), "{peer:?}");
    }
}
