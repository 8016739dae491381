//! Begins, changes and ends sessions.

use std::net::SocketAddr;

use log::{Level, debug};

use super::listeners::leave::Membership;
use super::state::addresses::TOO_MANY_CONNECTIONS;
use super::state::peer::Peer;
use super::state::server::Server;
use super::state::sessions::SessionEntry;
use super::state::station::stations::Stations;
use crate::http::response::reply::{self, Status};
use crate::log_limiter::{limited, log_limited};
use crate::session::{CloseReason, Handshake, Session, SessionInfo, SessionSummary};
use crate::time::Time;

/// The most bytes that a client may send after its request. They are discarded but cost time. A client that
/// sends more is disconnected.
pub const IGNORED_INPUT_MAX: u32 = 64 * 1024;

impl Server {
    /// Adds the session of a connection from `address`, of which nothing else is known. See
    /// [`accepted`](Self::accepted).
    ///
    /// # Errors
    /// As for [`accepted`](Self::accepted).
    pub fn connected(&mut self, address: SocketAddr, now: Time) -> Result<Peer, Vec<u8>> {
        self.accepted(address, None, now)
    }

    /// Adds the session of an accepted connection from `address` to `local`. If the connection limit is
    /// reached, another connection is [evicted](Self::evict_one) first.
    ///
    /// # Errors
    /// If the address has too many connections, returns the response to send before the connection is closed.
    pub fn accepted(
        &mut self,
        address: SocketAddr,
        local: Option<SocketAddr>,
        now: Time,
    ) -> Result<Peer, Vec<u8>> {
        let is_counted = !self.access.proxies.contains(address.ip());
        if is_counted && !self.admit_address(address, now) {
            return Err(reply::text(Status::Forbidden, TOO_MANY_CONNECTIONS));
        }
        if self.sessions.len() >= self.capacity.max_connections {
            self.evict_one(now);
        }
        let peer = self
            .sessions
            .open(Session::Handshake(Box::new(Handshake::new(local))), SessionInfo::new(address, now));
        if is_counted {
            self.count_for_address(peer);
        }
        self.stats.accepted += 1;
        self.timers.requests.add(peer, now);
        Ok(peer)
    }

