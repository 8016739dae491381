//! Sources and upstreams in another format than that of the station: listeners never meet a seam.

mod changes;
mod failures;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::{Codec, Format, Header};
use coldwave::server::Peer;
use coldwave::settings::{FormatSettings, Process, StationSettings};
use coldwave::station::Input;
use fastrand::Rng;

use super::{Live, MOUNT, is_closed, seconds, station};
use crate::log::{collect, lines_with};
use crate::world::converters::FakeConverters;
use crate::world::encoder::Encoder;
use crate::world::tone::Tone;
use crate::world::{Link, Setup, World, seed};

/// How long a request takes: longer than that of a real worker.
const DELAY: Duration = Duration::from_millis(20);

/// The configured format of the station.
const FIXED: FormatSettings = FormatSettings { rate: Some(44_100), channels: Some(2), kbps: None };

/// The format of its frames.
const FORMAT: Format = Format { codec: Codec::Mp3, rate: 44_100, channels: 2 };

fn fixed() -> StationSettings {
    StationSettings { format: FIXED, ..station() }
}

/// Creates a world with converters, whose station plays a tone.
fn world(settings: StationSettings) -> World {
    start(Setup::with(vec![settings]))
}

/// The same without an AutoDJ.
fn without_autodj(settings: StationSettings) -> World {
    start(Setup { stations: vec![(settings, Vec::new())], logs: vec![Rc::default()], ..Setup::default() })
}

fn start(setup: Setup) -> World {
    let converters = FakeConverters::default();
    converters.set(|knobs| knobs.delay = DELAY);
    World::start(seed(7), Setup { converters: Some(converters), ..setup })
}

fn converters(world: &World) -> FakeConverters {
    world.converters.clone().expect("the world has converters")
}

fn mp3(rate: u32, channels: u8) -> Header {
    Header::new_mp3(rate, channels, 64).expect("a format of MP3")
}

/// Connects a source of 48 kHz, mono.
fn foreign(world: &mut World) -> Live {
    let live = Live::source(world);
    Live { encoder: Encoder::new(&world.logs[0], 1, mp3(48_000, 1)), ..live }
}

/// Sets the title of the frames that follow, as encoders do with an HTTP request.
fn set_title(world: &mut World, live: &Live, title: &str) {
    live.encoder.set_title(title);
    let request = format!("/admin.cgi?mode=updinfo&pass=deep%20water&song={title}");
    assert_eq!(world.get(&request).agent("Mozilla").send().status(), 200);
}

/// Returns the number of frames that this audio becomes.
fn converted(frames: u64, from: Header, to: Header) -> u64 {
    let samples = frames * u64::from(from.samples()) * u64::from(to.rate());
    samples / (u64::from(from.rate()) * u64::from(to.samples()))
}

/// Fails unless the listener has received one format and no silence.
#[track_caller]
fn assert_seamless(world: &World, listener: Peer) {
    let ear = world.ear(listener);
    assert_eq!(ear.formats, [Header::DEFAULT.format()]);
    assert_eq!((ear.silent_frames, ear.skips), (0, 0));
}

#[test]
fn source_in_another_format_is_converted_between_two_tracks() {
    collect();
    let mut world = world(fixed());
    let listener = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(7.0));
    let mut live = foreign(&mut world);
    live.play(&mut world, 20.0);
    assert_eq!(world.station(0).now_playing().input_name, "source");
    let sent = live.encoder.frames_made;
    world.disconnect(live.peer);
    world.pass(seconds(10.0));
    assert_seamless(&world, listener);
    let ear = world.ear(listener);
    let expected = converted(sent, mp3(48_000, 1), Header::DEFAULT);
    // The encoder's delay is a frame, and the last frame may be incomplete.
    assert_eq!(ear.converted_frames.clamp(expected + 1, expected + 2), ear.converted_frames, "{expected}");
    assert_eq!(ear.titles[..3], ["Tone 1", "", "Tone 1"], "each title ends with its input");
    assert_eq!(converters(&world).running(), 0, "the converter ends with the source");
    let line =
        "/live: source source sends MP3, 48000 Hz, mono; converted to MP3, 44100 Hz, stereo, 128 kbit/s";
    assert_eq!(lines_with("sends").as_slice(), [line]);
}

