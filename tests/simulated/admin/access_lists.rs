//! Lists in files of the operator: whom they refuse, and whom they admit (protocol-notes/bans.md, "Lists in
//! files").

use std::sync::Arc;
use std::time::Duration;

use coldwave::access_lists::{AccessLists, parse};
use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{Account, ListKind, Secret, SourceSettings, StationSettings};
use coldwave::trusted_proxies::TrustedProxies;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Setup, World, seed};

const DENIED: &str = "203.0.113.9:1";
const OTHER: &str = "198.51.100.1:1";
const LOCALHOST: &str = "127.0.0.1:1";

fn world(station: StationSettings) -> World {
    let mut world = World::start(seed(21), Setup::with(vec![station]));
    world.enable_admin();
    world.pass(Duration::from_secs(5));
    world
}

fn apply(world: &mut World, lists: &[(ListKind, &str)]) {
    let mut all = AccessLists::default();
    for (kind, text) in lists {
        all.set(*kind, Arc::new(parse(*kind, text.as_bytes()).0));
    }
    world.server.set_access_lists(all, world.now);
    world.turn();
}

fn tune_in(world: &mut World, from: &str, agent: &str) -> Peer {
    let peer = world.get("/live").http11().from(from).agent(agent).open();
    world.pass(Duration::from_secs(2));
    peer
}

fn status(world: &mut World, target: &str, from: &str) -> u16 {
    world.get(target).http11().from(from).header("Host", "h").agent("curl/8").send().status()
}

#[test]
fn denied_listener_is_closed_and_refused_until_the_list_admits_it() {
    let mut world = world(StationSettings::default());
    let [denied, other, local] = [DENIED, OTHER, LOCALHOST].map(|from| tune_in(&mut world, from, "foo/1.0"));
    apply(&mut world, &[(ListKind::DenyIp, "203.0.113.9\n127.0.0.1\n")]);
    assert!(world.socket(denied).finished);
    world.assert_listens(other);
    world.assert_listens(local);
    world.disconnect(denied);
    world.turn();
    let reasons: Vec<_> = world.ended.borrow().iter().map(|ended| ended.reason).collect();
    assert_eq!(reasons, [CloseReason::Banned]);
    for target in ["/live", "/7.html"] {
        assert_eq!(status(&mut world, target, DENIED), 403, "{target}");
        assert_eq!(status(&mut world, target, "127.0.0.1:9"), 200, "{target}: this machine is never refused");
    }
    let by_admin = world.get("/7.html?pass=lighthouse").from(DENIED).send();
    assert_eq!(by_admin.status(), 200, "the administrator is not locked out");
    apply(&mut world, &[(ListKind::DenyIp, "")]);
    assert_eq!(status(&mut world, "/live", DENIED), 200);
}

#[test]
fn list_of_those_who_may_connect_refuses_all_others() {
    let mut world = world(StationSettings::default());
    let [denied, other] = [DENIED, OTHER].map(|from| tune_in(&mut world, from, "foo/1.0"));
    apply(&mut world, &[(ListKind::AllowIp, "198.51.100.*")]);
    assert!(world.socket(denied).finished);
    world.assert_listens(other);
    let statuses = [DENIED, "198.51.100.7:1", LOCALHOST].map(|from| status(&mut world, "/7.html", from));
    assert_eq!(statuses, [403, 200, 200]);
    apply(&mut world, &[]);
    assert_eq!(status(&mut world, "/7.html", DENIED), 200);
}

#[test]
fn list_applies_to_the_client_behind_a_trusted_proxy() {
    let mut world = world(StationSettings::default());
    world.configure(|config| {
        config.trusted_proxies = TrustedProxies::new(vec!["198.51.100.1/32".parse().expect("a network")]);
    });
    apply(&mut world, &[(ListKind::DenyIp, "203.0.113.9"), (ListKind::AllowIp, "203.0.113.0/24")]);
    for (client, expected) in [("203.0.113.9", 403), ("203.0.113.8", 200), ("192.0.2.1", 403)] {
        let request = world.get("/7.html").http11().from(OTHER).header("Host", "h");
        assert_eq!(request.header("X-Forwarded-For", client).send().status(), expected, "{client}");
    }
}

