//! The process is stopped and continues: what has arrived is read before a connection is closed, and no
//! silence is played.

use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, Setup, World};
use coldwave::audio::Header;
use coldwave::server::{
    ANSWER_TIMEOUT, EVENTS_WRITE_TIMEOUT, FIRST_FRAME_TIMEOUT, GRACE_INTERVAL, IDLE_AFTER, Peer,
    REPLY_TIMEOUT, REQUEST_TIMEOUT, STALL_GRACE,
};
use coldwave::session::CloseReason;
use coldwave::settings::{Account, RelaySettings, Secret, SourceSettings, StationSettings};
use coldwave::stream_url::StreamUrl;

const MOUNT: &str = "/live";
const MILLISECOND: Duration = Duration::from_millis(1);
const STOPS: [u64; 5] = [4, 8, 12, 20, 60];

/// What the receive buffer of a socket holds, which the process reads after a stop: 4 s at 128 kbit/s. The
/// rest waits at the sender.
const RECEIVE_BUFFER: usize = 64 * 1024;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn live_station() -> StationSettings {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let sources = SourceSettings { account, timeout: secs(2), ..SourceSettings::default() };
    StationSettings { sources, ..StationSettings::default() }
}

/// Stops the process, in whose socket buffers wait the first of these bytes from `peer`. The others follow
/// after the stop, as the process reads.
fn stall_while_sending(world: &mut World, stop: Duration, peer: Peer, bytes: &[u8]) {
    let (first, rest) = bytes.split_at(bytes.len().min(RECEIVE_BUFFER));
    world.socket_mut(peer).outbox.extend_from_slice(first);
    world.stall(stop);
    for piece in rest.chunks(RECEIVE_BUFFER) {
        world.pass(20 * MILLISECOND);
        world.feed(peer, piece);
    }
}

struct Live {
    encoder: Encoder,
    peer: Peer,
}

impl Live {
    fn connect(world: &mut World) -> Self {
        let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
        let peer = world.connect(Link::Fast);
        world.send(peer, &source_request(MOUNT, "source", "deep water"));
        Self { encoder, peer }
    }

    fn play(&mut self, world: &mut World, seconds: u64) {
        for _ in 0..seconds * 10 {
            let audio = self.encoder.seconds(0.1);
            world.feed(self.peer, &audio);
            world.pass(100 * MILLISECOND);
        }
    }
}

#[test]
fn live_source_stays_on_air_without_silence_after_a_stop_of_any_length() {
    for stop in STOPS {
        let mut world = World::with(1, vec![live_station()]);
        let mut live = Live::connect(&mut world);
        live.play(&mut world, 6);
        let ear = world.tune_in(MOUNT, Link::Fast);
        live.play(&mut world, 10);
        let before = world.ear(ear).frames - world.ear(ear).live_frames;
        let audio = live.encoder.seconds(stop as f64);
        stall_while_sending(&mut world, secs(stop), live.peer, &audio);
        live.play(&mut world, 10);
        assert!(world.is_live(0) && !world.socket(live.peer).closed, "{stop} s");
        world.assert_listens(ear);
        let ear = world.ear(ear);
        assert_eq!((ear.silent_frames, ear.skips), (0, 0), "{stop} s");
        assert_eq!(ear.frames - ear.live_frames, before, "the AutoDJ played nothing: {stop} s");
    }
}

#[test]
fn relay_stays_on_air_without_silence_after_a_stop_of_any_length() {
    for stop in STOPS {
        let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
        let mut settings =
            StationSettings { relay: Some(RelaySettings::new(url, false)), ..StationSettings::default() };
        settings.sources.timeout = secs(2);
        let mut world = World::without_inputs(1, settings);
        world.turn();
        let ear = world.tune_in(MOUNT, Link::Fast);
        let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
        let mut upstream = FakeUpstream::accept(&mut world, encoder);
        upstream.answer_icy(&mut world);
        upstream.send(&mut world, 5.0);
        upstream.play(&mut world, 10.0);
        let stream = upstream.stream(stop as f64);
        stall_while_sending(&mut world, secs(stop), upstream.peer, &stream);
        upstream.play(&mut world, 10.0);
        assert!(world.is_relaying(0) && !world.socket(upstream.peer).closed, "{stop} s");
        world.assert_listens(ear);
        assert_eq!((world.ear(ear).silent_frames, world.ear(ear).skips), (0, 0), "{stop} s");
    }
}

#[test]
fn silent_source_is_closed_after_the_grace() {
    let mut world = World::with(1, vec![live_station()]);
    let mut live = Live::connect(&mut world);
    live.play(&mut world, 5);
    world.stall(secs(30));
    world.pass(STALL_GRACE - MILLISECOND);
    assert!(world.is_live(0));
    world.pass(2 * MILLISECOND);
    assert!(!world.is_live(0) && world.socket(live.peer).closed);
}

