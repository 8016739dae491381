//! The views: stations, listeners, the last day and the log.

use std::sync::Arc;
use std::time::Duration;

use coldwave::log_tail::LogTail;
use coldwave::server::Hooks;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use super::{SECOND, act, answer, get, tune_in_as, view, world, world_with};
use crate::world::{Link, World};

#[test]
fn stations_are_shown_with_source_relay_peak_and_bytes() {
    let mut world = world(1);
    let stations = view(&mut world, "/stations");
    let values_of = |key: &str| -> Vec<Value> {
        let stations = stations["stations"].as_array().expect("a list");
        stations.iter().map(|station| station.get(key).cloned().expect(key)).collect()
    };
    assert_eq!(
        (values_of("id"), values_of("mount")),
        (vec![json!(1), json!(7)], vec![json!("/live"), json!("/jazz")])
    );
    assert_eq!(values_of("accepts_sources"), [true, false]);
    for key in ["source", "relay", "peak_at"] {
        assert_eq!(values_of(key), [Value::Null, Value::Null], "{key}");
    }
    assert_eq!((values_of("skips"), values_of("bytes_sent")), (vec![json!(0); 2], vec![json!(0); 2]));
    tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    world.pass(5 * SECOND);
    let stations = view(&mut world, "/stations");
    let station = &stations["stations"][0];
    assert!(
        station["peak_at"].as_str().is_some_and(|at| at.starts_with("1970-01-01T00:00:12.")),
        "{station}"
    );
    assert!(station["bytes_sent"].as_u64().is_some_and(|sent| sent > 10_000), "{station}");
}

#[test]
fn listeners_are_shown_with_skips_and_how_far_they_are_behind() {
    let mut world = world(2);
    let vlc = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0 \"<b>\u{85}");
    world
        .get("/live")
        .from("[2001:db8::1]:1")
        .link(Link::Stuck { buffer: 50_000 })
        .header("Referer", "http://h/?a=1")
        .open();
    world.pass(30 * SECOND + SECOND / 2);
    let young = tune_in_as(&mut world, "203.0.113.9:2", "");
    world.pass(SECOND / 2);
    let shown = view(&mut world, "/stations/1/listeners");
    assert_eq!(shown["station"], 1);
    let behind = |number: usize| shown["listeners"][number]["behind_s"].as_f64().expect("a number");
    let field = |number: usize, key: &str| shown["listeners"][number][key].clone();
    assert_eq!(field(0, "id"), vlc.generation);
    assert_eq!(field(0, "address"), "203.0.113.9");
    assert_eq!(field(0, "user_agent"), "VLC/3.0 \"<b>");
    assert_eq!(
        (field(0, "connected_s"), field(0, "skips"), field(0, "counted")),
        (json!(31), json!(0), json!(true))
    );
    assert!(behind(0) <= 1.1, "it is served once a second: {shown}");
    assert_eq!((field(1, "address"), field(1, "referer")), (json!("2001:db8::1"), json!("http://h/?a=1")));
    assert_eq!(field(1, "skips"), 1, "it fell behind and skipped forward: {shown}");
    assert!(behind(1) > 4.0, "{shown}");
    assert_eq!((field(2, "id"), field(2, "counted")), (json!(young.generation), json!(false)));
    assert_eq!(shown["listeners"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        view(&mut world, "/stations/7/listeners"),
        json!({"station": 7, "total": 0, "matching": 0, "listeners": []})
    );
    let part = format!("/stations/1/listeners?after={}&limit=1", vlc.generation);
    let part = view(&mut world, &part);
    assert_eq!(
        (part["listeners"].as_array().map(Vec::len), &part["listeners"][0]["id"]),
        (Some(1), &field(1, "id"))
    );
    assert_eq!((&part["total"], &part["matching"]), (&json!(3), &json!(3)));
}

