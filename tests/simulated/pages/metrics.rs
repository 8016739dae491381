//! Metrics for Prometheus (protocol-notes/metrics.md).

use std::time::Duration;

use crate::world::request::Request;
use crate::world::{Link, Reply, World, seed};
use coldwave::server::{METRICS_MAX_AGE, Peer};
use coldwave::settings::{MetricsAccess, MetricsSettings};

const SECOND: Duration = Duration::from_secs(1);

/// Creates a world with these settings of the metrics, and lets it play for ten seconds.
fn world(number: u64, access: MetricsAccess, icecast_names: bool) -> World {
    let mut world = World::new(seed(number));
    world.configure(|config| config.metrics = MetricsSettings { access, icecast_names });
    world.pass(10 * SECOND);
    world
}

fn metrics(world: &mut World) -> Request<'_> {
    world.get("/metrics").http11().header("Host", "radio.example:8000")
}

/// Returns the current metrics.
fn scraped(world: &mut World) -> Reply {
    world.pass(METRICS_MAX_AGE);
    let reply = metrics(world).send();
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
fn listeners_requests_sessions_and_skips_are_counted() {
    let mut world = world(1, MetricsAccess::Public, false);
    let peers: Vec<Peer> = (0..3).map(|_| world.tune_in("/live", Link::Fast)).collect();
    world.tune_in("/live", Link::Stuck { buffer: 200_000 });
    world.get("/nothing").send();
    world.get("/7.html").send();
    world.get("/admin/stats").send();
    world.pass(2 * SECOND);
    check(&mut world, "coldwave_listeners{mount=\"/live\"}", 4.0);
    check(&mut world, "coldwave_stream_connections{mount=\"/live\"}", 4.0);
    check(&mut world, "coldwave_input_on_air{mount=\"/live\",input=\"autodj\"}", 1.0);
    check(&mut world, "coldwave_input_on_air{mount=\"/live\",input=\"silence\"}", 0.0);
    check(&mut world, "coldwave_requests_total{kind=\"stream\",status=\"200\"}", 4.0);
    check(&mut world, "coldwave_requests_total{kind=\"other\",status=\"404\"}", 1.0);
    check(&mut world, "coldwave_requests_total{kind=\"page\",status=\"200\"}", 1.0);
    check(&mut world, "coldwave_sessions_ended_total{reason=\"kicked\"}", 0.0);
    world.disconnect(peers[0]);
    world.pass(100 * SECOND);
    check(&mut world, "coldwave_listeners{mount=\"/live\"}", 2.0);
    check(&mut world, "coldwave_listeners_peak{mount=\"/live\"}", 4.0);
    check(&mut world, "coldwave_listener_sessions_total{mount=\"/live\"}", 4.0);
    check(&mut world, "coldwave_sessions_ended_total{reason=\"peer_closed\"}", 1.0);
    check(&mut world, "coldwave_sessions_ended_total{reason=\"write_stalled\"}", 1.0);
    check(&mut world, "coldwave_listener_skips_total{mount=\"/live\"}", 1.0);
}

#[test]
fn delivery_delay_counts_every_listener_that_waited() {
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
    world.stall(3 * SECOND);
    assert_eq!(late(&mut world), 50, "every listener was due within the first of the three seconds");
}

#[test]
fn metrics_are_hidden_or_need_the_password_or_are_public() {
    let mut hidden = world(3, MetricsAccess::Off, false);
    assert_eq!(hidden.get("/metrics").send().status(), 404);
    let mut world = world(4, MetricsAccess::Admin, false);
    assert_eq!(world.get("/metrics").send().status(), 403, "no password is configured");
    world.enable_admin();
    assert_eq!(world.get("/metrics").send().status(), 401);
    let reply = world.get("/metrics").by_admin().send();
    assert!(reply.starts_with("HTTP/1.0 200") && !reply.to_lowercase().contains("access-control"), "{reply}");
    world.configure(|config| {
        config.metrics = MetricsSettings { access: MetricsAccess::Public, icecast_names: false }
    });
    assert_eq!(world.request("POST", "/metrics").send().status(), 405);
    let head = world.head("/metrics").send();
    assert!(head.starts_with("HTTP/1.0 200") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn frequent_scrapes_get_the_same_values() {
    let mut world = world(5, MetricsAccess::Public, true);
    let first = scraped(&mut world);
    let second = metrics(&mut world).send();
    assert_eq!(first, second);
    assert!(first.contains("\nicecast_listeners{listenurl=\"http://radio.example:8000/live\""), "{first}");
    assert_ne!(scraped(&mut world), second);
    check(&mut world, "icecast_exporter_total_scrapes", 4.0);
}
