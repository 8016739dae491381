//! A rendition has the whole programme of its station, with each title at its frame.

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::station::LADDER_LEAD_IN;
use coldwave::time::AudioTime;
use coldwave::transcode::Rung;
use fastrand::Rng;

use super::{
    Live, METAINT, MOUNT, RUNGS, SECOND, assert_seamless, assert_undisturbed, delay, format, ladders, length,
    play_music, rendition, seconds, start, station, tune_in_to_all, with_tone, without_autodj, world,
};
use crate::world::encoder::Encoder;
use crate::world::upstream::FakeUpstream;
use crate::world::{Setup, World};
use coldwave::settings::{RelaySettings, StationSettings};
use coldwave::stream_url::StreamUrl;

fn mp3(rate: u32, channels: u8, kbps: u16) -> Header {
    Header::new_mp3(rate, channels, kbps).expect("a format of MP3")
}

/// The longest delay of a rendition's live edge. The server sends frames about four times a second.
const DELAY_MAX_MS: u128 = 1_000;

#[test]
fn rendition_follows_autodj_live_source_and_silence_alike() {
    let (mut world, knobs) = with_tone(station(), &RUNGS, Header::DEFAULT);
    let listeners = tune_in_to_all(&mut world);
    world.pass(15 * SECOND);
    let mut live = Live::connect(&mut world, Header::DEFAULT);
    live.play(&mut world, 10.0);
    for title in ["Tidewater", "Low Fog"] {
        live.set_title(&mut world, title);
        live.play(&mut world, 5.0);
    }
    play_music(&knobs, false);
    world.disconnect(live.peer);
    world.pass(15 * SECOND);
    play_music(&knobs, true);
    world.pass(20 * SECOND);
    let silent = world.ear(listeners[0]).silent_frames;
    assert!(silent > 300, "the station was silent: {silent}");
    let titles = world.ear(listeners[0]).titles.clone();
    assert!(titles.contains(&"Low Fog".to_owned()) && titles.len() > 5, "{titles:?}");
    for (at, &listener) in listeners.iter().enumerate().skip(1) {
        assert_seamless(&world, listener);
        let ear = world.ear(listener);
        assert_eq!(ear.encoders(), [1], "rung {at}");
        assert_same_titles(&world, listeners[0], listener);
        assert_eq!(ear.last_number(1), live.encoder.frames_made, "to the last frame");
        assert!(ear.silent_frames > 250, "silence is encoded: {}", ear.silent_frames);
        let delay = delay(world.station(0), world.station(at)).as_millis();
        assert!(delay <= DELAY_MAX_MS, "rung {at} is {delay} ms late");
    }
    assert_eq!(ladders(&world).starts().len(), 1, "one encoder, whatever is on air");
}

/// Fails unless a listener of a rendition has received the titles of the station, except for the last ones,
/// which are about to come.
#[track_caller]
fn assert_same_titles(world: &World, parent: Peer, listener: Peer) {
    let (all, heard) = (&world.ear(parent).titles, &world.ear(listener).titles);
    // A listener of the station joins behind a seam, up to a second later than one of a rendition.
    let earlier = heard.iter().position(|title| *title == all[0]).expect("the first title of the station");
    assert!(earlier <= 3, "{heard:?} of {all:?}");
    let heard = &heard[earlier..];
    assert!(heard.len() + 2 >= all.len(), "{heard:?} of {all:?}");
    assert_eq!(heard[..], all[..heard.len()]);
}

/// The ear checks that each title comes with the frame that has the first frame of the title.
#[test]
fn titles_begin_at_the_computed_frame_on_every_rung() {
    for (rate, channels, kbps) in [
        (44_100, 2, 128),
        (48_000, 2, 320),
        (32_000, 1, 64),
        (22_050, 2, 64),
        (24_000, 1, 48),
        (8_000, 1, 32),
    ] {
        let header = mp3(rate, channels, kbps);
        let (mut world, knobs) = with_tone(station(), &RUNGS, header);
        knobs.borrow_mut().frames_per_track = 37;
        let listeners = tune_in_to_all(&mut world);
        world.pass(60 * SECOND);
        let titles = &world.ear(listeners[0]).titles;
        assert!(titles.len() > 20);
        for (&listener, rung) in listeners[1..].iter().zip(RUNGS) {
            assert_seamless(&world, listener);
            let ear = world.ear(listener);
            assert_same_titles(&world, listeners[0], listener);
            check_places(&ear.titles, &ear.title_places, rung, header, 37);
        }
    }
}

