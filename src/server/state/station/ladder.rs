//! The renditions of a station, and the encoder of their frames.

use std::time::Duration;

use crate::station::{LADDER_LEAD_IN, LadderEncoder, RenditionState, StationKey};
use crate::time::{AudioTime, Time};
use crate::transcode::RungId;

/// How much audio the encoder gets at once, if it is not behind. Every request costs two switches between
/// processes.
pub const BATCH_MIN: Duration = Duration::from_millis(200);

/// How often a station with renditions is advanced, so that the encoder gets frames in time.
pub const FEED_INTERVAL: Duration = Duration::from_millis(250);

/// The most audio that the encoder gets at once. It must be longer than a slow encoder takes to answer, which
/// would never catch up otherwise.
pub const BATCH_MAX: Duration = Duration::from_secs(8);

/// The same before its first frames: the audio before them, and a second. They come soon then, also on a busy
/// machine that begins with a burst.
pub const FIRST_BATCH_MAX: Duration = Duration::from_millis(LADDER_LEAD_IN.as_millis() as u64 + 1000);

/// How much later than before the frames of the encoder may come until silence is played. Listeners have the
/// burst in their buffers, which is longer.
const LATE_MIN: Duration = Duration::from_secs(2);

/// A station whose timeline has grown by more than this since the last turn played a burst, or was stopped.
const STEP_MAX: Duration = Duration::from_secs(1);

/// A station whose timeline has grown by this much more than the time that has passed plays a burst in
/// pieces. A timeline grows by whole frames, which are up to 72 ms long.
const AHEAD_MIN: Duration = Duration::from_millis(100);

/// How far behind the station's live edge silence is played while the encoder has nothing, so that it finds
/// room to continue.
pub const GAP_DELAY: Duration = Duration::from_secs(1);

/// How long to wait before another encoder is started if there was none.
pub const UNAVAILABLE_RETRY: Duration = Duration::from_secs(1);

/// How long to wait before a programme that could not be encoded is tried again, unless another input goes on
/// air.
pub const UNSUPPORTED_RETRY: Duration = Duration::from_secs(60);

/// How long to wait after another input went on air, so that an encoder sees what it sends: HE-AAC is found
/// in the first frames.
pub const NEW_INPUT_RETRY: Duration = Duration::from_secs(1);

/// After this many encoders in a row that failed without a frame, the programme counts as one that cannot be
/// encoded.
pub const FAILURES_MAX: u32 = 5;

/// The renditions of a station, which have one encoder.
#[derive(Debug, Default)]
pub struct StationLadder {
    pub rungs: Vec<StationRung>,
    /// The encoder, while it runs.
    pub encoder: Option<Box<dyn LadderEncoder>>,
    /// What the encoder has got.
    pub fed: Fed,
    /// Whether the rungs have changed since the encoder got them.
    pub has_new_rungs: bool,
    /// Whether the encoder has returned frames since it was started.
    pub has_output: bool,
    /// Whether what the encoder is asked for now comes too late.
    pub is_late: bool,
    /// How many encoders in a row failed before their first frame. From the second on, the next one begins at
    /// the live edge, without the audio with which they failed.
    pub failures: u32,
    /// The point of the station's timeline before which it cannot be encoded.
    pub encodable_from: AudioTime,
    /// Why the last encoder could not be started.
    pub last_error: Option<String>,
    /// When an encoder may be started.
    pub retry_at: Time,
    pub state: LadderState,
    pub lateness: Lateness,
    /// How often silence was played because the encoder had nothing in time.
    pub gaps: u64,
    /// How often the encoder was started again after an error.
    pub restarts: u64,
    last_id: RungId,
}

/// One rendition of a station.
#[derive(Debug, Clone, Copy)]
pub struct StationRung {
    /// Its number, which no other has had before.
    pub id: RungId,
    /// Its station.
    pub key: StationKey,
    /// The processor time of its frames so far.
    pub cpu: Duration,
}

/// Up to where the encoder has got the frames of a station's timeline.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fed {
    pub offset: u64,
    pub time: AudioTime,
}

/// What happens to the renditions of a station.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LadderState {
    #[default]
    Encoding,
    /// The encoder has nothing since this time; with the reason.
    Gap(Time, String),
    /// The station's programme cannot be encoded; with the reason.
    Unsupported(String),
}

impl StationLadder {
    /// Adds a rendition.
    pub fn add(&mut self, key: StationKey) {
        self.last_id += 1;
        self.rungs.push(StationRung { id: self.last_id, key, cpu: Duration::ZERO });
        self.has_new_rungs = true;
    }

    /// Removes a rendition.
    pub fn remove(&mut self, key: StationKey) {
        self.rungs.retain(|rung| rung.key != key);
        self.has_new_rungs = true;
    }

    /// Makes a rendition another rung, whose frames do not continue those of the old one.
    pub fn replace(&mut self, key: StationKey) {
        self.last_id += 1;
        let id = self.last_id;
        self.rungs.iter_mut().filter(|rung| rung.key == key).for_each(|rung| rung.id = id);
        self.has_new_rungs = true;
    }

