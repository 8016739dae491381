//! Requests of administrators to SHOUTcast's `/admin.cgi`.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Reply, Setup, World, seed};
use coldwave::audio::Header;
use coldwave::server::Hooks;
use coldwave::settings::{Account, Secret, SourceSettings, StationSettings};

const SECOND: Duration = Duration::from_secs(1);

fn world() -> World {
    world_with(Hooks::default())
}

fn world_with(hooks: Hooks) -> World {
    let station = |id, mount: &str| StationSettings {
        id,
        mount: mount.into(),
        sources: SourceSettings {
            account: Account { user: "source".into(), password: Some(Secret::new("tide")) },
            ..SourceSettings::default()
        },
        ..StationSettings::default()
    };
    let setup = Setup::with(vec![station(1, "/live"), station(2, "/b")]);
    let mut world = World::start(seed(12), Setup { hooks, ..setup });
    world.enable_admin();
    world.pass(5 * SECOND);
    world
}

/// Sends a GET request with the password in the query.
fn administer(world: &mut World, query: &str) -> Reply {
    let target = format!("/admin.cgi?pass=lighthouse&{query}");
    world.get(&target).http11().header("Host", "radio.example").send()
}

#[test]
fn password_is_accepted_as_basic_authentication_plain_and_encoded() {
    let mut world = world();
    assert_eq!(world.get("/admin.cgi?mode=viewxml").http11().by_admin().send().status(), 200);
    for target in [
        "/admin.cgi?mode=viewxml&pass=lighthouse",
        "/admin.cgi?mode=viewxml&pass=YWRtaW46bGlnaHRob3VzZQ==",
        "/admin.cgi?sid=2&mode=viewjson&page=3&pass=YWRtaW46bGlnaHRob3VzZQ%3D%3D",
    ] {
        assert_eq!(world.get(target).http11().send().status(), 200, "{target}");
    }
    for target in ["/admin.cgi?mode=viewxml", "/admin.cgi", "/admin.cgi?mode=viewban&pass=tide"] {
        let reply = world.get(target).http11().send();
        assert_eq!(reply.status(), 401, "{target}");
        assert!(reply.contains("WWW-Authenticate: Basic realm=\"Shoutcast Server\"\r\n"), "{reply}");
    }
    let home = administer(&mut world, "sid=1");
    assert_eq!((home.status(), home.header("Location")), (302, Some("http://radio.example/admin/")));
}

#[test]
fn every_mode_gets_its_status() {
    let mut world = world();
    for (query, code) in [
        ("mode=viewxml&page=7", 200),
        ("mode=viewjson&page=5&callback=f", 200),
        ("mode=viewjson&callback=alert(1)", 400),
        ("mode=viewlog", 200),
        ("mode=viewlog&viewlog=tail", 200),
        ("mode=viewban", 200),
        ("mode=viewrip", 200),
        ("mode=viewagent", 200),
        ("mode=bannedlist", 200),
        ("mode=reservelist", 200),
        ("mode=useragentlist", 200),
        ("mode=ypstatus&type=json", 200),
        ("mode=history", 200),
        ("mode=art", 302),
        ("mode=resetxml", 200),
        ("mode=kicksources", 200),
        ("mode=clearcache", 200),
        ("mode=startrelays", 200),
        ("mode=kickdst&kickdst=all", 200),
        ("mode=bandst&bandst=203.0.113.9&banmsk=255", 200),
        ("mode=unbandst&unbandst=203.0.113.9", 200),
        ("mode=unbandst&unbandst=203.0.113.9", 400),
        ("mode=agent&agent=EvilBot", 200),
        ("mode=unagent&agent=EvilBot", 200),
        ("mode=agent&agent=x", 400),
        ("mode=bandst", 400),
        ("mode=kicksrc", 400),
        ("mode=rotate", 400),
        ("mode=ripdst&ripdst=203.0.113.9", 400),
        ("mode=bandwidth&type=xml", 400),
        ("mode=nothing", 400),
        ("mode=viewxml&sid=9", 400),
    ] {
        let reply = administer(&mut world, query);
        assert_eq!(reply.status(), code, "{query}: {reply}");
        assert!(!reply.contains("Access-Control"), "{query}");
    }
}

