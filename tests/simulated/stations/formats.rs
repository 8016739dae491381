//! Stations whose codec, sampling rate or channel count changes by their settings.

use std::cell::RefCell;
use std::rc::Rc;

use coldwave::audio::{Codec, Format, Header};
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{FormatSettings, StationCodec, StationSettings};
use coldwave::station::{Input, ReplaceWhen};

use super::{SECOND, assert_undisturbed, log_in, station, with_sources};
use crate::world::converters::FakeConverters;
use crate::world::encoder::Encoder;
use crate::world::tone::{Log, Tone};
use crate::world::{Link, Setup, World, seed};

const TRACK: u64 = 500;

fn mp3(rate: u32) -> Header {
    Header::new_mp3(rate, 2, 128).expect("a format of MP3")
}

fn with_rate(settings: StationSettings, rate: u32) -> StationSettings {
    let format = FormatSettings { rate: Some(rate), channels: Some(2), ..settings.format };
    StationSettings { format, ..settings }
}

/// A station with music at 44.1 kHz, and another one.
fn world() -> (World, Rc<RefCell<Log>>) {
    let mut setup = Setup::with(vec![with_rate(with_music(), 44_100), station(2)]);
    let mut tone = Tone::new("Old", &setup.logs[0]);
    tone.set_format(mp3(44_100));
    setup.stations[0].1 = vec![Box::new(tone)];
    let log = setup.logs[0].clone();
    (World::start(seed(51), setup), log)
}

fn with_music() -> StationSettings {
    StationSettings { music: vec!["music".into()], ..station(1) }
}

/// Returns an input in this format.
fn music(log: &Rc<RefCell<Log>>, header: Header) -> Vec<Box<dyn Input>> {
    let mut tone = Tone::new("New", log);
    tone.set_format(header);
    vec![Box::new(tone)]
}

fn change(world: &mut World, settings: StationSettings) {
    world.server.apply_station(world.keys[0], settings, world.now).expect("no conflict");
}

fn format(codec: Codec, rate: u32) -> Format {
    Format { codec, rate, channels: 2 }
}

/// Fails unless the listener was closed for a change of the format, and has heard only this one.
#[track_caller]
fn assert_ended(world: &mut World, listener: Peer, heard: Format) {
    assert!(world.socket(listener).finished && world.ear(listener).is_at_frame_boundary());
    assert_eq!(world.ear(listener).formats, [heard]);
    assert_eq!((world.ear(listener).skips, world.ear(listener).silent_frames), (0, 0));
    world.disconnect(listener);
    assert_eq!(world.ended.borrow().last().map(|it| it.reason), Some(CloseReason::FormatChanged));
}

#[test]
fn listeners_hear_the_track_to_its_end_before_their_stream_in_the_old_format_ends() {
    for (changed, header) in [
        (with_rate(with_music(), 48_000), mp3(48_000)),
        (
            StationSettings { codec: StationCodec::Aac, is_codec_given: true, ..with_music() },
            Header::new_aac(48_000, 2, 200).expect("a format"),
        ),
    ] {
        let (mut world, log) = world();
        let slow = Link::Slow { per_second: 40_000, buffer: 60_000 };
        let listeners = [Link::Fast, Link::Erratic, slow].map(|link| world.tune_in("/1", link));
        let other = world.tune_in_to(1, "/2", Link::Fast);
        world.pass(2 * SECOND);
        change(&mut world, changed);
        let new_music = music(&log, header);
        world.server.replace_inputs(world.keys[0], new_music, ReplaceWhen::AtTrackEnd, world.now);
        let late = world.tune_in("/1", Link::Fast);
        world.pass(3 * SECOND);
        listeners.iter().for_each(|&listener| world.assert_listens(listener));
        world.pass(8 * SECOND);
        for listener in [listeners[0], listeners[1], listeners[2], late] {
            assert_ended(&mut world, listener, format(Codec::Mp3, 44_100));
        }
        assert_eq!(log.borrow().played_by("Old"), TRACK, "the whole track");
        let again = world.tune_in("/1", Link::Fast);
        world.turn();
        let burst = world.ear(again).frames;
        world.pass(10 * SECOND);
        world.assert_listens(again);
        let heard = world.ear(again);
        assert_eq!(heard.formats, [header.format()], "it joins behind the change");
        assert_eq!((heard.skips, heard.silent_frames), (0, 0));
        assert!(burst > 4 * 38, "a whole burst: {burst}");
        assert_undisturbed(&world, &[other], 20 * SECOND);
    }
}

