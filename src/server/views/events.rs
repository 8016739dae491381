//! Serves event readers, from the request to the end of the session.

use std::rc::Rc;
use std::time::Duration;

use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::http::response::extra_headers::add_headers;
use crate::http::response::reply::{self, Status};
use crate::pages::api::events::{HEARTBEAT, STREAM_PREAMBLE};
use crate::pages::{RenderedPage, api};
use crate::server::requests::outcome::RequestOutcome;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::session::{CloseReason, EventReader, QUEUED_BYTES_MAX, Reply, Session};
use crate::time::Time;

/// An event reader that has queued bytes and takes none for this long is disconnected.
pub const EVENTS_WRITE_TIMEOUT: Duration = Duration::from_secs(60);

impl Server {
    /// Returns the number of event readers.
    pub fn event_readers(&self) -> usize {
        self.views.events.readers()
    }

    /// Answers a request for events. `Last-Event-ID` is ignored: missed events are of no use to the reader,
    /// and it gets the current state at the beginning.
    pub(in crate::server) fn answer_events(&self, request: &Request) -> RequestOutcome {
        let head_only = request.method == Method::Head;
        let station_ref = FormData::from_request(request, &[]).station();
        let station = match station_ref {
            StationRef::Default => None,
            named => match self.stations.find_present(&named) {
                Some(key) => Some(self.stations[key].settings().id),
                None => {
                    let shown = api::error(Status::NotFound, "no such station");
                    return RequestOutcome::from_bytes(shown.to_reply(head_only));
                }
            },
        };
        if !self.views.events.has_room() {
            let shown = too_many_readers("too many event readers");
            return RequestOutcome::Reply(Reply::new(shown.to_reply(head_only), CloseReason::ListenerLimit));
        }
        if head_only {
            return RequestOutcome::from_bytes(reply::event_stream_head());
        }
        RequestOutcome::EventReader { station, base: self.base_url(request).into() }
    }

    pub(in crate::server) fn become_event_reader(
        &mut self,
        peer: Peer,
        station: Option<u32>,
        base: Rc<str>,
        now: Time,
    ) {
        let counted = self.sessions.get(peer).filter(|entry| entry.counts_for_address);
        let address = counted.map(|entry| entry.info.address.ip());
        if address.is_some_and(|address| self.views.events.has_its_share(address)) {
            let bytes = too_many_readers("too many event readers at your address").to_reply(false);
            return self.become_reply(peer, Reply::new(bytes, CloseReason::AddressLimit), now);
        }
        let Ok(charge) = self.charge(QUEUED_BYTES_MAX, now) else { return self.refuse_for_memory(peer, now) };
        let snapshot = self.snapshot(now);
        self.views.events.prepare_for_reader(snapshot, now);
        self.views.events.add_reader(peer, address, now);
        let mut head = reply::event_stream_head();
        add_headers(&mut head, &self.views.http_headers);
        head.extend_from_slice(STREAM_PREAMBLE);
        let reader =
            EventReader::new(station, base, head.into(), self.views.events.last_number(), now, charge);
        self.become_session(peer, Session::EventReader(Box::new(reader)));
    }

    /// Sends a reader the rest of its current event, then closes the connection.
    pub(in crate::server) fn finish_event_reader(&mut self, peer: Peer, reason: CloseReason, now: Time) {
        let Some(SessionEntry { session: Session::EventReader(reader), .. }) = self.sessions.get(peer) else {
            return;
        };
        let reply = Reply::remainder(200, reader.sent(), reader.rest_of_event(), reason);
        self.views.events.remove_reader(peer);
        self.become_reply(peer, reply, now);
    }

    /// Publishes changes, if a comparison is due, and schedules writes to the readers.
    pub(in crate::server) fn send_events(&mut self, now: Time) {
        if self.views.events.is_due(now) {
            let snapshot = self.snapshot(now);
            self.views.events.update(snapshot, now);
        }
        while let Some(peer) = self.views.events.pop_heartbeat(now) {
            self.send_heartbeat(peer, now);
        }
        for peer in self.views.events.take_next_readers(now) {
            self.sessions.schedule_write(peer);
        }
    }

    /// Sends a reader a comment, unless it still has unsent events. Closes a reader that has read nothing for
    /// too long.
    fn send_heartbeat(&mut self, peer: Peer, now: Time) {
        let is_enforced = self.enforces_deadlines(now);
        let Some(SessionEntry { session: Session::EventReader(reader), .. }) = self.sessions.get_mut(peer)
        else {
            return;
        };
        if reader.is_up_to_date() {
            reader.push(Rc::from(HEARTBEAT));
            self.sessions.schedule_write(peer);
        } else if now.since(reader.last_write()) >= EVENTS_WRITE_TIMEOUT && is_enforced {
            self.close_session(peer, CloseReason::WriteStalled, now);
        }
    }
}

fn too_many_readers(message: &str) -> RenderedPage {
    api::error(Status::ServiceUnavailable, message)
}