    /// Counts a connection for the address of its client.
    pub(super) fn count_for_address(&mut self, peer: Peer) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        entry.counts_for_address = true;
        self.capacity.addresses.add(entry.info.address);
    }

    /// Handles bytes received from a peer.
    pub fn received(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        match self.sessions.get_mut(peer).map(|entry| &mut entry.session) {
            Some(Session::Handshake(handshake)) => {
                let event = handshake.feed(bytes);
                self.on_handshake_event(peer, event, now);
            }
            Some(Session::Login(login)) => {
                let fits = login.push(bytes);
                if !fits {
                    self.close_session(peer, CloseReason::ExcessInput, now);
                }
            }
            Some(Session::Source(_)) => self.feed_source(peer, bytes, now),
            Some(Session::Relay(_)) => self.feed_upstream(peer, bytes, now),
            Some(Session::Reply(_) | Session::Listener(_) | Session::EventReader(_)) => {
                self.discard_input(peer, bytes, now)
            }
            None => {}
        }
    }

    /// Discards bytes that a client sends after its request, up to a limit.
    fn discard_input(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        entry.ignored_bytes = entry.ignored_bytes.saturating_add(bytes.len() as u32);
        if entry.ignored_bytes > IGNORED_INPUT_MAX {
            self.close_session(peer, CloseReason::ExcessInput, now);
        }
    }

    /// Handles a peer that closed its sending side. It may still read.
    pub fn received_eof(&mut self, peer: Peer, now: Time) {
        match self.sessions.get(peer).map(|entry| &entry.session) {
            Some(Session::Source(_)) => self.source_reached_eof(peer, now),
            Some(Session::Relay(relay)) if relay.is_streaming() && !relay.may_end() => {
                self.close_session(peer, CloseReason::SourceIncomplete, now)
            }
            Some(Session::Reply(reply)) if reply.is_finished() => self.connection_lost(peer, now),
            // A browser that closes a page may send nothing else. Closing the session at once frees its slot
            // for the next client.
            Some(Session::Handshake(_) | Session::Relay(_) | Session::EventReader(_)) => {
                self.close_session(peer, CloseReason::PeerClosed, now)
            }
            Some(Session::Listener(_)) => self.note_half_closed(peer, now),
            // A script may send its request and close its sending side at once.
            Some(Session::Login(_) | Session::Reply(_)) | None => {}
        }
    }

    /// Handles a connection that failed or is closed on both sides.
    pub fn connection_lost(&mut self, peer: Peer, now: Time) {
        let reason = match self.sessions.get(peer).map(|entry| &entry.session) {
            // It got its complete reply.
            Some(Session::Reply(reply)) if reply.is_finished() => reply.reason,
            Some(Session::Source(_) | Session::Relay(_)) => CloseReason::SourceReset,
            _ => CloseReason::PeerClosed,
        };
        self.close_session(peer, reason, now);
    }

    pub(super) fn become_session(&mut self, peer: Peer, session: Session) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let was_answered = entry.session.is_answered();
        if let Session::Listener(listener) = &session {
            entry.info.listened_to = Some(listener.station);
        }
        let before = std::mem::replace(&mut entry.session, session);
        let (is_answered, awaits_reply) = (entry.session.is_answered(), entry.session.awaits_reply());
        let (kind, (status, _)) = (entry.kind, entry.session.status_and_sent());
        if !awaits_reply {
            self.sessions.schedule_write(peer);
        }
        if is_answered && !was_answered {
            self.stats.note_answered(kind, status);
        }
        if let Session::Source(source) = before {
            self.note_source_logout(source.station);
        }
    }

    /// Closes a session without cutting a frame or an event: a listener is sent the rest of its frame, an
    /// event reader the rest of its event.
    pub(super) fn close_gracefully(&mut self, peer: Peer, reason: CloseReason, now: Time) {
        match self.sessions.get(peer).map(|entry| &entry.session) {
            Some(Session::Listener(_)) => self.finish_listener(peer, reason, now),
            Some(Session::EventReader(_)) => self.finish_event_reader(peer, reason, now),
            // A reply ends by itself, unless its content is not known yet.
            Some(Session::Reply(reply)) if !reply.is_deferred() => {}
            Some(_) => self.close_session(peer, reason, now),
            None => {}
        }
    }

    /// Closes a session. Its socket is closed at the end of the turn: see
    /// [`drain_closed`](Self::drain_closed).
    pub(super) fn close_session(&mut self, peer: Peer, reason: CloseReason, now: Time) {
        match self.sessions.get(peer).map(|entry| &entry.session) {
            Some(Session::Source(_)) if !reason.is_by_admin() => self.finish_source(peer, now),
            Some(Session::Relay(relay)) if reason != CloseReason::Shutdown => {
                let key = relay.station;
                if self.stations[key].is_upstream(peer) {
                    return self.upstream_lost(key, &reason.to_string(), now);
                }
            }
            _ => {}
        }
        self.count_listeners(now);
        let Some(entry) = self.sessions.close(peer) else { return };
        if entry.counts_for_address {
            self.capacity.addresses.remove(entry.info.address);
        }
        match &entry.session {
            Session::Listener(listener) => {
                let too_slow = matches!(reason, CloseReason::TooSlow | CloseReason::WriteStalled);
                self.stations[listener.station].too_slow += u64::from(too_slow);
                Membership::from_entry(&entry)
                    .into_iter()
                    .for_each(|membership| self.detach_listener(peer, &membership, now));
            }
            Session::Source(source) => {
                self.live_source_ended(peer, source.station, reason, now);
                self.note_source_logout(source.station);
            }
            Session::EventReader(_) => self.views.events.remove_reader(peer),
            Session::Login(_) => self.access.logins.waiting.remove(peer),
            Session::Handshake(handshake) => {
                // A client that leaves, or gives way, has not failed.
                let has_failed = matches!(reason, CloseReason::TlsFailed | CloseReason::RequestTimeout);
                self.stats.tls_failures += u64::from(has_failed && handshake.is_shaking());
            }
            Session::Reply(_) | Session::Relay(_) => {}
        }
        // A connection that the server opened itself is not a client.
        if !matches!(entry.session, Session::Relay(_)) {
            self.log_end(&entry, reason, now);
        }
    }

    /// Logs the end of a session to the log and to the access log. The log gets a line for every listener and
    /// for every failure, within its limits. Sessions that ended as expected, and clients that never sent
    /// anything, are logged at level debug and in the access log only.
    fn log_end(&mut self, entry: &SessionEntry, reason: CloseReason, now: Time) {
        let SessionEntry { session, info, .. } = entry;
        self.stats.note_ended(reason);
        let (status, sent) = session.status_and_sent();
        let duration = now.since(info.connected_at);
        let title = listened_title(&self.stations, entry);
        let ended = SessionSummary { info, status, bytes_sent: sent, duration, reason, title };
        let client = info.address.ip();
        let is_live = matches!(session, Session::Source(source) if source.pending_feed.is_none());
        let is_lost = matches!(session, Session::Source(_)) && !reason.is_wanted_end();
        let is_fault = is_lost || reason == CloseReason::TooManyFailedLogins;
        if matches!(session, Session::Listener(_)) || is_logged_for_all(reason) && !is_live {
            log_limited!(self.log.listeners.admit(client, now), "{ended}");
        } else if is_unlogged_failure(session, reason) && !info.request_line.is_empty() {
            let level = if is_fault { Level::Warn } else { Level::Info };
            log::log!(limited(level, self.log.peers.admit(client, now)), "{ended}");
        } else {
            debug!("{ended}");
        }
        // A connection without a request from a trusted proxy is a health check.
        if !info.request_line.is_empty() || !self.access.proxies.contains(info.address.ip()) {
            self.hooks.session_log.as_mut().into_iter().for_each(|log| log(&ended));
        }
    }
}

