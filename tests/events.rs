//! Server-sent events in a simulated world: what is told, when, and to whom however he reads.

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::server::{EVENTS_WRITE_TIMEOUT, HEARTBEAT_INTERVAL, Peer};
use coldwave::settings::{Account, Secret, SourceSettings, StationSettings};
use coldwave::time::WallClock;
use serde_json::{Value, json};
use world::encoder::{Encoder, source_request};
use world::{Link, World, seed};

const SECOND: Duration = Duration::from_secs(1);
const PATH: &str = "/api/v1/events";

/// 2025-03-04 10:11:12 UTC, in microseconds.
const STARTED_US: u64 = 1_741_083_072_000_000;

fn stations(count: u32) -> Vec<StationSettings> {
    let station = |id| StationSettings { id, mount: format!("/{id}"), ..StationSettings::default() };
    (1..=count).map(station).collect()
}

/// A world in which it is known what time of day it is.
fn world(stations: Vec<StationSettings>) -> World {
    let mut world = World::with(seed(1), stations);
    world.server.set_wall_clock(WallClock::started_at(Duration::from_micros(STARTED_US)));
    world.pass(SECOND);
    world
}

fn follow(world: &mut World, path: &str, link: Link) -> Peer {
    let peer = world.connect(link);
    world.send(peer, format!("GET {path} HTTP/1.1\r\nHost: radio.example\r\n\r\n").as_bytes());
    peer
}

/// What a reader was told, event by event.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    kind: String,
    id: u64,
    data: Value,
}

/// What a reader was told so far, and how many beats came between. Panics where anything else came, or a part.
#[track_caller]
fn told(world: &World, peer: Peer) -> (Vec<Event>, usize) {
    let reply = world.reply(peer);
    let (_, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    let body = body.strip_prefix("retry: 3000\n\n").expect("it begins so");
    let blocks: Vec<&str> = body.split_terminator("\n\n").collect();
    assert!(body.is_empty() || body.ends_with("\n\n"), "the last event is whole: {body:?}");
    let events: Vec<Event> = blocks.iter().filter(|block| **block != ":").map(|block| event(block)).collect();
    (events.clone(), blocks.len() - events.len())
}

/// The same without what is not whole yet.
fn whole(world: &World, peer: Peer) -> Vec<Event> {
    let reply = world.reply(peer);
    let body = reply.split_once("\r\n\r\nretry: 3000\n\n").map_or("", |(_, body)| body);
    let body = body.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
    body.split("\n\n").filter(|block| !matches!(*block, "" | ":")).map(event).collect()
}

#[track_caller]
fn event(block: &str) -> Event {
    let fields: Vec<(&str, &str)> =
        block.lines().map(|line| line.split_once(": ").expect("name and value")).collect();
    let [("event", kind), ("id", id), ("data", data)] = fields[..] else { panic!("not an event: {block:?}") };
    let (id, data) = (id.parse().expect("a number"), serde_json::from_str(data).expect("JSON"));
    Event { kind: kind.to_owned(), id, data }
}

fn of_kind(world: &World, peer: Peer, kind: &str) -> Vec<Event> {
    told(world, peer).0.into_iter().filter(|event| event.kind == kind).collect()
}

fn shown(at_us: u64) -> String {
    let clock = WallClock::started_at(Duration::from_micros(at_us));
    coldwave::pages::api::rfc3339(clock, coldwave::time::Time::START)
}

/// The tone has a title every 500 frames. Each is told once, soon after it is on the air and long before it is heard, with
/// the times that its place on the timeline has, however late that was paid for.
#[test]
fn titles_are_told_before_they_are_heard() {
    let mut world = world(stations(1));
    let peer = follow(&mut world, PATH, Link::Fast);
    let head = world.reply(peer);
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}");
    for header in ["Content-Type: text/event-stream", "Cache-Control: no-store", "X-Accel-Buffering: no"] {
        assert!(head.contains(&format!("\r\n{header}\r\n")), "{header}: {head}");
    }
    let (first, _) = told(&world, peer);
    assert_eq!((first.len(), first[0].kind.as_str()), (1, "station"));
    assert_eq!(first[0].data["title"]["text"], "Tone 1");
    assert_eq!(first[0].data["stream_url"], "http://radio.example/1");
    for number in 1..50_u64 {
        // The world begins at one second, and what is played then is heard then.
        let audible_us = 1_000_000 + number * 500 * 1152 * 1_000_000 / 44_100;
        let on_air_us = audible_us - 5_000_000;
        world.pass(Duration::from_micros(on_air_us + 600_000) - world.now.since_start());
        let titles = of_kind(&world, peer, "title");
        assert_eq!(titles.len() as u64, number);
        let expected = json!({
            "station": 1,
            "title": format!("Tone {}", number + 1),
            "artist": null,
            "song": null,
            "set_by": "Tone",
            "on_air_at": shown(STARTED_US + on_air_us),
            "audible_at": shown(STARTED_US + audible_us),
        });
        assert_eq!(titles.last().expect("a title").data, expected);
    }
    let (events, _) = told(&world, peer);
    assert!(events.windows(2).all(|pair| pair[0].id < pair[1].id), "ids rise: {events:?}");
    assert_eq!(world.listeners(0), 0, "a reader is no listener");
}

