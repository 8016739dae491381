//! Whether a certificate is valid at a time, and for how long.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::certificate::Certificate;

/// The seconds of a day.
const DAY_S: i64 = 24 * 60 * 60;

/// The days up to which the number of days is shown: beyond, only the date is of interest.
const SHOWN_DAYS_MAX: u64 = 1000;

/// Whether a certificate is valid at a time. Formatted as a part of a sentence: `valid until 2027-02-27, 89
/// days left`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Not before this time, in UTC since 1970-01-01.
    NotBefore(Duration),
    /// Until this time, in UTC since 1970-01-01.
    Until {
        /// The last second of it.
        not_after: Duration,
        /// The whole days until then.
        days_left: u64,
    },
    /// Not after this time, in UTC since 1970-01-01.
    Expired(Duration),
}

impl Validity {
    /// Determines the validity of a certificate at this time, in UTC since 1970-01-01.
    pub fn at(certificate: &Certificate, today: Duration) -> Self {
        Self::within([certificate.not_before(), certificate.not_after()], today)
    }

    /// Like [`at`](Self::at), for a certificate with these first and last seconds.
    pub fn within([not_before, not_after]: [Duration; 2], today: Duration) -> Self {
        match u64::try_from(days_left(not_after, today)) {
            Err(_) => Self::Expired(not_after),
            Ok(_) if today < not_before => Self::NotBefore(not_before),
            Ok(days_left) => Self::Until { not_after, days_left },
        }
    }

    /// Returns the name of the state in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotBefore(_) => "not_yet_valid",
            Self::Until { .. } => "valid",
            Self::Expired(_) => "expired",
        }
    }

    /// Returns whether clients accept the certificate.
    pub fn is_valid(self) -> bool {
        matches!(self, Self::Until { .. })
    }
}

/// Returns the whole days until a certificate expires; below zero if it has.
pub fn days_left(not_after: Duration, today: Duration) -> i64 {
    let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    (seconds(not_after) - seconds(today)).div_euclid(DAY_S)
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NotBefore(time) => write!(f, "not valid before {}", date(time)),
            Self::Expired(time) => write!(f, "expired since {}", date(time)),
            Self::Until { not_after, days_left: 1 } => {
                write!(f, "valid until {}, 1 day left", date(not_after))
            }
            Self::Until { not_after, days_left } if days_left <= SHOWN_DAYS_MAX => {
                write!(f, "valid until {}, {days_left} days left", date(not_after))
            }
            Self::Until { not_after, .. } => write!(f, "valid until {}", date(not_after)),
        }
    }
}

/// Returns the date of a time, in UTC: `2027-02-27`.
pub(super) fn date(time: Duration) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    // jiff has a maximum year. Certificates without an end have one that is not much later.
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::tls::test_certificates::{DAY, TODAY, TestAuthority};

    #[test]
    fn validity_is_told_with_date_and_days() {
        let folder = TempDir::new().expect("a folder");
        let (from, to) = (TODAY - 10 * DAY, TODAY + 90 * DAY);
        let pair = TestAuthority::root("Root").issue_valid(&["radio.example"], from, to);
        let certificate = Certificate::load(&pair.write(folder.path(), "radio")).expect("a certificate");
        let second = Duration::from_secs(1);
        for (at, text, days) in [
            (from - second, "not valid before 2026-11-19", 100),
            (from, "valid until 2027-02-27, 100 days left", 100),
            (TODAY, "valid until 2027-02-27, 90 days left", 90),
            (to - DAY, "valid until 2027-02-27, 1 day left", 1),
            (to - second, "valid until 2027-02-27, 0 days left", 0),
            (to, "valid until 2027-02-27, 0 days left", 0),
            (to + second, "expired since 2027-02-27", -1),
            (to + DAY, "expired since 2027-02-27", -1),
            (to + DAY + second, "expired since 2027-02-27", -2),
        ] {
            let validity = Validity::at(&certificate, at);
            assert_eq!(validity.to_string(), text);
            assert_eq!(validity.is_valid(), certificate.is_valid_at(at), "{text}");
            assert_eq!(days_left(certificate.not_after(), at), days, "{text}");
        }
    }
}
