//! Connections when all are taken: which of them give way to new ones, and how many one address may have.

use std::net::SocketAddr;
use std::time::Duration;

use crate::world::{Link, World};
use coldwave::server::{IDLE_AFTER, Peer, STALLED_AFTER};
use coldwave::session::CloseReason;
use coldwave::trusted_proxies::TrustedProxies;

const MILLISECOND: Duration = Duration::from_millis(1);

/// Creates a world that accepts this number of connections.
fn world_with_connections(max: usize) -> World {
    let mut world = World::new(1);
    world.configure(|config| config.max_connections = max);
    world
}

fn client(host: u8, port: usize) -> SocketAddr {
    ([192, 0, 2, host], port as u16).into()
}

/// Connects a client that sends nothing.
fn silent(world: &mut World, host: u8, port: usize) -> Peer {
    world.connect_from(client(host, port), Link::Fast)
}

fn listen(world: &mut World, host: u8, port: usize) -> Peer {
    let peer = world.get("/live").from(&client(host, port).to_string()).open();
    assert_eq!(world.reply(peer).status(), 200, "{}", world.reply(peer));
    peer
}

#[test]
fn silent_connections_give_way_to_a_listener_and_listeners_do_not() {
    let mut world = world_with_connections(20);
    let early = listen(&mut world, 1, 1);
    let silent: Vec<_> = (0..19).map(|at| silent(&mut world, 10 + at, 1)).collect();
    assert!(!world.server.can_accept(world.now), "they may still send a request");
    world.pass(IDLE_AFTER);
    for (at, &evicted) in silent.iter().enumerate() {
        assert!(!world.socket(evicted).closed, "the longest idle one is evicted first");
        listen(&mut world, 100 + at as u8, 1);
        assert!(world.socket(evicted).closed);
        assert_eq!(world.server.connections(), 20);
    }
    assert!(!world.server.can_accept(world.now), "only listeners are left");
    world.assert_listens(early);
    assert!(world.ended.borrow().iter().all(|it| it.reason == CloseReason::Idle));
}

#[test]
fn dripping_requests_give_way_as_silent_connections_do() {
    let mut world = world_with_connections(4);
    let drips = [1, 2, 3, 4].map(|host| silent(&mut world, host, 1));
    for byte in b"GET /live H" {
        drips.iter().for_each(|&peer| world.send(peer, &[*byte]));
        world.pass(100 * MILLISECOND);
    }
    listen(&mut world, 100, 1);
    assert_eq!(drips.map(|peer| world.socket(peer).closed), [true, false, false, false]);
}

#[test]
fn connection_of_the_address_with_the_most_is_evicted_first() {
    let mut world = world_with_connections(8);
    let single = silent(&mut world, 1, 1);
    world.pass(MILLISECOND);
    let many: Vec<_> = (0..3).map(|port| silent(&mut world, 2, port)).collect();
    for host in 3..7 {
        silent(&mut world, host, 1);
    }
    world.pass(IDLE_AFTER);
    listen(&mut world, 100, 1);
    listen(&mut world, 100, 2);
    let closed: Vec<_> = many.iter().map(|&peer| world.socket(peer).closed).collect();
    assert_eq!((closed, world.socket(single).closed), (vec![true, true, false], false));
}

#[test]
fn answered_client_that_does_not_leave_gives_way_after_a_second() {
    let mut world = world_with_connections(2);
    let answered = world.get("/nowhere").from("192.0.2.1:1").open();
    let listener = listen(&mut world, 2, 1);
    world.pass(IDLE_AFTER - MILLISECOND);
    assert!(!world.server.can_accept(world.now));
    world.pass(MILLISECOND);
    listen(&mut world, 3, 1);
    assert!(world.socket(answered).closed);
    world.assert_listens(listener);
    let ended = world.ended.borrow();
    assert_eq!((ended[0].status, ended[0].reason), (404, CloseReason::Answered), "it got its response");
}

