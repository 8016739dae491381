//! How many log lines misbehaving peers may cause.

use std::fmt;
use std::time::Duration;

use log::{debug, info};

use crate::time::Time;

/// Lines in one [`WINDOW`] are enough to see what is going on.
const LINES_PER_WINDOW: u32 = 20;
const WINDOW: Duration = Duration::from_secs(10);

/// Where the log says that these lines are from: what they are about, not how they are limited.
const TARGET: &str = "coldwave::server";

/// The limits of the log.
#[derive(Debug, Default)]
pub struct LogLimits {
    /// For peers that misbehave.
    pub peers: LogRateLimiter,
    /// For failed logins: apart from the others, so that no noise hides who tries passwords.
    pub logins: LogRateLimiter,
}

impl LogLimits {
    /// How many lines were suppressed so far.
    pub fn suppressed(&self) -> u64 {
        self.peers.all_suppressed + self.logins.all_suppressed
    }
}

/// Lets some lines through in every [`WINDOW`] and counts the others.
#[derive(Debug, Default)]
pub struct LogRateLimiter {
    since: Time,
    admitted: u32,
    /// Since the last line that was let through.
    suppressed: u64,
    all_suppressed: u64,
}

impl LogRateLimiter {
    /// Logs a line for the operator, or, beyond the limit, at level debug.
    pub fn log(&mut self, now: Time, line: fmt::Arguments<'_>) {
        match self.admit(now) {
            Some(0) => info!(target: TARGET, "{line}"),
            Some(count) => info!(target: TARGET, "{line} ({count} similar lines suppressed)"),
            None => debug!(target: TARGET, "{line}"),
        }
    }

    /// Whether a line may be logged now: then how many were suppressed since the last one.
    pub fn admit(&mut self, now: Time) -> Option<u64> {
        if now.since(self.since) >= WINDOW {
            (self.since, self.admitted) = (now, 0);
        }
        if self.admitted == LINES_PER_WINDOW {
            self.suppressed += 1;
            self.all_suppressed += 1;
            return None;
        }
        self.admitted += 1;
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flood_is_counted_and_not_logged() {
        let mut limiter = LogRateLimiter::default();
        let now = Time::after_start(Duration::from_secs(100));
        let admitted = (0..1000).filter_map(|_| limiter.admit(now)).collect::<Vec<_>>();
        assert_eq!(admitted, [0; LINES_PER_WINDOW as usize]);
        assert_eq!(limiter.admit(now + WINDOW), Some(1000 - u64::from(LINES_PER_WINDOW)));
        assert_eq!(limiter.admit(now + WINDOW), Some(0));
        assert_eq!(limiter.all_suppressed, 1000 - u64::from(LINES_PER_WINDOW));
    }
}
