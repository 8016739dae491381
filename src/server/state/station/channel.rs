//! A station with everything the server keeps for it: settings, listeners, live source, upstream.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::audience::Audience;
use super::live_slot::LiveSlot;
use super::upstream::Upstream;
use super::wheel::{self, Wheel};
use crate::audio::Codec;
use crate::http::proxy::relay_path::RelayPath;
use crate::http::source::head::SourceInfo;
use crate::server::state::options::StreamOptions;
use crate::server::state::peer::Peer;
use crate::settings::{RelaySettings, StationInfo, StationSettings};
use crate::station::{Feed, FeedId, INPUT_TIMEOUT, Input, Station};
use crate::time::Time;

/// What SHOUTcast calls HE-AAC. It is framed as other AAC, but old players look at the name.
const HE_AAC: &str = "audio/aacp";

/// One station of the server.
pub struct Channel {
    settings: StationSettings,
    /// Its place in the table: every station begins to fill another slot of its wheel.
    place: usize,
    upstream_feed: FeedId,
    pub station: Station,
    pub wheel: Wheel,
    pub audience: Audience,
    /// How many listeners were disconnected since they did not keep up.
    pub too_slow: u64,
    /// Bytes sent to listeners while they listened.
    pub bytes_sent: u64,
    pub live: LiveSlot,
    pub upstream: Option<Box<Upstream>>,
    /// When it is advanced at the latest, also without listeners.
    pub next_advance: Time,
    /// The live source or the upstream sent something since it was last advanced.
    pub has_new_input: bool,
    /// Listeners that came before there was anything to hear: they do not wait for their slot when there is.
    pub pending_joins: Vec<(Peer, StreamOptions)>,
    /// Listeners that are relays, each with the servers that it was told the stream comes through.
    pub downstream: BTreeMap<Peer, RelayPath>,
}

/// What a change of settings asks of the server.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Listeners that have another slot on the wheel than before.
    pub slots: Vec<(Peer, u16)>,
    /// The connection to an upstream that is not relayed any more.
    pub closed: Option<Peer>,
}

impl Channel {
    /// A station with these inputs, the most important first, that starts now.
    pub fn new(place: usize, settings: StationSettings, inputs: Vec<Box<dyn Input>>, now: Time) -> Self {
        let mut station = Station::new(&settings, now);
        let live = LiveSlot::new(station.add_feed());
        let upstream_feed = station.add_feed();
        inputs.into_iter().for_each(|input| station.add_input(input));
        let mut channel = Self {
            settings: StationSettings::default(),
            place,
            upstream_feed,
            station,
            wheel: Wheel::new(place, settings.delivery_interval, now),
            audience: Audience::default(),
            too_slow: 0,
            bytes_sent: 0,
            live,
            upstream: None,
            next_advance: now,
            has_new_input: false,
            pending_joins: Vec::new(),
            downstream: BTreeMap::new(),
        };
        channel.apply(settings, now);
        channel
    }

    /// The settings in force.
    pub fn settings(&self) -> &StationSettings {
        &self.settings
    }

    /// Puts settings in force, at the start or while listeners play. No listener loses a byte: what has been announced to a
    /// listener (its metaint, its name) stays as it is for that one; a smaller buffer makes those skip forward that are too
    /// far behind for it.
    pub fn apply(&mut self, mut settings: StationSettings, now: Time) -> Applied {
        settings.delivery_interval =
            settings.delivery_interval.clamp(wheel::SLOT, settings.max_delivery_interval());
        self.station.apply_settings(&settings);
        let slots = self.wheel.set_interval(self.place, settings.delivery_interval, now);
        let closed = self.apply_relay(settings.relay.as_ref(), now);
        self.settings = settings;
        // Anything may be due earlier than it was.
        self.next_advance = now;
        Applied { slots, closed }
    }

