//! The thread that asks the directory.

use std::collections::BTreeMap;
use std::time::Duration;

use log::{info, warn};

use super::clock::DirectoryClock;
use super::entry::{DirectoryEntry, ListingChange};
use super::listing::Listing;
use super::yp::{YpRequest, YpResponse};
use crate::time::Time;
use crate::worker::{Inbox, InboxEvent};

/// How long a directory may take to answer. Icecast's `yp-url-timeout` is the same.
const RESPONSE_TIMEOUT_S: u64 = 15;

/// And where the process waits for it to end.
const REMOVAL_TIMEOUT_S: u64 = 1;

/// Bytes of an answer's head that are read.
const RESPONSE_HEAD_MAX: usize = 16 * 1024;

/// How long there is nothing to look at where nothing is due.
const IDLE_WAIT_MAX: Duration = Duration::from_secs(3600);

/// How directories tell servers apart.
const USER_AGENT: &str = concat!("coldwave/", env!("CARGO_PKG_VERSION"));

/// All that is announced at one directory.
pub struct Announcer {
    url: String,
    clock: DirectoryClock,
    entries: BTreeMap<u32, DirectoryEntry>,
    /// Why the directory could not be reached, as far as the operator knows: he is told once.
    reported_failure: Option<String>,
}

impl Announcer {
    /// Nothing yet.
    pub fn new(url: String, clock: DirectoryClock) -> Self {
        Self { url, clock, entries: BTreeMap::new(), reported_failure: None }
    }

    /// Announces what is reported until no more reports can come, then has the directory remove all stations.
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
            let mut entry = DirectoryEntry::new(now);
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
        let answer = post(&self.url, body, RESPONSE_TIMEOUT_S);
        let now = (self.clock)();
        if let Some(entry) = self.entries.get_mut(&id) {
            let news = entry.handle_response(answer, now);
            self.log_change(&name, news, now);
        }
    }

    fn log_change(&mut self, name: &str, news: ListingChange, now: Time) {
        let url = &self.url;
        match news {
            ListingChange::Failed(why) => return self.on_failure(why, now),
            ListingChange::None => {}
            ListingChange::Listed => info!("the directory {url} lists {name:?}"),
            ListingChange::Removed => info!("the directory {url} no longer lists {name:?}"),
            ListingChange::Refused(why) => warn!("the directory {url} does not list {name:?}: {why}"),
        }
        self.reported_failure = None;
    }

    /// What holds for one station holds for all others.
    fn on_failure(&mut self, why: String, now: Time) {
        self.entries.values_mut().for_each(|entry| entry.postpone(now));
        if self.reported_failure.as_ref() != Some(&why) {
            warn!("cannot reach the directory {}, retrying in 20 minutes: {why}", self.url);
            self.reported_failure = Some(why);
        }
    }

    fn remove_all(&self) {
        for body in self.entries.values().filter_map(DirectoryEntry::removal_request).map(YpRequest::body) {
            // Nothing is left to be done if that fails; and who cannot hear it once will not hear it again.
            if let YpResponse::Failed(_) = post(&self.url, body, REMOVAL_TIMEOUT_S) {
                return;
            }
        }
    }
}

fn post(url: &str, body: String, within_s: u64) -> YpResponse {
    let request = minreq::post(url)
        .with_header("Content-Type", "application/x-www-form-urlencoded")
        .with_header("User-Agent", USER_AGENT)
        .with_body(body)
        .with_timeout(within_s)
        .with_max_headers_size(RESPONSE_HEAD_MAX)
        .with_max_status_line_length(RESPONSE_HEAD_MAX)
        .with_max_redirects(0);
    match request.send_lazy() {
        Ok(reply) => YpResponse::parse(reply.status_code.into(), |name| header(&reply.headers, name)),
        Err(error) => YpResponse::Failed(error.to_string()),
    }
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
