//! Hidden stations: lists leave them out, and those who know the mount listen.

use std::time::Duration;

use crate::world::{Link, World, seed};
use coldwave::settings::{DirectoryListing, StationSettings};

const SECOND: Duration = Duration::from_secs(1);

/// Pages that show all stations.
const LISTS: [&str; 9] = [
    "/status-json.xsl",
    "/status.xsl",
    "/status2.xsl",
    "/stats",
    "/statistics",
    "/stats?json=1",
    "/robots.txt",
    "/api/v1/stations",
    "/index.html",
];

fn world(default_seed: u64) -> World {
    let station = |id, mount: &str, name: &str, hidden| StationSettings {
        id,
        mount: mount.into(),
        name: name.into(),
        hidden,
        public: DirectoryListing::Always,
        ..StationSettings::default()
    };
    let stations = vec![station(1, "/open", "Open Harbour", false), station(2, "/quay", "Quiet Quay", true)];
    let mut world = World::with(seed(default_seed), stations);
    world.enable_admin();
    world.pass(10 * SECOND);
    world
}

fn mentions(text: &str) -> [bool; 2] {
    let has = |words: [&str; 2]| words.iter().any(|word| text.contains(word));
    [has(["Open Harbour", "/open"]), has(["Quiet Quay", "/quay"])]
}

#[test]
fn pages_of_all_stations_leave_a_hidden_one_out() {
    let mut world = world(61);
    for target in LISTS {
        let reply = world.get(target).send();
        if reply.status() == 404 {
            continue;
        }
        let [_, shows_hidden] = mentions(reply.body());
        assert!(!shows_hidden, "{target}: {}", reply.body());
    }
    for target in ["/index.html", "/status-json.xsl", "/statistics", "/api/v1/stations"] {
        assert!(mentions(world.get(target).send().body())[0], "{target}");
    }
}

#[test]
fn hidden_station_is_played_and_named_to_those_who_know_it() {
    let mut world = world(62);
    let listener = world.tune_in_to(1, "/quay", Link::Fast);
    world.pass(5 * SECOND);
    world.assert_listens(listener);
    for target in ["/quay.m3u", "/status-json.xsl?mount=/quay", "/api/v1/stations/2"] {
        assert!(mentions(world.get(target).send().body())[1], "{target}");
    }
    let stats = world.get("/admin/stats").by_admin().send();
    assert_eq!(mentions(stats.body()), [true, true], "{}", stats.body());
    let metrics = world.get("/metrics").by_admin().send();
    assert_eq!(mentions(metrics.body()), [true, true]);
    let paths = world.get("/admin/streamlist.txt").by_admin().send();
    assert_eq!(mentions(paths.body()), [true, false], "{}", paths.body());
}

#[test]
fn readers_of_all_events_get_none_of_a_hidden_station() {
    let mut world = world(63);
    let all = world.get("/api/v1/events").open();
    let own = world.get("/api/v1/events?sid=2").open();
    world.pass(3 * SECOND);
    let text = |world: &World, peer| String::from_utf8_lossy(&world.socket(peer).received).into_owned();
    assert_eq!(mentions(&text(&world, all)), [true, false]);
    assert_eq!(mentions(&text(&world, own)), [false, true]);
    let listener = world.tune_in_to(1, "/quay", Link::Fast);
    world.pass(10 * SECOND);
    world.assert_listens(listener);
    assert!(!text(&world, all).contains("\"station\":2"), "{}", text(&world, all));
    assert!(text(&world, own).contains("event: listeners"), "{}", text(&world, own));
    assert!(world.server.remove_station(world.keys[1], world.now));
    world.pass(10 * SECOND);
    assert!(!text(&world, all).contains("event: removed"), "{}", text(&world, all));
    // A reader of one station is disconnected with it.
    assert!(world.socket(own).finished && !world.socket(all).finished);
}
