//! The status pages of stations, for browsers and programs.

use std::sync::Arc;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Reply, World, seed};
use coldwave::audio::Header;
use coldwave::pages::{OnAir, StationSnapshot};
use coldwave::settings::{Account, Secret, SourceSettings, StationSettings};

const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(300);

fn page(world: &mut World, target: &str) -> Reply {
    world.get(target).header("Host", "radio.example").send()
}

fn station(world: &mut World) -> Arc<StationSnapshot> {
    let now = world.now;
    world.server.snapshot(now).stations[0].clone()
}

fn station_at((id, mount): (u32, &str)) -> StationSettings {
    StationSettings { id, mount: mount.into(), name: mount.to_uppercase(), ..Default::default() }
}

#[test]
fn snapshot_is_reused_for_a_second() {
    let mut world = World::new(seed(1));
    world.pass(10 * SECOND);
    world.pass(Duration::from_micros(10_000_000 - u64::from(world.now.since_start().subsec_micros())));
    let now = world.now;
    let first = world.server.snapshot(now);
    let later = world.server.snapshot(now + Duration::from_millis(1));
    assert!(Arc::ptr_eq(&first, &later));
    let next = world.server.snapshot(now + SECOND);
    assert_eq!(next.taken_at.since(first.taken_at), SECOND);
}

/// A request for a page changes counters, but nothing that a page shows, so the cached page stays valid.
#[test]
fn request_for_a_page_keeps_the_public_snapshot() {
    let mut world = World::new(seed(14));
    world.pass(MOMENT);
    let before = world.server.admin_snapshot(world.now);
    let first = page(&mut world, "/7.html");
    world.pass(Duration::from_millis(1));
    let after = world.server.admin_snapshot(world.now);
    assert_eq!(after.metrics.page_connections, before.metrics.page_connections + 1);
    assert!(Arc::ptr_eq(&before.public, &after.public));
    assert_eq!(page(&mut world, "/7.html"), first);
}

#[test]
fn seven_html_shows_the_numbers_and_the_title() {
    let mut world = World::new(seed(2));
    world.pass(10 * SECOND);
    world.get("/live").from("203.0.113.9:1").agent("VLC/3.0").open();
    world.pass(2 * SECOND);
    assert!(matches!(station(&mut world).on_air, OnAir::AutoDj(_)));
    let title = station(&mut world).title.text.clone();
    let reply = page(&mut world, "/7.html");
    assert_eq!((reply.status(), reply.header("Content-Type")), (200, Some("text/html")));
    assert!(reply.body().contains("<body>1,1,1,"), "{reply}");
    assert!(reply.ends_with(&format!(",1,128,{title}</body></html>")), "{reply}");
    assert_eq!(page(&mut world, "/7.html?sid=2").status(), 404);
    assert!(page(&mut world, "/currentsong").ends_with(&format!("\r\n\r\n{title}")));
}

#[test]
fn browsers_and_programs_get_the_pages() {
    let stations = [(1, "/live"), (2, "/jazz")].map(station_at);
    let mut world = World::with(seed(8), stations.to_vec());
    world.pass(10 * SECOND);
    let mut page = |target: &str, is_browser: bool| {
        let request = world.get(target).http11().header("Host", "h");
        let request = if is_browser {
            request.agent("Mozilla/5.0").header("Accept", "text/html")
        } else {
            request.agent("tools")
        };
        request.send()
    };
    assert!(page("/", true).contains("<title>Stations</title>"));
    assert!(page("/?sid=2", true).contains("<h1>/JAZZ</h1>"));
    assert!(page("/index.html?sid=2", false).contains("<title>SHOUTcast stream: /JAZZ</title>"));
    assert_eq!(page("/index.html?sid=3", true).status(), 404);
    let style = page("/assets/page.css", true);
    let tag = style.header("ETag").expect("an ETag");
    let again = world.get("/assets/page.css").http11().header("If-None-Match", tag).send();
    assert_eq!(again.status_line(), "HTTP/1.0 304 Not Modified");
    assert!(again.body().is_empty() && again.header("Content-Length").is_none(), "{again}");
    assert_eq!(again.matches("Cache-Control").count(), 1, "{again}");
}

#[test]
fn admin_page_needs_the_password() {
    let mut world = World::new(seed(9));
    world.enable_admin();
    world.pass(10 * SECOND);
    let page = world.get("/admin/").http11().by_admin().send();
    assert!(page.contains("<title>coldwave admin</title>") && !page.contains("Access-Control"), "{page}");
    let redirect = world.get("/admin").http11().by_admin().send();
    assert_eq!(redirect.header("Location"), Some("/admin/"));
    for target in ["/admin/", "/admin"] {
        let refusal = world.get(target).http11().send();
        assert_eq!(refusal.status(), 401, "{refusal}");
        assert!(refusal.contains("\r\nWWW-Authenticate: Basic realm="), "{refusal}");
        assert!(!refusal.contains("coldwave admin"), "{refusal}");
    }
}

/// An address that listens to two stations is one unique listener, and listeners one after the other are not
/// a peak of two.
#[test]
fn sums_over_stations_count_addresses_and_simultaneous_listeners() {
    let stations = [(1, "/live"), (2, "/jazz")].map(station_at);
    let mut world = World::with(seed(8), stations.to_vec());
    world.pass(10 * SECOND);
    let tune_in = |world: &mut World, mount: &str, address: &str| {
        let peer = world.get(mount).from(address).open();
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
    world.disconnect(first);
    world.pass(MOMENT);
    tune_in(&mut world, "/jazz", "203.0.113.9:2");
    assert_eq!(sums(&mut world), (1, 1, 2));
    tune_in(&mut world, "/live", "203.0.113.9:3");
    assert_eq!(sums(&mut world), (1, 2, 2));
    tune_in(&mut world, "/live", "203.0.113.10:1");
    assert_eq!(sums(&mut world), (2, 3, 3));
    let statistics = page(&mut world, "/statistics?json=1");
    assert!(
        statistics.contains(r#""currentlisteners":3,"peaklisteners":3,"#)
            && statistics.contains(r#""uniquelisteners":2,"averagetime":3,"#),
        "{statistics}"
    );
}

#[test]
fn next_titles_are_shown_while_the_autodj_is_on_the_air() {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let sources = SourceSettings { account, ..Default::default() };
    let settings = StationSettings { sources, ..Default::default() };
    let mut world = World::with(seed(9), vec![settings]);
    world.pass(5 * SECOND);
    assert_eq!(station(&mut world).next_titles, ["Tone 2", "Tone 3"]);
    world.pass(15 * SECOND);
    assert_eq!(station(&mut world).title.text, "Tone 2");
    assert!(page(&mut world, "/nextsong").ends_with("\r\n\r\nTone 3"));
    assert!(page(&mut world, "/stats").contains("<NEXTTITLE>Tone 3</NEXTTITLE>"));
    let peer = world.connect(Link::Fast);
    world.send(peer, &source_request("/live", "source", "deep water"));
    let audio = Encoder::new(&world.logs[0], 1, Header::DEFAULT).seconds(8.0);
    world.feed(peer, &audio);
    world.pass(SECOND);
    assert!(matches!(station(&mut world).on_air, OnAir::Live(_)));
    assert!(page(&mut world, "/nextsong").ends_with("\r\n\r\n"));
    assert!(page(&mut world, "/nextsongs?json=1").ends_with("\r\n\r\n[]"));
    assert!(!page(&mut world, "/stats").contains("NEXTTITLE"));
}
