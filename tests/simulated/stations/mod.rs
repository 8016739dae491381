//! Stations that are added, changed and removed while listeners of other stations play. Every byte is
//! checked.

mod fallback;
mod fallback_input;
mod formats;
mod music;
mod only_while_on_air;
mod overflow;
mod random;
mod reload;
mod restart;
mod settings;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, Setup, World, seed};
use coldwave::server::{Hooks, Peer};
use coldwave::session::CloseReason;
use coldwave::settings::{Account, RecordSettings, RelaySettings, Secret, SourceSettings, StationSettings};
use coldwave::stream_url::StreamUrl;
use fastrand::Rng;

const SECOND: Duration = Duration::from_secs(1);

fn station(id: u32) -> StationSettings {
    StationSettings {
        id,
        mount: format!("/{id}"),
        name: format!("Station {id}"),
        ..StationSettings::default()
    }
}

fn with_sources(id: u32) -> StationSettings {
    let account = Account { user: "source".into(), password: Some(Secret::new("tide")) };
    StationSettings { sources: SourceSettings { account, ..SourceSettings::default() }, ..station(id) }
}

fn relay(id: u32, url: &str, on_demand: bool) -> StationSettings {
    let url = StreamUrl::parse(url).expect("a URL");
    StationSettings { relay: Some(RelaySettings::new(url, on_demand)), ..station(id) }
}

fn status(world: &mut World, target: &str) -> u16 {
    world.head(target).send().status()
}

fn json(world: &mut World, target: &str) -> serde_json::Value {
    world.get(target).send().json()
}

/// Logs a source in.
fn log_in(world: &mut World, mount: &str) -> Peer {
    let peer = world.connect(Link::Fast);
    world.send(peer, &source_request(mount, "source", "tide"));
    peer
}

/// Fails unless the listeners have no gap, and have received all audio of the time `connected_for` since they
/// joined.
#[track_caller]
fn assert_undisturbed(world: &World, listeners: &[Peer], connected_for: Duration) {
    for &peer in listeners {
        world.assert_listens(peer);
        let ear = world.ear(peer);
        let received = Duration::from_secs_f64(ear.frames as f64 * 1152.0 / 44_100.0);
        assert_eq!((ear.skips, ear.silent_frames), (0, 0), "{peer:?} has a gap");
        let due = connected_for + Duration::from_secs(3);
        assert!(received >= due, "{peer:?} has received {received:?} of {due:?}");
    }
}

#[test]
fn adding_and_removing_stations_does_not_disturb_other_listeners() {
    let mut world = World::with(seed(21), vec![station(1), station(2), station(3)]);
    let slow = Link::Slow { per_second: 40_000, buffer: 60_000 };
    let others = [(0, Link::Fast), (0, Link::Erratic), (0, slow), (2, Link::Fast), (2, Link::Erratic)];
    let others = others.map(|(at, link)| world.tune_in_to(at, &format!("/{}", at + 1), link));
    let leaving = world.tune_in_to(1, "/2", Link::Fast);
    world.pass(10 * SECOND);

    let added = world.add_station(station(7));
    let new_listener = world.tune_in_to(added, "/7", Link::Fast);
    world.pass(5 * SECOND);
    assert_undisturbed(&world, &[new_listener], 5 * SECOND);

    let removed = world.keys[1];
    assert!(world.server.remove_station(removed, world.now));
    world.turn();
    assert!(
        world.socket(leaving).finished && world.ear(leaving).is_at_frame_boundary(),
        "it received the rest of its frame"
    );
    world.disconnect(leaving);
    assert_eq!(world.ended.borrow().last().map(|it| it.reason), Some(CloseReason::StationRemoved));
    assert_eq!(status(&mut world, "/2"), 404);
    assert!(!world.server.remove_station(removed, world.now), "the station is removed already");
    assert_eq!((world.server.listeners(removed), world.server.is_live(removed)), (0, false));

    // Another station takes its place in the table and its mount.
    let again = world.add_station(station(2));
    assert_eq!(world.keys[again].index(), removed.index());
    let listener = world.tune_in_to(again, "/2", Link::Fast);
    world.pass(15 * SECOND);
    assert_eq!((world.listeners(again), world.server.listeners(removed)), (1, 0));
    assert_undisturbed(&world, &[listener], 15 * SECOND);
    assert_undisturbed(&world, &others, 30 * SECOND);
    let ids = json(&mut world, "/api/v1/stations");
    let ids: Vec<_> = ids["stations"].as_array().expect("a list").iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids, [1, 2, 3, 7], "sorted by id");
}

