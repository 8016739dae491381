//! The stream that a station relays: whether it is wanted, and how far its connection has got.
//!
//! See `protocol-notes/relay.md`.

use std::time::Duration;

use super::backoff::Backoff;
use super::frame_producer::FrameProducer;
use super::live_slot::TITLE_RETENTION;
use crate::http::proxy::relay_path::RelayPath;
use crate::http::source::head::SourceInfo;
use crate::http::upstream::redirects::RedirectChain;
use crate::icy::Title;
use crate::server::state::peer::Peer;
use crate::server::state::relays::Ticket;
use crate::settings::RelaySettings;
use crate::station::FeedId;
use crate::time::Time;

/// Time to resolve an upstream and to connect to it: enough for one whose first addresses do not answer, and a name server
/// that has to ask others.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for the head of its answer, from the connection on: as long as a client has for its request.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a relay on demand goes on after the last listener left. Players connect twice before they play, and again when
/// they lose the connection; to connect again for each would be a burst from the upstream each time.
pub const RELAY_IDLE_GRACE: Duration = Duration::from_secs(10);

/// A station's upstream.
#[derive(Debug)]
pub struct Upstream {
    /// Where its frames go.
    pub feed: FeedId,
    /// How far its connection has got.
    pub state: UpstreamState,
    /// What it said of itself when it last streamed.
    pub info: Option<SourceInfo>,
    /// The servers on whose behalf it is asked.
    pub request_path: RelayPath,
    relay: RelaySettings,
    backoff: Backoff,
    /// Since when there has been no listener.
    unheard: Option<Time>,
    /// When its stream was lost, and the title that held then.
    lost: Option<(Time, Option<Title>)>,
    /// The reason of its last failure, as it was logged.
    logged: Option<String>,
}

/// How far the connection to an upstream has got.
#[derive(Debug)]
pub enum UpstreamState {
    /// It is not wanted.
    Idle,
    /// It is asked again at that time.
    RetryAt(Time),
    /// A connection to it was asked for.
    Dialing {
        /// What that is known by.
        ticket: Ticket,
        /// Where it is thought to be.
        trail: RedirectChain,
        /// When it was asked for.
        since: Time,
    },
    /// The request was sent, and the answer has not come yet.
    Requesting {
        /// Its connection.
        peer: Peer,
        /// Where it is thought to be.
        trail: RedirectChain,
        /// When it was asked.
        since: Time,
    },
    /// It streams.
    Streaming {
        /// Its connection, and what comes over it.
        producer: FrameProducer,
        /// The servers that the stream came through.
        stream_path: RelayPath,
        /// Where it is.
        trail: RedirectChain,
        /// When it began.
        since: Time,
    },
}

/// What is to be done about an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamAction {
    /// Connect to it.
    Dial,
    /// Close it: it has no listeners any more.
    Disconnect,
    /// Give it up for now, for this reason.
    Fail(&'static str),
}

impl Upstream {
    /// An upstream that has not been asked yet.
    pub fn new(feed: FeedId, relay: RelaySettings, now: Time) -> Self {
        let state = if relay.on_demand { UpstreamState::Idle } else { UpstreamState::RetryAt(now) };
        Self {
            feed,
            state,
            info: None,
            request_path: RelayPath::default(),
            relay,
            backoff: Backoff::default(),
            unheard: None,
            lost: None,
            logged: None,
        }
    }

    /// What the configuration says of it.
    pub fn settings(&self) -> &RelaySettings {
        &self.relay
    }

    /// Whether it is only connected while there are listeners.
    pub fn is_on_demand(&self) -> bool {
        self.relay.on_demand
    }

    /// Sets whether it is connected only while there are listeners. Returns whether it was idle and is to be connected now.
    pub fn set_on_demand(&mut self, on_demand: bool, now: Time) -> bool {
        self.relay.on_demand = on_demand;
        let is_wanted_now = !on_demand && matches!(self.state, UpstreamState::Idle);
        if is_wanted_now {
            self.state = UpstreamState::RetryAt(now);
        }
        is_wanted_now
    }

    /// Where it is first asked.
    pub fn initial_chain(&self) -> RedirectChain {
        RedirectChain::new(self.relay.url.clone())
    }

    /// What the log calls it as an input.
    pub fn name(&self) -> String {
        format!("the relay of {}", self.relay.url)
    }

    /// The connection to it, if there is one.
    pub fn peer(&self) -> Option<Peer> {
        match &self.state {
            UpstreamState::Requesting { peer, .. } => Some(*peer),
            UpstreamState::Streaming { producer, .. } => Some(producer.peer),
            UpstreamState::Idle | UpstreamState::RetryAt(_) | UpstreamState::Dialing { .. } => None,
        }
    }

