//! Answers requests for streams: a listener joins, or is refused.

use std::rc::Rc;

use log::warn;

use crate::http::proxy::relay_path::{self, RelayLoop};
use crate::http::request::duplicate_connections::is_range_probe;
use crate::http::request::{Method, Request};
use crate::http::response::extra_headers::{add_headers, with_others};
use crate::http::response::players::answers_icy;
use crate::http::response::reply::{StreamHead, StreamRefusal};
use crate::log_limiter::warn_limited;
use crate::pages::stream_url;
use crate::server::requests::outcome::RequestOutcome;
use crate::server::state::options::StreamOptions;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::session::{CloseReason, FrameRemainder, Listener, Reply, Session};
use crate::settings::IcyStatusLine;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Answers a request for a station's stream.
    pub(in crate::server) fn answer_stream(
        &mut self,
        peer: Peer,
        key: StationKey,
        request: &Request,
        now: Time,
    ) -> RequestOutcome {
        if let Err(relay_loop) = self.check_relay_path(key, request) {
            return RequestOutcome::Reply(Reply::new(relay_loop.reply(), CloseReason::RelayLoop));
        }
        // This moves the live edge to the present, so that the burst of a new listener is complete.
        self.advance(self.stations.programme(key), now);
        let (asked, key) = (key, self.playing_station(key, now));
        if let Err(relay_loop) = self.check_relay_path(key, request) {
            return RequestOutcome::Reply(Reply::new(relay_loop.reply(), CloseReason::RelayLoop));
        }
        let is_head = request.method == Method::Head;
        let is_reserved = self.has_reserved_address(peer);
        if !is_head && !is_reserved {
            self.evict_for_stream(key, now);
        }
        // There is always room for a reserved address, so it gets the station that it asks for.
        let overflow = if is_reserved { None } else { self.overflow_for(key, request, now) };
        let (asked, key) = overflow.map_or((asked, key), |other| (other, other));
        let options = self.stream_options(key, request);
        let refusal = self.stream_refusal(key, now);
        match refusal.filter(|refusal| !(is_reserved && refusal.is_full())) {
            Some(refusal) => {
                if !is_head {
                    self.warn_if_full(key, refusal, now);
                }
                self.refuse_stream(refusal, Some(key), request)
            }
            None if is_head => {
                let reply = Reply::new(self.stream_head(key, options), CloseReason::Answered);
                RequestOutcome::Reply(reply.with_extra_headers())
            }
            None => {
                self.wake_fallback(self.stations.programme(key), now);
                self.wake_upstream(self.stations.programme(key), now);
                RequestOutcome::Listener { key, asked, options }
            }
        }
    }

    /// Checks the ids that a request contains. They decide about this request alone: a refused one changes
    /// nothing at the station, and no id is sent to the upstream or to another listener.
    ///
    /// # Errors
    /// This server requests the stream, or the stream comes from a server that requests it, or the header is
    /// invalid.
    pub(super) fn check_relay_path(&self, key: StationKey, request: &Request) -> Result<(), RelayLoop> {
        let requesters = request.relay_path()?;
        requesters.check_loop(self.relays.id)?;
        let upstream = self.stations[self.stations.programme(key)].upstream.as_ref();
        upstream.map_or(Ok(()), |upstream| upstream.stream_path().check_requester(&requesters))
    }

    /// Returns the reason for which the station refuses new listeners; `None` if it accepts them.
    pub(in crate::server) fn stream_refusal(&self, key: StationKey, now: Time) -> Option<StreamRefusal> {
        let channel = &self.stations[key];
        let programme = &self.stations[self.stations.programme(key)];
        let is_unsupported = programme.ladder.as_ref().is_some_and(|ladder| ladder.is_unsupported());
        // A rendition is also silent while its encoder has nothing.
        let is_gap = || !programme.is_on_demand() && channel.is_silent_too_long(now);
        let is_without_sound = channel.parent.is_some() && (is_unsupported || is_gap());
        let has_fallback = || self.has_fallback_on_demand(self.stations.programme(key), now);
        if programme.is_silent_too_long(now) && !has_fallback() || is_without_sound {
            Some(StreamRefusal::NothingOnAir)
        } else if channel.is_full() {
            Some(StreamRefusal::StationFull)
        } else if self.capacity.is_full() {
            Some(StreamRefusal::ServerFull)
        } else {
            None
        }
    }

    /// Refuses a stream with an error that the player understands, according to the settings of the station,
    /// if it exists.
    pub(in crate::server) fn refuse_stream(
        &self,
        refusal: StreamRefusal,
        key: Option<StationKey>,
        request: &Request,
    ) -> RequestOutcome {
        let setting =
            key.map_or(IcyStatusLine::default(), |key| self.stations[key].settings().icy_status_line);
        let bytes = refusal.reply(answers_icy(request, setting), request.method == Method::Head);
        let reason = match refusal {
            StreamRefusal::NotFound => CloseReason::Answered,
            StreamRefusal::Banned => CloseReason::Banned,
            _ => CloseReason::ListenerLimit,
        };
        RequestOutcome::Reply(Reply::new(bytes, reason))
    }

    fn stream_options(&self, key: StationKey, request: &Request) -> StreamOptions {
        let settings = self.stations[key].settings();
        StreamOptions {
            metaint: request.wants_metadata().then_some(settings.metaint),
            icy: answers_icy(request, settings.icy_status_line),
            is_relay: request.header(relay_path::HEADER).is_some(),
            is_range_probe: is_range_probe(request),
        }
    }

    fn stream_head(&self, key: StationKey, options: StreamOptions) -> Vec<u8> {
        let channel = &self.stations[key];
        let (station, settings) = (&channel.station, channel.settings());
        // Before the first frame the format is not known, unless it is fixed.
        let format = station.stream_format().map(|(_, format)| format);
        let relay_path = options.is_relay.then(|| self.stream_relay_path(key));
        let main_url = self.views.public_url.as_deref().map(|base| stream_url(base, &settings.mount));
        let mut head = Vec::new();
        StreamHead {
            station: self.stations.about(key, &self.views.own_hosts),
            meta: &settings.meta,
            main_url: main_url.as_deref(),
            kbps: channel.announced_kbps(),
            rate: format.map(|format| format.rate),
            channels: format.map(|format| format.channels),
            content_type: channel.content_type(),
            metaint: options.metaint,
            relay_path: relay_path.as_ref(),
            icy: options.icy,
        }
        .render(&mut head);
        add_headers(&mut head, &with_others(&settings.http_headers, &self.views.http_headers));
        head
    }

    pub(in crate::server) fn become_listener(
        &mut self,
        peer: Peer,
        key: StationKey,
        options: StreamOptions,
        now: Time,
    ) {
        match options {
            // The listeners of another coldwave are counted there.
            StreamOptions { is_relay: true, .. } => {}
            StreamOptions { is_range_probe: true, .. } => self.timers.probes.add(peer, now),
            StreamOptions { .. } => self.timers.uncounted.add(peer, now),
        }
        self.warn_untrusted_proxy(peer);
        let channel = &mut self.stations[key];
        let mut listener = Listener::new(key, channel.station.join_offset(), options.metaint);
        listener.slot = channel.wheel.add(peer);
        self.capacity.listeners += 1;
        if channel.station.is_empty_since_restart() {
            channel.pending_joins.push((peer, options));
        }
        let defers_head = channel.defers_heads();
        self.become_session(peer, Session::Listener(listener));
        if !defers_head {
            self.start_stream(peer, key, options, now);
        }
    }

    /// Sets the head of a listener's response, unless it is already set, and schedules a write in this turn.
    fn start_stream(&mut self, peer: Peer, key: StationKey, options: StreamOptions, now: Time) {
        let is_new = matches!(
            self.sessions.get(peer).map(|entry| &entry.session),
            Some(Session::Listener(listener)) if !listener.has_head()
        );
        if is_new {
            let (head, relay_path) = (self.stream_head(key, options), self.stream_relay_path(key));
            let intro = self.intro_of(key, options, now);
            let channel = &self.stations[key];
            if let Some(SessionEntry { session: Session::Listener(listener), .. }) =
                self.sessions.get_mut(peer)
            {
                listener.set_head(head, channel.announced_codec(), &channel.station, intro);
            }
            if options.is_relay {
                self.stations[key].downstream.insert(peer, relay_path);
            }
        }
        self.sessions.schedule_write(peer);
    }

    /// Returns what a new listener hears before the stream. Relays get only the stream.
    fn intro_of(&mut self, key: StationKey, options: StreamOptions, now: Time) -> Option<Rc<FrameRemainder>> {
        if options.is_relay || options.is_range_probe {
            return None;
        }
        let channel = &mut self.stations[key];
        let format = channel.station.stream_format().map(|(_, format)| format);
        let (codec, mount) = (channel.announced_codec(), channel.settings().mount.clone());
        let limit = &mut channel.station.log.sources;
        channel.intro.matching(codec, format, |reason| {
            warn_limited!(limit.admit(now), "{mount}: {reason}");
        })
    }

    /// Once the first audio was played, schedules a write to the listeners that joined before.
    pub(in crate::server) fn start_pending_joins(&mut self, key: StationKey, now: Time) {
        let channel = &self.stations[key];
        if channel.pending_joins.is_empty() || channel.station.is_empty_since_restart() {
            return;
        }
        for (peer, options) in std::mem::take(&mut self.stations[key].pending_joins) {
            self.start_stream(peer, key, options, now);
        }
    }

    /// Warns once about a proxy that is missing in the configuration.
    fn warn_untrusted_proxy(&mut self, peer: Peer) {
        let Some(SessionEntry { info, .. }) = self.sessions.get(peer) else { return };
        let address = info.address.ip();
        let is_trusted = info.proxy().is_some() || self.access.proxies.contains(address);
        if is_trusted || info.forwarded_for().is_empty() {
            return;
        }
        if self.access.claims.note(address, info.forwarded_for()) {
            warn!(
                "{address} requests streams for several other addresses: if it is your proxy, add it to \
                 trusted_proxies, or all of its listeners count as one"
            );
        }
    }
}
