//! `fallback_input`: the programme of one station as the last input of another.
//!
//! A station that has nothing of its own plays what another one plays. Before each advance, the frames that
//! the other station has played since are copied from its ring buffer into a feed, which the switcher takes
//! like any other. While the station has a programme of its own, the feed keeps the latest seconds, so a
//! switch needs no silence. No listener is moved, and a station whose own fallback is on air passes that on:
//! chains need no code.

use std::collections::HashSet;

use super::state::server::Server;
use super::state::station::channel::Channel;
use super::state::station::fallback_input::{self, AHEAD_MAX, FallbackFault, FallbackInput, RESERVE};
use crate::audio::Format;
use crate::log_limiter::warn_limited;
use crate::settings::StationSettings;
use crate::station::{Feed, StationKey};
use crate::time::Time;

impl Server {
    /// Supplies the last input of a station with what its fallback has played since.
    pub(in crate::server) fn supply_fallback(&mut self, key: StationKey, now: Time) {
        let found = self.find_fallback_source(key);
        let source = found.unwrap_or_default();
        if self.stations[key].fallback_input.source != source {
            self.stations.set_fallback_wanted(key, false);
            self.stations[key].set_fallback_source(source);
        }
        let Some(source) = source else {
            return match found {
                Ok(_) => self.stations.note_missing_fallback(key),
                Err(fault) => self.note_fallback_fault(key, fault, now),
            };
        };
        self.note_fallback_wanted(key, source, now);
        self.advance(self.stations.programme(source), now);
        if self.open_fallback_feed(key, source, now) {
            self.copy_programme(key, source);
        }
    }

    /// Returns the station whose programme is the last input of this one. Fallbacks that lead in a circle, as
    /// those of unlisted stations can, are followed up to the first station with something of its own on
    /// air, which does not play the others in return.
    ///
    /// # Errors
    /// No station of a circle has something of its own, or more stations than are allowed play one another.
    fn find_fallback_source(&self, key: StationKey) -> Result<Option<StationKey>, FallbackFault> {
        let Some(source) = self.named_fallback_source(key) else { return Ok(None) };
        let mut seen = HashSet::from([key]);
        let mut next = Some(self.stations.programme(source));
        let mut has_programme = false;
        while let Some(station) = next {
            if seen.len() >= StationSettings::FALLBACK_INPUTS_MAX {
                return Err(FallbackFault::TooLong);
            }
            if !seen.insert(station) {
                let plays_itself = station == key && !self.stations[key].has_nothing_of_its_own();
                return match has_programme {
                    true => Ok((!plays_itself).then_some(source)),
                    false => Err(FallbackFault::Circle),
                };
            }
            has_programme |= !self.stations[station].has_nothing_of_its_own();
            next = self.named_fallback_source(station).map(|source| self.stations.programme(source));
        }
        Ok(Some(source))
    }

    /// Warns once about a station that is silent because its fallbacks cannot be followed.
    fn note_fallback_fault(&mut self, key: StationKey, fault: FallbackFault, now: Time) {
        let channel = &self.stations[key];
        if !channel.has_nothing_of_its_own() || channel.fallback_input.noted_fault == Some(fault) {
            return;
        }
        let channel = &mut self.stations[key];
        channel.fallback_input.noted_fault = Some(fault);
        let is_admitted = channel.station.log.sources.admit(now);
        warn_limited!(is_admitted, "{}: {fault}", channel.settings().mount);
    }

    fn named_fallback_source(&self, key: StationKey) -> Option<StationKey> {
        let channel = &self.stations[key];
        let mount = channel.settings().fallback_input.as_ref()?;
        let is_it = |key: &StationKey| {
            self.stations.get(*key).is_some_and(|channel| channel.settings().mount == *mount)
        };
        let known = channel.fallback_input.source.filter(is_it);
        known.or_else(|| self.stations.find_fallback(key, mount))
    }

    /// Notes whether anyone listens to a station that has nothing of its own. An on-demand relay that is
    /// its fallback is connected then.
    fn note_fallback_wanted(&mut self, key: StationKey, source: StationKey, now: Time) {
        let is_wanted = self.stations[key].has_nothing_of_its_own() && self.stations.has_listeners(key);
        if is_wanted && !self.stations[key].fallback_input.is_wanted {
            self.wake_upstream(self.stations.programme(source), now);
        }
        self.stations.set_fallback_wanted(key, is_wanted);
    }