/// Fails unless `Tone n` has come with the frame in which the first frame of this track is heard.
#[track_caller]
fn check_places(titles: &[String], places: &[u64], rung: (u32, u8, u16), header: Header, per_track: u64) {
    for (title, place) in titles.iter().zip(places) {
        let Some(number) = title.strip_prefix("Tone ") else { continue };
        let track: u64 = number.parse().expect("a number");
        let begins = length((track - 1) * per_track, header);
        assert_eq!(*place, Rung::frame_at(begins, format(rung)), "{title} of {rung:?}");
    }
}

/// Between stations with frames of the same duration, every title has the same distance from its frame. All
/// others are at most one frame of the rung away from the sample at which the title begins.
#[test]
fn titles_of_all_mounts_are_within_a_frame_by_sample_time() {
    let (mut world, knobs) = with_tone(station(), &RUNGS, Header::DEFAULT);
    knobs.borrow_mut().frames_per_track = 41;
    let listeners = tune_in_to_all(&mut world);
    world.pass(120 * SECOND);
    let parent = world.ear(listeners[0]);
    for (&listener, rung) in listeners[1..].iter().zip(RUNGS) {
        let (ear, spf) = (world.ear(listener), Rung::samples_per_frame(format(rung)));
        let mut distances = Vec::new();
        for (place, parents) in ear.title_places.iter().zip(&parent.title_places).skip(1) {
            // The sample that is heard at the beginning of a frame is 1152 samples before it.
            let heard = place * spf;
            let begins = length(*parents - 1, Header::DEFAULT).samples(rung.0) + 1152;
            distances.push(begins.checked_sub(heard).expect("no title comes late"));
        }
        assert!(distances.len() > 80);
        assert!(distances.iter().all(|it| *it < spf), "{rung:?}: {distances:?}");
        if [44_100, 22_050].contains(&rung.0) {
            assert!(distances.iter().all(|it| *it == 0), "{rung:?}: {distances:?}");
        }
    }
}

