//! Timeouts of sessions: request, first frame, reply, artwork, challenge, file, page, saved bans, reload,
//! counting.

use std::time::Duration;

use super::deadlines::Deadlines;
use super::peer::Peer;
use super::sessions::{SessionEntry, Sessions};
use super::station::audience::{COUNTED_AFTER, PROBE_COUNTED_AFTER};
use crate::session::Session;
use crate::settings::HEADER_TIMEOUT;
use crate::time::Time;

/// Time for a complete request, from the accepted connection to the empty line, unless the settings say
/// otherwise.
pub const REQUEST_TIMEOUT: Duration = HEADER_TIMEOUT;

/// Time for a client to read a complete reply and to close the connection. A client that reads a long reply
/// at a sufficient rate gets the same time again.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(15);

/// Time for a live source's first frame, from its login on. Before that frame, the source does not replace
/// another.
pub const FIRST_FRAME_TIMEOUT: Duration = Duration::from_secs(15);

/// After this time without anything from a source that has logged in, the log has a warning. Encoders that
/// wait for the reply need up to two seconds until they send.
pub const QUIET_SOURCE_AFTER: Duration = Duration::from_secs(3);

/// How long a reply waits for a picture. Meanwhile, a browser shows the page without it. After this time, the
/// reply is an error.
pub const ARTWORK_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a reply waits for the file of an ACME challenge. After this time, the reply is an error. Shorter
/// than the 10 s that Let's Encrypt waits.
pub const CHALLENGE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a reply waits for the beginning of a file of `webroot`. After this time, the reply is an error.
pub const FILE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the reply about a changed ban waits until the change is on disk. After this time, the reply says
/// that it is not saved yet. Shorter than the timeouts of scripts.
pub const SAVE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a request waits for the end of the reload that it has caused. After this time, the reply says
/// that the reload goes on. Shorter than the timeouts of scripts, and than that of the admin page, 10 s.
pub const RELOAD_TIMEOUT: Duration = Duration::from_secs(8);

/// How long a request waits for its page. After this time, the reply is an error.
pub const PAGE_TIMEOUT: Duration = Duration::from_secs(15);

/// Deadlines of all sessions, by what they wait for.
#[derive(Debug)]
pub struct Timers {
    pub requests: Deadlines,
    pub replies: Deadlines,
    /// First frames of live sources.
    pub first_frames: Deadlines,
    /// The first bytes of live sources.
    pub quiet_sources: Deadlines,
    /// Replies that wait for a picture.
    pub artwork: Deadlines,
    /// Replies that wait for the file of a challenge.
    pub challenges: Deadlines,
    /// Replies that wait for the beginning of a file.
    pub files: Deadlines,
    /// Replies that wait until a change of the bans is on disk.
    pub ban_replies: Deadlines,
    /// Replies that wait for the end of a reload.
    pub reloads: Deadlines,
    /// Replies that wait for a page.
    pub pages: Deadlines,
    /// Listeners that do not count yet.
    pub uncounted: Deadlines,
    /// The same for range probes.
    pub probes: Deadlines,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            requests: Deadlines::new(REQUEST_TIMEOUT),
            replies: Deadlines::new(REPLY_TIMEOUT),
            first_frames: Deadlines::new(FIRST_FRAME_TIMEOUT),
            quiet_sources: Deadlines::new(QUIET_SOURCE_AFTER),
            artwork: Deadlines::new(ARTWORK_TIMEOUT),
            challenges: Deadlines::new(CHALLENGE_TIMEOUT),
            files: Deadlines::new(FILE_TIMEOUT),
            ban_replies: Deadlines::new(SAVE_TIMEOUT),
            reloads: Deadlines::new(RELOAD_TIMEOUT),
            pages: Deadlines::new(PAGE_TIMEOUT),
            uncounted: Deadlines::new(COUNTED_AFTER),
            probes: Deadlines::new(PROBE_COUNTED_AFTER),
        }
    }
}

impl Timers {
    /// Returns the earliest deadline. Counting a listener does not wake the event loop, because it is done
    /// when the numbers are read.
    pub fn next_time(&self) -> Option<Time> {
        let waking = [
            &self.requests,
            &self.replies,
            &self.first_frames,
            &self.quiet_sources,
            &self.artwork,
            &self.challenges,
            &self.files,
            &self.pages,
            &self.ban_replies,
            &self.reloads,
        ];
        waking.into_iter().filter_map(Deadlines::next_time).min()
    }

    /// Moves the deadlines of connections that are before `until` to that time.
    pub fn postpone(&mut self, until: Time) {
        let Self {
            requests, replies, first_frames, quiet_sources, artwork, challenges, files, pages, ..
        } = self;
        let closing = [requests, replies, first_frames, quiet_sources, artwork, challenges, files, pages];
        closing.into_iter().for_each(|deadlines| deadlines.postpone(until));
    }

    /// Returns the next listener that has listened for long enough to count.
    pub fn pop_countable(&mut self, now: Time) -> Option<Peer> {
        self.uncounted.pop_due(now).or_else(|| self.probes.pop_due(now))
    }

    /// Drops deadlines from the front that no longer matter, so that the event loop does not wake up for
    /// them.
    pub fn drop_obsolete(&mut self, sessions: &Sessions) {
        self.requests.drop_obsolete_front(|peer| has_state(sessions, peer, is_handshake));
        self.replies.drop_obsolete_front(|peer| has_state(sessions, peer, is_reply));
        self.artwork.drop_obsolete_front(|peer| has_state(sessions, peer, Session::awaits_reply));
        self.challenges.drop_obsolete_front(|peer| has_state(sessions, peer, Session::awaits_reply));
        self.files.drop_obsolete_front(|peer| has_state(sessions, peer, Session::awaits_reply));
        self.ban_replies.drop_obsolete_front(|peer| has_state(sessions, peer, Session::awaits_reply));
        self.reloads.drop_obsolete_front(|peer| has_state(sessions, peer, Session::awaits_reply));
        self.pages.drop_obsolete_front(|peer| has_state(sessions, peer, Session::awaits_reply));
        self.first_frames.drop_obsolete_front(|peer| has_state(sessions, peer, Session::awaits_first_frame));
        self.quiet_sources.drop_obsolete_front(|peer| has_state(sessions, peer, Session::awaits_first_byte));
    }

    /// Returns the clients that have waited the longest for the end of their request or of their reply, at
    /// most `count` of each, of those that are wanted.
    pub fn longest_waiting(
        &mut self,
        count: usize,
        sessions: &Sessions,
        is_wanted: impl Fn(&SessionEntry) -> bool,
    ) -> Vec<Peer> {
        let is_wanted = |peer| sessions.get(peer).is_some_and(&is_wanted);
        let mut peers = self.requests.first(count, |peer| has_state(sessions, peer, is_handshake), is_wanted);
        peers.extend(self.replies.first(count, |peer| has_state(sessions, peer, is_reply), is_wanted));
        peers
    }
}

fn has_state(sessions: &Sessions, peer: Peer, state: fn(&Session) -> bool) -> bool {
    sessions.get(peer).is_some_and(|entry| state(&entry.session))
}

fn is_handshake(session: &Session) -> bool {
    matches!(session, Session::Handshake(_))
}

fn is_reply(session: &Session) -> bool {
    matches!(session, Session::Reply(_))
}
