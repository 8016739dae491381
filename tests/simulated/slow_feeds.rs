//! Sources whose clock differs from the server's, over hours: what listeners hear instead of the missing
//! audio.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::audio::{Codec, Frame, Header, silent_frame};
use coldwave::settings::StationSettings;
use coldwave::station::{Feed, FeedId, Progress, Station};
use coldwave::time::{AudioTime, Time};
use fastrand::Rng;

use crate::world::seed;
use crate::world::tone::{Log, Tone};

const STEP: Duration = Duration::from_millis(50);

/// A sender of frames with a clock of its own.
struct Sender {
    header: Header,
    frame: Vec<u8>,
    /// Its rate: 0.99 is 1 % slow.
    rate: f64,
    /// The longest pause of the network. It loses nothing.
    jitter: f64,
    /// How many frames arrive at a time at most: what has waited during a pause comes in pieces.
    piece: u64,
    /// The frames that it has made and not delivered yet, and until when they are delayed.
    made: f64,
    delayed_until: f64,
    sent: u64,
}

impl Sender {
    fn new(codec: Codec, rate: f64, jitter: f64) -> Self {
        let header = match codec {
            Codec::Mp3 => Header::DEFAULT,
            Codec::Aac => Header::new_aac(44_100, 2, 371).expect("a format"),
        };
        let mut frame = silent_frame(&header);
        // What distinguishes its frames from silence.
        *frame.last_mut().expect("a byte") = 0x55;
        let header = Header::parse(codec, &frame).expect("a header");
        Self { header, frame, rate, jitter, piece: 1000, made: 0.0, delayed_until: 0.0, sent: 0 }
    }

    fn send(&mut self, feed: &mut Feed, now: f64, passed: f64, rng: &mut Rng) {
        self.made += passed * self.rate / self.header.duration().duration().as_secs_f64();
        if now < self.delayed_until {
            return;
        }
        // Back pressure: the server does not read from a feed that is full.
        let mut left = self.piece;
        while self.made >= 1.0 && left > 0 && !feed.is_full() {
            self.push(feed);
            self.made -= 1.0;
            left -= 1;
        }
        if left > 0 {
            self.delayed_until = now + rng.f64() * self.jitter;
        }
    }

    fn push(&mut self, feed: &mut Feed) {
        feed.push(&Frame { bytes: &self.frame, header: self.header, offset: 0 });
        self.sent += 1;
    }

    /// Sends this many seconds of audio at once.
    fn push_seconds(&mut self, feed: &mut Feed, seconds: f64) {
        let count = seconds / self.header.duration().duration().as_secs_f64();
        (0..count.round() as u64).for_each(|_| self.push(feed));
    }
}

/// What was on air.
#[derive(Debug, Default)]
struct Heard {
    live: u64,
    tones: u64,
    gaps: Vec<f64>,
    /// How often the source went on air.
    starts: u32,
    is_live: bool,
}

impl Heard {
    /// Reads the frames that the station has played since the last call.
    fn read(&mut self, station: &Station, from: &mut u64, sender: &Sender) {
        let timeline = station.timeline();
        let (first, second) = timeline.bytes(*from, timeline.end());
        *from = timeline.end();
        let bytes = [first, second].concat();
        let mut rest = &bytes[..];
        let mut is_in_gap = false;
        while !rest.is_empty() {
            let header = Header::parse(sender.header.codec(), rest).expect("whole frames");
            let (frame, behind) = rest.split_at(header.frame_len());
            rest = behind;
            let was_live = self.is_live || is_in_gap;
            self.is_live = *frame == *sender.frame;
            if self.is_live {
                self.live += 1;
                self.starts += u32::from(!was_live);
                is_in_gap = false;
            } else if frame[frame.len() - 200..].iter().all(|byte| *byte == 0) && frame[36..44] == [0; 8]
                || header.codec() == Codec::Aac
            {
                let length = header.duration().duration().as_secs_f64();
                match self.gaps.last_mut().filter(|_| is_in_gap) {
                    Some(last) => *last += length,
                    None => self.gaps.push(length),
                }
                is_in_gap = true;
            } else {
                self.tones += 1;
                is_in_gap = false;
            }
        }
    }
}

struct Run {
    station: Station,
    feed: FeedId,
    started: Time,
}

impl Run {
    fn new(codec: Codec) -> Self {
        let started = Time::after_start(Duration::from_secs(100));
        let mut station = Station::new(&StationSettings::default(), started);
        let (feed, log) = (station.add_feed(), Rc::<RefCell<Log>>::default());
        // The AutoDJ of the tests plays MP3.
        if codec == Codec::Mp3 {
            station.add_input(Box::new(Tone::new("Tone", &log)));
        }
        Self { station, feed, started }
    }

