//! One station in a directory: when to send which request, and what the responses mean. No clock and no
//! network.

use std::time::Duration;

use super::listing::{Listing, ListingInfo};
use super::yp::{YpRequest, YpResponse};
use crate::time::Time;

/// The delay between adding a station and its first touch. This and the following times are the same as in
/// Icecast, because directories are designed for it.
const FIRST_TOUCH_DELAY: Duration = Duration::from_secs(5);

/// The shortest interval between touches, even if a directory requests a shorter one.
const TOUCH_INTERVAL_MIN: Duration = Duration::from_secs(30);

/// The longest interval between touches. With a longer one, a station that no longer exists could stay listed
/// for more than a day.
const TOUCH_INTERVAL_MAX: Duration = Duration::from_secs(24 * 3600);

/// The delay before the next attempt after a directory refused a station, for example because of its name.
const RETRY_AFTER_REFUSAL: Duration = Duration::from_secs(7200);

/// The delay before the next attempt after a directory could not be reached, or no longer listed the station.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(1200);

/// How long a station with nothing on air stays listed. Most sources reconnect sooner.
const ABSENT_MAX: Duration = Duration::from_secs(60);

/// How long the audio of a source or a relay must have stayed as it is before a listing with other audio is
/// corrected.
const STEADY_SOURCE_MIN: Duration = Duration::from_secs(30);

/// The same for the AutoDJ, whose files may differ from each other: longer than most of them.
const STEADY_MUSIC_MIN: Duration = Duration::from_secs(600);

/// The shortest interval between two corrections, whatever has changed. The directory lists a corrected
/// station as a new one.
const CORRECTION_INTERVAL_MIN: Duration = Duration::from_secs(600);

/// The state of one station in a directory.
#[derive(Debug)]
pub struct DirectoryEntry {
    /// The data to list; `None` if the station should not be listed.
    listing: Option<Listing>,
    /// The time of the first report without the station; `None` if the latest report contains it.
    absent_since: Option<Time>,
    /// Since when the reported audio has stayed as it is.
    same_audio_since: Time,
    /// Whether the station is removed and added again, with its present data, instead of the next touch.
    needs_correction: bool,
    corrected_at: Option<Time>,
    /// The interval between touches if the directory requests none.
    touch_interval: Duration,
    state: ListingState,
}

#[derive(Debug)]
enum ListingState {
    /// The directory does not list the station. The next request to add it may be sent at `retry_at`.
    NotListed { retry_at: Time },
    /// The directory lists the station as `sid` with `listed_info`. The next touch is due at `next_touch`.
    Listed { sid: String, listed_info: Box<ListingInfo>, interval: Duration, next_touch: Time },
}

/// The change of a listing after a response, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListingChange {
    /// Nothing to log.
    None,
    /// The station is listed.
    Listed,
    /// The station is no longer listed, because nothing is on air.
    Removed,
    /// The directory refused to list the station, for this reason.
    Refused(String),
    /// The directory could not be reached, for this reason.
    Failed(String),
}

impl DirectoryEntry {
    /// Returns a station that is not listed yet. `touch_interval` applies if the directory requests none.
    pub fn new(touch_interval: Duration, now: Time) -> Self {
        Self {
            listing: None,
            absent_since: None,
            same_audio_since: now,
            needs_correction: false,
            corrected_at: None,
            touch_interval,
            state: ListingState::NotListed { retry_at: now },
        }
    }

    /// Updates the data of the station. `listing` is `None` if the latest report does not contain the
    /// station.
    pub fn update(&mut self, listing: Option<Listing>, now: Time) {
        match listing {
            Some(listing) => {
                self.note_data(&listing, now);
                (self.listing, self.absent_since) = (Some(listing), None);
            }
            None => self.absent_since = self.absent_since.or(Some(now)),
        }
        if self.absent_since.is_some_and(|since| now.since(since) >= ABSENT_MAX) {
            self.listing = None;
        }
    }

    /// Notes the data of a report, and decides whether the directory's listing has to be corrected.
    fn note_data(&mut self, listing: &Listing, now: Time) {
        let info = &listing.info;
        if !self.listing.as_ref().is_some_and(|last| last.info.has_same_audio(info)) {
            self.same_audio_since = now;
        }
        let steady_min = if listing.is_from_source { STEADY_SOURCE_MIN } else { STEADY_MUSIC_MIN };
        let is_steady = now.since(self.same_audio_since) >= steady_min;
        let is_recent = self.corrected_at.is_some_and(|at| now.since(at) < CORRECTION_INTERVAL_MIN);
        let is_wrong =
            |listed: &ListingInfo| !listed.is_same_station(info) || is_steady && !listed.has_same_audio(info);
        self.needs_correction = !is_recent
            && matches!(&self.state, ListingState::Listed { listed_info, .. } if is_wrong(listed_info));
    }

