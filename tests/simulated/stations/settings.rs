//! Changes of a station's settings while listeners play.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::server::StationError;
use coldwave::settings::StationSettings;
use coldwave::station::Input;

use super::{SECOND, assert_undisturbed, log_in, relay, station, status, with_sources};
use crate::world::encoder::{Encoder, source_request};
use crate::world::tone::{Log, Tone};
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World, seed};

#[test]
fn settings_change_without_a_gap_for_listeners() {
    let mut world = World::with(seed(26), vec![station(1), station(2)]);
    let links = [Link::Fast, Link::Erratic, Link::Fast, Link::Fast];
    let listeners = links.map(|link| world.tune_in_to(0, "/1", link));
    world.pass(10 * SECOND);
    let mut passed = 10 * SECOND;
    for (interval_ms, burst_s, buffer_s) in [(250, 5, 30), (1000, 10, 60), (100, 1, 5), (2000, 8, 40)] {
        let settings = StationSettings {
            delivery_interval: Duration::from_millis(interval_ms),
            burst: Duration::from_secs(burst_s),
            buffer: Duration::from_secs(buffer_s),
            metaint: 300 + interval_ms as u32,
            name: format!("every {interval_ms} ms"),
            ..station(1)
        };
        world.server.apply_station(world.keys[0], settings, world.now).expect("no conflict");
        let new_listener = world.tune_in_to(0, "/1", Link::Fast);
        world.pass(20 * SECOND);
        passed += 20 * SECOND;
        let head = world.ear(new_listener).head();
        assert!(head.contains(&format!("icy-name: every {interval_ms} ms\r\n")), "{head}");
        assert!(head.contains(&format!("icy-metaint: {}\r\n", 300 + interval_ms)), "{head}");
        let ear = world.ear(new_listener);
        assert_eq!((ear.skips, ear.silent_frames), (0, 0));
        world.disconnect(new_listener);
    }
    assert_undisturbed(&world, &listeners, passed - 2 * SECOND);
    assert_eq!(world.listeners(0), listeners.len());
}

#[test]
fn station_keeps_its_listeners_when_id_and_mount_change() {
    let mut world = World::with(seed(27), vec![station(1), station(2)]);
    let listener = world.tune_in_to(0, "/1", Link::Fast);
    world.pass(5 * SECOND);
    let taken = StationSettings { mount: "/2".into(), ..station(1) };
    let key = world.keys[0];
    assert_eq!(world.server.apply_station(key, taken, world.now), Err(StationError::Mount));
    assert_eq!(
        world.server.apply_station(key, StationSettings { id: 2, ..station(1) }, world.now),
        Err(StationError::Id(2))
    );
    assert_eq!(status(&mut world, "/1"), 200, "nothing has changed");
    let renamed = StationSettings { mount: "/new".into(), ..station(9) };
    world.server.apply_station(key, renamed, world.now).expect("both are free");
    for (path, code) in [("/1", 404), ("/new", 200), ("/stream/9", 200), ("/stream", 200)] {
        assert_eq!(status(&mut world, path), code, "{path}");
    }
    assert_eq!(world.server.station_keys(), [world.keys[1], key], "sorted by id again");
    world.pass(10 * SECOND);
    assert_undisturbed(&world, &[listener], 15 * SECOND);
}

#[test]
fn relay_connects_to_the_new_upstream_when_its_url_changes() {
    let first = relay(1, "http://127.0.0.1:8001/live", false);
    let mut world = World::without_inputs(seed(28), first);
    world.wait_for_dial();
    assert_eq!(world.dials.front().map(|dial| dial.port), Some(8001));
    let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let mut upstream = FakeUpstream::accept(&mut world, encoder);
    upstream.answer_icy(&mut world);
    upstream.play(&mut world, 10.0);
    let old = upstream.peer;
    let listener = world.tune_in_to(0, "/1", Link::Fast);
    upstream.play(&mut world, 5.0);
    let second = relay(1, "http://127.0.0.1:8002/live", false);
    world.server.apply_station(world.keys[0], second, world.now).expect("no conflict");
    world.wait_for_dial();
    assert!(world.socket(old).closed, "the connection to the old upstream is closed");
    assert_eq!(world.dials.front().map(|dial| dial.port), Some(8002));
    upstream.reconnect(&mut world);
    upstream.answer_icy(&mut world);
    upstream.play(&mut world, 10.0);
    assert!(world.is_relaying(0));
    world.assert_listens(listener);
    world.server.apply_station(world.keys[0], station(1), world.now).expect("no conflict");
    world.pass(SECOND);
    assert!(world.socket(upstream.peer).closed && !world.is_relaying(0));
    world.assert_listens(listener);
}

/// Unsent audio exists only in the ring. When the ring becomes smaller, listeners that are too far behind
/// skip forward at once, not at their slots.
#[test]
fn server_survives_a_smaller_buffer_with_a_listener_that_does_not_read() {
    let header = |kbps| Header::new_mp3(44_100, 2, kbps).expect("a format");
    for moment in 25..45 {
        let log = Rc::new(RefCell::new(Log::default()));
        let tone = Tone::new("Tone", &log);
        let knobs = tone.knobs.clone();
        knobs.borrow_mut().formats = vec![header(32)];
        let with = |burst_s, buffer_s| StationSettings {
            burst: Duration::from_secs(burst_s),
            buffer: Duration::from_secs(buffer_s),
            delivery_interval: 4 * SECOND,
            ..station(1)
        };
        let inputs: Vec<Box<dyn Input>> = vec![Box::new(tone)];
        let mut world = World::with_inputs(seed(moment), vec![(with(16, 60), inputs)], vec![log]);
        let stuck = world.tune_in_to(0, "/1", Link::Stuck { buffer: 500 });
        let fast = world.tune_in_to(0, "/1", Link::Fast);
        world.pass(moment as u32 * SECOND);
        world.assert_listens(stuck);
        knobs.borrow_mut().formats = vec![header(320)];
        world.server.apply_station(world.keys[0], with(16, 5), world.now).expect("no conflict");
        world.pass(20 * SECOND);
        assert_undisturbed(&world, &[fast], moment as u32 * SECOND);
    }
}

