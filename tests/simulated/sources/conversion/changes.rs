//! Takeovers, kicks, recordings and relays of what is converted.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::Frame;
use coldwave::icy::Title;
use coldwave::server::Hooks;
use coldwave::settings::{LiveStart, RecordSettings, RelaySettings, StationSettings, Takeover};
use coldwave::station::RecordingSink;
use coldwave::stream_url::StreamUrl;

use super::super::{Live, MOUNT, is_closed, log_in, seconds};
use super::{FORMAT, assert_seamless, converters, fixed, foreign, mp3, start, without_autodj, world};
use crate::log::{collect, lines_with};
use crate::world::encoder::Encoder;
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, Setup};

#[test]
fn source_that_replaces_a_converted_one_gets_its_own_converter() {
    let mut settings = fixed();
    settings.sources.takeover = Takeover::AnyUser;
    let mut world = world(settings);
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut first = foreign(&mut world);
    first.play(&mut world, 8.0);
    converters(&world).set(|knobs| knobs.delay = Duration::from_millis(500));
    first.play(&mut world, 1.0);
    let otto = log_in(&mut world, "otto", "otto-pw");
    let second = Encoder::new(&world.logs[0], 2, mp3(32_000, 2));
    let mut second = Live { encoder: second, user: "otto", password: "otto-pw", peer: otto };
    second.play(&mut world, 0.5);
    assert!(is_closed(&world, first.peer));
    let heard = world.ear(listener).last_number(1);
    second.play(&mut world, 5.0);
    assert_eq!(world.ear(listener).last_number(1), heard, "what was in the converter is dropped");
    assert_eq!(world.ear(listener).encoders(), [1, 2]);
    assert_eq!((converters(&world).running(), converters(&world).starts().len()), (1, 2));
    assert_seamless(&world, listener);
}

#[test]
fn kicked_source_goes_off_air_at_once() {
    let mut world = world(fixed());
    world.enable_admin();
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = foreign(&mut world);
    live.play(&mut world, 8.0);
    let reply = world.get("/admin/killsource?mount=/live").by_admin().send();
    assert_eq!(reply.status(), 200, "{reply}");
    world.turn();
    let heard = world.ear(listener).converted_frames;
    world.pass(seconds(5.0));
    assert!(world.ear(listener).converted_frames <= heard + 50, "at most what is on the timeline is heard");
    assert_eq!(converters(&world).running(), 0);
    assert_seamless(&world, listener);
}

#[test]
fn converted_source_waits_for_the_end_of_the_track() {
    let mut settings = fixed();
    settings.sources.live_start = LiveStart::EndOfTrack;
    let mut world = world(settings);
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = foreign(&mut world);
    live.play(&mut world, 6.0);
    assert_eq!((world.is_live(0), world.ear(listener).live_frames), (true, 0), "the source waits");
    live.play(&mut world, 6.0);
    assert_eq!(world.logs[0].borrow().played_by("Tone"), 500, "the track is played to its end");
    assert!(world.ear(listener).converted_frames > 50, "then the source is on the air");
    assert_seamless(&world, listener);
}

/// Collects the bytes of a recording.
#[derive(Debug)]
struct Recorded(Rc<RefCell<Vec<u8>>>);

impl RecordingSink for Recorded {
    fn write_title(&mut self, _: &Title) {}

    fn write_frame(&mut self, frame: &Frame<'_>) {
        self.0.borrow_mut().extend_from_slice(frame.bytes);
    }
}

#[test]
fn recording_has_what_the_source_sent() {
    let recorded: Rc<RefCell<Vec<u8>>> = Rc::default();
    let sink = recorded.clone();
    let hooks = Hooks {
        recorder: Box::new(move |_, _, _| Some(Box::new(Recorded(sink.clone())))),
        ..Hooks::default()
    };
    let record = RecordSettings { folder: "rec".into(), pattern: "{dj}".into() };
    let settings = StationSettings { record: Some(record), ..fixed() };
    let mut world = start(Setup { hooks, ..Setup::with(vec![settings]) });
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = foreign(&mut world);
    let mut sent = Vec::new();
    for _ in 0..50 {
        let audio = live.encoder.seconds(0.1);
        world.feed(live.peer, &audio);
        sent.extend(audio);
        world.pass(seconds(0.1));
    }
    world.disconnect(live.peer);
    world.pass(seconds(1.0));
    assert!(*recorded.borrow() == sent, "unconverted");
    assert_seamless(&world, listener);
}

fn relayed() -> StationSettings {
    let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
    StationSettings { relay: Some(RelaySettings::new(url, false)), ..fixed() }
}

#[test]
fn upstream_in_another_format_is_converted_with_its_titles() {
    collect();
    let mut world = without_autodj(relayed());
    world.turn();
    let listener = world.tune_in(MOUNT, Link::Fast);
    let encoder = Encoder::new(&world.logs[0], 1, mp3(48_000, 1));
    let mut upstream = FakeUpstream::accept(&mut world, encoder);
    // Its first title applies to the frames before it, too: some of them are being converted when it arrives.
    upstream.encoder.set_next_title("Tidewater");
    upstream.queue_title("Tidewater");
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 10.0);
    upstream.queue_title("Ebb");
    upstream.play(&mut world, 10.0);
    assert_seamless(&world, listener);
    let ear = world.ear(listener);
    assert_eq!(ear.titles, ["Tidewater", "Ebb"]);
    let behind = upstream.encoder.frames_made - ear.last_number(1);
    assert!(behind as f64 * upstream.encoder.frame_seconds() < 4.0, "{behind} frames");
    let line = "/live: the relay of http://radio.example:8000/live sends MP3, 48000 Hz, mono; \
                converted to MP3, 44100 Hz, stereo, 128 kbit/s";
    assert_eq!(lines_with("sends").as_slice(), [line]);
}

#[test]
fn upstream_that_reconnects_continues_without_a_seam() {
    let mut world = without_autodj(relayed());
    world.turn();
    let listener = world.tune_in(MOUNT, Link::Fast);
    let encoder = Encoder::new(&world.logs[0], 1, mp3(48_000, 1));
    let mut upstream = FakeUpstream::accept(&mut world, encoder);
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    upstream.play(&mut world, 10.0);
    for _ in 0..5 {
        let sent = upstream.encoder.frames_made;
        world.disconnect(upstream.peer);
        world.pass(seconds(0.3));
        assert_eq!(converters(&world).running(), 0, "the end of the stream is converted, too");
        world.wait_for_dial();
        upstream.reconnect(&mut world);
        upstream.answer_icy(&mut world);
        upstream.play(&mut world, 8.0);
        assert!(world.ear(listener).last_number(1) > sent);
    }
    assert_eq!(world.ear(listener).formats, [FORMAT]);
    assert_eq!(converters(&world).starts().len(), 6);
}
