//! When the log says that a certificate expires.

use std::cmp::Reverse;
use std::time::Duration;

use crate::tls::{Certificate, Validity};

/// The days before the end at which there is a line.
const DAYS: [u64; 5] = [30, 14, 7, 3, 1];

/// From this number of days on the line is a warning: 30 days before the end, ACME clients only begin to
/// renew certificates of 90 days.
const WARNED_DAYS: u64 = 14;

/// How soon a certificate expires. A later stage is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExpiryStage {
    /// Not soon.
    Far,
    /// It is not valid yet.
    NotYetValid,
    /// It is valid for some weeks.
    Ahead(DaysBefore),
    /// It is valid for some days.
    Soon(DaysBefore),
    /// It has expired.
    Expired,
}

/// A number of days before the end. Fewer days are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DaysBefore(Reverse<u64>);

impl ExpiryStage {
    /// Returns the stage of a certificate at this time, in UTC since 1970-01-01.
    ///
    /// Stages that begin before the half of its life are left out: certificates of a week are renewed every
    /// few days.
    pub fn at(certificate: &Certificate, today: Duration) -> Self {
        let days_left = match Validity::at(certificate, today) {
            Validity::Expired(_) => return Self::Expired,
            Validity::NotBefore(_) => return Self::NotYetValid,
            Validity::Until { days_left, .. } => days_left,
        };
        let life = certificate.not_after().saturating_sub(certificate.not_before());
        let is_late = |days: u64| Duration::from_secs(2 * days * 24 * 60 * 60) < life;
        // A day that has begun does not count as whole.
        let reached = DAYS.into_iter().filter(|&days| days_left < days && is_late(days)).min();
        match reached {
            None => Self::Far,
            Some(days) if days <= WARNED_DAYS => Self::Soon(DaysBefore(Reverse(days))),
            Some(days) => Self::Ahead(DaysBefore(Reverse(days))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::tls::test_certificates::{DAY, TODAY, TestAuthority};

    /// Returns the days before the end, counted in hours, at which a certificate of `life` days reaches
    /// another stage.
    fn stages(life: u32) -> Vec<(u32, ExpiryStage)> {
        let folder = TempDir::new().expect("a folder");
        let pair = TestAuthority::root("Root").issue_valid(&["radio.example"], TODAY, TODAY + life * DAY);
        let certificate = Certificate::load(&pair.write(folder.path(), "radio")).expect("a certificate");
        let (mut stage, mut found) = (ExpiryStage::Far, Vec::new());
        for hour in 0..=(life + 1) * 24 {
            let now = ExpiryStage::at(&certificate, TODAY + hour * (DAY / 24) + Duration::from_secs(1));
            assert!(now >= stage, "{now:?} after {stage:?}");
            if now != stage {
                found.push((life * 24 - hour.min(life * 24), now));
                stage = now;
            }
        }
        found
    }

    fn soon(days: u64) -> ExpiryStage {
        ExpiryStage::Soon(DaysBefore(Reverse(days)))
    }

    #[test]
    fn every_stage_is_reached_once_and_in_order() {
        let ahead = ExpiryStage::Ahead(DaysBefore(Reverse(30)));
        let late = [(14 * 24, soon(14)), (7 * 24, soon(7)), (3 * 24, soon(3)), (24, soon(1))];
        let end = [(0, ExpiryStage::Expired)];
        assert_eq!(stages(90), [&[(30 * 24, ahead)][..], &late, &end].concat());
        assert_eq!(stages(47), [&late[..], &end].concat());
    }

    #[test]
    fn short_lives_have_only_the_late_stages() {
        let end = (0, ExpiryStage::Expired);
        assert_eq!(stages(7), [(3 * 24, soon(3)), (24, soon(1)), end]);
        assert_eq!(stages(6), [(24, soon(1)), end]);
        assert_eq!(stages(1), [end]);
    }

    #[test]
    fn certificate_of_the_future_is_not_valid_yet() {
        let folder = TempDir::new().expect("a folder");
        let pair = TestAuthority::root("Root").issue_valid(&["a.example"], TODAY + DAY, TODAY + 90 * DAY);
        let certificate = Certificate::load(&pair.write(folder.path(), "a")).expect("a certificate");
        assert_eq!(ExpiryStage::at(&certificate, TODAY), ExpiryStage::NotYetValid);
        assert_eq!(ExpiryStage::at(&certificate, TODAY + 2 * DAY), ExpiryStage::Far);
    }
}