/// A browser that has stored the password would run the script for the page of any site.
#[test]
fn jsonp_is_refused_for_other_sites() {
    let mut world = world();
    let target = "/admin.cgi?mode=viewjson&page=3&callback=f";
    let cross_site = world.get(target).http11().by_admin().header("Sec-Fetch-Site", "cross-site");
    assert_eq!(cross_site.send().status(), 403);
    assert_eq!(world.get(target).http11().by_admin().send().body(), "f([])");
}

#[test]
fn kicksources_disconnects_the_sources_of_all_stations() {
    let mut world = world();
    let mut peers = Vec::new();
    for (at, mount) in ["/live", "/b"].into_iter().enumerate() {
        let peer = world.connect(Link::Fast);
        let mut encoder = Encoder::new(&world.logs[at], 1 + at as u64, Header::DEFAULT);
        world.send(peer, &source_request(mount, "source", "tide"));
        world.feed(peer, &encoder.seconds(3.0));
        peers.push(peer);
    }
    assert!(world.is_live(0) && world.is_live(1));
    assert!(administer(&mut world, "mode=kicksources").contains("Sources removed: 2"));
    assert!(peers.iter().all(|&peer| world.socket(peer).closed));
    assert!(!world.is_live(0) && !world.is_live(1));
}

#[test]
fn resetxml_resets_the_statistics_of_one_station_or_all() {
    let mut world = world();
    for mount in ["/live", "/live", "/b"] {
        let peer = world.get(mount).http11().header("Host", "h").open();
        world.pass(2 * SECOND);
        world.disconnect(peer);
    }
    let numbers = |world: &mut World| {
        let now = world.now;
        let snapshot = world.server.snapshot(now);
        let of_station = |at: usize| (snapshot.stations[at].peak, snapshot.stations[at].hits);
        (of_station(0), of_station(1), snapshot.peak)
    };
    assert_eq!(numbers(&mut world), ((1, 2), (1, 1), 1));
    administer(&mut world, "mode=resetxml&sid=2");
    assert_eq!(numbers(&mut world), ((1, 2), (0, 0), 1));
    administer(&mut world, "mode=resetxml");
    assert_eq!(numbers(&mut world), ((0, 0), (0, 0), 0));
}

#[test]
fn rotate_reopens_the_access_log() {
    let opened = Rc::new(Cell::new(0));
    let count = opened.clone();
    let reopen: Box<dyn Fn()> = Box::new(move || count.set(count.get() + 1));
    let mut world = world_with(Hooks { reopen_log: Some(reopen), ..Hooks::default() });
    assert_eq!(administer(&mut world, "mode=rotate&files=log").status(), 200);
    assert_eq!(opened.get(), 1);
}

#[test]
fn api_lists_adds_and_removes_bans() {
    let mut world = world();
    for (path, body, code) in [
        ("bans", "network=203.0.113.0/24&reason=n%22%3Cb%3E", 200),
        ("bans", "address=2001:db8::1", 200),
        ("bans", "agent=Evil*", 200),
        ("bans", "network=0.0.0.0/0", 400),
        ("bans", "address=here", 400),
        ("bans", "reason=none", 400),
        ("bans/remove", "id=9", 404),
        ("bans/remove", "id=x", 404),
        ("bans/remove", "value=2001:db8::1", 200),
        ("bans/remove", "value=2001:db8::1", 404),
        ("bans/remove", "", 400),
        ("bans/remove", "id=3", 200),
    ] {
        let request = world.post(&format!("/api/v1/admin/{path}"), body).http11().header("Host", "h");
        let reply = request.by_admin().send();
        assert_eq!(reply.status(), code, "{path} {body}: {reply}");
    }
    let list = world.get("/api/v1/admin/bans").http11().by_admin().send();
    let head =
        r#"{"bans":[{"id":1,"kind":"address","value":"203.0.113.0/24","reason":"n\"<b>","since":"1970-"#;
    assert!(list.body().starts_with(head) && list.body().ends_with("Z\"}]}"), "{list}");
    assert_eq!(world.get("/api/v1/admin/bans").http11().send().status(), 401);
    let by_get = world.get("/api/v1/admin/bans/remove?id=1").http11().by_admin().send();
    assert_eq!(by_get.status(), 405);
}