#[test]
fn last_day_is_exact_without_requests_in_between() {
    let mut world = world(3);
    world.event_interval_max = 60 * SECOND;
    world.pass(600 * SECOND);
    let peers = ["203.0.113.9:1", "203.0.113.9:2"].map(|address| tune_in_as(&mut world, address, "VLC/3.0"));
    world.pass(10 * SECOND);
    world.disconnect(peers[0]);
    world.pass(650 * SECOND);
    world.disconnect(peers[1]);
    world.pass(700 * SECOND);
    // The clock of the day is set 1971 s after the start.
    let clock = coldwave::time::WallClock::started_at(Duration::from_secs(1_741_083_072));
    world.server.set_wall_clock(clock);
    let shown = view(&mut world, "/audience");
    assert_eq!(shown["interval_s"], 300);
    let samples = shown["stations"][0]["samples"].as_array().expect("a list");
    let listeners: Vec<u64> = samples.iter().filter_map(|sample| sample["listeners"].as_u64()).collect();
    assert_eq!(listeners, [0, 0, 2, 1, 1, 0, 0], "{shown}");
    assert_eq!(samples[0]["at"], "2025-03-04T10:11:12.000Z");
    let other = &shown["stations"][1];
    assert_eq!(other["id"], 7);
    assert!(other["samples"].as_array().is_some_and(|samples| samples.iter().all(|it| it["listeners"] == 0)));
}

/// The peak and its time always describe the same moment.
#[test]
fn time_of_the_peak_is_reset_with_the_peak() {
    let mut world = world(16);
    let peak = |world: &mut World| {
        let station = view(world, "/stations")["stations"][0].clone();
        (station["listeners"]["peak"].clone(), station["peak_at"].clone())
    };
    let peers = [1, 2].map(|port| tune_in_as(&mut world, &format!("203.0.113.9:{port}"), "VLC/3.0"));
    world.pass(5 * SECOND);
    let (_, first) = peak(&mut world);
    peers.into_iter().for_each(|peer| world.disconnect(peer));
    let reset = world.get("/admin.cgi?mode=resetxml").http11().by_admin().send();
    assert_eq!(reset.status(), 200, "{reset}");
    assert_eq!(peak(&mut world), (json!(0), Value::Null));
    world.pass(10 * SECOND);
    tune_in_as(&mut world, "203.0.113.9:3", "VLC/3.0");
    world.pass(5 * SECOND);
    let (most, since) = peak(&mut world);
    assert!(most == 1 && since.is_string() && since != first, "{most} {since} {first}");
}

#[test]
fn log_is_shown_after_a_sequence_number() {
    let tail = Arc::new(LogTail::default());
    let boot = tail.lines_after(0, None).boot_id;
    let mut world = world_with(4, Hooks { log_tail: tail.clone(), ..Hooks::default() });
    assert_eq!(view(&mut world, "/log"), json!({"boot": boot, "lines": [], "last": 0}));
    for text in ["one", "</script>\"\n\u{1b}[31m]]>"] {
        tail.push(None, Duration::from_millis(1_741_083_072_034), log::Level::Info, "coldwave::net", text);
    }
    let shown = view(&mut world, "/log?after=1");
    let line = json!({
        "seq": 2, "at": "2025-03-04T10:11:12.034Z", "level": "info", "target": "coldwave::net",
        "station": null, "text": "</script>\"\\n\\u{1b}[31m]]>",
    });
    assert_eq!(shown, json!({"boot": boot, "lines": [line], "last": 2}));
    assert_eq!(view(&mut world, &format!("/log?after=1&boot={boot}")), shown);
    assert_eq!(view(&mut world, "/log")["lines"].as_array().map(Vec::len), Some(2));
    assert_eq!(answer(get(&mut world, "/log?after=x").by_admin()).0, 400);
}

