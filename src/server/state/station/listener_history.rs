//! How many listeners a station had in the last 24 hours.

use std::collections::VecDeque;
use std::time::Duration;

use crate::pages::AUDIENCE_INTERVAL;
use crate::time::Time;

/// Intervals that are kept, with the one that is not over yet: 24 hours.
const INTERVALS_KEPT: usize = 288;

/// The highest number of listeners in each interval of the last 24 hours, by the server's own clock: setting the time of day
/// does not change it.
///
/// It is exact though no timer runs at the end of an interval: between two changes the number stays what it is, and what
/// has passed is made up for at the next change, or when it is read.
#[derive(Debug, Default)]
pub struct ListenerHistory {
    /// The highest of each interval, the latest last.
    highest: VecDeque<u32>,
    /// Which interval the latest is, counted from the server's start.
    latest: u64,
    /// How many there are.
    now: u32,
    /// The most there ever were, and since when.
    peak: Option<(u32, Time)>,
}

impl ListenerHistory {
    /// From `now` on there are `count`.
    pub fn record(&mut self, count: usize, now: Time) {
        self.catch_up(now);
        self.now = u32::try_from(count).unwrap_or(u32::MAX);
        if let Some(highest) = self.highest.back_mut() {
            *highest = self.now.max(*highest);
        }
        if self.now > self.peak.map_or(0, |(peak, _)| peak) {
            self.peak = Some((self.now, now));
        }
    }

    /// Forgets the peak, until the next [`note`](Self::note).
    pub fn reset_peak(&mut self) {
        self.peak = None;
    }

    /// Since when there were as many as there ever were.
    pub fn peak_at(&self) -> Option<Time> {
        self.peak.map(|(_, at)| at)
    }

    /// When each interval began, and the highest number in it; the last goes on.
    pub fn samples(&mut self, now: Time) -> Vec<(Time, u32)> {
        self.catch_up(now);
        let first = self.latest + 1 - self.highest.len() as u64;
        self.highest.iter().zip(first..).map(|(&highest, number)| (begin_of(number), highest)).collect()
    }

    fn catch_up(&mut self, now: Time) {
        let interval = now.since_start().as_secs() / AUDIENCE_INTERVAL.as_secs();
        // The first begins with the server, without listeners.
        let passed = interval.saturating_sub(self.latest) + u64::from(self.highest.is_empty());
        let passed = passed.min(INTERVALS_KEPT as u64) as usize;
        let over = (self.highest.len() + passed).saturating_sub(INTERVALS_KEPT);
        self.highest.drain(..over);
        self.highest.extend(std::iter::repeat_n(self.now, passed));
        self.latest = self.latest.max(interval);
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
    fn each_interval_has_the_most_there_were_in_it() {
        let mut history = ListenerHistory::default();
        for (seconds, count) in [(10, 1), (11, 3), (12, 2), (299, 1), (300, 0), (301, 1), (700, 5), (899, 4)]
        {
            history.record(count, at(seconds));
        }
        assert_eq!(highest(&mut history, 899), [(0, 3), (300, 1), (600, 5)]);
        assert_eq!(history.peak_at(), Some(at(700)));
    }

    #[test]
    fn nobody_needs_to_look_for_it_to_be_true() {
        let mut history = ListenerHistory::default();
        history.record(2, at(100));
        history.record(0, at(1000));
        assert_eq!(highest(&mut history, 1000), [(0, 2), (300, 2), (600, 2), (900, 2)]);
        assert_eq!(highest(&mut history, 1500)[3..], [(900, 2), (1200, 0), (1500, 0)]);
        assert_eq!(highest(&mut ListenerHistory::default(), 700), [(0, 0), (300, 0), (600, 0)]);
    }

    #[test]
    fn it_is_one_day_and_no_more() {
        let mut history = ListenerHistory::default();
        history.record(7, at(0));
        history.record(0, at(1));
        let day_s = 24 * 3600;
        assert_eq!(highest(&mut history, day_s - 1).first(), Some(&(0, 7)));
        assert_eq!(history.samples(at(day_s - 1)).len(), INTERVALS_KEPT);
        let samples = highest(&mut history, day_s);
        assert_eq!((samples.len(), samples[0], samples[287]), (INTERVALS_KEPT, (300, 0), (day_s, 0)));
        history.record(4, at(day_s));
        let far = highest(&mut history, 1_000 * day_s);
        assert_eq!((far.len(), far[0].1, far[287]), (INTERVALS_KEPT, 4, (1_000 * day_s, 4)));
        assert_eq!(history.peak_at(), Some(at(0)));
    }
}
