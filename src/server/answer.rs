//! What a request gets: a place among the listeners, or a reply.

use std::rc::Rc;
use std::sync::Arc;

use super::{Kind, OnAir, Server};
use crate::http::proxy::base::base;
use crate::http::proxy::hops::{self, Circle, Hops};
use crate::http::request::doubles::only_looks;
use crate::http::request::route::{Route, route};
use crate::http::request::{Method, Request};
use crate::http::response::players::answers_icy;
use crate::http::response::reply::{self, NoStream, StreamHead};
use crate::http::source::head::SourceInfo;
use crate::pages::art::{self, ArtRequest};
use crate::pages::{Page, api, stream_url};
use crate::session::{Reply, Why};
use crate::settings::About;
use crate::station::TrackInfo;
use crate::time::Time;

/// What a request gets.
pub(super) enum Answer {
    /// A place among the listeners of the station at this place.
    Listener {
        at: usize,
        manner: Manner,
    },
    /// News of the station at this place, or of all, for somebody who reached us at `base`.
    Events {
        only: Option<usize>,
        base: Rc<str>,
    },
    /// A picture that is being read.
    Picture {
        track: Arc<TrackInfo>,
        manner: art::Manner,
    },
    Reply(Reply),
}

/// How someone is to be told of a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Bytes of audio between two titles, if he wants titles.
    pub metaint: Option<u32>,
    /// Whether the status line is ICY's.
    icy: bool,
    /// Whether he relays it, and is told through which servers it came.
    pub is_relay: bool,
    /// Whether he asks for the first bytes only.
    pub only_looks: bool,
}

impl Server {
    /// Answers `request`.
    pub(super) fn answer(&mut self, request: &Request, now: Time) -> (Kind, Answer) {
        let route = route(request, &self.settings);
        let may_be = matches!(route, Route::Page(_) | Route::NotFound);
        let page = may_be.then(|| Page::of(request)).flatten();
        let is_page = page.is_some() || may_be && ArtRequest::of(request).is_some();
        let kind = if is_page { Kind::Page } else { Kind::of(&route) };
        (kind, self.answer_on(route, page, request, now))
    }

    fn answer_on(&mut self, route: Route, page: Option<Page>, request: &Request, now: Time) -> Answer {
        let head_only = request.method == Method::Head;
        let bytes = match route {
            Route::Stream(at) => {
                let way = match self.way_of(request) {
                    Ok(way) => way,
                    Err(circle) => return Answer::Reply(Reply::new(circle.reply(), Why::NotAdmitted)),
                };
                // A newcomer's burst ends at the live edge of now, not of the last payment.
                self.pay(at, now);
                if !head_only {
                    self.make_seat(at, now);
                }
                match self.refusal(at, now) {
                    Some(refusal) => return self.no_stream(refusal, at, request),
                    None if !head_only => {
                        self.wake_master(at, &way, now);
                        return Answer::Listener { at, manner: self.manner(at, request) };
                    }
                    None => self.stream_head(at, self.manner(at, request)),
                }
            }
            Route::ServerOptions => reply::server_options(),
            Route::Preflight => reply::preflight(),
            Route::NotAllowed | Route::Source(_) => reply::not_allowed(),
            Route::AdminOptions => reply::admin_options(),
            Route::Admin => return self.no_stream(NoStream::NotFound, 0, request),
            Route::Page(_) | Route::NotFound => match page {
                Some(_) if request.method == Method::Options => reply::preflight(),
                Some(page) => {
                    self.counters.pages += 1;
                    let base = base(request, &self.ports);
                    if request.path == api::events::PATH {
                        return self.answer_events(request, &base);
                    }
                    self.show(&page, &base, now).reply(head_only)
                }
                None => match ArtRequest::of(request) {
                    Some(_) if request.method == Method::Options => reply::preflight(),
                    Some(asked) => return self.show_picture(asked, now),
                    None => return self.no_stream(NoStream::NotFound, 0, request),
                },
            },
        };
        Answer::Reply(Reply::new(bytes, Why::Answered))
    }

    /// The servers that a stream is asked for.
    fn way_of(&self, request: &Request) -> Result<Hops, Circle> {
        let way = request.hops()?;
        way.admit(self.id).map(|()| way)
    }

    /// Where every seat is taken, frees that of a listener who most likely has left. If there are more than there are
    /// seats, as others were moved here, one more or less would not help.
    fn make_seat(&mut self, at: usize, now: Time) {
        let is_just_full =
            self.settings[at].max_listeners.is_none_or(|most| self.stations[at].wheel.len() <= most);
        let leaver = match self.refusal(at, now) {
            Some(NoStream::StationFull) if is_just_full => {
                self.leavers.latest(now, |leaver| usize::from(leaver.station) == at)
            }
            Some(NoStream::ServerFull) => self.leavers.latest(now, |_| true),
            _ => None,
        };
        leaver.into_iter().for_each(|leaver| self.say_goodbye(leaver, Why::GaveWay, now));
    }

