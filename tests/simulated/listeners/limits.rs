//! Limits on listeners and connections: how each protocol gets the refusal, and which half-closed listener is
//! evicted.

use std::net::SocketAddr;
use std::time::Duration;

use crate::world::request::Request;
use crate::world::{Link, World};
use coldwave::server::HALF_CLOSE_GRACE;
use coldwave::session::CloseReason;
use coldwave::settings::StationSettings;

const SECOND: Duration = Duration::from_secs(1);

/// Returns the settings of the station at mount `/ID`.
fn station(id: u32, max_listeners: Option<usize>) -> StationSettings {
    StationSettings { id, mount: format!("/{id}"), max_listeners, ..StationSettings::default() }
}

fn icy_player<'w>(world: &'w mut World, target: &str) -> Request<'w> {
    world.get(target).agent("WinampMPEG/5.66").lines("Icy-MetaData:1")
}

fn set_limits(world: &mut World, max_listeners: usize, per_address: usize) {
    world.configure(|config| {
        (config.max_listeners, config.max_connections_per_address) = (max_listeners, per_address)
    });
}

#[test]
fn full_station_refuses_listeners_in_the_protocol_of_the_player() {
    let mut world = World::with(1, vec![station(1, Some(2)), station(2, None)]);
    let first = world.get("/1").http11().open();
    world.get("/1").http11().open();
    let refused = world.get("/1").http11().send();
    assert_eq!(refused.status_line(), "HTTP/1.0 403 Forbidden");
    assert!(refused.ends_with("\r\n\r\nmax listeners reached\r\n"), "{refused}");
    let refused = icy_player(&mut world, "/1").send();
    assert_eq!(refused.status_line(), "ICY 400 Server Full");
    assert!(refused.contains("icy-notice2: This server has reached its user limit<BR>\r\n\r\n"));
    let head = world.head("/1").http11().send();
    assert_eq!(head.status_line(), "HTTP/1.0 403 Forbidden");
    assert!(head.ends_with("\r\n\r\n"), "the reply to HEAD has no body");
    // The other station accepts listeners, and so does this one after a listener has left.
    let other = world.get("/2").http11().open();
    assert_eq!(world.reply(other).status_line(), "HTTP/1.0 200 OK");
    world.disconnect(first);
    let next = world.get("/1").http11().open();
    assert_eq!(world.reply(next).status_line(), "HTTP/1.0 200 OK");
    assert_eq!((world.listeners(0), world.listeners(1)), (2, 1));
}

#[test]
fn full_server_refuses_listeners_but_serves_pages() {
    let mut world = World::new(1);
    set_limits(&mut world, 1, 0);
    world.get("/live").http11().open();
    let refused = world.get("/live").http11().send();
    assert_eq!(refused.status_line(), "HTTP/1.0 403 Forbidden");
    assert!(refused.contains("Icecast connection limit reached"));
    let page = world.get("/").http11().agent("Mozilla/5.0").header("Accept", "text/html").send();
    assert_eq!(page.status_line(), "HTTP/1.0 200 OK");
}

/// Connects a listener, and returns whether the server refused it.
fn is_refused(world: &mut World, target: &str) -> bool {
    let peer = world.get(target).http11().open();
    world.reply(peer).status_line() != "HTTP/1.0 200 OK"
}

