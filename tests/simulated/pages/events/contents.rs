//! The contents of events, and when they are sent.

use std::time::Duration;

use coldwave::audio::Header;
use coldwave::settings::{Account, Secret, SourceSettings};
use coldwave::time::WallClock;
use serde_json::{Value, json};

use super::{Event, PATH, SECOND, STARTED_US, World, follow, of_kind, received, stations, world};
use crate::world::Link;
use crate::world::encoder::{Encoder, source_request};

fn shown(at_us: u64) -> String {
    let clock = WallClock::started_at(Duration::from_micros(at_us));
    coldwave::pages::api::rfc3339(clock, coldwave::time::Time::START)
}

/// The tone has a title every 500 frames. Each is sent once, soon after it goes on the air and long before it
/// is audible. Its times follow from its position on the timeline, even if the station appends the frame
/// late.
#[test]
fn titles_are_sent_before_they_are_audible() {
    let mut world = world(stations(1));
    let peer = follow(&mut world, PATH, Link::Fast);
    let head = world.reply(peer);
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}");
    for header in ["Content-Type: text/event-stream", "Cache-Control: no-store", "X-Accel-Buffering: no"] {
        assert!(head.contains(&format!("\r\n{header}\r\n")), "{header}: {head}");
    }
    let (first, _) = received(&world, peer);
    assert_eq!((first.len(), first[0].kind.as_str()), (1, "station"));
    assert_eq!(first[0].data["title"]["text"], "Tone 1");
    assert_eq!(first[0].data["stream_url"], "http://radio.example/1");
    for number in 1..50_u64 {
        // The world begins at one second, and the first burst is audible at once.
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
            "album": null,
            "elapsed_s": 0,
            "duration_s": null,
            "artwork_url": null,
        });
        assert_eq!(titles.last().expect("a title").data, expected);
    }
    let (events, _) = received(&world, peer);
    assert!(events.windows(2).all(|pair| pair[0].id < pair[1].id), "ids rise: {events:?}");
    assert_eq!(world.listeners(0), 0, "a reader is not a listener");
}

/// A listener that joins just before a title is audible gets the previous title first, and one that joins
/// just after it gets that title. The title arrives after `metaint` bytes of audio.
#[test]
fn audible_at_is_when_new_listeners_get_the_title() {
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
fn live_source_is_sent_as_a_station_event() {
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
    let last = of_kind(&world, peer, "title").pop().expect("an event without a title");
    assert_eq!((&last.data["title"], &last.data["set_by"]), (&Value::Null, &Value::Null));
    world.disconnect(source);
    world.pass(4 * SECOND);
    assert_eq!(kinds(&world), ["autodj", "live", "autodj"]);
    assert_ne!(of_kind(&world, peer, "title").pop().expect("a title").data["title"], Value::Null);
}

/// Ten listeners per second connect for ten seconds.
#[test]
fn listener_counts_are_sent_at_most_once_a_second() {
    let mut world = world(stations(1));
    let peer = follow(&mut world, PATH, Link::Fast);
    let (mut seen, mut sent_at) = (1, Vec::new());
    for _ in 0..100 {
        world.tune_in("/1", Link::Fast);
        for _ in 0..10 {
            world.pass(SECOND / 100);
            let events = received(&world, peer).0;
            if events[seen..].iter().any(|event| event.kind == "listeners") {
                sent_at.push(world.now);
            }
            seen = events.len();
        }
    }
    world.pass(3 * SECOND);
    let apart = sent_at.windows(2).map(|pair| pair[1].since(pair[0]));
    assert!(sent_at.len() >= 7 && apart.min() >= Some(SECOND - SECOND / 100), "{sent_at:?}");
    let last = of_kind(&world, peer, "listeners").pop().expect("there are listeners").data;
    assert_eq!(
        last,
        json!({
            "station": 1, "listeners": 100, "unique": 1, "peak": 100, "with_renditions": 100, "renditions": []
        })
    );
    world.pass(10 * SECOND);
    assert_eq!(of_kind(&world, peer, "listeners").pop().expect("there were listeners").data, last);
}

#[test]
fn reader_may_subscribe_to_one_station() {
    let mut world = world(stations(3));
    let (all, one) =
        (follow(&mut world, PATH, Link::Fast), follow(&mut world, "/api/v1/events?sid=2", Link::Fast));
    world.pass(30 * SECOND);
    let ids = |peer| -> Vec<u64> {
        let events = received(&world, peer).0;
        let id = |event: Event| event.data.get("station").or(event.data.get("id")).and_then(Value::as_u64);
        events.into_iter().filter_map(id).collect()
    };
    assert_eq!(ids(all)[..3], [1, 2, 3]);
    let ids_of_one = ids(one);
    assert!(ids_of_one.len() >= 3 && ids_of_one.iter().all(|&id| id == 2), "{ids_of_one:?}");
    let missing = follow(&mut world, "/api/v1/events?sid=9", Link::Fast);
    assert!(world.reply(missing).starts_with("HTTP/1.0 404 "), "{}", world.reply(missing));
    assert!(world.reply(missing).ends_with("\r\n\r\n{\"error\":\"no such station\"}"));
}