/// Whoever joins just before a title is audible hears the one before it first, and just after it that one. He is told of
/// that behind `metaint` bytes of audio.
#[test]
fn what_is_audible_is_what_a_newcomer_hears() {
    let mut world = world(stations(1));
    let peer = follow(&mut world, PATH, Link::Fast);
    world.pass(40 * SECOND);
    let titles: Vec<Value> = of_kind(&world, peer, "title").into_iter().map(|event| event.data).collect();
    assert!(titles.len() >= 3, "{titles:?}");
    let metaint_us = u64::from(stations(1)[0].metaint) * 8 * 1000 / 128;
    let now = |world: &World| STARTED_US + world.now.since_start().as_micros() as u64;
    for pair in titles.windows(2) {
        let mut again = self::world(stations(1));
        let audible_at = pair[1]["audible_at"].as_str().expect("a time");
        while shown(now(&again) + metaint_us + 60_000).as_str() < audible_at {
            again.pass(SECOND / 200);
        }
        let before = again.tune_in("/1", Link::Fast);
        again.pass(SECOND / 8);
        let after = again.tune_in("/1", Link::Fast);
        for (listener, title) in [(before, &pair[0]), (after, &pair[1])] {
            let first = again.ear(listener).titles.first().map(String::as_str);
            assert_eq!(first, title["title"].as_str(), "{audible_at}");
        }
    }
}

#[test]
fn whoever_goes_live_is_told_as_another_station() {
    let mut station = stations(1).remove(0);
    station.sources = SourceSettings {
        account: Account { user: "source".into(), password: Some(Secret::new("deep water")) },
        ..SourceSettings::default()
    };
    let mut world = world(vec![station]);
    let peer = follow(&mut world, PATH, Link::Fast);
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let source = world.connect(Link::Fast);
    world.send(source, &source_request("/1", "source", "deep water"));
    for _ in 0..30 {
        let audio = encoder.seconds(0.1);
        world.feed(source, &audio);
        world.pass(SECOND / 10);
    }
    let kinds = |world: &World| -> Vec<Value> {
        of_kind(world, peer, "station")
            .into_iter()
            .map(|event| event.data["on_air"]["kind"].clone())
            .collect()
    };
    assert_eq!(kinds(&world), ["autodj", "live"]);
    let last = of_kind(&world, peer, "title").pop().expect("there is no title any more");
    assert_eq!((&last.data["title"], &last.data["set_by"]), (&Value::Null, &json!("source")));
    world.hang_up(source);
    world.pass(4 * SECOND);
    assert_eq!(kinds(&world), ["autodj", "live", "autodj"]);
    assert_ne!(of_kind(&world, peer, "title").pop().expect("a title").data["title"], Value::Null);
}

/// Ten listeners a second come for ten seconds.
#[test]
fn listeners_are_counted_out_once_a_second() {
    let mut world = world(stations(1));
    let peer = follow(&mut world, PATH, Link::Fast);
    let (mut seen, mut told_at) = (1, Vec::new());
    for _ in 0..100 {
        world.tune_in("/1", Link::Fast);
        for _ in 0..10 {
            world.pass(SECOND / 100);
            let events = told(&world, peer).0;
            if events[seen..].iter().any(|event| event.kind == "listeners") {
                told_at.push(world.now);
            }
            seen = events.len();
        }
    }
    world.pass(3 * SECOND);
    let apart = told_at.windows(2).map(|pair| pair[1].since(pair[0]));
    assert!(told_at.len() >= 7 && apart.min() >= Some(SECOND - SECOND / 100), "{told_at:?}");
    let last = of_kind(&world, peer, "listeners").pop().expect("there are listeners").data;
    assert_eq!(last, json!({"station": 1, "listeners": 100, "unique": 1, "peak": 100}));
    world.pass(10 * SECOND);
    assert_eq!(of_kind(&world, peer, "listeners").pop().expect("there were listeners").data, last);
}

