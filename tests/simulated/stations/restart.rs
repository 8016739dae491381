//! What survives a restart of the process: peaks, totals, the history of listeners and that of titles.

use std::time::Duration;

use coldwave::audio::Header;
use coldwave::server::{Hooks, Peer, ROUND_INTERVAL};
use coldwave::settings::StationSettings;
use coldwave::time::WallClock;
use serde_json::Value;

use super::{SECOND, station, with_sources};
use crate::world::encoder::{Encoder, source_request};
use crate::world::statistics::FakeDisk;
use crate::world::{Link, Setup, World, seed};

/// When the first run starts, in UTC: the begin of an interval of five minutes.
const STARTED_S: u64 = 1_741_083_000;

const HOUR_S: u64 = 3600;

/// Starts a server at this time, in seconds since [`STARTED_S`], which keeps its statistics on `disk`.
fn start(disk: &FakeDisk, at_s: u64, stations: Vec<StationSettings>) -> World {
    let hooks = Hooks { statistics: Some(disk.open()), ..Hooks::default() };
    let clock = WallClock::started_at(Duration::from_secs(STARTED_S + at_s));
    let mut world = World::start(seed(31), Setup { hooks, clock, ..Setup::with(stations) });
    world.event_interval_max = 10 * SECOND;
    world.enable_admin();
    world.turn();
    world
}

fn stop(mut world: World) {
    world.server.stop(world.now);
    world.turn();
    world.server.close_all(world.now);
}

fn tune_in(world: &mut World, count: usize) -> Vec<Peer> {
    let peers = (0..count).map(|_| world.tune_in("/1", Link::Fast)).collect();
    world.pass(5 * SECOND);
    peers
}

fn admin(world: &mut World, path: &str) -> Value {
    let path = format!("/api/v1/admin{path}");
    world.get(&path).http11().header("Host", "radio.example").by_admin().send().json()
}

fn public(world: &mut World, id: u32) -> Value {
    super::json(world, &format!("/api/v1/stations/{id}"))
}

/// Returns the samples of the first station, each with its begin in seconds since [`STARTED_S`].
fn samples(world: &mut World) -> Vec<(i64, Option<u64>)> {
    let shown = admin(world, "/audience");
    let samples = shown["stations"][0]["samples"].as_array().expect("a list");
    let begin = |sample: &Value| {
        let at: jiff::Timestamp = sample["at"].as_str().expect("a time").parse().expect("a time");
        at.as_second() - STARTED_S.cast_signed()
    };
    samples.iter().map(|sample| (begin(sample), sample["listeners"].as_u64())).collect()
}

