//! Whoever wants to know how the stations are, time and again: a directory.

use std::time::Duration;

use super::Server;
use crate::pages::Snapshot;
use crate::time::Time;

/// How often. A directory is first told five seconds after it lists a station what is on.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Is told how the stations are. Must not block.
pub type Reporter = Box<dyn FnMut(&Snapshot)>;

/// One who is told, and when he is told next.
pub struct Reports {
    reporter: Reporter,
    next: Time,
}

impl Server {
    /// Has `reporter` told every five seconds how the stations are, until the server stops.
    pub fn report_to(&mut self, reporter: Reporter) {
        self.reports = Some(Reports { reporter, next: Time::START });
    }

    pub(super) fn report(&mut self, now: Time) {
        let Some(mut reports) = self.reports.take_if(|reports| reports.next <= now) else { return };
        (reports.reporter)(&self.snapshot(now));
        reports.next = now + REPORT_EVERY;
        self.reports = Some(reports);
    }

    pub(super) fn report_time(&self) -> Option<Time> {
        self.reports.as_ref().map(|reports| reports.next)
    }
}
