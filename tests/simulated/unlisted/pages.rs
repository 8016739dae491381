//! What pages, statistics and files say about unlisted stations, and about a server without any station.

use coldwave::settings::{DirectoryListing, UnlistedSettings};

use super::{Live, PASSWORD, SECOND, configured, find, status, unlisted, world};
use crate::world::source_formats::FakeSourceFormats;
use crate::world::statistics::FakeDisk;
use crate::world::{Link, Setup, World, seed};

const PAGES: [&str; 18] = [
    "/",
    "/index.html",
    "/status.xsl",
    "/status-json.xsl",
    "/7.html",
    "/7.html?sid=1",
    "/stats",
    "/stats?sid=1",
    "/stats?sid=1&json=1",
    "/statistics",
    "/currentsong",
    "/played",
    "/listen.pls",
    "/api/v1/stations",
    "/api/v1/server",
    "/api/v1/now-playing",
    "/embed",
    "/robots.txt",
];

/// Requests every page, for which a server without stations must have an answer.
fn statuses(world: &mut World) -> Vec<(&'static str, u16)> {
    let pages = PAGES.map(|page| (page, world.get(page).header("Accept", "text/html").send().status()));
    pages.into()
}

#[test]
fn server_without_stations_answers_every_page() {
    let mut world = world(vec![]);
    world.enable_admin();
    let before = statuses(&mut world);
    assert!(before.iter().all(|(_, status)| [200, 302, 303, 307, 404].contains(status)), "{before:?}");
    let json = world.get("/status-json.xsl").send().json();
    assert!(json["icestats"]["source"].is_null(), "{json}");
    for page in ["/admin/", "/admin/stats", "/admin/listmounts", "/admin/stats.xsl", "/metrics"] {
        assert_eq!(world.get(page).by_admin().send().status(), 200, "{page}");
    }
    let live = Live::start(&mut world, "/tour");
    let during = statuses(&mut world);
    world.disconnect(live.peer);
    world.pass(12 * SECOND);
    assert_eq!(statuses(&mut world), before, "the station leaves nothing behind");
    assert_ne!(during, before);
}

#[test]
fn pages_show_the_station_with_the_name_of_its_source() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    world.enable_admin();
    let peer = world.connect(Link::Fast);
    let head = "SOURCE /tour HTTP/1.0\r\nAuthorization: Basic c291cmNlOmEgbG9uZyBzd2lt\r\n\
        ice-name: Harbour tour\r\nice-genre: Talk\r\nice-url: http://tour.example\r\nice-public: 1\r\n\r\n";
    let audio = coldwave::audio::silent_frame(&coldwave::audio::Header::DEFAULT).repeat(100);
    world.send(peer, &[head.as_bytes(), &audio].concat());
    world.pass(SECOND);
    let reply = world.head("/tour").send();
    assert_eq!((reply.header("icy-name"), reply.header("icy-pub")), (Some("Harbour tour"), Some("0")));
    let json = world.get("/status-json.xsl").send().json();
    let sources = json["icestats"]["source"].as_array().expect("two stations");
    assert!(sources.iter().any(|it| it["server_name"] == "Harbour tour" && it["genre"] == "Talk"), "{json}");
    for page in ["/admin/listmounts", "/admin/stats", "/metrics"] {
        let reply = world.get(page).by_admin().send();
        assert!(reply.body().contains("/tour"), "{page}: {reply}");
    }
    let target = "/admin/metadata?mode=updinfo&mount=/tour&song=Set+by+admin";
    assert_eq!(world.get(target).by_admin().send().status(), 200);
    world.disconnect(peer);
    world.pass(20 * SECOND);
    for page in ["/admin/listmounts", "/admin/stats", "/metrics"] {
        let reply = world.get(page).by_admin().send();
        assert!(!reply.body().contains("/tour"), "{page}: {reply}");
    }
}

