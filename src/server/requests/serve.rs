//! Routes a complete request to the module that answers it.

use log::debug;

use super::aliases;
use super::outcome::RequestOutcome;
use crate::http::proxy::base_url::base_url;
use crate::http::request::duplicate_connections::may_open_parallel;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request, RequestRefusal};
use crate::http::response::reply::{self, StreamRefusal};
use crate::http::source::reply::POKE_REPLY;
use crate::log_limiter::log_limited;
use crate::pages::Page;
use crate::pages::{ClientKind, web};
use crate::router::{Route, RouterContext};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::stats::RequestKind;
use crate::server::state::views::page_queue::{PageKind, PageRequest};
use crate::server::state::views::stored_page::{ETAGS_MAX, PageReplyOptions};
use crate::session::{CloseReason, HandshakeEvent, LoginMessage, Reply};
use crate::time::Time;

impl Server {
    /// Handles the result of feeding bytes to a handshake.
    pub(in crate::server) fn on_handshake_event(&mut self, peer: Peer, event: HandshakeEvent, now: Time) {
        match event {
            HandshakeEvent::Incomplete => self.charge_request(peer, now),
            HandshakeEvent::Request(mut request, rest) => {
                if self.apply_forwarded_headers(peer, &mut request, now)
                    && let Some(request) = self.change_to_tls(peer, request, &rest, now)
                {
                    self.serve_request(peer, &request, &rest, now);
                }
            }
            HandshakeEvent::ProxyHeader(client, rest) => self.handle_proxy_header(peer, client, &rest, now),
            HandshakeEvent::ClientHello(bytes) => self.begin_tls(peer, bytes, now),
            _ if self.lacks_tls(peer) => self.refuse_request(peer, RequestRefusal::TlsRequired, now),
            HandshakeEvent::Password(..) | HandshakeEvent::Audiocast(..) | HandshakeEvent::Poke
                if !self.accepts_sources() =>
            {
                self.refuse_request(peer, RequestRefusal::NotHttp, now);
            }
            HandshakeEvent::Password(line, rest) => {
                self.note_login_line(peer, "SHOUTcast v1 source");
                let line = self.with_mount_of_port(peer, line);
                self.log_in_icy(peer, &line, &rest, now);
            }
            HandshakeEvent::Audiocast(login, rest) => {
                self.note_login_line(peer, "xaudiocast source");
                self.log_in_audiocast(peer, *login, &rest, now);
            }
            HandshakeEvent::Poke => {
                self.become_reply(peer, Reply::new(POKE_REPLY.to_vec(), CloseReason::Answered), now)
            }
            HandshakeEvent::Invalid(refusal) => self.refuse_request(peer, refusal, now),
        }
    }

    /// Passes a request to the module of its route. `rest` is the bytes after its head.
    pub(in crate::server) fn serve_request(&mut self, peer: Peer, request: &Request, rest: &[u8], now: Time) {
        self.note_request(peer, request);
        let meant = aliases::resolve(&self.views.aliases, request);
        let request = meant.as_ref().unwrap_or(request);
        let route = self.route(request);
        self.set_kind(peer, RequestKind::from(&route));
        self.stats.client_requests += u64::from(!matches!(route, Route::Source));
        if let Some(redirect) = self.redirect_to_https(&route, request, now) {
            return self.become_reply(peer, Reply::new(redirect, CloseReason::Answered), now);
        }
        self.dispatch_to(route, peer, request, rest, now);
    }

    /// Passes a request whose login has waited for its turn to the module of its route.
    pub(in crate::server) fn dispatch(&mut self, peer: Peer, request: &Request, rest: &[u8], now: Time) {
        self.dispatch_to(self.route(request), peer, request, rest, now);
    }

    fn dispatch_to(&mut self, route: Route, peer: Peer, request: &Request, rest: &[u8], now: Time) {
        let outcome = match route {
            Route::Source => return self.log_in(peer, request, rest, now),
            Route::Admin => return self.serve_admin(peer, request, rest, now),
            Route::Metrics => return self.serve_metrics(peer, request, now),
            Route::Health => RequestOutcome::from_bytes(reply::healthy(request.method == Method::Head)),
            Route::Challenge(token) => return self.serve_challenge(peer, token, request, now),
            route => match self.refuse_banned(peer, &route, request, now) {
                Some(refusal) => {
                    self.set_kind(peer, RequestKind::Stream);
                    refusal
                }
                None if matches!(route, Route::NotFound) && self.serve_file(peer, request, now) => return,
                None => self.answer(peer, route, request, now),
            },
        };
        self.apply_outcome(peer, outcome, request, now);
    }

