//! Limits in a simulated world: who is refused, in which words, and that room is made by who leaves.

mod world;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::server::Peer;
use coldwave::session::Why;
use coldwave::settings::StationSettings;
use world::{Link, World};

const SECOND: Duration = Duration::from_secs(1);

fn ask(world: &mut World, head: &str) -> Peer {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("GET {head}\r\n\r\n").as_bytes());
    peer
}

fn status_line(world: &World, peer: Peer) -> String {
    world.reply(peer).lines().next().unwrap_or_default().to_owned()
}

const ICY_PLAYER: &str = "HTTP/1.0\r\nUser-Agent: WinampMPEG/5.66\r\nIcy-MetaData:1";

#[test]
fn a_full_station_refuses_in_the_words_that_the_player_knows() {
    let settings = |id, max_listeners| StationSettings {
        id,
        mount: format!("/{id}"),
        max_listeners,
        ..StationSettings::default()
    };
    let mut world = World::with(1, vec![settings(1, Some(2)), settings(2, None)]);
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
    assert_eq!((world.server.listeners(0), world.server.listeners(1)), (2, 1));
}

#[test]
fn a_full_server_refuses_everyone_but_those_who_only_ask() {
    let mut world = World::new(1);
    world.server.limit(1, 0);
    ask(&mut world, "/live HTTP/1.1");
    let refused = ask(&mut world, "/live HTTP/1.1");
    assert_eq!(status_line(&world, refused), "HTTP/1.0 403 Forbidden");
    assert!(world.reply(refused).contains("Icecast connection limit reached"));
    let page = ask(&mut world, "/ HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html");
    assert_eq!(status_line(&world, page), "HTTP/1.0 200 OK");
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
    world.server.limit(usize::MAX, 2);
    let now = world.now;
    let mut knock = |port: u16| world.server.connected(([192, 0, 2, 7], port).into(), now);
    let first = knock(1).expect("there is room");
    knock(2).expect("there is room");
    let goodbye = knock(3).expect_err("there is none");
    assert!(String::from_utf8_lossy(&goodbye).starts_with("HTTP/1.0 403 Forbidden\r\n"));
    world.server.broke(first, now);
    world.server.buried().for_each(drop);
    world.server.connected(([192, 0, 2, 7], 4).into(), now).expect("there is room again");
}

#[test]
fn the_journal_is_told_of_every_session_that_ends() {
    let told: Rc<RefCell<Vec<(String, u16, Why)>>> = Rc::default();
    let mut world = World::new(1);
    let journal = told.clone();
    world.server.keep_journal(Box::new(move |ended| {
        journal.borrow_mut().push((ended.visit.request_line.to_string(), ended.status, ended.why));
    }));
    let listener = ask(&mut world, "/live?pass=x HTTP/1.0");
    let asked = ask(&mut world, "/nowhere HTTP/1.1");
    world.connect(Link::Fast);
    world.pass(10 * SECOND);
    world.hang_up(listener);
    world.server.received_end(asked, world.now);
    world.turn();
    ask(&mut world, "/live HTTP/1.1");
    world.pass(10 * SECOND);
    world.server.stop(world.now);
    world.turn();
    world.server.end(world.now);
    let expected = [
        ("GET /live?pass=*** HTTP/1.0", 200, Why::PeerLeft),
        ("GET /nowhere HTTP/1.1", 404, Why::Answered),
        ("", 0, Why::RequestTimeout),
        ("GET /live HTTP/1.1", 200, Why::Stopping),
    ];
    let told = told.borrow();
    let told: Vec<_> = told.iter().map(|(line, status, why)| (line.as_str(), *status, *why)).collect();
    assert_eq!(told, expected);
}
