//! The log under a flood: what peers and sources can cause is limited, and the rest is counted.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Once;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Setup, World, seed};
use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{Account, MetricsAccess, MetricsSettings, Secret, SourceSettings, StationSettings};
use log::{Level, LevelFilter, Log, Metadata, Record};

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

thread_local! {
    /// The lines of this thread's test at level info and above; `None` in other tests.
    static LINES: RefCell<Option<Vec<LogLine>>> = const { RefCell::new(None) };
}

#[derive(Clone)]
struct LogLine {
    level: Level,
    target: String,
    text: String,
}

/// Collects the lines of tests that want them. Each test has a thread of its own.
struct Collector;

impl Log for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        LINES.with_borrow(Option::is_some)
    }

    fn log(&self, record: &Record<'_>) {
        LINES.with_borrow_mut(|lines| {
            let (level, target) = (record.level(), record.target().to_owned());
            let line = LogLine { level, target, text: record.args().to_string() };
            lines.iter_mut().for_each(|lines| lines.push(line.clone()));
        });
    }

    fn flush(&self) {}
}

/// Collects the lines of this test from now on.
pub fn collect() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Collector).expect("no test sets another logger");
        log::set_max_level(LevelFilter::Info);
    });
    LINES.set(Some(Vec::new()));
}

/// Returns the collected lines that contain `part`.
pub fn lines_with(part: &str) -> Vec<String> {
    collected().into_iter().map(|line| line.text).filter(|line| line.contains(part)).collect()
}

fn collected() -> Vec<LogLine> {
    LINES.with_borrow(|lines| lines.clone().expect("lines are collected"))
}

/// Returns what `RUST_LOG=warn,coldwave::recovery=info` shows since the last call, each line with its level.
pub fn take_outage_lines() -> Vec<String> {
    let lines = LINES.replace(Some(Vec::new())).expect("lines are collected");
    let is_shown = |line: &LogLine| line.level <= Level::Warn || line.target == "coldwave::recovery";
    lines.iter().filter(|line| is_shown(line)).map(|line| format!("{} {}", line.level, line.text)).collect()
}

/// Returns the sum of the numbers in lines such as `/a: 17 more lines about titles …`.
fn suppressed(kind: &str) -> usize {
    let count = |line: String| {
        let (before, _) = line.split_once(" more lines ").expect("a count");
        before.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok()).expect("a number")
    };
    lines_with(&format!(" more lines about {kind} ")).into_iter().map(count).sum()
}

fn station(id: u32, mount: &str) -> StationSettings {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    StationSettings {
        id,
        mount: mount.into(),
        sources: SourceSettings { account, ..SourceSettings::default() },
        ..StationSettings::default()
    }
}

/// Lets a listener join from `address` and leave a moment later.
fn listen_briefly(world: &mut World, address: &str) {
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    world.send(peer, b"GET /live HTTP/1.0\r\n\r\n");
    world.disconnect(peer);
    world.forget_closed();
}

const ENDED: &str = "\"GET /live HTTP/1.0\"";

#[test]
fn short_listeners_are_limited_and_counted() {
    let mut world = World::new(seed(1));
    world.configure(|config| {
        config.metrics = MetricsSettings { access: MetricsAccess::Public, icecast_names: false }
    });
    collect();
    for number in 0..10_000 {
        let [high, low] = u16::to_be_bytes(number);
        listen_briefly(&mut world, &format!("10.{high}.{low}.1:1"));
        world.pass(MILLISECOND);
    }
    world.pass(10 * SECOND);
    let logged = lines_with(ENDED).len();
    assert!((200..=400).contains(&logged), "{logged} lines in at most two windows");
    assert_eq!(logged + suppressed("ends of listeners"), 10_000);
    assert!(lines_with(" more lines ").len() <= 2);
    let metrics = world.get("/metrics").send();
    let expected = format!("coldwave_log_lines_suppressed_total{{kind=\"listeners\"}} {}\n", 10_000 - logged);
    assert!(metrics.contains(&expected), "{metrics}");
}

#[test]
fn listeners_of_one_network_do_not_suppress_lines_of_others() {
    let mut world = World::new(seed(2));
    collect();
    for number in 0..5_000_u32 {
        listen_briefly(&mut world, &format!("203.0.113.{}:1", number % 250));
        if number.is_multiple_of(1_000) {
            listen_briefly(&mut world, "198.51.100.7:1");
        }
        world.pass(MILLISECOND);
    }
    world.pass(10 * SECOND);
    let of = |address: &str| lines_with(ENDED).iter().filter(|line| line.starts_with(address)).count();
    assert_eq!(of("198.51.100."), 5);
    assert!((20..=40).contains(&of("203.0.113.")), "{}", of("203.0.113."));
    assert_eq!(of("203.0.113.") + suppressed("ends of listeners"), 5_000);
}

