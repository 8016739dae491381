//! One station in a directory: when it is asked for what, and what its answers mean. No clock and no network.

use std::time::Duration;

use super::listing::{Listing, ListingInfo};
use super::yp::{YpRequest, YpResponse};
use crate::time::Time;

/// From the listing of a station to the first word of what it plays. This and the times below are Icecast's, which
/// directories are used to.
const FIRST_TOUCH_DELAY: Duration = Duration::from_secs(5);

/// A directory is touched no more often than this, whatever it wants.
const TOUCH_INTERVAL_MIN: Duration = Duration::from_secs(30);

/// And no less: a station that is still listed a day after it is gone helps nobody.
const TOUCH_INTERVAL_MAX: Duration = Duration::from_secs(24 * 3600);

/// How often it is touched where it does not say; dir.xiph.org wants it so.
const TOUCH_INTERVAL_DEFAULT: Duration = Duration::from_secs(200);

/// After a directory did not want a station, for instance because of its name.
const RETRY_AFTER_REFUSAL: Duration = Duration::from_secs(7200);

/// After it could not be reached, or did not know the station any more.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(1200);

/// For so long a station without anything on the air stays listed: most sources are back sooner.
const ABSENT_MAX: Duration = Duration::from_secs(60);

/// A station, as far as a directory is concerned.
#[derive(Debug)]
pub struct DirectoryEntry {
    /// What there is to say of it; nothing where it is not to be listed.
    listing: Option<Listing>,
    /// Since when it has not been.
    absent_since: Option<Time>,
    state: ListingState,
}

#[derive(Debug)]
enum ListingState {
    /// The directory does not list it, and may be asked to from then on.
    NotListed { retry_at: Time },
    /// It does, by this name, as that; and is to be told something next then.
    Listed { sid: String, listed_info: Box<ListingInfo>, interval: Duration, next_touch: Time },
}

/// What is worth a line in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListingChange {
    /// Nothing is.
    None,
    /// The station is listed.
    Listed,
    /// It is listed no more, as there is nothing to hear.
    Removed,
    /// It is not listed, in the directory's words.
    Refused(String),
    /// The directory could not be asked.
    Failed(String),
}

impl DirectoryEntry {
    /// A station that is not listed yet.
    pub fn new(now: Time) -> Self {
        Self { listing: None, absent_since: None, state: ListingState::NotListed { retry_at: now } }
    }

    /// Notes what there is to say of the station now; nothing where it is not to be listed.
    pub fn update(&mut self, listing: Option<Listing>, now: Time) {
        match listing {
            Some(listing) => (self.listing, self.absent_since) = (Some(listing), None),
            None => self.absent_since = self.absent_since.or(Some(now)),
        }
        if self.absent_since.is_some_and(|since| now.since(since) >= ABSENT_MAX) {
            self.listing = None;
        }
    }

    /// What the log calls the station.
    pub fn name(&self) -> String {
        let listed = match &self.state {
            ListingState::NotListed { .. } => None,
            ListingState::Listed { listed_info: as_about, .. } => Some(as_about.as_ref()),
        };
        let about = self.listing.as_ref().map(|listing| &listing.info).or(listed);
        about.map(|about| about.name.clone()).unwrap_or_default()
    }

    /// When the directory is to be asked next, if it is.
    pub fn due(&self) -> Option<Time> {
        match (&self.state, &self.listing) {
            (ListingState::NotListed { .. }, _) if self.absent_since.is_some() => None,
            (ListingState::NotListed { retry_at: until }, Some(_)) => Some(*until),
            (ListingState::NotListed { .. }, None) => None,
            (ListingState::Listed { .. }, None) => Some(Time::START),
            (ListingState::Listed { next_touch: next, .. }, Some(_)) => Some(*next),
        }
    }

