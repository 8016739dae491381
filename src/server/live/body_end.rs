//! The end of what a source sends: the rest of its reply, and refusals of a body without audio.

use crate::audio::Codec;
use crate::http::source::reply::{self as source_reply, SourceRefusal};
use crate::log_limiter::warn_limited;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::timers::QUIET_SOURCE_AFTER;
use crate::session::{BodyError, CloseReason, Reply, Session, Source};
use crate::time::Time;

impl Server {
    /// Ends the session of a source whose body is complete. It gets the rest of its reply, then the end of
    /// the connection. The audio that it has sent is played.
    pub(super) fn end_body(&mut self, peer: Peer, reason: CloseReason, now: Time) {
        self.finish_source(peer, now);
        let Some(source) = self.source_session(peer) else { return };
        if let Some(feed) = &source.pending_feed {
            let has_frame = feed.next_header().is_some();
            let refusal =
                if has_frame { SourceRefusal::InUse } else { SourceRefusal::NoAudio(source.codec()) };
            return self.refuse_body(peer, refusal, now);
        }
        let (key, sent, rest) = (source.station, source.sent(), source.reply().to_vec());
        self.live_source_ended(peer, key, reason, now);
        self.become_reply(peer, Reply::remainder(200, sent, rest, reason), now);
    }

    /// Handles a source that closed its sending side, which may be before it was sent its reply.
    pub(in crate::server) fn source_reached_eof(&mut self, peer: Peer, now: Time) {
        let Some(source) = self.source_session(peer) else { return };
        let reason = if source.may_end() { CloseReason::SourceEnded } else { CloseReason::SourceIncomplete };
        if !source.reply().is_empty() || self.awaits_first_frame(peer) {
            self.end_body(peer, reason, now);
        } else {
            self.close_session(peer, reason, now);
        }
    }

    fn awaits_first_frame(&self, peer: Peer) -> bool {
        self.sessions.get(peer).is_some_and(|entry| entry.session.awaits_first_frame())
    }

    fn source_session(&self, peer: Peer) -> Option<&Source> {
        match self.sessions.get(peer).map(|entry| &entry.session) {
            Some(Session::Source(source)) => Some(source),
            _ => None,
        }
    }

    /// Handles a body that cannot be decoded any further.
    pub(super) fn on_body_error(&mut self, peer: Peer, error: BodyError, now: Time) {
        let Some(source) = self.source_session(peer) else { return };
        let (key, announced) = (source.station, source.codec());
        let media_type = source.info.content_type.clone();
        match error {
            BodyError::Container(name) => self.refuse_body(peer, SourceRefusal::Container(name), now),
            BodyError::NoFrame(codec) => self.refuse_body(peer, SourceRefusal::NoAudio(codec), now),
            BodyError::OtherCodec(codec) => {
                let announced = media_type.unwrap_or_else(|| announced.name().to_owned());
                let expected = self.describe_expected_codec(key);
                let reason =
                    format!("it sends {} frames but announces {announced:?}; {expected}", codec.name());
                self.refuse_body(peer, SourceRefusal::OtherCodec(reason), now);
            }
            BodyError::BadChunk => {
                if let Some(address) = self.sessions.address(peer) {
                    let is_admitted = self.log.peers.admit(address.ip(), now);
                    warn_limited!(is_admitted, "{address}: source disconnected: {error}");
                }
                self.close_session(peer, CloseReason::MalformedBody, now);
            }
        }
    }

    /// Refuses a source that has logged in and is not live yet. If its reply was not sent, it gets the reason
    /// instead; else the connection is closed, because there is only one reply.
    pub(super) fn refuse_body(&mut self, peer: Peer, refusal: SourceRefusal, now: Time) {
        let Some(source) = self.source_session(peer) else { return };
        let (key, user, has_reply) = (source.station, source.user.clone(), source.sent() > 0);
        let is_http = source.reply().starts_with(b"HTTP/");
        self.log_refused(peer, key, &user, &refusal, now);
        let reason = match refusal {
            SourceRefusal::NoAudio(_) | SourceRefusal::Container(_) => CloseReason::NotAudio,
            _ => CloseReason::NotAllowed,
        };
        if has_reply {
            return self.close_session(peer, reason, now);
        }
        let bytes = if is_http { refusal.reply() } else { source_reply::INVALID_PASSWORD.to_vec() };
        self.become_reply(peer, Reply::new(bytes, reason), now);
    }

    /// Closes sources that have sent no frame in time.
    pub(in crate::server) fn close_sources_without_frames(&mut self, now: Time) {
        while let Some(peer) = self.timers.first_frames.pop_due(now) {
            if self.awaits_first_frame(peer) {
                let codec = self.source_session(peer).map_or(Codec::Mp3, Source::codec);
                self.refuse_body(peer, SourceRefusal::NoAudio(codec), now);
            }
        }
    }

    /// Warns of sources that have sent nothing since their login.
    pub(in crate::server) fn warn_of_quiet_sources(&mut self, now: Time) {
        while let Some(peer) = self.timers.quiet_sources.pop_due(now) {
            self.warn_of_quiet_source(peer, now);
        }
    }

    fn warn_of_quiet_source(&mut self, peer: Peer, now: Time) {
        let Some(SessionEntry { session: Session::Source(source), info, .. }) = self.sessions.get(peer)
        else {
            return;
        };
        if source.has_body() {
            return;
        }
        let address = info.address.ip();
        let is_behind_proxy = info.proxy().is_some()
            || !info.forwarded_for().is_empty()
            || self.access.is_shared_address(address);
        let hint = if is_behind_proxy {
            "; an HTTP proxy forwards only audio that has a length or is sent in chunks"
        } else {
            ""
        };
        let client = self.address_and_program(peer).unwrap_or_default();
        let (mount, user) = (&self.stations[source.station].settings().mount, &source.user.name);
        let seconds = QUIET_SOURCE_AFTER.as_secs();
        let line = format!(
            "{mount}: source {user} at {client} has sent nothing for {seconds} s after its login{hint}"
        );
        warn_limited!(self.log.peers.admit(address, now), "{line}");
    }
}
