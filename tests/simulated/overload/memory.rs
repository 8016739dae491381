//! The memory budget: what clients hold is bounded, the oldest holder gives way, and all is given back.

use std::time::Duration;

use crate::world::{Link, World};
use coldwave::server::Peer;
use coldwave::session::CloseReason;

const BUDGET: usize = 1024 * 1024;

fn limited_world() -> World {
    let mut world = World::new(1);
    world.configure(|config| config.max_request_memory = BUDGET);
    world
}

/// Connects a client that sends a POST with a long head and all but the last byte of its body.
fn unfinished_post(world: &mut World) -> Peer {
    let head = "x".repeat(15_000);
    world.request("POST", "/admin/metadata").header("Cookie", &head).header("Content-Length", "16000").open()
}

fn count_ended(world: &World, reason: CloseReason) -> usize {
    world.ended.borrow().iter().filter(|session| session.reason == reason).count()
}

#[test]
fn oldest_incomplete_request_gives_way_with_503() {
    let mut world = limited_world();
    let listener = world.tune_in("/live", Link::Fast);
    let peers: Vec<Peer> = (0..200).map(|_| unfinished_post(&mut world)).collect();
    assert!((BUDGET / 2..=BUDGET).contains(&world.server.request_memory()));
    let refused: Vec<bool> = peers.iter().map(|&peer| world.reply(peer).status() == 503).collect();
    let first_waiting = refused.iter().position(|refused| !refused).expect("some wait");
    assert!(first_waiting > 100 && refused[first_waiting..].iter().all(|refused| !refused), "{refused:?}");
    assert_eq!(world.reply(peers[0]).header("Retry-After"), Some("5"));
    // Those that can be served at once are served, however many others wait.
    assert_eq!(world.get("/7.html").send().status(), 200);
    let other = world.tune_in("/live", Link::Fast);
    world.pass(Duration::from_secs(3));
    world.assert_listens(listener);
    world.assert_listens(other);
    let refused = peers.iter().filter(|&&peer| world.reply(peer).status() == 503).count();
    for peer in peers {
        if !world.socket(peer).closed {
            world.disconnect(peer);
        }
    }
    assert_eq!(count_ended(&world, CloseReason::MemoryLimit), refused);
    world.server.clear_caches();
    assert_eq!(world.server.request_memory(), 0);
}

#[test]
fn head_that_grows_byte_by_byte_is_charged_and_given_back() {
    let mut world = limited_world();
    let peer = world.connect(Link::Fast);
    for _ in 0..100 {
        world.send(peer, &[b'a'; 100]);
    }
    assert!((10_000..40_000).contains(&world.server.request_memory()), "{}", world.server.request_memory());
    world.disconnect(peer);
    assert_eq!(world.server.request_memory(), 0);
}

#[test]
fn requests_that_wait_for_pages_leave_room_for_others() {
    let mut world = limited_world();
    let slow_client = unfinished_post(&mut world);
    let cookie = "x".repeat(15_000);
    let waiting: Vec<Peer> = (0..200)
        .map(|number| {
            let peer = world.connect(Link::Fast);
            let head =
                format!("GET /api/v1/stations HTTP/1.0\r\nHost: h{number}\r\nCookie: {cookie}\r\n\r\n");
            world.server.received(peer, head.as_bytes(), world.now);
            peer
        })
        .collect();
    let used = world.server.request_memory();
    assert!((200 * 100..BUDGET / 4).contains(&used), "{used}");
    world.turn();
    assert!(waiting.iter().all(|&peer| world.reply(peer).status() == 200));
    assert!(!world.reply(slow_client).starts_with("HTTP"), "it was not evicted");
}

#[test]
fn equal_responses_share_their_body() {
    let mut world = limited_world();
    let stuck = Link::Stuck { buffer: 100 };
    let peers: Vec<Peer> = (0..1000).map(|_| world.get("/api/v1/openapi.json").link(stuck).open()).collect();
    let body = world.get("/api/v1/openapi.json").send().body().len();
    assert_eq!(world.server.request_memory(), body, "charged once, and kept for the next request");
    assert!(peers.iter().all(|&peer| !world.socket(peer).closed));
}