#[test]
fn a_reader_may_ask_for_one_station() {
    let mut world = world(stations(3));
    let (all, one) =
        (follow(&mut world, PATH, Link::Fast), follow(&mut world, "/api/v1/events?sid=2", Link::Fast));
    world.pass(30 * SECOND);
    let of = |peer| -> Vec<u64> {
        let events = told(&world, peer).0;
        let id = |event: Event| event.data.get("station").or(event.data.get("id")).and_then(Value::as_u64);
        events.into_iter().filter_map(id).collect()
    };
    assert_eq!(of(all)[..3], [1, 2, 3]);
    let of_one = of(one);
    assert!(of_one.len() >= 3 && of_one.iter().all(|&id| id == 2), "{of_one:?}");
    let missing = follow(&mut world, "/api/v1/events?sid=9", Link::Fast);
    assert!(world.reply(missing).starts_with("HTTP/1.0 404 "), "{}", world.reply(missing));
    assert!(world.reply(missing).ends_with("\r\n\r\n{\"error\":\"no such station\"}"));
}

#[test]
fn somebody_is_there_every_fifteen_seconds() {
    let mut station = stations(1).remove(0);
    station.sources.silence = Duration::ZERO;
    let mut world = World::with_inputs(seed(1), vec![(station, Vec::new())], vec![std::rc::Rc::default()]);
    world.stir = 1000 * SECOND;
    world.pass(10 * SECOND);
    let peer = follow(&mut world, PATH, Link::Fast);
    for beats in 1..6 {
        world.pass(HEARTBEAT_INTERVAL - SECOND / 100);
        assert_eq!(told(&world, peer).1, beats - 1);
        world.pass(SECOND / 100);
        let (events, so_far) = told(&world, peer);
        assert_eq!((events.len(), so_far), (1, beats), "nothing else happens");
    }
}

/// Whatever the pieces in which it is taken, what comes is whole.
#[test]
fn events_are_whole_however_they_are_taken() {
    let mut world = world(stations(20));
    let peer = follow(&mut world, PATH, Link::Moody);
    let steady = follow(&mut world, PATH, Link::Fast);
    world.pass(60 * SECOND);
    world.server.stop(world.now);
    while !world.server.is_drained() {
        world.pass(SECOND / 10);
    }
    let (moody, steady) = (told(&world, peer).0, told(&world, steady).0);
    assert!(moody.len() > 20 && moody.len() <= steady.len());
    assert!(world.pretend(peer).finished);
}

/// Twenty stations tell far more than fits into the link of a slow reader. He misses what is not true any more, and is told
/// what is.
#[test]
fn a_slow_reader_is_told_what_is_true_by_then() {
    let mut world = world(stations(20));
    let slow = follow(&mut world, PATH, Link::Slow { per_second: 100, buffer: 1000 });
    let fast = follow(&mut world, PATH, Link::Fast);
    world.pass(300 * SECOND);
    // He catches up with what is ready for him.
    for _ in 0..1000 {
        world.net.peers.get_mut(&slow).expect("it is there").link = Link::Fast;
        world.pass(SECOND / 100);
    }
    let titles = |peer| -> Vec<Value> {
        of_kind(&world, peer, "title")
            .into_iter()
            .filter(|event| event.data["station"] == 1)
            .map(|event| event.data)
            .collect()
    };
    let (slow, fast) = (titles(slow), titles(fast));
    assert!(slow.len() < fast.len(), "{} of {}", slow.len(), fast.len());
    assert_eq!(slow.last(), fast.last());
    assert!(slow.iter().all(|title| fast.contains(title)));
}

