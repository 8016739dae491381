//! Stations that are added, changed and removed while listeners of others play: every byte of every listener is checked.

mod random;
mod settings;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::master::Master;
use crate::world::{Link, Setup, World, seed};
use coldwave::server::{Hooks, Peer};
use coldwave::session::CloseReason;
use coldwave::settings::{Account, RelaySettings, Secret, SourceSettings, StationSettings};
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
    StationSettings { relay: Some(RelaySettings { url, on_demand }), ..station(id) }
}

fn status(world: &mut World, path: &str) -> String {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("HEAD {path} HTTP/1.0\r\n\r\n").as_bytes());
    world.reply(peer).lines().next().unwrap_or_default().to_owned()
}

const ADMIN: &str = "Authorization: Basic YWRtaW46c2VjcmV0\r\n";

/// The account of [`ADMIN`].
fn admin() -> Account {
    Account { user: "admin".into(), password: Some(Secret::new("secret")) }
}

fn ask_as_admin(world: &mut World, path: &str) -> String {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("GET {path} HTTP/1.0\r\n{ADMIN}\r\n").as_bytes());
    world.reply(peer)
}

fn json(world: &mut World, path: &str) -> serde_json::Value {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes());
    let reply = world.reply(peer);
    let (_, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    serde_json::from_str(body).expect("JSON")
}

/// Listeners play on, without a gap, as far as the clock has got.
#[track_caller]
fn assert_undisturbed(world: &World, listeners: &[Peer], since: Duration) {
    for &peer in listeners {
        world.assert_listens(peer);
        let ear = world.ear(peer);
        let heard = Duration::from_secs_f64(ear.frames as f64 * 1152.0 / 44_100.0);
        assert_eq!((ear.skips, ear.silent_frames), (0, 0), "{peer:?} noticed");
        let due = since + Duration::from_secs(3);
        assert!(heard >= due, "{peer:?} has heard {heard:?} of {due:?}");
    }
}

#[test]
fn stations_are_added_and_removed_while_listeners_of_others_play() {
    let mut world = World::with(seed(21), vec![station(1), station(2), station(3)]);
    let slow = Link::Slow { per_second: 40_000, buffer: 60_000 };
    let others = [(0, Link::Fast), (0, Link::Moody), (0, slow), (2, Link::Fast), (2, Link::Moody)];
    let others = others.map(|(at, link)| world.tune_in_to(at, &format!("/{}", at + 1), link));
    let leaving = world.tune_in_to(1, "/2", Link::Fast);
    world.pass(10 * SECOND);

    let added = world.add_station(station(7));
    let newcomer = world.tune_in_to(added, "/7", Link::Fast);
    world.pass(5 * SECOND);
    assert_undisturbed(&world, &[newcomer], 5 * SECOND);

    let removed = world.keys[1];
    assert!(world.server.remove_station(removed, world.now));
    world.turn();
    let pretend = world.pretend(leaving);
    assert!(pretend.finished && world.ear(leaving).stands_between_frames(), "it got the rest of its frame");
    world.hang_up(leaving);
    assert_eq!(world.ended.borrow().last().map(|it| it.why), Some(CloseReason::StationRemoved));
    assert_eq!(status(&mut world, "/2"), "HTTP/1.0 404 Not Found");
    assert!(!world.server.remove_station(removed, world.now), "it is removed once");
    assert_eq!((world.server.listeners(removed), world.server.is_live(removed)), (0, false));

    // Another takes its place in the table and its mount.
    let again = world.add_station(station(2));
    assert_eq!(world.keys[again].index(), removed.index());
    let listener = world.tune_in_to(again, "/2", Link::Fast);
    world.pass(15 * SECOND);
    assert_eq!((world.listeners(again), world.server.listeners(removed)), (1, 0));
    assert_undisturbed(&world, &[listener], 15 * SECOND);
    assert_undisturbed(&world, &others, 30 * SECOND);
    let ids = json(&mut world, "/api/v1/stations");
    let ids: Vec<_> = ids["stations"].as_array().expect("a list").iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids, [1, 2, 3, 7], "sorted, however they came");
}