    /// Prepares a station whose fallback is an on-demand relay that is not connected for a listener that is
    /// about to join, like the relay itself.
    pub(in crate::server) fn wake_fallback(&mut self, key: StationKey, now: Time) {
        if self.stations.has_listeners(key) || !self.stations[key].has_nothing_of_its_own() {
            return;
        }
        let Ok(Some(source)) = self.find_fallback_source(key) else { return };
        let programme = self.stations.programme(source);
        self.wake_fallback(programme, now);
        self.wake_upstream(programme, now);
        let is_starting = self.stations[programme].station.is_empty_since_restart();
        let channel = &mut self.stations[key];
        if is_starting && channel.station.silent_since().is_some() {
            channel.station.restart_timeline(now);
            channel.open_fallback(source, Feed::default(), now);
        }
    }

    /// Returns whether a station without a programme gets one as soon as it has listeners: its fallback is an
    /// on-demand relay that does not fail.
    pub(in crate::server) fn has_fallback_on_demand(&self, key: StationKey, now: Time) -> bool {
        let found = self.find_fallback_source(key).unwrap_or_default();
        let source = found.map(|source| self.stations.programme(source));
        source.is_some_and(|source| {
            let channel = &self.stations[source];
            channel.is_on_demand() && !channel.is_unreachable(now) || self.has_fallback_on_demand(source, now)
        })
    }

    /// Opens the feed if the other station has a programme that this one can play, and closes it if not.
    /// Returns whether it is open.
    fn open_fallback_feed(&mut self, key: StationKey, source: StationKey, now: Time) -> bool {
        let [own, other] = [&self.stations[key], &self.stations[source]];
        let is_expected = other.station.is_empty_since_restart() && own.fallback_input.is_wanted;
        let has_programme = other.station.silent_since().is_none() && other.station.has_played();
        if !has_programme || other.is_leaving {
            let is_open = own.station.feed(own.fallback_input.feed).is_open();
            if is_open && !is_expected {
                self.copy_programme(key, source);
                self.stations[key].close_fallback();
            }
            return false;
        }
        let format = other.station.last_header().format();
        let is_heard =
            own.fallback_input.format == Some(format) && own.station.is_on_air(own.fallback_input.feed);
        if !is_heard && !self.accepts_fallback(key, source, format, now) {
            let channel = &mut self.stations[key];
            channel.close_fallback();
            channel.station.feed_mut(channel.fallback_input.feed).discard();
            return false;
        }
        let channel = &mut self.stations[key];
        channel.fallback_input.refused = None;
        if channel.fallback_input.taken.is_none() {
            self.begin_fallback(key, source, format, now);
        }
        true
    }

    fn begin_fallback(&mut self, key: StationKey, source: StationKey, format: Format, now: Time) {
        let is_empty = self.stations[key].station.is_empty_since_restart();
        // A station that begins has a whole burst to play.
        let burst = self.stations[key].settings().burst;
        let reserve = if is_empty { RESERVE + burst } else { RESERVE };
        let Some((from, _)) = self.stations[source].station.programme_within(reserve) else { return };
        let channel = &mut self.stations[key];
        channel.open_fallback(source, Feed::default(), now);
        (channel.fallback_input.taken, channel.fallback_input.format) = (Some(from), Some(format));
    }

    /// Decides whether a station can play frames of another one in this format. Warns once if it cannot.
    fn accepts_fallback(&mut self, key: StationKey, source: StationKey, format: Format, now: Time) -> bool {
        let has_listeners = self.stations.has_listeners(key);
        let channel = &self.stations[key];
        let Some(expected) = channel.other_format_than(format, has_listeners) else { return true };
        if channel.fallback_input.refused != Some(format) {
            let is_admitted = self.stations[key].station.log.sources.admit(now);
            let mounts = [key, source].map(|key| &self.stations[key].settings().mount);
            warn_limited!(
                is_admitted,
                "{}: the fallback {} is not used: it plays {format}, and the listeners expect {expected}",
                mounts[0],
                mounts[1]
            );
        }
        self.stations[key].fallback_input.refused = Some(format);
        false
    }