    /// What comes over its connection, while it streams.
    pub fn producer_mut(&mut self) -> Option<&mut FrameProducer> {
        match &mut self.state {
            UpstreamState::Streaming { producer, .. } => Some(producer),
            _ => None,
        }
    }

    /// The same, to look at.
    pub fn producer(&self) -> Option<&FrameProducer> {
        match &self.state {
            UpstreamState::Streaming { producer, .. } => Some(producer),
            _ => None,
        }
    }

    /// The servers that its stream came through; none while there is no stream.
    pub fn stream_path(&self) -> RelayPath {
        match &self.state {
            UpstreamState::Streaming { stream_path: hops, .. } => hops.clone(),
            _ => RelayPath::default(),
        }
    }

    /// What is to be done. `is_heard` is whether there are listeners, `timeout` how long it may send no audio.
    pub fn next_action(&mut self, is_heard: bool, timeout: Duration, now: Time) -> Option<UpstreamAction> {
        let since = *self.unheard.get_or_insert(now);
        if is_heard {
            self.unheard = None;
        } else if self.is_on_demand() && now.since(since) >= RELAY_IDLE_GRACE {
            return (!matches!(self.state, UpstreamState::Idle)).then_some(UpstreamAction::Disconnect);
        }
        match &self.state {
            UpstreamState::Idle => is_heard.then_some(UpstreamAction::Dial),
            UpstreamState::RetryAt(until) => (*until <= now).then_some(UpstreamAction::Dial),
            UpstreamState::Dialing { since, .. } => (now.since(*since) >= DIAL_TIMEOUT)
                .then_some(UpstreamAction::Fail("cannot be reached in time")),
            UpstreamState::Requesting { since, .. } => (now.since(*since) >= ANSWER_TIMEOUT)
                .then_some(UpstreamAction::Fail("does not answer in time")),
            UpstreamState::Streaming { producer, .. } => {
                producer.is_overdue(timeout, now).then_some(UpstreamAction::Fail("went silent"))
            }
        }
    }

    /// When something is next [due](Self::due) if nothing happens before.
    pub fn deadline(&self, timeout: Duration) -> Option<Time> {
        let next = match &self.state {
            UpstreamState::Idle => return None,
            UpstreamState::RetryAt(until) => Some(*until),
            UpstreamState::Dialing { since, .. } => Some(*since + DIAL_TIMEOUT),
            UpstreamState::Requesting { since, .. } => Some(*since + ANSWER_TIMEOUT),
            UpstreamState::Streaming { producer, .. } => producer.deadline(timeout),
        };
        let leave = self.unheard.filter(|_| self.is_on_demand()).map(|since| since + RELAY_IDLE_GRACE);
        [next, leave].into_iter().flatten().min()
    }

    /// Asks it again later; returns how much later, and whether this reason is another than the one last logged. `random`
    /// is any number.
    pub fn schedule_retry(&mut self, reason: &str, random: u32, now: Time) -> (Duration, bool) {
        let mut lasted = Duration::ZERO;
        if let UpstreamState::Streaming { producer, since, .. } = &mut self.state {
            lasted = now.since(*since);
            self.lost = Some((now, producer.title.take()));
        }
        let wait = self.backoff.next_wait(lasted, random);
        self.state = UpstreamState::RetryAt(now + wait);
        let is_news = self.logged.as_deref() != Some(reason);
        self.logged = Some(reason.to_owned());
        (wait, is_news)
    }

    /// Notes that it has no listeners any more.
    pub fn reset_to_idle(&mut self) {
        (self.state, self.backoff) = (UpstreamState::Idle, Backoff::default());
        (self.lost, self.logged, self.request_path) = (None, None, RelayPath::default());
    }

    /// Notes that it streams. Returns the title with which it begins, unless it says another: the one that held when it was
    /// lost, if that was not long ago.
    pub fn start_streaming(
        &mut self,
        producer: FrameProducer,
        hops: RelayPath,
        trail: RedirectChain,
        now: Time,
    ) -> Option<Title> {
        self.logged = None;
        self.state = UpstreamState::Streaming { producer, stream_path: hops, trail, since: now };
        let (_, title) = self.lost.take().filter(|&(at, _)| now.since(at) < TITLE_RETENTION)?;
        title
    }

    /// Its URL, without the password; after redirects, the last.
    pub fn url(&self) -> String {
        match &self.state {
            UpstreamState::Dialing { trail, .. }
            | UpstreamState::Requesting { trail, .. }
            | UpstreamState::Streaming { trail, .. } => trail.url().to_string(),
            UpstreamState::Idle | UpstreamState::RetryAt(_) => self.relay.url.to_string(),
        }
    }
}
