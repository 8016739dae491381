//! The codec that a head names: no listener gets frames of another one, whatever the sources send.

mod changes;
mod connected;
mod random;

use coldwave::audio::{Codec, Format, Header};
use coldwave::server::{Hooks, Peer};
use coldwave::session::CloseReason;
use coldwave::settings::{StationCodec, StationSettings};

use super::{MOUNT, is_closed, seconds, station};
use crate::world::encoder::{Encoder, source_request_with_type};
use crate::world::source_formats::FakeSourceFormats;
use crate::world::{Link, Setup, World, seed};

pub fn aac(rate: u32, channels: u8) -> Header {
    Header::new_aac(rate, channels, 300).expect("a header")
}

/// A source of some codec.
struct CodecSource {
    encoder: Encoder,
    peer: Peer,
}

impl CodecSource {
    /// Connects encoder `number` with audio like `header`.
    fn connect(world: &mut World, number: u64, header: Header) -> Self {
        let peer = world.connect(Link::Fast);
        let request = source_request_with_type(MOUNT, "source", "deep water", header.codec().content_type());
        world.send(peer, &request);
        Self { encoder: Encoder::new(&world.logs[0], number, header), peer }
    }

    fn play(&mut self, world: &mut World, time: f64) {
        for _ in 0..(time * 10.0).round() as u64 {
            if !is_closed(world, self.peer) {
                world.feed(self.peer, &self.encoder.seconds(0.1));
            }
            world.pass(seconds(0.1));
        }
    }
}

/// Starts a server with a station without music, which keeps the formats of its sources in `formats`.
fn start(settings: StationSettings, formats: &FakeSourceFormats) -> World {
    let hooks = Hooks { source_formats: Some(Box::new(formats.clone())), ..Hooks::default() };
    let stations = vec![(settings, Vec::new())];
    let mut world =
        World::start(seed(7), Setup { stations, logs: vec![Default::default()], hooks, ..Setup::default() });
    world.turn();
    world
}

fn world(settings: StationSettings) -> World {
    start(settings, &FakeSourceFormats::default())
}

fn with_key(codec: StationCodec) -> StationSettings {
    StationSettings { codec, is_codec_given: true, ..station() }
}

fn content_type(world: &World, listener: Peer) -> String {
    let head = world.ear(listener).head();
    head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default().to_owned()
}

/// Fails unless a listener was disconnected in order, because of the codec.
#[track_caller]
fn assert_told_to_return(world: &World, listener: Peer) {
    let socket = world.socket(listener);
    assert!(socket.finished && world.ear(listener).is_at_frame_boundary(), "an orderly end");
}

#[test]
fn listener_of_silence_is_closed_before_the_first_frame_of_another_codec() {
    let mut world = world(station());
    let waiting = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(4.0));
    let mut source = CodecSource::connect(&mut world, 1, aac(44_100, 2));
    // Between the login of the source and its first frame.
    let late = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(1.0));
    world.assert_listens(waiting);
    assert_eq!(content_type(&world, late), "audio/mpeg");
    source.play(&mut world, 2.0);
    for listener in [waiting, late] {
        assert_told_to_return(&world, listener);
        assert!(world.ear(listener).silent_frames > 0 && world.ear(listener).live_frames == 0);
    }
    world.pass(seconds(0.1));
    world.disconnect(waiting);
    assert_eq!(world.ended.borrow().last().map(|it| it.reason), Some(CloseReason::FormatChanged));
    // Its player returns, and gets the new codec from the first byte on.
    let back = world.tune_in(MOUNT, Link::Fast);
    source.play(&mut world, 10.0);
    world.assert_listens(back);
    let ear = world.ear(back);
    assert_eq!((content_type(&world, back).as_str(), ear.silent_frames), ("audio/aac", 0));
    assert!(ear.live_frames > 400, "the burst and what followed: {}", ear.live_frames);
}

