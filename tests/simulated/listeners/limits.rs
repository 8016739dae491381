//! Limits in a simulated world: who is refused, in which words, and that room is made by who leaves.

use std::time::Duration;

use crate::world::{Link, World};
use coldwave::server::{HALF_CLOSE_GRACE, Peer};
use coldwave::session::CloseReason;
use coldwave::settings::{Account, Secret, StationSettings};

const SECOND: Duration = Duration::from_secs(1);

fn ask(world: &mut World, head: &str) -> Peer {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("GET {head}\r\n\r\n").as_bytes());
    peer
}

fn status_line(world: &World, peer: Peer) -> String {
    world.reply(peer).lines().next().unwrap_or_default().to_owned()
}

/// The station `/1` or `/2` …, with so many seats.
fn station(id: u32, max_listeners: Option<usize>) -> StationSettings {
    StationSettings { id, mount: format!("/{id}"), max_listeners, ..StationSettings::default() }
}

const ICY_PLAYER: &str = "HTTP/1.0\r\nUser-Agent: WinampMPEG/5.66\r\nIcy-MetaData:1";

#[test]
fn a_full_station_refuses_in_the_words_that_the_player_knows() {
    let mut world = World::with(1, vec![station(1, Some(2)), station(2, None)]);
    let first = ask(&mut world, "/1 HTTP/1.1");
    ask(&mut world, "/1 HTTP/1.1");
    let refused = ask(&mut world, "/1 HTTP/1.1");
    assert_eq!(status_line(&world, refused), "HTTP/1.0 403 Forbidden");
    assert!(world.reply(refused).ends_with("\r\n\r\nmax listeners reached\r\n"), "{}", world.reply(refused));
    let refused = ask(&mut world, &format!("/1 {ICY_PLAYER}"));
    assert_eq!(status_line(&world, refused), "ICY 400 Server Full");
    assert!(world.reply(refused).contains("icy-notice2: This server has reached its user limit<BR>\r\n\r\n"));
    let head = world.connect(Link::Fast);
    world.send(head, b"HEAD /1 HTTP/1.1\r\n\r\n");
    assert_eq!(status_line(&world, head), "HTTP/1.0 403 Forbidden");
    assert!(world.reply(head).ends_with("\r\n\r\n"), "a HEAD gets no body");
    // The other station has room, and so has this one when someone leaves.
    let other = ask(&mut world, "/2 HTTP/1.1");
    assert_eq!(status_line(&world, other), "HTTP/1.0 200 OK");
    world.hang_up(first);
    let next = ask(&mut world, "/1 HTTP/1.1");
    assert_eq!(status_line(&world, next), "HTTP/1.0 200 OK");
    assert_eq!((world.listeners(0), world.listeners(1)), (2, 1));
}

#[test]
fn a_full_server_refuses_everyone_but_those_who_only_ask() {
    let mut world = World::new(1);
    world.configure(|config| (config.max_listeners, config.max_connections_per_address) = (1, 0));
    ask(&mut world, "/live HTTP/1.1");
    let refused = ask(&mut world, "/live HTTP/1.1");
    assert_eq!(status_line(&world, refused), "HTTP/1.0 403 Forbidden");
    assert!(world.reply(refused).contains("Icecast connection limit reached"));
    let page = ask(&mut world, "/ HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html");
    assert_eq!(status_line(&world, page), "HTTP/1.0 200 OK");
}

/// `admin:secret`.
const ADMIN: &str = "Authorization: Basic YWRtaW46c2VjcmV0";

fn full(world: &mut World, head: &str) -> bool {
    let peer = ask(world, head);
    status_line(world, peer) != "HTTP/1.0 200 OK"
}

