//! What a station keeps across a reload: titles, statistics, the format of its last source, waiting titles,
//! pages and events.

use coldwave::audio::{Codec, Format, Header};
use coldwave::server::Hooks;
use coldwave::settings::{Account, Secret, StationSettings};
use coldwave::station::SourceFormats;
use serde_json::Value;

use super::{SECOND, given, station, tune_in_to_all};
use crate::stations::json;
use crate::world::encoder::{Encoder, source_request};
use crate::world::source_formats::FakeSourceFormats;
use crate::world::statistics::FakeDisk;
use crate::world::{Link, Setup, World, seed};

fn world_with(seed: u64, disk: &FakeDisk, formats: &FakeSourceFormats) -> World {
    let source_formats = Some(Box::new(formats.clone()) as Box<dyn SourceFormats>);
    let hooks = Hooks { statistics: Some(disk.open()), source_formats, ..Hooks::default() };
    World::start(seed, Setup { hooks, ..Setup::with(Vec::new()) })
}

/// Returns the titles and the numbers of listeners of the station with this id.
fn state(world: &mut World, id: u32) -> (Vec<String>, [u64; 3]) {
    let history = json(world, &format!("/api/v1/stations/{id}/history"));
    let title = |it: &Value| it["title"].as_str().expect("a title").to_owned();
    let titles = history["history"].as_array().expect("a list").iter().map(title).collect();
    let listeners = json(world, &format!("/api/v1/stations/{id}"))["listeners"].clone();
    (titles, ["now", "peak", "total"].map(|key| listeners[key].as_u64().expect("a number")))
}

#[test]
fn renamed_station_keeps_its_titles_and_statistics_and_a_new_one_at_its_old_mount_has_none() {
    let (disk, formats) = (FakeDisk::default(), FakeSourceFormats::default());
    let mut world = world_with(seed(91), &disk, &formats);
    world.reload(vec![given(1, "/a"), given(2, "/b")]);
    tune_in_to_all(&mut world, &["/a", "/a", "/a", "/b"]);
    world.pass(30 * SECOND);
    let [a, b] = [1, 2].map(|id| state(&mut world, id));
    assert!(a.0.len() > 2 && a.0.iter().all(|title| title.starts_with("/a ")), "{a:?}");
    assert_eq!((a.1, b.1), ([3, 3, 3], [1, 1, 1]));
    // The first is renamed, the second gets its mount, and one without an id the mount of the second.
    let new = StationSettings { mount: "/b".into(), ..station(3) };
    world.reload(vec![given(1, "/c"), given(2, "/a"), new]);
    assert_eq!([1, 2].map(|id| state(&mut world, id)), [a, b]);
    let (titles, listeners) = state(&mut world, 3);
    assert_eq!((titles.len(), listeners), (1, [0, 0, 0]), "{titles:?}");
    // The next run finds each under its new mount.
    world.server.stop(world.now);
    world.turn();
    world.server.close_all(world.now);
    let mut next = world_with(seed(91), &disk, &formats);
    next.reload(vec![given(1, "/c"), given(2, "/a"), StationSettings { mount: "/b".into(), ..station(3) }]);
    let peaks = [1, 2, 3].map(|id| state(&mut next, id).1[1]);
    assert_eq!(peaks, [3, 1, 0]);
}

#[test]
fn station_that_is_removed_and_returns_counts_each_session_once() {
    let disk = FakeDisk::default();
    let mut world = world_with(seed(92), &disk, &FakeSourceFormats::default());
    world.enable_admin();
    let both = || vec![given(1, "/a"), given(2, "/b")];
    world.reload(both());
    tune_in_to_all(&mut world, &["/a", "/b", "/b"]);
    world.pass(30 * SECOND);
    for _ in 0..3 {
        world.reload(vec![given(1, "/a")]);
        world.pass(5 * SECOND);
        world.reload(both());
        world.pass(5 * SECOND);
    }
    assert_eq!(state(&mut world, 2).1, [0, 2, 2]);
    let stats = world.get("/admin/stats").by_admin().send();
    assert!(stats.contains("<listener_connections>3</listener_connections>"), "{stats}");
}

