//! The server that a station relays: whether it is wanted, and how far we are with it.
//!
//! See `protocol-notes/relay.md`.

use std::time::Duration;

use super::backoff::Backoff;
use super::sender::Sender;
use super::studio::TITLE_KEPT;
use super::{Peer, Ticket};
use crate::http::proxy::hops::Hops;
use crate::http::source::head::SourceInfo;
use crate::http::upstream::redirects::Trail;
use crate::icy::Title;
use crate::settings::RelaySettings;
use crate::station::FeedId;
use crate::time::Time;

/// Time to find a master and to connect to it: for one whose first addresses do not answer, and a name server that has to
/// ask others.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for the head of its answer, from the connection on. It is given as long as we give those who ask us.
pub const ANSWER_TIMEOUT: Duration = super::REQUEST_TIMEOUT;

/// How long a relay on demand goes on after the last listener left. Players connect twice before they play, and again when
/// they lose the connection; to begin anew for each would be a burst from the master each time.
pub const LINGER: Duration = Duration::from_secs(10);

/// The place of a station's master.
#[derive(Debug)]
pub struct Master {
    /// Where its frames go.
    pub feed: FeedId,
    /// How far we are with it.
    pub state: State,
    /// What it said of itself when it was last heard.
    pub info: Option<SourceInfo>,
    /// The servers for which it is asked.
    pub way: Hops,
    relay: RelaySettings,
    backoff: Backoff,
    /// Since when nobody listens.
    unheard: Option<Time>,
    /// When its stream was lost, and the title that held then.
    lost: Option<(Time, Option<Title>)>,
    /// What was told of its last failure.
    told: Option<String>,
}

/// How far we are with a master.
#[derive(Debug)]
pub enum State {
    /// Nobody wants to hear it.
    Idle,
    /// It is asked again at that time.
    Resting(Time),
    /// A connection to it was asked for.
    Dialing {
        /// What that is known by.
        ticket: Ticket,
        /// Where it is thought to be.
        trail: Trail,
        /// When it was asked for.
        since: Time,
    },
    /// It was asked, and has not answered yet.
    Asking {
        /// Its connection.
        peer: Peer,
        /// Where it is thought to be.
        trail: Trail,
        /// When it was asked.
        since: Time,
    },
    /// It plays.
    Streaming {
        /// Its connection, and what comes over it.
        sender: Sender,
        /// The servers that the stream came through.
        hops: Hops,
        /// Where it is.
        trail: Trail,
        /// When it began.
        since: Time,
    },
}

/// What is to be done about a master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It is to be asked.
    Dial,
    /// Nobody wants to hear it any more.
    Leave,
    /// It keeps us waiting; here is how.
    GiveUp(&'static str),
}

impl Master {
    /// A master that has not been asked yet.
    pub fn new(feed: FeedId, relay: RelaySettings, now: Time) -> Self {
        let state = if relay.on_demand { State::Idle } else { State::Resting(now) };
        Self {
            feed,
            state,
            info: None,
            way: Hops::default(),
            relay,
            backoff: Backoff::default(),
            unheard: None,
            lost: None,
            told: None,
        }
    }

    /// Whether it is only asked while there is someone to hear it.
    pub fn is_on_demand(&self) -> bool {
        self.relay.on_demand
    }

    /// Where it is first asked.
    pub fn trail(&self) -> Trail {
        Trail::from(self.relay.url.clone())
    }

    /// What the log calls what comes from it.
    pub fn name(&self) -> String {
        format!("the relay of {}", self.relay.url)
    }

    /// The connection to it, if there is one.
    pub fn peer(&self) -> Option<Peer> {
        match &self.state {
            State::Asking { peer, .. } => Some(*peer),
            State::Streaming { sender, .. } => Some(sender.peer),
            State::Idle | State::Resting(_) | State::Dialing { .. } => None,
        }
    }

