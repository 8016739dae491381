//! The station without a server: it plays exactly the audio that is due, from the input on the air.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::world::tone::{Knobs, Log, Tone};
use coldwave::audio::{Codec, Header};
use coldwave::settings::StationSettings;
use coldwave::station::{INPUT_TIMEOUT, Input, InputFrame, Progress, Readiness, Station};
use coldwave::time::{AudioTime, Time};

/// An input whose reader has read only some frames ahead: the others follow when the test lets it.
struct ReadAhead {
    tone: Tone,
    frames: Rc<Cell<u32>>,
}

impl Input for ReadAhead {
    fn name(&self) -> String {
        self.tone.name()
    }

    fn poll(&mut self) -> Readiness {
        if self.frames.get() == 0 { Readiness::Pending } else { Readiness::Ready }
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        self.frames.set(self.frames.get() - 1);
        self.tone.next_frame()
    }

    fn upcoming_titles(&self) -> Vec<String> {
        self.tone.upcoming_titles()
    }

    fn skip_track(&mut self) {
        self.tone.skip_track();
    }

    fn is_at_track_boundary(&mut self) -> bool {
        self.tone.is_at_track_boundary()
    }
}

/// Longer than any frame of any format: 1,152 samples at 8 kHz.
const FRAME: Duration = Duration::from_millis(144);

struct StationHarness {
    station: Station,
    log: Rc<RefCell<Log>>,
    now: Time,
    started: Time,
}

impl StationHarness {
    fn new() -> Self {
        let started = Time::after_start(Duration::from_secs(100));
        let station = Station::new(&StationSettings::default(), started);
        Self { station, log: Rc::default(), now: started, started }
    }

    fn add(&mut self, name: &str) -> Rc<RefCell<Knobs>> {
        let tone = Tone::new(name, &self.log);
        let knobs = tone.knobs.clone();
        self.station.add_input(Box::new(tone));
        knobs
    }

