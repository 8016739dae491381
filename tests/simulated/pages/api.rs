//! Our own API in a simulated world.

use std::time::Duration;

use crate::world::{Link, World, seed};
use coldwave::time::WallClock;
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);

/// Head and body of what is answered to `request`.
fn asked(world: &mut World, request: &str) -> (String, String) {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("{request} HTTP/1.1\r\nHost: radio.example\r\n\r\n").as_bytes());
    let reply = world.reply(peer);
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_owned(), body.to_owned())
}

fn station(world: &mut World) -> Value {
    let (_, body) = asked(world, "GET /api/v1/stations/1");
    serde_json::from_str(&body).expect("JSON")
}

#[test]
fn stations_are_shown_to_pages_of_any_site() {
    let mut world = World::new(seed(1));
    world.server.set_wall_clock(WallClock::started_at(Duration::from_secs(1_741_083_072)));
    world.pass(10 * SECOND);
    let (head, body) = asked(&mut world, "GET /api/v1/stations");
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Type: application/json\r\n"), "{head}");
    assert!(head.contains("\r\nAccess-Control-Allow-Origin: *"), "{head}");
    let all: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(all["server"]["now"], "2025-03-04T10:11:23.000Z");
    assert_eq!(all["stations"][0], station(&mut world));
    assert_eq!(all["stations"][0]["on_air"]["kind"], "autodj");
    let (head, _) = asked(&mut world, "OPTIONS /api/v1/stations");
    assert!(head.contains("\r\nAccess-Control-Allow-Origin: *\r\n"), "{head}");
    let (head, body) = asked(&mut world, "HEAD /api/v1/stations");
    assert!(head.contains("\r\nContent-Length: ") && body.is_empty(), "{head}\n{body}");
    assert!(asked(&mut world, "GET /api/v1/stations/9").0.starts_with("HTTP/1.0 404 "));
    assert!(asked(&mut world, "POST /api/v1/stations").0.starts_with("HTTP/1.0 405 "));
}

/// The tone has a title every 500 frames. The first burst is on the air at once, as the world begins at one second;
/// whatever is behind it at its place on the timeline, however late and in whatever lumps that is paid for.
#[test]
fn titles_have_the_times_of_their_places_on_the_timeline() {
    let mut world = World::new(seed(2));
    let clock = WallClock::started_at(Duration::from_secs(1_741_083_072));
    world.server.set_wall_clock(clock);
    world.pass(SECOND);
    assert_eq!(station(&mut world)["title"]["on_air_at"], "2025-03-04T10:11:13.000Z");
    assert_eq!(station(&mut world)["title"]["audible_at"], "2025-03-04T10:11:13.000Z");
    for number in 1..100_u64 {
        let place_us = number * 500 * 1152 * 1_000_000 / 44_100;
        let (on_air, audible) =
            (1_741_083_073_000_000 + place_us - 5_000_000, 1_741_083_073_000_000 + place_us);
        let due = Duration::from_micros(on_air - 1_741_083_072_000_000 + 300_000);
        world.pass(due - world.now.since_start());
        let title = station(&mut world)["title"].clone();
        assert_eq!(title["text"], format!("Tone {}", number + 1));
        let shown = |us: u64| {
            let after = Duration::from_micros(us - 1_741_083_072_000_000);
            coldwave::pages::api::rfc3339(clock, coldwave::time::Time::after_start(after))
        };
        assert_eq!(title["on_air_at"], shown(on_air), "title {number}");
        assert_eq!(title["audible_at"], shown(audible), "title {number}");
    }
}