#[test]
fn server_without_stations_answers_and_accepts_a_first_one() {
    let mut world = World::with(seed(22), Vec::new());
    assert_eq!(status(&mut world, "/"), 200);
    assert_eq!(status(&mut world, "/stream"), 404);
    assert_eq!(status(&mut world, "/7.html"), 404);
    world.pass(SECOND);
    let only = world.add_station(station(1));
    let listener = world.tune_in_to(only, "/stream", Link::Fast);
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &[listener], 10 * SECOND);
    world.server.remove_station(world.keys[only], world.now);
    world.pass(SECOND);
    assert_eq!(status(&mut world, "/stream"), 404);
}

#[test]
fn live_source_of_a_removed_station_is_disconnected() {
    let mut world = World::with(seed(23), vec![with_sources(1), with_sources(2)]);
    let mut encoders = [0, 1].map(|at| Encoder::new(&world.logs[at], 1, coldwave::audio::Header::DEFAULT));
    let sources = ["/1", "/2"].map(|mount| log_in(&mut world, mount));
    let play = |world: &mut World, encoders: &mut [Encoder; 2], seconds: u32| {
        for _ in 0..seconds * 10 {
            for (encoder, &peer) in encoders.iter_mut().zip(&sources) {
                let audio = encoder.seconds(0.1);
                if !world.socket(peer).closed {
                    world.feed(peer, &audio);
                }
            }
            world.pass(SECOND / 10);
        }
    };
    play(&mut world, &mut encoders, 8);
    let listener = world.tune_in_to(0, "/1", Link::Fast);
    play(&mut world, &mut encoders, 8);
    assert!(world.is_live(0) && world.is_live(1));
    world.server.remove_station(world.keys[1], world.now);
    play(&mut world, &mut encoders, 8);
    assert!(world.socket(sources[1]).closed && !world.socket(sources[0]).closed);
    assert!(world.is_live(0));
    assert_undisturbed(&world, &[listener], 16 * SECOND);
}

#[test]
fn source_about_to_go_live_is_closed_with_its_removed_station() {
    let begun = Rc::new(Cell::new(0));
    let count = begun.clone();
    let hooks = Hooks {
        recorder: Box::new(move |_, _, _| {
            count.set(count.get() + 1);
            None
        }),
        ..Hooks::default()
    };
    let recorded = |id| StationSettings {
        record: Some(RecordSettings { folder: "unused".into(), pattern: "x".into() }),
        ..with_sources(id)
    };
    let setup = Setup { hooks, ..Setup::with(vec![recorded(1), recorded(2)]) };
    let mut world = World::start(seed(31), setup);
    // A single frame is recognised only when its source ends. The source that disconnects goes live for
    // this frame.
    let sources = [1, 2].map(|id| {
        let mut encoder = Encoder::new(&world.logs[0], id, coldwave::audio::Header::DEFAULT);
        let peer = log_in(&mut world, &format!("/{id}"));
        world.feed(peer, &encoder.frames(1));
        peer
    });
    world.pass(SECOND);
    assert_eq!(begun.get(), 0, "no source is live yet");
    world.server.remove_station(world.keys[0], world.now);
    world.turn();
    assert!(world.socket(sources[0]).closed);
    assert_eq!(begun.get(), 0, "no recording starts on a removed station");
    world.disconnect(sources[1]);
    assert_eq!(begun.get(), 1);
}

