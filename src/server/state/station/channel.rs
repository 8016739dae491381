//! A station with the server's data for it: settings, listeners, live source, upstream.

mod about;
mod statistics;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use encoding_rs::Encoding;

use super::audience::Audience;
use super::fallback_input::{self, FallbackInput};
use super::intro::StationIntro;
use super::ladder::{FEED_INTERVAL, StationLadder};
use super::last_source::LastSource;
use super::lent_listeners::LentListeners;
use super::live_slot::LiveSlot;
use super::unlisted::UnlistedState;
use super::upstream::Upstream;
use super::wheel::{self, Wheel};
use crate::http::proxy::relay_path::RelayPath;
use crate::server::state::options::StreamOptions;
use crate::server::state::peer::Peer;
use crate::server::state::refusals::Refusals;
use crate::settings::{Account, Process, RelaySettings, StationCodec, StationSettings};
use crate::station::{
    ConversionStatus, ConversionTarget, Feed, FeedId, INPUT_TIMEOUT, Input, PlayedTitle, Station, StationKey,
    StationTotals,
};
use crate::time::Time;

/// One station of the server.
pub struct Channel {
    settings: StationSettings,
    /// The index in the table. It determines the slot of the wheel that is filled first.
    index: usize,
    pub upstream_feed: FeedId,
    /// The programme of another station, which plays when nothing else does.
    pub fallback_input: FallbackInput,
    /// How many stations that have nothing of their own play the programme of this one to listeners.
    pub wanted_by: usize,
    pub station: Station,
    pub wheel: Wheel,
    pub audience: Audience,
    /// How many listeners were disconnected because they were too slow.
    pub too_slow: u64,
    /// Listeners that are refused because it is full.
    pub refusals: Refusals,
    /// Bytes sent to listeners.
    pub bytes_sent: u64,
    /// What each new listener hears first.
    pub intro: StationIntro,
    /// The totals of earlier runs.
    pub earlier: StationTotals,
    pub live: LiveSlot,
    pub upstream: Option<Box<Upstream>>,
    /// What it relays of the master, unless its settings have a relay.
    master_relay: Option<RelaySettings>,
    /// The format of the last source or upstream that was on air.
    pub last_source: LastSource,
    /// The title that the playlist log has last.
    pub logged_title: Option<Arc<PlayedTitle>>,
    /// Until when the codec does not change, because listeners were disconnected for it.
    pub codec_held_until: Option<Time>,
    /// Its renditions, if it has any.
    pub ladder: Option<Box<StationLadder>>,
    /// The station whose programme it has, if it is a rendition.
    pub parent: Option<StationKey>,
    /// Its state as an unlisted station; `None` if it is configured.
    pub unlisted: Option<Box<UnlistedState>>,
    /// The time by which the station is advanced, even without listeners.
    pub next_advance: Time,
    /// Whether the live source or the upstream sent something since the last advance.
    pub has_new_input: bool,
    /// Listeners that joined before the first audio was played. They are sent it at once, before their slot
    /// is due.
    pub pending_joins: Vec<(Peer, StreamOptions)>,
    /// Listeners that are relays, each with the relay path that it was sent.
    pub downstream: BTreeMap<Peer, RelayPath>,
    /// Its listeners that hear its fallback while it is silent. An on-demand relay stays connected for them.
    pub lent: LentListeners,
    /// Whether it is about to be removed, so that no listener is moved to it.
    pub is_leaving: bool,
    /// Whether no listener and no page finds it now, because it exists only while it is on air.
    pub is_absent: bool,
    /// Until when no connection is closed for its deadline after a stall.
    pub grace_until: Time,
}

/// What the server has to do after a change of settings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Listeners whose slot on the wheel has changed.
    pub slots: Vec<(Peer, u16)>,
    /// The connection to an upstream that is no longer relayed.
    pub closed: Option<Peer>,
}

