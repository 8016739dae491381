//! The two time formats of Icecast.

use jiff::Timestamp;

use crate::time::{Time, WallClock};

/// Formats a time as RFC 2822, in UTC: `Tue, 04 Mar 2025 10:11:12 +0000`.
pub fn rfc2822(clock: WallClock, time: Time) -> String {
    format_time(clock, time, "%a, %d %b %Y %H:%M:%S +0000")
}

/// Formats a time as ISO 8601, in UTC: `2025-03-04T10:11:12+0000`.
pub fn iso8601(clock: WallClock, time: Time) -> String {
    format_time(clock, time, "%Y-%m-%dT%H:%M:%S+0000")
}

fn format_time(clock: WallClock, time: Time, format: &str) -> String {
    let unix_s = i64::try_from(clock.unix_time(time).as_secs()).unwrap_or(i64::MAX);
    // jiff has a maximum year. Times beyond it come from a wrong clock, so the maximum is good enough.
    Timestamp::from_second(unix_s).unwrap_or(Timestamp::MAX).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_formatted_as_rfc_2822_and_iso_8601() {
        let clock = WallClock::started_at(Duration::from_secs(1_741_083_072));
        assert_eq!(rfc2822(clock, Time::START), "Tue, 04 Mar 2025 10:11:12 +0000");
        assert_eq!(iso8601(clock, Time::START), "2025-03-04T10:11:12+0000");
        let later = Time::after_start(Duration::from_millis(86_400_999));
        assert_eq!(rfc2822(clock, later), "Wed, 05 Mar 2025 10:11:12 +0000");
        let wrong = WallClock::started_at(Duration::from_secs(u64::MAX / 2_000_000));
        assert!(iso8601(wrong, Time::START).ends_with("+0000"));
    }
}