#[test]
fn different_unread_responses_give_way_the_oldest_first() {
    let mut world = limited_world();
    let listener = world.tune_in("/live", Link::Fast);
    let stuck = Link::Stuck { buffer: 100 };
    let peers: Vec<Peer> = (0..1500)
        .map(|number| world.get("/status.xsl").header("Host", &format!("h{number}")).link(stuck).open())
        .collect();
    assert!(world.server.request_memory() <= BUDGET);
    let closed: Vec<bool> = peers.iter().map(|&peer| world.socket(peer).closed).collect();
    let first_open = closed.iter().position(|closed| !closed).expect("some wait");
    assert!(first_open > 500 && closed[first_open..].iter().all(|closed| !closed), "{first_open}");
    assert_eq!(count_ended(&world, CloseReason::MemoryLimit), first_open);
    // A client that reads still gets every page.
    let page = world.get("/status.xsl").header("Host", "a.example").send();
    assert!(page.status() == 200 && page.contains("</html>"), "{page}");
    world.pass(Duration::from_secs(20));
    world.assert_listens(listener);
    world.server.clear_caches();
    assert_eq!(world.server.request_memory(), 0, "all others ran into their timeout");
}

#[test]
fn event_readers_that_do_not_read_are_charged_and_leave_half_of_the_budget() {
    let mut world = limited_world();
    let stuck = Link::Stuck { buffer: 0 };
    let readers: Vec<Peer> = (0..300).map(|_| world.get("/api/v1/events").link(stuck).open()).collect();
    assert_eq!(world.server.event_readers(), BUDGET / 2 / 4096 * 3 / 4, "one address");
    assert_eq!(count_ended(&world, CloseReason::MemoryLimit), 0, "no reader is evicted for another");
    assert_eq!(world.get("/status.xsl").send().status(), 200);
    let post = unfinished_post(&mut world);
    assert_eq!(world.reply(post).status(), 0, "there is room for its request");
    world.disconnect(post);
    world.server.clear_caches();
    for peer in readers {
        if !world.socket(peer).closed {
            world.disconnect(peer);
        }
    }
    assert_eq!(world.server.request_memory(), 0);
}

#[test]
fn page_larger_than_the_budget_is_refused() {
    let mut world = World::new(1);
    world.configure(|config| config.max_request_memory = 3000);
    assert_eq!(world.get("/api/v1/openapi.json").send().status(), 503);
    assert_eq!(world.get("/7.html").send().status(), 200);
    assert_eq!(count_ended(&world, CloseReason::MemoryLimit), 1);
}

#[test]
fn small_request_in_two_parts_survives_a_flood_of_unread_pages() {
    let mut world = limited_world();
    let stuck = Link::Stuck { buffer: 100 };
    let flood = |world: &mut World, from: usize| {
        for number in from..from + 700 {
            world.get("/status.xsl").header("Host", &format!("h{number}")).link(stuck).open();
        }
    };
    flood(&mut world, 0);
    let peer = world.connect(Link::Fast);
    world.send(peer, b"GET /7.html HTTP/1.0\r\n");
    flood(&mut world, 700);
    world.send(peer, b"\r\n");
    assert_eq!(world.reply(peer).status(), 200);
    assert!(count_ended(&world, CloseReason::MemoryLimit) > 300);
}

#[test]
fn readers_of_a_shared_page_survive_a_flood_of_other_pages() {
    let mut world = limited_world();
    let stuck = Link::Stuck { buffer: 100 };
    let readers: Vec<Peer> = (0..500).map(|_| world.get("/api/v1/openapi.json").link(stuck).open()).collect();
    for number in 0..1500 {
        world.get("/status.xsl").header("Host", &format!("h{number}")).link(stuck).open();
    }
    assert!(count_ended(&world, CloseReason::MemoryLimit) > 300);
    assert!(readers.iter().all(|&peer| !world.socket(peer).closed));
}
