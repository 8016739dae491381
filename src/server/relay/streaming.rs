//! Handles the response and the stream of an upstream.

use std::time::Duration;

use crate::audio::{Codec, Header};
use crate::http::upstream::{self, UpstreamError, UpstreamResponse};
use crate::icy::Title;
use crate::log_limiter::{RECOVERY, excerpt, log_limited};
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::channel::{Channel, open_feed};
use crate::server::state::station::expected_codec::ExpectedCodec;
use crate::server::state::station::frame_producer::{FrameProducer, FrameSink};
use crate::server::state::station::upstream::{Upstream, UpstreamState};
use crate::session::{BodyProgress, CloseReason, Relay, Session};
use crate::station::{Feed, StationKey};
use crate::time::Time;

/// How much of an upstream's burst is kept in reserve when a station starts with it. Servers deliver once a
/// second. Without a reserve, the station would run out of audio before each delivery, and all of its
/// listeners would wait.
const RELAY_PREBUFFER: Duration = Duration::from_secs(2);

impl Server {
    /// Handles bytes received from an upstream.
    pub(in crate::server) fn feed_upstream(&mut self, peer: Peer, bytes: &[u8], now: Time) {
        let Some(SessionEntry { session: Session::Relay(relay), .. }) = self.sessions.get_mut(peer) else {
            return;
        };
        let key = relay.station;
        match relay.feed_head(bytes) {
            None => self.feed_relayed(peer, key, bytes, now),
            Some(UpstreamResponse::Incomplete) => {}
            Some(UpstreamResponse::Stream { upstream, consumed }) => {
                match self.admit_upstream(key, &upstream) {
                    Ok(()) => self.start_relaying(peer, key, &upstream, consumed, now),
                    Err(error) => self.upstream_refused(key, &error, now),
                }
            }
            Some(UpstreamResponse::Redirect(to)) => self.redirect(key, &to, now),
            Some(UpstreamResponse::Refused(error)) => self.upstream_refused(key, &error, now),
        }
    }

    fn admit_upstream(&self, key: StationKey, head: &upstream::UpstreamHead) -> Result<(), UpstreamError> {
        head.relay_path.check_loop(self.relays.id).map_err(UpstreamError::RelayLoop)?;
        match self.stations[key].accepts_upstream_codec(head.codec) {
            true => Ok(()),
            false => Err(self.codec_change(key, head.codec)),
        }
    }

    fn codec_change(&self, key: StationKey, sent: Codec) -> UpstreamError {
        let ExpectedCodec { codec, decided_by } = self.stations[key].expected_codec();
        let (sent, current) = (sent.name(), codec.name());
        UpstreamError::CodecChange { sent, current, because_of: decided_by.as_str() }
    }

    /// Closes the connection to an upstream whose audio may not go on air any more. It would be played as
    /// soon as the source of another codec stalls.
    pub(super) fn close_upstream_of_other_codec(&mut self, key: StationKey, now: Time) {
        let Channel { station, upstream: Some(upstream), .. } = &self.stations[key] else { return };
        let is_streaming = upstream.producer().is_some();
        let codec = station.feed(upstream.feed).next_header().map(Header::codec);
        let feed = upstream.feed;
        let Some(codec) = codec.filter(|_| is_streaming) else { return };
        if self.stations[key].overrules_upstream(codec) {
            self.upstream_refused(key, &self.codec_change(key, codec), now);
            self.stations[key].station.feed_mut(feed).discard();
        }
    }

    /// Closes the connection to an upstream whose codec the station would not accept now, after a change of
    /// its settings. What it has sent is not played.
    pub(in crate::server) fn close_refused_upstream(&mut self, key: StationKey, now: Time) {
        let Channel { station, upstream: Some(upstream), .. } = &self.stations[key] else { return };
        let is_streaming = upstream.producer().is_some();
        let feed = upstream.feed;
        let next = station.feed(feed).next_header().map(Header::codec);
        let Some(codec) = next.or(station.played_codec(feed)).filter(|_| is_streaming) else { return };
        if !self.stations[key].accepts_upstream_codec(codec) {
            self.upstream_refused(key, &self.codec_change(key, codec), now);
            self.stations[key].station.feed_mut(feed).discard();
        }
    }

    /// Handles a response that cannot be relayed.
    fn upstream_refused(&mut self, key: StationKey, error: &UpstreamError, now: Time) {
        if let Some(upstream) = self.stations[key].upstream.as_mut().filter(|_| error.is_relay_loop()) {
            upstream.note_relay_loop();
        }
        self.upstream_lost(key, &error.to_string(), now);
    }

