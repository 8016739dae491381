//! Limits the log lines that misbehaving peers can cause.

use std::fmt;
use std::time::Duration;

use log::{debug, info};

use crate::time::Time;

/// The most lines in one [`WINDOW`], enough to recognise the problem.
const LINES_PER_WINDOW: u32 = 20;
const WINDOW: Duration = Duration::from_secs(10);

/// The shortest interval between two warnings with the same cause.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// The log target of these lines: the server, not this module.
const TARGET: &str = "coldwave::server";

/// The limits of the log.
#[derive(Debug, Default)]
pub struct LogLimits {
    /// For misbehaving peers.
    pub peers: LogRateLimiter,
    /// For failed logins. They have a limit of their own, so that other lines do not hide password guessing.
    pub logins: LogRateLimiter,
    /// For warnings about an address that has its share of all connections.
    pub shares: WarningInterval,
    /// For warnings that idle connections are evicted.
    pub evictions: WarningInterval,
}

impl LogLimits {
    /// Returns the number of lines suppressed so far.
    pub fn suppressed(&self) -> u64 {
        self.peers.total_suppressed + self.logins.total_suppressed
    }
}

/// Admits one warning a minute.
#[derive(Debug, Default)]
pub struct WarningInterval(Option<Time>);

impl WarningInterval {
    /// Returns whether the warning may be logged now.
    pub fn admit(&mut self, now: Time) -> bool {
        let is_due = self.0.is_none_or(|last| now.since(last) >= WARNING_INTERVAL);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

/// Admits some lines in every [`WINDOW`] and counts the others.
#[derive(Debug, Default)]
pub struct LogRateLimiter {
    window_start: Time,
    admitted: u32,
    /// Lines suppressed since the last admitted one.
    suppressed: u64,
    total_suppressed: u64,
}

impl LogRateLimiter {
    /// Logs a line at level info, or, beyond the limit, at level debug.
    pub fn log(&mut self, now: Time, line: fmt::Arguments<'_>) {
        match self.admit(now) {
            Some(0) => info!(target: TARGET, "{line}"),
            Some(count) => info!(target: TARGET, "{line} ({count} similar lines suppressed)"),
            None => debug!(target: TARGET, "{line}"),
        }
    }

    /// Returns the number of lines suppressed since the last admitted one, if a line may be logged now; else
    /// `None`.
    pub fn admit(&mut self, now: Time) -> Option<u64> {
        if now.since(self.window_start) >= WINDOW {
            (self.window_start, self.admitted) = (now, 0);
        }
        if self.admitted == LINES_PER_WINDOW {
            self.suppressed += 1;
            self.total_suppressed += 1;
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
        assert_eq!(limiter.total_suppressed, 1000 - u64::from(LINES_PER_WINDOW));
    }

    #[test]
    fn warnings_are_a_minute_apart() {
        let mut interval = WarningInterval::default();
        let admitted = [0, 59, 60, 61].map(|at| interval.admit(Time::after_start(Duration::from_secs(at))));
        assert_eq!(admitted, [true, false, true, false]);
    }
}