/// The numbers begin again at 1, so a client that has seen more of them would wait for a long time.
#[test]
fn log_is_complete_for_a_client_that_followed_it_before_a_restart() {
    let push = |tail: &LogTail, text: &str| {
        tail.push(None, Duration::from_secs(1), log::Level::Warn, "coldwave::net", text);
    };
    let (before, after) = (LogTail::default(), Arc::new(LogTail::default()));
    (0..40).for_each(|_| push(&before, "/live: a line"));
    let old = before.lines_after(0, None);
    let mut world = world_with(4, Hooks { log_tail: after.clone(), ..Hooks::default() });
    ["/live: up again", "/jazz: up again"].iter().for_each(|text| push(&after, text));
    let shown = view(&mut world, &format!("/log?after={}&boot={}", old.last, old.boot_id));
    let stations: Vec<_> =
        shown["lines"].as_array().expect("lines").iter().map(|line| line["station"].clone()).collect();
    assert_eq!((stations, &shown["last"]), (vec![json!(1), json!(7)], &json!(2)));
    assert_ne!(shown["boot"], old.boot_id.as_str());
}

/// Monitoring treats a counter that decreases as a restart of the server.
#[test]
fn bytes_sent_never_decrease_when_a_listener_moves() {
    let mut world = world(15);
    let sent = |world: &mut World| -> [u64; 2] {
        let stations = view(world, "/stations");
        [0, 1].map(|at: usize| stations["stations"][at]["bytes_sent"].as_u64().expect("a number"))
    };
    let peer = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    world.pass(20 * SECOND);
    let [before, nothing] = sent(&mut world);
    assert!(before > 100_000 && nothing == 0, "{before} {nothing}");
    assert_eq!(act(&mut world, "/stations/1/move", "to=/jazz").0, 200);
    world.pass(20 * SECOND);
    let [left, there] = sent(&mut world);
    assert!(left >= before && (100_000..left).contains(&there), "{before} {left} {there}");
    world.disconnect(peer);
    world.pass(SECOND);
    assert_eq!(sent(&mut world), [left, there]);
}

/// Returns the CPU time of this thread: other tests run beside it.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Building the list blocks the event loop, so it must be fast.
#[test]
fn list_of_19000_listeners_is_built_within_a_second() {
    const MANY: usize = 19_000;
    let mut world = world(15);
    for number in 0..MANY {
        let address = format!("203.0.{}.{}:9", number / 250, number % 250 + 1);
        let peer = world.connect_from(address.parse().expect("an address"), Link::Stuck { buffer: 1000 });
        world.server.received(
            peer,
            b"GET /live HTTP/1.0\r\nUser-Agent: VLC/3.0.24 LibVLC/3.0.24\r\n\r\n",
            world.now,
        );
    }
    world.pass(2 * SECOND);
    let mut quickest = |path: &str| {
        let head = format!(
            "GET /api/v1/admin{path} HTTP/1.0\r\nAuthorization: Basic YWRtaW46bGlnaHRob3VzZQ==\r\n\r\n"
        );
        let times = (0..5).map(|_| {
            let peer = world.connect(Link::Fast);
            let started = cpu_time();
            world.server.received(peer, head.as_bytes(), world.now);
            world.turn();
            let took = cpu_time() - started;
            assert_eq!(
                world.reply(peer).matches("\"behind_s\"").count(),
                if path.contains('?') { 100 } else { MANY }
            );
            took
        });
        times.min().expect("five")
    };
    let all = quickest("/stations/1/listeners");
    println!("a list of {MANY} listeners takes {all:?}");
    // The test world is not optimised: twice what the release build may take.
    assert!(all < SECOND, "{all:?}");
    // What a page requests every few seconds.
    for query in
        ["offset=9900", "search=vlc+203.0", "sort=-behind_s", "search=vlc&sort=user_agent&offset=18900"]
    {
        let part = quickest(&format!("/stations/1/listeners?limit=100&{query}"));
        println!("100 of them with {query} take {part:?}");
        assert!(part < 3 * SECOND / 10, "{query}: {part:?}");
    }
}