#[test]
fn formats_of_last_sources_follow_renamed_and_swapped_stations() {
    let format = |rate| Format { codec: Codec::Mp3, rate, channels: 2 };
    let mut formats = FakeSourceFormats::default();
    [given(1, "/a"), given(2, "/b")]
        .iter()
        .zip([32_000, 48_000])
        .for_each(|(station, rate)| formats.store(&station.identity(), format(rate)));
    let mut world = world_with(seed(93), &FakeDisk::default(), &formats);
    world.reload(vec![given(1, "/a"), given(2, "/b")]);
    world.reload(vec![given(1, "/b"), given(2, "/a")]);
    let rates =
        |formats: &FakeSourceFormats| ["/a", "/b", "/c"].map(|it| formats.of_mount(it).map(|it| it.rate));
    assert_eq!(rates(&formats), [Some(48_000), Some(32_000), None]);
    world.reload(vec![given(1, "/b"), given(2, "/c"), given(3, "/a")]);
    assert_eq!(rates(&formats), [None, Some(32_000), Some(48_000)]);
}

/// Some encoders send the title before they connect. It waits for the source of its station.
#[test]
fn title_that_waits_for_its_source_follows_a_swap() {
    let with_sources = |id, mount: &str, password: &str| {
        let mut settings = given(id, mount);
        settings.sources.account = Account { user: "source".into(), password: Some(Secret::new(password)) };
        settings
    };
    let mut world = World::with(seed(94), Vec::new());
    world.reload(vec![with_sources(1, "/a", "tide"), with_sources(2, "/b", "ebb")]);
    let reply = world.get("/admin.cgi?pass=tide&mode=updinfo&song=Early&mount=/a").send();
    assert_eq!(reply.status(), 200);
    world.reload(vec![with_sources(1, "/b", "tide"), with_sources(2, "/a", "ebb")]);
    for (at, mount, password, expected) in [(0, "/b", "tide", "Early"), (1, "/a", "ebb", "")] {
        let mut encoder = Encoder::new(&world.logs[at], at as u64 + 1, Header::DEFAULT);
        let peer = world.connect(Link::Fast);
        world.send(peer, &source_request(mount, "source", password));
        for _ in 0..30 {
            let audio = encoder.seconds(0.1);
            world.feed(peer, &audio);
            world.pass(SECOND / 10);
        }
        assert_eq!(world.station(at).title(), expected, "{mount}");
    }
}

#[test]
fn limit_of_listeners_and_silence_apply_to_those_that_listen() {
    let with = |max: Option<usize>, silence_s: u32| {
        let mut settings = StationSettings { max_listeners: max, ..given(1, "/a") };
        settings.sources.max_silence = silence_s * SECOND;
        settings
    };
    let mut world = World::without_inputs(seed(95), with(None, 0));
    let listeners = tune_in_to_all(&mut world, &["/a", "/a", "/a"]);
    world.pass(20 * SECOND);
    // A lower limit disconnects no listener, and refuses new ones.
    world.reload(vec![with(Some(2), 0)]);
    world.pass(5 * SECOND);
    assert_eq!(world.listeners(0), 3);
    assert_ne!(world.get("/a").send().status(), 200);
    world.reload(vec![with(Some(4), 0)]);
    assert_eq!(world.head("/a").send().status(), 200);
    // The silence has lasted for longer than it may now.
    world.reload(vec![with(None, 10)]);
    world.pass(2 * SECOND);
    assert!(listeners.iter().all(|&peer| world.socket(peer).finished || world.socket(peer).closed));
}

/// A page of the second before the reload would show the old stations.
#[test]
fn pages_show_the_new_stations_at_once() {
    let mut world = World::with(seed(96), Vec::new());
    world.reload(vec![given(1, "/a"), given(2, "/b")]);
    for stations in [
        vec![given(1, "/b"), given(2, "/a")],
        vec![given(1, "/c"), given(2, "/a"), given(3, "/d")],
        vec![given(2, "/a")],
        Vec::new(),
        vec![given(9, "/z")],
    ] {
        json(&mut world, "/api/v1/stations");
        let expected: Vec<_> = stations.iter().map(|it| (u64::from(it.id), it.mount.clone())).collect();
        world.reload(stations);
        let list = json(&mut world, "/api/v1/stations");
        let station = |it: &Value| {
            (it["id"].as_u64().expect("an id"), it["mount"].as_str().expect("a mount").to_owned())
        };
        let listed: Vec<_> = list["stations"].as_array().expect("a list").iter().map(station).collect();
        assert_eq!(listed, expected);
    }
}
