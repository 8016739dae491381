//! Requests in a simulated world: what they get, when their time is up, and that nobody is attached who only asks.

use std::time::Duration;

use crate::world::{Link, World};
use coldwave::server::{IGNORED_INPUT_MAX, REPLY_TIMEOUT, REQUEST_TIMEOUT};

const SECOND: Duration = Duration::from_secs(1);

/// What a request gets that is sent in one piece and is no listener's.
fn reply_to(request: &[u8]) -> String {
    let mut world = World::new(1);
    let peer = world.connect(Link::Fast);
    world.send(peer, request);
    assert!(world.pretend(peer).finished, "it was answered, and that was all");
    assert_eq!(world.listeners(0), 0);
    world.reply(peer)
}

#[test]
fn whoever_only_asks_is_answered_and_not_attached() {
    for (request, line) in [
        ("HEAD /live HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.0 200 OK"),
        ("HEAD /live HTTP/1.0\r\nIcy-MetaData: 1\r\nUser-Agent: mpg123/1.31\r\n\r\n", "ICY 200 OK"),
        ("OPTIONS /live HTTP/1.1\r\nOrigin: http://x\r\n\r\n", "HTTP/1.1 204 No Content"),
        ("OPTIONS * HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK"),
        ("GET /nowhere HTTP/1.1\r\n\r\n", "HTTP/1.0 404 Not Found"),
        ("PUT /live HTTP/1.1\r\n\r\n", "HTTP/1.0 405 Method Not Allowed"),
        ("GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n\r\n", "HTTP/1.0 200 OK"),
        ("hackme\r\nicy-name:x\r\n\r\n", "HTTP/1.0 400 Bad Request"),
    ] {
        let reply = reply_to(request.as_bytes());
        assert_eq!(reply.lines().next(), Some(line), "{request}");
    }
}

#[test]
fn a_page_tells_what_is_on_the_air() {
    let page = reply_to(b"GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n\r\n");
    assert!(page.contains("Tone 1") && page.contains("src=\"/live\""), "{page}");
}

#[test]
fn a_request_may_come_in_any_pieces() {
    for size in [1, 2, 7, 1000] {
        let mut world = World::new(1);
        let peer = world.connect(Link::Fast);
        for piece in b"GET /live HTTP/1.1\r\nHost: x\r\nIcy-MetaData:1\r\n\r\n".chunks(size) {
            assert_eq!(world.reply(peer), "");
            world.send(peer, piece);
        }
        assert!(world.reply(peer).contains("icy-metaint: 16000"));
        assert_eq!(world.listeners(0), 1);
    }
}

#[test]
fn tls_is_hung_up_on_without_a_word() {
    let mut world = World::new(1);
    let peer = world.connect(Link::Fast);
    world.send(peer, b"\x16\x03\x01\x02\x00\x01");
    assert!(world.pretend(peer).closed && world.reply(peer).is_empty());
}

#[test]
fn time_for_a_request_ends() {
    let mut world = World::new(1);
    let (silent, slow, never_reads) =
        (world.connect(Link::Fast), world.connect(Link::Fast), world.connect(Link::Stuck { buffer: 0 }));
    for _ in 0..14 {
        world.pass(SECOND);
        world.send(slow, b"G");
    }
    assert!(!world.pretend(silent).closed && !world.pretend(slow).finished);
    world.send(never_reads, b"GET /nowhere HTTP/1.0\r\n\r\n");
    world.pass(REQUEST_TIMEOUT - 14 * SECOND + SECOND);
    assert!(world.pretend(silent).closed && world.reply(silent).is_empty());
    assert!(world.reply(slow).starts_with("HTTP/1.0 408 "), "{}", world.reply(slow));
    world.pass(REPLY_TIMEOUT + SECOND);
    assert!(world.pretend(slow).closed && world.pretend(never_reads).closed);
    assert_eq!(world.server.deadline().map(|next| next.since(world.now) <= SECOND), Some(true));
}

#[test]
fn who_goes_on_talking_after_his_request_is_heard_out_to_a_point() {
    for request in ["GET /live HTTP/1.0\r\n\r\n", "PUT /live HTTP/1.1\r\n\r\n"] {
        let mut world = World::new(1);
        let peer = world.connect(Link::Fast);
        world.send(peer, request.as_bytes());
        world.send(peer, &[0; IGNORED_INPUT_MAX as usize]);
        assert!(!world.pretend(peer).closed);
        world.send(peer, b"!");
        assert!(world.pretend(peer).closed);
        assert_eq!(world.listeners(0), 0);
    }
}

#[test]
fn after_a_reply_the_peer_hangs_up_first() {
    let mut world = World::new(1);
    let peer = world.connect(Link::Fast);
    world.send(peer, b"GET /nowhere HTTP/1.0\r\n\r\n");
    world.pass(SECOND);
    assert!(!world.pretend(peer).closed);
    world.server.received_eof(peer, world.now);
    world.turn();
    assert!(world.pretend(peer).closed);
}

#[test]
fn half_a_goodbye_leaves_a_listener_on_and_ends_half_a_request() {
    let mut world = World::new(1);
    let (listener, asking) = (world.tune_in("/live", Link::Fast), world.connect(Link::Fast));
    world.send(asking, b"GET /live");
    for peer in [listener, asking] {
        world.server.received_eof(peer, world.now);
    }
    world.pass(10 * SECOND);
    world.assert_listens(listener);
    assert!(world.pretend(asking).closed);
}

#[test]
fn what_comes_late_for_someone_who_is_gone_finds_nobody() {
    let mut world = World::new(1);
    let gone = world.tune_in("/live", Link::Fast);
    world.hang_up(gone);
    let next = world.tune_in("/live", Link::Fast);
    assert_eq!(gone.index, next.index, "the place is taken again");
    world.server.received(gone, b"GET /nowhere HTTP/1.0\r\n\r\n", world.now);
    world.server.received_eof(gone, world.now);
    world.server.writable(gone);
    world.server.connection_lost(gone, world.now);
    world.pass(5 * SECOND);
    world.assert_listens(next);
    assert_eq!(world.listeners(0), 1);
}

#[test]
fn every_station_has_its_own_paths_and_listeners() {
    let settings = |id, mount: &str| coldwave::settings::StationSettings {
        id,
        mount: mount.to_owned(),
        ..coldwave::settings::StationSettings::default()
    };
    let mut world = World::with(1, vec![settings(1, "/one"), settings(2, "/two")]);
    let paths = [(0, "/one"), (1, "/two"), (0, "/stream/1"), (1, "/stream/2"), (0, "/stream"), (0, "/;")];
    let peers = paths.map(|(station, path)| world.tune_in_to(station, path, Link::Fast));
    world.pass(20 * SECOND);
    assert_eq!((world.listeners(0), world.listeners(1)), (4, 2));
    for peer in peers {
        assert_eq!(world.ear(peer).skips, 0);
    }
}
