//! The number of listeners of a station over the last 24 hours.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::pages::{AUDIENCE_INTERVAL, AUDIENCE_INTERVALS_KEPT as INTERVALS_KEPT, AudienceHistory};
use crate::time::{Moment, Time, WallClock};

/// The highest number of listeners in each interval of the last 24 hours, by the server's monotonic clock, so
/// that changes of the time of day have no effect.
///
/// No timer is needed at the end of an interval: the number is constant between two changes, so the passed
/// intervals are filled in at the next change, or when the history is read.
#[derive(Debug, Default)]
pub struct ListenerHistory {
    /// The highest number of each interval, the latest last.
    highest: VecDeque<u32>,
    /// The number of the latest interval, counted from the one in which the server started.
    latest_interval: u64,
    /// How long before the server's start the first interval began. It makes all runs have the same
    /// intervals, unless the clock was wrong.
    phase: Duration,
    /// The current number of listeners.
    current: u32,
    /// The highest number ever, and when it was reached.
    peak: Option<(u32, Moment)>,
    /// The intervals of earlier runs, sorted by their start in UTC, at most [`INTERVALS_KEPT`].
    earlier: Arc<[(Duration, u32)]>,
}

impl ListenerHistory {
    /// Lets the intervals begin at multiples of their length in UTC. Must be called before the first record.
    pub fn align(&mut self, clock: WallClock, now: Time) {
        let started = clock.unix_time(Time::START);
        self.phase = Duration::from_nanos((started.as_nanos() % AUDIENCE_INTERVAL.as_nanos()) as u64);
        self.latest_interval = self.interval_at(now);
    }

    /// Sets the intervals of earlier runs by their start in UTC, and their peak with its time. A higher peak
    /// of this run stays.
    pub fn restore(&mut self, intervals: &[(Duration, u32)], peak: Option<(usize, Duration)>) {
        let latest = intervals.iter().rev().take(INTERVALS_KEPT);
        self.earlier = latest.copied().collect::<BTreeMap<_, _>>().into_iter().collect();
        let earlier = peak.map(|(peak, at)| (to_u32(peak), Moment::EarlierRun(at)));
        let is_exceeded =
            self.peak.is_some_and(|(peak, _)| earlier.is_none_or(|(earlier, _)| peak > earlier));
        self.peak = if is_exceeded { self.peak } else { earlier };
    }

    /// Records that there are `count` listeners from `now` on.
    pub fn record(&mut self, count: usize, now: Time) {
        self.catch_up(now);
        self.current = to_u32(count);
        if let Some(highest) = self.highest.back_mut() {
            *highest = self.current.max(*highest);
        }
        if self.current > self.peak.map_or(0, |(peak, _)| peak) {
            self.peak = Some((self.current, now.into()));
        }
    }

    /// Resets the peak until the next [`record`](Self::record).
    pub fn reset_peak(&mut self) {
        self.peak = None;
    }

    /// Returns when the peak was reached.
    pub fn peak_at(&self) -> Option<Moment> {
        self.peak.map(|(_, at)| at)
    }

    /// Returns the history until `now`, with the times of `clock`.
    pub fn history(&mut self, clock: WallClock, now: Time) -> AudienceHistory {
        self.catch_up(now);
        let first = self.latest_interval + 1 - self.highest.len() as u64;
        let started = clock.unix_time(Time::START).saturating_sub(self.phase);
        AudienceHistory {
            earlier: self.earlier.clone(),
            begin: started + Duration::from_secs(first * AUDIENCE_INTERVAL.as_secs()),
            highest: self.highest.iter().copied().collect(),
        }
    }

    /// Returns the intervals to store: those of this run, and as many of the earlier runs as there is room
    /// for. Those of this run are the last.
    pub fn take_snapshot(&mut self, clock: WallClock, now: Time) -> Vec<(Duration, u32)> {
        let mut intervals = self.history(clock, now).recorded();
        let superfluous = intervals.len().saturating_sub(INTERVALS_KEPT);
        let latest = intervals.last().map_or(Duration::MAX, |(begin, _)| *begin);
        // If the clock is behind now or was ahead once, these are in the future: they make room first.
        let (past, future): (Vec<_>, Vec<_>) = intervals.drain(..).partition(|(begin, _)| *begin <= latest);
        let kept_future = future.len().saturating_sub(superfluous);
        let dropped_past = superfluous - (future.len() - kept_future);
        let future = future.into_iter().take(kept_future);
        future.chain(past.into_iter().skip(dropped_past)).collect()
    }

