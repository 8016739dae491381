//! Numbers for Prometheus against the whole server: protocol-notes/metrics.md.

use std::time::Duration;

use crate::world::{Link, World, seed};
use coldwave::server::{METRICS_MAX_AGE, Peer};
use coldwave::settings::{Account, MetricsAccess, MetricsSettings, Secret};

const SECOND: Duration = Duration::from_secs(1);

/// A world that has been on the air for a while and shows its numbers so.
fn world(number: u64, shown_to: MetricsAccess, icecast_names: bool) -> World {
    let mut world = World::new(seed(number));
    world.configure(|config| config.metrics = MetricsSettings { access: shown_to, icecast_names });
    world.pass(10 * SECOND);
    world
}

fn asked(world: &mut World, head: &str) -> String {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("{head}\r\n\r\n").as_bytes());
    world.reply(peer)
}

/// The numbers as they are now.
fn scraped(world: &mut World) -> String {
    world.pass(METRICS_MAX_AGE);
    let reply = asked(world, "GET /metrics HTTP/1.1\r\nHost: radio.example:8000");
    assert!(reply.starts_with("HTTP/1.0 200 OK\r\n"), "{reply}");
    assert!(reply.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{reply}");
    reply
}

#[track_caller]
fn check(world: &mut World, series: &str, expected: f64) {
    let text = scraped(world);
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let value: f64 = line.unwrap_or_else(|| panic!("no {series} in {text}")).parse().expect(series);
    assert_eq!(value, expected, "{series}");
}

#[test]
fn what_happens_is_counted() {
    let mut world = world(1, MetricsAccess::Public, false);
    let peers: Vec<Peer> = (0..3).map(|_| world.tune_in("/live", Link::Fast)).collect();
    world.tune_in("/live", Link::Stuck { buffer: 200_000 });
    asked(&mut world, "GET /nothing HTTP/1.0");
    asked(&mut world, "GET /7.html HTTP/1.0");
    asked(&mut world, "GET /admin/stats HTTP/1.0");
    world.pass(2 * SECOND);
    check(&mut world, "coldwave_listeners{mount=\"/live\"}", 4.0);
    check(&mut world, "coldwave_stream_connections{mount=\"/live\"}", 4.0);
    check(&mut world, "coldwave_input_on_air{mount=\"/live\",input=\"autodj\"}", 1.0);
    check(&mut world, "coldwave_input_on_air{mount=\"/live\",input=\"silence\"}", 0.0);
    check(&mut world, "coldwave_requests_total{kind=\"stream\",status=\"200\"}", 4.0);
    check(&mut world, "coldwave_requests_total{kind=\"other\",status=\"404\"}", 1.0);
    check(&mut world, "coldwave_requests_total{kind=\"page\",status=\"200\"}", 1.0);
    check(&mut world, "coldwave_sessions_ended_total{reason=\"kicked\"}", 0.0);
    world.hang_up(peers[0]);
    world.pass(100 * SECOND);
    check(&mut world, "coldwave_listeners{mount=\"/live\"}", 2.0);
    check(&mut world, "coldwave_listeners_peak{mount=\"/live\"}", 4.0);
    check(&mut world, "coldwave_listener_sessions_total{mount=\"/live\"}", 4.0);
    check(&mut world, "coldwave_sessions_ended_total{reason=\"peer_closed\"}", 1.0);
    check(&mut world, "coldwave_sessions_ended_total{reason=\"write_stalled\"}", 1.0);
    check(&mut world, "coldwave_listener_skips_total{mount=\"/live\"}", 1.0);
}

#[test]
fn lateness_is_that_of_whoever_was_kept_waiting() {
    let mut world = world(2, MetricsAccess::Public, false);
    for _ in 0..50 {
        world.tune_in("/live", Link::Fast);
    }
    world.pass(10 * SECOND);
    let late = |world: &mut World| {
        let text = scraped(world);
        let count = |series: &str| -> u64 {
            text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok()).expect(series)
        };
        let all = count("coldwave_delivery_delay_seconds_count");
        all - count("coldwave_delivery_delay_seconds_bucket{le=\"0.1\"}")
    };
    assert_eq!(late(&mut world), 0);
    world.stand_still(3 * SECOND);
    assert_eq!(late(&mut world), 50, "everybody was to be served in the first of the three seconds");
}

#[test]
fn whose_business_the_numbers_are() {
    let get = "GET /metrics HTTP/1.0";
    assert!(asked(&mut world(3, MetricsAccess::Off, false), get).starts_with("HTTP/1.0 404"));
    let mut world = world(4, MetricsAccess::Admin, false);
    assert!(asked(&mut world, get).starts_with("HTTP/1.0 403"), "nobody has a password");
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    assert!(asked(&mut world, get).starts_with("HTTP/1.0 401"));
    // admin:lighthouse
    let reply = asked(&mut world, &format!("{get}\r\nAuthorization: Basic YWRtaW46bGlnaHRob3VzZQ=="));
    assert!(reply.starts_with("HTTP/1.0 200") && !reply.to_lowercase().contains("access-control"), "{reply}");
    world.configure(|config| {
        config.metrics = MetricsSettings { access: MetricsAccess::Public, icecast_names: false }
    });
    assert!(asked(&mut world, "POST /metrics HTTP/1.0").starts_with("HTTP/1.0 405"));
    let head = asked(&mut world, "HEAD /metrics HTTP/1.0");
    assert!(head.starts_with("HTTP/1.0 200") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn who_asks_often_is_told_the_same() {
    let mut world = world(5, MetricsAccess::Public, true);
    let first = scraped(&mut world);
    let second = asked(&mut world, "GET /metrics HTTP/1.1\r\nHost: radio.example:8000");
    assert_eq!(first, second);
    assert!(first.contains("\nicecast_listeners{listenurl=\"http://radio.example:8000/live\""), "{first}");
    assert_ne!(scraped(&mut world), second);
    check(&mut world, "icecast_exporter_total_scrapes", 4.0);
}