#[test]
fn request_that_is_late_because_of_a_stop_is_answered() {
    let mut world = World::new(1);
    let (late, silent) = (world.connect(Link::Fast), world.connect(Link::Fast));
    world.send(late, b"GET /live HTTP/1.0\r\n");
    world.stall(REQUEST_TIMEOUT + secs(5));
    world.pass(secs(1));
    world.send(late, b"\r\n");
    assert_eq!(world.reply(late).status(), 200, "{}", world.reply(late));
    assert!(!world.socket(silent).closed);
    world.pass(secs(1));
    assert!(world.socket(silent).closed);
}

/// A client that keeps the loop busy gains at most one grace for every ten seconds.
#[test]
fn repeated_stalls_do_not_keep_a_silent_connection_open() {
    let mut world = World::new(1);
    let silent = world.connect(Link::Fast);
    let mut passed = Duration::ZERO;
    while !world.socket(silent).closed {
        world.stall(1100 * MILLISECOND);
        passed += 1100 * MILLISECOND;
        assert!(passed <= REQUEST_TIMEOUT + STALL_GRACE + secs(2), "it is still open after {passed:?}");
    }
    assert!(GRACE_INTERVAL > 2 * STALL_GRACE);
}

#[test]
fn source_upstream_and_event_reader_that_were_late_because_of_a_stop_stay() {
    let mut world = World::with(1, vec![live_station()]);
    let mut source = Live::connect(&mut world);
    let events =
        world.get("/api/v1/events").http11().link(Link::Slow { per_second: 100, buffer: 300 }).open();
    world.stall(FIRST_FRAME_TIMEOUT.max(EVENTS_WRITE_TIMEOUT) + secs(20));
    assert!(!world.socket(source.peer).closed && !world.socket(events).closed);
    source.play(&mut world, 5);
    assert!(world.is_live(0), "its first frame came after the stop");
    assert!(!world.socket(events).closed, "the event reader reads");
}

#[test]
fn upstream_that_answers_right_after_a_stop_is_not_given_up() {
    let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
    let relay = Some(RelaySettings::new(url, false));
    let mut world = World::without_inputs(1, StationSettings { relay, ..StationSettings::default() });
    world.turn();
    let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let mut upstream = FakeUpstream::accept(&mut world, encoder);
    world.stall(ANSWER_TIMEOUT + secs(5));
    world.pass(secs(1));
    upstream.answer_icy(&mut world);
    upstream.play(&mut world, 1.0);
    assert!(world.is_relaying(0));
}

#[test]
fn response_that_is_read_slowly_survives_a_stop() {
    let mut world = World::new(1);
    let link = Link::Slow { per_second: 1_200, buffer: 20_000 };
    let page = world.get("/api/v1/openapi.json").http11().link(link).open();
    // It has read enough by its first timeout, and little since then.
    world.pass(REPLY_TIMEOUT + secs(1));
    assert!(!world.socket(page).finished && !world.socket(page).closed);
    world.stall(secs(40));
    world.pass(secs(60));
    assert!(world.socket(page).finished, "all of it was sent");
    world.disconnect(page);
    let ended = world.ended.borrow();
    assert_eq!(ended.last().map(|it| it.reason), Some(CloseReason::Answered));
}

#[test]
fn listeners_that_read_stay_after_stops_of_any_length() {
    for stop in (1..60).chain([100, 1000]) {
        let mut world = World::new(stop);
        let links = [
            Link::Fast,
            Link::Erratic,
            Link::Slow { per_second: 20_000, buffer: 40_000 },
            Link::Slow { per_second: 17_000, buffer: 5_000 },
        ];
        let peers = links.map(|link| world.tune_in(MOUNT, link));
        world.pass(secs(20));
        for _ in 0..4 {
            world.stall(secs(stop));
            world.pass(secs(8));
        }
        world.pass(secs(40));
        peers.into_iter().for_each(|peer| world.assert_listens(peer));
    }
}

#[test]
fn listeners_are_not_disconnected_for_a_silence_that_ends_with_a_stop() {
    let mut settings = live_station();
    settings.sources.max_silence = secs(10);
    let mut world = World::start(
        1,
        Setup { stations: vec![(settings, Vec::new())], logs: vec![Default::default()], ..Setup::default() },
    );
    world.pass(secs(5));
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.pass(secs(1));
    let mut live = Live::connect(&mut world);
    world.stall(secs(20));
    live.play(&mut world, 5);
    world.assert_listens(ear);
    assert!(world.ear(ear).live_frames > 0);
}

#[test]
fn connection_that_looks_idle_after_a_stop_is_not_evicted() {
    let mut world = World::new(1);
    world.configure(|config| config.max_connections = 1);
    let late = world.connect(Link::Fast);
    world.stall(secs(10));
    assert!(!world.server.can_accept(world.now), "its request may wait in the socket");
    world.send(late, b"GET /live HTTP/1.0\r\n\r\n");
    world.assert_listens(late);
    let mut world = World::new(1);
    world.configure(|config| config.max_connections = 1);
    world.connect(Link::Fast);
    world.stall(secs(10));
    world.pass(STALL_GRACE.max(IDLE_AFTER));
    assert!(world.server.can_accept(world.now), "it sent nothing after the stop either");
}
