//! Sources that stall while another input can play: what listeners hear, and how many tracks are cut.

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::session::CloseReason;
use coldwave::settings::{LiveStart, RelaySettings};
use coldwave::station::COMEBACK_AUDIO;
use coldwave::stream_url::StreamUrl;

use super::{Live, MOUNT, is_closed, seconds, station, with, without_autodj, world};
use crate::log::{collect, lines_with};
use crate::world::encoder::Encoder;
use crate::world::upstream::FakeUpstream;
use crate::world::{Link, World};

/// What listeners notice: tracks that were cut, frames of sources, and how often a source without a title was
/// on the air.
fn heard(world: &World, ear: Peer) -> (u64, u64, usize) {
    let skipped = world.logs[0].borrow().skipped_tracks;
    let ear = world.ear(ear);
    (skipped, ear.live_frames, ear.titles.iter().filter(|title| title.is_empty()).count())
}

#[test]
fn remains_of_a_source_that_is_given_up_do_not_interrupt_the_track() {
    type End = fn(&mut World, &Live);
    let ends: [(&str, End, CloseReason); 4] = [
        ("timeout", |world, _| world.pass(seconds(11.0)), CloseReason::SourceTimeout),
        ("reset", |world, live| world.disconnect(live.peer), CloseReason::SourceReset),
        ("end", |world, live| world.half_close(live.peer), CloseReason::SourceEnded),
        (
            "kick",
            |world, _| drop(world.get("/admin/killsource?mount=/live").by_admin().send()),
            CloseReason::Kicked,
        ),
    ];
    for (name, end, reason) in ends {
        for rest in [0.0, 0.5, 1.0, 2.5] {
            let mut world = world(station());
            world.enable_admin();
            let ear = world.tune_in(MOUNT, Link::Fast);
            let mut live = Live::source(&mut world);
            live.play(&mut world, 7.0);
            let audio = live.encoder.frames(3);
            let frame = live.encoder.frame_len();
            world.feed(live.peer, &audio[..(frame as f64 * rest) as usize]);
            world.pass(seconds(6.0));
            let before = heard(&world, ear);
            end(&mut world, &live);
            world.pass(seconds(5.0));
            assert!(is_closed(&world, live.peer));
            assert_eq!(heard(&world, ear), before, "{name} {rest}");
            assert!(world.ended.borrow().iter().any(|it| it.reason == reason), "{name}");
            assert_eq!(world.ear(ear).silent_frames, 0);
        }
    }
}

#[test]
fn audio_that_came_back_too_late_is_dropped_with_its_source() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 7.0);
    world.pass(seconds(6.0));
    let before = heard(&world, ear);
    live.play(&mut world, 3.0);
    world.disconnect(live.peer);
    world.pass(seconds(5.0));
    assert_eq!(heard(&world, ear), before);
}

#[test]
fn source_returns_after_a_stall_with_a_reserve() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    world.pass(seconds(5.0));
    let before = world.ear(ear).live_frames;
    live.play(&mut world, COMEBACK_AUDIO.as_secs_f64() - 0.5);
    assert_eq!(world.ear(ear).live_frames, before, "the AutoDJ plays on");
    live.play(&mut world, 3.0);
    assert!(world.ear(ear).live_frames > before + 30, "the source is back");
    // Now it can stall for longer than the timeout of an input without another programme.
    let tones = world.logs[0].borrow().played_by("Tone");
    for _ in 0..20 {
        world.pass(seconds(4.0));
        let audio = live.encoder.seconds(4.0);
        world.feed(live.peer, &audio);
    }
    assert_eq!(world.logs[0].borrow().played_by("Tone"), tones);
    assert_eq!(world.ear(ear).silent_frames, 0);
}