    /// Returns whether new listeners of the renditions are refused.
    pub fn is_unsupported(&self) -> bool {
        matches!(self.state, LadderState::Unsupported(_))
    }

    /// Returns the state for pages and metrics.
    pub fn public_state(&self) -> RenditionState {
        match &self.state {
            LadderState::Encoding => RenditionState::Encoding,
            LadderState::Gap(_, reason) => RenditionState::Gap(reason.clone()),
            LadderState::Unsupported(reason) => RenditionState::Unsupported(reason.clone()),
        }
    }

    /// Ends the encoder.
    pub fn stop(&mut self) {
        self.encoder = None;
        self.is_late = false;
    }
}

/// Decides when frames of an encoder are late.
///
/// The limit is relative to the smallest delay since the first frames of the encoder, so it does not matter
/// whether a batch is long. A station that plays much at once, or faster than time passes, after its start or
/// a stall of the process, delays the encoder without a fault of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lateness {
    max: Option<AudioTime>,
    seen: AudioTime,
    /// By how much the timeline was last ahead of the clock, whose zero is another.
    ahead: i128,
}

impl Lateness {
    /// Begins again, at the first frames of an encoder.
    pub fn restart(&mut self) {
        self.max = None;
    }

    /// Returns whether frames that are `delay` behind `end`, the live edge of the station, are late.
    pub fn is_late(&mut self, end: AudioTime, delay: AudioTime, now: Time) -> bool {
        let best = delay + LATE_MIN.into();
        let burst = self.burst(end, now);
        self.max = Some(self.max.map_or(best, |max| (max + burst.into()).min(best)));
        self.max.is_some_and(|max| delay > max)
    }

    /// Returns how much audio the station has played at once, or faster than time passes.
    fn burst(&mut self, end: AudioTime, now: Time) -> Duration {
        let step = end.saturating_sub(self.seen).duration();
        self.seen = end;
        let micros = |time: Duration| i128::try_from(time.as_micros()).unwrap_or(i128::MAX);
        let ahead = micros(end.duration()) - micros(now.since_start());
        let more = ahead - self.ahead;
        let is_burst = step > STEP_MAX;
        if is_burst || more.abs() >= micros(AHEAD_MIN) {
            self.ahead = ahead;
        }
        match u64::try_from(more) {
            _ if is_burst => step,
            Ok(more) if u128::from(more) >= AHEAD_MIN.as_micros() => Duration::from_micros(more),
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> AudioTime {
        AudioTime::from(Duration::from_millis(millis))
    }

    /// Returns whether frames are late at this time in ms, with this live edge and this delay.
    fn is_late(lateness: &mut Lateness, now: u64, end: u64, delay: u64) -> bool {
        lateness.is_late(millis(end), millis(delay), Time::after_start(Duration::from_millis(now)))
    }

    #[test]
    fn frames_are_late_two_seconds_after_the_best_delay() {
        let mut lateness = Lateness::default();
        // A burst at the start, which the encoder works off.
        assert!(!is_late(&mut lateness, 9000, 5000, 5000));
        assert!(!is_late(&mut lateness, 9250, 5250, 300));
        assert!(!is_late(&mut lateness, 10_000, 6000, 2250));
        assert!(is_late(&mut lateness, 10_250, 6250, 2350));
        lateness.restart();
        assert!(!is_late(&mut lateness, 10_500, 6500, 2600));
    }

    #[test]
    fn burst_of_the_station_makes_no_frame_late() {
        let mut lateness = Lateness::default();
        assert!(!is_late(&mut lateness, 0, 250, 250));
        assert!(!is_late(&mut lateness, 20_000, 20_250, 20_250), "the process did not run for 20 s");
        assert!(!is_late(&mut lateness, 20_250, 20_500, 20_500));
        assert!(!is_late(&mut lateness, 20_500, 20_750, 250));
        assert!(!is_late(&mut lateness, 21_250, 21_500, 2_000));
        assert!(is_late(&mut lateness, 21_750, 22_000, 2_500), "the limit falls again");
    }

    /// A source sends its burst in pieces, and so does the AutoDJ.
    #[test]
    fn burst_in_pieces_makes_no_frame_late() {
        let mut lateness = Lateness::default();
        for piece in 1..=200 {
            assert!(!is_late(&mut lateness, piece, 26 * piece, 26 * piece), "after {piece} ms");
        }
        assert!(!is_late(&mut lateness, 250, 5_250, 5_250));
        assert!(!is_late(&mut lateness, 500, 5_500, 300));
        assert!(!is_late(&mut lateness, 1_400, 6_400, 1_200));
        assert!(!is_late(&mut lateness, 2_300, 7_300, 2_100));
        assert!(is_late(&mut lateness, 2_700, 7_700, 2_500), "the limit falls again");
    }

    /// An encoder that hangs while frames of 72 ms are played one by one.
    #[test]
    fn limit_does_not_drift_with_the_frames() {
        let mut lateness = Lateness::default();
        let late_at = (0..10_000).find(|now| {
            let played = now / 72 * 72;
            is_late(&mut lateness, *now, played, played)
        });
        assert!(late_at.is_some_and(|at| (2_000..2_100).contains(&at)), "{late_at:?}");
    }
}
