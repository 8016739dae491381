//! One input of a station: where its frames come from, its title, and whether it may go on air.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::comeback::Comeback;
use super::feed::Feed;
use super::input::{Input, InputFrame, Readiness};
use super::music_status::MusicStatus;
use super::track::TrackInfo;
use crate::audio::{Codec, Frame};
use crate::icy::{Block, Title};
use crate::time::{AudioTime, Time};

/// How much audio is kept of a feed that waits for the end of a track. It must suffice to go on air at once
/// when the track ends, because audio arrives in pieces.
const PENDING_FEED_BUFFER: Duration = Duration::from_secs(1);

/// Less than this is not worth an interruption of the silence after a feed that has stalled and then ends.
const REMAINS_MIN: Duration = Duration::from_secs(1);

/// An input, and what the switcher knows about it.
pub struct InputSlot {
    pub origin: FrameOrigin,
    /// The number of the feed, if it is one.
    pub feed_number: Option<usize>,
    /// Whether the feed waits for the end of the track on air.
    pub waits_for_boundary: bool,
    /// The stalls of a feed.
    pub comeback: Comeback,
    current: CurrentTitle,
    /// The title that a user set for the track on air. It starts with the next frame.
    pub title_override: Option<Title>,
    /// The name of the input.
    pub name: String,
    /// The codec of the last frame that was played of the present sender. `None` before the first one.
    pub played_codec: Option<Codec>,
    /// How much of the present track was played, if the input has tracks.
    track_position: AudioTime,
}

/// Where a slot takes its frames from.
pub enum FrameOrigin {
    /// The sender pushes frames.
    Feed(Box<Feed>),
    /// The station takes frames from the input.
    Input(Box<dyn Input>),
}

/// A title and its metadata block.
#[derive(Clone)]
pub struct CurrentTitle {
    title: Title,
    block: Rc<Block>,
}

/// What may change with a frame.
pub struct OnAirChange<'a> {
    /// The title.
    pub title: &'a Title,
    /// The title as a metadata block.
    pub block: &'a Rc<Block>,
    /// The name of the input on air; empty during silence.
    pub input_name: &'a str,
    /// Whether the input on air has changed.
    pub has_switched: bool,
    /// The properties of the track, if they are known.
    pub track: Option<&'a Arc<TrackInfo>>,
    /// How much of the track was played before.
    pub track_position: AudioTime,
}

impl InputSlot {
    /// Creates a slot whose input has not been on air.
    pub fn new(origin: FrameOrigin, name: String) -> Self {
        let current = CurrentTitle::new(Title::default());
        let comeback = Comeback::default();
        Self {
            origin,
            feed_number: None,
            waits_for_boundary: false,
            comeback,
            current,
            title_override: None,
            name,
            played_codec: None,
            track_position: AudioTime::ZERO,
        }
    }

    /// Returns whether a frame is ready.
    pub fn poll(&mut self) -> Readiness {
        match &mut self.origin {
            FrameOrigin::Feed(feed) => feed.poll(),
            FrameOrigin::Input(input) => input.poll(),
        }
    }

    /// Returns the feed, if it is one.
    pub fn feed(&self) -> Option<&Feed> {
        match &self.origin {
            FrameOrigin::Feed(feed) => Some(feed),
            FrameOrigin::Input(_) => None,
        }
    }

    /// Returns the input, unless it is a feed.
    pub fn input(&self) -> Option<&dyn Input> {
        match &self.origin {
            FrameOrigin::Input(input) => Some(&**input),
            FrameOrigin::Feed(_) => None,
        }
    }

    /// Returns the state of the music, if the input plays files.
    pub fn music_status(&self) -> Option<Arc<MusicStatus>> {
        self.input()?.music_status()
    }

    /// Returns whether the input may replace one of lower priority, as far as its stalls are concerned.
    pub fn is_admitted(&mut self, now: Time) -> bool {
        match &mut self.origin {
            FrameOrigin::Feed(feed) => self.comeback.is_admitted(feed, now),
            FrameOrigin::Input(_) => true,
        }
    }

