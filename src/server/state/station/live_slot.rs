//! A station's place for a live source, and what is kept for the next one.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use log::warn;

use super::frame_producer::FrameProducer;
use crate::http::source::head::SourceInfo;
use crate::icy::Title;
use crate::server::state::peer::Peer;
use crate::session::SourceUser;
use crate::settings::Takeover;
use crate::station::FeedId;
use crate::time::Time;

/// How long a title waits for its source: some encoders announce it before they connect, and a source that lost its
/// connection gets its title back if it returns within this.
pub const TITLE_RETENTION: Duration = Duration::from_secs(60);

/// Titles that may wait for their delay. With more, the oldest is dropped: no encoder announces a hundred titles within a
/// title delay in earnest.
const DELAYED_MAX: usize = 100;

/// A source that is replaced so many times within a minute is replaced by mistake.
const REPLACEMENTS_SUSPICIOUS: u32 = 6;
const REPLACEMENTS_WINDOW: Duration = Duration::from_secs(60);

/// The place of a station's live source.
#[derive(Debug)]
pub struct LiveSlot {
    /// Where its frames go.
    pub feed: FeedId,
    /// The source that is live.
    pub source: Option<LiveSource>,
    /// A title that came before its source, and when; with the user, if it is for that one alone.
    pending: Option<(Title, Option<String>, Time)>,
    /// The user that was live last, until when, and with what title.
    last: Option<(String, Time, Option<Title>)>,
    /// Since when it has been counted how often a source was replaced, and how often that was.
    replaced: (Time, u32),
    /// Titles whose time is yet to come, with that time.
    delayed: VecDeque<(Time, Title)>,
}

/// A source that is live.
#[derive(Debug)]
pub struct LiveSource {
    /// Its connection, and what comes over it.
    pub producer: FrameProducer,
    /// Whose password it gave.
    pub user: SourceUser,
    /// What it said of itself.
    pub info: SourceInfo,
    /// When its first frame came.
    pub since: Time,
}

impl LiveSlot {
    /// A free place.
    pub fn new(feed: FeedId) -> Self {
        Self {
            feed,
            source: None,
            pending: None,
            last: None,
            replaced: (Time::START, 0),
            delayed: VecDeque::new(),
        }
    }

    /// Whether `who` may go live now.
    pub fn admits(&self, who: &SourceUser, takeover: Takeover) -> bool {
        let Some(LiveSource { user: live, .. }) = &self.source else { return true };
        let is_same = live.name == who.name;
        match takeover {
            Takeover::SameUser => is_same,
            Takeover::Never => false,
            Takeover::AnyUser => true,
            Takeover::Priority => is_same || who.priority > live.priority,
        }
    }

    /// Keeps a title that holds from `at` on. Titles that came before it and would hold only later are dropped: the delay
    /// has become shorter.
    pub fn delay_title(&mut self, title: Title, at: Time) {
        self.delayed.retain(|&(other, _)| other < at);
        if self.delayed.len() == DELAYED_MAX {
            self.delayed.pop_front();
        }
        self.delayed.push_back((at, title));
    }

    /// The next title whose time has come.
    pub fn take_due_title(&mut self, now: Time) -> Option<Title> {
        self.delayed.pop_front_if(|&mut (at, _)| at <= now).map(|(_, title)| title)
    }

    /// Keeps a title for the source that goes live next, or only for one of this user.
    pub fn keep_title(&mut self, title: Title, user: Option<String>, now: Time) {
        self.pending = Some((title, user, now));
    }

    /// The title with which `user` goes live, if it was not in what it sent.
    pub fn take_initial_title(&mut self, user: &str, now: Time) -> Option<Title> {
        let is_for_user = |of: &Option<String>| of.as_ref().is_none_or(|of| of == user);
        let pending = self.pending.take_if(|(_, of, _)| is_for_user(of));
        let pending =
            pending.filter(|&(_, _, at)| now.since(at) < TITLE_RETENTION).map(|(title, _, _)| title);
        let last = if self.was_live_recently(user, now) { self.last.take() } else { None };
        pending.or(last.and_then(|(_, _, title)| title))
    }

    /// Whether `user` was live a moment ago: then it lost its connection, and goes on.
    pub fn was_live_recently(&self, user: &str, now: Time) -> bool {
        self.last.as_ref().is_some_and(|(last, at, _)| last == user && now.since(*at) < TITLE_RETENTION)
    }

    /// Frees the place. A title that was still delayed is kept for the case that the source returns.
    pub fn clear_source(&mut self, now: Time) {
        let announced = self.delayed.drain(..).next_back().map(|(_, title)| title);
        if let Some(LiveSource { user: who, producer, .. }) = self.source.take() {
            self.last = Some((who.name, now, announced.or(producer.title)));
        }
    }

    /// Notes that a source goes live, and warns where that happens so often that two programs must be replacing each
    /// other.
    pub fn note_source_start(&mut self, mount: &str, from: SocketAddr, now: Time) {
        if now.since(self.replaced.0) >= REPLACEMENTS_WINDOW {
            self.replaced = (now, 0);
        }
        self.replaced.1 += u32::from(self.source.is_some());
        if self.replaced.1 == REPLACEMENTS_SUSPICIOUS {
            warn!(
                "{mount}: sources keep replacing each other, now from {from}: do two encoders use one password?"
            );
        }
    }

    /// When something is due here: a title, or the timeout of a silent source.
    pub fn deadline(&self, timeout: Duration) -> Option<Time> {
        let title = self.delayed.front().map(|&(at, _)| at);
        let silent = self.source.as_ref().and_then(|source| source.producer.deadline(timeout));
        [title, silent].into_iter().flatten().min()
    }

    /// The live source, if it has sent nothing for `timeout`.
    pub fn overdue_source(&self, now: Time, timeout: Duration) -> Option<Peer> {
        let producer = self.source.as_ref().map(|source| &source.producer)?;
        producer.is_overdue(timeout, now).then_some(producer.peer)
    }
}