/// Three seconds of audio, three seconds without, for five minutes: an encoder that drops what it cannot
/// send.
#[test]
fn flapping_link_cuts_one_track() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(10.0));
    let mut live = Live::source(&mut world);
    for _ in 0..50 {
        live.play(&mut world, 3.0);
        live.encoder.seconds(3.0);
        world.pass(seconds(3.0));
    }
    assert!(!is_closed(&world, live.peer));
    let (skipped, frames, _) = heard(&world, ear);
    assert_eq!(skipped, 1, "when it went on air");
    assert!((100..150).contains(&frames), "three seconds of it: {frames}");
    assert_eq!(world.ear(ear).silent_frames, 0);
    live.play(&mut world, 20.0);
    assert!(world.ear(ear).live_frames > frames + 300, "a link that has recovered is on air");
}

/// The same link, and an encoder that keeps what it cannot send and sends it afterwards.
#[test]
fn flapping_link_with_a_buffering_encoder_is_on_air_without_a_gap_after_its_first_stall() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(10.0));
    let mut live = Live::source(&mut world);
    live.play(&mut world, 3.0);
    let mut tones = 0;
    for round in 0..50 {
        world.pass(seconds(3.0));
        let late = live.encoder.seconds(3.0);
        world.feed(live.peer, &late);
        live.play(&mut world, 3.0);
        if round == 1 {
            tones = world.logs[0].borrow().played_by("Tone");
        }
    }
    assert_eq!(world.logs[0].borrow().played_by("Tone"), tones);
    let ear = world.ear(ear);
    assert!(ear.live_frames as f64 > 280.0 * 38.0, "{}", ear.live_frames);
    assert_eq!(ear.silent_frames, 0);
}

#[test]
fn link_that_carries_half_of_the_audio_is_on_air_once() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.pass(seconds(10.0));
    let mut live = Live::source(&mut world);
    live.play_at(&mut world, 120.0, 0.5);
    let (skipped, frames, titles) = heard(&world, ear);
    assert_eq!(skipped, 1, "once, when the source went on the air");
    assert!((50..200).contains(&frames), "{frames}");
    assert_eq!(titles, 1);
    assert_eq!(world.ear(ear).silent_frames, 0);
}

#[test]
fn link_that_is_ten_percent_too_thin_is_given_up_after_some_attempts() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play_at(&mut world, 600.0, 0.9);
    let frames = world.ear(ear).live_frames;
    let skipped = world.logs[0].borrow().skipped_tracks;
    assert!(skipped <= 6, "{skipped}");
    live.play_at(&mut world, 600.0, 0.9);
    assert_eq!((world.ear(ear).live_frames, world.logs[0].borrow().skipped_tracks), (frames, skipped));
}

/// A source that stalls, is closed and reconnects, again and again.
#[test]
fn source_that_reconnects_after_each_stall_has_to_prove_itself() {
    let mut world = world(with(|it| it.timeout = seconds(4.0)));
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    for _ in 0..40 {
        live.play(&mut world, 3.0);
        world.pass(seconds(5.0));
        assert!(is_closed(&world, live.peer));
        live.reconnect(&mut world);
    }
    let (skipped, ..) = heard(&world, ear);
    assert!(skipped <= 3, "{skipped} tracks in five minutes");
    // A new connection that keeps real time is on air within a minute.
    live.play(&mut world, 60.0);
    let before = world.ear(ear).live_frames;
    live.play(&mut world, 5.0);
    assert!(world.ear(ear).live_frames > before + 100);
}

#[test]
fn upload_that_is_complete_is_played_whole_after_stalls_of_the_same_user() {
    let mut world = world(with(|it| it.timeout = seconds(4.0)));
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    for _ in 0..3 {
        live.play(&mut world, 3.0);
        world.pass(seconds(5.0));
        live.reconnect(&mut world);
    }
    let before = world.ear(ear).live_frames;
    let audio = live.encoder.frames(150);
    world.feed(live.peer, &audio);
    world.half_close(live.peer);
    world.pass(seconds(8.0));
    assert_eq!(world.ear(ear).live_frames - before, 150);
}

#[test]
fn source_that_reconnects_after_its_first_stall_is_back_at_once() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 100.0);
    world.pass(seconds(6.0));
    let mut second = Live::connect(&mut world, 2, "source", "deep water");
    second.play(&mut world, 2.0);
    assert!(is_closed(&world, live.peer));
    assert_eq!(world.ended.borrow().last().map(|it| it.reason), Some(CloseReason::Replaced));
    assert!(world.ear(ear).last_number(2) > 50);
}

