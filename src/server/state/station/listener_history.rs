//! The number of listeners of a station over the last 24 hours.

use std::collections::VecDeque;
use std::time::Duration;

use crate::pages::AUDIENCE_INTERVAL;
use crate::time::Time;

/// The number of intervals kept, including the current one: 24 hours.
const INTERVALS_KEPT: usize = 288;

/// The highest number of listeners in each interval of the last 24 hours, by the server's monotonic clock, so
/// that changes of the time of day have no effect.
///
/// No timer is needed at the end of an interval: the number is constant between two changes, so the passed
/// intervals are filled in at the next change, or when the history is read.
#[derive(Debug, Default)]
pub struct ListenerHistory {
    /// The highest number of each interval, the latest last.
    highest: VecDeque<u32>,
    /// The number of the latest interval, counted from the server's start.
    latest_interval: u64,
    /// The current number of listeners.
    current: u32,
    /// The highest number ever, and when it was reached.
    peak: Option<(u32, Time)>,
}

impl ListenerHistory {
    /// Records that there are `count` listeners from `now` on.
    pub fn record(&mut self, count: usize, now: Time) {
        self.catch_up(now);
        self.current = u32::try_from(count).unwrap_or(u32::MAX);
        if let Some(highest) = self.highest.back_mut() {
            *highest = self.current.max(*highest);
        }
        if self.current > self.peak.map_or(0, |(peak, _)| peak) {
            self.peak = Some((self.current, now));
        }
    }

    /// Resets the peak until the next [`record`](Self::record).
    pub fn reset_peak(&mut self) {
        self.peak = None;
    }

    /// Returns when the peak was reached.
    pub fn peak_at(&self) -> Option<Time> {
        self.peak.map(|(_, at)| at)
    }

    /// Returns the start of each interval, and the highest number in it. The last interval is the current
    /// one.
    pub fn samples(&mut self, now: Time) -> Vec<(Time, u32)> {
        self.catch_up(now);
        let first = self.latest_interval + 1 - self.highest.len() as u64;
        self.highest.iter().zip(first..).map(|(&highest, number)| (begin_of(number), highest)).collect()
    }

    fn catch_up(&mut self, now: Time) {
        let interval = now.since_start().as_secs() / AUDIENCE_INTERVAL.as_secs();
        // The first interval begins with the server, without listeners.
        let elapsed = interval.saturating_sub(self.latest_interval) + u64::from(self.highest.is_empty());
        let elapsed = elapsed.min(INTERVALS_KEPT as u64) as usize;
        let excess = (self.highest.len() + elapsed).saturating_sub(INTERVALS_KEPT);
        self.highest.drain(..excess);
        self.highest.extend(std::iter::repeat_n(self.current, elapsed));
        self.latest_interval = self.latest_interval.max(interval);
    }
}

fn begin_of(interval: u64) -> Time {
    Time::after_start(Duration::from_secs(interval * AUDIENCE_INTERVAL.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::after_start(Duration::from_secs(seconds))
    }

    fn highest(history: &mut ListenerHistory, seconds: u64) -> Vec<(u64, u32)> {
        let samples = history.samples(at(seconds));
        samples.iter().map(|(begin, highest)| (begin.since_start().as_secs(), *highest)).collect()
    }

    #[test]
    fn each_interval_has_its_highest_number() {
        let mut history = ListenerHistory::default();
        for (seconds, count) in [(10, 1), (11, 3), (12, 2), (299, 1), (300, 0), (301, 1), (700, 5), (899, 4)]
        {
            history.record(count, at(seconds));
        }
        assert_eq!(highest(&mut history, 899), [(0, 3), (300, 1), (600, 5)]);
        assert_eq!(history.peak_at(), Some(at(700)));
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
        assert_eq!(history.samples(at(day_s - 1)).len(), INTERVALS_KEPT);
        let samples = highest(&mut history, day_s);
        assert_eq!((samples.len(), samples[0], samples[287]), (INTERVALS_KEPT, (300, 0), (day_s, 0)));
        history.record(4, at(day_s));
        let later = highest(&mut history, 1_000 * day_s);
        assert_eq!((later.len(), later[0].1, later[287]), (INTERVALS_KEPT, 4, (1_000 * day_s, 4)));
        assert_eq!(history.peak_at(), Some(at(0)));
    }
}