/// The ear knows at which converted frame each title begins, and checks it.
#[test]
fn titles_of_a_converted_source_begin_at_the_computed_frame() {
    for (rate, channels) in [(48_000, 1), (44_100, 1), (32_000, 2), (22_050, 2), (8000, 1)] {
        // There is a metadata block in every frame.
        let mut world = world(StationSettings { metaint: 256, ..fixed() });
        let listener = world.tune_in(MOUNT, Link::Fast);
        let live = Live::source(&mut world);
        let encoder = Encoder::new(&world.logs[0], 1, mp3(rate, channels));
        let mut live = Live { encoder, ..live };
        let mut rng = Rng::with_seed(rate.into());
        let titles: Vec<String> = (0..40).map(|number| format!("T{number}")).collect();
        for title in &titles {
            live.play(&mut world, 0.1 + rng.f64() * 1.5);
            set_title(&mut world, &live, title);
        }
        live.play(&mut world, 5.0);
        assert_seamless(&world, listener);
        let heard = &world.ear(listener).titles;
        assert_eq!(heard[heard.len() - titles.len()..], titles, "{rate} Hz, {channels} channels");
    }
}

#[test]
fn opening_title_is_that_of_the_first_converted_frame() {
    let mut world = without_autodj(fixed());
    let listener = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(3.0));
    let mut live = foreign(&mut world);
    live.encoder.set_next_title("Early");
    let request = "/admin.cgi?mode=updinfo&pass=deep%20water&song=Early";
    assert_eq!(world.get(request).agent("Mozilla").send().status(), 200);
    live.play(&mut world, 5.0);
    let ear = world.ear(listener);
    assert_eq!((&ear.titles[..], &ear.formats[..]), (&["".into(), "Early".into()][..], &[FORMAT][..]));
}

#[test]
fn source_in_the_format_of_the_station_is_never_converted() {
    let mut world = world(fixed());
    let listener = world.tune_in(MOUNT, Link::Fast);
    let header = Header::new_mp3(44_100, 2, 320).expect("a format of MP3");
    let live = Live::source(&mut world);
    let mut live = Live { encoder: Encoder::new(&world.logs[0], 1, header), ..live };
    live.play(&mut world, 10.0);
    assert_seamless(&world, listener);
    assert!(converters(&world).starts().is_empty());
    assert!(world.ear(listener).live_frames > 300 && world.ear(listener).converted_frames == 0);
}

#[test]
fn nothing_is_converted_without_a_fixed_format_or_with_process_never() {
    let unknown = (station(), "set format");
    let never = (StationSettings { process: Process::Never, ..fixed() }, "set process = \"when_needed\"");
    for (settings, remedy) in [unknown, never] {
        collect();
        let mut world = world(settings);
        let listener = world.tune_in(MOUNT, Link::Fast);
        world.pass(seconds(5.0));
        foreign(&mut world).play(&mut world, 10.0);
        assert!(converters(&world).starts().is_empty());
        assert_eq!(world.ear(listener).formats, [FORMAT, mp3(48_000, 1).format()]);
        let line = format!(
            "/live: source sends MP3, 48000 Hz, mono, the station has played MP3, 44100 Hz, stereo: browsers \
             stop at the change; change the encoder, or {remedy}"
        );
        assert_eq!(lines_with("sends"), [line]);
    }
}

#[test]
fn each_sender_in_another_format_is_named_once() {
    collect();
    let mut world = world(StationSettings { process: Process::Never, ..station() });
    let mut first = foreign(&mut world);
    first.play(&mut world, 5.0);
    first.encoder.set_header(mp3(44_100, 2));
    first.play(&mut world, 5.0);
    first.encoder.set_header(mp3(48_000, 1));
    first.play(&mut world, 5.0);
    assert_eq!(lines_with("browsers stop").len(), 1, "{:?}", lines_with("sends"));
    world.disconnect(first.peer);
    world.pass(seconds(15.0));
    foreign(&mut world).play(&mut world, 5.0);
    assert_eq!(lines_with("browsers stop").len(), 2);
}