impl Channel {
    /// Creates a station with these inputs, the most important first. It starts now.
    pub fn new(index: usize, settings: StationSettings, inputs: Vec<Box<dyn Input>>, now: Time) -> Self {
        let mut station = Station::new(&settings, now);
        let live = LiveSlot::new(station.add_feed());
        let upstream_feed = station.add_feed();
        inputs.into_iter().for_each(|input| station.add_input(input));
        let fallback_input = FallbackInput::new(station.add_last_feed());
        let mut channel = Self {
            settings: StationSettings::default(),
            index,
            upstream_feed,
            fallback_input,
            wanted_by: 0,
            station,
            wheel: Wheel::new(index, settings.delivery_interval, now),
            audience: Audience::default(),
            too_slow: 0,
            refusals: Refusals::default(),
            bytes_sent: 0,
            intro: StationIntro::default(),
            earlier: StationTotals::default(),
            live,
            upstream: None,
            master_relay: None,
            last_source: LastSource::default(),
            codec_held_until: None,
            logged_title: None,
            ladder: None,
            parent: None,
            unlisted: None,
            next_advance: now,
            has_new_input: false,
            pending_joins: Vec::new(),
            downstream: BTreeMap::new(),
            lent: LentListeners::default(),
            is_leaving: false,
            is_absent: settings.only_while_on_air,
            grace_until: Time::START,
        };
        channel.apply(settings, now);
        channel
    }

    /// Returns the current settings.
    pub fn settings(&self) -> &StationSettings {
        &self.settings
    }

    /// Changes the stream id alone.
    pub fn set_id(&mut self, id: u32) {
        self.settings.id = id;
    }

    /// Changes the limit of listeners alone. It closes none.
    pub fn set_max_listeners(&mut self, max: Option<usize>) {
        self.settings.max_listeners = max;
    }

    /// Applies settings, at the start or while listeners play. No listener loses a byte: what was announced
    /// to a listener (its metaint, the station's name) stays as it is for that listener. With a smaller
    /// buffer, listeners that are too far behind for it skip forward.
    pub fn apply(&mut self, settings: StationSettings, now: Time) -> Applied {
        let settings = with_valid_interval(settings);
        self.station.apply_settings(&settings);
        let slots = self.wheel.set_interval(self.index, settings.delivery_interval, now);
        self.intro.apply(&settings);
        self.fallback_input.missing_since = None;
        self.settings = settings;
        let closed = self.apply_relay(now);
        // The new settings may move any deadline forward.
        self.next_advance = now;
        Applied { slots, closed }
    }

    /// Starts, ends or changes the relay; returns the connection that is no longer needed.
    fn apply_relay(&mut self, now: Time) -> Option<Peer> {
        let relay = self.settings.relay.as_ref().or(self.master_relay.as_ref());
        if let Some((upstream, relay)) = self.upstream.as_deref_mut().zip(relay)
            && upstream.set_urls(relay)
        {
            if upstream.set_on_demand(relay.on_demand, now) {
                open_feed(&mut self.station, upstream, Feed::default(), now);
            }
            return None;
        }
        let closed = self.upstream.take().and_then(|upstream| {
            self.station.end_feed(self.upstream_feed, true);
            upstream.peer()
        });
        let upstream = relay.map(|relay| Box::new(Upstream::new(self.upstream_feed, relay.clone(), now)));
        let is_wanted = |upstream: &Upstream| !upstream.is_on_demand() || self.has_listeners();
        if let Some(upstream) = upstream.as_ref().filter(|upstream| is_wanted(upstream)) {
            // The open feed makes the station wait for the upstream instead of playing silence.
            open_feed(&mut self.station, upstream, Feed::default(), now);
        }
        self.upstream = upstream;
        closed
    }

    /// Returns what it relays of the master, unless its settings have a relay.
    pub fn master_relay(&self) -> Option<&RelaySettings> {
        self.master_relay.as_ref()
    }

    /// Relays this stream of the master, or none; returns the connection that is no longer needed.
    pub fn set_master_relay(&mut self, relay: Option<RelaySettings>, now: Time) -> Option<Peer> {
        if let Some((upstream, relay)) = self.upstream.as_deref_mut().zip(relay.as_ref()) {
            upstream.follow_login(relay);
        }
        self.master_relay = relay;
        self.next_advance = now;
        self.apply_relay(now)
    }

    /// Returns the longest time until the station is advanced again.
    pub fn advance_interval(&self) -> Duration {
        let interval = self.settings.delivery_interval;
        if self.ladder.is_some() { interval.min(FEED_INTERVAL) } else { interval }
    }

    /// Returns whether the station exists only while it has a source.
    pub fn is_unlisted(&self) -> bool {
        self.unlisted.is_some()
    }