#[test]
fn other_user_is_on_air_at_once_after_a_source_that_has_stalled_often() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    for _ in 0..10 {
        live.play(&mut world, 3.0);
        world.pass(seconds(3.0));
    }
    world.disconnect(live.peer);
    let mut nadia = Live::connect(&mut world, 2, "nadia", "nadia-pw");
    nadia.play(&mut world, 2.0);
    assert!(world.ear(ear).last_number(2) > 50);
}

#[test]
fn station_without_an_autodj_plays_what_a_weak_source_sends() {
    let mut world = without_autodj(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    for _ in 0..20 {
        live.play(&mut world, 3.0);
        world.pass(seconds(3.0));
    }
    let sent = live.encoder.frames_made;
    assert!(world.ear(ear).live_frames + 5 >= sent, "{} of {sent}", world.ear(ear).live_frames);
    // What remains of it after its end does not interrupt the silence either.
    world.pass(seconds(5.0));
    let before = heard(&world, ear);
    world.disconnect(live.peer);
    world.pass(seconds(5.0));
    assert_eq!(heard(&world, ear), before);
}

#[test]
fn source_that_is_lost_while_it_waits_for_the_end_of_the_track_is_never_heard() {
    for (is_lost, is_heard) in [(true, false), (false, true)] {
        let mut world = world(with(|it| it.live_start = LiveStart::EndOfTrack));
        let ear = world.tune_in(MOUNT, Link::Fast);
        let mut live = Live::source(&mut world);
        live.play(&mut world, 4.0);
        if is_lost {
            world.disconnect(live.peer)
        } else {
            world.half_close(live.peer)
        }
        world.pass(seconds(20.0));
        assert_eq!(world.ear(ear).live_frames > 0, is_heard);
    }
}

#[test]
fn title_of_the_track_stays_while_a_stalled_source_is_given_up() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 7.0);
    world.pass(seconds(6.0));
    let (title, changes) = (world.station(0).title().to_owned(), world.station(0).title_changes());
    let history = world.station(0).history().latest().count();
    let mut encoder = Encoder::new(&world.logs[0], 2, Header::DEFAULT);
    world.feed(live.peer, &encoder.frames(2));
    world.disconnect(live.peer);
    world.pass(seconds(1.0));
    assert_eq!((world.station(0).title(), world.station(0).title_changes()), (&*title, changes));
    assert_eq!(world.station(0).history().latest().count(), history);
    world.assert_listens(ear);
}

#[test]
fn upstream_that_stalls_costs_one_track_and_is_back_with_its_next_connection() {
    for on_demand in [false, true] {
        let mut settings = station();
        let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
        settings.relay = Some(RelaySettings::new(url, on_demand));
        let mut world = World::with(1, vec![settings]);
        let ear = world.tune_in(MOUNT, Link::Fast);
        world.wait_for_dial();
        let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
        let mut upstream = FakeUpstream::accept(&mut world, encoder);
        upstream.answer(&mut world, "HTTP/1.1 200 OK\nContent-Type: audio/mpeg");
        upstream.play(&mut world, 10.0);
        world.pass(seconds(5.0));
        let before = heard(&world, ear);
        upstream.play(&mut world, 2.0);
        world.disconnect(upstream.peer);
        world.wait_for_dial();
        assert_eq!(heard(&world, ear), before, "on demand: {on_demand}");
        upstream.reconnect(&mut world);
        upstream.answer(&mut world, "HTTP/1.1 200 OK\nContent-Type: audio/mpeg");
        upstream.play(&mut world, 2.0);
        assert!(world.ear(ear).live_frames > before.1 + 50, "on demand: {on_demand}");
    }
}

