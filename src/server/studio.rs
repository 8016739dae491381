//! Who is live on a station, and what is kept for whoever comes next.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use log::warn;

use super::Peer;
use super::sender::Sender;
use crate::http::source::head::SourceInfo;
use crate::icy::Title;
use crate::session::Who;
use crate::settings::Takeover;
use crate::station::FeedId;
use crate::time::Time;

/// How long a title waits for the source that it is for: some encoders announce it before they connect, and one that lost
/// its connection has its title back if it returns within this.
pub const TITLE_KEPT: Duration = Duration::from_secs(60);

/// Titles that may wait until they are true. With more, the oldest is dropped: nobody announces a hundred titles within a
/// title's delay who means well.
const DELAYED_MAX: usize = 100;

/// So many times within a minute somebody takes the place of whoever is live only by mistake.
const REPLACED_OFTEN: u32 = 6;
const BEGUN_WITHIN: Duration = Duration::from_secs(60);

/// The place of a station's live source.
#[derive(Debug)]
pub struct Studio {
    /// Where its frames go.
    pub feed: FeedId,
    /// Who is live.
    pub holder: Option<Holder>,
    /// A title that came too early, and when; of whom, if it is only his.
    early: Option<(Title, Option<String>, Time)>,
    /// Who was live last, until when, and with what title.
    last: Option<(String, Time, Option<Title>)>,
    /// Since when it has been counted how often somebody went live, and how often that was.
    begun: (Time, u32),
    /// Titles that are not yet true, with when they will be.
    delayed: VecDeque<(Time, Title)>,
}

/// Whoever is live.
#[derive(Debug)]
pub struct Holder {
    /// Its connection, and what comes over it.
    pub sender: Sender,
    /// Whose password it gave.
    pub who: Who,
    /// What it said of itself.
    pub info: SourceInfo,
    /// When its first frame came.
    pub since: Time,
}

impl Studio {
    /// Nobody is live.
    pub fn new(feed: FeedId) -> Self {
        Self {
            feed,
            holder: None,
            early: None,
            last: None,
            begun: (Time::START, 0),
            delayed: VecDeque::new(),
        }
    }

    /// Whether `who` may go on the air now.
    pub fn admits(&self, who: &Who, takeover: Takeover) -> bool {
        let Some(Holder { who: holder, .. }) = &self.holder else { return true };
        let is_same = holder.user == who.user;
        match takeover {
            Takeover::SameUser => is_same,
            Takeover::Refuse => false,
            Takeover::Newest => true,
            Takeover::Priority => is_same || who.priority > holder.priority,
        }
    }

    /// Keeps a title that is true from `at` on.
    pub fn delay(&mut self, title: Title, at: Time) {
        if self.delayed.len() == DELAYED_MAX {
            self.delayed.pop_front();
        }
        self.delayed.push_back((at, title));
    }

    /// The next title that has become true.
    pub fn take_due(&mut self, now: Time) -> Option<Title> {
        self.delayed.pop_front_if(|&mut (at, _)| at <= now).map(|(_, title)| title)
    }

    /// Keeps a title for whoever goes live next, or only for the one of this name.
    pub fn keep(&mut self, title: Title, user: Option<String>, now: Time) {
        self.early = Some((title, user, now));
    }

    /// The title with which `user` goes live, if it was not in what he sent.
    pub fn title_for(&mut self, user: &str, now: Time) -> Option<Title> {
        let is_his = |of: &Option<String>| of.as_ref().is_none_or(|of| of == user);
        let early = self.early.take_if(|(_, of, _)| is_his(of));
        let early = early.filter(|&(_, _, at)| now.since(at) < TITLE_KEPT).map(|(title, _, _)| title);
        let last = if self.was_live(user, now) { self.last.take() } else { None };
        early.or(last.and_then(|(_, _, title)| title))
    }

    /// Whether `user` was live a moment ago: then he lost his connection, and goes on.
    pub fn was_live(&self, user: &str, now: Time) -> bool {
        self.last.as_ref().is_some_and(|(last, at, _)| last == user && now.since(*at) < TITLE_KEPT)
    }

    /// Whoever was live is so no more. A title that was still to become true was his, and is if he comes back.
    pub fn leave(&mut self, now: Time) {
        let announced = self.delayed.drain(..).next_back().map(|(_, title)| title);
        if let Some(Holder { who, sender, .. }) = self.holder.take() {
            self.last = Some((who.user, now, announced.or(sender.title)));
        }
    }

    /// Notes that somebody goes live, and warns where that happens so often that two programs must be taking the place of
    /// each other.
    pub fn note_begin(&mut self, mount: &str, from: SocketAddr, now: Time) {
        if now.since(self.begun.0) >= BEGUN_WITHIN {
            self.begun = (now, 0);
        }
        self.begun.1 += u32::from(self.holder.is_some());
        if self.begun.1 == REPLACED_OFTEN {
            warn!(
                "{mount}: sources replace each other again and again, now from {from}: do two encoders use one password?"
            );
        }
    }

    /// When something is to be done here: a title becomes true, or whoever is live has been silent for `timeout`.
    pub fn deadline(&self, timeout: Duration) -> Option<Time> {
        let title = self.delayed.front().map(|&(at, _)| at);
        let silent = self.holder.as_ref().and_then(|holder| holder.sender.deadline(timeout));
        [title, silent].into_iter().flatten().min()
    }

    /// Whoever is live, if he has been silent for `timeout`.
    pub fn overdue(&self, now: Time, timeout: Duration) -> Option<Peer> {
        let sender = self.holder.as_ref().map(|holder| &holder.sender)?;
        sender.is_overdue(timeout, now).then_some(sender.peer)
    }
}
