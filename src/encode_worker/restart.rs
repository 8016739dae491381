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
