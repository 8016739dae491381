//! When the process of an encode worker may be started again after it died.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Time;

/// The time in which deaths are counted.
const DEATHS_WINDOW: Duration = Duration::from_secs(60);

/// The number of deaths within [`DEATHS_WINDOW`] from which on the next start waits.
const DEATHS_BEFORE_WAIT: usize = 3;

/// The first wait, which doubles with each further death.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait. A repaired cause is noticed within this time.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Decides when the next process may be started: at once after the first and second death, after a wait that
/// doubles from the third death within a minute on.
#[derive(Debug, Default)]
pub struct RestartPolicy {
    /// The latest deaths, at most [`DEATHS_BEFORE_WAIT`].
    deaths: VecDeque<Time>,
    /// The number of consecutive waits.
    waits: u32,
    not_before: Time,
}

impl RestartPolicy {
    /// Takes note of a death. Returns how long the next start waits.
    pub fn on_death(&mut self, now: Time) -> Duration {
        if self.deaths.back().is_some_and(|last| now.since(*last) > DEATHS_WINDOW + self.wait_before(*last)) {
            self.waits = 0;
        }
        self.deaths.push_back(now);
        if self.deaths.len() > DEATHS_BEFORE_WAIT {
            self.deaths.pop_front();
        }
        let wait = self.next_wait(now);
        self.not_before = now + wait;
        wait
    }

    /// Returns how long the start that followed this death had to wait.
    fn wait_before(&self, death: Time) -> Duration {
        self.not_before.since(death)
    }

    fn next_wait(&mut self, now: Time) -> Duration {
        let recent = self.deaths.iter().filter(|death| now.since(**death) <= DEATHS_WINDOW).count();
        if self.waits == 0 && recent < DEATHS_BEFORE_WAIT {
            return Duration::ZERO;
        }
        let wait = FIRST_WAIT.saturating_mul(1 << self.waits.min(16)).min(LONGEST_WAIT);
        self.waits = self.waits.saturating_add(1);
        wait
    }

    /// Returns how long the next start still has to wait.
    pub fn remaining(&self, now: Time) -> Duration {
        self.not_before.since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::after_start(Duration::from_secs(seconds))
    }

    /// Lets processes die at these times. Checks the wait in seconds after each.
    #[track_caller]
    fn check(deaths: &[(u64, u64)]) {
        let mut policy = RestartPolicy::default();
        for (death, wait) in deaths {
            assert_eq!(policy.on_death(at(*death)), Duration::from_secs(*wait), "at {death} s of {deaths:?}");
            assert_eq!(policy.remaining(at(*death + wait)), Duration::ZERO);
            assert_eq!(policy.remaining(at(*death)), Duration::from_secs(*wait));
        }
    }

    #[test]
    fn third_death_within_a_minute_begins_waits_that_double() {
        check(&[(0, 0), (0, 0), (0, 1), (1, 2), (3, 4), (7, 8), (15, 16), (31, 32), (63, 60), (123, 60)]);
        check(&[(100, 0), (130, 0), (160, 1), (200, 2)]);
    }

    #[test]
    fn rare_deaths_cause_no_wait() {
        check(&[(0, 0), (31, 0), (62, 0), (93, 0), (200, 0), (201, 0)]);
    }

    #[test]
    fn process_that_lived_for_a_minute_ends_the_waits() {
        check(&[(0, 0), (0, 0), (0, 1), (1, 2), (3, 4), (68, 0), (69, 0), (70, 1)]);
        // It had waited for 4 s, and then lived for a minute.
        check(&[(0, 0), (0, 0), (0, 1), (1, 2), (3, 4), (67, 8), (136, 0)]);
    }
}
