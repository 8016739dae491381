//! A station's slot for a live source, and the titles that are kept for the next source.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use log::warn;

use super::frame_producer::FrameProducer;
use crate::http::source::head::SourceInfo;
use crate::icy::Title;
use crate::server::state::event_rate::EventRate;
use crate::server::state::log_limits::WarningInterval;
use crate::server::state::peer::Peer;
use crate::session::SourceUser;
use crate::settings::Takeover;
use crate::station::FeedId;
use crate::time::Time;

/// How long a title is kept for its source. Some encoders send the title before they connect, and a source
/// that lost its connection continues with its last title if it reconnects within this time.
pub const TITLE_RETENTION: Duration = Duration::from_secs(60);

/// The most titles that wait for their delay. With more, the oldest is dropped. No real encoder sends a
/// hundred titles within a title delay.
const DELAYED_MAX: usize = 100;

/// This many replacements of a source within [`REPLACEMENTS_WINDOW`] are logged as a probable mistake.
const REPLACEMENTS_SUSPICIOUS: u32 = 6;
const REPLACEMENTS_WINDOW: Duration = Duration::from_secs(60);

/// How often sessions are recorded in the long run, and how many at once. An encoder that has lost its
/// connection waits about as long before it reconnects. One that reconnects all the time would fill the disk,
/// on which other stations and the logs need room, too.
pub const RECORDING_INTERVAL: Duration = Duration::from_secs(2);
pub const RECORDING_BURST: u32 = 60;

/// A station's slot for a live source.
#[derive(Debug)]
pub struct LiveSlot {
    /// The feed that its frames go to.
    pub feed: FeedId,
    /// The live source.
    pub source: Option<LiveSource>,
    /// A title that was set before its source went live, its user (`None` for any), and when it was set.
    pending: Option<(Title, Option<String>, Time)>,
    /// The user that was live last, when it stopped, and the title at that time.
    last_user: Option<(String, Time, Option<Title>)>,
    /// The user whose source was lost last, and when, until it is live again or another one is.
    lost: Option<(String, Time)>,
    /// The start of the window in which replacements are counted, and their number.
    replacements: (Time, u32),
    /// Titles that wait for their delay, each with the time at which it applies.
    delayed: VecDeque<(Time, Title)>,
    /// What the server is about to do to the source, such as "kicked by admin at 192.0.2.1", for the log.
    pub end_cause: Option<String>,
    recordings: EventRate,
    recording_warnings: WarningInterval,
    /// Warnings about two encoders with one account.
    pub conflict_warnings: WarningInterval,
}

/// A source that is live.
#[derive(Debug)]
pub struct LiveSource {
    /// Its connection and the frames that arrive over it.
    pub producer: FrameProducer,
    /// The user that logged in.
    pub user: SourceUser,
    /// What the source announced about itself.
    pub info: SourceInfo,
    /// When its first frame arrived.
    pub since: Time,
}

/// Whether a source may go live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeoverAdmission {
    /// It may.
    Admitted,
    /// It may if the connection of the live source is dead.
    IfDead,
    /// It may not.
    Refused,
}

impl LiveSlot {
    /// Creates an empty slot.
    pub fn new(feed: FeedId) -> Self {
        Self {
            feed,
            source: None,
            pending: None,
            last_user: None,
            lost: None,
            replacements: (Time::START, 0),
            delayed: VecDeque::new(),
            end_cause: None,
            recordings: EventRate::new(RECORDING_INTERVAL, RECORDING_BURST),
            recording_warnings: WarningInterval::default(),
            conflict_warnings: WarningInterval::default(),
        }
    }

    /// Returns whether `user` may go live, possibly by replacing the live source.
    ///
    /// The same user replaces only a source whose connection is dead: an encoder that was interrupted
    /// reconnects before the server notices the loss, but two encoders with one account would replace each
    /// other again and again.
    pub fn admission(&self, user: &SourceUser, takeover: Takeover) -> TakeoverAdmission {
        let Some(LiveSource { user: live, .. }) = &self.source else { return TakeoverAdmission::Admitted };
        let is_same_user = live.name == user.name;
        match takeover {
            Takeover::AnyUser => TakeoverAdmission::Admitted,
            Takeover::Priority if user.priority > live.priority => TakeoverAdmission::Admitted,
            Takeover::SameUser | Takeover::Priority if is_same_user => TakeoverAdmission::IfDead,
            Takeover::SameUser | Takeover::Priority | Takeover::Never => TakeoverAdmission::Refused,
        }
    }

