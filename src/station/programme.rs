//! What a station has played: the timeline with the titles on it, and what is on air at its end.

use super::history::History;
use super::now_playing::{AirTime, NowPlaying};
use super::switcher::OnAirChange;
use super::timeline::Timeline;
use crate::audio::{Codec, Frame};
use crate::time::{AudioTime, Time};

/// A timeline, its titles, and what is on air at the live edge.
pub struct Programme {
    pub timeline: Timeline,
    /// The codec that was announced to listeners. `None` until something other than silence is played or
    /// expected.
    pub codec: Option<Codec>,
    /// The codec of the last frame.
    last_codec: Option<Codec>,
    /// The offset from which on all frames have the codec of the last frame.
    pub same_codec_from: u64,
    pub history: History,
    /// How often the title on air has changed.
    pub title_changes: u64,
    /// The input and the title on air.
    pub now_playing: NowPlaying,
    /// When silence began, during silence.
    pub silent_since: Option<Time>,
}

impl Programme {
    /// Returns a programme without frames. Its timeline keeps at least the last `retention`. `codec` is the
    /// codec that is expected.
    pub fn new(retention: AudioTime, codec: Option<Codec>) -> Self {
        Self {
            timeline: Timeline::new(retention),
            codec,
            last_codec: None,
            same_codec_from: 0,
            history: History::default(),
            title_changes: 0,
            now_playing: NowPlaying::default(),
            silent_since: None,
        }
    }

    /// Applies what changes with the next frame, which is played at `air_time`.
    pub fn apply(&mut self, change: &OnAirChange<'_>, air_time: AirTime, now: Time) {
        self.title_changes += u64::from(*self.timeline.title() != *change.block);
        self.timeline.set_title(change.block.clone());
        self.history.add(change.title, change.input_name, air_time.live_edge_at);
        self.now_playing.update(change, air_time);
        self.silent_since = change.input_name.is_empty().then_some(now);
    }

    /// Adds a frame at the live edge.
    pub fn push(&mut self, frame: &Frame<'_>) {
        let codec = frame.header.codec();
        if self.last_codec.is_some_and(|last| last != codec) {
            self.same_codec_from = self.timeline.end();
        }
        self.last_codec = Some(codec);
        if self.silent_since.is_none() {
            self.codec = Some(codec);
        }
        self.timeline.push_frame(frame.bytes, frame.header.duration());
    }
}
