//! The station alone: what is owed is paid, exactly, by whoever's turn it is.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::world::tone::{Knobs, Log, Tone};
use coldwave::audio::Header;
use coldwave::settings::StationSettings;
use coldwave::station::{INPUT_TIMEOUT, Progress, Readiness, Station};
use coldwave::time::{AudioTime, Time};

/// Longer than any frame of any format: 1,152 samples at 8 kHz.
const FRAME: Duration = Duration::from_millis(144);

struct Studio {
    station: Station,
    log: Rc<RefCell<Log>>,
    now: Time,
    started: Time,
}

impl Studio {
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

    /// Pays for as long as the station wants to, and returns what it said in the end.
    fn pay(&mut self) -> Progress {
        loop {
            match self.station.advance_to(self.now) {
                Progress::ServeAllFirst => self.station.mark_all_served(),
                paid => return paid,
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = (self.now + Duration::from_millis(20)).min(end);
            self.pay();
        }
    }

    fn played(&self) -> Duration {
        self.station.timeline().end_time().duration()
    }

    /// Fails unless the timeline has all that is owed by now, and less than a frame more.
    fn assert_paid(&self) {
        let owed = self.now.since(self.started) + StationSettings::default().burst;
        assert!(self.played() >= owed && self.played() - owed <= FRAME, "{:?} of {owed:?}", self.played());
    }
}

#[test]
fn a_fresh_station_has_a_whole_burst_at_once() {
    let mut studio = Studio::new();
    studio.add("DJ");
    assert_eq!(studio.pay(), Progress::Done);
    studio.assert_paid();
    assert_eq!(studio.station.title(), "DJ 1");
    assert!(studio.station.join_offset() <= 418, "at most the first frame is older than the burst");
    assert_eq!(studio.station.kbps(), Some(128));
}

#[test]
fn a_day_of_mixed_rates_does_not_drift_by_a_frame() {
    let mut studio = Studio::new();
    let formats = [(44_100, 2, 128), (48_000, 2, 320), (8_000, 1, 32), (22_050, 1, 64), (32_000, 2, 96)];
    let formats =
        formats.map(|(rate, channels, kbps)| Header::new_mp3(rate, channels, kbps).expect("a format"));
    studio.add("DJ").borrow_mut().formats = formats.to_vec();
    for _ in 0..24 * 60 * 60 {
        studio.now = studio.now + Duration::from_secs(1);
        studio.pay();
        studio.assert_paid();
    }
    assert!(studio.log.borrow().played() > 1_000_000);
}

#[test]
fn a_more_important_input_takes_over_between_two_frames_and_back() {
    let mut studio = Studio::new();
    let live = studio.add("Live");
    studio.add("DJ");
    live.borrow_mut().readiness = Readiness::Idle;
    studio.pass(Duration::from_secs(30));
    assert_eq!(studio.station.title(), "DJ 3");
    live.borrow_mut().readiness = Readiness::Ready;
    studio.pass(Duration::from_secs(1));
    assert_eq!(studio.station.title(), "Live 1");
    live.borrow_mut().readiness = Readiness::Idle;
    studio.pass(Duration::from_millis(100));
    assert_eq!(studio.station.title(), "DJ 3", "a live title does not outlive its source");
    studio.assert_paid();
}

#[test]
fn an_input_on_the_air_is_waited_for_but_not_for_ever() {
    let mut studio = Studio::new();
    let live = studio.add("Live");
    studio.add("DJ");
    studio.pass(Duration::from_secs(1));
    live.borrow_mut().readiness = Readiness::Pending;
    studio.pass(INPUT_TIMEOUT - Duration::from_millis(100));
    assert_eq!(studio.log.borrow().played_by("DJ"), 0);
    assert_eq!(studio.station.title(), "Live 1");
    studio.pass(Duration::from_millis(200));
    assert!(studio.log.borrow().played_by("DJ") > 0);
    studio.assert_paid();
    // It is back at its next frame.
    live.borrow_mut().readiness = Readiness::Ready;
    let before = studio.log.borrow().played_by("DJ");
    studio.pass(Duration::from_secs(10));
    assert_eq!(studio.log.borrow().played_by("DJ"), before);
    assert_eq!(studio.station.title(), "Live 2");
}

#[test]
fn a_late_input_of_a_fresh_station_is_waited_for_so_that_the_burst_is_music() {
    let mut studio = Studio::new();
    let knobs = studio.add("DJ");
    knobs.borrow_mut().readiness = Readiness::Pending;
    let until = studio.now + INPUT_TIMEOUT;
    assert_eq!(studio.pay(), Progress::Waiting);
    assert_eq!(studio.station.waiting_until(), Some(until));
    studio.pass(Duration::from_millis(500));
    assert_eq!(studio.played(), Duration::ZERO);
    knobs.borrow_mut().readiness = Readiness::Ready;
    studio.pay();
    studio.assert_paid();
    assert!(studio.log.borrow().played() > 190);
}

#[test]
fn waiting_for_an_input_is_no_stop_whatever_burst_and_buffer_are() {
    for (burst, buffer) in [(0, 1), (5, 30), (20, 30), (60, 60), (1, 1)] {
        let mut studio = Studio::new();
        let [burst, buffer] = [burst, buffer].map(Duration::from_secs);
        studio.station =
            Station::new(&StationSettings { burst, buffer, ..StationSettings::default() }, studio.started);
        let knobs = studio.add("DJ");
        knobs.borrow_mut().readiness = Readiness::Pending;
        studio.pass(INPUT_TIMEOUT - Duration::from_millis(100));
        knobs.borrow_mut().readiness = Readiness::Ready;
        studio.pass(Duration::from_secs(5));
        let owed = studio.now.since(studio.started) + burst;
        assert!(studio.played() >= owed, "{burst:?} {buffer:?}: {:?} of {owed:?}", studio.played());
    }
}

#[test]
fn silence_of_the_format_on_the_air_fills_in_where_there_is_nothing() {
    check_silence_like(Header::new_mp3(22_050, 1, 64).expect("a format"));
    check_silence_like(Header::new_aac(44_100, 2, 372).expect("a format"));
    check_silence_like(Header::new_aac(22_050, 1, 186).expect("the core of HE-AAC v2"));
}

fn check_silence_like(format: Header) {
    let mut studio = Studio::new();
    let knobs = studio.add("DJ");
    knobs.borrow_mut().formats = vec![format];
    studio.pass(Duration::from_secs(60));
    knobs.borrow_mut().readiness = Readiness::Idle;
    let (music, played) = (studio.station.timeline().end(), studio.log.borrow().played());
    studio.pass(Duration::from_secs(10));
    studio.assert_paid();
    assert_eq!(studio.log.borrow().played(), played);
    assert_eq!(studio.station.title(), "");
    let timeline = studio.station.timeline();
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
fn a_short_stop_is_caught_up_and_a_long_one_forgiven() {
    let mut studio = Studio::new();
    studio.add("DJ");
    studio.pass(Duration::from_secs(60));
    studio.now = studio.now + Duration::from_secs(20);
    studio.pay();
    studio.assert_paid();
    let before = studio.played();
    studio.now = studio.now + Duration::from_secs(24 * 60 * 60);
    studio.pay();
    let burst = StationSettings::default().burst;
    assert!(studio.played() - before >= burst && studio.played() - before <= burst + FRAME);
    // From then on it goes on as before.
    let before = studio.played();
    studio.pass(Duration::from_secs(60));
    assert!((studio.played() - before).abs_diff(Duration::from_secs(60)) <= FRAME);
}

#[test]
fn no_more_than_a_round_is_played_before_everyone_was_looked_after() {
    let mut studio = Studio::new();
    studio.add("DJ");
    studio.now = studio.now + Duration::from_secs(20);
    let mut sweeps = 0;
    while studio.station.advance_to(studio.now) == Progress::ServeAllFirst {
        assert!(studio.played() <= (sweeps + 1) * Duration::from_secs(4) + FRAME);
        studio.station.mark_all_served();
        sweeps += 1;
    }
    assert_eq!(sweeps, 6);
    studio.assert_paid();
}

#[test]
fn a_newcomer_is_not_played_another_codec_than_he_is_told() {
    let mut studio = Studio::new();
    let knobs = studio.add("Tone");
    knobs.borrow_mut().readiness = Readiness::Idle;
    knobs.borrow_mut().formats = vec![Header::new_aac(44_100, 2, 400).expect("a format")];
    studio.pass(Duration::from_secs(10));
    knobs.borrow_mut().readiness = Readiness::Ready;
    // Sooner than a burst after the silence, which could only be guessed to be MP3.
    studio.pass(Duration::from_secs(1));
    let joins = studio.station.join_offset();
    let (first, _) = studio.station.timeline().bytes(joins, studio.station.timeline().end());
    assert_eq!(first[..2], [0xFF, 0xF1], "it begins with a frame of AAC");
    assert!(first.len() > 400 * 40, "with the first that was played: {}", first.len());
}

#[test]
fn whoever_comes_next_is_given_a_moment_where_the_one_before_has_ended() {
    let mut studio = Studio::new();
    let (live, music) = (studio.add("Live"), studio.add("DJ"));
    studio.pass(Duration::from_secs(10));
    live.borrow_mut().readiness = Readiness::Idle;
    music.borrow_mut().readiness = Readiness::Pending;
    studio.pass(Duration::from_millis(1500));
    assert!(studio.station.silent_since().is_none(), "it is waited for");
    music.borrow_mut().readiness = Readiness::Ready;
    studio.pass(Duration::from_secs(1));
    studio.assert_paid();
    assert!(studio.log.borrow().played_by("DJ") > 80);
    music.borrow_mut().readiness = Readiness::Pending;
    studio.pass(INPUT_TIMEOUT + Duration::from_secs(1));
    assert!(studio.station.silent_since().is_some(), "but not for ever");
}