#[test]
fn half_closed_listener_is_evicted_for_a_new_one_unless_it_keeps_reading() {
    let mut world = World::with(1, [1, 2].map(|id| station(id, Some(2))).to_vec());
    set_limits(&mut world, 3, 0);
    let [first, second, other] = ["/1", "/1", "/2"].map(|target| world.get(target).http11().open());
    assert!(is_refused(&mut world, "/1") && is_refused(&mut world, "/2"));
    // A listener of another station makes no room on a full station.
    world.server.received_eof(other, world.now);
    assert!(is_refused(&mut world, "/1"));
    // A HEAD request evicts no listener.
    world.server.received_eof(first, world.now);
    let head = world.head("/1").http11().open();
    assert_eq!(world.reply(head).status_line(), "HTTP/1.0 403 Forbidden");
    world.assert_listens(first);
    assert!(!is_refused(&mut world, "/1"));
    assert!(world.socket(first).finished && !world.socket(other).finished);
    // On a full server, a listener of any station makes room.
    assert!(!is_refused(&mut world, "/2"));
    assert!(world.socket(other).finished);
    // Each half-closed listener is evicted for one new listener only, and no other is half-closed.
    assert!(is_refused(&mut world, "/2"));
    // A half-closed listener that keeps reading stays.
    world.server.received_eof(second, world.now);
    world.pass(HALF_CLOSE_GRACE + SECOND);
    // A socket reports the half-close again with every other event, such as becoming writable.
    world.server.received_eof(second, world.now);
    assert!(is_refused(&mut world, "/1"));
    world.assert_listens(second);
    assert_eq!((world.listeners(0), world.listeners(1)), (2, 1));
}

#[test]
fn latest_half_closed_listener_is_evicted_first() {
    let mut world = World::new(1);
    set_limits(&mut world, 2, 0);
    let peers = [(); 2].map(|()| world.get("/live").http11().open());
    for peer in peers {
        world.server.received_eof(peer, world.now);
        world.pass(SECOND);
    }
    assert!(!is_refused(&mut world, "/live"));
    assert_eq!(peers.map(|peer| world.socket(peer).finished), [false, true]);
    assert!(!is_refused(&mut world, "/live") && is_refused(&mut world, "/live"));
}

#[test]
fn half_closed_listener_is_evicted_when_the_loop_needs_a_descriptor() {
    let mut world = World::new(1);
    let [stays, leaves, lost] = [(); 3].map(|()| world.get("/live").http11().open());
    [leaves, lost].iter().for_each(|&peer| world.server.received_eof(peer, world.now));
    world.disconnect(lost);
    assert!(world.server.evict_one(world.now));
    world.turn();
    assert!(world.socket(leaves).closed && !world.socket(stays).closed);
    assert!(!world.server.evict_one(world.now), "no listener is half-closed");
    world.turn();
    assert_eq!(world.listeners(0), 1);
}

#[test]
fn moved_half_closed_listener_is_evicted_at_its_new_station_only() {
    let mut world = World::with(1, [1, 2].map(|id| station(id, Some(1))).to_vec());
    world.enable_admin();
    let moved = world.get("/1").http11().open();
    world.server.received_eof(moved, world.now);
    let move_all = |world: &mut World| {
        let peer = world.get("/admin/moveclients?mount=/1&destination=/2").by_admin().open();
        assert_eq!(world.reply(peer).status_line(), "HTTP/1.0 200 OK");
    };
    move_all(&mut world);
    // A new listener has taken its place at the old station, where it cannot be evicted any more.
    let stays = world.get("/1").http11().open();
    assert!(is_refused(&mut world, "/1") && !world.socket(moved).finished);
    // The new station has more listeners than its limit, so evicting one would not make room.
    move_all(&mut world);
    assert!(is_refused(&mut world, "/2") && !world.socket(moved).finished);
    world.disconnect(stays);
    assert!(!is_refused(&mut world, "/2"));
    assert!(world.socket(moved).finished);
}

#[test]
fn unknown_path_gets_404_in_the_protocol_of_the_player() {
    let mut world = World::new(1);
    assert_eq!(icy_player(&mut world, "/nowhere").send().status_line(), "ICY 404 Resource Not Found");
    assert_eq!(world.get("/nowhere").http11().send().status_line(), "HTTP/1.0 404 Not Found");
}

