//! Those who are told what changes: how they come, are told, and go.

use std::io::IoSlice;
use std::rc::Rc;
use std::time::Duration;

use super::answer::Answer;
use super::bulletin::Bulletin;
use super::delivery::Step;
use super::{Peer, Server, Wire};
use crate::http::request::form::Form;
use crate::http::request::which::Which;
use crate::http::request::{Method, Request};
use crate::http::response::reply::{self, Status};
use crate::pages::api;
use crate::pages::api::events::{BEAT, BEGINNING};
use crate::session::{EVENTS_AT_ONCE, Events, Reply, Session, Why};
use crate::time::Time;

/// Who takes nothing of what is ready for him for so long is not there any more.
pub const EVENTS_PATIENCE: Duration = Duration::from_secs(60);

impl Server {
    /// Lets at most so many be told what changes. Before the first connection.
    pub fn limit_events(&mut self, max: usize) {
        self.bulletin.limit(max);
    }

    /// How many are told what changes.
    pub fn event_readers(&self) -> usize {
        self.bulletin.readers()
    }

    /// Answers whoever wants to be told what changes. `Last-Event-ID` does not matter: what he missed is of no use to
    /// anybody, and how things are he is told at the beginning.
    pub(super) fn answer_events(&self, request: &Request, base: &str) -> Answer {
        let head_only = request.method == Method::Head;
        let which = Form::of(request, &[]).station();
        let only = (which != Which::Lowest).then(|| which.find(&self.settings));
        let answered = |bytes, why| Answer::Reply(Reply::new(bytes, why));
        if only == Some(None) {
            let shown = api::error(Status::NotFound, "there is no such station");
            return answered(shown.reply(head_only), Why::Answered);
        }
        if !self.bulletin.has_room() {
            let shown = api::error(Status::ServiceUnavailable, "too many are told of events already");
            return answered(shown.reply(head_only), Why::Full);
        }
        if head_only {
            return answered(reply::event_stream_head(), Why::Answered);
        }
        Answer::Events { only: only.flatten(), base: base.into() }
    }

    pub(super) fn become_events(&mut self, peer: Peer, only: Option<usize>, base: Rc<str>, now: Time) {
        let snapshot = self.snapshot(now);
        self.bulletin.post(snapshot, now);
        self.bulletin.welcome(peer, now);
        let head = [&reply::event_stream_head(), BEGINNING].concat();
        let events = Events::new(only, base, head.into(), self.bulletin.last(), now);
        self.become_session(peer, Session::Events(Box::new(events)));
    }

    /// Looks what has changed, if it is time to, and has those told who want to know.
    pub(super) fn tell_events(&mut self, now: Time, wire: &mut impl Wire) {
        if self.bulletin.is_due(now) {
            let snapshot = self.snapshot(now);
            self.bulletin.post(snapshot, now);
        }
        while let Some(peer) = self.bulletin.pop_beat(now) {
            self.beat(peer, now);
        }
        for peer in self.bulletin.take_some(now) {
            self.write(peer, now, wire);
        }
    }

    /// Tells a reader that somebody is here, unless there is more for him than he takes.
    fn beat(&mut self, peer: Peer, now: Time) {
        let Some(Session::Events(events)) = self.sessions.get_mut(peer).map(|entry| &mut entry.session)
        else {
            return;
        };
        if events.is_up_to_date() {
            events.push(Rc::from(BEAT));
            self.sessions.write_soon(peer);
        } else if now.since(events.took()) >= EVENTS_PATIENCE {
            self.bury(peer, Why::TakesNothing, now);
        }
    }
}

/// Writes to a reader what he has not been told yet.
pub(super) fn write_events(
    reader: &mut Events,
    bulletin: &mut Bulletin,
    (peer, now): (Peer, Time),
    wire: &mut impl Wire,
    blocked: &mut bool,
) -> Step {
    loop {
        bulletin.fill(reader);
        let mut pieces = [IoSlice::new(&[]); EVENTS_AT_ONCE];
        let count = reader.gather(&mut pieces);
        if count == 0 {
            return Step::Stay;
        }
        let offered: usize = pieces[..count].iter().map(|piece| piece.len()).sum();
        let Ok(taken) = wire.write(peer, &pieces[..count]) else { return Step::Close(Why::PeerLeft) };
        reader.advance(taken, now);
        *blocked = taken < offered;
        if *blocked {
            return Step::Stay;
        }
    }
}
