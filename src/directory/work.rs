//! The thread that asks the directory.

use std::collections::BTreeMap;
use std::time::Duration;

use log::{info, warn};

use super::clock::Clock;
use super::entry::{Entry, News};
use super::listing::Listing;
use super::words::{Answer, Ask};
use crate::time::Time;
use crate::worker::{Inbox, Next};

/// How long a directory may take to answer. Icecast's `yp-url-timeout` is the same.
const ANSWER_WITHIN_S: u64 = 15;

/// And where the process waits for it to end.
const FAREWELL_WITHIN_S: u64 = 1;

/// Bytes of an answer's head that are read.
const HEAD_MAX: usize = 16 * 1024;

/// How long there is nothing to look at where nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

/// How directories tell servers apart.
const USER_AGENT: &str = concat!("coldwave/", env!("CARGO_PKG_VERSION"));

/// All that is announced at one directory.
pub struct Work {
    url: String,
    clock: Clock,
    entries: BTreeMap<u32, Entry>,
    /// Why the directory could not be reached, as far as the operator knows: he is told once.
    failing: Option<String>,
}

impl Work {
    /// Nothing yet.
    pub fn new(url: String, clock: Clock) -> Self {
        Self { url, clock, entries: BTreeMap::new(), failing: None }
    }

    /// Announces what is reported until no more reports can come, then has the directory remove all stations.
    pub fn go_on(&mut self, reported: &Inbox<Vec<Listing>>) {
        loop {
            match reported.next_within(self.until_due()) {
                Next::Job(report) => self.take(report),
                Next::Settle | Next::Timeout => {}
                Next::Closed => return self.say_goodbye(),
            }
            if let Some(id) = self.due() {
                self.ask(id);
            }
        }
    }

    fn take(&mut self, report: Vec<Listing>) {
        let now = (self.clock)();
        let mut report: BTreeMap<u32, Listing> = report.into_iter().map(|it| (it.id, it)).collect();
        for (id, entry) in &mut self.entries {
            entry.set(report.remove(id), now);
        }
        for (id, listing) in report {
            let mut entry = Entry::new(now);
            entry.set(Some(listing), now);
            self.entries.insert(id, entry);
        }
    }

    fn until_due(&self) -> Duration {
        let next = self.entries.values().filter_map(Entry::due).min();
        next.map_or(IDLE, |next| next.since((self.clock)()))
    }

    fn due(&self) -> Option<u32> {
        let now = (self.clock)();
        let first = self.entries.iter().filter_map(|(id, entry)| Some((entry.due()?, *id))).min()?;
        (first.0 <= now).then_some(first.1)
    }

    fn ask(&mut self, id: u32) {
        let Some((name, body)) =
            self.entries.get(&id).and_then(|entry| Some((entry.name(), entry.ask()?.body())))
        else {
            return;
        };
        let answer = post(&self.url, body, ANSWER_WITHIN_S);
        let now = (self.clock)();
        if let Some(entry) = self.entries.get_mut(&id) {
            let news = entry.answered(answer, now);
            self.tell(&name, news, now);
        }
    }

    fn tell(&mut self, name: &str, news: News, now: Time) {
        let url = &self.url;
        match news {
            News::Failed(why) => return self.fail(why, now),
            News::None => {}
            News::Listed => info!("the directory {url} lists {name:?}"),
            News::Removed => info!("the directory {url} no longer lists {name:?}"),
            News::Refused(why) => warn!("the directory {url} does not list {name:?}: {why}"),
        }
        self.failing = None;
    }

    /// What holds for one station holds for all others.
    fn fail(&mut self, why: String, now: Time) {
        self.entries.values_mut().for_each(|entry| entry.wait(now));
        if self.failing.as_ref() != Some(&why) {
            warn!("cannot reach the directory {}, retrying in 20 minutes: {why}", self.url);
            self.failing = Some(why);
        }
    }

    fn say_goodbye(&self) {
        for body in self.entries.values().filter_map(Entry::farewell).map(Ask::body) {
            // Nothing is left to be done if that fails; and who cannot hear it once will not hear it again.
            if let Answer::Failed(_) = post(&self.url, body, FAREWELL_WITHIN_S) {
                return;
            }
        }
    }
}

fn post(url: &str, body: String, within_s: u64) -> Answer {
    let request = minreq::post(url)
        .with_header("Content-Type", "application/x-www-form-urlencoded")
        .with_header("User-Agent", USER_AGENT)
        .with_body(body)
        .with_timeout(within_s)
        .with_max_headers_size(HEAD_MAX)
        .with_max_status_line_length(HEAD_MAX)
        .with_max_redirects(0);
    match request.send_lazy() {
        Ok(reply) => Answer::of(reply.status_code.into(), |name| header(&reply.headers, name)),
        Err(error) => Answer::Failed(error.to_string()),
    }
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