/// `public = "as_source"` is what Icecast does with a mount that has no `<public>`.
#[test]
fn source_decides_with_as_source_whether_directories_list_its_station() {
    let settings = UnlistedSettings { public: DirectoryListing::AsSource, ..unlisted() };
    let mut world = World::with(seed(5), vec![]);
    world.server.apply_unlisted(Some(settings), world.now);
    let audio = coldwave::audio::silent_frame(&coldwave::audio::Header::DEFAULT).repeat(100);
    for (mount, header, expected) in [
        ("/a", "ice-public: 1\r\n", "1"),
        ("/b", "icy-pub: 1\r\n", "1"),
        ("/c", "ice-public: 0\r\n", "0"),
        ("/d", "", "0"),
    ] {
        let peer = world.connect(Link::Fast);
        let head = format!(
            "SOURCE {mount} HTTP/1.0\r\nAuthorization: Basic c291cmNlOmEgbG9uZyBzd2lt\r\n{header}\r\n"
        );
        world.send(peer, &[head.as_bytes(), &audio].concat());
        world.pass(SECOND);
        assert_eq!(world.head(mount).send().header("icy-pub"), Some(expected), "{mount}");
        let snapshot = world.server.admin_snapshot(world.now);
        let station = snapshot.stations.iter().find(|it| it.public.mount == mount).expect("on air");
        assert_eq!(station.public.public, expected == "1", "{mount}");
    }
}

#[test]
fn station_without_a_name_of_its_source_has_that_of_its_mount() {
    let mut world = world(vec![]);
    let _live = Live::start(&mut world, "/tour/hall");
    assert_eq!(world.head("/tour/hall").send().header("icy-name"), Some("tour/hall"));
    let settings =
        UnlistedSettings { public: DirectoryListing::Always, max_listeners: Some(1), ..unlisted() };
    world.server.apply_unlisted(Some(settings), world.now);
    let listener = world.connect(Link::Fast);
    world.send(listener, b"GET /tour/hall HTTP/1.0\r\n\r\n");
    assert_eq!(world.reply(listener).header("icy-pub"), Some("1"));
    assert_ne!(status(&mut world, "/tour/hall"), 200, "one listener is the maximum");
}

#[test]
fn only_unlisted_station_is_the_default_stream_for_listeners() {
    let mut world = world(vec![]);
    assert_eq!(status(&mut world, "/;"), 404);
    let live = Live::start(&mut world, "/tour");
    for path in ["/;", "/stream", "/stream/1"] {
        assert_eq!(status(&mut world, path), 200, "{path}");
    }
    let listener = live.listen(&mut world, "/;");
    world.pass(SECOND);
    world.assert_listens(listener);
}

#[test]
fn event_readers_hear_of_the_beginning_and_the_end() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    let reader = world.get("/api/v1/events").http11().open();
    world.pass(2 * SECOND);
    let live = Live::start(&mut world, "/tour");
    world.pass(3 * SECOND);
    assert!(world.reply(reader).contains("\"/tour\""), "{}", world.reply(reader));
    world.disconnect(live.peer);
    world.pass(15 * SECOND);
    assert!(world.reply(reader).contains("event: removed"), "{}", world.reply(reader));
}

#[test]
fn files_that_outlive_the_process_have_no_unlisted_stations() {
    let (disk, formats) = (FakeDisk::default(), FakeSourceFormats::default());
    let mut setup = Setup::with(vec![configured(1, "/live", "deep water")]);
    setup.hooks.statistics = Some(disk.open());
    setup.hooks.source_formats = Some(Box::new(formats.clone()));
    let mut world = World::start(seed(23), setup);
    world.server.apply_unlisted(Some(unlisted()), world.now);
    let mut live = Live::start(&mut world, "/tour");
    let listener = live.listen(&mut world, "/tour");
    live.play(&mut world, 60.0);
    world.assert_listens(listener);
    world.disconnect(live.peer);
    world.pass(600 * SECOND);
    assert!(find(&world, "/tour").is_none() && disk.of_mount("/live").is_some());
    assert!(disk.of_mount("/tour").is_none() && formats.of_mount("/tour").is_none());
}

#[test]
fn password_lines_are_refused_as_no_http_only_without_any_source() {
    let mut world = world(vec![]);
    let mut first_line = |line: &str| {
        let peer = world.connect(Link::Fast);
        world.send(peer, format!("{line}\r\nicy-name:x\r\n\r\n").as_bytes());
        world.reply(peer).lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(first_line("wrong"), "invalid password");
    assert_eq!(first_line(&format!("/tour:{PASSWORD}")), "OK2");
}

#[test]
fn listener_that_was_moved_outlives_the_station() {
    let mut world = world(vec![configured(1, "/live", "deep water")]);
    world.enable_admin();
    let live = Live::start(&mut world, "/tour");
    let listener = world.get("/tour").open();
    world.pass(SECOND);
    let target = "/admin/moveclients?mount=/tour&destination=/live";
    assert_eq!(world.get(target).by_admin().send().status(), 200);
    world.disconnect(live.peer);
    world.pass(20 * SECOND);
    world.assert_listens(listener);
    assert_eq!((find(&world, "/tour"), world.listeners(0)), (None, 1));
}
