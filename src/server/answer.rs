//! What a request gets: a place among the listeners, or a reply.

use super::studio::Holder;
use super::{OnAir, Server};
use crate::audio::Codec;
use crate::http::page;
use crate::http::players::answers_icy;
use crate::http::reply::{self, NoStream, Status, StreamHead};
use crate::http::request::{Method, Request};
use crate::http::route::{Route, route};

use crate::session::{Listener, Reply, Why};
use crate::settings::About;
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
                match self.refusal(at, now) {
                    Some(refusal) => return self.no_stream(refusal, at, request),
                    None if !head_only => return Answer::Listener(self.listener(at, request)),
                    None => self.stream_head(at, request),
                }
            }
            Route::Page(at) => {
                self.pay(at, now);
                let title = Some(self.stations[at].station.title());
                let page = page::render(self.about(at), &self.settings[at].mount, title);
                reply::reply(Status::Ok, page::CONTENT_TYPE, page.as_bytes(), &[], head_only)
            }
            Route::ServerOptions => reply::server_options(),
            Route::Preflight => reply::preflight(),
            Route::NotAllowed | Route::Source(_) => reply::not_allowed(),
            Route::AdminOptions => reply::admin_options(),
            Route::Admin | Route::NotFound => {
                return self.no_stream(NoStream::NotFound, 0, request);
            }
        };
        Answer::Reply(Reply::new(bytes, Why::Answered))
    }

    /// Why a newcomer to a station is not let in, if he is not.
    fn refusal(&self, at: usize, now: Time) -> Option<NoStream> {
        let listeners = |on_air: &OnAir| on_air.wheel.len();
        let most = self.settings[at].max_listeners.unwrap_or(usize::MAX);
        if self.is_over(at, now) {
            Some(NoStream::Silent)
        } else if listeners(&self.stations[at]) >= most {
            Some(NoStream::StationFull)
        } else if self.stations.iter().map(listeners).sum::<usize>() >= self.max_listeners {
            Some(NoStream::ServerFull)
        } else {
            None
        }
    }

    /// Whether a station has been silent for so long that it is not worth listening to.
    fn is_over(&self, at: usize, now: Time) -> bool {
        let allowed = self.settings[at].sources.silence;
        let since = self.stations[at].station.silent_since();
        !allowed.is_zero() && since.is_some_and(|since| now.since(since) >= allowed)
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

    /// What a station says of itself, and where it says nothing, whoever is live on it.
    fn about(&self, at: usize) -> About<'_> {
        let settings = &self.settings[at];
        let about = settings.about();
        let Some(Holder { info, .. }) = &self.stations[at].studio.holder else { return about };
        let name = info.name.as_deref().filter(|_| settings.is_name_default);
        About {
            name: name.unwrap_or(about.name),
            description: said(about.description, &info.description),
            genre: said(about.genre, &info.genre),
            url: said(about.url, &info.url),
            public: about.public,
        }
    }

    /// The type that the source on the air announced, where there are several for what it sends.
    fn announced(&self, at: usize) -> Option<&'static str> {
        let OnAir { station, studio, .. } = &self.stations[at];
        let holder = studio.holder.as_ref().filter(|_| station.is_on_air(studio.feed))?;
        (holder.info.content_type.as_deref() == Some(HE_AAC)).then_some(HE_AAC)
    }

    fn stream_head(&self, at: usize, request: &Request) -> Vec<u8> {
        let (settings, station) = (&self.settings[at], &self.stations[at].station);
        let codec = station.codec().unwrap_or(Codec::Mp3);
        // Before the first frame nothing is known of what is to come.
        let kbps = station.kbps();
        let format = kbps.map(|_| station.format().format());
        let mut head = Vec::new();
        StreamHead {
            station: self.about(at),
            kbps,
            rate: format.map(|format| format.rate),
            channels: format.map(|format| format.channels),
            content_type: self.announced(at).unwrap_or_else(|| codec.content_type()),
            metaint: self.metaint(at, request),
            icy: answers_icy(request, settings.icy),
        }
        .render(&mut head);
        head
    }
}

/// What SHOUTcast calls HE-AAC. It is framed as other AAC, but old players look at the name.
const HE_AAC: &str = "audio/aacp";

fn said<'a>(by_station: &'a str, by_source: &'a Option<String>) -> &'a str {
    let source = by_source.as_deref().unwrap_or_default();
    if by_station.is_empty() { source } else { by_station }
}