#[test]
fn denied_program_gets_no_stream_but_pages() {
    let mut world = world(StationSettings::default());
    let long = format!("Mozilla/5.0 ({}) Scraper/1.0", "x".repeat(200));
    let [denied, other] = ["EvilBot/2", "VLC/3.0"].map(|agent| tune_in(&mut world, OTHER, agent));
    apply(&mut world, &[(ListKind::DenyAgents, "evilbot/?\n*Scraper*\n")]);
    assert!(world.socket(denied).finished);
    world.assert_listens(other);
    for (agent, stream) in [("evilbot/3", 403), (long.as_str(), 403), ("evilbot/10", 200)] {
        let status = |world: &mut World, target: &str| {
            world.get(target).http11().from(OTHER).header("Host", "h").agent(agent).send().status()
        };
        assert_eq!((status(&mut world, "/live"), status(&mut world, "/7.html")), (stream, 200), "{agent}");
    }
}

#[test]
fn denied_source_is_closed_and_refused() {
    let account = Account { user: "source".into(), password: Some(Secret::new("tide")) };
    let sources = SourceSettings { account, ..SourceSettings::default() };
    let mut world = world(StationSettings { sources, ..StationSettings::default() });
    let source = world.connect_from(DENIED.parse().expect("an address"), Link::Fast);
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let login = source_request("/live", "source", "tide");
    world.send(source, &login);
    for _ in 0..30 {
        world.feed(source, &encoder.seconds(0.1));
        world.pass(Duration::from_millis(100));
    }
    assert!(world.is_live(0));
    apply(&mut world, &[(ListKind::DenyIp, "203.0.113.9")]);
    assert!(world.socket(source).closed && !world.is_live(0));
    let refused = world.connect_from("203.0.113.9:7".parse().expect("an address"), Link::Fast);
    world.send(refused, &login);
    assert_eq!(world.reply(refused).status(), 403);
}

#[test]
fn reserved_address_is_admitted_when_the_station_and_the_server_are_full() {
    let mut world = world(StationSettings { max_listeners: Some(1), ..StationSettings::default() });
    let first = tune_in(&mut world, OTHER, "foo/1.0");
    apply(&mut world, &[(ListKind::ReservedIp, "203.0.113.0/24\n127.0.0.1")]);
    assert_eq!(status(&mut world, "/live", "192.0.2.1:1"), 403);
    let reserved = tune_in(&mut world, DENIED, "foo/1.0");
    world.assert_listens(reserved);
    world.configure(|config| config.max_listeners = 2);
    let local = tune_in(&mut world, LOCALHOST, "foo/1.0");
    world.assert_listens(local);
    world.assert_listens(first);
    assert_eq!((world.listeners(0), status(&mut world, "/live", "192.0.2.1:1")), (3, 403));
}

/// One turn compares a part of the sessions, so that a long list does not delay the listeners.
#[test]
fn many_listeners_are_compared_in_several_turns() {
    let mut world = world(StationSettings::default());
    let from = |index: u8| format!("203.0.113.{index}:1");
    let peers: Vec<Peer> = (1..=200)
        .map(|index| world.get("/live").http11().from(&from(index)).agent("foo/1.0").open())
        .collect();
    world.pass(Duration::from_secs(2));
    let list: String =
        (1..=200).filter(|index| index % 2 == 0).map(|index| format!("203.0.113.{index}\n")).collect();
    let mut lists = AccessLists::default();
    lists.set(ListKind::DenyIp, Arc::new(parse(ListKind::DenyIp, list.as_bytes()).0));
    world.server.set_access_lists(lists, world.now);
    world.single_turn();
    let finished = |world: &World| peers.iter().filter(|peer| world.socket(**peer).finished).count();
    let after_one = finished(&world);
    assert!((1..100).contains(&after_one), "{after_one} of 100 after one turn");
    assert!(world.server.has_unfinished_work());
    world.pass(Duration::from_secs(1));
    assert_eq!((finished(&world), world.listeners(0)), (100, 100));
}
