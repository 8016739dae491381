//! Limits how many log lines a peer, a source, a file or a tag can cause.
//!
//! Each limiter is for one kind of line, so a flood of one kind suppresses no line of another. Lines that
//! only the operator can cause have no limiter of their own. [`CallSiteLimits`] is the limit of all others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use log::Level;

use crate::address_blocks::network;
use crate::text::truncated;
use crate::time::Time;

/// The time to which limits apply, and after which suppressed lines are reported.
pub const WINDOW: Duration = Duration::from_secs(10);

/// The most bytes of a text from a peer, a source or a file in a line.
const EXCERPT_MAX: usize = 200;

/// Returns the beginning of a text from a peer, a source or a file, for a line of the log.
pub fn excerpt(text: &str) -> &str {
    truncated(text, EXCERPT_MAX)
}

/// The target of the lines at level info that say that something works again. So a filter can select them:
/// `RUST_LOG=warn,coldwave::recovery=info` shows the beginning and the end of every outage, and little else.
pub const RECOVERY: &str = "coldwave::recovery";

/// Logs a line at level info if it is admitted, else at level debug: `log_limited!(admitted, "…", …)`, with
/// `target: "…",` before that if the line belongs to another module.
macro_rules! log_limited {
    (target: $target:expr, $admitted:expr, $($line:tt)+) => {
        log::log!(target: $target, $crate::log_limiter::limited(log::Level::Info, $admitted), $($line)+)
    };
    ($admitted:expr, $($line:tt)+) => {
        log::log!($crate::log_limiter::limited(log::Level::Info, $admitted), $($line)+)
    };
}
pub(crate) use log_limited;

/// Like `log_limited`, for what goes wrong: logs a line at level warn if it is admitted.
macro_rules! warn_limited {
    ($admitted:expr, $($line:tt)+) => {
        log::log!($crate::log_limiter::limited(log::Level::Warn, $admitted), $($line)+)
    };
}
pub(crate) use warn_limited;

/// Returns the level of a line: `level` if it is admitted, else debug.
pub fn limited(level: Level, is_admitted: bool) -> Level {
    if is_admitted { level } else { Level::Debug }
}

/// Admits some lines in every window and counts the others.
#[derive(Debug)]
pub struct LogRateLimiter {
    max: u32,
    window: Duration,
    window_start: Time,
    admitted: u32,
    /// Lines suppressed since the last report.
    unreported: u64,
    total: u64,
}

impl LogRateLimiter {
    /// Creates a limiter that admits `max` lines in every [`WINDOW`].
    pub const fn new(max: u32) -> Self {
        Self::with_window(max, WINDOW)
    }

    const fn with_window(max: u32, window: Duration) -> Self {
        Self { max, window, window_start: Time::START, admitted: 0, unreported: 0, total: 0 }
    }

    /// Returns whether a line may be logged now. Counts it if not.
    pub fn admit(&mut self, now: Time) -> bool {
        self.roll(now);
        let is_admitted = self.admitted < self.max;
        if is_admitted {
            self.admitted += 1;
        } else {
            self.suppress();
        }
        is_admitted
    }

    /// Begins a new window if the last one is over, or if the clock was set back. Returns whether it did.
    fn roll(&mut self, now: Time) -> bool {
        let is_over = now < self.window_start || now.since(self.window_start) >= self.window;
        if is_over {
            (self.window_start, self.admitted) = (now, 0);
        }
        is_over
    }

    fn suppress(&mut self) {
        self.unreported += 1;
        self.total += 1;
    }

    /// Returns when the next report is due, if lines were suppressed.
    pub fn report_time(&self) -> Option<Time> {
        (self.unreported > 0).then(|| self.window_start + self.window)
    }

    /// Returns how many lines were suppressed since the last report, if the report is due.
    pub fn take_report(&mut self, now: Time) -> Option<u64> {
        self.report_time().filter(|at| *at <= now)?;
        self.take_unreported()
    }

    /// Returns how many lines were suppressed since the last report, if any.
    pub fn take_unreported(&mut self) -> Option<u64> {
        Some(std::mem::take(&mut self.unreported)).filter(|count| *count > 0)
    }

    /// Returns how many lines were suppressed in all.
    pub fn suppressed(&self) -> u64 {
        self.total
    }
}

/// A limiter for lines about clients, in which the clients of one network cannot use up the lines of the
/// others: a part of the lines for each IPv4 /24 and IPv6 /48.
#[derive(Debug)]
pub struct ClientLogLimiter {
    all: LogRateLimiter,
    max_per_network: u32,
    /// The lines admitted in this window, at most `all.max` entries.
    networks: HashMap<IpAddr, u32>,
}

impl ClientLogLimiter {
    /// Creates a limiter that admits `max` lines in every [`WINDOW`], of which `max_per_network` are about
    /// clients of one network.
    pub fn new(max: u32, max_per_network: u32) -> Self {
        Self { all: LogRateLimiter::new(max), max_per_network, networks: HashMap::new() }
    }