    /// Decides whether listeners find the station: always, or only while it has a programme, and for
    /// `max_silence` after its end. An on-demand relay has one as soon as it is wanted. Returns whether that
    /// has changed.
    pub fn update_presence(&mut self, has_fallback_on_demand: bool, now: Time) -> bool {
        let station = &self.station;
        let is_silent = station.silent_since().is_some() || station.is_empty_since_restart();
        let max = self.settings.sources.max_silence;
        let is_kept = || {
            station.has_played()
                && if max.is_zero() { !self.wheel.is_empty() } else { !self.is_past_max_silence(now) }
        };
        let is_present = !self.settings.only_while_on_air
            || self.live.source.is_some()
            || !is_silent
            || self.is_on_demand()
            || has_fallback_on_demand
            || is_kept();
        std::mem::replace(&mut self.is_absent, !is_present) == is_present
    }

    /// Returns whether it is an unlisted station whose source has not sent a frame yet.
    pub fn awaits_first_source(&self) -> bool {
        self.unlisted.as_ref().is_some_and(|unlisted| !unlisted.has_begun)
    }

    /// Returns the account with which the source on air of an unlisted station has logged in, if another one
    /// is valid now, or none.
    pub fn former_account(&self) -> Option<&Account> {
        self.unlisted.as_ref()?.former_account.as_ref()
    }

    /// Returns when the station ends if no source logs in before; `None` if it has a source, or does not
    /// depend on one.
    pub fn unlisted_end(&self) -> Option<Time> {
        if self.master_relay.is_some() {
            return None;
        }
        self.unlisted.as_ref().filter(|unlisted| unlisted.has_begun && unlisted.sources == 0)?;
        // The programme of another station is no reason to stay without listeners.
        let is_fallback = self.station.is_on_air(self.fallback_input.feed) && self.wheel.is_empty();
        let fallback_since = is_fallback.then(|| self.station.now_playing().since);
        let since = self.station.silent_since().or(fallback_since)?;
        Some((since + self.settings().sources.max_silence).max(self.grace_until))
    }

    /// Returns when this station is to be polled next.
    pub fn deadline(&self) -> Option<Time> {
        if self.awaits_first_source() {
            return None;
        }
        let timeout = self.settings.sources.timeout;
        let all = [
            self.wheel.next_time(),
            self.station.waiting_until(),
            Some(self.next_advance),
            self.live.deadline(timeout, self.grace_until),
            self.upstream.as_ref().and_then(|upstream| upstream.deadline(timeout, self.grace_until)),
            self.silence_until(),
            self.unlisted_end(),
        ];
        all.into_iter().flatten().min()
    }

    /// Returns whether it waits for frames from another thread, which cause no event.
    pub fn needs_polling(&self) -> bool {
        let is_waiting = self.station.waiting_until().is_some() && !self.station.is_waiting_for_feed();
        is_waiting && !self.awaits_first_source()
    }

    /// Returns whether the audio that is due should be played now. Stations without new input are not
    /// advanced in every turn, because hundreds of sources cause thousands of turns a second.
    pub fn is_due(&self, now: Time) -> bool {
        let is_served = self.wheel.next_time().is_some_and(|slot| slot <= now);
        let is_available = self.has_new_input || !self.station.is_waiting_for_feed();
        let is_waited_for = self.station.waiting_until().is_some_and(|until| is_available || until <= now);
        is_waited_for || is_served || self.has_new_input || self.next_advance <= now
    }

    /// Returns whether connections may be closed for their deadlines now.
    pub fn enforces_deadlines(&self, now: Time) -> bool {
        self.grace_until <= now
    }

    /// Returns when the listeners of a silent station are disconnected.
    pub fn silence_until(&self) -> Option<Time> {
        let since = self.station.silent_since().filter(|_| !self.wheel.is_empty())?;
        let allowed = self.settings.sources.max_silence;
        (!allowed.is_zero()).then(|| (since + allowed).max(self.grace_until))
    }

    /// Returns whether it has been silent for so long that it refuses listeners. On-demand relays are
    /// excepted, because they are silent whenever they have no listeners.
    pub fn is_silent_too_long(&self, now: Time) -> bool {
        !self.is_on_demand() && self.is_past_max_silence(now)
    }

    /// Returns whether it has been silent for so long that its listeners go to its fallback.
    pub fn is_past_max_silence(&self, now: Time) -> bool {
        let allowed = self.settings.sources.max_silence;
        let since = self.station.silent_since();
        !allowed.is_zero() && since.is_some_and(|since| now.since(since) >= allowed)
    }

    /// Returns whether it has been silent for too long because its upstream fails.
    pub fn is_unreachable(&self, now: Time) -> bool {
        let is_failing = self.upstream.as_ref().is_some_and(|upstream| upstream.is_failing());
        is_failing && self.is_past_max_silence(now)
    }

