//! How many lines strangers may cause in the log.

use std::fmt;
use std::time::Duration;

use log::{debug, info};

use crate::time::Time;

/// Lines in one [`WINDOW`] are enough to see what is going on.
const LINES: u32 = 20;
const WINDOW: Duration = Duration::from_secs(10);

/// Admits some lines in every while and counts the others.
#[derive(Debug, Default)]
pub struct Quota {
    since: Time,
    admitted: u32,
    withheld: u64,
    /// How many were withheld in all.
    all_withheld: u64,
}

impl Quota {
    /// Tells the operator, if it may be told now; else only who looks at every detail.
    pub fn tell(&mut self, now: Time, what: fmt::Arguments<'_>) {
        match self.admit(now) {
            Some(0) => info!("{what}"),
            Some(withheld) => info!("{what} ({withheld} more like this were not logged)"),
            None => debug!("{what}"),
        }
    }

    /// How many lines were withheld so far.
    pub fn all_withheld(&self) -> u64 {
        self.all_withheld
    }

    /// Whether a line may be logged now: then how many were withheld since the last one.
    pub fn admit(&mut self, now: Time) -> Option<u64> {
        if now.since(self.since) >= WINDOW {
            (self.since, self.admitted) = (now, 0);
        }
        if self.admitted == LINES {
            self.withheld += 1;
            self.all_withheld += 1;
            return None;
        }
        self.admitted += 1;
        Some(std::mem::take(&mut self.withheld))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_not_logged() {
        let mut quota = Quota::default();
        let now = Time::after_start(Duration::from_secs(100));
        let admitted = (0..1000).filter_map(|_| quota.admit(now)).collect::<Vec<_>>();
        assert_eq!(admitted, [0; LINES as usize]);
        assert_eq!(quota.admit(now + WINDOW), Some(1000 - u64::from(LINES)));
        assert_eq!(quota.admit(now + WINDOW), Some(0));
        assert_eq!(quota.all_withheld(), 1000 - u64::from(LINES));
    }
}
