//! What is shown of stations.

use std::rc::Rc;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World, seed};
use coldwave::audio::Header;
use coldwave::pages::{OnAir, StationSnapshot};

const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(300);

fn asked(world: &mut World, path: &str) -> String {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("GET {path} HTTP/1.0\r\nHost: radio.example\r\n\r\n").as_bytes());
    world.reply(peer)
}

fn station(world: &mut World) -> Rc<StationSnapshot> {
    let now = world.now;
    world.server.snapshot(now).stations[0].clone()
}

fn tune_in_as(world: &mut World, address: &str, agent: &str) -> coldwave::server::Peer {
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    world.send(peer, format!("GET /live HTTP/1.0\r\nUser-Agent: {agent}\r\n\r\n").as_bytes());
    peer
}

#[test]
fn what_has_not_changed_is_not_looked_at_again() {
    let mut world = World::new(seed(1));
    world.pass(10 * SECOND);
    world.pass(Duration::from_micros(10_000_000 - u64::from(world.now.since_start().subsec_micros())));
    let now = world.now;
    let first = world.server.snapshot(now);
    let later = world.server.snapshot(now + Duration::from_millis(1));
    assert!(Rc::ptr_eq(&first, &later));
    let next = world.server.snapshot(now + SECOND);
    assert_eq!(next.taken_at.since(first.taken_at), SECOND);
}

/// A request for a page changes counters, but nothing that a page shows: the page of the request before it is still good.
#[test]
fn a_request_for_a_page_leaves_the_public_snapshot_as_it_is() {
    let mut world = World::new(seed(14));
    world.pass(MOMENT);
    let before = world.server.admin_snapshot(world.now);
    let first = asked(&mut world, "/7.html");
    world.pass(Duration::from_millis(1));
    let after = world.server.admin_snapshot(world.now);
    assert_eq!(after.metrics.page_connections, before.metrics.page_connections + 1);
    assert!(Rc::ptr_eq(&before.public, &after.public));
    assert_eq!(asked(&mut world, "/7.html"), first);
}

#[test]
fn seven_numbers_tell_what_is_on() {
    let mut world = World::new(seed(2));
    world.pass(10 * SECOND);
    tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    world.pass(2 * SECOND);
    assert!(matches!(station(&mut world).on_air, OnAir::AutoDj(_)));
    let title = station(&mut world).title.text.clone();
    let reply = asked(&mut world, "/7.html");
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n") && head.contains("\r\nContent-Type: text/html\r\n"));
    assert!(
        body.contains("<body>1,1,1,") && body.ends_with(&format!(",1,128,{title}</body></html>")),
        "{body}"
    );
    assert!(asked(&mut world, "/7.html?sid=2").starts_with("HTTP/1.0 404"));
    assert!(asked(&mut world, "/currentsong").ends_with(&format!("\r\n\r\n{title}")));
}

#[test]
fn browsers_get_pages_and_programs_too() {
    let stations = [(1, "/live"), (2, "/jazz")].map(|(id, mount)| coldwave::settings::StationSettings {
        id,
        mount: mount.into(),
        name: mount.to_uppercase(),
        ..Default::default()
    });
    let mut world = World::with(seed(8), stations.to_vec());
    world.pass(10 * SECOND);
    let mut got = |lines: &str| {
        let peer = world.connect(Link::Fast);
        world.send(peer, format!("GET {lines}\r\nHost: h\r\n\r\n").as_bytes());
        world.reply(peer)
    };
    let browser = "User-Agent: Mozilla/5.0\r\nAccept: text/html";
    assert!(got(&format!("/ HTTP/1.1\r\n{browser}")).contains("<title>Stations</title>"));
    assert!(got(&format!("/?sid=2 HTTP/1.1\r\n{browser}")).contains("<h1>/JAZZ</h1>"));
    assert!(
        got("/index.html?sid=2 HTTP/1.0\r\nUser-Agent: tools")
            .contains("<title>SHOUTcast stream: /JAZZ</title>")
    );
    assert!(got(&format!("/index.html?sid=3 HTTP/1.1\r\n{browser}")).starts_with("HTTP/1.0 404"));
    let style = got("/assets/page.css HTTP/1.1");
    let tag = style.split_once("ETag: ").and_then(|(_, rest)| rest.split_once("\r\n")).expect("a tag").0;
    let again = got(&format!("/assets/page.css HTTP/1.1\r\nIf-None-Match: {tag}"));
    let (head, body) = again.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.0 304 Not Modified\r\n") && body.is_empty(), "{again}");
    assert!(!head.contains("Content-Length") && head.matches("Cache-Control").count() == 1, "{head}");
}