#[test]
fn listeners_of_a_removed_station_still_count() {
    let mut world = World::with(seed(39), vec![station(1), station(2)]);
    world.enable_admin();
    for (at, path) in [(0, "/1"), (1, "/2"), (1, "/2")] {
        world.tune_in_to(at, path, Link::Fast);
    }
    world.pass(30 * SECOND);
    world.server.remove_station(world.keys[1], world.now);
    world.pass(SECOND);
    let total = "<listener_connections>3</listener_connections>";
    let stats = world.get("/admin/stats").by_admin().send();
    assert!(stats.contains(total), "{stats}");
    world.get("/admin.cgi?mode=resetxml").by_admin().send();
    let stats = world.get("/admin/stats").by_admin().send();
    assert!(!stats.contains(total), "{stats}");
}

#[test]
fn administrator_is_answered_without_stations() {
    let mut world = World::with(seed(32), Vec::new());
    world.enable_admin();
    let mut status = |path: &str| world.get(path).by_admin().send().status();
    let server_pages = [
        "/admin/",
        "/admin/stats",
        "/admin/listmounts",
        "/admin/streamlist.txt",
        "/api/v1/admin/stations",
        "/api/v1/admin/bans",
        "/api/v1/admin/log",
        "/api/v1/admin/audience",
        "/admin.cgi?mode=viewban",
        "/admin.cgi?mode=viewlog",
    ];
    for path in server_pages {
        assert_eq!(status(path), 200, "{path}");
    }
    let station_pages = [
        "/admin/listclients?mount=/1",
        "/admin/stats?mount=/1",
        "/api/v1/admin/stations/1/listeners",
        "/admin.cgi?mode=viewxml",
        "/admin.cgi?mode=history&sid=1",
    ];
    for path in station_pages {
        let status = status(path);
        assert!((400..500).contains(&status), "{path}: {status}");
    }
}

#[test]
fn relay_of_a_removed_station_is_closed_and_not_retried() {
    for connected in [true, false] {
        let settings = relay(1, "http://127.0.0.1:8000/live", false);
        let mut world = World::without_inputs(seed(24), settings);
        world.wait_for_dial();
        let upstream = connected.then(|| {
            let encoder = Encoder::new(&world.logs[0], 1, coldwave::audio::Header::DEFAULT);
            let mut upstream = FakeUpstream::accept(&mut world, encoder);
            upstream.answer_icy(&mut world);
            upstream.play(&mut world, 5.0);
            assert!(world.is_relaying(0));
            upstream.peer
        });
        let ticket = world.dials.front().map(|dial| dial.ticket);
        world.server.remove_station(world.keys[0], world.now);
        world.turn();
        assert!(upstream.is_none_or(|peer| world.socket(peer).closed));
        assert!(ticket.is_none_or(|ticket| !world.server.is_dial_wanted(ticket)), "the dial is cancelled");
        world.dials.clear();
        world.pass(200 * SECOND);
        assert!(world.dials.is_empty(), "the relay does not retry");
    }
}

#[test]
fn event_readers_get_added_and_removed_stations() {
    let mut world = World::with(seed(25), vec![station(1), station(2)]);
    world.pass(SECOND);
    let follow = |world: &mut World, path: &str| world.get(path).http11().header("Host", "h").open();
    let events = |world: &World, peer: Peer| -> Vec<String> {
        let reply = world.reply(peer);
        let id = |data: &str| {
            let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
            data.get("id").or(data.get("station")).expect("a station").clone()
        };
        let blocks = reply.split("\n\n").filter_map(|block| block.strip_prefix("event: "));
        let lines = blocks.map(|block| block.split('\n').collect::<Vec<_>>());
        lines.map(|lines| format!("{} {}", lines[0], id(&lines[2]["data: ".len()..]))).collect()
    };
    let all = follow(&mut world, "/api/v1/events");
    let one = follow(&mut world, "/api/v1/events?sid=2");
    world.pass(SECOND);
    assert_eq!(events(&world, all), ["station 1", "station 2"]);
    let added = world.add_station(station(7));
    world.pass(SECOND);
    let received = events(&world, all);
    assert!(received[2..].contains(&"station 7".to_owned()), "{received:?}");
    world.server.remove_station(world.keys[1], world.now);
    world.pass(SECOND);
    assert_eq!(events(&world, all).last().map(String::as_str), Some("removed 2"));
    assert!(world.socket(one).finished, "the stream of events ends with its station");
    let count = events(&world, all).iter().filter(|it| *it == "station 7").count();
    assert_eq!(count, 1, "an added station is sent once");
    let mut renamed = station(7);
    renamed.mount = "/seven".into();
    world.server.apply_station(world.keys[added], renamed, world.now).expect("no conflict");
    world.pass(SECOND);
    assert!(events(&world, all).ends_with(&["station 7".to_owned()]), "{:?}", events(&world, all));
    world.pass(10 * SECOND);
    world.assert_listens(all);
}