    /// What it is to be asked now.
    pub fn next_request(&self) -> Option<YpRequest<'_>> {
        match (&self.state, &self.listing) {
            (ListingState::NotListed { .. }, listing) => listing.as_ref().map(YpRequest::Add),
            (ListingState::Listed { sid, listed_info: as_about, .. }, Some(listing))
                if as_about.is_same_station(&listing.info) =>
            {
                Some(YpRequest::Touch { sid, listing })
            }
            (ListingState::Listed { sid, .. }, _) => Some(YpRequest::Remove { sid }),
        }
    }

    /// What it is to be asked when the server stops.
    pub fn removal_request(&self) -> Option<YpRequest<'_>> {
        match &self.state {
            ListingState::NotListed { .. } => None,
            ListingState::Listed { sid, .. } => Some(YpRequest::Remove { sid }),
        }
    }

    /// Notes what the directory answered to what it [was asked](Self::ask).
    pub fn handle_response(&mut self, answer: YpResponse, now: Time) -> ListingChange {
        match (&self.state, answer) {
            (ListingState::NotListed { .. }, YpResponse::Accepted { sid, touch_interval: every }) => {
                self.on_add_response(sid, every, now)
            }
            (ListingState::NotListed { .. }, YpResponse::Refused(why)) => {
                self.unlist(RETRY_AFTER_REFUSAL, now, ListingChange::Refused(why.to_string()))
            }
            (ListingState::NotListed { .. }, YpResponse::Failed(why)) => {
                self.unlist(RETRY_AFTER_FAILURE, now, ListingChange::Failed(why))
            }
            (ListingState::Listed { .. }, answer) => self.on_listed_response(answer, now),
        }
    }

    /// Asks no sooner than after so long where it could not be reached for another station.
    pub fn postpone(&mut self, now: Time) {
        if let ListingState::NotListed { retry_at: until } = &mut self.state {
            *until = (*until).max(now + RETRY_AFTER_FAILURE);
        }
    }

    fn on_add_response(&mut self, sid: String, every: Option<Duration>, now: Time) -> ListingChange {
        let Some(Listing { info: about, .. }) = &self.listing else { return ListingChange::None };
        if sid.is_empty() {
            return self.unlist(
                RETRY_AFTER_FAILURE,
                now,
                ListingChange::Failed("no SID in the response".into()),
            );
        }
        let every = every.unwrap_or(TOUCH_INTERVAL_DEFAULT).clamp(TOUCH_INTERVAL_MIN, TOUCH_INTERVAL_MAX);
        self.state = ListingState::Listed {
            sid,
            listed_info: Box::new(about.clone()),
            interval: every,
            next_touch: now + FIRST_TOUCH_DELAY,
        };
        ListingChange::Listed
    }

    fn on_listed_response(&mut self, answer: YpResponse, now: Time) -> ListingChange {
        if !matches!(self.next_request(), Some(YpRequest::Touch { .. })) {
            // It was asked to forget the station, which is listed anew, or not at all. If it did not hear that, it will
            // forget by itself.
            let news = if self.listing.is_none() { ListingChange::Removed } else { ListingChange::None };
            return self.unlist(Duration::ZERO, now, news);
        }
        match answer {
            YpResponse::Accepted { .. } => self.schedule_touch(now),
            YpResponse::Refused(why) => {
                self.unlist(RETRY_AFTER_FAILURE, now, ListingChange::Refused(why.to_string()))
            }
            YpResponse::Failed(why) => self.unlist(RETRY_AFTER_FAILURE, now, ListingChange::Failed(why)),
        }
    }

    fn schedule_touch(&mut self, now: Time) -> ListingChange {
        if let ListingState::Listed { interval: every, next_touch: next, .. } = &mut self.state {
            *next = now + *every;
        }
        ListingChange::None
    }

    fn unlist(&mut self, again: Duration, now: Time, news: ListingChange) -> ListingChange {
        self.state = ListingState::NotListed { retry_at: now + again };
        news
    }
}

#[cfg(test)]
mod tests;