#[test]
fn address_with_too_many_connections_is_refused_on_accept() {
    let mut world = World::new(1);
    set_limits(&mut world, usize::MAX, 2);
    let now = world.now;
    let mut connect = |port: u16| world.server.connected(([192, 0, 2, 7], port).into(), now);
    let first = connect(1).expect("below the limit");
    connect(2).expect("at the limit");
    let refusal = connect(3).expect_err("above the limit");
    assert!(String::from_utf8_lossy(&refusal).starts_with("HTTP/1.0 403 Forbidden\r\n"));
    world.server.connection_lost(first, now);
    world.server.drain_closed().for_each(drop);
    world.server.connected(([192, 0, 2, 7], 4).into(), now).expect("one connection was lost");
}

#[test]
fn listener_that_stops_and_plays_again_is_not_refused_for_its_address() {
    let mut world = World::new(1);
    set_limits(&mut world, usize::MAX, 1);
    let now = world.now;
    let (home, other) = ([192, 0, 2, 7], [192, 0, 2, 8]);
    let mut play = |from: [u8; 4]| {
        let peer = world.server.connected((from, 80).into(), now)?;
        world.server.received(peer, b"GET /live HTTP/1.0\r\n\r\n", now);
        Ok::<_, Vec<u8>>(peer)
    };
    let [at_home, elsewhere] = [home, other].map(|from| play(from).expect("below the limit"));
    play(home).expect_err("the address has a listener");
    world.server.received_eof(at_home, now);
    let mut connect = |from: [u8; 4]| world.server.connected((from, 80).into(), now);
    connect(other).expect_err("the listener of this address has not stopped");
    connect(home).expect("the listener of this address has stopped");
    connect(home).expect_err("the stopped listener was closed for the connection before");
    assert_eq!(world.server.drain_closed().collect::<Vec<_>>(), [at_home]);
    assert_eq!(world.listeners(0), 1);
    world.server.connection_lost(elsewhere, now);
    assert_eq!(world.listeners(0), 0);
}

#[test]
fn session_log_has_every_session_that_ends() {
    let mut world = World::new(1);
    let listener = world.get("/live?pass=x").open();
    let answered = world.get("/nowhere").http11().open();
    world.connect(Link::Fast);
    world.pass(10 * SECOND);
    world.disconnect(listener);
    world.half_close(answered);
    world.get("/live").http11().open();
    world.pass(10 * SECOND);
    world.server.stop(world.now);
    world.turn();
    world.server.close_all(world.now);
    let expected = [
        ("GET /live?pass=*** HTTP/1.0", 200, CloseReason::PeerClosed),
        ("GET /nowhere HTTP/1.1", 404, CloseReason::Answered),
        ("", 0, CloseReason::RequestTimeout),
        ("GET /live HTTP/1.1", 200, CloseReason::Shutdown),
    ];
    let ended = world.ended.borrow();
    let ended: Vec<_> = ended.iter().map(|it| (it.request_line.as_str(), it.status, it.reason)).collect();
    assert_eq!(ended, expected);
}

#[test]
fn lowered_limits_keep_open_connections_and_count_them() {
    let mut world = World::new(1);
    let home = |port: u16| SocketAddr::from(([192, 0, 2, 1], port));
    let listen = |world: &mut World, port| world.get("/live").from(&home(port).to_string()).open();
    let open = [1, 2, 3].map(|port| listen(&mut world, port));
    set_limits(&mut world, 2, 2);
    world.pass(SECOND);
    open.iter().for_each(|&peer| world.assert_listens(peer));
    world.server.connected(home(4), world.now).expect_err("three connections are above the limit of two");
    world.server.received_eof(open[0], world.now);
    let elsewhere = world.get("/live").open();
    assert_eq!(world.reply(elsewhere).status(), 403, "{}", world.reply(elsewhere));
    world.assert_listens(open[0]);
    world.disconnect(open[0]);
    world.server.connected(home(5), world.now).expect_err("two connections reach the limit of two");
    world.disconnect(open[1]);
    let again = listen(&mut world, 6);
    world.pass(SECOND);
    assert_eq!(world.reply(again).status(), 200, "{}", world.reply(again));
    set_limits(&mut world, 9, 0);
    for port in 7..12 {
        listen(&mut world, port);
    }
    assert_eq!(world.listeners(0), 7);
}
