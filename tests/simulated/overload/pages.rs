//! The time for pages in a turn is limited. Audio goes first, and no address delays another.

use std::time::Duration;

use crate::world::{ADMIN, Link, World};
use coldwave::server::{PAGE_TIME_PER_TURN, PAGE_TIMEOUT, Peer};
use coldwave::session::CloseReason;

/// A page takes a little more than a third of the time per turn, so a turn renders three pages.
const PAGES_PER_TURN: usize = 3;

fn slow_world() -> World {
    let mut world = World::new(1);
    world.net.clock_step = PAGE_TIME_PER_TURN / 3 + Duration::from_micros(1);
    world
}

/// Sends a request for a page of its own without running a turn.
fn request_page(world: &mut World, address: &str, number: usize) -> Peer {
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    let request = format!("GET /api/v1/stations HTTP/1.0\r\nHost: h{number}\r\n\r\n");
    world.server.received(peer, request.as_bytes(), world.now);
    peer
}

fn count_answered(world: &World, peers: &[Peer]) -> usize {
    peers.iter().filter(|&&peer| world.reply(peer).status() == 200).count()
}

#[test]
fn turn_renders_pages_for_a_limited_time_and_serves_listeners() {
    let mut world = slow_world();
    let listener = world.tune_in("/live", Link::Fast);
    world.pass(Duration::from_secs(1));
    let peers: Vec<Peer> = (0..100).map(|number| request_page(&mut world, "192.0.2.1:1", number)).collect();
    let writes = world.socket(listener).writes;
    for turn in 1..=30 {
        // Each turn takes the time of the pages, and the listener is not delayed by more than that.
        world.now = world.now + PAGE_TIME_PER_TURN;
        world.single_turn();
        assert_eq!(count_answered(&world, &peers), turn * PAGES_PER_TURN);
        assert!(world.server.has_unfinished_work());
        assert_eq!(world.server.deadline(), Some(world.now), "the next turn follows at once");
    }
    world.pass(Duration::from_secs(2));
    assert_eq!(count_answered(&world, &peers), 100);
    assert!(!world.server.has_unfinished_work());
    assert!(world.socket(listener).writes >= writes + 2);
}

#[test]
fn address_with_many_requests_delays_only_itself() {
    let mut world = slow_world();
    let flood: Vec<Peer> = (0..100).map(|number| request_page(&mut world, "192.0.2.1:1", number)).collect();
    world.single_turn();
    let other = request_page(&mut world, "198.51.100.7:1", 100);
    world.single_turn();
    assert_eq!((count_answered(&world, &[other]), count_answered(&world, &flood)), (1, 5));
}

#[test]
fn addresses_of_one_ipv6_network_delay_only_themselves() {
    let mut world = slow_world();
    let flood: Vec<Peer> = (0..100)
        .map(|number| request_page(&mut world, &format!("[2001:db8::{number:x}]:1"), number))
        .collect();
    let other = request_page(&mut world, "[2001:db8:1::1]:1", 100);
    world.single_turn();
    assert_eq!((count_answered(&world, &[other]), count_answered(&world, &flood)), (1, PAGES_PER_TURN - 1));
}

#[test]
fn cached_page_needs_no_turn_in_the_queue() {
    let mut world = slow_world();
    world.turn();
    assert_eq!(world.get("/api/v1/stations").header("Host", "radio.example").send().status(), 200);
    let flood: Vec<Peer> = (0..20).map(|number| request_page(&mut world, "192.0.2.1:1", number)).collect();
    let peer = world.connect_from("192.0.2.1:2".parse().expect("an address"), Link::Fast);
    world.server.received(peer, b"GET /api/v1/stations HTTP/1.0\r\nHost: radio.example\r\n\r\n", world.now);
    world.single_turn();
    // Each write takes as long as a page, so the turn writes three replies: the cached page first.
    assert_eq!((count_answered(&world, &[peer]), count_answered(&world, &flood)), (1, PAGES_PER_TURN - 1));
}

