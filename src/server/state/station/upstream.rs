//! The upstream of a station's relay, and the state of the connection to it.
//!
//! See `protocol-notes/relay.md`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::backoff::{Backoff, STABLE_AFTER};
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
use crate::stream_url::StreamUrl;
use crate::time::Time;

/// Time to resolve the name of an upstream and to connect. It is enough for an upstream whose first addresses
/// do not answer, and for a slow DNS lookup.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for the head of the response, from the connection on: the same as for a client's request.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// The longest time for each of both if there is another URL to try: listeners wait meanwhile.
const ALTERNATIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an on-demand relay stays connected after the last listener has left. Players connect twice before
/// they play, and again when they lose the connection; reconnecting for each would cause a burst from the
/// upstream each time.
pub const RELAY_IDLE_GRACE: Duration = Duration::from_secs(10);

/// A station's upstream.
#[derive(Debug)]
pub struct Upstream {
    /// The feed that its frames go to.
    pub feed: FeedId,
    /// The state of its connection.
    pub state: UpstreamState,
    /// What it announced about itself when it last streamed.
    pub info: Option<SourceInfo>,
    relay: RelaySettings,
    /// The index of the URL that it has, or tries next, in the order of priority.
    at: usize,
    backoff: Backoff,
    /// Whether the connection fails because of a relay loop.
    is_in_loop: bool,
    /// Since when there has been no listener.
    no_listeners_since: Option<Time>,
    /// When its stream was lost, and the title at that time.
    lost_stream: Option<(Time, Option<Title>)>,
    /// Since when every connection has failed.
    failing_since: Option<Time>,
    /// The last reasons for which its URLs have failed, by their indices, and the index of the latest.
    reasons: BTreeMap<usize, String>,
    failed_at: usize,
}

/// The state of the connection to an upstream.
#[derive(Debug)]
pub enum UpstreamState {
    /// No connection is wanted.
    Idle,
    /// The next attempt is at this time.
    RetryAt(Time),
    /// A connection was requested.
    Dialing {
        /// Identifies the requested connection.
        ticket: Ticket,
        /// The URL, and the redirects followed so far.
        redirects: RedirectChain,
        /// When the connection was requested.
        since: Time,
    },
    /// The request was sent; the response is not complete yet.
    Requesting {
        /// The connection.
        peer: Peer,
        /// The URL, and the redirects followed so far.
        redirects: RedirectChain,
        /// When the request was sent.
        since: Time,
    },
    /// It streams.
    Streaming {
        /// The connection and the frames that arrive over it.
        producer: Box<FrameProducer>,
        /// The servers that the stream came through.
        stream_path: RelayPath,
        /// The URL, and the redirects followed.
        redirects: RedirectChain,
        /// When the stream began.
        since: Time,
    },
}

/// The action that is due for an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamAction {
    /// Connect to it.
    Dial,
    /// Close the connection, because there are no listeners.
    Disconnect,
    /// The connection failed for this reason; retry later.
    Fail(String),
}

impl Upstream {
    /// Creates an upstream that is not connected yet.
    pub fn new(feed: FeedId, relay: RelaySettings, now: Time) -> Self {
        let state = if relay.on_demand { UpstreamState::Idle } else { UpstreamState::RetryAt(now) };
        Self {
            feed,
            state,
            info: None,
            relay,
            at: 0,
            backoff: Backoff::default(),
            is_in_loop: false,
            no_listeners_since: None,
            lost_stream: None,
            failing_since: None,
            reasons: BTreeMap::new(),
            failed_at: 0,
        }
    }

    /// Returns the URL that it has, or tries next, as it is configured.
    fn configured_url(&self) -> &StreamUrl {
        self.relay.urls().nth(self.at).unwrap_or(&self.relay.url)
    }

    /// Returns whether another URL is tried at once if the present one fails.
    fn has_next_url(&self) -> bool {
        self.at < self.relay.alternatives.len()
    }

    /// Uses the login of a relay for its next connection if it has the same URL otherwise. Without a
    /// connection it stays as it is: another login is a reason to try again at once.
    pub fn follow_login(&mut self, relay: &RelaySettings) {
        if self.peer().is_some() && self.relay.url.is_same_without_login(&relay.url) {
            self.relay.url = relay.url.clone();
        }
    }

