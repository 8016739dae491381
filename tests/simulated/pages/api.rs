//! The public API.

use std::time::Duration;

use crate::world::{Reply, World, seed};
use coldwave::time::WallClock;
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);

fn reply_to(world: &mut World, method: &str, target: &str) -> Reply {
    world.request(method, target).http11().header("Host", "radio.example").send()
}

fn station(world: &mut World) -> Value {
    reply_to(world, "GET", "/api/v1/stations/1").json()
}

#[test]
fn stations_are_shown_to_pages_of_any_site() {
    let mut world = World::new(seed(1));
    world.server.set_wall_clock(WallClock::started_at(Duration::from_secs(1_741_083_072)));
    world.pass(10 * SECOND);
    let reply = reply_to(&mut world, "GET", "/api/v1/stations");
    assert_eq!(reply.status_line(), "HTTP/1.0 200 OK");
    assert_eq!(reply.header("Content-Type"), Some("application/json"));
    assert_eq!(reply.header("Access-Control-Allow-Origin"), Some("*"));
    let all = reply.json();
    assert_eq!(all["server"]["now"], "2025-03-04T10:11:23.000Z");
    assert_eq!(all["stations"][0], station(&mut world));
    assert_eq!(all["stations"][0]["on_air"]["kind"], "autodj");
    let preflight = reply_to(&mut world, "OPTIONS", "/api/v1/stations");
    assert_eq!(preflight.header("Access-Control-Allow-Origin"), Some("*"));
    let head = reply_to(&mut world, "HEAD", "/api/v1/stations");
    assert!(head.header("Content-Length").is_some() && head.body().is_empty(), "{head}");
    assert_eq!(reply_to(&mut world, "GET", "/api/v1/stations/9").status(), 404);
    assert_eq!(reply_to(&mut world, "POST", "/api/v1/stations").status(), 405);
}

/// The tone has a title every 500 frames. The first burst is on the air at once, and the world begins at one
/// second. The times of all later titles follow from their positions on the timeline, even if the station
/// appends the frames late and in portions.
#[test]
fn titles_have_the_times_of_their_timeline_positions() {
    let mut world = World::new(seed(2));
    let clock = WallClock::started_at(Duration::from_secs(1_741_083_072));
    world.server.set_wall_clock(clock);
    world.pass(SECOND);
    assert_eq!(station(&mut world)["title"]["on_air_at"], "2025-03-04T10:11:13.000Z");
    assert_eq!(station(&mut world)["title"]["audible_at"], "2025-03-04T10:11:13.000Z");
    for number in 1..100_u64 {
        let position_us = number * 500 * 1152 * 1_000_000 / 44_100;
        let (on_air, audible) =
            (1_741_083_073_000_000 + position_us - 5_000_000, 1_741_083_073_000_000 + position_us);
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