#[test]
fn lines_suppressed_before_shutdown_are_counted() {
    let mut world = World::new(seed(3));
    collect();
    let peers: Vec<Peer> = (0..50).map(|_| world.tune_in("/live", Link::Fast)).collect();
    world.pass(SECOND);
    world.server.stop(world.now);
    world.pass(SECOND);
    world.server.close_all(world.now);
    assert_eq!(lines_with(ENDED).len() + suppressed("ends of listeners"), peers.len());
}

fn set_title(world: &mut World, mount: &str, title: &str) {
    let target = format!("/admin/metadata?mode=updinfo&mount={mount}&song={title}");
    let reply = world.get(&target).auth("source", "deep water").send();
    assert!(reply.starts_with("HTTP/1.0 200 OK\r\n"), "{reply}");
    world.forget_closed();
}

#[test]
fn titles_of_one_station_are_limited_and_those_of_another_are_all_logged() {
    let mut world = World::start(seed(4), Setup::with(vec![station(1, "/a"), station(2, "/b")]));
    let mut encoders = [1, 2].map(|number| Encoder::new(&world.logs[0].clone(), number, Header::DEFAULT));
    let sources = ["/a", "/b"].map(|mount| {
        let peer = world.connect(Link::Fast);
        world.send(peer, &source_request(mount, "source", "deep water"));
        peer
    });
    collect();
    for step in 0..100 {
        for (encoder, peer) in encoders.iter_mut().zip(sources) {
            let audio = encoder.seconds(0.1);
            world.send(peer, &audio);
        }
        for number in 0..100 {
            set_title(&mut world, "/a", &format!("{step}-{number}-{}", "x".repeat(3000)));
            world.pass(MILLISECOND);
        }
        if step % 10 == 0 {
            set_title(&mut world, "/b", &format!("quiet-{step}"));
        }
    }
    world.pass(20 * SECOND);
    assert_eq!(lines_with("/b: title \"quiet-").len(), 10);
    let on_air: BTreeSet<String> = lines_with("/b: now playing \"quiet-").into_iter().collect();
    assert_eq!(on_air.len(), 10);
    let set = lines_with("/a: title ");
    assert!((30..=60).contains(&set.len()), "{} lines in at most two windows", set.len());
    assert_eq!(set.len() + suppressed("titles that were set"), 10_000);
    let on_air = lines_with("/a: now playing ").len();
    assert!(on_air <= 90, "{on_air} lines in at most three windows");
    assert!(suppressed("tracks and titles on air") > 0);
    let longest = lines_with("/a: ").iter().map(String::len).max();
    assert!(longest.is_some_and(|len| len < 300), "{longest:?} bytes: titles are shortened");
}

#[test]
fn lines_suppressed_before_the_end_of_a_station_are_counted() {
    for is_removed in [true, false] {
        let mut world = World::start(seed(6), Setup::with(vec![station(1, "/a"), station(2, "/b")]));
        let peer = world.connect(Link::Fast);
        world.send(peer, &source_request("/a", "source", "deep water"));
        let mut encoder = Encoder::new(&world.logs[0].clone(), 1, Header::DEFAULT);
        let audio = encoder.seconds(1.0);
        world.send(peer, &audio);
        collect();
        (0..100).for_each(|number| set_title(&mut world, "/a", &format!("title-{number}")));
        if is_removed {
            assert!(world.server.remove_station(world.keys[0], world.now));
        } else {
            world.server.stop(world.now);
            world.server.close_all(world.now);
        }
        let logged = lines_with("/a: title \"title-").len();
        assert_eq!(logged + suppressed("titles that were set"), 100, "{logged} lines");
    }
}

#[test]
fn sources_that_come_and_go_are_limited_and_counted() {
    let mut world = World::start(seed(5), Setup::with(vec![station(1, "/a")]));
    let mut encoder = Encoder::new(&world.logs[0].clone(), 1, Header::DEFAULT);
    collect();
    for _ in 0..500 {
        let peer = world.connect(Link::Fast);
        world.send(peer, &source_request("/a", "source", "deep water"));
        let audio = encoder.frames(5);
        world.send(peer, &audio);
        world.disconnect(peer);
        world.forget_closed();
        world.pass(MILLISECOND);
    }
    world.pass(10 * SECOND);
    let logged = lines_with("is live from").len() + lines_with("live source source").len();
    assert_eq!((logged, logged + suppressed("live sources")), (30, 1_000));
}

#[test]
fn titles_set_by_an_administrator_are_always_logged() {
    let mut world = World::start(seed(6), Setup::with(vec![station(1, "/a")]));
    world.enable_admin();
    collect();
    for number in 0..100 {
        set_title(&mut world, "/a", &format!("flood-{number}"));
    }
    let reply = world.get("/admin/metadata?mode=updinfo&mount=/a&song=calm").by_admin().send();
    assert!(reply.starts_with("HTTP/1.0 200 OK\r\n"), "{reply}");
    assert_eq!(lines_with("/a: title \"calm\" set by ").len(), 1);
    assert!(lines_with("/a: title \"flood-").len() <= 30);
}
