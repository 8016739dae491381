//! Closes sessions: sends a last reply, and closes sessions whose deadline has passed.

use std::time::Duration;

use super::state::peer::Peer;
use super::state::server::Server;
use super::state::sessions::SessionEntry;
use crate::http::response::reply::{self, Status};
use crate::session::{CloseReason, Reply, Session};
use crate::time::Time;

/// How long a connection may take for its request in any case, also if its TLS handshake waits for its turn.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);

impl Server {
    pub(super) fn become_reply(&mut self, peer: Peer, mut reply: Reply, now: Time) {
        reply.start(now);
        reply.add_headers(&self.views.http_headers);
        let holds_memory = reply.charged() > 0;
        self.timers.replies.add(peer, now);
        self.become_session(peer, Session::Reply(Box::new(reply)));
        if holds_memory {
            self.note_holder(peer);
        }
    }

    /// Closes the sessions whose deadline has passed.
    pub(super) fn close_overdue(&mut self, now: Time) {
        self.timers.drop_obsolete(&self.sessions);
        self.warn_of_quiet_sources(now);
        self.close_sources_without_frames(now);
        while let Some(peer) = self.timers.requests.pop_due(now) {
            if !self.has_more_time(peer, now) {
                self.close_unfinished_request(peer, now);
            }
        }
        while let Some(peer) = self.timers.replies.pop_due(now) {
            self.end_reply(peer, now);
        }
    }

    /// Closes a reply whose deadline has passed. A client that reads at a sufficient rate gets another
    /// deadline.
    fn end_reply(&mut self, peer: Peer, now: Time) {
        let Some(SessionEntry { session: Session::Reply(reply), .. }) = self.sessions.get_mut(peer) else {
            return;
        };
        if reply.is_finished() {
            self.connection_lost(peer, now);
        } else if reply.made_progress() {
            self.timers.replies.add(peer, now);
        } else {
            self.close_session(peer, CloseReason::ReplyTimeout, now);
        }
    }

    /// Returns whether the time for a request is not over, because the TLS handshake of the client had to
    /// wait for its turn.
    fn has_more_time(&mut self, peer: Peer, now: Time) -> bool {
        let Some(SessionEntry { session: Session::Handshake(handshake), info, .. }) = self.sessions.get(peer)
        else {
            return false;
        };
        if handshake.is_queued() && now.since(info.connected_at) < REQUEST_TIME_MAX {
            self.timers.requests.add(peer, now);
            return true;
        }
        // The deadline that was set then follows.
        handshake.timed_from().is_some_and(|since| now < since + self.timers.requests.timeout())
    }

    /// Closes a session whose request is overdue. A client that has sent a part of it gets an error response.
    /// A client that has sent nothing was probably a check whether the port is open, and gets none.
    fn close_unfinished_request(&mut self, peer: Peer, now: Time) {
        let Some(SessionEntry { session: Session::Handshake(handshake), .. }) = self.sessions.get(peer)
        else {
            return;
        };
        if handshake.has_request_bytes() {
            let bytes = reply::text(Status::RequestTimeout, "the request was not complete in time");
            self.become_reply(peer, Reply::new(bytes, CloseReason::RequestTimeout), now);
        } else {
            self.close_session(peer, CloseReason::RequestTimeout, now);
        }
    }
}