#[test]
fn server_without_stations_answers_and_takes_the_first() {
    let mut world = World::with(seed(22), Vec::new());
    assert_eq!(status(&mut world, "/"), "HTTP/1.0 200 OK");
    assert_eq!(status(&mut world, "/stream"), "HTTP/1.0 404 Not Found");
    assert_eq!(status(&mut world, "/7.html"), "HTTP/1.0 404 Not Found");
    world.pass(SECOND);
    let only = world.add_station(station(1));
    let listener = world.tune_in_to(only, "/stream", Link::Fast);
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &[listener], 10 * SECOND);
    world.server.remove_station(world.keys[only], world.now);
    world.pass(SECOND);
    assert_eq!(status(&mut world, "/stream"), "HTTP/1.0 404 Not Found");
}

#[test]
fn live_source_of_a_removed_station_is_disconnected() {
    let mut world = World::with(seed(23), vec![with_sources(1), with_sources(2)]);
    let mut encoders = [0, 1].map(|at| Encoder::new(&world.logs[at], 1, coldwave::audio::Header::DEFAULT));
    let sources = ["/1", "/2"].map(|mount| {
        let peer = world.connect(Link::Fast);
        world.send(peer, &source_request(mount, "source", "tide"));
        peer
    });
    let play = |world: &mut World, encoders: &mut [Encoder; 2], seconds: u32| {
        for _ in 0..seconds * 10 {
            for (encoder, &peer) in encoders.iter_mut().zip(&sources) {
                let audio = encoder.seconds(0.1);
                if !world.pretend(peer).closed {
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
    assert!(world.pretend(sources[1]).closed && !world.pretend(sources[0]).closed);
    assert!(world.is_live(0));
    assert_undisturbed(&world, &[listener], 16 * SECOND);
}

#[test]
fn source_that_is_about_to_go_live_does_not_when_its_station_is_removed() {
    let begun = Rc::new(Cell::new(0));
    let count = begun.clone();
    let hooks = Hooks {
        recorder: Box::new(move |_, _, _| {
            count.set(count.get() + 1);
            None
        }),
        ..Hooks::default()
    };
    let setup = Setup { hooks, ..Setup::with(vec![with_sources(1), with_sources(2)]) };
    let mut world = World::start(seed(31), setup);
    // Its only frame is known to be one when the source ends: that of the one that hangs up is played.
    let sources = [1, 2].map(|id| {
        let mut encoder = Encoder::new(&world.logs[0], id, coldwave::audio::Header::DEFAULT);
        let peer = world.connect(Link::Fast);
        world.send(peer, &source_request(&format!("/{id}"), "source", "tide"));
        world.feed(peer, &encoder.frames(1));
        peer
    });
    world.pass(SECOND);
    assert_eq!(begun.get(), 0, "none is live yet");
    world.server.remove_station(world.keys[0], world.now);
    world.turn();
    assert!(world.pretend(sources[0]).closed);
    assert_eq!(begun.get(), 0, "nothing is recorded of a station that is removed");
    world.hang_up(sources[1]);
    assert_eq!(begun.get(), 1);
}

#[test]
fn listeners_of_a_removed_station_still_count() {
    let mut world = World::with(seed(39), vec![station(1), station(2)]);
    world.configure(|config| config.admin = admin());
    for (at, path) in [(0, "/1"), (1, "/2"), (1, "/2")] {
        world.tune_in_to(at, path, Link::Fast);
    }
    world.pass(30 * SECOND);
    world.server.remove_station(world.keys[1], world.now);
    world.pass(SECOND);
    let total = "<listener_connections>3</listener_connections>";
    let stats = ask_as_admin(&mut world, "/admin/stats");
    assert!(stats.contains(total), "{stats}");
    ask_as_admin(&mut world, "/admin.cgi?mode=resetxml");
    let stats = ask_as_admin(&mut world, "/admin/stats");
    assert!(!stats.contains(total), "{stats}");
}

#[test]
fn administrator_is_answered_without_stations() {
    let mut world = World::with(seed(32), Vec::new());
    world.configure(|config| config.admin = admin());
    let mut get = |path: &str| {
        let reply = ask_as_admin(&mut world, path);
        reply.lines().next().unwrap_or_default().to_owned()
    };
    let about_the_server = [
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
    for path in about_the_server {
        assert_eq!(get(path), "HTTP/1.0 200 OK", "{path}");
    }
    let about_a_station = [
        "/admin/listclients?mount=/1",
        "/admin/stats?mount=/1",
        "/api/v1/admin/stations/1/listeners",
        "/admin.cgi?mode=viewxml",
        "/admin.cgi?mode=history&sid=1",
    ];
    for path in about_a_station {
        let line = get(path);
        assert!(!line.contains("200"), "{path}: {line}");
    }
}

#[test]
fn relay_of_a_removed_station_is_closed_and_not_asked_again() {
    for connected in [true, false] {
        let settings = relay(1, "http://127.0.0.1:8000/live", false);
        let mut world = World::with_inputs(seed(24), vec![(settings, Vec::new())], vec![Default::default()]);
        world.wait_for_dial();
        let upstream = connected.then(|| {
            let encoder = Encoder::new(&world.logs[0], 1, coldwave::audio::Header::DEFAULT);
            let mut upstream = Master::accept(&mut world, encoder);
            upstream.answer_icy(&mut world);
            upstream.play(&mut world, 5.0);
            assert!(world.is_relaying(0));
            upstream.peer
        });
        let ticket = world.dials.front().map(|dial| dial.ticket);
        world.server.remove_station(world.keys[0], world.now);
        world.turn();
        assert!(upstream.is_none_or(|peer| world.pretend(peer).closed));
        assert!(
            ticket.is_none_or(|ticket| !world.server.is_dial_wanted(ticket)),
            "the connection is not wanted any more"
        );
        world.dials.clear();
        world.pass(200 * SECOND);
        assert!(world.dials.is_empty(), "it is not asked again");
    }
}

#[test]
fn readers_of_events_learn_of_added_and_removed_stations() {
    let mut world = World::with(seed(25), vec![station(1), station(2)]);
    world.pass(SECOND);
    let follow = |world: &mut World, path: &str| {
        let peer = world.connect(Link::Fast);
        world.send(peer, format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        peer
    };
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
    let told = events(&world, all);
    assert!(told[2..].contains(&"station 7".to_owned()), "{told:?}");
    world.server.remove_station(world.keys[1], world.now);
    world.pass(SECOND);
    assert_eq!(events(&world, all).last().map(String::as_str), Some("removed 2"));
    assert!(world.pretend(one).finished, "there is nothing more to come");
    let count = events(&world, all).iter().filter(|it| *it == "station 7").count();
    assert_eq!(count, 1, "it is told once of what is added");
    let mut renamed = station(7);
    renamed.mount = "/seven".into();
    world.server.apply_station(world.keys[added], renamed, world.now).expect("no conflict");
    world.pass(SECOND);
    assert!(events(&world, all).ends_with(&["station 7".to_owned()]), "{:?}", events(&world, all));
    world.pass(10 * SECOND);
    world.assert_listens(all);
}

#[test]
fn reader_of_one_station_follows_it_to_another_id() {
    let mut world = World::with(seed(33), vec![station(1), station(2), station(5)]);
    let reader = world.connect(Link::Fast);
    world.send(reader, b"GET /api/v1/events?sid=2 HTTP/1.1\r\nHost: h\r\n\r\n");
    world.pass(SECOND);
    world.server.remove_station(world.keys[2], world.now);
    world.pass(SECOND);
    world.server.apply_station(world.keys[1], station(5), world.now).expect("the id is free");
    world.pass(2 * SECOND);
    let told = world.reply(reader).len();
    assert!(!world.reply(reader).contains("event: removed"), "that was another station");
    assert!(world.reply(reader).contains(r#""id":5,"#), "{}", world.reply(reader));
    let listener = world.tune_in_to(1, "/5", Link::Fast);
    world.pass(3 * SECOND);
    assert!(world.reply(reader)[told..].contains("event: listeners"), "{}", world.reply(reader));
    world.hang_up(listener);
    world.server.remove_station(world.keys[1], world.now);
    world.turn();
    assert!(world.pretend(reader).finished, "it goes with its station");
}

/// Everything at once, from a seed: stations that come, change and go, listeners that come and go.
#[test]
fn stations_come_change_and_go_at_random() {
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
                listening.retain(|&(peer, at)| at != gone || !world.pretend(peer).finished);
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
                world.server.apply_station(key, settings, world.now).expect("its id is its own");
            }
            3 if !listening.is_empty() => {
                let (peer, _) = listening.swap_remove(rng.usize(..listening.len()));
                world.hang_up(peer);
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
            assert_eq!((ear.skips, ear.silent_frames), (0, 0), "{peer:?} noticed");
        }
        let count = |at: usize| listening.iter().filter(|(_, other)| *other == at).count();
        stations.iter().for_each(|&at| assert_eq!(world.listeners(at), count(at)));
        world.forget_closed();
    }
    assert!(next_id > 20, "much has happened");
}