    /// Begins, ends or changes what is relayed; returns the connection that is not needed any more.
    fn apply_relay(&mut self, relay: Option<&RelaySettings>, now: Time) -> Option<Peer> {
        let known = self.upstream.as_deref_mut().zip(relay);
        if let Some((upstream, relay)) =
            known.filter(|(upstream, relay)| upstream.settings().url == relay.url)
        {
            if upstream.set_on_demand(relay.on_demand, now) {
                open_feed(&mut self.station, upstream, Feed::default());
            }
            return None;
        }
        let closed = self.upstream.take().and_then(|upstream| {
            self.station.feed_mut(self.upstream_feed).finish();
            upstream.peer()
        });
        let upstream = relay.map(|relay| Box::new(Upstream::new(self.upstream_feed, relay.clone(), now)));
        let is_wanted = |upstream: &Upstream| !upstream.is_on_demand() || !self.wheel.is_empty();
        if let Some(upstream) = upstream.as_ref().filter(|upstream| is_wanted(upstream)) {
            // It is being connected, so that the first listener waits for it and does not get silence.
            open_feed(&mut self.station, upstream, Feed::default());
        }
        self.upstream = upstream;
        closed
    }

    /// When this station is to be polled next.
    pub fn deadline(&self) -> Option<Time> {
        let timeout = self.settings.sources.timeout;
        let all = [
            self.wheel.next_time(),
            self.station.waiting_until(),
            Some(self.next_advance),
            self.live.deadline(timeout),
            self.upstream.as_ref().and_then(|upstream| upstream.deadline(timeout)),
            self.silence_until(),
        ];
        all.into_iter().flatten().min()
    }

    /// Whether it waits for what no event of its own will announce: frames of another thread.
    pub fn needs_polling(&self) -> bool {
        self.station.waiting_until().is_some() && !self.station.is_waiting_for_feed()
    }

    /// Whether the audio that is due should be played now. Stations to which nothing has happened need not be asked in every
    /// turn, of which hundreds of sources cause thousands a second.
    pub fn is_due(&self, now: Time) -> bool {
        let is_served = self.wheel.next_time().is_some_and(|slot| slot <= now);
        let is_here = self.has_new_input || !self.station.is_waiting_for_feed();
        let waited_for = self.station.waiting_until().is_some_and(|until| is_here || until <= now);
        waited_for || is_served || self.has_new_input || self.next_advance <= now
    }

    /// When the listeners of a silent station are disconnected.
    pub fn silence_until(&self) -> Option<Time> {
        let since = self.station.silent_since().filter(|_| !self.wheel.is_empty())?;
        let allowed = self.settings.sources.max_silence;
        (!allowed.is_zero()).then(|| since + allowed)
    }

    /// Whether it has been silent for so long that it takes no listeners. A relay on demand is silent since it has none.
    pub fn is_silent_too_long(&self, now: Time) -> bool {
        let allowed = self.settings.sources.max_silence;
        let since = self.station.silent_since();
        !self.is_on_demand() && !allowed.is_zero() && since.is_some_and(|since| now.since(since) >= allowed)
    }

    /// Whether it has as many listeners as it may have.
    pub fn is_full(&self) -> bool {
        self.settings.max_listeners.is_some_and(|most| self.wheel.len() >= most)
    }

    /// Whether this connection is that to the upstream.
    pub fn is_upstream(&self, peer: Peer) -> bool {
        self.upstream.as_ref().and_then(|upstream| upstream.peer()) == Some(peer)
    }

    /// Whether it relays a stream only while it has listeners.
    pub fn is_on_demand(&self) -> bool {
        self.upstream.as_ref().is_some_and(|upstream| upstream.is_on_demand())
    }

    /// Whether a new listener waits for its head too: what will be sent is not known before an upstream streams.
    pub fn defers_heads(&self) -> bool {
        self.upstream.is_some() && self.station.is_empty_since_restart()
    }

    /// Whether this codec may be played now. Players stop at another than they began with; a station on which no listener
    /// hears anything but silence has no such player, nor has one whose listeners have no head yet.
    pub fn accepts_codec(&self, codec: Codec) -> bool {
        let is_idle = self.station.silent_since().is_some() && self.wheel.is_empty();
        let is_unannounced = self.defers_heads() && self.settings.music.is_empty();
        let is_same = self.station.codec().is_none_or(|played| played == codec);
        is_same || is_idle || is_unannounced || self.settings.sources.allow_codec_change
    }