#[test]
fn who_closed_his_side_gives_way_to_the_next_until_it_is_clear_that_he_listens() {
    let mut world = World::with(1, [1, 2].map(|id| station(id, Some(2))).to_vec());
    world.configure(|config| (config.max_listeners, config.max_connections_per_address) = (3, 0));
    let [first, second, other] = ["/1", "/1", "/2"].map(|path| ask(&mut world, &format!("{path} HTTP/1.1")));
    assert!(full(&mut world, "/1 HTTP/1.1") && full(&mut world, "/2 HTTP/1.1"));
    // A station's seats are for its own.
    world.server.received_eof(other, world.now);
    assert!(full(&mut world, "/1 HTTP/1.1"));
    // Who only looks takes nobody's.
    world.server.received_eof(first, world.now);
    let looks = world.connect(Link::Fast);
    world.send(looks, b"HEAD /1 HTTP/1.1\r\n\r\n");
    assert_eq!(status_line(&world, looks), "HTTP/1.0 403 Forbidden");
    world.assert_listens(first);
    assert!(!full(&mut world, "/1 HTTP/1.1"));
    assert!(world.pretend(first).finished && !world.pretend(other).finished);
    // The server's are for everyone.
    assert!(!full(&mut world, "/2 HTTP/1.1"));
    assert!(world.pretend(other).finished);
    // Once is enough: there is nobody else who closed his side.
    assert!(full(&mut world, "/2 HTTP/1.1"));
    // Who takes what he is sent goes on listening.
    world.server.received_eof(second, world.now);
    world.pass(HALF_CLOSE_GRACE + SECOND);
    // His socket tells of it again whenever it tells of anything, such as that there is room.
    world.server.received_eof(second, world.now);
    assert!(full(&mut world, "/1 HTTP/1.1"));
    world.assert_listens(second);
    assert_eq!((world.listeners(0), world.listeners(1)), (2, 1));
}

#[test]
fn the_latest_who_closed_his_side_is_the_first_to_give_way() {
    let mut world = World::new(1);
    world.configure(|config| (config.max_listeners, config.max_connections_per_address) = (2, 0));
    let peers = [(); 2].map(|()| ask(&mut world, "/live HTTP/1.1"));
    for peer in peers {
        world.server.received_eof(peer, world.now);
        world.pass(SECOND);
    }
    assert!(!full(&mut world, "/live HTTP/1.1"));
    assert_eq!(peers.map(|peer| world.pretend(peer).finished), [false, true]);
    assert!(!full(&mut world, "/live HTTP/1.1") && full(&mut world, "/live HTTP/1.1"));
}

#[test]
fn room_for_a_connection_is_made_by_who_most_likely_left() {
    let mut world = World::new(1);
    let [stays, leaves, broke] = [(); 3].map(|()| ask(&mut world, "/live HTTP/1.1"));
    [leaves, broke].iter().for_each(|&peer| world.server.received_eof(peer, world.now));
    world.hang_up(broke);
    assert!(world.server.can_evict(world.now));
    world.server.evict_half_closed(world.now);
    world.turn();
    assert!(world.pretend(leaves).closed && !world.pretend(stays).closed);
    assert!(!world.server.can_evict(world.now), "there is nobody");
    world.server.evict_half_closed(world.now);
    world.turn();
    assert_eq!(world.listeners(0), 1);
}

#[test]
fn who_was_moved_gives_way_where_he_is_and_not_where_he_was() {
    let mut world = World::with(1, [1, 2].map(|id| station(id, Some(1))).to_vec());
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("secret")) }
    });
    let moved = ask(&mut world, "/1 HTTP/1.1");
    world.server.received_eof(moved, world.now);
    let move_all = |world: &mut World, from: &str, to: &str| {
        let asked = format!("/admin/moveclients?mount={from}&destination={to} HTTP/1.0\r\n{ADMIN}");
        let answer = ask(world, &asked);
        assert_eq!(status_line(world, answer), "HTTP/1.0 200 OK");
    };
    move_all(&mut world, "/1", "/2");
    // The seat he left is taken, and he is no longer there.
    let stays = ask(&mut world, "/1 HTTP/1.1");
    assert!(full(&mut world, "/1 HTTP/1.1") && !world.pretend(moved).finished);
    // Where there are more than there are seats, nobody's would help.
    move_all(&mut world, "/1", "/2");
    assert!(full(&mut world, "/2 HTTP/1.1") && !world.pretend(moved).finished);
    world.hang_up(stays);
    assert!(!full(&mut world, "/2 HTTP/1.1"));
    assert!(world.pretend(moved).finished);
}

#[test]
fn what_is_not_here_is_not_here_in_every_dialect() {
    let mut world = World::new(1);
    let icy = ask(&mut world, &format!("/nowhere {ICY_PLAYER}"));
    assert_eq!(status_line(&world, icy), "ICY 404 Resource Not Found");
    let http = ask(&mut world, "/nowhere HTTP/1.1");
    assert_eq!(status_line(&world, http), "HTTP/1.0 404 Not Found");
}

