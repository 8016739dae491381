//! The limits of log lines about clients.

use std::time::Duration;

use log::Level;

use crate::log_limiter::{ClientLogLimiter, LogRateLimiter};
use crate::time::Time;

/// The most lines of a kind in ten seconds, in all and about the clients of one network. For the ends of
/// listeners these are the lines of a server with an ordinary evening; the access log has all of them.
const LISTENERS_MAX: u32 = 200;
const CLIENTS_MAX: u32 = 100;
const NETWORK_MAX: u32 = 20;

/// How often suppressed lines are looked for.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// The shortest interval between two warnings with the same cause.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// The limiters, one for each kind of line.
#[derive(Debug)]
pub struct LogLimits {
    /// For the ends of listeners.
    pub listeners: ClientLogLimiter,
    /// For misbehaving clients.
    pub peers: ClientLogLimiter,
    /// For failed logins. They have a limit of their own, so that other lines do not hide password guessing.
    pub logins: ClientLogLimiter,
    /// For warnings about an address that has its share of all connections.
    pub shares: WarningInterval,
    /// For warnings that idle connections are evicted.
    pub evictions: WarningInterval,
    /// For warnings that TLS handshakes wait.
    pub handshakes: WarningInterval,
    /// Lines of stations that were removed.
    pub of_removed_stations: u64,
    /// When to look for suppressed lines next.
    next_report: Time,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self {
            listeners: ClientLogLimiter::new(LISTENERS_MAX, NETWORK_MAX),
            peers: ClientLogLimiter::new(CLIENTS_MAX, NETWORK_MAX),
            logins: ClientLogLimiter::new(CLIENTS_MAX, NETWORK_MAX),
            shares: WarningInterval::default(),
            evictions: WarningInterval::default(),
            handshakes: WarningInterval::default(),
            of_removed_stations: 0,
            next_report: Time::START,
        }
    }
}

impl LogLimits {
    /// Returns the number of lines suppressed so far, by kind.
    pub fn suppressed(&self) -> [(&'static str, u64); 3] {
        let Self { listeners, peers, logins, .. } = self;
        [("listeners", listeners), ("clients", peers), ("logins", logins)]
            .map(|(kind, limiter)| (kind, limiter.all().suppressed()))
    }

    /// Returns when the next [report](Self::report) is due.
    pub fn report_time(&self) -> Option<Time> {
        let all = [&self.listeners, &self.peers, &self.logins];
        let due = all.into_iter().filter_map(|limiter| limiter.all().report_time()).min();
        due.map(|at| at.max(self.next_report))
    }

    /// Returns whether to look for suppressed lines now: once in [`REPORT_INTERVAL`], because a turn of the
    /// event loop should not look at the limiters of every station.
    pub fn is_report_due(&mut self, now: Time) -> bool {
        let is_due = self.next_report <= now;
        if is_due {
            self.next_report = now + REPORT_INTERVAL;
        }
        is_due
    }

    /// Logs how many lines were suppressed in the windows that are over.
    pub fn report(&mut self, now: Time) {
        self.report_each(|limiter| limiter.take_report(now));
    }

    /// Logs how many lines were suppressed since the last report, at shutdown.
    pub fn report_all(&mut self) {
        self.report_each(LogRateLimiter::take_unreported);
    }

    fn report_each(&mut self, mut count: impl FnMut(&mut LogRateLimiter) -> Option<u64>) {
        let Self { listeners, peers, logins, .. } = self;
        // If lines at level warn may be among them, their number is at this level, too.
        for (limiter, kind, level) in [
            (listeners, "ends of listeners", Level::Info),
            (peers, "misbehaving clients", Level::Warn),
            (logins, "failed logins", Level::Warn),
        ] {
            if let Some(count) = count(limiter.all_mut()) {
                log::log!(level, "{count} more lines about {kind} in the last 10 s were not logged");
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_a_minute_apart() {
        let mut interval = WarningInterval::default();
        let admitted = [0, 59, 60, 61].map(|at| interval.admit(Time::after_start(Duration::from_secs(at))));
        assert_eq!(admitted, [true, false, true, false]);
    }
}
