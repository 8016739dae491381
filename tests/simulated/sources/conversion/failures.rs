//! Converters that die, hang or cannot be started.

use std::time::Duration;

use coldwave::station::UNCONVERTED_MIN;
use fastrand::Rng;

use super::super::{MOUNT, is_closed, seconds};
use super::{FORMAT, assert_seamless, converters, fixed, foreign, mp3, set_title, world};
use crate::log::{collect, lines_with};
use crate::world::converters::FakeConverters;
use crate::world::{Link, Setup, World, seed};

/// Neither a frame nor a title is lost with the converter: frames in it are converted again.
#[test]
fn death_of_the_converter_costs_no_frame_and_no_title() {
    let mut world = world(fixed());
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = foreign(&mut world);
    live.play(&mut world, 3.0);
    let mut rng = Rng::with_seed(3);
    for death in 0..100 {
        set_title(&mut world, &live, &format!("T{death}"));
        live.play(&mut world, 0.1 + rng.f64());
        world.pass(Duration::from_millis(rng.u64(..40)));
        converters(&world).kill();
        let before = world.ear(listener).converted_frames;
        live.play(&mut world, 1.5);
        assert!(world.ear(listener).converted_frames > before, "sound is back within a second");
    }
    let sent = live.encoder.frames_made;
    world.disconnect(live.peer);
    world.pass(seconds(5.0));
    assert_seamless(&world, listener);
    assert_eq!(world.ear(listener).last_number(1), sent);
    assert_eq!(converters(&world).starts().len(), 101);
    let titles = world
        .ear(listener)
        .titles
        .iter()
        .filter(|title| title.starts_with('T') && !title.starts_with("Tone"));
    assert_eq!(titles.count(), 100);
}

#[test]
fn frames_that_kill_a_second_converter_are_dropped_and_their_title_stays() {
    let mut world = world(fixed());
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = foreign(&mut world);
    live.play(&mut world, 3.0);
    set_title(&mut world, &live, "Lost and found");
    let frames = live.encoder.frames(10);
    world.feed(live.peer, &frames);
    for _ in 0..2 {
        converters(&world).kill();
        world.turn();
    }
    live.encoder.set_next_title("Lost and found");
    live.play(&mut world, 3.0);
    let ear = world.ear(listener);
    assert_eq!((ear.silent_frames, &ear.formats[..]), (0, &[FORMAT][..]));
    assert_eq!(ear.titles.last().map(String::as_str), Some("Lost and found"));
}

#[test]
fn source_passes_with_a_warning_while_conversion_is_impossible() {
    collect();
    let mut world = world(fixed());
    let listener = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(5.0));
    converters(&world).set(|knobs| knobs.unavailable = Some("the encode worker died too often".into()));
    let mut live = foreign(&mut world);
    live.play(&mut world, UNCONVERTED_MIN.as_secs_f64() - 10.0);
    assert_eq!(converters(&world).starts().len(), 1, "it is not tried again at once");
    let before = world.ear(listener).live_frames;
    assert_eq!(before, world.ear(listener).last_number(1), "every frame passes");
    assert_eq!(world.ear(listener).formats, [FORMAT, mp3(48_000, 1).format()]);
    live.play(&mut world, UNCONVERTED_MIN.as_secs_f64());
    assert_eq!(converters(&world).starts().len(), 2);
    let line = "/live: source source sends MP3, 48000 Hz, mono; not converted to MP3, 44100 Hz, stereo, 128 kbit/s for a minute: \
                the encode worker died too often; \
                browsers stop at the change";
    assert_eq!(lines_with("sends").as_slice(), [line], "one line, not one a minute");
    converters(&world).set(|knobs| knobs.unavailable = None);
    live.play(&mut world, UNCONVERTED_MIN.as_secs_f64() + 5.0);
    let ear = world.ear(listener);
    assert_eq!((ear.skips, ear.silent_frames), (0, 0), "no frame is lost when conversion begins");
    assert_eq!(ear.formats, [FORMAT, mp3(48_000, 1).format(), FORMAT]);
    assert_eq!(lines_with("sends").len(), 2);
}