    /// Lets the station catch up with the clock, and returns its last progress.
    fn catch_up(&mut self) -> Progress {
        loop {
            match self.station.advance_to(self.now) {
                Progress::ServeAllFirst => self.station.mark_all_served(),
                progress => return progress,
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = (self.now + Duration::from_millis(20)).min(end);
            self.catch_up();
        }
    }

    fn played(&self) -> Duration {
        self.station.timeline().end_time().duration()
    }

    /// Fails unless the timeline has all audio that is due, and less than a frame more.
    fn assert_caught_up(&self) {
        let due = self.now.since(self.started) + StationSettings::default().burst;
        assert!(self.played() >= due && self.played() - due <= FRAME, "{:?} of {due:?}", self.played());
    }
}

#[test]
fn new_station_has_a_whole_burst_at_once() {
    let mut harness = StationHarness::new();
    harness.add("DJ");
    assert_eq!(harness.catch_up(), Progress::Done);
    harness.assert_caught_up();
    assert_eq!(harness.station.title(), "DJ 1");
    assert!(harness.station.join_offset() <= 418, "at most the first frame exceeds the burst");
    assert_eq!(harness.station.kbps(), Some(128));
}

#[test]
fn day_of_mixed_sample_rates_drifts_by_less_than_a_frame() {
    let mut harness = StationHarness::new();
    let formats = [(44_100, 2, 128), (48_000, 2, 320), (8_000, 1, 32), (22_050, 1, 64), (32_000, 2, 96)];
    let formats =
        formats.map(|(rate, channels, kbps)| Header::new_mp3(rate, channels, kbps).expect("a format"));
    harness.add("DJ").borrow_mut().formats = formats.to_vec();
    for _ in 0..24 * 60 * 60 {
        harness.now = harness.now + Duration::from_secs(1);
        harness.catch_up();
        harness.assert_caught_up();
    }
    assert!(harness.log.borrow().played() > 1_000_000);
}

#[test]
fn input_with_higher_priority_takes_over_between_two_frames_and_back() {
    let mut harness = StationHarness::new();
    let live = harness.add("Live");
    harness.add("DJ");
    live.borrow_mut().readiness = Readiness::Idle;
    harness.pass(Duration::from_secs(30));
    assert_eq!(harness.station.title(), "DJ 3");
    live.borrow_mut().readiness = Readiness::Ready;
    harness.pass(Duration::from_secs(1));
    assert_eq!(harness.station.title(), "Live 1");
    live.borrow_mut().readiness = Readiness::Idle;
    harness.pass(Duration::from_millis(100));
    assert_eq!(harness.station.title(), "DJ 3", "a live title ends with its source");
    harness.assert_caught_up();
}

#[test]
fn late_input_on_the_air_is_replaced_after_the_input_timeout() {
    let mut harness = StationHarness::new();
    let live = harness.add("Live");
    harness.add("DJ");
    harness.pass(Duration::from_secs(1));
    live.borrow_mut().readiness = Readiness::Pending;
    harness.pass(INPUT_TIMEOUT - Duration::from_millis(100));
    assert_eq!(harness.log.borrow().played_by("DJ"), 0);
    assert_eq!(harness.station.title(), "Live 1");
    harness.pass(Duration::from_millis(200));
    assert!(harness.log.borrow().played_by("DJ") > 0);
    harness.assert_caught_up();
    // It is back on the air at its next frame.
    live.borrow_mut().readiness = Readiness::Ready;
    let before = harness.log.borrow().played_by("DJ");
    harness.pass(Duration::from_secs(10));
    assert_eq!(harness.log.borrow().played_by("DJ"), before);
    assert_eq!(harness.station.title(), "Live 2");
}

#[test]
fn new_station_waits_for_a_late_input_so_that_the_burst_is_music() {
    let mut harness = StationHarness::new();
    let knobs = harness.add("DJ");
    knobs.borrow_mut().readiness = Readiness::Pending;
    let until = harness.now + INPUT_TIMEOUT;
    assert_eq!(harness.catch_up(), Progress::Waiting);
    assert_eq!(harness.station.waiting_until(), Some(until));
    harness.pass(Duration::from_millis(500));
    assert_eq!(harness.played(), Duration::ZERO);
    knobs.borrow_mut().readiness = Readiness::Ready;
    harness.catch_up();
    harness.assert_caught_up();
    assert!(harness.log.borrow().played() > 190);
}

#[test]
fn waiting_for_an_input_loses_no_audio_for_any_burst_and_buffer() {
    for (burst, buffer) in [(0, 1), (5, 30), (20, 30), (60, 60), (1, 1)] {
        let mut harness = StationHarness::new();
        let [burst, buffer] = [burst, buffer].map(Duration::from_secs);
        harness.station =
            Station::new(&StationSettings { burst, buffer, ..StationSettings::default() }, harness.started);
        let knobs = harness.add("DJ");
        knobs.borrow_mut().readiness = Readiness::Pending;
        harness.pass(INPUT_TIMEOUT - Duration::from_millis(100));
        knobs.borrow_mut().readiness = Readiness::Ready;
        harness.pass(Duration::from_secs(5));
        let due = harness.now.since(harness.started) + burst;
        assert!(harness.played() >= due, "{burst:?} {buffer:?}: {:?} of {due:?}", harness.played());
    }
}

#[test]
fn silence_in_the_last_format_fills_in_without_inputs() {
    check_silence_like(Header::new_mp3(22_050, 1, 64).expect("a format"));
    check_silence_like(Header::new_aac(44_100, 2, 372).expect("a format"));
    check_silence_like(Header::new_aac(22_050, 1, 186).expect("the core of HE-AAC v2"));
}

fn check_silence_like(format: Header) {
    let mut harness = StationHarness::new();
    let knobs = harness.add("DJ");
    knobs.borrow_mut().formats = vec![format];
    harness.pass(Duration::from_secs(60));
    knobs.borrow_mut().readiness = Readiness::Idle;
    let (music, played) = (harness.station.timeline().end(), harness.log.borrow().played());
    harness.pass(Duration::from_secs(10));
    harness.assert_caught_up();
    assert_eq!(harness.log.borrow().played(), played);
    assert_eq!(harness.station.title(), "");
    let timeline = harness.station.timeline();
    let header = |offset| {
        let (first, second) = timeline.bytes(offset, offset + format.codec().header_len() as u64);
        Header::parse(format.codec(), &[first, second].concat()).expect("a frame")
    };
    let mut at = music;
    while at < timeline.end() {
        assert!(
            header(at).is_compatible_with(&header(
                timeline.offset_behind(AudioTime::from(Duration::from_secs(20)))
            ))
        );
        assert_eq!((header(at).format(), header(at).kbps()), (format.format(), format.kbps()));
        at += header(at).frame_len() as u64;
    }
    assert_eq!(at, timeline.end());
}

#[test]
fn short_stall_is_caught_up_and_a_long_one_skipped() {
    let mut harness = StationHarness::new();
    harness.add("DJ");
    harness.pass(Duration::from_secs(60));
    harness.now = harness.now + Duration::from_secs(20);
    harness.catch_up();
    harness.assert_caught_up();
    let before = harness.played();
    harness.now = harness.now + Duration::from_secs(24 * 60 * 60);
    harness.catch_up();
    let burst = StationSettings::default().burst;
    assert!(harness.played() - before >= burst && harness.played() - before <= burst + FRAME);
    // Afterwards it plays in real time again.
    let before = harness.played();
    harness.pass(Duration::from_secs(60));
    assert!((harness.played() - before).abs_diff(Duration::from_secs(60)) <= FRAME);
}

#[test]
fn station_plays_at_most_four_seconds_before_its_listeners_are_served() {
    let mut harness = StationHarness::new();
    harness.add("DJ");
    harness.now = harness.now + Duration::from_secs(20);
    let mut passes = 0;
    while harness.station.advance_to(harness.now) == Progress::ServeAllFirst {
        assert!(harness.played() <= (passes + 1) * Duration::from_secs(4) + FRAME);
        harness.station.mark_all_served();
        passes += 1;
    }
    assert_eq!(passes, 6);
    harness.assert_caught_up();
}

#[test]
fn new_listener_gets_only_audio_of_the_announced_codec() {
    let mut harness = StationHarness::new();
    let knobs = harness.add("Tone");
    knobs.borrow_mut().readiness = Readiness::Idle;
    knobs.borrow_mut().formats = vec![Header::new_aac(44_100, 2, 400).expect("a format")];
    harness.pass(Duration::from_secs(10));
    knobs.borrow_mut().readiness = Readiness::Ready;
    // This is less than a burst after the silence, whose codec could only be assumed to be MP3.
    harness.pass(Duration::from_secs(1));
    let joins = harness.station.join_offset();
    let (first, _) = harness.station.timeline().bytes(joins, harness.station.timeline().end());
    assert_eq!(first[..2], [0xFF, 0xF1], "the burst begins with an AAC frame");
    assert!(first.len() > 400 * 40, "the burst begins with the first AAC frame: {}", first.len());
}

#[test]
fn new_listener_joins_behind_a_seam_near_the_start_of_the_burst() {
    let mut harness = StationHarness::new();
    let knobs = harness.add("Tone");
    let formats = [(44_100, 2), (48_000, 1)];
    let formats = formats.map(|(rate, channels)| Header::new_mp3(rate, channels, 64).expect("a format"));
    knobs.borrow_mut().formats = vec![formats[0]];
    harness.pass(Duration::from_secs(10));
    knobs.borrow_mut().formats = vec![formats[1]];
    let first_format = |harness: &StationHarness| {
        let joins = harness.station.join_offset();
        let (first, _) = harness.station.timeline().bytes(joins, harness.station.timeline().end());
        let behind = harness.station.timeline().time_behind(joins).duration();
        (Header::parse(Codec::Mp3, first).expect("a frame").format(), behind.as_secs_f64())
    };
    let burst = StationSettings::default().burst.as_secs_f64();
    // The seam is `age` seconds behind the live edge. Near it a listener would get a short burst only.
    for (age, joins_at) in [(1.0, 0), (3.0, 0), (burst - 0.9, 1), (burst - 0.1, 1), (burst + 0.5, 1)] {
        let seam_age = harness.now.since(harness.started).as_secs_f64() - 10.0;
        harness.pass(Duration::from_secs_f64(age - seam_age));
        let (format, behind) = first_format(&harness);
        assert_eq!(format, formats[joins_at].format(), "{age}");
        assert!(behind > burst - 1.1 && behind < burst + 0.1, "{behind} s for {age}");
    }
}

#[test]
fn next_input_may_be_late_when_the_one_before_has_ended() {
    let mut harness = StationHarness::new();
    let (live, music) = (harness.add("Live"), harness.add("DJ"));
    harness.pass(Duration::from_secs(10));
    live.borrow_mut().readiness = Readiness::Idle;
    music.borrow_mut().readiness = Readiness::Pending;
    harness.pass(Duration::from_millis(1500));
    assert!(harness.station.silent_since().is_none(), "the station waits for it");
    music.borrow_mut().readiness = Readiness::Ready;
    harness.pass(Duration::from_secs(1));
    harness.assert_caught_up();
    assert!(harness.log.borrow().played_by("DJ") > 80);
    music.borrow_mut().readiness = Readiness::Pending;
    harness.pass(INPUT_TIMEOUT + Duration::from_secs(1));
    assert!(harness.station.silent_since().is_some(), "until the input timeout");
}

/// Returns a station whose input has read this many frames ahead, and plays them until `pass` is over.
fn station_with_read_ahead(settings: &StationSettings) -> (StationHarness, Rc<Cell<u32>>) {
    let mut harness = StationHarness::new();
    harness.station = Station::new(settings, harness.started);
    let frames = Rc::new(Cell::new(u32::MAX));
    let tone = Tone::new("DJ", &harness.log);
    harness.station.add_input(Box::new(ReadAhead { tone, frames: frames.clone() }));
    harness.catch_up();
    (harness, frames)
}

/// About four seconds of the default format.
const READ_AHEAD: u32 = 150;

#[test]
fn input_is_waited_for_after_a_stall_and_no_silence_is_played() {
    for stop in [4, 8, 12, 20] {
        let (mut harness, frames) = station_with_read_ahead(&StationSettings::default());
        harness.pass(Duration::from_secs(10));
        frames.set(READ_AHEAD);
        harness.now = harness.now + Duration::from_secs(stop);
        // The reader was stopped too, and needs a moment for every piece.
        while harness.catch_up() == Progress::Waiting {
            harness.now = harness.now + Duration::from_millis(50);
            frames.set(READ_AHEAD);
        }
        harness.assert_caught_up();
        assert_eq!(harness.station.title_changes(), harness.log.borrow().played().div_ceil(500), "{stop} s");
        assert!(harness.station.silent_since().is_none());
        // Afterwards the limit is the same as before.
        frames.set(0);
        harness.pass(INPUT_TIMEOUT - Duration::from_millis(100));
        assert!(harness.station.silent_since().is_none());
        harness.pass(Duration::from_millis(200));
        assert!(harness.station.silent_since().is_some());
    }
}

#[test]
fn input_that_stays_late_after_a_stall_is_replaced_after_the_input_timeout() {
    let (mut harness, frames) = station_with_read_ahead(&StationSettings::default());
    harness.add("Fallback");
    harness.pass(Duration::from_secs(10));
    frames.set(0);
    harness.now = harness.now + Duration::from_secs(12);
    harness.catch_up();
    harness.pass(INPUT_TIMEOUT - Duration::from_millis(100));
    assert_eq!(harness.log.borrow().played_by("Fallback"), 0);
    harness.pass(Duration::from_millis(200));
    assert!(harness.log.borrow().played_by("Fallback") > 0);
    harness.assert_caught_up();
}

/// With a long delivery interval, more becomes due at once than an input at a high bit rate reads ahead.
#[test]
fn delivery_interval_longer_than_the_read_ahead_plays_without_silence() {
    let seconds = Duration::from_secs;
    let (burst, delivery_interval) = (seconds(40), seconds(10));
    let settings =
        StationSettings { burst, buffer: seconds(60), delivery_interval, ..StationSettings::default() };
    let (mut harness, frames) = station_with_read_ahead(&settings);
    for _ in 0..6 {
        frames.set(READ_AHEAD);
        harness.now = harness.now + delivery_interval;
        while harness.catch_up() == Progress::Waiting {
            harness.now = harness.now + Duration::from_millis(50);
            frames.set(READ_AHEAD);
        }
        assert!(harness.station.silent_since().is_none());
    }
}