#[test]
fn the_operators_page_takes_his_password() {
    let mut world = World::new(seed(9));
    world.configure(|config| {
        config.admin = coldwave::settings::Account {
            user: "admin".into(),
            password: Some(coldwave::settings::Secret::new("lighthouse")),
        }
    });
    world.pass(10 * SECOND);
    let mut got = |lines: &str| {
        let peer = world.connect(Link::Fast);
        world.send(peer, format!("GET {lines}\r\nHost: h\r\n\r\n").as_bytes());
        world.reply(peer)
    };
    // admin:lighthouse
    let login = "Authorization: Basic YWRtaW46bGlnaHRob3VzZQ==";
    let page = got(&format!("/admin/ HTTP/1.1\r\n{login}"));
    assert!(page.contains("<title>coldwave admin</title>") && !page.contains("Access-Control"), "{page}");
    assert!(got(&format!("/admin HTTP/1.1\r\n{login}")).contains("\r\nLocation: /admin/\r\n"));
    for path in ["/admin/", "/admin"] {
        let refusal = got(&format!("{path} HTTP/1.1"));
        assert!(refusal.starts_with("HTTP/1.0 401") || refusal.starts_with("HTTP/1.1 401"), "{refusal}");
        assert!(
            refusal.contains("\r\nWWW-Authenticate: Basic realm=") && !refusal.contains("coldwave admin")
        );
    }
}

/// Whoever listens to two stations is one; and those who listened one after the other never were two at once.
#[test]
fn sums_are_of_people() {
    let stations = [(1, "/live"), (2, "/jazz")].map(|(id, mount)| coldwave::settings::StationSettings {
        id,
        mount: mount.into(),
        ..Default::default()
    });
    let mut world = World::with(seed(8), stations.to_vec());
    world.pass(10 * SECOND);
    let tune_in = |world: &mut World, mount: &str, address: &str| {
        let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
        world.send(peer, format!("GET {mount} HTTP/1.0\r\n\r\n").as_bytes());
        world.pass(2 * SECOND);
        peer
    };
    let sums = |world: &mut World| {
        let now = world.now;
        let snapshot = world.server.snapshot(now);
        (snapshot.unique, snapshot.peak, snapshot.stations.iter().map(|it| it.peak).sum::<usize>())
    };
    let first = tune_in(&mut world, "/live", "203.0.113.9:1");
    assert_eq!(sums(&mut world), (1, 1, 1));
    world.hang_up(first);
    world.pass(MOMENT);
    tune_in(&mut world, "/jazz", "203.0.113.9:2");
    assert_eq!(sums(&mut world), (1, 1, 2));
    tune_in(&mut world, "/live", "203.0.113.9:3");
    assert_eq!(sums(&mut world), (1, 2, 2));
    tune_in(&mut world, "/live", "203.0.113.10:1");
    assert_eq!(sums(&mut world), (2, 3, 3));
    let statistics = asked(&mut world, "/statistics?json=1");
    assert!(
        statistics.contains(r#""currentlisteners":3,"peaklisteners":3,"#)
            && statistics.contains(r#""uniquelisteners":2,"averagetime":3,"#),
        "{statistics}"
    );
}

#[test]
fn what_comes_next_is_told_while_the_autodj_is_on_the_air() {
    let sources = coldwave::settings::SourceSettings {
        account: coldwave::settings::Account {
            user: "source".into(),
            password: Some(coldwave::settings::Secret::new("deep water")),
        },
        ..Default::default()
    };
    let settings = coldwave::settings::StationSettings { sources, ..Default::default() };
    let mut world = World::with(seed(9), vec![settings]);
    world.pass(5 * SECOND);
    assert_eq!(station(&mut world).next_titles, ["Tone 2", "Tone 3"]);
    world.pass(15 * SECOND);
    assert_eq!(station(&mut world).title.text, "Tone 2");
    assert!(asked(&mut world, "/nextsong").ends_with("\r\n\r\nTone 3"));
    assert!(asked(&mut world, "/stats").contains("<NEXTTITLE>Tone 3</NEXTTITLE>"));
    let peer = world.connect(Link::Fast);
    world.send(peer, &source_request("/live", "source", "deep water"));
    let audio = Encoder::new(&world.logs[0], 1, Header::DEFAULT).seconds(8.0);
    world.feed(peer, &audio);
    world.pass(SECOND);
    assert!(matches!(station(&mut world).on_air, OnAir::Live(_)));
    assert!(asked(&mut world, "/nextsong").ends_with("\r\n\r\n"));
    assert!(asked(&mut world, "/nextsongs?json=1").ends_with("\r\n\r\n[]"));
    assert!(!asked(&mut world, "/stats").contains("NEXTTITLE"));
}