    /// Returns the station's name for the log.
    pub fn name(&self) -> String {
        let listed = match &self.state {
            ListingState::NotListed { .. } => None,
            ListingState::Listed { listed_info, .. } => Some(listed_info.as_ref()),
        };
        let info = self.listing.as_ref().map(|listing| &listing.info).or(listed);
        info.map(|info| info.name.clone()).unwrap_or_default()
    }

    /// Returns when the next request is due, if one is.
    pub fn due(&self) -> Option<Time> {
        match (&self.state, &self.listing) {
            (ListingState::NotListed { .. }, _) if self.absent_since.is_some() => None,
            (ListingState::NotListed { retry_at }, Some(_)) => Some(*retry_at),
            (ListingState::NotListed { .. }, None) => None,
            (ListingState::Listed { .. }, None) => Some(Time::START),
            (ListingState::Listed { next_touch, .. }, Some(_)) => Some(*next_touch),
        }
    }

    /// Returns the next request.
    pub fn next_request(&self) -> Option<YpRequest<'_>> {
        match (&self.state, &self.listing) {
            (ListingState::NotListed { .. }, listing) => listing.as_ref().map(YpRequest::Add),
            (ListingState::Listed { sid, .. }, Some(listing)) if !self.needs_correction => {
                Some(YpRequest::Touch { sid, listing })
            }
            (ListingState::Listed { sid, .. }, _) => Some(YpRequest::Remove { sid }),
        }
    }

    /// Returns the request to send when the server stops.
    pub fn removal_request(&self) -> Option<YpRequest<'_>> {
        match &self.state {
            ListingState::NotListed { .. } => None,
            ListingState::Listed { sid, .. } => Some(YpRequest::Remove { sid }),
        }
    }

    /// Handles the response to the [next request](Self::next_request).
    pub fn handle_response(&mut self, response: YpResponse, now: Time) -> ListingChange {
        match (&self.state, response) {
            (ListingState::NotListed { .. }, YpResponse::Accepted { sid, touch_interval }) => {
                self.on_add_response(sid, touch_interval, now)
            }
            (ListingState::NotListed { .. }, YpResponse::Refused(reason)) => {
                self.unlist(RETRY_AFTER_REFUSAL, now, ListingChange::Refused(reason.to_string()))
            }
            (ListingState::NotListed { .. }, YpResponse::Failed(reason)) => {
                self.unlist(RETRY_AFTER_FAILURE, now, ListingChange::Failed(reason))
            }
            (ListingState::Listed { .. }, response) => self.on_listed_response(response, now),
        }
    }

    /// Postpones the next attempt to add this station, after the directory could not be reached for another
    /// station.
    pub fn postpone(&mut self, now: Time) {
        if let ListingState::NotListed { retry_at } = &mut self.state {
            *retry_at = (*retry_at).max(now + RETRY_AFTER_FAILURE);
        }
    }

    fn on_add_response(&mut self, sid: String, touch_interval: Option<Duration>, now: Time) -> ListingChange {
        let Some(Listing { info, .. }) = &self.listing else { return ListingChange::None };
        if sid.is_empty() {
            return self.unlist(
                RETRY_AFTER_FAILURE,
                now,
                ListingChange::Failed("no SID in the response".into()),
            );
        }
        let interval =
            touch_interval.unwrap_or(self.touch_interval).clamp(TOUCH_INTERVAL_MIN, TOUCH_INTERVAL_MAX);
        self.state = ListingState::Listed {
            sid,
            listed_info: Box::new(info.clone()),
            interval,
            next_touch: now + FIRST_TOUCH_DELAY,
        };
        ListingChange::Listed
    }

    fn on_listed_response(&mut self, response: YpResponse, now: Time) -> ListingChange {
        if !matches!(self.next_request(), Some(YpRequest::Touch { .. })) {
            // The request was to remove the station, either for good or before it is added again. If the
            // request failed, the directory removes the station after a while, because no touch follows.
            self.needs_correction = false;
            let change = if self.listing.is_none() { ListingChange::Removed } else { ListingChange::None };
            if self.listing.is_some() {
                self.corrected_at = Some(now);
            }
            return self.unlist(Duration::ZERO, now, change);
        }
        match response {
            YpResponse::Accepted { .. } => self.schedule_touch(now),
            YpResponse::Refused(reason) => {
                self.unlist(RETRY_AFTER_FAILURE, now, ListingChange::Refused(reason.to_string()))
            }
            YpResponse::Failed(reason) => {
                self.unlist(RETRY_AFTER_FAILURE, now, ListingChange::Failed(reason))
            }
        }
    }

    fn schedule_touch(&mut self, now: Time) -> ListingChange {
        if let ListingState::Listed { interval, next_touch, .. } = &mut self.state {
            *next_touch = now + *interval;
        }
        ListingChange::None
    }

    fn unlist(&mut self, delay: Duration, now: Time, change: ListingChange) -> ListingChange {
        self.state = ListingState::NotListed { retry_at: now + delay };
        change
    }
}

#[cfg(test)]
mod tests;
