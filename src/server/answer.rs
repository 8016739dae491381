//! What a request gets: a place among the listeners, or a reply.

use std::net::SocketAddr;

use log::debug;

use super::Server;
use crate::http::page;
use crate::http::players::answers_icy;
use crate::http::reply::{self, Status, StreamHead};
use crate::http::request::{Method, Request};
use crate::http::route::{Route, route};

use crate::session::{Card, Listener, Reply, Why};
use crate::time::Time;

/// Bytes of a player's name that are kept for the log.
const USER_AGENT_MAX: usize = 200;

/// What a request gets.
pub(super) enum Answer {
    Listener(Listener),
    Reply(Reply),
}

impl Server {
    /// Answers `request`, which came from `address`.
    pub(super) fn answer(&mut self, request: &Request, address: SocketAddr, now: Time) -> Answer {
        let head_only = request.method == Method::Head;
        let bytes = match route(request, &self.settings) {
            Route::Stream(at) => {
                // A newcomer's burst ends at the live edge of now, not of the last payment.
                self.pay(at, now);
                if !head_only {
                    return Answer::Listener(self.listener(at, request, address, now));
                }
                self.stream_head(at, request)
            }
            Route::Page(at) => {
                self.pay(at, now);
                let page = page::render(&self.settings[at], Some(self.stations[at].station.title()));
                reply::reply(Status::Ok, page::CONTENT_TYPE, page.as_bytes(), &[], head_only)
            }
            Route::ServerOptions => reply::server_options(),
            Route::Preflight(_) => reply::preflight(),
            Route::NotAllowed => reply::not_allowed(),
            Route::NotFound => {
                debug!("{address} asked for {:?}, which is not here", request.path);
                reply::not_found(head_only)
            }
        };
        Answer::Reply(Reply::new(address, bytes, Why::Answered))
    }

    fn listener(&self, at: usize, request: &Request, address: SocketAddr, now: Time) -> Listener {
        let user_agent = request.user_agent();
        let card = Card {
            peer: address,
            user_agent: user_agent[..user_agent.floor_char_boundary(USER_AGENT_MAX)].into(),
            since: now,
            mount: request.path[..request.path.floor_char_boundary(USER_AGENT_MAX)].into(),
        };
        debug!("{address} joins {} ({user_agent:?})", card.mount);
        let offset = self.stations[at].station.join_offset();
        let head = self.stream_head(at, request);
        Listener::new(at as u16, offset, self.metaint(at, request), head, Box::new(card))
    }

    fn metaint(&self, at: usize, request: &Request) -> Option<u32> {
        request.wants_metadata().then_some(self.settings[at].metaint)
    }

    fn stream_head(&self, at: usize, request: &Request) -> Vec<u8> {
        let (settings, station) = (&self.settings[at], &self.stations[at].station);
        // Before the first frame nothing is known of what is to come.
        let kbps = station.kbps();
        let format = kbps.map(|_| station.format().format());
        let mut head = Vec::new();
        StreamHead {
            station: settings,
            kbps,
            rate: format.map(|format| format.rate),
            channels: format.map(|format| format.channels),
            content_type: "audio/mpeg",
            metaint: self.metaint(at, request),
            icy: answers_icy(request, settings.icy),
        }
        .render(&mut head);
        head
    }
}
