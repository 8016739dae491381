//! Requests: their replies, their time-outs, and what peers may send after them.

use std::time::Duration;

use crate::world::{Link, Reply, World};
use coldwave::server::{IGNORED_INPUT_MAX, REPLY_TIMEOUT, REQUEST_TIMEOUT};
use coldwave::settings::StationSettings;

const SECOND: Duration = Duration::from_secs(1);

/// Returns the reply to a request that arrives in one piece and does not start a stream.
fn reply_to(request: &str) -> Reply {
    let mut world = World::new(1);
    let peer = world.connect(Link::Fast);
    world.send(peer, request.as_bytes());
    assert!(world.socket(peer).finished, "the reply is complete");
    assert_eq!(world.listeners(0), 0);
    world.reply(peer)
}

const BROWSER: &str = "GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n\r\n";

#[test]
fn request_without_a_stream_is_answered_and_adds_no_listener() {
    for (request, line) in [
        ("HEAD /live HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.0 200 OK"),
        ("HEAD /live HTTP/1.0\r\nIcy-MetaData: 1\r\nUser-Agent: mpg123/1.31\r\n\r\n", "ICY 200 OK"),
        ("OPTIONS /live HTTP/1.1\r\nOrigin: http://x\r\n\r\n", "HTTP/1.1 204 No Content"),
        ("OPTIONS * HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK"),
        ("GET /nowhere HTTP/1.1\r\n\r\n", "HTTP/1.0 404 Not Found"),
        ("PUT /live HTTP/1.1\r\n\r\n", "HTTP/1.0 405 Method Not Allowed"),
        (BROWSER, "HTTP/1.0 200 OK"),
        ("hackme\r\nicy-name:x\r\n\r\n", "HTTP/1.0 400 Bad Request"),
    ] {
        assert_eq!(reply_to(request).status_line(), line, "{request}");
    }
}

#[test]
fn page_shows_what_is_on_the_air() {
    let page = reply_to(BROWSER);
    assert!(page.contains("Tone 1") && page.contains("src=\"/live\""), "{page}");
}

#[test]
fn request_may_arrive_in_any_pieces() {
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
fn tls_without_certificate_gets_an_alert() {
    let mut world = World::new(1);
    let peer = world.connect(Link::Fast);
    world.send(peer, b"\x16\x03\x01\x02\x00\x01");
    // A fatal handshake_failure, then the end.
    assert!(world.socket(peer).finished);
    assert_eq!(world.socket(peer).received, b"\x15\x03\x01\x00\x02\x02\x28");
}

#[test]
fn incomplete_request_times_out() {
    let mut world = World::new(1);
    let (silent, slow, never_reads) =
        (world.connect(Link::Fast), world.connect(Link::Fast), world.connect(Link::Stuck { buffer: 0 }));
    for _ in 0..14 {
        world.pass(SECOND);
        world.send(slow, b"G");
    }
    assert!(!world.socket(silent).closed && !world.socket(slow).finished);
    world.send(never_reads, b"GET /nowhere HTTP/1.0\r\n\r\n");
    world.pass(REQUEST_TIMEOUT - 14 * SECOND + SECOND);
    assert!(world.socket(silent).closed && world.reply(silent).is_empty());
    assert!(world.reply(slow).starts_with("HTTP/1.0 408 "), "{}", world.reply(slow));
    world.pass(REPLY_TIMEOUT + SECOND);
    assert!(world.socket(slow).closed && world.socket(never_reads).closed);
    assert_eq!(world.server.deadline().map(|next| next.since(world.now) <= SECOND), Some(true));
}

#[test]
fn client_that_sends_one_byte_of_tls_is_closed_without_a_response() {
    let mut world = World::new(1);
    let peer = world.connect(Link::Fast);
    world.send(peer, b"\x16");
    world.pass(REQUEST_TIMEOUT + SECOND);
    assert!(world.socket(peer).closed && world.socket(peer).received.is_empty());
}

#[test]
fn excess_input_after_a_request_is_ignored_up_to_a_limit() {
    for (method, target) in [("GET", "/live"), ("PUT", "/live")] {
        let mut world = World::new(1);
        let peer = world.request(method, target).open();
        world.send(peer, &[0; IGNORED_INPUT_MAX as usize]);
        assert!(!world.socket(peer).closed);
        world.send(peer, b"!");
        assert!(world.socket(peer).closed);
        assert_eq!(world.listeners(0), 0);
    }
}

#[test]
fn connection_stays_open_after_a_reply_until_the_peer_closes_it() {
    let mut world = World::new(1);
    let peer = world.get("/nowhere").open();
    world.pass(SECOND);
    assert!(!world.socket(peer).closed);
    world.half_close(peer);
    assert!(world.socket(peer).closed);
}

#[test]
fn half_close_keeps_a_listener_and_ends_an_incomplete_request() {
    let mut world = World::new(1);
    let (listener, incomplete) = (world.tune_in("/live", Link::Fast), world.connect(Link::Fast));
    world.send(incomplete, b"GET /live");
    for peer in [listener, incomplete] {
        world.server.received_eof(peer, world.now);
    }
    world.pass(10 * SECOND);
    world.assert_listens(listener);
    assert!(world.socket(incomplete).closed);
}

#[test]
fn late_events_of_a_closed_connection_do_not_reach_the_next_one() {
    let mut world = World::new(1);
    let closed = world.tune_in("/live", Link::Fast);
    world.disconnect(closed);
    let next = world.tune_in("/live", Link::Fast);
    assert_eq!(closed.index, next.index, "the index is used again");
    world.server.received(closed, b"GET /nowhere HTTP/1.0\r\n\r\n", world.now);
    world.server.received_eof(closed, world.now);
    world.server.writable(closed);
    world.server.connection_lost(closed, world.now);
    world.pass(5 * SECOND);
    world.assert_listens(next);
    assert_eq!(world.listeners(0), 1);
}

#[test]
fn every_station_has_its_own_paths_and_listeners() {
    let settings =
        |id, mount: &str| StationSettings { id, mount: mount.to_owned(), ..StationSettings::default() };
    let mut world = World::with(1, vec![settings(1, "/one"), settings(2, "/two")]);
    let paths = [(0, "/one"), (1, "/two"), (0, "/stream/1"), (1, "/stream/2"), (0, "/stream"), (0, "/;")];
    let peers = paths.map(|(station, path)| world.tune_in_to(station, path, Link::Fast));
    world.pass(20 * SECOND);
    assert_eq!((world.listeners(0), world.listeners(1)), (4, 2));
    for peer in peers {
        assert_eq!(world.ear(peer).skips, 0);
    }
}