#[test]
fn restarted_station_announces_the_codec_of_its_last_source() {
    let formats = FakeSourceFormats::default();
    let mut world = start(station(), &formats);
    let mut source = CodecSource::connect(&mut world, 1, aac(48_000, 1));
    source.play(&mut world, 3.0);
    let expected = Format { codec: Codec::Aac, rate: 48_000, channels: 1 };
    assert_eq!((formats.of_mount(MOUNT), *formats.writes.borrow()), (Some(expected), 1));
    let mut world = start(station(), &formats);
    assert!(world.head(MOUNT).send().head().contains("content-type: audio/aac\r\n"));
    let early = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(5.0));
    assert_eq!(content_type(&world, early), "audio/aac");
    let mut source = CodecSource::connect(&mut world, 1, aac(48_000, 1));
    source.play(&mut world, 5.0);
    world.assert_listens(early);
    let ear = world.ear(early);
    assert!(ear.silent_frames > 100 && ear.live_frames > 200, "{} {}", ear.silent_frames, ear.live_frames);
    assert_eq!(ear.formats, [expected], "silence has the format of the last source");
    assert_eq!(*formats.writes.borrow(), 1, "nothing has changed");
}

#[test]
fn key_decides_head_silence_and_accepted_sources() {
    let formats = FakeSourceFormats::default();
    let mut before = start(station(), &formats);
    CodecSource::connect(&mut before, 1, aac(22_050, 1)).play(&mut before, 1.0);
    for (key, content_type) in [(StationCodec::Mp3, "audio/mpeg"), (StationCodec::Aac, "audio/aac")] {
        let mut world = start(with_key(key), &formats);
        let listener = world.tune_in(MOUNT, Link::Fast);
        world.pass(seconds(3.0));
        assert_eq!(self::content_type(&world, listener), content_type, "not what was stored");
        for header in [Header::DEFAULT, aac(44_100, 2)] {
            let is_right = header.codec().content_type() == content_type;
            let source = CodecSource::connect(&mut world, 1, header);
            let status = if is_right { 200 } else { 403 };
            assert_eq!(world.reply(source.peer).status(), status, "{key:?} {header:?}");
            world.disconnect(source.peer);
        }
        world.assert_listens(listener);
    }
}

#[test]
fn key_with_the_codec_of_the_last_source_keeps_its_rate() {
    let formats = FakeSourceFormats::default();
    let mut world = start(station(), &formats);
    CodecSource::connect(&mut world, 1, aac(22_050, 1)).play(&mut world, 1.0);
    let mut world = start(with_key(StationCodec::Aac), &formats);
    let listener = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(1.0));
    assert_eq!(world.ear(listener).formats, [aac(22_050, 1).format()]);
}

#[test]
fn source_on_air_is_not_replaced_by_another_codec_but_followed() {
    for [first, second] in [[Header::DEFAULT, aac(44_100, 2)], [aac(48_000, 2), Header::DEFAULT]] {
        let mut world = world(station());
        let mut source = CodecSource::connect(&mut world, 1, first);
        source.play(&mut world, 3.0);
        let listener = world.tune_in(MOUNT, Link::Fast);
        let refused = CodecSource::connect(&mut world, 2, second);
        assert_eq!(world.reply(refused.peer).status(), 403, "a takeover");
        source.play(&mut world, 3.0);
        world.assert_listens(listener);
        world.disconnect(source.peer);
        // At once, while the end of the first source is still being played.
        let mut next = CodecSource::connect(&mut world, 2, second);
        assert_eq!(world.reply(next.peer).status(), 200);
        next.play(&mut world, 3.0);
        assert_told_to_return(&world, listener);
        assert_eq!(world.ear(listener).encoders(), [1]);
        assert_eq!(world.ear(listener).skips, 0, "it got everything before the change");
        let back = world.tune_in(MOUNT, Link::Fast);
        next.play(&mut world, 3.0);
        world.assert_listens(back);
        assert_eq!(world.ear(back).encoders(), [2]);
    }
}