#[test]
fn reply_gives_way_only_if_its_client_reads_nothing() {
    let mut world = world_with_connections(2);
    let stuck = Link::Stuck { buffer: 1000 };
    let slow = Link::Slow { per_second: 200, buffer: 1000 };
    let page = |world: &mut World, host: u8, link: Link| {
        let address = client(host, 1).to_string();
        world.get("/api/v1/openapi.json").from(&address).link(link).open()
    };
    let [stalled, reading] = [(1, stuck), (2, slow)].map(|(host, link)| page(&mut world, host, link));
    world.pass(STALLED_AFTER - MILLISECOND);
    assert!(!world.server.can_accept(world.now));
    world.pass(2 * MILLISECOND);
    listen(&mut world, 3, 1);
    assert_eq!([stalled, reading].map(|peer| world.socket(peer).closed), [true, false]);
    assert!(!world.server.can_accept(world.now), "the other client reads");
}

#[test]
fn page_of_an_administrator_does_not_give_way() {
    let mut world = world_with_connections(2);
    world.enable_admin();
    let page = world.get("/admin/stats").by_admin().link(Link::Stuck { buffer: 100 }).open();
    listen(&mut world, 1, 1);
    world.pass(STALLED_AFTER + MILLISECOND);
    assert!(!world.server.can_accept(world.now) && !world.socket(page).closed);
}

#[test]
fn idle_connection_gives_way_before_a_half_closed_listener() {
    let mut world = world_with_connections(2);
    let idle = silent(&mut world, 1, 1);
    let half_closed = listen(&mut world, 2, 1);
    world.pass(IDLE_AFTER);
    world.half_close(half_closed);
    listen(&mut world, 3, 1);
    assert_eq!([idle, half_closed].map(|peer| world.socket(peer).closed), [true, false]);
    listen(&mut world, 4, 1);
    assert!(world.socket(half_closed).closed);
    assert!(world.try_connect_from(client(5, 1), Link::Fast).is_none());
}

/// The share of an address applies from three quarters of all connections on: here 12 of 16.
#[test]
fn address_gets_at_most_half_of_all_connections_once_three_quarters_are_taken() {
    let mut world = world_with_connections(16);
    let mut many: Vec<_> = (0..11).map(|port| listen(&mut world, 1, port)).collect();
    // Another address may still connect, and so may this one while a quarter is free.
    many.push(listen(&mut world, 1, 11));
    let refusal = world.server.connected(client(1, 12), world.now).expect_err("it has more than half");
    assert!(String::from_utf8_lossy(&refusal).ends_with("too many connections from your address\r\n"));
    let others: Vec<_> = (2..6).map(|host| listen(&mut world, host, 1)).collect();
    assert_eq!(world.server.connections(), 16);
    // Its number falls to the half before it gets another connection, however few are taken then.
    many.drain(..5).for_each(|peer| world.disconnect(peer));
    assert_eq!(world.server.connections(), 11);
    many.push(listen(&mut world, 1, 13));
    world.server.connected(client(1, 14), world.now).expect_err("it has half, and 12 are taken");
    many.iter().chain(&others).for_each(|&peer| world.assert_listens(peer));
}

#[test]
fn connections_of_loopback_and_of_a_block_of_ipv6_have_a_share_too() {
    for addresses in [["127.0.0.1:1", "127.0.0.1:2"], ["[2001:db8::1]:1", "[2001:db8::2:1]:1"]] {
        let mut world = world_with_connections(4);
        let addresses = addresses.map(|it| it.parse().expect("an address"));
        for address in addresses {
            world.connect_from(address, Link::Fast);
        }
        silent(&mut world, 1, 1);
        assert!(world.try_connect_from(addresses[0], Link::Fast).is_none(), "{addresses:?}");
        silent(&mut world, 2, 1);
    }
}

#[test]
fn trusted_proxy_has_no_share_but_each_of_its_clients_has() {
    let mut world = world_with_connections(8);
    world.configure(|config| {
        config.trusted_proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")])
    });
    let forward = |world: &mut World, client: &str, port: u16| {
        let from = SocketAddr::from(([10, 0, 0, 1], port)).to_string();
        let peer = world.get("/live").from(&from).header("X-Forwarded-For", client).open();
        world.reply(peer).status()
    };
    let mut answers = Vec::new();
    for (port, client) in ["203.0.113.1"; 6].into_iter().chain(["203.0.113.2"; 1]).enumerate() {
        answers.push(forward(&mut world, client, port as u16));
    }
    // The connection itself is among those that are taken.
    assert_eq!(answers, [200, 200, 200, 200, 200, 403, 200]);
}

