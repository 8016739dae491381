//! Tests of a rendition's timeline: places of frames and titles, gaps, restarts.

use std::time::Duration;

use super::*;
use crate::audio::silent_frame;
use crate::icy::{Block, Title};
use crate::settings::{RenditionSettings, StationSettings};
use crate::station::RenditionEdge;
use crate::station::now_playing::AirTime;
use crate::station::switcher::OnAirChange;
use crate::transcode::Rung;

const FORMATS: [TargetFormat; 4] = [
    TargetFormat { rate: 44_100, channels: 2, kbps: 128 },
    TargetFormat { rate: 24_000, channels: 2, kbps: 64 },
    TargetFormat { rate: 22_050, channels: 1, kbps: 32 },
    TargetFormat { rate: 48_000, channels: 2, kbps: 96 },
];

fn seconds(seconds: u64) -> AudioTime {
    AudioTime::from(Duration::from_secs(seconds))
}

fn settings(format: TargetFormat) -> StationSettings {
    let TargetFormat { rate, channels, kbps } = format;
    let rendition = RenditionSettings { parent: "/live".into(), rate, channels, kbps };
    StationSettings { mount: "/rung".into(), rendition: Some(rendition), ..StationSettings::default() }
}

/// A rendition that begins at a point of its station's timeline.
fn rendition(format: TargetFormat, at: AudioTime) -> Station {
    let mut station = Station::new(&settings(format), Time::START);
    station.become_rendition(RenditionEdge::new(format, at));
    station
}

fn encoded(format: TargetFormat, index: u64, count: u32) -> EncodedFrames {
    let frame = silent_frame(&format.header().expect("a format of layer III"));
    EncodedFrames { index, count, bytes: frame.repeat(count as usize), ..EncodedFrames::default() }
}

fn play(station: &mut Station, frames: &EncodedFrames) {
    while station.play_encoded(frames, Time::START) == Ok(Progress::ServeAllFirst) {
        station.mark_all_served();
    }
}

fn play_silence(station: &mut Station, until: u64) {
    while station.play_silence_until(until, Time::START) == Progress::ServeAllFirst {
        station.mark_all_served();
    }
}

fn next(station: &Station) -> u64 {
    station.rendition().expect("a rendition").next()
}

fn change(text: &str, input_name: &str, at: AudioTime) -> ProgrammeChange {
    let title = Title::new(text);
    let block = Block::from_title(&title).into();
    let (track, track_position) = (None, AudioTime::ZERO);
    let change =
        OnAirChange { title: &title, block: &block, input_name, has_switched: true, track, track_position };
    ProgrammeChange::new(&change, at, AirTime::default())
}

#[test]
fn frames_are_played_once_and_missing_ones_are_silent() {
    for format in FORMATS {
        let mut station = rendition(format, AudioTime::ZERO);
        let first = next(&station);
        assert_eq!(first, 1152 / Rung::samples_per_frame(format), "the delay of the encoder");
        play(&mut station, &encoded(format, first, 10));
        play(&mut station, &encoded(format, first + 5, 10));
        assert_eq!((next(&station), station.silent_since()), (first + 15, None));
        let before = station.rendition().expect("a rendition").gap_length();
        assert_eq!(before, AudioTime::ZERO);
        play(&mut station, &encoded(format, first + 20, 1));
        assert_eq!(next(&station), first + 21);
        let samples = 5 * Rung::samples_per_frame(format);
        let gap = station.rendition().expect("a rendition").gap_length();
        assert_eq!(gap, AudioTime::from_samples(samples, format.rate));
        let length = AudioTime::from_samples(21 * Rung::samples_per_frame(format), format.rate);
        assert_eq!(station.timeline().end_time(), length, "{format}");
    }
}

#[test]
fn many_frames_are_played_without_overtaking_a_listener() {
    let format = FORMATS[0];
    let mut station = rendition(format, AudioTime::ZERO);
    station.mark_all_served();
    let burst = encoded(format, 1, 1000);
    let mut passes = 0;
    while station.play_encoded(&burst, Time::START) == Ok(Progress::ServeAllFirst) {
        station.mark_all_served();
        passes += 1;
    }
    assert_eq!(next(&station), 1001);
    assert!(passes >= 5, "26 s of audio, with margins of 4 s: {passes}");
}