/// The link of an upstream breaks every 20 s for longer than its reserve lasts.
#[test]
fn upstream_whose_connection_breaks_again_and_again_has_to_prove_itself() {
    let mut settings = station();
    let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
    settings.relay = Some(RelaySettings::new(url, false));
    let mut world = World::with(1, vec![settings]);
    collect();
    let ear = world.tune_in(MOUNT, Link::Fast);
    world.wait_for_dial();
    let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let mut upstream = FakeUpstream::accept(&mut world, encoder);
    for round in 0..12 {
        upstream.answer(&mut world, "HTTP/1.1 200 OK\nContent-Type: audio/mpeg");
        let before = world.ear(ear).live_frames;
        upstream.play(&mut world, 2.0);
        let is_back_at_once = world.ear(ear).live_frames > before + 30;
        assert_eq!(is_back_at_once, round <= 1, "connection {round}");
        upstream.play(&mut world, 18.0);
        world.disconnect(upstream.peer);
        world.pass(seconds(8.0));
        world.wait_for_dial();
        upstream.reconnect(&mut world);
    }
    let (skipped, ..) = heard(&world, ear);
    assert!(skipped <= 5, "{skipped} tracks in five minutes");
    assert_eq!(lines_with("has stalled"), [""; 0], "its connection was lost");
    assert!(!lines_with("is off the air until it is connected again").is_empty());
}

/// A station without an AutoDJ: the link hangs, then all that the encoder has kept arrives together with the
/// end.
#[test]
fn end_of_a_stalled_source_is_played_if_only_silence_was_on_air() {
    for kept in [2.0_f64, 3.0, 8.0] {
        for is_lost in [false, true] {
            let mut world = without_autodj(station());
            let ear = world.tune_in(MOUNT, Link::Fast);
            let mut live = Live::source(&mut world);
            live.play(&mut world, 7.0);
            world.pass(seconds(kept.min(5.0)));
            let audio = live.encoder.seconds(kept);
            let now = world.now;
            for piece in audio.chunks(16_000) {
                world.server.received(live.peer, piece, now);
            }
            if is_lost {
                world.disconnect(live.peer);
            } else {
                world.half_close(live.peer);
            }
            world.pass(seconds(10.0));
            assert!(is_closed(&world, live.peer));
            assert_eq!(world.ear(ear).live_frames, live.encoder.frames_made, "{kept} s, lost: {is_lost}");
        }
    }
}

/// A station without an AutoDJ: all that the encoder has kept during a hang arrives at once.
#[test]
fn source_that_has_stalled_twice_loses_nothing_if_only_silence_was_on_air() {
    let mut world = without_autodj(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    for time in [7.0, 2.0] {
        live.play(&mut world, time);
        world.pass(seconds(8.0));
    }
    let (audio, now) = (live.encoder.seconds(8.0), world.now);
    world.server.received(live.peer, &audio, now);
    live.play(&mut world, 5.0);
    world.half_close(live.peer);
    world.pass(seconds(12.0));
    assert_eq!(world.ear(ear).live_frames, live.encoder.frames_made);
}

/// A source that waits for the end of the track and still has to prove itself when a track ends waits for the
/// next end.
#[test]
fn source_that_has_to_prove_itself_at_the_end_of_a_track_waits_for_the_next_one() {
    let mut world = world(with(|it| it.live_start = LiveStart::EndOfTrack));
    world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    live.play(&mut world, 30.0);
    for time in [10.0, 15.0] {
        world.pass(seconds(9.0));
        live.play(&mut world, time);
    }
    world.pass(seconds(9.0));
    world.disconnect(live.peer);
    world.pass(seconds(65.0));
    let tones = |world: &World| world.logs[0].borrow().played_by("Tone") % 500;
    while !(380..440).contains(&tones(&world)) {
        world.pass(seconds(0.02));
    }
    live.reconnect(&mut world);
    let mut played = 0.0;
    while world.station(0).now_playing().input_name != "source" {
        live.play(&mut world, 0.1);
        played += 0.1;
        assert!(played < 60.0);
    }
    assert!(played > 6.0, "its proof takes five seconds: {played}");
    assert_eq!(tones(&world), 0, "after {played:.1} s");
}