    /// Returns whether a line about a client may be logged now. Counts it if not.
    pub fn admit(&mut self, client: IpAddr, now: Time) -> bool {
        if self.all.roll(now) {
            self.networks.clear();
        }
        let network = network(client);
        let of_network = self.networks.get(&network).copied().unwrap_or_default();
        if of_network >= self.max_per_network {
            self.all.suppress();
            return false;
        }
        let is_admitted = self.all.admit(now);
        if is_admitted {
            self.networks.insert(network, of_network + 1);
        }
        is_admitted
    }

    /// Returns the limiter of all clients together, for reports.
    pub fn all(&self) -> &LogRateLimiter {
        &self.all
    }

    /// Returns the mutable limiter of all clients together, for reports.
    pub fn all_mut(&mut self) -> &mut LogRateLimiter {
        &mut self.all
    }
}

/// The place in the code that logs a line, which stands for the kind of the line.
pub type CallSite = (&'static str, u32);

/// The most lines of a call site in [`CALL_SITE_WINDOW`]: 50 per second in the long run. At the start, 1,000
/// stations log a few lines each.
const CALL_SITE_LINES_MAX: u32 = 3_000;
const CALL_SITE_WINDOW: Duration = Duration::from_secs(60);

/// The last limit, for every call site in the program: whatever causes lines without a limit of their own,
/// the log grows by some tens of lines per second and kind.
#[derive(Debug, Default)]
pub struct CallSiteLimits {
    sites: HashMap<CallSite, LogRateLimiter>,
}

impl CallSiteLimits {
    /// Returns whether a line may be logged now.
    pub fn admit(&mut self, site: CallSite, now: Time) -> bool {
        let create = || LogRateLimiter::with_window(CALL_SITE_LINES_MAX, CALL_SITE_WINDOW);
        self.sites.entry(site).or_insert_with(create).admit(now)
    }

    /// Returns a call site and the number of its lines that were suppressed, if that is to be reported now.
    pub fn take_report(&mut self, now: Time) -> Option<(CallSite, u64)> {
        self.sites.iter_mut().find_map(|(site, limiter)| Some((*site, limiter.take_report(now)?)))
    }

    /// Returns how many lines were suppressed in all.
    pub fn suppressed(&self) -> u64 {
        self.sites.values().map(LogRateLimiter::suppressed).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const MAX: u32 = 20;

    fn at(seconds: u64) -> Time {
        Time::after_start(Duration::from_secs(seconds))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn flood_is_counted_and_reported_at_the_end_of_the_window() {
        let mut limiter = LogRateLimiter::new(MAX);
        assert_eq!((0..1000).filter(|_| limiter.admit(at(100))).count(), MAX as usize);
        assert_eq!((limiter.take_report(at(109)), limiter.report_time()), (None, Some(at(110))));
        assert_eq!(limiter.take_report(at(110)), Some(980));
        assert_eq!((limiter.take_report(at(111)), limiter.report_time()), (None, None));
        assert!(limiter.admit(at(110)));
        assert_eq!(limiter.suppressed(), 980);
    }

    #[test]
    fn clock_set_back_begins_a_new_window() {
        let mut limiter = LogRateLimiter::new(1);
        assert_eq!(
            [limiter.admit(at(100)), limiter.admit(at(101)), limiter.admit(at(50))],
            [true, false, true]
        );
    }

    #[test]
    fn flood_of_one_network_leaves_lines_for_others() {
        for (flood, other) in [("203.0.113.7", "203.0.114.7"), ("2001:db8:1:2::3", "2001:db8:2:2::3")] {
            let mut limiter = ClientLogLimiter::new(MAX, 5);
            let admitted = (0..1000).filter(|_| limiter.admit(address(flood), at(100))).count();
            assert_eq!(admitted, 5, "{flood}");
            assert!(limiter.admit(address(other), at(100)), "{other}");
            assert_eq!(limiter.all_mut().take_report(at(110)), Some(995));
            assert!(limiter.admit(address(flood), at(110)));
        }
    }

    #[test]
    fn flood_of_many_networks_is_limited_too_and_needs_no_memory() {
        let mut limiter = ClientLogLimiter::new(MAX, 5);
        let clients = (0..10_000_u32).map(|number| IpAddr::from(Ipv4Addr::from_bits(number << 8)));
        assert_eq!(clients.filter(|client| limiter.admit(*client, at(100))).count(), MAX as usize);
        assert_eq!(limiter.networks.len(), MAX as usize);
        assert_eq!(limiter.all().suppressed(), 10_000 - u64::from(MAX));
    }

    #[test]
    fn call_sites_have_limits_of_their_own() {
        let mut limits = CallSiteLimits::default();
        let admitted = (0..10_000).filter(|_| limits.admit(("a.rs", 1), at(100))).count();
        assert_eq!(admitted, CALL_SITE_LINES_MAX as usize);
        assert!(limits.admit(("a.rs", 2), at(100)));
        assert_eq!(limits.take_report(at(159)), None);
        assert_eq!(limits.take_report(at(160)), Some((("a.rs", 1), 7_000)));
        assert_eq!((limits.take_report(at(160)), limits.suppressed()), (None, 7_000));
    }
}
