//! One station in a directory: when it is asked for what, and what its answers mean. No clock and no network.

use std::time::Duration;

use super::listing::{About, Listing};
use super::words::{Answer, Ask};
use crate::time::Time;

/// From the listing of a station to the first word of what it plays. This and the times below are Icecast's, which
/// directories are used to.
const FIRST_TOUCH: Duration = Duration::from_secs(5);

/// A directory is touched no more often than this, whatever it wants.
const TOUCH_EVERY_LEAST: Duration = Duration::from_secs(30);

/// And no less: a station that is still listed a day after it is gone helps nobody.
const TOUCH_EVERY_MOST: Duration = Duration::from_secs(24 * 3600);

/// How often it is touched where it does not say; dir.xiph.org wants it so.
const TOUCH_EVERY_USUAL: Duration = Duration::from_secs(200);

/// After a directory did not want a station, for instance because of its name.
const REFUSED_AGAIN: Duration = Duration::from_secs(7200);

/// After it could not be reached, or did not know the station any more.
const FAILED_AGAIN: Duration = Duration::from_secs(1200);

/// For so long a station without anything on the air stays listed: most sources are back sooner.
const ABSENT_MAX: Duration = Duration::from_secs(60);

/// A station, as far as a directory is concerned.
#[derive(Debug)]
pub struct Entry {
    /// What there is to say of it; nothing where it is not to be listed.
    listing: Option<Listing>,
    /// Since when it has not been.
    absent: Option<Time>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The directory does not list it, and may be asked to from then on.
    Out { until: Time },
    /// It does, by this name, as that; and is to be told something next then.
    In { sid: String, as_about: Box<About>, every: Duration, next: Time },
}

/// What is worth a line in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
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

impl Entry {
    /// A station that is not listed yet.
    pub fn new(now: Time) -> Self {
        Self { listing: None, absent: None, state: State::Out { until: now } }
    }

    /// Notes what there is to say of the station now; nothing where it is not to be listed.
    pub fn set(&mut self, listing: Option<Listing>, now: Time) {
        match listing {
            Some(listing) => (self.listing, self.absent) = (Some(listing), None),
            None => self.absent = self.absent.or(Some(now)),
        }
        if self.absent.is_some_and(|since| now.since(since) >= ABSENT_MAX) {
            self.listing = None;
        }
    }

    /// What the log calls the station.
    pub fn name(&self) -> String {
        let listed = match &self.state {
            State::Out { .. } => None,
            State::In { as_about, .. } => Some(as_about.as_ref()),
        };
        let about = self.listing.as_ref().map(|listing| &listing.about).or(listed);
        about.map(|about| about.name.clone()).unwrap_or_default()
    }

    /// When the directory is to be asked next, if it is.
    pub fn due(&self) -> Option<Time> {
        match (&self.state, &self.listing) {
            (State::Out { .. }, _) if self.absent.is_some() => None,
            (State::Out { until }, Some(_)) => Some(*until),
            (State::Out { .. }, None) => None,
            (State::In { .. }, None) => Some(Time::START),
            (State::In { next, .. }, Some(_)) => Some(*next),
        }
    }

    /// What it is to be asked now.
    pub fn ask(&self) -> Option<Ask<'_>> {
        match (&self.state, &self.listing) {
            (State::Out { .. }, listing) => listing.as_ref().map(Ask::Add),
            (State::In { sid, as_about, .. }, Some(listing)) if as_about.is_same(&listing.about) => {
                Some(Ask::Touch { sid, listing })
            }
            (State::In { sid, .. }, _) => Some(Ask::Remove { sid }),
        }
    }

    /// What it is to be asked when the server stops.
    pub fn farewell(&self) -> Option<Ask<'_>> {
        match &self.state {
            State::Out { .. } => None,
            State::In { sid, .. } => Some(Ask::Remove { sid }),
        }
    }

    /// Notes what the directory answered to what it [was asked](Self::ask).
    pub fn answered(&mut self, answer: Answer, now: Time) -> News {
        match (&self.state, answer) {
            (State::Out { .. }, Answer::Done { sid, every }) => self.was_added(sid, every, now),
            (State::Out { .. }, Answer::Refused(why)) => {
                self.out(REFUSED_AGAIN, now, News::Refused(why.to_string()))
            }
            (State::Out { .. }, Answer::Failed(why)) => self.out(FAILED_AGAIN, now, News::Failed(why)),
            (State::In { .. }, answer) => self.was_told(answer, now),
        }
    }

    /// Asks no sooner than after so long where it could not be reached for another station.
    pub fn wait(&mut self, now: Time) {
        if let State::Out { until } = &mut self.state {
            *until = (*until).max(now + FAILED_AGAIN);
        }
    }

    fn was_added(&mut self, sid: String, every: Option<Duration>, now: Time) -> News {
        let Some(Listing { about, .. }) = &self.listing else { return News::None };
        if sid.is_empty() {
            return self.out(FAILED_AGAIN, now, News::Failed("no SID in the response".into()));
        }
        let every = every.unwrap_or(TOUCH_EVERY_USUAL).clamp(TOUCH_EVERY_LEAST, TOUCH_EVERY_MOST);
        self.state = State::In { sid, as_about: Box::new(about.clone()), every, next: now + FIRST_TOUCH };
        News::Listed
    }

    fn was_told(&mut self, answer: Answer, now: Time) -> News {
        if !matches!(self.ask(), Some(Ask::Touch { .. })) {
            // It was asked to forget the station, which is listed anew, or not at all. If it did not hear that, it will
            // forget by itself.
            let news = if self.listing.is_none() { News::Removed } else { News::None };
            return self.out(Duration::ZERO, now, news);
        }
        match answer {
            Answer::Done { .. } => self.stays(now),
            Answer::Refused(why) => self.out(FAILED_AGAIN, now, News::Refused(why.to_string())),
            Answer::Failed(why) => self.out(FAILED_AGAIN, now, News::Failed(why)),
        }
    }

    fn stays(&mut self, now: Time) -> News {
        if let State::In { every, next, .. } = &mut self.state {
            *next = now + *every;
        }
        News::None
    }

    fn out(&mut self, again: Duration, now: Time, news: News) -> News {
        self.state = State::Out { until: now + again };
        news
    }
}

#[cfg(test)]
mod tests;