fn titles(world: &mut World, id: u32) -> Vec<(String, String)> {
    let shown = super::json(world, &format!("/api/v1/stations/{id}/history"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let title = |it: &Value| (text(&it["title"]), text(&it["on_air_at"]));
    shown["history"].as_array().expect("a list").iter().map(title).collect()
}

#[test]
fn peaks_totals_and_titles_survive_an_orderly_restart() {
    let disk = FakeDisk::default();
    let mut world = start(&disk, 0, vec![station(1), station(2)]);
    let peers = tune_in(&mut world, 3);
    world.disconnect(peers[0]);
    world.pass(20 * SECOND);
    let before =
        (public(&mut world, 1)["listeners"].clone(), admin(&mut world, "/stations")["stations"][0].clone());
    let titles_before = titles(&mut world, 1);
    assert_eq!(
        (before.0["peak"].clone(), before.0["total"].clone(), titles_before.len()),
        (3.into(), 3.into(), 3)
    );
    stop(world);

    let mut world = start(&disk, 600, vec![station(1), station(2), station(3)]);
    let listeners = public(&mut world, 1)["listeners"].clone();
    assert_eq!(
        (&listeners["now"], &listeners["peak"], &listeners["total"]),
        (&0.into(), &3.into(), &3.into())
    );
    let after = admin(&mut world, "/stations")["stations"][0].clone();
    assert_eq!(after["peak_at"], before.1["peak_at"]);
    assert!(after["bytes_sent"].as_u64() >= before.1["bytes_sent"].as_u64(), "{after}");
    let titles_after = titles(&mut world, 1);
    assert_eq!(titles_after[1..], titles_before, "each with the time at which it began");
    assert_eq!(titles_after[0].0, "Tone 1");
    for id in [2, 3] {
        assert_eq!(public(&mut world, id)["listeners"]["peak"], 0, "station {id}");
    }
    tune_in(&mut world, 2);
    let listeners = public(&mut world, 1)["listeners"].clone();
    assert_eq!((&listeners["peak"], &listeners["total"]), (&3.into(), &5.into()));
    tune_in(&mut world, 2);
    assert_eq!(public(&mut world, 1)["listeners"]["peak"], 4, "a higher peak replaces it");
    let stats = world.get("/statistics?json=1").send().json();
    assert_eq!(
        (&stats["peaklisteners"], &stats["streams"][0]["streamhits"]),
        (&4.into(), &7.into()),
        "{stats}"
    );
    let peak_at = admin(&mut world, "/stations")["stations"][0]["peak_at"].clone();
    assert_ne!(peak_at, before.1["peak_at"]);
}

/// Prometheus expects that counters begin at zero with the process.
#[test]
fn counters_of_the_metrics_begin_with_the_process() {
    let disk = FakeDisk::default();
    let mut world = start(&disk, 0, vec![station(1)]);
    tune_in(&mut world, 2);
    stop(world);
    let mut world = start(&disk, 60, vec![station(1)]);
    tune_in(&mut world, 1);
    let metrics = world.get("/metrics").by_admin().send();
    for (name, value) in [("coldwave_listener_sessions_total", 1), ("coldwave_listeners_peak", 2)] {
        let line = format!("\n{name}{{mount=\"/1\"}} {value}\n");
        assert!(metrics.to_string().contains(&line), "{line}: {metrics}");
    }
}

#[test]
fn graph_has_a_gap_where_the_server_did_not_run() {
    let disk = FakeDisk::default();
    let mut world = start(&disk, 0, vec![station(1)]);
    tune_in(&mut world, 2);
    world.pass(301 * SECOND);
    stop(world);
    let mut world = start(&disk, 1000, vec![station(1)]);
    tune_in(&mut world, 1);
    assert_eq!(samples(&mut world), [(0, Some(2)), (300, Some(2)), (600, None), (900, Some(1))]);
    stop(world);
    // Within the same interval there is no gap.
    let mut world = start(&disk, 1100, vec![station(1)]);
    assert_eq!(samples(&mut world)[2..], [(600, None), (900, Some(1))]);
    world.pass(120 * SECOND);
    assert_eq!(samples(&mut world)[3..], [(900, Some(1)), (1200, Some(0))]);
}

#[test]
fn restart_after_thirty_hours_has_an_empty_graph_and_the_old_peak() {
    let disk = FakeDisk::default();
    let mut world = start(&disk, 0, vec![station(1)]);
    tune_in(&mut world, 2);
    stop(world);
    let mut world = start(&disk, 30 * HOUR_S, vec![station(1)]);
    let begin = 30 * HOUR_S.cast_signed();
    assert_eq!(samples(&mut world), [(begin, Some(0))]);
    assert_eq!(public(&mut world, 1)["listeners"]["peak"], 2);
    let titles = titles(&mut world, 1);
    assert_eq!(titles.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(), ["Tone 1", "Tone 1"]);
    assert!(titles[1].1.starts_with("2025-03-04T10:10:01"), "{titles:?}");
}

#[test]
fn title_that_continues_after_a_short_restart_is_listed_once() {
    let disk = FakeDisk::default();
    let mut world = start(&disk, 0, vec![station(1)]);
    world.pass(SECOND);
    assert_eq!(titles(&mut world, 1).len(), 1);
    stop(world);
    let mut world = start(&disk, 10, vec![station(1)]);
    world.pass(SECOND);
    assert_eq!(titles(&mut world, 1).len(), 1);
}

#[test]
fn clock_that_goes_backwards_loses_nothing() {
    let disk = FakeDisk::default();
    let mut world = start(&disk, 2 * HOUR_S, vec![station(1)]);
    tune_in(&mut world, 2);
    stop(world);
    // The machine has lost its time, and gets the right one a minute after the start.
    let mut world = start(&disk, 0, vec![station(1)]);
    world.pass(60 * SECOND);
    assert_eq!(samples(&mut world), [(0, Some(0))]);
    assert_eq!(
        (public(&mut world, 1)["listeners"]["peak"].clone(), titles(&mut world, 1).len()),
        (2.into(), 5)
    );
    let now = Duration::from_secs(STARTED_S + 2 * HOUR_S + 900);
    world.server.set_wall_clock(WallClock::started_at(now));
    let begin = 2 * HOUR_S.cast_signed();
    assert_eq!(samples(&mut world)[0], (begin, Some(2)));
    assert_eq!(samples(&mut world).last(), Some(&(begin + 900, Some(0))));
}

#[test]
fn killed_process_loses_less_than_a_minute() {
    let disk = FakeDisk::default();
    let mut world = start(&disk, 0, vec![station(1)]);
    tune_in(&mut world, 1);
    assert!(disk.of_mount("/1").is_none());
    world.pass(ROUND_INTERVAL);
    assert_eq!(disk.of_mount("/1").map(|stored| stored.peak), Some(1));
    tune_in(&mut world, 1);
    world.pass(Duration::from_secs(54) - 5 * SECOND);
    assert_eq!(disk.of_mount("/1").map(|stored| stored.peak), Some(2));
    // The simulated process ends without a call of `stop`.
    drop(world);
    let mut world = start(&disk, 200, vec![station(1)]);
    assert_eq!(public(&mut world, 1)["listeners"]["total"], 2);
}

#[test]
fn statistics_are_kept_for_a_station_that_is_missing_in_one_run() {
    let disk = FakeDisk::default();
    let mut world = start(&disk, 0, vec![station(1), station(2)]);
    tune_in(&mut world, 2);
    stop(world);
    stop(start(&disk, 100, vec![station(2)]));
    let mut world = start(&disk, 200, vec![station(1)]);
    assert_eq!(public(&mut world, 1)["listeners"]["total"], 2);
    // The same within one run.
    tune_in(&mut world, 1);
    assert!(world.server.remove_station(world.keys[0], world.now));
    world.pass(SECOND);
    world.add_station(station(1));
    world.turn();
    let listeners = public(&mut world, 1)["listeners"].clone();
    assert_eq!((&listeners["peak"], &listeners["total"]), (&2.into(), &3.into()));
    let stats = world.get("/admin/stats").by_admin().send().to_string();
    assert!(stats.contains("<listener_connections>3</listener_connections>"), "{stats}");
    assert!(!stats.contains("<listener_connections>6</listener_connections>"), "counted once: {stats}");
}

#[test]
fn reset_statistics_stay_reset_after_a_restart() {
    let disk = FakeDisk::default();
    let mut world = start(&disk, 0, vec![station(1)]);
    tune_in(&mut world, 3);
    stop(world);
    let mut world = start(&disk, 100, vec![station(1)]);
    let reply = world.get("/admin.cgi?mode=resetxml").by_admin().send();
    assert_eq!(reply.status(), 200, "{reply}");
    let counts = |world: &mut World| {
        let listeners = public(world, 1)["listeners"].clone();
        (listeners["peak"].clone(), listeners["total"].clone())
    };
    assert_eq!(counts(&mut world), (0.into(), 0.into()));
    stop(world);
    let mut world = start(&disk, 200, vec![station(1)]);
    assert_eq!(counts(&mut world), (0.into(), 0.into()));
}

/// The login of a source is half of a secret, also after `source_user` was changed.
#[test]
fn login_of_an_earlier_configuration_stays_out_of_the_history() {
    let disk = FakeDisk::default();
    let mut settings = with_sources(1);
    settings.sources.account.user = "desk-login".into();
    let mut world = start(&disk, 0, vec![settings]);
    world.pass(SECOND);
    let source = world.connect(Link::Fast);
    world.send(source, &source_request("/1", "desk-login", "tide"));
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    for _ in 0..40 {
        world.feed(source, &encoder.seconds(0.1));
        world.pass(Duration::from_millis(100));
    }
    let title = "/admin/metadata?mount=/1&mode=updinfo&song=Tidewater";
    assert_eq!(world.get(title).auth("desk-login", "tide").send().status(), 200);
    world.feed(source, &encoder.seconds(1.0));
    world.pass(SECOND);
    stop(world);
    let mut world = start(&disk, 100, vec![with_sources(1)]);
    let history = world.get("/api/v1/stations/1/history").send().json()["history"].clone();
    let set_by = |title: &str| {
        let titles = history.as_array().expect("a list");
        titles.iter().find(|it| it["title"] == title).unwrap_or_else(|| panic!("{history}"))["set_by"].clone()
    };
    assert_eq!((set_by("Tidewater"), set_by("Tone 1")), (Value::Null, "Tone".into()), "{history}");
}

#[test]
fn many_stations_are_stored_in_portions() {
    let disk = FakeDisk::default();
    let mut world = start(&disk, 0, (1..=120).map(station).collect());
    world.pass(ROUND_INTERVAL + SECOND);
    assert_eq!(*disk.writes.borrow(), 1, "once in each round");
    assert!((1..=120).all(|id| disk.of_mount(&format!("/{id}")).is_some()));
    world.pass(ROUND_INTERVAL);
    assert_eq!(*disk.writes.borrow(), 2);
}