    fn page_request(&self, mut page: Page, request: &Request) -> PageRequest {
        let callback = page.take_callback();
        let head_only = request.method == Method::Head;
        let is_browser = ClientKind::from_request(request) == ClientKind::Browser;
        let tags = request.header("if-none-match").filter(|tags| tags.len() <= ETAGS_MAX);
        let if_none_match = tags.map(str::to_owned);
        let options = PageReplyOptions { head_only, is_private: false, callback, is_browser, if_none_match };
        PageRequest { kind: PageKind::Public(page), base: self.base_url(request).into(), options }
    }

    pub(in crate::server) fn route(&self, request: &Request) -> Route {
        let context = RouterContext {
            find_station: &|which: &StationRef| self.stations.find_present(which),
            accepts_sources: self.accepts_sources(),
            serves_metrics: self.views.metrics.is_on(),
        };
        Route::resolve(request, &context)
    }

    /// Answers a request that needs no password.
    fn answer(&mut self, peer: Peer, route: Route, request: &Request, now: Time) -> RequestOutcome {
        let is_options = request.method == Method::Options;
        match route {
            Route::Stream(key) => self.answer_stream(peer, key, request, now),
            Route::Page(_) | Route::Events | Route::Artwork(_) if is_options => {
                RequestOutcome::from_bytes(reply::preflight())
            }
            Route::Page(page) => {
                self.stats.page_requests += 1;
                RequestOutcome::Page(self.page_request(page, request))
            }
            Route::Events => {
                self.stats.page_requests += 1;
                self.answer_events(request)
            }
            Route::Artwork(artwork_request) => self.answer_artwork(artwork_request, now),
            Route::ServerOptions => RequestOutcome::from_bytes(reply::server_options()),
            Route::Preflight => RequestOutcome::from_bytes(reply::preflight()),
            Route::AdminOptions => RequestOutcome::from_bytes(reply::admin_options()),
            Route::NotAllowed | Route::SourcesOff => RequestOutcome::from_bytes(reply::not_allowed()),
            Route::NotFound
            | Route::Source
            | Route::Admin
            | Route::Metrics
            | Route::Health
            | Route::Challenge(_) => self.answer_not_found(request),
        }
    }

    /// Answers a browser with a page, and any other client with an error that players understand.
    pub(in crate::server) fn answer_not_found(&self, request: &Request) -> RequestOutcome {
        if ClientKind::from_request(request) == ClientKind::Browser {
            let page = web::not_found().to_reply(request.method == Method::Head);
            return RequestOutcome::from_bytes(page);
        }
        let first = self.stations.find(&StationRef::Default);
        self.refuse_stream(StreamRefusal::NotFound, first, request)
    }

    fn apply_outcome(&mut self, peer: Peer, outcome: RequestOutcome, request: &Request, now: Time) {
        match outcome {
            RequestOutcome::Page(page_request) => self.answer_page(peer, page_request, now),
            RequestOutcome::Reply(reply) => self.become_reply(peer, reply, now),
            RequestOutcome::MustWait => {
                self.wait_for_turn(peer, LoginMessage::Request(request.clone().into()), &[], now);
            }
            RequestOutcome::Artwork { track, options } => self.wait_for_artwork(peer, &track, options, now),
            RequestOutcome::Listener { key, asked, options } => {
                self.become_listener(peer, key, options, now);
                self.note_redirected(peer, asked);
            }
            RequestOutcome::EventReader { station, base } => {
                self.become_event_reader(peer, station, base, now)
            }
        }
    }

    /// Refuses an invalid request with a response in the client's protocol, if there is one.
    pub(in crate::server) fn refuse_request(&mut self, peer: Peer, refusal: RequestRefusal, now: Time) {
        if let Some(address) = self.sessions.address(peer) {
            let is_admitted = self.log.peers.admit(address.ip(), now);
            log_limited!(is_admitted, "{address} {}: {refusal}", CloseReason::BadRequest);
        }
        match refusal.reply() {
            empty if empty.is_empty() => self.close_session(peer, CloseReason::BadRequest, now),
            bytes => self.become_reply(peer, Reply::new(bytes, CloseReason::BadRequest), now),
        }
    }

    /// Returns the base URL with which a client reached the server, for the links in the response.
    pub(in crate::server) fn base_url(&self, request: &Request) -> String {
        base_url(request, &self.views.ports)
    }

    fn note_request(&mut self, peer: Peer, request: &Request) {
        let Some(entry) = self.sessions.get_mut(peer) else { return };
        entry.info.note_request(request);
        entry.may_open_parallel = may_open_parallel(request.user_agent());
        debug!("{} requests {:?} ({:?})", entry.info.address, entry.info.request_line, entry.info.user_agent);
    }

    fn note_login_line(&mut self, peer: Peer, protocol: &str) {
        if let Some(entry) = self.sessions.get_mut(peer) {
            entry.info.note_login(protocol);
            entry.kind = RequestKind::Source;
        }
    }

    fn set_kind(&mut self, peer: Peer, kind: RequestKind) {
        self.sessions.get_mut(peer).into_iter().for_each(|entry| entry.kind = kind);
    }
}