    /// Copies the frames that another station has played since the last time into the feed of its programme.
    fn copy_programme(&mut self, key: StationKey, source: StationKey) {
        let Channel { station, fallback_input, .. } = &mut self.stations[key];
        let Some(taken) = fallback_input.taken else { return };
        let mut feed = std::mem::take(station.feed_mut(fallback_input.feed));
        let (mut block, format) = (fallback_input.block.take(), fallback_input.format);
        let other = &self.stations[source].station;
        let end = other.programme_within(RESERVE).map_or(taken, |(_, end)| end);
        let taken = other.read_frames(taken, end, |offset, frame| {
            let title = other.timeline().title_at(offset);
            if block.as_ref() != Some(title) {
                feed.set_title(title.to_title());
                block = Some(title.clone());
            }
            let fits = format == Some(frame.header.format());
            if fits {
                feed.push(frame);
            }
            fits
        });
        let channel = &mut self.stations[key];
        *channel.station.feed_mut(channel.fallback_input.feed) = feed;
        let is_complete = taken >= end;
        // Frames in another format come next: whether they can be played is decided again.
        let (taken, format) = if is_complete { (Some(taken), format) } else { (None, None) };
        let state = &mut channel.fallback_input;
        (state.taken, state.block, state.format) = (taken, block, format);
        channel.has_new_input = true;
    }
}

impl Channel {
    /// Returns whether neither a source nor a relay nor music is on air.
    fn has_nothing_of_its_own(&self) -> bool {
        let station = &self.station;
        let is_silent = station.silent_since().is_some() || station.is_empty_since_restart();
        is_silent || station.is_on_air(self.fallback_input.feed)
    }

    /// Sets the station whose programme is the last input. Drops what was taken from another one.
    fn set_fallback_source(&mut self, source: Option<StationKey>) {
        let feed = self.fallback_input.feed;
        self.station.feed_mut(feed).discard();
        let FallbackInput { noted_fault, missing_since, .. } = self.fallback_input;
        self.fallback_input =
            FallbackInput { source, noted_fault, missing_since, ..FallbackInput::new(feed) };
    }

    fn open_fallback(&mut self, source: StationKey, mut feed: Feed, now: Time) {
        feed.open();
        let name = fallback_input::name(self.settings()).unwrap_or_default();
        self.station.open_feed(self.fallback_input.feed, &name, false, feed, now);
        self.fallback_input = FallbackInput {
            source: Some(source),
            is_wanted: self.fallback_input.is_wanted,
            noted_fault: self.fallback_input.noted_fault,
            ..FallbackInput::new(self.fallback_input.feed)
        };
    }

    /// Ends the feed. What it has is played.
    fn close_fallback(&mut self) {
        let feed = self.fallback_input.feed;
        if self.station.feed(feed).is_open() {
            self.station.end_feed(feed, true);
        }
        (self.fallback_input.taken, self.fallback_input.format) = (None, None);
    }

    /// Keeps the latest seconds of the last input while another one is on air. Otherwise, decides whether its
    /// clock counts.
    pub fn limit_fallback(&mut self) {
        let feed = self.fallback_input.feed;
        if self.fallback_input.taken.is_none() {
            return;
        }
        let is_on_air = self.station.is_on_air(feed);
        let buffered = self.station.feed(feed).buffered();
        // Frames come in batches, so only what is left after all that was due counts.
        self.station.feed_mut(feed).ignore_clock(buffered < AHEAD_MAX);
        if !is_on_air && !self.station.is_empty_since_restart() {
            self.station.feed_mut(feed).trim_to(RESERVE);
        }
    }

    /// Returns the format that listeners expect, if frames in `format` are not in it.
    fn other_format_than(&self, format: Format, has_listeners: bool) -> Option<Format> {
        let fixed = self.station.format().map(|fixed| fixed.format());
        let heard = || {
            self.last_own_format()
                .or_else(|| self.station.has_played().then(|| self.station.last_header().format()))
        };
        let expected = fixed.or_else(|| heard().filter(|_| has_listeners));
        let codec = self.expected_codec();
        let other_codec = codec.codec != format.codec && (has_listeners || !self.accepts_codec(format.codec));
        match expected.filter(|expected| *expected != format) {
            None if other_codec => Some(Format { codec: codec.codec, ..format }),
            other => other,
        }
    }
}
