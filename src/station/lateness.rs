//! How late the input on air is, and how long the station waits for it.

use std::time::Duration;

use crate::time::Time;

/// How much the backlog of the input on air may grow above its minimum before another input is played
/// instead, or a gap. The time is shorter than any useful burst, so that listeners do not notice, and long
/// enough for a disk to spin up.
pub const INPUT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a feed must be late before something else is played. After a pause of the network, what has
/// waited arrives in several pieces, all within this time.
const CATCH_UP_TIME: Duration = Duration::from_secs(1);

/// The lateness of the input on air. The backlog is the length of the audio that is due and was not played.
#[derive(Debug, Default)]
pub struct InputLateness {
    /// The backlog at which the station no longer waits for the input. `None` before the first poll after a
    /// switch.
    backlog_max: Option<Duration>,
    /// The lag at which a feed is late.
    lag_max: Option<Duration>,
    /// Since when a feed that has frames is late, and its smallest lag since then.
    late: Option<(Time, Duration)>,
    /// When the last frame was taken from it.
    last_frame_at: Time,
}

impl InputLateness {
    /// Begins with another input, or after a gap.
    pub fn restart(&mut self) {
        *self = Self { last_frame_at: self.last_frame_at, ..Self::default() };
    }

    /// Notes that a frame was taken from the input.
    pub fn note_frame(&mut self, now: Time) {
        self.last_frame_at = now;
    }

    /// Returns how much longer to wait for the input.
    ///
    /// The limit is relative to the smallest backlog since the input went on air. So an encoder that sends at
    /// half speed reaches the limit too, and an encoder that started a second late and then keeps real time
    /// never does. A feed that has sent something within [`INPUT_TIMEOUT`] is not dead, but slow.
    pub fn wait_left(&mut self, backlog: Duration, is_open_feed: bool, now: Time) -> Duration {
        let max = self.backlog_max.get_or_insert(Duration::MAX);
        *max = (*max).min(backlog + INPUT_TIMEOUT);
        let left = *max - backlog.min(*max);
        let alive =
            if is_open_feed { (self.last_frame_at + INPUT_TIMEOUT).since(now) } else { Duration::ZERO };
        left.max(alive)
    }

    /// Notes the lag of the feed on air: how much of the backlog it has not sent. `is_ready` is whether it
    /// has a frame.
    ///
    /// A pause of the network adds to the lag until what has waited has arrived. Nothing is missing then, so
    /// only the smallest lag counts.
    pub fn note_lag(&mut self, lag: Duration, is_ready: bool, now: Time) {
        let max = self.lag_max.get_or_insert(Duration::MAX);
        *max = (*max).min(lag + INPUT_TIMEOUT);
        self.late = match self.late {
            _ if lag < *max => None,
            Some((since, least)) => Some((since, least.min(lag))),
            None => is_ready.then_some((now, lag)),
        };
    }

    /// Returns how much more audio is missing than at the best time since the feed went on air, if it is late
    /// and has had time to catch up.
    pub fn missing(&self, now: Time) -> Option<Duration> {
        let (_, least) = self.late.filter(|(since, _)| now.since(*since) >= CATCH_UP_TIME)?;
        Some(least - self.lag_max?.saturating_sub(INPUT_TIMEOUT))
    }

    /// Lets the backlog grow by this time without a fault of the input. The limit falls again when the input
    /// catches up.
    pub fn excuse(&mut self, time: Duration) {
        self.change_limits(|max| max.saturating_add(time));
    }

    /// Gives a new sender of the feed on air the same time limit. The limit is bounded, so that the delays of
    /// several senders do not add up. It is never lowered: it may include time that was
    /// [excused](Self::excuse).
    pub fn allow_another_sender(&mut self) {
        self.change_limits(|max| max.max(max.saturating_add(INPUT_TIMEOUT).min(INPUT_TIMEOUT * 2)));
    }

    fn change_limits(&mut self, change: impl Fn(Duration) -> Duration) {
        let Self { backlog_max, lag_max, late, .. } = self;
        [backlog_max, lag_max].into_iter().flatten().for_each(|max| *max = change(*max));
        *late = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: f64) -> Duration {
        Duration::from_millis((seconds * 1000.0) as u64)
    }

    fn at(seconds: f64) -> Time {
        Time::after_start(secs(seconds))
    }

    #[test]
    fn pause_that_loses_nothing_adds_nothing_to_what_is_missing() {
        let mut lateness = InputLateness::default();
        for (second, lag, is_ready, missing) in [
            (0.0, 0.0, true, None),
            (30.0, 0.6, true, None),
            // A pause of the network, and what has waited, in two pieces.
            (31.9, 2.5, false, None),
            (32.0, 2.5, true, None),
            (32.5, 0.6, true, None),
            // The clock of the source is slow, and there is a pause.
            (100.0, 2.0, true, None),
            (101.9, 3.9, false, Some(2.0)),
            (102.0, 3.9, true, Some(2.0)),
        ] {
            lateness.note_lag(secs(lag), is_ready, at(second));
            assert_eq!(lateness.missing(at(second)), missing.map(secs), "after {second} s");
        }
    }

    #[test]
    fn another_sender_never_has_less_time_than_the_one_before() {
        for (excused, left) in [(0.0, 4.0), (1.0, 4.0), (2.0, 4.0), (10.0, 12.0)] {
            let mut lateness = InputLateness::default();
            lateness.wait_left(Duration::ZERO, true, at(0.0));
            lateness.excuse(secs(excused));
            lateness.allow_another_sender();
            assert_eq!(lateness.backlog_max, Some(secs(left)), "excused {excused} s");
        }
    }
}