#[test]
fn callbacks_share_one_rendered_page() {
    let mut world = World::new(1);
    let reply = |world: &mut World, query: &str| world.get(&format!("/statistics?{query}")).send();
    let json = reply(&mut world, "json=1");
    let memory = world.server.request_memory();
    for name in ["f", "jQuery1124_15", "a.b"] {
        let script = reply(&mut world, &format!("json=1&callback={name}"));
        assert_eq!(script.body(), format!("{name}({})", json.body()));
        assert_eq!(script.header("Content-Type"), Some("application/javascript; charset=utf-8"));
        assert_eq!(script.header("Content-Length"), Some(script.body().len().to_string().as_str()));
        let head = world.head(&format!("/statistics?json=1&callback={name}")).send();
        assert_eq!((head.head(), head.body()), (script.head(), ""));
    }
    assert_eq!(world.server.request_memory(), memory);
}

#[test]
fn page_that_waits_too_long_is_answered_503() {
    let mut world = slow_world();
    let peers: Vec<Peer> = (0..10).map(|number| request_page(&mut world, "192.0.2.1:1", number)).collect();
    world.single_turn();
    world.now = world.now + PAGE_TIMEOUT;
    (0..3).for_each(|_| world.single_turn());
    let statuses: Vec<u16> = peers.iter().map(|&peer| world.reply(peer).status()).collect();
    assert_eq!(statuses, [200, 200, 200, 503, 503, 503, 503, 503, 503, 503]);
    for &peer in &peers {
        world.half_close(peer);
    }
    let ended = world.ended.borrow().iter().filter(|it| it.reason == CloseReason::Overloaded).count();
    assert_eq!(ended, 7);
}

#[test]
fn client_that_leaves_while_it_waits_costs_nothing() {
    let mut world = slow_world();
    let peers: Vec<Peer> = (0..50).map(|number| request_page(&mut world, "192.0.2.1:1", number)).collect();
    for &peer in &peers[1..] {
        world.server.connection_lost(peer, world.now);
    }
    world.turn();
    assert_eq!(count_answered(&world, &peers), 1);
    world.server.clear_caches();
    world.half_close(peers[0]);
    assert_eq!(world.server.request_memory(), 0);
}

#[test]
fn stopping_server_does_not_wait_for_pages() {
    let mut world = slow_world();
    let listener = world.tune_in("/live", Link::Stuck { buffer: 0 });
    let peers: Vec<Peer> = (0..50).map(|number| request_page(&mut world, "192.0.2.1:1", number)).collect();
    world.single_turn();
    assert!(world.server.has_unfinished_work() && count_answered(&world, &peers) == PAGES_PER_TURN);
    world.server.stop(world.now);
    (0..2).for_each(|_| world.single_turn());
    assert!(!world.server.has_unfinished_work(), "a page that nothing renders must not keep the loop busy");
    assert!(world.server.deadline().is_none_or(|deadline| deadline > world.now));
    assert!(!world.socket(listener).closed && !world.server.is_drained());
}

#[test]
fn long_response_takes_several_turns() {
    let mut world = World::new(1);
    world.enable_admin();
    for _ in 0..1500 {
        world.tune_in("/live", Link::Fast);
    }
    let peer = world.connect(Link::Fast);
    let request = format!("GET /admin.cgi?mode=viewxml&page=3&pass={} HTTP/1.0\r\n\r\n", ADMIN.1);
    world.server.received(peer, request.as_bytes(), world.now);
    let mut turns = 0;
    while !world.socket(peer).finished {
        world.single_turn();
        turns += 1;
    }
    let reply = world.reply(peer);
    assert_eq!(reply.body().matches("<LISTENER>").count(), 1500);
    assert!(turns >= 4, "{turns} turns for {} bytes", reply.len());
}