    fn redirect(&mut self, key: StationKey, to: &str, now: Time) {
        let Some(Upstream { state: UpstreamState::Requesting { peer, redirects, .. }, .. }) =
            self.stations[key].upstream.as_deref()
        else {
            return;
        };
        let (peer, mut redirects) = (*peer, redirects.clone());
        let from = self.sessions.address(peer).map(|address| address.ip());
        match redirects.follow(to, from) {
            Ok(()) => {
                self.dial(key, redirects, now);
                self.close_session(peer, CloseReason::NotNeeded, now);
            }
            Err(error) => self.upstream_refused(key, &error, now),
        }
    }

    /// Handles a response that is a stream. Its head took `consumed` of the received bytes.
    fn start_relaying(
        &mut self,
        peer: Peer,
        key: StationKey,
        head: &upstream::UpstreamHead,
        consumed: usize,
        now: Time,
    ) {
        let charset = self.stations[key].charset();
        let Some(SessionEntry { session: Session::Relay(relay), .. }) = self.sessions.get_mut(peer) else {
            return;
        };
        let rest = relay.begin_body(consumed, head, charset);
        if self.open_upstream(peer, key, head, now) {
            self.stats.relay_streams += 1;
            for station in self.stations.with_renditions(key) {
                self.close_outdated_relays(station, now);
            }
            self.feed_relayed(peer, key, &rest, now);
        }
    }

    /// Connects the upstream's stream to the station's feed. Returns `false` if the station does not wait for
    /// a response of this upstream.
    fn open_upstream(
        &mut self,
        peer: Peer,
        key: StationKey,
        head: &upstream::UpstreamHead,
        now: Time,
    ) -> bool {
        let target = self.conversion_target(key);
        let channel = &mut self.stations[key];
        let mount = channel.settings().mount.clone();
        let Channel { station, upstream: Some(upstream), .. } = channel else { return false };
        let UpstreamState::Requesting { redirects, .. } = &upstream.state else { return false };
        let redirects = redirects.clone();
        let is_admitted = station.log.relay.admit(now);
        let url = redirects.url().to_string();
        let (url, stream) = (excerpt(&url), name_and_codec(head));
        match upstream.take_outage(now) {
            None => log_limited!(is_admitted, "{mount}: relaying {url}{stream}"),
            Some(outage) => log_limited!(
                target: RECOVERY,
                is_admitted,
                "{mount}: relaying {url}{stream}, after {:.1} s without it",
                outage.as_secs_f32()
            ),
        }
        let producer = FrameProducer::new(peer, now).with_retroactive_title();
        let title = upstream.start_streaming(producer, head.relay_path.clone(), redirects, now);
        upstream.info = Some(head.info.clone());
        if station.is_empty_since_restart() {
            station.reserve(RELAY_PREBUFFER);
        }
        if station.feed(upstream.feed).is_open() {
            // The buffered audio has lasted through the interruption. The new stream follows it.
            station.note_new_connection(upstream.feed, now);
            if title.is_none() {
                station.feed_mut(upstream.feed).set_title(Title::default());
            }
        } else {
            let mut feed = Feed::default();
            feed.open();
            feed.set_opening_title(title.clone());
            open_feed(station, upstream, feed, now);
        }
        station.feed_mut(upstream.feed).set_target(target);
        upstream.producer_mut().into_iter().for_each(|producer| producer.title.clone_from(&title));
        true
    }

    fn feed_relayed(&mut self, peer: Peer, key: StationKey, bytes: &[u8], now: Time) {
        match self.take_upstream_frames(peer, now, |relay, on_frame| relay.feed(bytes, on_frame)) {
            None | Some(Ok(BodyProgress::Incomplete)) => {}
            Some(Ok(BodyProgress::Complete)) => self.upstream_lost(key, "ended its stream", now),
            Some(Err(error)) => self.upstream_lost(key, &format!("sends no audio: {error}"), now),
        }
    }

    /// Takes frames from an upstream.
    pub(super) fn take_upstream_frames<R>(
        &mut self,
        peer: Peer,
        now: Time,
        take: impl FnOnce(&mut Relay, FrameSink<'_>) -> R,
    ) -> Option<R> {
        let SessionEntry { session: Session::Relay(relay), .. } = self.sessions.get_mut(peer)? else {
            return None;
        };
        let Channel { station, upstream, has_new_input, .. } = &mut self.stations[relay.station];
        let upstream = upstream.as_mut()?;
        let feed = station.feed_mut(upstream.feed);
        let producer = upstream.producer_mut().filter(|producer| producer.peer == peer)?;
        let own_hosts = &self.views.own_hosts;
        let (taken, has_frames) =
            producer.push_frames(feed, own_hosts, now, |on_frame| take(relay, on_frame));
        *has_new_input |= has_frames;
        Some(taken)
    }
}

/// Returns the name and codec of the stream, for the log.
fn name_and_codec(head: &upstream::UpstreamHead) -> String {
    let name = head.info.name.as_ref().map(|name| format!(" ({:?})", excerpt(name)));
    format!("{}: {}", name.unwrap_or_default(), head.codec.name())
}
