//! Reports the state of the stations to a directory at regular intervals.

use std::time::Duration;

use crate::server::state::server::Server;
use crate::time::Time;

/// The interval between two reports. After the start, a directory gets the first title with the second
/// report, five seconds later.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

impl Server {
    pub(in crate::server) fn report(&mut self, now: Time) {
        if self.report_time().is_none_or(|next| now < next) {
            return;
        }
        let snapshot = self.snapshot(now);
        self.views.next_report = now + REPORT_INTERVAL;
        self.hooks.reporter.as_mut().into_iter().for_each(|reporter| reporter(&snapshot));
    }

    pub(in crate::server) fn report_time(&self) -> Option<Time> {
        self.hooks.reporter.as_ref().map(|_| self.views.next_report)
    }
}