#[test]
fn process_always_converts_sources_in_the_format_too() {
    let mut world = world(StationSettings { process: Process::Always, ..fixed() });
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    assert_seamless(&world, listener);
    assert_eq!(world.ear(listener).live_frames, world.ear(listener).converted_frames);
    assert!(world.ear(listener).converted_frames > 300);
}

#[test]
fn format_that_the_input_has_decided_is_used() {
    let logs = vec![Rc::new(RefCell::new(Default::default()))];
    let mut tone = Tone::new("Tone", &logs[0]);
    let fixed = mp3(48_000, 2);
    tone.set_format(fixed);
    let inputs: Vec<Box<dyn Input>> = vec![Box::new(tone)];
    let stations = vec![(StationSettings { music: vec!["music".into()], ..station() }, inputs)];
    let mut world = start(Setup { stations, logs, ..Setup::default() });
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    assert_eq!(world.ear(listener).formats, [fixed.format()]);
    assert!(world.ear(listener).converted_frames > 300);
}

/// The station's format is announced, and silence has it, before anything was played.
#[test]
fn station_with_a_fixed_format_starts_in_it() {
    let format = FormatSettings { rate: Some(22_050), channels: Some(1), kbps: Some(48) };
    let mut world = without_autodj(StationSettings { format, ..station() });
    let listener = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(3.0));
    Live::source(&mut world).play(&mut world, 5.0);
    let ear = world.ear(listener);
    assert!(ear.silent_frames > 0 && ear.converted_frames > 100);
    assert_eq!(ear.formats, [mp3(22_050, 1).format()], "silence too");
    for line in ["icy-br: 48", "ice-audio-info: bitrate=48;samplerate=22050;channels=1"] {
        assert!(ear.head().contains(line), "{}", ear.head());
    }
}

#[test]
fn format_that_changes_in_mid_stream_is_converted_from_that_frame_on() {
    let mut world = world(fixed());
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    let formats =
        [mp3(44_100, 2), mp3(48_000, 1), mp3(32_000, 2), mp3(44_100, 2), mp3(22_050, 1), mp3(44_100, 2)];
    for (part, header) in formats.into_iter().enumerate() {
        live.encoder.set_header(header);
        live.play(&mut world, 4.0);
        let title = format!("Part {part}");
        set_title(&mut world, &live, &title);
        live.play(&mut world, 4.0);
    }
    let sent = live.encoder.frames_made;
    world.disconnect(live.peer);
    world.pass(seconds(5.0));
    assert_seamless(&world, listener);
    let ear = world.ear(listener);
    assert_eq!(ear.encoders(), [1]);
    assert_eq!(ear.last_number(1), sent, "to the last frame");
    let parts: Vec<_> = ear.titles.iter().filter(|title| title.starts_with("Part")).collect();
    assert_eq!(parts.len(), formats.len());
    assert_eq!(converters(&world).starts().len(), 2, "one for each time away from the format");
}

#[test]
fn fast_source_is_paused_while_it_is_converted_and_loses_no_audio() {
    let mut world = world(fixed());
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = foreign(&mut world);
    let audio = live.encoder.seconds(120.0);
    world.feed(live.peer, &audio);
    world.pass(seconds(5.0));
    assert!(world.server.is_read_paused(live.peer));
    assert!(world.socket(live.peer).outbox.len() > audio.len() * 2 / 3, "most of the audio is not read");
    world.pass(seconds(130.0));
    assert!(is_closed(&world, live.peer), "then the silent source times out");
    assert_seamless(&world, listener);
    let expected = converted(live.encoder.frames_made, mp3(48_000, 1), Header::DEFAULT);
    assert!((expected..expected + 3).contains(&world.ear(listener).converted_frames));
    assert_eq!(world.ear(listener).last_number(1), live.encoder.frames_made);
}