    /// Advances the station to this time after its start.
    fn advance(&mut self, passed: Duration) {
        while self.station.advance_to(self.started + passed) == Progress::ServeAllFirst {
            self.station.mark_all_served();
        }
    }

    /// Lets the station play for three seconds, and opens the feed.
    fn open(&mut self) -> Duration {
        let mut passed = Duration::ZERO;
        while passed < Duration::from_secs(3) {
            passed += STEP;
            self.advance(passed);
        }
        let mut feed = Feed::default();
        feed.open();
        self.station.open_feed(self.feed, "nina", false, feed, self.started + passed);
        passed
    }

    fn play(&mut self, sender: &mut Sender, length: Duration, rng: &mut Rng) -> Heard {
        let (mut heard, passed) = (Heard::default(), self.open());
        let mut at = self.station.timeline().end();
        self.play_on(sender, passed, length, &mut heard, &mut at, rng);
        // Until its first frame, another input plays, or silence.
        heard.gaps.retain(|gap| *gap > 1.5);
        heard
    }

    /// Plays on from `passed`. Returns the time after it.
    fn play_on(
        &mut self,
        sender: &mut Sender,
        mut passed: Duration,
        length: Duration,
        heard: &mut Heard,
        at: &mut u64,
        rng: &mut Rng,
    ) -> Duration {
        let end = passed + length;
        while passed < end {
            passed += STEP;
            let feed = self.station.feed_mut(self.feed);
            sender.send(feed, passed.as_secs_f64(), STEP.as_secs_f64(), rng);
            self.advance(passed);
            heard.read(&self.station, at, sender);
        }
        passed
    }
}

/// The property: whatever the clock of a source, within 4 %, and the pauses of its network, of up to 1.9 s,
/// no other input plays, and what is missing is silence of the same format in gaps of two seconds.
#[test]
fn no_other_input_plays_while_a_source_is_up_to_four_percent_off() {
    let length = Duration::from_secs(2 * 3600);
    for seed in (0..2).map(|index| seed(20) + index) {
        let mut rng = Rng::with_seed(seed);
        for codec in [Codec::Mp3, Codec::Aac] {
            for percent in [-4.0, -2.5, -1.0, -0.6, -0.2, -0.05, 0.0, 0.05, 0.6, 1.0, 4.0] {
                let mut run = Run::new(codec);
                let jitter = if rng.bool() { 1.9 } else { rng.f64() * 1.9 };
                let mut sender = Sender::new(codec, 1.0 + percent / 100.0, jitter);
                sender.piece = rng.choice([6, 20, 1000]).expect("a number");
                let heard = run.play(&mut sender, length, &mut rng);
                let case =
                    format!("seed {seed}, {codec:?}, {percent} %, jitter {jitter:.2} s by {}", sender.piece);
                assert!(heard.tones <= 40, "{case}: {} frames of the AutoDJ", heard.tones);
                check_gaps(&heard, percent, length, &case);
                let queued = run.station.feed(run.feed).buffered();
                let sent = sender.header.duration().duration() * (sender.sent - heard.live) as u32;
                assert!(sent.abs_diff(queued) < Duration::from_millis(1), "{case}: no frame is lost");
                assert_eq!(
                    run.station.history().latest().count(),
                    usize::from(codec == Codec::Mp3),
                    "{case}"
                );
            }
        }
    }
}

fn check_gaps(heard: &Heard, percent: f64, length: Duration, case: &str) {
    // The clock of the station follows by 0.1 %.
    let missing = (-percent - 0.1).max(0.0) / 100.0 * length.as_secs_f64();
    let gaps = &heard.gaps;
    let total: f64 = gaps.iter().sum();
    assert!((total - missing).abs() <= 4.0 + missing * 0.05, "{case}: {total:.1} s, not {missing:.1} s");
    assert!(gaps.iter().all(|gap| (1.9..2.5).contains(gap)), "{case}: {gaps:?}");
}