    /// Returns whether it has listeners, there or at its fallback.
    pub fn has_listeners(&self) -> bool {
        !self.wheel.is_empty() || !self.lent.is_empty()
    }

    /// Returns whether its listener limit is reached.
    pub fn is_full(&self) -> bool {
        self.settings.max_listeners.is_some_and(|max| self.wheel.len() >= max)
    }

    /// Returns whether this is the connection to the upstream.
    pub fn is_upstream(&self, peer: Peer) -> bool {
        self.upstream.as_ref().and_then(|upstream| upstream.peer()) == Some(peer)
    }

    /// Returns whether it relays a stream only while it has listeners.
    pub fn is_on_demand(&self) -> bool {
        self.upstream.as_ref().is_some_and(|upstream| upstream.is_on_demand())
    }

    /// Returns whether new listeners must wait for their response head, because the format is not known
    /// before the upstream streams.
    pub fn defers_heads(&self) -> bool {
        self.upstream.is_some() && self.station.is_empty_since_restart()
    }

    /// Returns to what the frames of sources are converted, if a converter is available.
    pub fn conversion_target(&self) -> Option<ConversionTarget> {
        let Self { settings, station, .. } = self;
        let is_possible = settings.process != Process::Never && settings.codec == StationCodec::Mp3;
        let is_always = settings.process == Process::Always;
        station.format().filter(|_| is_possible).map(|format| ConversionTarget { format, is_always })
    }

    /// Returns the names of the inputs that are no live sources.
    pub fn input_names(&self) -> impl Iterator<Item = String> {
        let upstream = self.upstream.as_ref().map(|upstream| upstream.name());
        self.station
            .input_names()
            .map(str::to_owned)
            .chain(upstream)
            .chain(fallback_input::name(&self.settings))
    }

    /// Returns the feed for live sources and the one for the upstream.
    pub fn feeds(&self) -> [FeedId; 2] {
        [self.live.feed, self.upstream_feed]
    }

    /// Returns the conversion of the source or upstream on air.
    pub fn conversion_on_air(&self) -> Option<ConversionStatus> {
        let on_air = self.feeds().into_iter().find(|feed| self.station.is_on_air(*feed))?;
        self.station.feed(on_air).conversion()
    }

    /// While a live source is on air, drops all but the latest audio of the upstream. The latest audio goes
    /// on air at once when the live source times out or ends.
    pub fn drop_stale_upstream_audio(&mut self) {
        let Self { station, live, upstream: Some(upstream), .. } = self else { return };
        if station.is_on_air(live.feed) {
            station.feed_mut(upstream.feed).trim_to(INPUT_TIMEOUT);
        }
    }

    /// Returns the connections that were paused and may be read again.
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

    /// Returns whether reading from this source or upstream is paused because it is ahead of real time.
    pub fn is_read_paused(&self, peer: Peer) -> bool {
        let source = self.live.source.as_ref().map(|source| &source.producer);
        let upstream = self.upstream.as_ref().and_then(|upstream| upstream.producer());
        [source, upstream].into_iter().flatten().any(|producer| producer.is_read_paused(peer))
    }

    /// Applies the titles whose delay has passed to the audio that the live source sends from now on.
    pub fn apply_due_titles(&mut self, now: Time) {
        while let Some(title) = self.live.take_due_title(now) {
            if let Some(source) = &mut self.live.source {
                source.producer.title = Some(title.clone());
                self.station.feed_mut(self.live.feed).set_title(title);
            }
        }
    }

    /// Returns the encoding of titles that are not UTF-8.
    pub fn charset(&self) -> &'static Encoding {
        self.settings.sources.encoding()
    }
}

/// Replaces a delivery interval outside of its range by the nearest limit.
pub fn with_valid_interval(settings: StationSettings) -> StationSettings {
    let longest = settings.max_delivery_interval();
    let delivery_interval = settings.delivery_interval.clamp(wheel::SLOT, longest);
    StationSettings { delivery_interval, ..settings }
}

/// Opens a station's feed for its upstream.
pub fn open_feed(station: &mut Station, upstream: &Upstream, mut feed: Feed, now: Time) {
    if !feed.is_open() {
        feed.open();
    }
    station.open_feed(upstream.feed, &upstream.name(), false, feed, now);
}

#[cfg(test)]
mod tests;