/// He costs nothing for a minute and is then gone, and whoever else is there notices nothing.
#[test]
fn a_reader_that_never_reads_is_dismissed() {
    let mut world = world(stations(20));
    let stuck = follow(&mut world, PATH, Link::Stuck { buffer: 500 });
    let (fast, listener) = (follow(&mut world, PATH, Link::Fast), world.tune_in_to(0, "/1", Link::Fast));
    world.pass(EVENTS_WRITE_TIMEOUT - SECOND);
    assert!(!world.pretend(stuck).closed);
    assert_eq!(world.server.event_readers(), 2);
    world.pass(HEARTBEAT_INTERVAL + 2 * SECOND);
    assert!(world.pretend(stuck).closed);
    assert_eq!(world.server.event_readers(), 1);
    assert!(told(&world, fast).0.len() > 20);
    world.assert_listens(listener);
}

#[test]
fn many_readers_are_all_told() {
    let mut world = world(stations(1));
    let readers: Vec<Peer> = (0..2000).map(|_| follow(&mut world, PATH, Link::Fast)).collect();
    world.pass(40 * SECOND);
    let first = of_kind(&world, readers[0], "title");
    assert!(first.len() >= 3, "{first:?}");
    for &reader in &readers {
        assert_eq!(of_kind(&world, reader, "title"), first);
    }
    // Half of them leave while the others are told.
    readers.iter().step_by(2).for_each(|&reader| world.hang_up(reader));
    world.pass(20 * SECOND);
    assert_eq!(world.server.event_readers(), 1000);
    let first = of_kind(&world, readers[1], "title");
    assert!(readers.iter().skip(1).step_by(2).all(|&reader| of_kind(&world, reader, "title") == first));
}

/// Or it would look as if the loop were late, which is measured.
#[test]
fn nothing_is_due_before_the_last_turn_while_many_are_told() {
    let mut world = world(stations(1));
    for _ in 0..2000 {
        follow(&mut world, PATH, Link::Fast);
    }
    let mut turns = 0;
    for _ in 0..10_000 {
        let due = world.server.deadline().expect("something is");
        if due <= world.now {
            assert_eq!(due, world.now, "after {turns} turns");
            turns += 1;
        }
        world.now = due.max(world.now + Duration::from_millis(1));
        world.turn();
    }
    assert!(turns > 50, "2,000 readers are told in several turns: {turns}");
}

#[test]
fn a_goodbye_ends_with_a_whole_event() {
    let mut world = world(stations(5));
    let link = Link::Slow { per_second: 3000, buffer: 700 };
    let readers = [follow(&mut world, PATH, Link::Fast), follow(&mut world, PATH, link)];
    world.pass(3 * SECOND);
    world.server.stop(world.now);
    while !world.server.is_drained() {
        world.pass(SECOND / 10);
    }
    for reader in readers {
        assert!(world.pretend(reader).finished);
        told(&world, reader);
    }
}

#[test]
fn readers_have_a_limit_of_their_own() {
    let mut world = world(stations(1));
    world.configure(|config| config.max_event_readers = 2);
    let first = follow(&mut world, PATH, Link::Fast);
    follow(&mut world, PATH, Link::Fast);
    let refused = follow(&mut world, PATH, Link::Fast);
    let reply = world.reply(refused);
    assert!(reply.starts_with("HTTP/1.0 503 Service Unavailable\r\n"), "{reply}");
    assert!(reply.ends_with("\r\n\r\n{\"error\":\"too many event readers\"}"), "{reply}");
    assert!(reply.contains("\r\nAccess-Control-Allow-Origin: *\r\n"), "{reply}");
    world.tune_in("/1", Link::Fast);
    assert_eq!(world.listeners(0), 1);
    world.hang_up(first);
    let next = follow(&mut world, PATH, Link::Fast);
    assert_eq!(told(&world, next).0.len(), 1);
}

#[test]
fn a_head_and_a_preflight_are_no_readers() {
    let mut world = world(stations(1));
    for (method, status) in [("HEAD", "200 OK"), ("OPTIONS", "204 No Content"), ("POST", "405")] {
        let peer = world.connect(Link::Fast);
        world.send(peer, format!("{method} {PATH} HTTP/1.1\r\n\r\n").as_bytes());
        let reply = world.reply(peer);
        assert!(reply.contains(status) && reply.contains("Access-Control-Allow-Origin: *"), "{reply}");
        assert!(world.pretend(peer).finished, "{method}");
    }
    assert_eq!(world.server.event_readers(), 0);
}

