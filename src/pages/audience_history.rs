//! The listener history of a station over the last 24 hours, as plain data.

use std::sync::Arc;
use std::time::Duration;

/// The interval of the listener history. Each interval has its peak number of listeners.
pub const AUDIENCE_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// The number of intervals kept, including the current one: 24 hours.
pub const AUDIENCE_INTERVALS_KEPT: usize = 288;

/// The start of an interval of the listener history, in UTC since 1970-01-01, and the most listeners in it;
/// `None` if the server did not run.
pub type ListenerSample = (Duration, Option<u32>);

/// The listener history as it is recorded. It is joined where it is shown, which may be another thread: that
/// of a thousand stations takes 20 ms.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AudienceHistory {
    /// The intervals of earlier runs, sorted by their start in UTC.
    pub earlier: Arc<[(Duration, u32)]>,
    /// The start of the first interval of this run, in UTC.
    pub begin: Duration,
    /// The most listeners in each interval of this run, the current one last.
    pub highest: Vec<u32>,
}

impl AudienceHistory {
    /// Returns the start of each interval in UTC, and the highest number in it. The last interval is the
    /// current one. Intervals between two runs have no number.
    pub fn samples(&self) -> Vec<ListenerSample> {
        let recorded = self.recorded();
        let Some(&(latest, _)) = recorded.last() else { return Vec::new() };
        let oldest = latest.saturating_sub(AUDIENCE_INTERVAL * (AUDIENCE_INTERVALS_KEPT as u32 - 1));
        let mut samples: Vec<ListenerSample> = Vec::with_capacity(AUDIENCE_INTERVALS_KEPT);
        // The clock may have been ahead in an earlier run.
        let is_shown = |(begin, _): &(Duration, u32)| (oldest..=latest).contains(begin);
        let mut shown: Vec<_> = recorded.into_iter().filter(is_shown).collect();
        shown.sort_by_key(|(begin, _)| *begin);
        for (begin, highest) in shown {
            let mut before = samples.last().map_or(begin, |(before, _)| *before);
            while begin.saturating_sub(before) >= AUDIENCE_INTERVAL * 2 {
                before += AUDIENCE_INTERVAL;
                samples.push((before, None));
            }
            samples.push((begin, Some(highest)));
        }
        samples
    }

    /// Returns all intervals of the earlier runs and then those of this one. An interval in which this run
    /// began has the higher number of both.
    pub fn recorded(&self) -> Vec<(Duration, u32)> {
        let begins = (0..).map(|number: u32| self.begin + AUDIENCE_INTERVAL * number);
        let mut this_run: Vec<_> = begins.zip(self.highest.iter().copied()).collect();
        let shared = self.earlier.binary_search_by_key(&self.begin, |(begin, _)| *begin).ok();
        if let (Some(shared), Some(first)) = (shared, this_run.first_mut()) {
            first.1 = first.1.max(self.earlier[shared].1);
        }
        let is_empty = self.highest.is_empty();
        let earlier = self.earlier.iter().copied().filter(|(begin, _)| is_empty || *begin != self.begin);
        earlier.chain(this_run).collect()
    }
}