#[test]
fn converter_that_does_not_respond_is_given_up() {
    let mut world = world(fixed());
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = foreign(&mut world);
    live.play(&mut world, 5.0);
    let tones = |world: &World| world.logs[0].borrow().played_by("Tone");
    converters(&world).set(|knobs| knobs.hangs = true);
    let before = tones(&world);
    live.play(&mut world, 8.0);
    assert!(tones(&world) > before, "the AutoDJ fills in");
    assert!(!is_closed(&world, live.peer));
    converters(&world).set(|knobs| knobs.hangs = false);
    live.play(&mut world, 6.0);
    let resumed = tones(&world);
    live.play(&mut world, 5.0);
    assert_eq!(tones(&world), resumed, "the source is back on the air");
    let feed_delay = live.encoder.frames_made - world.ear(listener).last_number(1);
    assert!(
        feed_delay as f64 * live.encoder.frame_seconds() < 3.0,
        "its audio is not late: {feed_delay} frames"
    );
    assert_eq!((world.ear(listener).silent_frames, &world.ear(listener).formats[..]), (0, &[FORMAT][..]));
    // A converter that never responds is not tried again at once: the source passes.
    converters(&world).set(|knobs| knobs.hangs = true);
    live.play(&mut world, 30.0);
    assert_eq!(world.ear(listener).formats, [FORMAT, mp3(48_000, 1).format()]);
    assert!(!is_closed(&world, live.peer));
}

#[test]
fn end_of_a_source_whose_converter_hangs_does_not_interrupt_the_next_input() {
    let mut world = world(fixed());
    let listener = world.tune_in(MOUNT, Link::Fast);
    let mut live = foreign(&mut world);
    live.play(&mut world, 8.0);
    converters(&world).set(|knobs| knobs.delay = seconds(5.0));
    live.play(&mut world, 0.5);
    world.disconnect(live.peer);
    world.pass(seconds(4.0));
    let ended = world.ear(listener).converted_frames;
    assert_eq!(world.station(0).now_playing().input_name, "Tone");
    world.pass(seconds(15.0));
    assert_eq!(world.ear(listener).converted_frames, ended);
    assert_seamless(&world, listener);
}

/// A source comes and goes, changes its format, while converters die and slow down.
#[test]
fn listeners_meet_no_seam_in_any_order_of_events() {
    let seed = seed(99);
    let mut rng = Rng::with_seed(seed);
    let setup = Setup::with(vec![fixed()]);
    let mut world = World::start(seed, Setup { converters: Some(FakeConverters::default()), ..setup });
    let links = [Link::Fast, Link::Erratic, Link::Slow { per_second: 40_000, buffer: 128_000 }];
    let listeners = links.map(|link| world.tune_in(MOUNT, link));
    let mut live = foreign(&mut world);
    let mut changed_at = 0;
    for _ in 0..1000 {
        converters(&world).set(|knobs| knobs.delay = Duration::from_millis(rng.u64(..80)));
        match rng.u8(..6) {
            0 => world.disconnect(live.peer),
            1 => converters(&world).kill(),
            2 => {
                let (rate, channels) = (rng.choice([8000, 22_050, 32_000, 44_100, 48_000]), rng.u8(1..3));
                live.encoder.set_header(mp3(rate.expect("a rate"), channels));
                changed_at = live.encoder.frames_made;
            }
            3 => live.play_at(&mut world, rng.f64() * 3.0, 3.0),
            // The server has received all frames, and holds back only the last one. After a change of the
            // format, it holds back more until the next ones confirm them.
            4 if world.is_live(0)
                && world.socket(live.peer).outbox.is_empty()
                && live.encoder.frames_made > changed_at + 3 =>
            {
                set_title(&mut world, &live, &format!("R{}", rng.u8(..)))
            }
            _ => world.pass(seconds(rng.f64() * 3.0)),
        }
        if is_closed(&world, live.peer) {
            live.reconnect(&mut world);
        }
        live.play(&mut world, rng.f64() * 3.0);
        world.forget_closed();
        if !world.net.peers.contains_key(&live.peer) {
            live.reconnect(&mut world);
        }
    }
    for listener in listeners {
        world.assert_listens(listener);
        let ear = world.ear(listener);
        assert_eq!(ear.formats, [FORMAT]);
        assert!(ear.converted_frames > 10_000, "{}", ear.converted_frames);
    }
}
