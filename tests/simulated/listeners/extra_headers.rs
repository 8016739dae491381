//! Headers that the operator adds to streams and public responses.

use std::time::Duration;

use coldwave::settings::StationSettings;

use crate::world::{Link, World, seed};

const SECOND: Duration = Duration::from_secs(1);

fn world(default_seed: u64) -> World {
    let station = StationSettings {
        http_headers: vec!["X-Programme: night".into(), "X-Server: of the station".into()],
        ..StationSettings::default()
    };
    let mut world = World::with(seed(default_seed), vec![station]);
    world.enable_admin();
    world.configure(|config| {
        config.http_headers =
            ["X-Server: one", "Access-Control-Allow-Origin: https://a.example"].map(str::to_owned).to_vec();
    });
    world.pass(SECOND);
    world
}

#[test]
fn stream_has_the_headers_of_its_station_and_of_the_server() {
    let mut world = world(81);
    let listener = world.tune_in("/live", Link::Fast);
    world.pass(10 * SECOND);
    world.assert_listens(listener);
    let heads = [world.ear(listener).head(), world.head("/live").send().head().to_owned()];
    for head in heads {
        for line in [
            "X-Programme: night",
            "X-Server: of the station",
            "Access-Control-Allow-Origin: https://a.example",
        ] {
            assert_eq!(head.matches(line).count(), 1, "{line}: {head}");
        }
        assert!(!head.contains("X-Server: one") && !head.contains("Origin: *"), "{head}");
    }
}

#[test]
fn public_responses_have_the_headers_of_the_server_and_private_ones_do_not() {
    let mut world = world(82);
    for target in ["/", "/status-json.xsl", "/nowhere", "/7.html", "/live.m3u", "/api/v1/stations"] {
        let reply = world.get(target).send();
        assert_eq!(reply.header("X-Server"), Some("one"), "{target}");
        assert_eq!(reply.header("Access-Control-Allow-Origin"), Some("https://a.example"), "{target}");
        let length = reply.header("Content-Length").expect("a length").to_owned();
        assert_eq!(reply.body().len().to_string(), length, "{target}");
    }
    let events = world.get("/api/v1/events").open();
    world.pass(SECOND);
    let head = String::from_utf8_lossy(&world.socket(events).received).into_owned();
    assert!(head.contains("X-Server: one\r\n") && head.contains("event: station"), "{head}");
    for reply in [world.get("/admin/stats").by_admin().send(), world.get("/admin/stats").send()] {
        assert_eq!((reply.header("X-Server"), reply.header("Access-Control-Allow-Origin")), (None, None));
    }
}