#[test]
fn settings_of_a_removed_station_are_refused() {
    let mut world = World::with(seed(34), vec![station(1)]);
    let key = world.keys[0];
    world.server.remove_station(key, world.now);
    assert_eq!(world.server.apply_station(key, station(1), world.now), Err(StationError::NoSuchStation));
    world.add_station(station(1));
    assert_eq!(world.server.apply_station(key, station(1), world.now), Err(StationError::NoSuchStation));
}

#[test]
fn relay_keeps_its_connection_when_it_becomes_on_demand_and_back() {
    let url = "http://127.0.0.1:8001/live";
    let mut world = World::without_inputs(seed(35), relay(1, url, false));
    world.wait_for_dial();
    let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let mut upstream = FakeUpstream::accept(&mut world, encoder);
    upstream.answer_icy(&mut world);
    upstream.play(&mut world, 10.0);
    let listener = world.tune_in_to(0, "/1", Link::Fast);
    upstream.play(&mut world, 5.0);
    let connection = upstream.peer;
    for on_demand in [true, false, true] {
        world.server.apply_station(world.keys[0], relay(1, url, on_demand), world.now).expect("no conflict");
        upstream.play(&mut world, 15.0);
        assert!(!world.socket(connection).closed && world.is_relaying(0), "on demand: {on_demand}");
        world.assert_listens(listener);
    }
    // Without listeners, the relay disconnects, and connects again when it is no longer on demand.
    world.disconnect(listener);
    upstream.play(&mut world, 15.0);
    assert!(world.socket(connection).closed && world.dials.is_empty());
    world.server.apply_station(world.keys[0], relay(1, url, false), world.now).expect("no conflict");
    world.wait_for_dial();
}

#[test]
fn relay_that_changes_while_its_first_listener_waits_starts_without_silence() {
    let mut world = World::without_inputs(seed(36), relay(1, "http://127.0.0.1:8001/live", true));
    let listener = world.tune_in_to(0, "/1", Link::Fast);
    world.wait_for_dial();
    let other = relay(1, "http://127.0.0.1:8002/live", true);
    world.server.apply_station(world.keys[0], other, world.now).expect("no conflict");
    world.dials.clear();
    world.wait_for_dial();
    let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let mut upstream = FakeUpstream::accept(&mut world, encoder);
    upstream.answer_icy(&mut world);
    upstream.play(&mut world, 15.0);
    let ear = world.ear(listener);
    assert!(ear.silent_frames == 0 && ear.frames > 200, "{} silent of {}", ear.silent_frames, ear.frames);
}

#[test]
fn delayed_title_does_not_replace_a_newer_one_when_the_delay_is_shortened() {
    for delay_s in [0, 2] {
        let with = |delay_s| {
            let mut settings = with_sources(1);
            settings.sources.title_delay = Duration::from_secs(delay_s);
            settings
        };
        let mut world = World::with(seed(37), vec![with(10)]);
        let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
        let source = log_in(&mut world, "/1");
        let mut play = |world: &mut World, tenths: u32| {
            for _ in 0..tenths {
                let audio = encoder.seconds(0.1);
                world.feed(source, &audio);
                world.pass(SECOND / 10);
            }
        };
        let set = |world: &mut World, title: &str| {
            let target = format!("/admin.cgi?pass=tide&mode=updinfo&song={title}&mount=/1");
            assert_eq!(world.get(&target).send().status(), 200);
        };
        play(&mut world, 20);
        set(&mut world, "Old");
        play(&mut world, 10);
        world.server.apply_station(world.keys[0], with(delay_s), world.now).expect("no conflict");
        set(&mut world, "New");
        play(&mut world, 10 * delay_s as u32 + 10);
        assert_eq!(world.station(0).title(), "New", "after {delay_s} s");
        play(&mut world, 120);
        assert_eq!(world.station(0).title(), "New", "it stays after {delay_s} s");
    }
}

#[test]
fn source_whose_account_is_removed_before_its_first_frame_does_not_go_live() {
    for login in
        [source_request("/1", "source", "tide"), b"tide\r\nicy-name:A\r\n\r\n".to_vec(), b"tide\r\n".to_vec()]
    {
        for is_removed in [true, false] {
            let mut world = World::with(seed(38), vec![with_sources(1)]);
            let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
            let source = world.connect(Link::Fast);
            world.send(source, &login);
            world.pass(SECOND);
            if is_removed {
                world.server.apply_station(world.keys[0], station(1), world.now).expect("no conflict");
            }
            if login == b"tide\r\n" {
                world.feed(source, b"icy-name:A\r\n\r\n");
            }
            if !world.socket(source).finished {
                let audio = encoder.seconds(1.0);
                world.feed(source, &audio);
            }
            world.pass(SECOND);
            assert_eq!(world.is_live(0), !is_removed, "{:?}", String::from_utf8_lossy(&login));
        }
    }
}