#[test]
fn settings_that_say_what_is_played_already_disconnect_no_listener() {
    let (mut world, _) = world();
    let listener = world.tune_in("/1", Link::Fast);
    world.pass(2 * SECOND);
    let kbps = FormatSettings { kbps: Some(64), ..with_rate(with_music(), 44_100).format };
    for settings in [
        with_music(),
        StationSettings { is_codec_given: true, ..with_music() },
        with_rate(with_music(), 44_100),
        StationSettings { format: kbps, ..with_music() },
    ] {
        change(&mut world, settings);
        world.pass(10 * SECOND);
    }
    assert_undisturbed(&world, &[listener], 42 * SECOND);
}

#[test]
fn stream_ends_at_the_first_of_several_changes() {
    let settings = with_rate(with_sources(1), 44_100);
    let mut world = World::without_inputs(seed(53), settings.clone());
    let listeners = [0; 8].map(|_| {
        world.pass(SECOND / 8);
        world.tune_in("/1", Link::Fast)
    });
    world.pass(5 * SECOND);
    for rate in [48_000, 44_100, 48_000] {
        change(&mut world, with_rate(settings.clone(), rate));
        world.pass(SECOND / 4);
    }
    world.pass(2 * SECOND);
    for listener in listeners {
        assert!(world.socket(listener).finished && world.ear(listener).is_at_frame_boundary());
        assert_eq!(world.ear(listener).formats, [format(Codec::Mp3, 44_100)]);
    }
}

#[test]
fn silence_continues_in_the_new_format() {
    let settings = with_rate(with_sources(1), 44_100);
    let mut world = World::without_inputs(seed(52), settings.clone());
    let listener = world.tune_in("/1", Link::Fast);
    world.pass(5 * SECOND);
    change(&mut world, with_rate(settings, 48_000));
    world.pass(2 * SECOND);
    assert!(world.socket(listener).finished && world.ear(listener).is_at_frame_boundary());
    assert_eq!(world.ear(listener).formats, [format(Codec::Mp3, 44_100)]);
    let again = world.tune_in("/1", Link::Fast);
    world.pass(5 * SECOND);
    assert_eq!(world.ear(again).formats, [format(Codec::Mp3, 48_000)]);
    assert!(world.ear(again).silent_frames > 9 * 38);
}

fn feed(world: &mut World, source: Peer, encoder: &mut Encoder, seconds: u32) {
    for _ in 0..seconds * 10 {
        let audio = encoder.seconds(0.1);
        world.feed(source, &audio);
        world.pass(SECOND / 10);
    }
}

#[test]
fn live_source_stays_and_is_converted_to_the_new_format() {
    let settings = with_rate(with_sources(1), 44_100);
    let stations = vec![(settings.clone(), Vec::new())];
    let converters = Some(FakeConverters::default());
    let mut world =
        World::start(seed(53), Setup { stations, logs: vec![Rc::default()], converters, ..Setup::default() });
    let source = log_in(&mut world, "/1");
    let mut encoder = Encoder::new(&world.logs[0], 1, mp3(32_000));
    feed(&mut world, source, &mut encoder, 8);
    let listener = world.tune_in("/1", Link::Fast);
    feed(&mut world, source, &mut encoder, 5);
    change(&mut world, with_rate(settings, 48_000));
    feed(&mut world, source, &mut encoder, 8);
    assert_ended(&mut world, listener, format(Codec::Mp3, 44_100));
    assert!(!world.socket(source).closed && world.is_live(0));
    let again = world.tune_in("/1", Link::Fast);
    feed(&mut world, source, &mut encoder, 8);
    world.assert_listens(again);
    assert_eq!(world.ear(again).formats, [format(Codec::Mp3, 48_000)]);
    assert_eq!(world.ear(again).silent_frames, 0);
}

#[test]
fn live_source_that_a_login_would_refuse_is_closed() {
    let mut world = World::without_inputs(seed(54), with_sources(1));
    let source = log_in(&mut world, "/1");
    let mut encoder = Encoder::new(&world.logs[0], 1, mp3(44_100));
    feed(&mut world, source, &mut encoder, 8);
    change(&mut world, StationSettings { is_codec_given: true, ..with_sources(1) });
    feed(&mut world, source, &mut encoder, 1);
    assert!(world.is_live(0), "it sends this codec");
    change(&mut world, StationSettings { codec: StationCodec::Aac, is_codec_given: true, ..with_sources(1) });
    world.pass(SECOND);
    assert!(world.socket(source).closed && !world.is_live(0));
    let reasons: Vec<_> = world.ended.borrow().iter().map(|it| it.reason).collect();
    assert!(reasons.contains(&CloseReason::NotAllowed), "{reasons:?}");
}
