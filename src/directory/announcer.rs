//! The thread that sends requests to the directory.

use std::collections::BTreeMap;
use std::time::Duration;

use log::{info, warn};

use super::clock::DirectoryClock;
use super::entry::{DirectoryEntry, ListingChange};
use super::listing::Listing;
use super::request::post;
use super::yp::{YpRequest, YpResponse};
use crate::log_limiter::{RECOVERY, excerpt};
use crate::settings::DirectorySettings;
use crate::time::Time;
use crate::tls::CurrentClientTls;
use crate::worker::{Inbox, InboxEvent};

/// The time limit for a response to a removal, while the server stops.
const REMOVAL_TIMEOUT: Duration = Duration::from_secs(1);

/// The longest wait if no request is due.
const IDLE_WAIT_MAX: Duration = Duration::from_secs(3600);

/// The stations announced to one directory.
pub struct Announcer {
    url: String,
    /// See [`DirectorySettings`].
    touch_interval: Duration,
    timeout: Duration,
    clock: DirectoryClock,
    tls: CurrentClientTls,
    entries: BTreeMap<u32, DirectoryEntry>,
    /// The last logged reason why the directory could not be reached. The same failure is logged once.
    reported_failure: Option<String>,
}

impl Announcer {
    /// Returns an announcer without stations.
    pub fn new(
        url: String,
        settings: &DirectorySettings,
        clock: DirectoryClock,
        tls: CurrentClientTls,
    ) -> Self {
        let DirectorySettings { urls: _, touch_interval, timeout } = *settings;
        Self { url, touch_interval, timeout, clock, tls, entries: BTreeMap::new(), reported_failure: None }
    }

    /// Announces the reported stations until the reporter is dropped, then removes all of them from the
    /// directory.
    pub fn run(&mut self, reported: &Inbox<Vec<Listing>>) {
        loop {
            match reported.next_within(self.until_due()) {
                InboxEvent::Job(report) => self.apply_report(report),
                InboxEvent::Flush | InboxEvent::Timeout => {}
                InboxEvent::Closed => return self.remove_all(),
            }
            if let Some(id) = self.due() {
                self.send_request(id);
            }
        }
    }

    fn apply_report(&mut self, report: Vec<Listing>) {
        let now = (self.clock)();
        let mut report: BTreeMap<u32, Listing> = report.into_iter().map(|it| (it.id, it)).collect();
        for (id, entry) in &mut self.entries {
            entry.update(report.remove(id), now);
        }
        for (id, listing) in report {
            let mut entry = DirectoryEntry::new(self.touch_interval, now);
            entry.update(Some(listing), now);
            self.entries.insert(id, entry);
        }
    }

    fn until_due(&self) -> Duration {
        let next = self.entries.values().filter_map(DirectoryEntry::due).min();
        next.map_or(IDLE_WAIT_MAX, |next| next.since((self.clock)()))
    }

    fn due(&self) -> Option<u32> {
        let now = (self.clock)();
        let first = self.entries.iter().filter_map(|(id, entry)| Some((entry.due()?, *id))).min()?;
        (first.0 <= now).then_some(first.1)
    }

    fn send_request(&mut self, id: u32) {
        let Some((name, body)) =
            self.entries.get(&id).and_then(|entry| Some((entry.name(), entry.next_request()?.body())))
        else {
            return;
        };
        let response = post(&self.url, body, self.timeout, self.tls.get());
        let now = (self.clock)();
        if let Some(entry) = self.entries.get_mut(&id) {
            let change = entry.handle_response(response, now);
            self.log_change(&name, change, now);
        }
    }

    fn log_change(&mut self, name: &str, change: ListingChange, now: Time) {
        let url = &self.url;
        match change {
            ListingChange::Failed(reason) => return self.on_failure(reason, now),
            ListingChange::None => {}
            ListingChange::Listed => info!("the directory {url} lists {name:?}"),
            ListingChange::Removed => info!("the directory {url} no longer lists {name:?}"),
            ListingChange::Refused(reason) => {
                warn!("the directory {url} does not list {name:?}: {}", excerpt(&reason))
            }
        }
        if self.reported_failure.take().is_some() {
            info!(target: RECOVERY, "the directory {url} answers again");
        }
    }

    /// Postpones the requests for all stations, because all of them are sent to the same directory.
    fn on_failure(&mut self, reason: String, now: Time) {
        self.entries.values_mut().for_each(|entry| entry.postpone(now));
        if self.reported_failure.as_ref() != Some(&reason) {
            warn!("cannot reach the directory {}, retrying in 20 minutes: {reason}", self.url);
            self.reported_failure = Some(reason);
        }
    }

    fn remove_all(&self) {
        for body in self.entries.values().filter_map(DirectoryEntry::removal_request).map(YpRequest::body) {
            // If this fails, it is not retried, and requests for the other stations would fail too.
            if let YpResponse::Failed(_) = post(&self.url, body, REMOVAL_TIMEOUT, self.tls.get()) {
                return;
            }
        }
    }
}