#[test]
fn own_idle_connection_makes_room_for_an_address_with_its_share() {
    let mut world = world_with_connections(4);
    let own = [0, 1].map(|port| silent(&mut world, 1, port));
    let other = silent(&mut world, 2, 1);
    world.pass(IDLE_AFTER);
    listen(&mut world, 1, 2);
    assert_eq!(own.map(|peer| world.socket(peer).closed), [true, false]);
    listen(&mut world, 1, 3);
    assert!(world.try_connect_from(client(1, 4), Link::Fast).is_none(), "both of its connections listen");
    assert!(!world.socket(other).closed, "the connection of another address stays");
}

#[test]
fn connections_of_each_address_are_counted_exactly_across_all_closings() {
    let mut world = world_with_connections(1000);
    let mut peers = Vec::new();
    for at in 0..300 {
        let peer = match at % 5 {
            0 => silent(&mut world, 1, at),
            1 => listen(&mut world, 1, at),
            2 => world.get("/nowhere").from(&client(1, at).to_string()).open(),
            3 => world.get("/api/v1/events").from(&client(1, at).to_string()).open(),
            _ => world.request("BAD", "x").from(&client(1, at).to_string()).open(),
        };
        peers.push(peer);
    }
    for &peer in peers.iter().step_by(7) {
        world.disconnect(peer);
    }
    for &peer in peers.iter().skip(1).step_by(7) {
        world.half_close(peer);
    }
    world.pass(Duration::from_secs(40));
    let open = world.server.connections();
    assert!(open > 50, "listeners and event readers stay: {open}");
    world.configure(|config| config.max_connections = 2 * open);
    let next = |world: &mut World| world.server.connected(client(1, 999), world.now).is_ok();
    world.configure(|config| config.max_connections_per_address = open);
    assert!(!next(&mut world), "it has as many connections as its limit");
    world.configure(|config| config.max_connections_per_address = open + 1);
    assert!(next(&mut world) && !next(&mut world), "it has one connection less than its limit");
}

#[test]
fn slow_readers_do_not_shield_finished_replies_from_eviction() {
    let mut world = world_with_connections(60);
    // Each reads a little all the time, so it is not idle.
    let slow = Link::Slow { per_second: 1000, buffer: 2000 };
    let readers: Vec<Peer> = (0..40)
        .map(|at| {
            let request = world.get("/api/v1/openapi.json").from(&client(at, 1).to_string());
            request.link(slow).open()
        })
        .collect();
    let finished: Vec<Peer> =
        (0..20).map(|at| world.get("/7.html").from(&client(100 + at, 1).to_string()).open()).collect();
    world.pass(IDLE_AFTER + 500 * MILLISECOND);
    for &peer in &finished {
        assert!(world.socket(peer).finished && world.server.can_accept(world.now));
        listen(&mut world, 200, usize::from(peer.index as u16) + 1);
    }
    assert!(finished.iter().all(|&peer| world.socket(peer).closed));
    assert!(readers.iter().all(|&peer| !world.socket(peer).closed));
    assert!(!world.server.can_accept(world.now));
}

#[test]
fn address_at_its_limit_finds_its_own_idle_connection_behind_those_of_others() {
    let mut world = world_with_connections(200);
    world.configure(|config| config.max_connections_per_address = 2);
    for host in 0..100 {
        silent(&mut world, host, 1);
    }
    let own = [1, 2].map(|port| silent(&mut world, 150, port));
    assert!(world.try_connect_from(client(150, 3), Link::Fast).is_none(), "both are new");
    world.pass(IDLE_AFTER);
    let next = world.try_connect_from(client(150, 4), Link::Fast);
    assert!(next.is_some());
    world.turn();
    assert_eq!(own.map(|peer| world.socket(peer).closed), [true, false]);
}