    /// Replaces the URLs, unless the one that it has is none of the new ones. Returns whether it did. The
    /// connection stays.
    pub fn set_urls(&mut self, relay: &RelaySettings) -> bool {
        let position = relay.urls().position(|url| url == self.configured_url());
        let Some(at) = position else { return false };
        let (url, alternatives) = (relay.url.clone(), relay.alternatives.clone());
        if self.relay.url != url || self.relay.alternatives != alternatives {
            self.reasons.clear();
        }
        self.relay = RelaySettings { url, alternatives, on_demand: self.relay.on_demand };
        self.at = at;
        true
    }

    /// Returns whether it is connected only while there are listeners.
    pub fn is_on_demand(&self) -> bool {
        self.relay.on_demand
    }

    /// Sets whether it is connected only while there are listeners. Returns whether it was idle and has to be
    /// connected now.
    pub fn set_on_demand(&mut self, on_demand: bool, now: Time) -> bool {
        self.relay.on_demand = on_demand;
        let is_wanted_now = !on_demand && matches!(self.state, UpstreamState::Idle);
        if is_wanted_now {
            self.state = UpstreamState::RetryAt(now);
        }
        is_wanted_now
    }

    /// Returns the configured URL to connect to, before any redirect.
    pub fn initial_chain(&self) -> RedirectChain {
        RedirectChain::new(self.configured_url().clone())
    }

    /// Returns the name of this input in the log.
    pub fn name(&self) -> String {
        format!("the relay of {}", self.configured_url())
    }

    /// Returns the connection to it, if there is one.
    pub fn peer(&self) -> Option<Peer> {
        match &self.state {
            UpstreamState::Requesting { peer, .. } => Some(*peer),
            UpstreamState::Streaming { producer, .. } => Some(producer.peer),
            UpstreamState::Idle | UpstreamState::RetryAt(_) | UpstreamState::Dialing { .. } => None,
        }
    }

    /// Returns the mutable producer of its frames, while it streams.
    pub fn producer_mut(&mut self) -> Option<&mut FrameProducer> {
        match &mut self.state {
            UpstreamState::Streaming { producer, .. } => Some(producer),
            _ => None,
        }
    }

    /// Returns the producer of its frames, while it streams.
    pub fn producer(&self) -> Option<&FrameProducer> {
        match &self.state {
            UpstreamState::Streaming { producer, .. } => Some(producer),
            _ => None,
        }
    }

    /// Returns the relay path of its stream; empty while there is none.
    pub fn stream_path(&self) -> RelayPath {
        match &self.state {
            UpstreamState::Streaming { stream_path, .. } => stream_path.clone(),
            _ => RelayPath::default(),
        }
    }

    /// Returns the action that is due. `has_listeners` is whether the station has listeners, `timeout` how
    /// long the upstream may send no audio.
    pub fn next_action(
        &mut self,
        has_listeners: bool,
        timeout: Duration,
        now: Time,
    ) -> Option<UpstreamAction> {
        let since = *self.no_listeners_since.get_or_insert(now);
        if has_listeners {
            self.no_listeners_since = None;
        } else if self.is_on_demand() && now.since(since) >= RELAY_IDLE_GRACE {
            return (!matches!(self.state, UpstreamState::Idle)).then_some(UpstreamAction::Disconnect);
        }
        match &self.state {
            UpstreamState::Idle => has_listeners.then_some(UpstreamAction::Dial),
            UpstreamState::RetryAt(until) => (*until <= now).then_some(UpstreamAction::Dial),
            UpstreamState::Dialing { since, .. } => (now.since(*since) >= self.limited(DIAL_TIMEOUT))
                .then(|| UpstreamAction::Fail("cannot be reached in time".to_owned())),
            UpstreamState::Requesting { since, .. } => (now.since(*since) >= self.limited(ANSWER_TIMEOUT))
                .then(|| UpstreamAction::Fail("does not answer in time".to_owned())),
            UpstreamState::Streaming { producer, .. } => {
                let silent = producer.silent_for(now).as_secs_f32();
                producer
                    .is_overdue(timeout, now)
                    .then(|| UpstreamAction::Fail(format!("sent nothing for {silent:.0} s")))
            }
        }
    }

