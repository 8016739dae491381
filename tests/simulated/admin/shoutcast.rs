//! What SHOUTcast's operators ask for at `/admin.cgi`, against the whole server with a simulated clock.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Setup, World, seed};
use coldwave::audio::Header;
use coldwave::server::Hooks;
use coldwave::settings::{Account, Secret, SourceSettings, StationSettings};

const SECOND: Duration = Duration::from_secs(1);

/// `admin:lighthouse`.
const ADMIN: &str = "YWRtaW46bGlnaHRob3VzZQ==";

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
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    world.pass(5 * SECOND);
    world
}

fn ask(world: &mut World, target: &str, headers: &str) -> String {
    let peer = world.connect(Link::Fast);
    let head = format!("GET {target} HTTP/1.1\nHost: radio.example\n{headers}\n").replace('\n', "\r\n");
    world.send(peer, head.as_bytes());
    let reply = world.reply(peer);
    if !world.pretend(peer).closed {
        world.hang_up(peer);
    }
    reply
}

fn of_admin(world: &mut World, query: &str) -> String {
    ask(world, &format!("/admin.cgi?pass=lighthouse&{query}"), "")
}

fn status(reply: &str) -> &str {
    reply.get(9..12).unwrap_or(reply)
}

#[test]
fn a_password_is_given_in_three_forms() {
    let mut world = world();
    for (target, headers) in [
        ("/admin.cgi?mode=viewxml", format!("Authorization: Basic {ADMIN}\n")),
        ("/admin.cgi?mode=viewxml&pass=lighthouse", String::new()),
        ("/admin.cgi?mode=viewxml&pass=YWRtaW46bGlnaHRob3VzZQ==", String::new()),
        ("/admin.cgi?sid=2&mode=viewjson&page=3&pass=YWRtaW46bGlnaHRob3VzZQ%3D%3D", String::new()),
    ] {
        assert_eq!(status(&ask(&mut world, target, &headers)), "200", "{target}");
    }
    for target in ["/admin.cgi?mode=viewxml", "/admin.cgi", "/admin.cgi?mode=viewban&pass=tide"] {
        let reply = ask(&mut world, target, "");
        assert_eq!(status(&reply), "401", "{target}");
        assert!(reply.contains("WWW-Authenticate: Basic realm=\"Shoutcast Server\"\r\n"), "{reply}");
    }
    let home = of_admin(&mut world, "sid=1");
    assert_eq!(status(&home), "302");
    assert!(home.contains("Location: http://radio.example/admin/\r\n"), "{home}");
}

#[test]
fn every_mode_is_answered() {
    let mut world = world();
    for (query, code) in [
        ("mode=viewxml&page=7", "200"),
        ("mode=viewjson&page=5&callback=f", "200"),
        ("mode=viewjson&callback=alert(1)", "400"),
        ("mode=viewlog", "200"),
        ("mode=viewlog&viewlog=tail", "200"),
        ("mode=viewban", "200"),
        ("mode=viewrip", "200"),
        ("mode=viewagent", "200"),
        ("mode=bannedlist", "200"),
        ("mode=reservelist", "200"),
        ("mode=useragentlist", "200"),
        ("mode=ypstatus&type=json", "200"),
        ("mode=history", "200"),
        ("mode=art", "302"),
        ("mode=resetxml", "200"),
        ("mode=kicksources", "200"),
        ("mode=clearcache", "200"),
        ("mode=startrelays", "200"),
        ("mode=kickdst&kickdst=all", "200"),
        ("mode=bandst&bandst=203.0.113.9&banmsk=255", "200"),
        ("mode=unbandst&unbandst=203.0.113.9", "200"),
        ("mode=unbandst&unbandst=203.0.113.9", "400"),
        ("mode=agent&agent=EvilBot", "200"),
        ("mode=unagent&agent=EvilBot", "200"),
        ("mode=agent&agent=x", "400"),
        ("mode=bandst", "400"),
        ("mode=kicksrc", "400"),
        ("mode=rotate", "400"),
        ("mode=ripdst&ripdst=203.0.113.9", "400"),
        ("mode=reload&force=1", "400"),
        ("mode=bandwidth&type=xml", "400"),
        ("mode=nothing", "400"),
        ("mode=viewxml&sid=9", "400"),
    ] {
        let reply = of_admin(&mut world, query);
        assert_eq!(status(&reply), code, "{query}: {reply}");
        assert!(!reply.contains("Access-Control"), "{query}");
    }
}