#[test]
fn who_says_that_he_goes_is_gone() {
    let mut world = world(stations(1));
    let reader = follow(&mut world, PATH, Link::Fast);
    world.server.received_eof(reader, world.now);
    world.turn();
    assert!(world.pretend(reader).closed);
    assert_eq!(world.server.event_readers(), 0);
}

/// What a page would show by now that was told these events: titles, who is on the air and counts, by station.
fn picture(events: &[Event]) -> BTreeMap<u64, [Value; 3]> {
    let mut stations = BTreeMap::<u64, [Value; 3]>::new();
    for Event { kind, data, .. } in events {
        let number = |key: &str| data[key].as_u64().expect("a number");
        match kind.as_str() {
            "station" => {
                let title = data["title"].get("text").cloned().unwrap_or_default();
                let shown = [title, data["on_air"]["kind"].clone(), data["listeners"]["now"].clone()];
                stations.insert(number("id"), shown);
            }
            "title" => stations.get_mut(&number("station")).expect("it is known")[0] = data["title"].clone(),
            "listeners" => {
                stations.get_mut(&number("station")).expect("it is known")[2] = data["listeners"].clone();
            }
            other => panic!("what is {other}?"),
        }
    }
    stations
}

/// Readers come and go, with links of all kinds; listeners too; the process stands still. When all of it is over, whoever is
/// still there knows how things are.
#[test]
fn whoever_is_there_knows_how_things_are() {
    let first = seed(1);
    for seed in first..first + 20 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut world = World::with(seed, stations(3));
        let (mut readers, mut listeners) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            match rng.u8(..10) {
                0..4 => {
                    let link = match rng.u8(..4) {
                        0 => Link::Fast,
                        1 => Link::Stuck { buffer: rng.usize(..5000) },
                        2 => Link::Slow { per_second: rng.usize(1..500), buffer: rng.usize(1..5000) },
                        _ => Link::Moody,
                    };
                    readers.push(follow(&mut world, PATH, link));
                }
                4 if !readers.is_empty() => {
                    let peer = readers.swap_remove(rng.usize(..readers.len()));
                    match rng.u8(..3) {
                        0 => world.server.received_eof(peer, world.now),
                        1 => world.server.connection_lost(peer, world.now),
                        _ => world.net.peers.get_mut(&peer).expect("it was there").broken = true,
                    }
                }
                5 => listeners.push(world.tune_in_to(0, "/1", Link::Fast)),
                6 if !listeners.is_empty() => {
                    world.hang_up(listeners.swap_remove(rng.usize(..listeners.len())));
                }
                7 => world.stand_still(SECOND * rng.u32(..30)),
                _ => {}
            }
            world.pass(SECOND * rng.u32(1..200) / 100);
        }
        readers.retain(|reader| !world.pretend(*reader).closed);
        for pretend in world.net.peers.values_mut() {
            pretend.link = Link::Fast;
        }
        world.pass(2 * HEARTBEAT_INTERVAL);
        let last = follow(&mut world, PATH, Link::Fast);
        world.pass(2 * SECOND);
        let expected = picture(&told(&world, last).0);
        assert_eq!((expected.len(), world.server.event_readers()), (3, readers.len() + 1));
        for &reader in &readers {
            assert_eq!(picture(&whole(&world, reader)), expected, "seed {seed}");
        }
    }
}

/// How often the loop would be woken in ten seconds in which nothing happens.
fn wakes(world: &mut World) -> usize {
    let end = world.now + 10 * SECOND;
    let mut wakes = 0;
    while let Some(deadline) = world.server.deadline().filter(|&deadline| deadline < end) {
        world.now = deadline.max(world.now);
        world.turn();
        wakes += 1;
    }
    world.now = end;
    wakes
}

#[test]
fn without_readers_nothing_is_looked_at() {
    let mut world = world(stations(1));
    world.pass(10 * SECOND);
    let before = wakes(&mut world);
    let reader = follow(&mut world, PATH, Link::Fast);
    let meanwhile = wakes(&mut world);
    world.hang_up(reader);
    world.pass(20 * SECOND);
    assert_eq!(wakes(&mut world), before);
    assert!(meanwhile >= before + 20, "{before} {meanwhile}");
}