    /// Notes that an input of lower priority, or silence, replaces this one, which was on air for
    /// `on_air_for`. If it is a feed that has stalled, returns how much audio it must deliver to come back.
    pub fn note_replaced(&mut self, on_air_for: Duration, now: Time) -> Option<Duration> {
        match &self.origin {
            FrameOrigin::Feed(feed) if feed.is_open() => {
                Some(self.comeback.note_stall(feed, on_air_for, now))
            }
            FrameOrigin::Feed(_) | FrameOrigin::Input(_) => None,
        }
    }

    /// Ends a feed. What it has sent is played, unless it is lost while it waits for the end of a track, or
    /// has lost its place on air because it stalled: what remains must not interrupt the input that has
    /// replaced it. If that is only silence (`is_silent`), what remains is played, but for a scrap.
    pub fn end(&mut self, is_orderly: bool, is_silent: bool) {
        let FrameOrigin::Feed(feed) = &mut self.origin else { return };
        // An upload that is complete before any of it was played needs no proof that it goes on.
        let is_whole =
            is_orderly && !self.comeback.is_replaced() && feed.buffered() >= feed.delivered().duration();
        let is_kept = is_whole || (is_silent && feed.buffered() >= REMAINS_MIN);
        let is_replaced = self.comeback.is_replaced() && !is_kept;
        if is_replaced || (self.waits_for_boundary && !is_orderly) {
            feed.discard();
        } else {
            feed.finish();
        }
        if is_kept {
            self.comeback.note_on_air();
        }
    }

    /// Drops the frames of an ended feed that are still being converted. They would interrupt the next input.
    pub fn drop_late_frames(&mut self) {
        if let FrameOrigin::Feed(feed) = &mut self.origin {
            feed.drop_late_frames();
        }
    }

    /// Drops the oldest queued audio of a feed that waits for the end of the track on air.
    pub fn trim_pending(&mut self) {
        if let FrameOrigin::Feed(feed) = &mut self.origin {
            feed.trim_to(PENDING_FEED_BUFFER);
        }
    }

    /// Skips the rest of the track, if the input has tracks.
    pub fn skip_track(&mut self) {
        if let FrameOrigin::Input(input) = &mut self.origin {
            input.skip_track();
        }
    }

    /// Takes the next frame, and what may change with it.
    pub fn take(&mut self, has_switched: bool) -> (Frame<'_>, Option<OnAirChange<'_>>) {
        let (frame, title, track) = match &mut self.origin {
            FrameOrigin::Feed(feed) => {
                let (frame, title) = feed.next_frame();
                (frame, title, None)
            }
            FrameOrigin::Input(input) => {
                let InputFrame { frame, title, track } = input.next_frame();
                if title.is_some() {
                    self.track_position = AudioTime::ZERO;
                }
                // The track still has its cover.
                let with_url = |title: Title| match title.url.is_empty() {
                    true => Title { url: self.current.title.url.clone(), ..title },
                    false => title,
                };
                (frame, title.cloned().or_else(|| self.title_override.take().map(with_url)), track)
            }
        };
        self.played_codec = Some(frame.header.codec());
        let track_position = self.track_position;
        self.track_position += frame.header.duration();
        let may_differ = has_switched || title.is_some();
        if let Some(title) = title {
            (self.current, self.title_override) = (CurrentTitle::new(title), None);
        }
        let change =
            || OnAirChange { track, track_position, ..self.current.change(&self.name, has_switched) };
        (frame, may_differ.then(change))
    }
}

impl CurrentTitle {
    /// Returns a title with its block.
    pub fn new(title: Title) -> Self {
        Self { block: Rc::new(Block::from_title(&title)), title }
    }

    /// Returns the change to this title.
    pub fn change<'a>(&'a self, input_name: &'a str, has_switched: bool) -> OnAirChange<'a> {
        let (track, track_position) = (None, AudioTime::ZERO);
        OnAirChange {
            title: &self.title,
            block: &self.block,
            input_name,
            has_switched,
            track,
            track_position,
        }
    }
}
