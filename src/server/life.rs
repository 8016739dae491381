//! A session's life: how it begins, what becomes of it, how it ends.

use std::fmt;
use std::net::SocketAddr;

use log::{debug, info};

use super::addresses::block;
use super::answer::{Answer, Manner};
use super::leavers::{Leaver, Second};
use super::proxies::TOO_MANY;
use super::{Entry, IGNORED_MAX, Kind, Peer, Refused, Server};
use crate::http::admin::is_admin_path;
use crate::http::request::doubles::opens_several;
use crate::http::request::{Method, Refusal, Request};
use crate::http::response::reply::{self, Status};
use crate::http::source::reply::POKE_ANSWER;
use crate::pages::metrics;
use crate::session::{Ended, Handshake, Heard, Listener, Reply, Session, Visit, Why};
use crate::time::Time;

impl Server {
    /// Someone connected.
    ///
    /// # Errors
    /// What to tell him before hanging up, if his address has too many connections already.
    pub fn connected(&mut self, address: SocketAddr, now: Time) -> Result<Peer, Vec<u8>> {
        let is_counted = !self.proxies.trust(address.ip());
        if is_counted && !self.count_address(address, now) {
            self.refused(Refused::Address);
            self.complain(now, format_args!("{address} {}", Why::TooManyFromAddress));
            return Err(reply::text(Status::Forbidden, TOO_MANY));
        }
        let peer = self.sessions.open(Session::Handshake(Box::default()), Visit::new(address, now));
        if let Some(entry) = self.sessions.get_mut(peer) {
            entry.is_counted = is_counted;
        }
        self.tally.accepted += 1;
        self.requests_due.add(peer, now);
        Ok(peer)
    }

    /// Counts one more connection of this address, if it may have one, or a listener at it who most likely has left gives
    /// way; says whether it may.
    pub(super) fn count_address(&mut self, address: SocketAddr, now: Time) -> bool {
        if self.addresses.admit(address) {
            return true;
        }
        let own = block(address.ip());
        let leaver = self.leavers.latest(now, |leaver| block(leaver.address) == own);
        leaver.into_iter().for_each(|leaver| self.bury(leaver, Why::GaveWay, now));
        leaver.is_some() && self.addresses.admit(address)
    }

    /// Whether there is a listener who most likely has left, and would [make room](Self::make_room).
    pub fn has_leaver(&self, now: Time) -> bool {
        self.leavers.latest(now, |_| true).is_some()
    }

    /// Ends the session of a listener who most likely has left, if there is one. His socket is to be closed before the next
    /// connection needs its place: see [`buried`](Self::buried).
    pub fn make_room(&mut self, now: Time) {
        let leaver = self.leavers.latest(now, |_| true);
        leaver.into_iter().for_each(|leaver| self.bury(leaver, Why::GaveWay, now));
    }

    /// A peer sent these bytes.
    pub fn received(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        match self.sessions.get_mut(peer).map(|entry| &mut entry.session) {
            Some(Session::Handshake(handshake)) => {
                let heard = handshake.hear(bytes);
                self.take_request(peer, heard, now);
            }
            Some(Session::Source(_)) => self.hear_source(peer, bytes, now),
            Some(Session::Relay(_)) => self.hear_master(peer, bytes, now),
            Some(Session::Reply(_) | Session::Listener(_) | Session::Events(_)) => {
                self.ignore(peer, bytes, now)
            }
            None => {}
        }
    }

    fn take_request(&mut self, peer: Peer, heard: Heard, now: Time) {
        match heard {
            Heard::NotYet => {}
            Heard::Request(mut request, rest) => {
                if self.look_behind_proxy(peer, &mut request, now) {
                    self.received_request(peer, &request, &rest, now);
                }
            }
            Heard::Proxied(client, rest) => self.hear_proxy(peer, client, &rest, now),
            Heard::Password(..) | Heard::Audiocast(..) | Heard::Poke if !self.takes_sources() => {
                self.refuse(peer, Refusal::NotHttp, now);
            }
            Heard::Password(line, rest) => {
                self.note_login(peer, "SHOUTcast v1 source");
                self.log_in_icy(peer, &line, &rest, now);
            }
            Heard::Audiocast(login, rest) => {
                self.note_login(peer, "xaudiocast source");
                self.log_in_audiocast(peer, *login, &rest, now);
            }
            Heard::Poke => self.become_reply(peer, Reply::new(POKE_ANSWER.to_vec(), Why::Answered), now),
            Heard::No(refusal) => self.refuse(peer, refusal, now),
        }
    }