    fn interval_at(&self, now: Time) -> u64 {
        (now.since_start() + self.phase).as_secs() / AUDIENCE_INTERVAL.as_secs()
    }

    fn catch_up(&mut self, now: Time) {
        let interval = self.interval_at(now);
        // The first interval begins without listeners.
        let elapsed = interval.saturating_sub(self.latest_interval) + u64::from(self.highest.is_empty());
        let elapsed = elapsed.min(INTERVALS_KEPT as u64) as usize;
        let excess = (self.highest.len() + elapsed).saturating_sub(INTERVALS_KEPT);
        self.highest.drain(..excess);
        self.highest.extend(std::iter::repeat_n(self.current, elapsed));
        self.latest_interval = self.latest_interval.max(interval);
    }
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::after_start(Duration::from_secs(seconds))
    }

    fn started_at(unix_s: u64) -> WallClock {
        WallClock::started_at(Duration::from_secs(unix_s))
    }

    fn highest(history: &mut ListenerHistory, seconds: u64) -> Vec<(u64, u32)> {
        let samples = history.history(WallClock::default(), at(seconds)).samples();
        let number = |highest: Option<u32>| highest.expect("no gaps");
        samples.into_iter().map(|(begin, highest)| (begin.as_secs(), number(highest))).collect()
    }

    /// Returns a history that began at this time, after a run that stored these intervals.
    fn restored(unix_s: u64, intervals: &[(u64, u32)]) -> ListenerHistory {
        let mut history = ListenerHistory::default();
        history.align(started_at(unix_s), Time::START);
        let intervals: Vec<_> = intervals.iter().map(|&(begin, n)| (Duration::from_secs(begin), n)).collect();
        history.restore(&intervals, None);
        history
    }

    fn stored(history: &mut ListenerHistory, clock: WallClock, seconds: u64) -> Vec<(u64, u32)> {
        let intervals = history.take_snapshot(clock, at(seconds));
        intervals.into_iter().map(|(begin, highest)| (begin.as_secs(), highest)).collect()
    }

    #[test]
    fn each_interval_has_its_highest_number() {
        let mut history = ListenerHistory::default();
        for (seconds, count) in [(10, 1), (11, 3), (12, 2), (299, 1), (300, 0), (301, 1), (700, 5), (899, 4)]
        {
            history.record(count, at(seconds));
        }
        assert_eq!(highest(&mut history, 899), [(0, 3), (300, 1), (600, 5)]);
        assert_eq!(history.peak_at(), Some(at(700).into()));
    }

    #[test]
    fn history_is_exact_without_a_read_in_every_interval() {
        let mut history = ListenerHistory::default();
        history.record(2, at(100));
        history.record(0, at(1000));
        assert_eq!(highest(&mut history, 1000), [(0, 2), (300, 2), (600, 2), (900, 2)]);
        assert_eq!(highest(&mut history, 1500)[3..], [(900, 2), (1200, 0), (1500, 0)]);
        assert_eq!(highest(&mut ListenerHistory::default(), 700), [(0, 0), (300, 0), (600, 0)]);
    }

    #[test]
    fn history_covers_one_day() {
        let mut history = ListenerHistory::default();
        history.record(7, at(0));
        history.record(0, at(1));
        let day_s = 24 * 3600;
        assert_eq!(highest(&mut history, day_s - 1).first(), Some(&(0, 7)));
        assert_eq!(highest(&mut history, day_s - 1).len(), INTERVALS_KEPT);
        let samples = highest(&mut history, day_s);
        assert_eq!((samples.len(), samples[0], samples[287]), (INTERVALS_KEPT, (300, 0), (day_s, 0)));
        history.record(4, at(day_s));
        let later = highest(&mut history, 1_000 * day_s);
        assert_eq!((later.len(), later[0].1, later[287]), (INTERVALS_KEPT, 4, (1_000 * day_s, 4)));
        assert_eq!(history.peak_at(), Some(at(0).into()));
    }

    #[test]
    fn time_between_two_runs_is_a_gap() {
        let mut history = restored(10_070, &[(9_000, 4), (9_300, 5)]);
        history.record(2, at(3));
        let samples: Vec<_> = history.history(started_at(10_070), at(200)).samples().into_iter().collect();
        let samples: Vec<_> =
            samples.into_iter().map(|(begin, highest)| (begin.as_secs(), highest)).collect();
        // 10,070 s + 200 s is in the interval that begins at 10,200 s.
        let expected =
            [(9_000, Some(4)), (9_300, Some(5)), (9_600, None), (9_900, Some(2)), (10_200, Some(2))];
        assert_eq!(samples, expected);
    }

    #[test]
    fn interval_with_a_restart_has_the_highest_number_of_both_runs() {
        for (before, after) in [(9, 2), (2, 9)] {
            let mut history = restored(10_000, &[(9_900, before)]);
            history.record(after as usize, at(1));
            assert_eq!(stored(&mut history, started_at(10_000), 2), [(9_900, 9)]);
        }
        // A process that restarts every two seconds does not replace the history.
        let mut intervals = vec![(300, 1), (600, 2)];
        for start in (900..4500).step_by(2) {
            let mut history = restored(start, &intervals);
            history.record(3, at(1));
            intervals = stored(&mut history, started_at(start), 1);
        }
        let expected = [(300, 1), (600, 2)].into_iter().chain((3..15).map(|number| (number * 300, 3)));
        assert_eq!(intervals, expected.collect::<Vec<_>>());
    }

    #[test]
    fn intervals_older_than_a_day_are_not_shown() {
        let day_s = 24 * 3600;
        let clock = started_at(30 * 3600 + 3600);
        let mut history = restored(31 * 3600, &[(3600, 7), (20 * 3600, 8)]);
        let samples = history.history(clock, at(0)).samples();
        assert_eq!(samples.first(), Some(&(Duration::from_secs(20 * 3600), Some(8))));
        assert_eq!(samples.len(), 11 * 12 + 1);
        assert!(samples.len() <= INTERVALS_KEPT && samples[1].1.is_none());
        let samples = history.history(clock, at(day_s)).samples();
        assert_eq!(samples.len(), INTERVALS_KEPT);
        assert!(samples.iter().all(|(_, highest)| *highest == Some(0)), "{samples:?}");
    }

    #[test]
    fn clock_that_is_wrong_at_the_start_loses_nothing() {
        // A machine without a battery believes that it is 1970, until it gets the time from the network.
        let mut history = restored(60, &[(100_200, 4), (100_500, 5)]);
        history.record(1, at(1));
        let shown = history.history(WallClock::default(), at(2)).samples();
        assert_eq!(shown, [(Duration::ZERO, Some(1))], "the rest is in the future");
        assert_eq!(stored(&mut history, started_at(60), 2), [(100_200, 4), (100_500, 5), (0, 1)]);
        let clock = started_at(100_860);
        let samples: Vec<_> = history.history(clock, at(2)).samples().into_iter().map(|(_, n)| n).collect();
        assert_eq!(samples, [Some(4), Some(5), Some(1)]);
    }

    #[test]
    fn stored_intervals_are_limited() {
        let day: Vec<(u64, u32)> = (0..400).map(|number| (number * 300, 1)).collect();
        let mut history = restored(400 * 300, &day);
        history.record(3, at(1));
        let intervals = stored(&mut history, started_at(400 * 300), 700);
        assert_eq!(
            (intervals.len(), intervals[287], intervals[0]),
            (INTERVALS_KEPT, (402 * 300, 3), (115 * 300, 1))
        );
        // Intervals from a clock that was ahead make room first.
        let future: Vec<(u64, u32)> = (1000..1288).map(|number| (number * 300, 1)).collect();
        let mut history = restored(0, &future);
        let intervals = stored(&mut history, WallClock::default(), 900);
        assert_eq!((intervals.len(), intervals[287], intervals[284]), (INTERVALS_KEPT, (900, 0), (0, 0)));
    }
}