    /// Whoever sends its frames, while it does.
    pub fn sender_mut(&mut self) -> Option<&mut Sender> {
        match &mut self.state {
            State::Streaming { sender, .. } => Some(sender),
            _ => None,
        }
    }

    /// The same, to look at.
    pub fn sender(&self) -> Option<&Sender> {
        match &self.state {
            State::Streaming { sender, .. } => Some(sender),
            _ => None,
        }
    }

    /// The servers that its stream came through; none while there is no stream.
    pub fn hops(&self) -> Hops {
        match &self.state {
            State::Streaming { hops, .. } => hops.clone(),
            _ => Hops::default(),
        }
    }

    /// What is to be done. `is_heard` is whether anyone listens, `timeout` how long it may send no audio.
    pub fn due(&mut self, is_heard: bool, timeout: Duration, now: Time) -> Option<Due> {
        let since = *self.unheard.get_or_insert(now);
        if is_heard {
            self.unheard = None;
        } else if self.is_on_demand() && now.since(since) >= LINGER {
            return (!matches!(self.state, State::Idle)).then_some(Due::Leave);
        }
        match &self.state {
            State::Idle => is_heard.then_some(Due::Dial),
            State::Resting(until) => (*until <= now).then_some(Due::Dial),
            State::Dialing { since, .. } => {
                (now.since(*since) >= DIAL_TIMEOUT).then_some(Due::GiveUp("cannot be reached in time"))
            }
            State::Asking { since, .. } => {
                (now.since(*since) >= ANSWER_TIMEOUT).then_some(Due::GiveUp("does not answer in time"))
            }
            State::Streaming { sender, .. } => {
                sender.is_overdue(timeout, now).then_some(Due::GiveUp("went silent"))
            }
        }
    }

    /// When something is next [due](Self::due) if nothing happens before.
    pub fn deadline(&self, timeout: Duration) -> Option<Time> {
        let next = match &self.state {
            State::Idle => return None,
            State::Resting(until) => Some(*until),
            State::Dialing { since, .. } => Some(*since + DIAL_TIMEOUT),
            State::Asking { since, .. } => Some(*since + ANSWER_TIMEOUT),
            State::Streaming { sender, .. } => sender.deadline(timeout),
        };
        let leave = self.unheard.filter(|_| self.is_on_demand()).map(|since| since + LINGER);
        [next, leave].into_iter().flatten().min()
    }

    /// Asks it again later; returns how much later, and whether that is worth telling for this reason. `random` is any
    /// number.
    pub fn rest(&mut self, why: &str, random: u32, now: Time) -> (Duration, bool) {
        let mut lasted = Duration::ZERO;
        if let State::Streaming { sender, since, .. } = &mut self.state {
            lasted = now.since(*since);
            self.lost = Some((now, sender.title.take()));
        }
        let wait = self.backoff.after(lasted, random);
        self.state = State::Resting(now + wait);
        let is_news = self.told.as_deref() != Some(why);
        self.told = Some(why.to_owned());
        (wait, is_news)
    }

    /// Nobody wants to hear it any more.
    pub fn leave(&mut self) {
        (self.state, self.backoff) = (State::Idle, Backoff::default());
        (self.lost, self.told, self.way) = (None, None, Hops::default());
    }

    /// It plays. Returns the title that it is to begin with, unless it says another: the one that held when it was lost, if
    /// that was not long ago.
    pub fn begin(&mut self, sender: Sender, hops: Hops, trail: Trail, now: Time) -> Option<Title> {
        self.told = None;
        self.state = State::Streaming { sender, hops, trail, since: now };
        let (_, title) = self.lost.take().filter(|&(at, _)| now.since(at) < TITLE_KEPT)?;
        title
    }

    /// Where it is, as far as is known.
    pub fn place(&self) -> String {
        match &self.state {
            State::Dialing { trail, .. } | State::Asking { trail, .. } | State::Streaming { trail, .. } => {
                trail.url().to_string()
            }
            State::Idle | State::Resting(_) => self.relay.url.to_string(),
        }
    }
}