    /// Returns whether `user` may go live now.
    pub fn admits(&self, user: &SourceUser, takeover: Takeover, now: Time) -> bool {
        let is_dead = || {
            let dead_from = self.source.as_ref().and_then(|source| source.producer.dead_from());
            dead_from.is_some_and(|from| from <= now)
        };
        match self.admission(user, takeover) {
            TakeoverAdmission::Admitted => true,
            TakeoverAdmission::IfDead => is_dead(),
            TakeoverAdmission::Refused => false,
        }
    }

    /// Stores a title that applies from `at` on. Drops earlier titles that would apply at the same time or
    /// later, which happens when the delay was shortened.
    pub fn delay_title(&mut self, title: Title, at: Time) {
        self.delayed.retain(|&(other, _)| other < at);
        if self.delayed.len() == DELAYED_MAX {
            self.delayed.pop_front();
        }
        self.delayed.push_back((at, title));
    }

    /// Returns the next title whose delay has passed.
    pub fn take_due_title(&mut self, now: Time) -> Option<Title> {
        self.delayed.pop_front_if(|&mut (at, _)| at <= now).map(|(_, title)| title)
    }

    /// Keeps a title for the next live source; if `user` is set, only for a source of this user.
    pub fn keep_title(&mut self, title: Title, user: Option<String>, now: Time) {
        self.pending = Some((title, user, now));
    }

    /// Returns the title with which a source of `user` starts, unless its audio already has one.
    pub fn take_initial_title(&mut self, user: &str, now: Time) -> Option<Title> {
        let is_for_user = |wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| wanted == user);
        let pending = self.pending.take_if(|(_, wanted, _)| is_for_user(wanted));
        let pending =
            pending.filter(|&(_, _, at)| now.since(at) < TITLE_RETENTION).map(|(title, _, _)| title);
        let last_user = if self.was_live_recently(user, now) { self.last_user.take() } else { None };
        pending.or(last_user.and_then(|(_, _, title)| title))
    }

    /// Returns whether `user` was live within [`TITLE_RETENTION`], so that a new source continues its
    /// session.
    pub fn was_live_recently(&self, user: &str, now: Time) -> bool {
        self.last_user
            .as_ref()
            .is_some_and(|(last_user, at, _)| last_user == user && now.since(*at) < TITLE_RETENTION)
    }

    /// Empties the slot. The last title is kept in case the source reconnects, even if it was still delayed.
    /// `is_lost` is whether the source has ended by a fault.
    pub fn clear_source(&mut self, is_lost: bool, now: Time) {
        let announced = self.delayed.drain(..).next_back().map(|(_, title)| title);
        if let Some(LiveSource { user, producer, .. }) = self.source.take() {
            self.lost = is_lost.then(|| (user.name.clone(), now));
            self.last_user = Some((user.name, now, announced.or(producer.title)));
        }
    }

    /// Returns how long ago the source of `user` was lost, if it was the last one. Forgets it.
    pub fn take_loss(&mut self, user: &str, now: Time) -> Option<Duration> {
        self.lost.take().filter(|(lost, _)| lost == user).map(|(_, at)| now.since(at))
    }

    /// Notes that a source goes live. Warns if sources replace each other so often that two of them must be
    /// reconnecting all the time.
    pub fn note_source_start(
        &mut self,
        mount: &str,
        from: SocketAddr,
        replaced: Option<SocketAddr>,
        now: Time,
    ) {
        if now.since(self.replacements.0) >= REPLACEMENTS_WINDOW {
            self.replacements = (now, 0);
        }
        self.replacements.1 += u32::from(self.source.is_some());
        if let Some(replaced) = replaced.filter(|_| self.replacements.1 == REPLACEMENTS_SUSPICIOUS) {
            warn!("{mount}: sources keep replacing each other: {from} now replaces {replaced}");
        }
    }

    /// Returns whether a session that begins now may be recorded. Warns if not.
    pub fn admit_recording(&mut self, mount: &str, user: &str, now: Time) -> bool {
        let is_admitted = !self.recordings.is_exceeded(now);
        self.recordings.note(now);
        if !is_admitted && self.recording_warnings.admit(now) {
            warn!("{mount}: {user} is not recorded: sources reconnect too often");
        }
        is_admitted
    }

    /// Returns the earliest deadline: of a delayed title, or of the live source, which has at least until
    /// `grace_until`.
    pub fn deadline(&self, timeout: Duration, grace_until: Time) -> Option<Time> {
        let title = self.delayed.front().map(|&(at, _)| at);
        let silent = self.source.as_ref().and_then(|source| source.producer.deadline(timeout));
        [title, silent.map(|silent| silent.max(grace_until))].into_iter().flatten().min()
    }

    /// Returns the live source, if nothing has arrived from it for `timeout`.
    pub fn overdue_source(&self, now: Time, timeout: Duration) -> Option<Peer> {
        let producer = self.source.as_ref().map(|source| &source.producer)?;
        producer.is_overdue(timeout, now).then_some(producer.peer)
    }
}