#[test]
fn titles_of_a_live_source_are_at_their_frames() {
    let mut world = without_autodj(station(), &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    let mut live = Live::connect(&mut world, mp3(48_000, 2, 192));
    let mut rng = Rng::with_seed(3);
    let titles: Vec<String> = (0..60).map(|number| format!("T{number}")).collect();
    live.play(&mut world, 5.0);
    for title in &titles {
        live.set_title(&mut world, title);
        live.play(&mut world, 0.1 + rng.f64());
    }
    live.play(&mut world, 3.0);
    for &listener in &listeners[1..] {
        assert_seamless(&world, listener);
        let heard = &world.ear(listener).titles;
        assert_eq!(heard[heard.len() - titles.len()..], titles);
    }
}

/// The index goes on through every format, and no frame of any is lost.
#[test]
fn formats_that_change_in_mid_stream_leave_the_rungs_as_they_are() {
    let (mut world, knobs) = with_tone(station(), &RUNGS, Header::DEFAULT);
    {
        let mut knobs = knobs.borrow_mut();
        let formats = [(44_100, 2, 128), (48_000, 1, 96), (32_000, 2, 160), (22_050, 1, 64), (8_000, 1, 32)];
        knobs.formats = formats.into_iter().map(|(rate, channels, kbps)| mp3(rate, channels, kbps)).collect();
        knobs.frames_per_track = 31;
    }
    let listeners = tune_in_to_all(&mut world);
    world.pass(120 * SECOND);
    assert!(world.ear(listeners[0]).formats.len() > 20);
    for &listener in &listeners[1..] {
        assert_seamless(&world, listener);
        let ear = world.ear(listener);
        assert!(ear.rung.step_max <= 2, "{:?}", ear.rung);
        assert_same_titles(&world, listeners[0], listener);
    }
    assert_eq!(ladders(&world).starts().len(), 1);
}

#[test]
fn rendition_of_a_relay_has_its_audio_and_titles() {
    let url = StreamUrl::parse("http://radio.example:8000/live").expect("an address");
    let relay = Some(RelaySettings::new(url, false));
    let mut world = without_autodj(StationSettings { relay, ..station() }, &RUNGS);
    world.turn();
    let listeners = tune_in_to_all(&mut world);
    let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let mut upstream = FakeUpstream::accept(&mut world, encoder);
    upstream.encoder.set_next_title("One");
    upstream.queue_title("One");
    upstream.answer_icy(&mut world);
    upstream.send(&mut world, 5.0);
    for title in ["Two", "Three"] {
        upstream.queue_title(title);
        upstream.play(&mut world, 9.0);
    }
    for &listener in &listeners[1..] {
        assert_seamless(&world, listener);
        let ear = world.ear(listener);
        assert!(ear.live_frames > 500, "{}", ear.live_frames);
        assert!(ear.titles.ends_with(&["One".into(), "Two".into(), "Three".into()]), "{:?}", ear.titles);
    }
}

#[test]
fn every_rung_keeps_the_rate_of_the_programme() {
    let mut world = world(station(), &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    world.pass(3_600 * SECOND);
    let programme = world.station(0).timeline().end_time();
    for (at, rung) in (1..).zip(RUNGS) {
        let rendition = world.station(at).timeline().end_time();
        let late = programme.saturating_sub(rendition).duration().as_millis();
        assert!(late <= DELAY_MAX_MS && rendition <= programme, "{rung:?}: {late} ms");
        let ear = world.ear(listeners[at]);
        assert_seamless(&world, listeners[at]);
        assert!(ear.rung.step_max <= 1, "{:?}", ear.rung);
        let heard = ear.rung.last.expect("frames") * Rung::samples_per_frame(format(rung));
        let heard = AudioTime::from_samples(heard, rung.0);
        assert!(programme.saturating_sub(heard).duration() < 3 * SECOND);
    }
}

#[test]
fn history_and_title_are_those_of_the_station() {
    let mut world = world(StationSettings { metaint: METAINT, ..station() }, &RUNGS[..2]);
    world.pass(100 * SECOND);
    let shown = |world: &mut World, mount: &str| {
        let now = world.now;
        let snapshot = world.server.snapshot(now);
        let station = snapshot.stations.iter().find(|it| it.mount == mount).expect("a station");
        let history =
            station.history.iter().map(|it| (it.title.text.clone(), snapshot.clock.unix_time(it.started_at)));
        (station.title.text.clone(), station.input_name.clone(), history.collect::<Vec<_>>())
    };
    let (title, input, history) = shown(&mut world, MOUNT);
    assert!(history.len() > 6 && !title.is_empty());
    for mount in ["/rung-1", "/rung-2"] {
        let (its_title, its_input, its_history) = shown(&mut world, mount);
        assert_eq!((&its_title, &its_input), (&title, &input));
        assert_eq!(its_history.len(), history.len());
        for ((its_title, its_start), (title, start)) in its_history.iter().zip(&history) {
            assert_eq!(its_title, title);
            let late = its_start.saturating_sub(*start).as_millis();
            assert!(its_start >= start && late <= DELAY_MAX_MS, "{title} is {late} ms late");
        }
    }
}

/// The second station is not affected by the first one's ladder, and has its own.
#[test]
fn each_station_has_a_ladder_of_its_own() {
    let other = StationSettings { id: 10, mount: "/other".into(), ..station() };
    let rung = StationSettings { id: 11, mount: "/other-64".into(), ..rendition(&other, 2, (24_000, 2, 64)) };
    let stations = vec![station(), rendition(&station(), 1, RUNGS[1]), other, rung];
    let mut world = start(Setup::with(stations));
    let mounts = [MOUNT, "/rung-1", "/other", "/other-64"];
    let peers: Vec<_> =
        (0..).zip(mounts).map(|(at, mount)| world.tune_in_to(at, mount, crate::world::Link::Fast)).collect();
    world.pass(30 * SECOND);
    assert_undisturbed(&world, peers[0]);
    assert_undisturbed(&world, peers[2]);
    assert_seamless(&world, peers[1]);
    assert_seamless(&world, peers[3]);
    let starts = ladders(&world).starts();
    let mut started: Vec<_> = starts.iter().map(|it| (it.mount.as_str(), it.rungs.len())).collect();
    started.sort_unstable();
    assert_eq!(started, [(MOUNT, 1), ("/other", 1)]);
    assert!(LADDER_LEAD_IN > seconds(1.0));
}