/// Returns the title on air at the station of a session that is or was a listener; empty if there is none.
fn listened_title<'s>(stations: &'s Stations, entry: &SessionEntry) -> Option<&'s str> {
    let key = match &entry.session {
        Session::Listener(listener) => listener.station,
        _ => entry.info.listened_to?,
    };
    Some(stations.get(key).map_or("", |channel| channel.station.title()))
}

/// Returns whether the log has a line for every session, within the limits, that ended for this reason.
fn is_logged_for_all(reason: CloseReason) -> bool {
    matches!(
        reason,
        CloseReason::Shutdown
            | CloseReason::SilenceTimeout
            | CloseReason::Kicked
            | CloseReason::Evicted
            | CloseReason::StationRemoved
    )
}

/// Returns whether the log has a line about a client that got a response for this reason.
fn is_logged_refusal(reason: CloseReason) -> bool {
    matches!(
        reason,
        CloseReason::AuthenticationFailed
            | CloseReason::NotAllowed
            | CloseReason::AccountRemoved
            | CloseReason::NotAudio
            | CloseReason::MalformedBody
    )
}

/// Returns whether a session other than a listener failed and has no line in the log yet. Failed logins,
/// refused sources and sources on air have lines of their own.
fn is_unlogged_failure(session: &Session, reason: CloseReason) -> bool {
    match (session, reason) {
        (_, CloseReason::Answered) => false,
        (_, reason) if is_logged_refusal(reason) => false,
        (Session::Reply(_), CloseReason::SourceEnded) => false,
        // An encoder that was refused sends on until it reads its response. The refusal has a line.
        (Session::Reply(reply), _) if is_logged_refusal(reply.reason) => false,
        (Session::Source(source), _) => source.pending_feed.is_some(),
        (Session::EventReader(_), CloseReason::PeerClosed) => false,
        _ => true,
    }
}