/// The counterpart: a source that lacks more than a twelfth is replaced, with and without pauses.
#[test]
fn source_that_lacks_more_than_a_twelfth_yields_to_the_autodj() {
    let length = Duration::from_secs(1200);
    let mut rng = Rng::with_seed(seed(21));
    for percent in [-10.0, -15.0, -30.0, -60.0] {
        for jitter in [0.0, 0.9, 1.9] {
            let mut sender = Sender::new(Codec::Mp3, 1.0 + percent / 100.0, jitter);
            let heard = Run::new(Codec::Mp3).play(&mut sender, length, &mut rng);
            let case = format!("{percent} %, jitter {jitter} s");
            let tones = heard.tones as f64 * sender.header.duration().duration().as_secs_f64();
            assert!(tones > 0.35 * length.as_secs_f64(), "{case}: {tones:.0} s of the AutoDJ");
            assert!(heard.starts <= 10 && heard.gaps.len() <= 10, "{case}: {heard:?}");
        }
    }
}

/// A pause of 1.6 s right before the end of a source that has lost a second before: what it sends last is
/// played without another input, or a gap, in between.
#[test]
fn end_of_a_source_that_is_late_is_played_in_one_piece() {
    for codec in [Codec::Mp3, Codec::Aac] {
        for rest in [0.2, 1.0, 3.0] {
            let (mut run, mut rng) = (Run::new(codec), Rng::with_seed(1));
            let mut sender = Sender::new(codec, 1.0, 0.0);
            let (mut heard, mut passed) = (Heard::default(), run.open());
            let mut at = run.station.timeline().end();
            let mut play = |run: &mut Run, sender: &mut Sender, heard: &mut Heard, rate, time| {
                sender.rate = rate;
                let time = Duration::from_secs_f64(time);
                passed = run.play_on(sender, passed, time, heard, &mut at, &mut rng);
            };
            for (rate, time) in [(1.0, 10.0), (0.0, 1.0), (1.0, 2.0), (0.0, 1.6)] {
                play(&mut run, &mut sender, &mut heard, rate, time);
            }
            sender.push_seconds(run.station.feed_mut(run.feed), rest);
            run.station.end_feed(run.feed, true);
            play(&mut run, &mut sender, &mut heard, 0.0, 1.0 + rest);
            assert_eq!((heard.live, heard.starts), (sender.sent, 1), "{codec:?} {rest}: {heard:?}");
            let gaps = heard.gaps.iter().filter(|gap| **gap > 0.5).count();
            assert!(gaps <= 1, "{codec:?} {rest}: after the end only: {heard:?}");
        }
    }
}

/// The same user connects again while its feed is on air, after three stalls: it has nothing to prove.
#[test]
fn takeover_on_air_loses_no_audio_after_stalls() {
    let (mut run, mut rng) = (Run::new(Codec::Mp3), Rng::with_seed(1));
    let mut sender = Sender::new(Codec::Mp3, 1.0, 0.0);
    let (mut heard, mut passed) = (Heard::default(), run.open());
    let mut at = run.station.timeline().end();
    for (rate, time) in
        [(1.0, 10.0), (0.0, 3.0), (1.0, 8.0), (0.0, 12.0), (1.0, 13.0), (0.0, 12.0), (1.0, 23.0)]
    {
        sender.rate = rate;
        passed =
            run.play_on(&mut sender, passed, Duration::from_secs_f64(time), &mut heard, &mut at, &mut rng);
    }
    assert!(run.station.is_on_air(run.feed) && heard.starts == 4, "{heard:?}");
    let mut feed = Feed::default();
    feed.open();
    let before = sender.sent;
    sender.push_seconds(&mut feed, 8.0);
    let sent = sender.sent - before;
    run.station.open_feed(run.feed, "nina", false, feed, run.started + passed);
    heard.live = 0;
    passed = run.play_on(&mut sender, passed, Duration::from_secs(9), &mut heard, &mut at, &mut rng);
    run.station.end_feed(run.feed, true);
    sender.rate = 0.0;
    run.play_on(&mut sender, passed, Duration::from_secs(12), &mut heard, &mut at, &mut rng);
    assert!(heard.live >= sent && heard.starts == 4, "{sent}: {heard:?}");
    assert_eq!(heard.live, sender.sent - before, "{heard:?}");
}

#[test]
fn listeners_get_real_time_from_a_slow_source() {
    let mut run = Run::new(Codec::Mp3);
    let mut sender = Sender::new(Codec::Mp3, 0.99, 0.0);
    let length = Duration::from_secs(3600);
    run.play(&mut sender, length, &mut Rng::with_seed(1));
    let played = run.station.timeline().end_time();
    let real = AudioTime::from(length + StationSettings::default().burst);
    // Two seconds may be missing until the next gap, and 0.1 % is the clock that follows.
    assert!(real - played <= AudioTime::from(Duration::from_secs(6)), "{played:?} {real:?}");
}