#[test]
fn an_address_with_too_many_connections_is_told_so_at_the_door() {
    let mut world = World::new(1);
    world.configure(|config| (config.max_listeners, config.max_connections_per_address) = (usize::MAX, 2));
    let now = world.now;
    let mut knock = |port: u16| world.server.connected(([192, 0, 2, 7], port).into(), now);
    let first = knock(1).expect("there is room");
    knock(2).expect("there is room");
    let goodbye = knock(3).expect_err("there is none");
    assert!(String::from_utf8_lossy(&goodbye).starts_with("HTTP/1.0 403 Forbidden\r\n"));
    world.server.connection_lost(first, now);
    world.server.drain_closed().for_each(drop);
    world.server.connected(([192, 0, 2, 7], 4).into(), now).expect("there is room again");
}

#[test]
fn who_stops_and_plays_again_is_not_told_that_his_address_has_too_many() {
    let mut world = World::new(1);
    world.configure(|config| (config.max_listeners, config.max_connections_per_address) = (usize::MAX, 1));
    let now = world.now;
    let (home, other) = ([192, 0, 2, 7], [192, 0, 2, 8]);
    let mut play = |from: [u8; 4]| {
        let peer = world.server.connected((from, 80).into(), now)?;
        world.server.received(peer, b"GET /live HTTP/1.0\r\n\r\n", now);
        Ok::<_, Vec<u8>>(peer)
    };
    let [at_home, elsewhere] = [home, other].map(|from| play(from).expect("there is room"));
    play(home).expect_err("he listens already");
    world.server.received_eof(at_home, now);
    let mut knock = |from: [u8; 4]| world.server.connected((from, 80).into(), now);
    knock(other).expect_err("that was somebody else");
    knock(home).expect("he stopped");
    knock(home).expect_err("only once");
    assert_eq!(world.server.drain_closed().collect::<Vec<_>>(), [at_home]);
    assert_eq!(world.listeners(0), 1);
    world.server.connection_lost(elsewhere, now);
    assert_eq!(world.listeners(0), 0);
}

#[test]
fn session_log_has_every_session_that_ends() {
    let mut world = World::new(1);
    let listener = ask(&mut world, "/live?pass=x HTTP/1.0");
    let asked = ask(&mut world, "/nowhere HTTP/1.1");
    world.connect(Link::Fast);
    world.pass(10 * SECOND);
    world.hang_up(listener);
    world.server.received_eof(asked, world.now);
    world.turn();
    ask(&mut world, "/live HTTP/1.1");
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
    let ended: Vec<_> = ended.iter().map(|it| (it.request_line.as_str(), it.status, it.why)).collect();
    assert_eq!(ended, expected);
}

#[test]
fn limits_that_change_close_no_connection_and_count_those_that_are_open() {
    let mut world = World::new(1);
    let home = |port: u16| std::net::SocketAddr::from(([192, 0, 2, 1], port));
    let listen = |world: &mut World, port| {
        let peer = world.connect_from(home(port), Link::Fast);
        world.send(peer, b"GET /live HTTP/1.0\r\n\r\n");
        peer
    };
    let open = [1, 2, 3].map(|port| listen(&mut world, port));
    world.configure(|config| (config.max_connections_per_address, config.max_listeners) = (2, 2));
    world.pass(SECOND);
    open.iter().for_each(|&peer| world.assert_listens(peer));
    world.server.connected(home(4), world.now).expect_err("three are more than two");
    world.server.received_eof(open[0], world.now);
    let elsewhere = world.connect(Link::Fast);
    world.send(elsewhere, b"GET /live HTTP/1.0\r\n\r\n");
    assert!(world.reply(elsewhere).starts_with("HTTP/1.0 403"), "{}", world.reply(elsewhere));
    world.assert_listens(open[0]);
    world.hang_up(open[0]);
    world.server.connected(home(5), world.now).expect_err("two are as many as there may be");
    world.hang_up(open[1]);
    let again = listen(&mut world, 6);
    world.pass(SECOND);
    assert!(world.reply(again).contains(" 200 "), "{}", world.reply(again));
    world.configure(|config| (config.max_connections_per_address, config.max_listeners) = (0, 9));
    for port in 7..12 {
        listen(&mut world, port);
    }
    assert_eq!(world.listeners(0), 7);
}