/// A browser that remembers the password would run it for anybody's page.
#[test]
fn scripts_are_not_for_other_sites() {
    let mut world = world();
    let login = format!("Authorization: Basic {ADMIN}\n");
    let target = "/admin.cgi?mode=viewjson&page=3&callback=f";
    let other = format!("{login}Sec-Fetch-Site: cross-site\n");
    assert_eq!(status(&ask(&mut world, target, &other)), "403");
    assert!(ask(&mut world, target, &login).ends_with("\r\n\r\nf([])"));
}

#[test]
fn all_sources_go_at_once() {
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
    assert!(of_admin(&mut world, "mode=kicksources").contains("Sources removed: 2"));
    assert!(peers.iter().all(|&peer| world.pretend(peer).closed));
    assert!(!world.is_live(0) && !world.is_live(1));
}

#[test]
fn statistics_begin_anew() {
    let mut world = world();
    for mount in ["/live", "/live", "/b"] {
        let peer = world.connect(Link::Fast);
        world.send(peer, format!("GET {mount} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        world.pass(2 * SECOND);
        world.hang_up(peer);
    }
    let numbers = |world: &mut World| {
        let now = world.now;
        let snapshot = world.server.snapshot(now);
        let of = |at: usize| (snapshot.stations[at].peak, snapshot.stations[at].hits);
        (of(0), of(1), snapshot.peak)
    };
    assert_eq!(numbers(&mut world), ((1, 2), (1, 1), 1));
    of_admin(&mut world, "mode=resetxml&sid=2");
    assert_eq!(numbers(&mut world), ((1, 2), (0, 0), 1));
    of_admin(&mut world, "mode=resetxml");
    assert_eq!(numbers(&mut world), ((0, 0), (0, 0), 0));
}

#[test]
fn the_access_log_is_opened_anew() {
    let opened = Rc::new(Cell::new(0));
    let again = opened.clone();
    let reopen: Box<dyn Fn()> = Box::new(move || again.set(again.get() + 1));
    let mut world = world_with(Hooks { reopen_log: Some(reopen), ..Hooks::default() });
    assert_eq!(status(&of_admin(&mut world, "mode=rotate&files=log")), "200");
    assert_eq!(opened.get(), 1);
}

#[test]
fn bans_are_read_and_changed_by_the_api() {
    let mut world = world();
    let post = |world: &mut World, path: &str, body: &str| {
        let peer = world.connect(Link::Fast);
        let length = body.len();
        let head = format!(
            "POST /api/v1/admin/{path} HTTP/1.1\r\nHost: h\r\nAuthorization: Basic {ADMIN}\r\nContent-Length: {length}\r\n\r\n"
        );
        world.send(peer, (head + body).as_bytes());
        world.reply(peer)
    };
    for (path, body, code) in [
        ("bans", "network=203.0.113.0/24&reason=n%22%3Cb%3E", "200"),
        ("bans", "address=2001:db8::1", "200"),
        ("bans", "agent=Evil*", "200"),
        ("bans", "network=0.0.0.0/0", "400"),
        ("bans", "address=here", "400"),
        ("bans", "reason=none", "400"),
        ("bans/remove", "id=9", "404"),
        ("bans/remove", "id=x", "404"),
        ("bans/remove", "value=2001:db8::1", "200"),
        ("bans/remove", "value=2001:db8::1", "404"),
        ("bans/remove", "", "400"),
        ("bans/remove", "id=3", "200"),
    ] {
        let reply = post(&mut world, path, body);
        assert_eq!(status(&reply), code, "{path} {body}: {reply}");
    }
    let list = ask(&mut world, "/api/v1/admin/bans", &format!("Authorization: Basic {ADMIN}\n"));
    let body = list.split("\r\n\r\n").nth(1).expect("a body");
    let head =
        r#"{"bans":[{"id":1,"kind":"address","value":"203.0.113.0/24","reason":"n\"<b>","since":"1970-"#;
    assert!(body.starts_with(head) && body.ends_with("Z\"}]}"), "{body}");
    assert_eq!(status(&ask(&mut world, "/api/v1/admin/bans", "")), "401");
    let by_get =
        ask(&mut world, "/api/v1/admin/bans/remove?id=1", &format!("Authorization: Basic {ADMIN}\n"));
    assert_eq!(status(&by_get), "405");
}