#[test]
fn listener_that_lags_gets_what_was_before_the_change_or_is_closed() {
    let mut world = world(station());
    let mut source = CodecSource::connect(&mut world, 1, Header::DEFAULT);
    source.play(&mut world, 3.0);
    let slow = world.tune_in(MOUNT, Link::Slow { per_second: 15_000, buffer: 20_000 });
    let stuck = world.tune_in(MOUNT, Link::Stuck { buffer: 30_000 });
    let erratic = world.tune_in(MOUNT, Link::Erratic);
    source.play(&mut world, 3.0);
    world.disconnect(source.peer);
    let before = source.encoder.frames_made;
    let mut next = CodecSource::connect(&mut world, 2, aac(44_100, 2));
    next.play(&mut world, 20.0);
    for listener in [slow, erratic] {
        assert_told_to_return(&world, listener);
        assert_eq!((world.ear(listener).last_number(1), world.ear(listener).skips), (before, 0));
    }
    next.play(&mut world, 60.0);
    assert!(world.socket(stuck).closed, "it has read nothing for longer than the buffer");
    assert_eq!(world.listeners(0), 0);
}

#[test]
fn pages_state_the_type_that_the_next_head_names() {
    let formats = FakeSourceFormats::default();
    let mut world = start(station(), &formats);
    let types = |world: &mut World| {
        world.pass(seconds(1.1));
        let status = world.get("/status-json.xsl").send().json();
        let statistics = world.get("/statistics?json=1").send().json();
        [
            status["icestats"]["source"]["server_type"].as_str().unwrap_or_default().to_owned(),
            statistics["streams"][0]["content"].as_str().unwrap_or_default().to_owned(),
        ]
    };
    assert_eq!(types(&mut world)[1], "audio/mpeg");
    CodecSource::connect(&mut world, 1, aac(44_100, 2)).play(&mut world, 2.0);
    assert_eq!(types(&mut world), ["audio/aac", "audio/aac"]);
    let mut world = start(station(), &formats);
    assert_eq!(types(&mut world)[1], "audio/aac", "before the first source after the restart");
}

#[test]
fn listeners_are_moved_only_to_the_codec_that_their_head_named() {
    let other = StationSettings { id: 2, mount: "/b".into(), ..station() };
    let stations = vec![(station(), Vec::new()), (other, Vec::new())];
    let logs = vec![Default::default(); 2];
    let mut world = World::start(seed(7), Setup { stations, logs, ..Setup::default() });
    world.enable_admin();
    let listener = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(2.0));
    let peer = world.connect(Link::Fast);
    world.send(peer, &source_request_with_type("/b", "source", "deep water", "audio/aac"));
    let mut encoder = Encoder::new(&world.logs[1], 1, aac(44_100, 2));
    world.feed(peer, &encoder.seconds(5.0));
    world.pass(seconds(2.0));
    let mut status = |from: &str, to: &str| {
        let target = format!("/admin/moveclients?mount={from}&destination={to}");
        world.get(&target).by_admin().send().status()
    };
    assert_eq!(status(MOUNT, "/b"), 400, "only silence was played, but the head said MP3");
    assert_eq!(status("/b", MOUNT), 400);
    world.assert_listens(listener);
    assert_eq!((world.listeners(0), world.listeners(1)), (1, 0));
}

#[test]
fn change_is_allowed_although_music_and_key_decide_if_the_settings_say_so() {
    let mut settings = with_key(StationCodec::Mp3);
    settings.sources.allow_codec_change = true;
    let mut world = World::with(seed(7), vec![settings]);
    let mut listener = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(5.0));
    let mut source = CodecSource::connect(&mut world, 1, aac(44_100, 2));
    for expected in ["audio/aac", "audio/mpeg"] {
        source.play(&mut world, 8.0);
        assert_told_to_return(&world, listener);
        listener = world.tune_in(MOUNT, Link::Fast);
        source.play(&mut world, 3.0);
        world.assert_listens(listener);
        assert_eq!(content_type(&world, listener), expected);
        if !is_closed(&world, source.peer) {
            world.disconnect(source.peer);
        }
    }
}