#[test]
fn bytes_that_are_not_frames_of_the_format_are_refused() {
    let mut station = rendition(FORMATS[0], AudioTime::ZERO);
    for frames in [
        encoded(FORMATS[1], 1, 1),
        EncodedFrames { count: 3, ..encoded(FORMATS[0], 1, 2) },
        EncodedFrames { index: 1, count: 1, bytes: vec![0; 100], ..EncodedFrames::default() },
    ] {
        assert_eq!(station.play_encoded(&frames, Time::START), Err(InvalidFrames), "{frames:?}");
    }
    let other_bit_rate = TargetFormat { kbps: 64, ..FORMATS[0] };
    let index = next(&station);
    play(&mut station, &encoded(other_bit_rate, index, 1));
    assert_eq!(next(&station), index + 1, "frames of a bit rate that was just changed");
}

#[test]
fn title_begins_with_the_frame_in_which_its_first_sample_is_heard() {
    for format in FORMATS {
        let mut station = rendition(format, AudioTime::ZERO);
        // The 500th frame of a station at 44.1 kHz.
        let at = AudioTime::from_samples(500 * 1152, 44_100);
        station.add_change(change("A", "AutoDJ", AudioTime::ZERO));
        station.add_change(change("B", "AutoDJ", at));
        let frame = Rung::frame_at(at, format);
        let first = next(&station);
        play(&mut station, &encoded(format, first, (frame - first) as u32));
        assert_eq!(station.title(), "A", "{format}");
        play(&mut station, &encoded(format, frame, 1));
        assert_eq!(station.title(), "B", "{format}");
        let played: Vec<_> = station.history().latest().map(|played| played.title.text.clone()).collect();
        assert_eq!(played, ["B", "A"]);
        assert_eq!(station.now_playing().input_name, "AutoDJ");
    }
}

#[test]
fn titles_go_on_in_a_gap_and_the_silence_is_reported() {
    let format = FORMATS[0];
    let mut station = rendition(format, AudioTime::ZERO);
    play(&mut station, &encoded(format, 1, 10));
    station.add_change(change("B", "AutoDJ", seconds(2)));
    play_silence(&mut station, Rung::frame_at(seconds(3), format));
    assert_eq!((station.title(), station.silent_since()), ("B", Some(Time::START)));
    let index = next(&station);
    play(&mut station, &encoded(format, index, 1));
    assert_eq!(station.silent_since(), None);
    station.add_change(change("", "", seconds(4)));
    play(&mut station, &encoded(format, index + 1, 100));
    assert_eq!(station.silent_since(), Some(Time::START), "the station itself is silent");
}

#[test]
fn position_is_that_of_the_audio_heard() {
    for format in FORMATS {
        let station = rendition(format, seconds(100));
        let position = station.rendition().expect("a rendition").position();
        let frame = AudioTime::from_samples(Rung::samples_per_frame(format), format.rate);
        assert!(position <= seconds(100) && seconds(100) < position + frame, "{format}");
    }
}

#[test]
fn other_bit_rate_goes_on_and_another_sampling_rate_continues_at_the_same_audio() {
    let mut station = rendition(FORMATS[0], seconds(100));
    let before = next(&station);
    station.set_rendition_format(TargetFormat { kbps: 64, ..FORMATS[0] });
    assert_eq!(next(&station), before);
    let position = station.rendition().expect("a rendition").position();
    station.set_rendition_format(FORMATS[2]);
    let moved = station.rendition().expect("a rendition").position();
    let frame = AudioTime::from_samples(576, 22_050);
    assert!(moved <= position && position < moved + frame, "{moved:?} {position:?}");
}

#[test]
fn new_listeners_of_a_restarted_rendition_get_nothing_from_before() {
    let format = FORMATS[0];
    let mut station = rendition(format, AudioTime::ZERO);
    play(&mut station, &encoded(format, 1, 200));
    station.restart_rendition(seconds(6));
    assert!(station.is_empty_since_restart());
    // What the encoder still has from before.
    let last = Rung::frame_at(seconds(6), format);
    play(&mut station, &encoded(format, 201, (last - 201) as u32));
    assert!(station.is_empty_since_restart());
    play(&mut station, &encoded(format, last, 3));
    assert!(!station.is_empty_since_restart());
    let joined = station.timeline().time_behind(station.join_offset());
    assert!(joined <= AudioTime::from_samples(3 * 1152, 44_100), "{joined:?}");
}
