//! The schedule of a station: how long its timeline has to be at a time, and when each part of it is played.

use super::lateness::INPUT_TIMEOUT;
use super::now_playing::AirTime;
use crate::time::{AudioTime, Time};

/// The station's clock follows the clock of the feed on air by at most one part in this many. The frequencies
/// of two clocks always differ a little: an encoder that is 100 ppm fast would be 8.6 s ahead after a day.
/// Real clocks differ by far less than this limit.
const CLOCK_SLEW_RATIO: u32 = 1000;

/// Maps the time of the server to the length that the timeline should have.
///
/// That is the time since the start plus the burst, corrected by a delay and an advance. All lengths are
/// exact, so rounding errors do not add up.
#[derive(Debug)]
pub struct PlaySchedule {
    started: Time,
    /// When the timeline was last restarted.
    restarted_at: Time,
    burst: AudioTime,
    /// How far the schedule was moved back: by audio that was not played after a stall, by a feed whose clock
    /// is slower than the server's, by a [reserve](Self::reserve), and by a longer burst.
    delay: AudioTime,
    /// How far the schedule was moved forward: by a feed whose clock is faster than the server's, by a
    /// restart, and by a shorter burst.
    advance: AudioTime,
    /// When the schedule was last adjusted to the clock of the feed.
    slewed_at: Time,
}

impl PlaySchedule {
    /// Returns the schedule of a station that starts now.
    pub fn new(burst: AudioTime, now: Time) -> Self {
        let (delay, advance) = (AudioTime::ZERO, AudioTime::ZERO);
        Self { started: now, restarted_at: now, burst, delay, advance, slewed_at: now }
    }

    /// Returns how far behind the live edge new listeners join.
    pub fn burst(&self) -> AudioTime {
        self.burst
    }

    /// Changes the burst. What is due does not change.
    pub fn set_burst(&mut self, burst: AudioTime) {
        self.delay += burst.saturating_sub(self.burst);
        self.advance += self.burst.saturating_sub(burst);
        self.burst = burst;
    }

    /// Makes a whole burst due after `end`, the length of the timeline.
    pub fn restart(&mut self, end: AudioTime, now: Time) {
        self.advance += (end + self.burst).saturating_sub(self.due(now));
        self.restarted_at = now;
    }

    /// Moves the schedule back by `length`, at most by the burst.
    pub fn reserve(&mut self, length: AudioTime) {
        self.delay += self.burst.min(length);
    }

    /// Moves the schedule back.
    pub fn delay(&mut self, length: AudioTime) {
        self.delay += length;
    }

    /// Moves the schedule forward.
    pub fn advance(&mut self, length: AudioTime) {
        self.advance += length;
    }

    /// Returns how far the schedule may be moved to follow the clock of a feed in the time since the last
    /// call.
    pub fn take_slew_step(&mut self, now: Time) -> AudioTime {
        let passed = now.since(self.slewed_at).min(INPUT_TIMEOUT);
        self.slewed_at = now;
        AudioTime::from(passed / CLOCK_SLEW_RATIO)
    }

    /// Returns the length that the timeline should have at `now`.
    pub fn due(&self, now: Time) -> AudioTime {
        (AudioTime::from(now.since(self.started)) + self.burst + self.advance).saturating_sub(self.delay)
    }

    /// Returns when the audio at `position` is played, which must be [due](Self::due) by now. The times are
    /// exact, although frames are added late and many at once. A burst that becomes due as a whole has one
    /// time.
    pub fn air_time_at(&self, position: AudioTime) -> AirTime {
        let position = position + self.delay;
        let on_air = position.saturating_sub(self.advance + self.burst).duration();
        let audible = position.saturating_sub(self.advance).duration();
        AirTime {
            live_edge_at: (self.started + on_air).max(self.restarted_at),
            audible_at: (self.started + audible).max(self.restarted_at),
        }
    }
}
