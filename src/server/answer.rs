//! What a request gets: a place among the listeners, or a reply.

use super::{OnAir, Server};
use crate::http::page;
use crate::http::players::answers_icy;
use crate::http::reply::{self, NoStream, Status, StreamHead};
use crate::http::request::{Method, Request};
use crate::http::route::{Route, route};

use crate::session::{Listener, Reply, Why};
use crate::time::Time;

/// What a request gets.
pub(super) enum Answer {
    Listener(Listener),
    Reply(Reply),
}

impl Server {
    /// Answers `request`.
    pub(super) fn answer(&mut self, request: &Request, now: Time) -> Answer {
        let head_only = request.method == Method::Head;
        let bytes = match route(request, &self.settings) {
            Route::Stream(at) => {
                // A newcomer's burst ends at the live edge of now, not of the last payment.
                self.pay(at, now);
                match self.refusal(at) {
                    Some(refusal) => return self.no_stream(refusal, at, request),
                    None if !head_only => return Answer::Listener(self.listener(at, request)),
                    None => self.stream_head(at, request),
                }
            }
            Route::Page(at) => {
                self.pay(at, now);
                let page = page::render(&self.settings[at], Some(self.stations[at].station.title()));
                reply::reply(Status::Ok, page::CONTENT_TYPE, page.as_bytes(), &[], head_only)
            }
            Route::ServerOptions => reply::server_options(),
            Route::Preflight => reply::preflight(),
            Route::NotAllowed | Route::Source(_) => reply::not_allowed(),
            Route::Admin | Route::AdminOptions | Route::NotFound => {
                return self.no_stream(NoStream::NotFound, 0, request);
            }
        };
        Answer::Reply(Reply::new(bytes, Why::Answered))
    }

    /// Why a newcomer to a station is not let in, if he is not.
    fn refusal(&self, at: usize) -> Option<NoStream> {
        let listeners = |on_air: &OnAir| on_air.wheel.len();
        let most = self.settings[at].max_listeners.unwrap_or(usize::MAX);
        if listeners(&self.stations[at]) >= most {
            Some(NoStream::StationFull)
        } else if self.stations.iter().map(listeners).sum::<usize>() >= self.max_listeners {
            Some(NoStream::ServerFull)
        } else {
            None
        }
    }

    /// Refuses in the words that the player knows; `at` is the station whose setting says which those are.
    fn no_stream(&self, refusal: NoStream, at: usize, request: &Request) -> Answer {
        let icy = answers_icy(request, self.settings[at].icy);
        let bytes = refusal.reply(icy, request.method == Method::Head);
        let why = if refusal == NoStream::NotFound { Why::Answered } else { Why::Full };
        Answer::Reply(Reply::new(bytes, why))
    }

    fn listener(&self, at: usize, request: &Request) -> Listener {
        let offset = self.stations[at].station.join_offset();
        let head = self.stream_head(at, request);
        Listener::new(at as u16, offset, self.metaint(at, request), head)
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