    /// Returns when an [action](Self::next_action) is due next if nothing happens before. The connection is
    /// not closed before `grace_until`.
    pub fn deadline(&self, timeout: Duration, grace_until: Time) -> Option<Time> {
        let close = match &self.state {
            UpstreamState::Idle => return None,
            UpstreamState::RetryAt(_) => None,
            UpstreamState::Dialing { since, .. } => Some(*since + self.limited(DIAL_TIMEOUT)),
            UpstreamState::Requesting { since, .. } => Some(*since + self.limited(ANSWER_TIMEOUT)),
            UpstreamState::Streaming { producer, .. } => producer.deadline(timeout),
        };
        let retry = match self.state {
            UpstreamState::RetryAt(until) => Some(until),
            _ => None,
        };
        let leave =
            self.no_listeners_since.filter(|_| self.is_on_demand()).map(|since| since + RELAY_IDLE_GRACE);
        let close = [close, leave].into_iter().flatten().min().map(|close| close.max(grace_until));
        [retry, close].into_iter().flatten().min()
    }

    /// Returns a time limit of the present URL, which is shorter if another one can be tried.
    fn limited(&self, timeout: Duration) -> Duration {
        if self.has_next_url() { timeout.min(ALTERNATIVE_TIMEOUT) } else { timeout }
    }

    /// Schedules the next attempt. Returns the wait until then, which is zero if the next URL is tried at
    /// once, and whether the reason differs from the one last logged. `random` is any number.
    pub fn schedule_retry(&mut self, reason: &str, random: u32, now: Time) -> (Duration, bool) {
        self.failing_since.get_or_insert(now);
        let mut lasted = Duration::ZERO;
        if let UpstreamState::Streaming { producer, since, .. } = &mut self.state {
            lasted = now.since(*since);
            self.lost_stream = Some((now, producer.title.take()));
        }
        let is_new_reason = self.reasons.get(&self.at).is_none_or(|logged| logged != reason);
        self.reasons.insert(self.at, reason.to_owned());
        self.failed_at = self.at;
        let wait = self.next_attempt(lasted, random);
        self.state = UpstreamState::RetryAt(now + wait);
        (wait, is_new_reason)
    }

    /// Decides which URL is tried next, after a stream that lasted for `lasted`, and returns the wait until
    /// then. A stream that lasted was good: the attempts begin with the first URL again.
    fn next_attempt(&mut self, lasted: Duration, random: u32) -> Duration {
        let is_in_loop = std::mem::take(&mut self.is_in_loop);
        if self.has_next_url() && lasted < STABLE_AFTER {
            self.at += 1;
            return Duration::ZERO;
        }
        self.at = 0;
        match is_in_loop {
            true => Backoff::wait_after_loop(random),
            false => self.backoff.next_wait(lasted, random),
        }
    }

    /// Returns why the latest attempt failed, if none has succeeded since and it is not idle.
    pub fn last_error(&self) -> Option<&str> {
        self.reasons.get(&self.failed_at).map(String::as_str)
    }

    /// Notes that the connection, which is about to be lost, would close a relay loop: the next retry is
    /// later than after other failures.
    pub fn note_relay_loop(&mut self) {
        self.is_in_loop = true;
    }

    /// Resets the state to idle, because there are no listeners.
    pub fn reset_to_idle(&mut self) {
        (self.state, self.backoff, self.at) = (UpstreamState::Idle, Backoff::default(), 0);
        (self.lost_stream, self.failing_since) = (None, None);
        self.reasons.clear();
    }

    /// Returns whether it has failed and has not streamed since.
    pub fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }

    /// Returns how long there was no stream since the first failure, if there was one.
    pub fn take_outage(&mut self, now: Time) -> Option<Duration> {
        self.failing_since.take().map(|since| now.since(since))
    }

    /// Notes that the upstream streams. Returns the title to use until it sends one: the last title before
    /// the stream was lost, if that was less than [`TITLE_RETENTION`] ago.
    pub fn start_streaming(
        &mut self,
        producer: FrameProducer,
        stream_path: RelayPath,
        redirects: RedirectChain,
        now: Time,
    ) -> Option<Title> {
        self.reasons.clear();
        self.state =
            UpstreamState::Streaming { producer: producer.into(), stream_path, redirects, since: now };
        let (_, title) = self.lost_stream.take().filter(|&(at, _)| now.since(at) < TITLE_RETENTION)?;
        title
    }

    /// Returns its URL, without the password; after redirects, the last one.
    pub fn url(&self) -> String {
        match &self.state {
            UpstreamState::Dialing { redirects, .. }
            | UpstreamState::Requesting { redirects, .. }
            | UpstreamState::Streaming { redirects, .. } => redirects.url().to_string(),
            UpstreamState::Idle | UpstreamState::RetryAt(_) => self.configured_url().to_string(),
        }
    }
}
