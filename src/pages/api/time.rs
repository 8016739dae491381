//! Formats a time of day for the API (RFC 3339).

use jiff::Timestamp;

use crate::time::{Moment, WallClock};

/// Formats a time as RFC 3339 in UTC with milliseconds: `2026-11-25T19:00:00.000Z`. It is rounded down, so
/// that no event has a time in the future.
pub fn rfc3339(clock: WallClock, moment: impl Into<Moment>) -> String {
    let unix_ms = i64::try_from(clock.unix_time(moment).as_millis()).unwrap_or(i64::MAX);
    // jiff has a maximum year. Times beyond it come from a wrong clock, so the maximum is good enough.
    let timestamp = Timestamp::from_millisecond(unix_ms).unwrap_or(Timestamp::MAX);
    format!("{timestamp:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;
    use std::time::Duration;

    #[test]
    fn times_are_utc_with_milliseconds() {
        for (unix_us, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_741_083_072_000_000, "2025-03-04T10:11:12.000Z"),
            (1_741_083_072_034_999, "2025-03-04T10:11:12.034Z"),
            (u64::MAX, "9999-12-30T22:00:00.999Z"),
        ] {
            let clock = WallClock::started_at(Duration::from_micros(unix_us));
            assert_eq!(rfc3339(clock, Time::START), expected);
        }
        let clock = WallClock::started_at(Duration::from_secs(1_741_083_072));
        let later = Time::after_start(Duration::from_micros(1_500_999));
        assert_eq!(rfc3339(clock, later), "2025-03-04T10:11:13.500Z");
    }
}