    /// Drops what an upstream sends while a live source is on air, but for the last of it: that is on air at once when the
    /// live source is late or leaves.
    pub fn drop_stale_upstream_audio(&mut self) {
        let Self { station, live, upstream: Some(upstream), .. } = self else { return };
        if station.is_on_air(live.feed) {
            station.feed_mut(upstream.feed).trim_to(INPUT_TIMEOUT);
        }
    }

    /// The connections that were paused and have room again.
    pub fn take_resumed(&mut self, now: Time) -> impl Iterator<Item = Peer> + use<> {
        let Self { station, live, upstream, .. } = self;
        let source = live.source.as_mut();
        let source = source.and_then(|it| it.producer.resume_reading(station.feed(live.feed), now));
        let upstream = upstream.as_mut().and_then(|upstream| {
            let feed = station.feed(upstream.feed);
            upstream.producer_mut()?.resume_reading(feed, now)
        });
        [source, upstream].into_iter().flatten()
    }

    /// Whether this source or upstream is not to be read for now, as it is ahead of real time.
    pub fn is_read_paused(&self, peer: Peer) -> bool {
        let source = self.live.source.as_ref().map(|source| &source.producer);
        let upstream = self.upstream.as_ref().and_then(|upstream| upstream.producer());
        [source, upstream].into_iter().flatten().any(|producer| producer.is_read_paused(peer))
    }

    /// Gives the audio that the live source sends from now on the titles whose time has come.
    pub fn apply_due_titles(&mut self, now: Time) {
        while let Some(title) = self.live.take_due_title(now) {
            if let Some(source) = &mut self.live.source {
                source.producer.title = Some(title.clone());
                self.station.feed_mut(self.live.feed).set_title(title);
            }
        }
    }

    /// In what titles are encoded that are not UTF-8.
    pub fn charset(&self) -> &'static Encoding {
        let label = self.settings.sources.charset.as_deref();
        label.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(WINDOWS_1252)
    }

    /// What the station is called and so on: by its settings, else by its live source, else by its upstream.
    pub fn about(&self) -> StationInfo<'_> {
        let about = self.settings.info();
        let live = self.live.source.as_ref().map(|source| &source.info);
        let infos = [live, self.upstream.as_ref().and_then(|upstream| upstream.info.as_ref())];
        let said = |of: fn(&SourceInfo) -> Option<&String>| infos.into_iter().flatten().find_map(of);
        let name = said(|info| info.name.as_ref()).filter(|_| self.settings.is_name_default);
        StationInfo {
            name: name.map_or(about.name, String::as_str),
            description: unless_empty(about.description, said(|info| info.description.as_ref())),
            genre: unless_empty(about.genre, said(|info| info.genre.as_ref())),
            url: unless_empty(about.url, said(|info| info.url.as_ref())),
            public: about.public,
        }
    }

    /// The media type of the stream: as the input on air announced it, where there are several for what is sent.
    pub fn content_type(&self) -> &'static str {
        let codec = self.station.codec().unwrap_or(Codec::Mp3);
        self.announced_type().unwrap_or_else(|| codec.content_type())
    }

    fn announced_type(&self) -> Option<&'static str> {
        let live = self.live.source.as_ref().map(|source| (self.live.feed, &source.info));
        let upstream = self.upstream.as_ref();
        let upstream = upstream.and_then(|upstream| Some((upstream.feed, upstream.info.as_ref()?)));
        let mut infos = [live, upstream].into_iter().flatten();
        let (_, info) = infos.find(|(feed, _)| self.station.is_on_air(*feed))?;
        (info.content_type.as_deref() == Some(HE_AAC)).then_some(HE_AAC)
    }
}

/// Has a station expect what its upstream sends.
pub fn open_feed(station: &mut Station, upstream: &Upstream, mut feed: Feed) {
    if !feed.is_open() {
        feed.open();
    }
    station.open_feed(upstream.feed, &upstream.name(), false, feed);
}

fn unless_empty<'a>(by_station: &'a str, by_others: Option<&'a String>) -> &'a str {
    if by_station.is_empty() { by_others.map_or("", String::as_str) } else { by_station }
}

#[cfg(test)]
mod tests;