#[test]
fn event_reader_of_one_station_follows_it_to_another_id() {
    let mut world = World::with(seed(33), vec![station(1), station(2), station(5)]);
    let reader = world.get("/api/v1/events?sid=2").http11().header("Host", "h").open();
    world.pass(SECOND);
    world.server.remove_station(world.keys[2], world.now);
    world.pass(SECOND);
    world.server.apply_station(world.keys[1], station(5), world.now).expect("the id is free");
    world.pass(2 * SECOND);
    let received = world.reply(reader).len();
    assert!(!world.reply(reader).contains("event: removed"), "the removed station was another one");
    assert!(world.reply(reader).contains(r#""id":5,"#), "{}", world.reply(reader));
    let listener = world.tune_in_to(1, "/5", Link::Fast);
    world.pass(3 * SECOND);
    assert!(world.reply(reader)[received..].contains("event: listeners"), "{}", world.reply(reader));
    world.disconnect(listener);
    world.server.remove_station(world.keys[1], world.now);
    world.turn();
    assert!(world.socket(reader).finished, "the stream of events ends with its station");
}

/// Adds, changes and removes stations while listeners connect and disconnect, all at random from a seed.
#[test]
fn listeners_have_no_gaps_while_stations_change_at_random() {
    let seed = seed(29);
    let mut rng = Rng::with_seed(seed);
    let mut world = World::with(seed, vec![station(1)]);
    let (mut stations, mut listening, mut next_id) = (vec![0], Vec::<(Peer, usize)>::new(), 2);
    for _ in 0..300 {
        match rng.u8(..6) {
            0 if stations.len() < 6 => {
                stations.push(world.add_station(station(next_id)));
                next_id += 1;
            }
            1 if stations.len() > 1 => {
                let gone = stations.swap_remove(rng.usize(..stations.len()));
                assert!(world.server.remove_station(world.keys[gone], world.now));
                world.turn();
                listening.retain(|&(peer, at)| at != gone || !world.socket(peer).finished);
                assert!(listening.iter().all(|&(_, at)| at != gone), "all of its listeners are disconnected");
            }
            2 => {
                let at = stations[rng.usize(..stations.len())];
                let id = json(&mut world, "/api/v1/stations")["stations"].as_array().map_or(0, Vec::len);
                assert_eq!(id, stations.len());
                let key = world.keys[at];
                let settings = StationSettings {
                    delivery_interval: Duration::from_millis(rng.u64(20..2000)),
                    burst: Duration::from_millis(rng.u64(0..8000)),
                    buffer: Duration::from_secs(rng.u64(3..40)),
                    ..station(at as u32 + 1)
                };
                world.server.apply_station(key, settings, world.now).expect("the id is unchanged");
            }
            3 if !listening.is_empty() => {
                let (peer, _) = listening.swap_remove(rng.usize(..listening.len()));
                world.disconnect(peer);
            }
            _ if listening.len() < 20 => {
                let at = stations[rng.usize(..stations.len())];
                listening.push((world.tune_in_to(at, &format!("/{}", at + 1), Link::Fast), at));
            }
            _ => {}
        }
        world.pass(Duration::from_millis(rng.u64(1..3000)));
        for &(peer, _) in &listening {
            world.assert_listens(peer);
            let ear = world.ear(peer);
            assert_eq!((ear.skips, ear.silent_frames), (0, 0), "{peer:?} has a gap");
        }
        let count = |at: usize| listening.iter().filter(|(_, other)| *other == at).count();
        stations.iter().for_each(|&at| assert_eq!(world.listeners(at), count(at)));
        world.forget_closed();
    }
    assert!(next_id > 20, "many stations were added");
}