    /// Why a newcomer to a station is not let in, if he is not.
    fn refusal(&self, at: usize, now: Time) -> Option<NoStream> {
        let is_full = |most| self.stations[at].wheel.len() >= most;
        if self.is_over(at, now) {
            Some(NoStream::Silent)
        } else if self.settings[at].max_listeners.is_some_and(is_full) {
            Some(NoStream::StationFull)
        } else if self.listening >= self.max_listeners {
            Some(NoStream::ServerFull)
        } else {
            None
        }
    }

    /// Whether a station has been silent for so long that it is not worth listening to.
    fn is_over(&self, at: usize, now: Time) -> bool {
        let allowed = self.settings[at].sources.silence;
        let since = self.stations[at].station.silent_since();
        // There is nothing to hear because nobody listens, and not the other way round.
        let on_demand = self.stations[at].master.as_ref().is_some_and(|master| master.is_on_demand());
        !on_demand && !allowed.is_zero() && since.is_some_and(|since| now.since(since) >= allowed)
    }

    /// Refuses in the words that the player knows; `at` is the station whose setting says which those are.
    pub(super) fn no_stream(&self, refusal: NoStream, at: usize, request: &Request) -> Answer {
        let icy = answers_icy(request, self.settings[at].icy);
        let bytes = refusal.reply(icy, request.method == Method::Head);
        let why = match refusal {
            NoStream::NotFound => Why::Answered,
            NoStream::Banned => Why::Banned,
            _ => Why::Full,
        };
        Answer::Reply(Reply::new(bytes, why))
    }

    fn manner(&self, at: usize, request: &Request) -> Manner {
        Manner {
            metaint: request.wants_metadata().then_some(self.settings[at].metaint),
            icy: answers_icy(request, self.settings[at].icy),
            is_relay: request.header(hops::HEADER).is_some(),
            only_looks: only_looks(request),
        }
    }

    /// What a station says of itself; where it says nothing, whoever is live on it; where he says nothing, its master.
    pub(super) fn about(&self, at: usize) -> About<'_> {
        let settings = &self.settings[at];
        let about = settings.about();
        let OnAir { studio, master, .. } = &self.stations[at];
        let live = studio.holder.as_ref().map(|holder| &holder.info);
        let infos = [live, master.as_ref().and_then(|master| master.info.as_ref())];
        let said = |of: fn(&SourceInfo) -> Option<&String>| infos.into_iter().flatten().find_map(of);
        let name = said(|info| info.name.as_ref()).filter(|_| settings.is_name_default);
        About {
            name: name.map_or(about.name, String::as_str),
            description: unless_empty(about.description, said(|info| info.description.as_ref())),
            genre: unless_empty(about.genre, said(|info| info.genre.as_ref())),
            url: unless_empty(about.url, said(|info| info.url.as_ref())),
            public: about.public,
        }
    }

    /// The type that whoever is on the air announced, where there are several for what is sent.
    pub(super) fn announced(&self, at: usize) -> Option<&'static str> {
        let OnAir { station, studio, master, .. } = &self.stations[at];
        let live = studio.holder.as_ref().map(|holder| (studio.feed, &holder.info));
        let master = master.as_ref().and_then(|master| Some((master.feed, master.info.as_ref()?)));
        let (_, info) = [live, master].into_iter().flatten().find(|(feed, _)| station.is_on_air(*feed))?;
        (info.content_type.as_deref() == Some(HE_AAC)).then_some(HE_AAC)
    }

    pub(super) fn stream_head(&self, at: usize, manner: Manner) -> Vec<u8> {
        let station = &self.stations[at].station;
        // Before the first frame nothing is known of what is to come.
        let kbps = station.kbps();
        let format = kbps.map(|_| station.format().format());
        let way = manner.is_relay.then(|| self.hops_of(at));
        let main_url = self.public_url.as_deref().map(|base| stream_url(base, &self.settings[at].mount));
        let mut head = Vec::new();
        StreamHead {
            station: self.about(at),
            meta: &self.settings[at].meta,
            main_url: main_url.as_deref(),
            kbps,
            rate: format.map(|format| format.rate),
            channels: format.map(|format| format.channels),
            content_type: self.content_type(at),
            metaint: manner.metaint,
            way: way.as_ref(),
            icy: manner.icy,
        }
        .render(&mut head);
        head
    }
}

/// What SHOUTcast calls HE-AAC. It is framed as other AAC, but old players look at the name.
const HE_AAC: &str = "audio/aacp";

fn unless_empty<'a>(by_station: &'a str, by_others: Option<&'a String>) -> &'a str {
    if by_station.is_empty() { by_others.map_or("", String::as_str) } else { by_station }
}