    /// Hears out what listeners and those already answered have to say, to a point.
    fn ignore(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        entry.ignored = entry.ignored.saturating_add(bytes.len() as u32);
        if entry.ignored > IGNORED_MAX {
            self.bury(peer, Why::TalksTooMuch, now);
        }
    }

    /// A peer said that it will send no more. It may well go on reading.
    pub fn received_end(&mut self, peer: Peer, now: Time) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        match &entry.session {
            Session::Handshake(_) => self.bury(peer, Why::PeerLeft, now),
            Session::Reply(reply) if reply.is_finished() => self.broke(peer, now),
            Session::Source(_) => self.bury(peer, Why::SourceEnded, now),
            // A browser that closes a page says no more than that, and his place is for the next.
            Session::Relay(_) | Session::Events(_) => self.bury(peer, Why::PeerLeft, now),
            // It is heard of again whenever there is other news of the socket.
            Session::Listener(listener) if entry.closed_side.is_none() => {
                let leaver = Leaver { station: listener.station, address: entry.visit.peer.ip() };
                let since = *entry.closed_side.insert(Second::of(now));
                self.leavers.set(since, peer, leaver);
            }
            Session::Listener(_) => {}
            Session::Reply(_) => {}
        }
    }

    /// A peer's connection broke, or is over.
    pub fn broke(&mut self, peer: Peer, now: Time) {
        let why = match self.sessions.get_mut(peer).map(|entry| &entry.session) {
            // It has all that it was to get.
            Some(Session::Reply(reply)) if reply.is_finished() => reply.why,
            _ => Why::PeerLeft,
        };
        self.bury(peer, why, now);
    }

    fn handshake(&mut self, peer: Peer) -> Option<&mut Handshake> {
        match self.sessions.get_mut(peer) {
            Some(Entry { session: Session::Handshake(handshake), .. }) => Some(handshake),
            _ => None,
        }
    }

    fn received_request(&mut self, peer: Peer, request: &Request, rest: &[u8], now: Time) {
        if let Some(entry) = self.sessions.get_mut(peer) {
            entry.visit.asks(request);
            entry.opens_several = opens_several(request.user_agent());
            debug!("{} asks {:?} ({:?})", entry.visit.peer, entry.visit.request_line, entry.visit.user_agent);
        }
        if matches!(request.method, Method::Source | Method::Put) && self.takes_sources() {
            self.is_for(peer, Kind::Source);
            return self.log_in(peer, request, rest, now);
        }
        self.counters.asked += 1;
        if is_admin_path(&request.path) && request.method != Method::Options {
            self.is_for(peer, Kind::Admin);
            let body = if request.method == Method::Post { rest } else { &[] };
            return self.administer(peer, request, body, now);
        }
        if request.path == metrics::PATH && self.meter.is_on() && request.method != Method::Options {
            self.is_for(peer, Kind::Metrics);
            return self.read_meter(peer, request, now);
        }
        let (kind, answer) = match self.refuse_banned(peer, request, now) {
            Some(refusal) => (Kind::Stream, refusal),
            None => self.answer(request, now),
        };
        self.is_for(peer, kind);
        self.become_answer(peer, answer, now);
    }

    pub(super) fn takes_sources(&self) -> bool {
        self.settings.iter().any(|settings| settings.sources.is_on())
    }

    fn note_login(&mut self, peer: Peer, what: &str) {
        if let Some(entry) = self.sessions.get_mut(peer) {
            entry.visit.logs_in(what);
            entry.kind = Kind::Source;
        }
    }

    pub(super) fn refuse(&mut self, peer: Peer, refusal: Refusal, now: Time) {
        if let Some(address) = self.sessions.address(peer) {
            self.complain(now, format_args!("{address} {}: {refusal}", Why::BadRequest));
        }
        match refusal.reply() {
            nothing if nothing.is_empty() => self.bury(peer, Why::BadRequest, now),
            bytes => self.become_reply(peer, Reply::new(bytes, Why::BadRequest), now),
        }
    }

    fn become_answer(&mut self, peer: Peer, answer: Answer, now: Time) {
        match answer {
            Answer::Reply(reply) => self.become_reply(peer, reply, now),
            Answer::Picture { track, manner } => self.wait_for_picture(peer, &track, manner, now),
            Answer::Listener { at, manner } => self.become_listener(peer, at, manner, now),
            Answer::Events { only, base } => self.become_events(peer, only, base, now),
        }
    }

    fn become_listener(&mut self, peer: Peer, at: usize, manner: Manner, now: Time) {
        let counted = if manner.only_looks { &mut self.looking } else { &mut self.settling };
        counted.add(peer, now);
        self.suspect_proxy(peer);
        let on_air = &mut self.stations[at];
        let mut listener = Listener::new(at as u16, on_air.station.join_offset(), manner.metaint);
        listener.slot = on_air.wheel.add(peer);
        self.listening += 1;
        let is_early = on_air.station.is_fresh();
        if is_early {
            on_air.early.push((peer, manner));
        }
        let withholds = on_air.withholds_heads();
        self.become_session(peer, Session::Listener(listener));
        if !withholds {
            self.begin_stream(peer, at, manner);
        }
    }

    /// Gives a listener the head of his stream, if he has none yet, and has him served in this turn.
    pub(super) fn begin_stream(&mut self, peer: Peer, at: usize, manner: Manner) {
        let is_new = matches!(
            self.sessions.get_mut(peer).map(|entry| &entry.session),
            Some(Session::Listener(listener)) if !listener.has_begun()
        );
        if is_new {
            let (head, hops) = (self.stream_head(at, manner), self.hops_of(at));
            if let Some(Entry { session: Session::Listener(listener), .. }) = self.sessions.get_mut(peer) {
                listener.begin(head);
            }
            if manner.is_relay {
                self.stations[at].downstream.insert(peer, hops);
            }
        }
        self.sessions.write_soon(peer);
    }

    pub(super) fn become_reply(&mut self, peer: Peer, reply: Reply, now: Time) {
        self.replies_due.add(peer, now);
        self.become_session(peer, Session::Reply(Box::new(reply)));
    }

    pub(super) fn become_session(&mut self, peer: Peer, session: Session) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let was_answered = !matches!(entry.session, Session::Handshake(_)) && !entry.session.awaits_reply();
        entry.session = session;
        let is_answered = !entry.session.awaits_reply();
        let (kind, (status, _)) = (entry.kind, entry.session.answered());
        self.sessions.write_soon(peer);
        if is_answered && !was_answered {
            self.tally.answered(kind, status);
        }
    }

    /// Ends what goes on with a peer: a listener is sent the rest of the frame he is in, a reader of events that of the event.
    pub(super) fn say_goodbye(&mut self, peer: Peer, why: Why, now: Time) {
        self.count_listeners(now);
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        let player = entry.player();
        match &mut entry.session {
            Session::Handshake(_) | Session::Source(_) | Session::Relay(_) => self.bury(peer, why, now),
            // Of what is not known yet nothing is missed.
            Session::Reply(reply) if reply.is_awaited() => self.bury(peer, why, now),
            Session::Reply(_) => {}
            Session::Events(events) => {
                self.bulletin.leave(peer);
                let reply = Reply::rest_of(200, events.sent(), events.rest_of_event(), why);
                self.become_reply(peer, reply, now);
            }
            Session::Listener(listener) => {
                let on_air = &mut self.stations[usize::from(listener.station)];
                on_air.wheel.remove(peer, listener.slot);
                on_air.audience.leave(peer, player.as_ref());
                on_air.audience.note(now);
                on_air.downstream.remove(&peer);
                self.listening -= 1;
                entry.closed_side.into_iter().for_each(|since| self.leavers.remove(since, peer));
                let rest = listener.rest_of_frame(&on_air.station);
                let reply = Reply::rest_of(200, listener.sent(), rest, why);
                self.become_reply(peer, reply, now);
            }
        }
    }

    pub(super) fn dismiss_overdue(&mut self, now: Time) {
        let sessions = &self.sessions;
        let is = |peer: Peer, state: fn(&Session) -> bool| {
            sessions.get(peer).is_some_and(|entry| state(&entry.session))
        };
        self.requests_due.forget_first(|peer| is(peer, |session| matches!(session, Session::Handshake(_))));
        self.replies_due.forget_first(|peer| is(peer, |session| matches!(session, Session::Reply(_))));
        self.pictures_due.forget_first(|peer| is(peer, Session::awaits_reply));
        let is_silent = |session: &Session| matches!(session, Session::Source(it) if it.waiting.is_some());
        self.sources_due.forget_first(|peer| is(peer, is_silent));
        while let Some(peer) = self.sources_due.pop_due(now) {
            if matches!(self.sessions.get_mut(peer), Some(entry) if is_silent(&entry.session)) {
                self.bury(peer, Why::NoAudio, now);
            }
        }
        while let Some(peer) = self.requests_due.pop_due(now) {
            self.dismiss_unheard(peer, now);
        }
        while let Some(peer) = self.replies_due.pop_due(now) {
            self.end_reply(peer, now);
        }
    }

    /// Ends a reply whose time is up, unless it goes on.
    fn end_reply(&mut self, peer: Peer, now: Time) {
        let Some(Session::Reply(reply)) = self.sessions.get_mut(peer).map(|entry| &mut entry.session) else {
            return;
        };
        if reply.is_finished() {
            self.broke(peer, now);
        } else if reply.goes_on() {
            self.replies_due.add(peer, now);
        } else {
            self.bury(peer, Why::ReplyTimeout, now);
        }
    }

    /// Dismisses a peer whose request is overdue. One that began with it is told so; one that never said a word was
    /// only looking whether somebody is here.
    fn dismiss_unheard(&mut self, peer: Peer, now: Time) {
        let Some(handshake) = self.handshake(peer) else { return };
        if handshake.heard_anything() {
            let bytes = reply::text(Status::RequestTimeout, "the request was not whole in time");
            self.become_reply(peer, Reply::new(bytes, Why::RequestTimeout), now);
        } else {
            self.bury(peer, Why::RequestTimeout, now);
        }
    }

    /// Tells the operator of a peer that misbehaves, but not of every one of a flood.
    pub(super) fn complain(&mut self, now: Time, what: fmt::Arguments<'_>) {
        self.complaints.tell(now, what);
    }

    /// Ends a session. Its socket is closed at the end of the turn, see [`buried`](Self::buried).
    pub(super) fn bury(&mut self, peer: Peer, why: Why, now: Time) {
        if matches!(self.sessions.get_mut(peer), Some(Entry { session: Session::Source(_), .. }))
            && !why.is_by_operator()
        {
            self.finish_source(peer, now);
        }
        match self.sessions.get_mut(peer).map(|entry| &entry.session) {
            None => return,
            Some(Session::Relay(relay)) if why != Why::Stopping => {
                let at = usize::from(relay.station);
                if self.stations[at].is_master(peer) {
                    return self.lose(at, &why.to_string(), now);
                }
            }
            Some(_) => {}
        }
        self.count_listeners(now);
        let Some(entry) = self.sessions.close(peer) else { return };
        let player = entry.player();
        let Entry { session, visit, is_counted, closed_side, .. } = entry;
        if is_counted {
            self.addresses.leave(visit.peer);
        }
        match &session {
            Session::Listener(listener) => {
                let on_air = &mut self.stations[usize::from(listener.station)];
                on_air.wheel.remove(peer, listener.slot);
                on_air.audience.leave(peer, player.as_ref());
                on_air.too_slow += u64::from(matches!(why, Why::TooSlow | Why::TakesNothing));
                on_air.audience.note(now);
                on_air.downstream.remove(&peer);
                self.listening -= 1;
                closed_side.into_iter().for_each(|since| self.leavers.remove(since, peer));
            }
            Session::Source(source) => self.leave_air(peer, usize::from(source.station), why, now),
            Session::Events(_) => self.bulletin.leave(peer),
            Session::Handshake(_) | Session::Reply(_) | Session::Relay(_) => {}
        }
        // Whom we called ourselves is not one of those who come.
        if !matches!(session, Session::Relay(_)) {
            self.tell_end(&session, &visit, why, now);
        }
    }

    /// Tells the log and the journal how a session ended. The log has a line for every listener and for whatever went
    /// wrong; what went as it should, and whoever never said a word, are for the journal alone.
    fn tell_end(&mut self, session: &Session, visit: &Visit, why: Why, now: Time) {
        self.tally.ended(why);
        let (status, sent) = session.answered();
        let ended = Ended { visit, status, sent, lasted: now.since(visit.since), why };
        let listened = matches!(session, Session::Listener(_));
        if listened || matches!(why, Why::Stopping | Why::Silence | Why::Kicked | Why::GaveWay) {
            info!("{ended}");
        } else if is_wrong(session, why) && !visit.request_line.is_empty() {
            self.complain(now, format_args!("{ended}"));
        } else {
            debug!("{ended}");
        }
        // Proxies look every other second whether we are well.
        if !visit.request_line.is_empty() || !self.proxies.trust(visit.peer.ip()) {
            (self.journal)(&ended);
        }
    }
}

/// Whether a session that was no listener's went otherwise than it should, and nobody was told yet. Of passwords, of who is
/// not admitted and of sources on the air the log has lines of their own.
fn is_wrong(session: &Session, why: Why) -> bool {
    match (session, why) {
        (_, Why::Answered | Why::WrongPassword | Why::NotAdmitted | Why::BrokenBody) => false,
        (Session::Source(source), _) => source.waiting.is_some(),
        (Session::Events(_), Why::PeerLeft) => false,
        _ => true,
    }
}
