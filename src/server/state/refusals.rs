//! Listeners that are refused because the station or the server is full, for the log.

use std::time::Duration;

use super::log_limits::WarningInterval;
use crate::time::Time;

/// How long no listener must be refused until the station counts as no longer full. Players retry within this
/// time.
const OVER_AFTER: Duration = Duration::from_secs(60);

/// The refused listeners since the station or the server was full.
#[derive(Debug, Default)]
pub struct Refusals {
    /// When the first and the last one were refused, and their number. `None` while none is refused.
    run: Option<RefusalRun>,
    warnings: WarningInterval,
}

/// Refusals with less than [`OVER_AFTER`] between two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalRun {
    /// When the first listener was refused.
    pub since: Time,
    /// When the last one was refused.
    pub last: Time,
    /// The number of refused listeners.
    pub count: u64,
}

impl Refusals {
    /// Notes a refused listener. Returns all refusals of this run if a warning is due: at the first one, and
    /// then once a minute.
    pub fn note(&mut self, now: Time) -> Option<RefusalRun> {
        let run = self.run.get_or_insert(RefusalRun { since: now, last: now, count: 0 });
        (run.last, run.count) = (now, run.count + 1);
        Some(*run).filter(|_| self.warnings.admit(now))
    }

    /// Returns the refusals of a run that is over, once.
    pub fn take_over(&mut self, now: Time) -> Option<RefusalRun> {
        self.run.take_if(|run| now.since(run.last) >= OVER_AFTER)
    }
}

impl RefusalRun {
    /// Returns how long listeners were refused.
    pub fn lasted(&self) -> Duration {
        self.last.since(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn refusals_are_reported_at_once_then_once_a_minute_and_at_their_end() {
        let mut refusals = Refusals::default();
        let reported: Vec<u64> =
            (100..=230).filter_map(|now| refusals.note(at(now))).map(|run| run.count).collect();
        assert_eq!(reported, [1, 61, 121]);
        assert_eq!(refusals.take_over(at(289)), None);
        let run = RefusalRun { since: at(100), last: at(230), count: 131 };
        assert_eq!(refusals.take_over(at(290)), Some(run));
        assert_eq!((run.lasted(), refusals.take_over(at(400))), (Duration::from_secs(130), None));
        assert_eq!(refusals.note(at(500)).map(|run| run.count), Some(1), "the next run");
    }
}
