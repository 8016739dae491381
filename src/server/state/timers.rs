//! When sessions run out of time.

use std::time::Duration;

use super::deadlines::Deadlines;
use super::peer::Peer;
use super::sessions::Sessions;
use super::station::audience::{COUNTED_AFTER, PROBE_COUNTED_AFTER};
use crate::session::Session;
use crate::time::Time;

/// Time for a whole request, from the accepted connection to the empty line. Icecast's `header-timeout` is the same.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Time for a whole reply to be taken and the connection to be closed by the peer; a peer that takes a long reply at a fair
/// pace gets as much again.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(15);

/// Time for a live source's first frame, from its password on: before that it replaces no other source.
pub const FIRST_FRAME_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a reply waits for a picture. A browser shows a page without it meanwhile; after that the reply is that there is
/// none now.
pub const ARTWORK_TIMEOUT: Duration = Duration::from_secs(5);

/// Deadlines of all sessions, by what they wait for.
#[derive(Debug)]
pub struct Timers {
    pub requests: Deadlines,
    pub replies: Deadlines,
    /// First frames of live sources.
    pub first_frames: Deadlines,
    /// Replies that wait for a picture.
    pub artwork: Deadlines,
    /// Listeners that do not count yet.
    pub uncounted: Deadlines,
    /// The same for those that asked for the first bytes only.
    pub probes: Deadlines,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            requests: Deadlines::new(REQUEST_TIMEOUT),
            replies: Deadlines::new(REPLY_TIMEOUT),
            first_frames: Deadlines::new(FIRST_FRAME_TIMEOUT),
            artwork: Deadlines::new(ARTWORK_TIMEOUT),
            uncounted: Deadlines::new(COUNTED_AFTER),
            probes: Deadlines::new(PROBE_COUNTED_AFTER),
        }
    }
}

impl Timers {
    /// When the first of them runs out. That a listener counts wakes no loop: it is made up for when somebody looks.
    pub fn next_time(&self) -> Option<Time> {
        let all = [&self.requests, &self.replies, &self.first_frames, &self.artwork];
        all.into_iter().filter_map(Deadlines::next_time).min()
    }

    /// The next listener that has listened for long enough to count.
    pub fn pop_countable(&mut self, now: Time) -> Option<Peer> {
        self.uncounted.pop_due(now).or_else(|| self.probes.pop_due(now))
    }

    /// Drops those from the front of which it no longer matters, so that the loop does not wake for them.
    pub fn drop_obsolete(&mut self, sessions: &Sessions) {
        let is =
            |peer, state: fn(&Session) -> bool| sessions.get(peer).is_some_and(|entry| state(&entry.session));
        self.requests
            .drop_obsolete_front(|peer| is(peer, |session| matches!(session, Session::Handshake(_))));
        self.replies.drop_obsolete_front(|peer| is(peer, |session| matches!(session, Session::Reply(_))));
        self.artwork.drop_obsolete_front(|peer| is(peer, Session::awaits_reply));
        self.first_frames.drop_obsolete_front(|peer| is(peer, Session::awaits_first_frame));
    }
}
