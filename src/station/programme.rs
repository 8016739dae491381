//! What a station has played: the timeline with the titles on it, and what is on air at its end.

use std::time::Duration;

use super::codec_runs::CodecRuns;
use super::history::History;
use super::now_playing::{AirTime, NowPlaying};
use super::seams::Seams;
use super::switcher::OnAirChange;
use super::timeline::Timeline;
use crate::audio::{Codec, Format, Frame};
use crate::time::{AudioTime, Time};

/// How much of the burst a listener gives up to join behind a seam: at most this, and at most a quarter. A
/// browser stops up to 0.5 s before it plays the seam, which is then that far from the start of the burst.
const SEAM_SKIP_MAX: Duration = Duration::from_secs(1);

/// The mean bit rate of less audio than this says nothing about the rest.
pub const KBPS_LENGTH_MIN: Duration = Duration::from_secs(1);

/// A timeline, its titles, and what is on air at the live edge.
pub struct Programme {
    pub timeline: Timeline,
    /// The codec that was announced to listeners. `None` until something other than silence is played or
    /// expected.
    pub codec: Option<Codec>,
    /// Where the format has changed.
    pub seams: Seams,
    /// The codecs of the frames on the timeline.
    pub codecs: CodecRuns,
    pub history: History,
    /// How often the title on air has changed.
    pub title_changes: u64,
    /// The input and the title on air.
    pub now_playing: NowPlaying,
    /// When silence began, during silence.
    pub silent_since: Option<Time>,
    /// The offset at which the input on air, or silence, went on air.
    pub switched_at: u64,
    /// The offset at which the last silence ended; `None` if nothing but silence was played.
    pub programme_from: Option<u64>,
}

impl Programme {
    /// Returns a programme without frames. Its timeline keeps at least the last `retention`, a time and a
    /// number of bytes. `codec` is the codec that is expected.
    pub fn new(retention: (AudioTime, u64), codec: Option<Codec>) -> Self {
        Self {
            timeline: Timeline::new(retention),
            codec,
            seams: Seams::default(),
            codecs: CodecRuns::default(),
            history: History::default(),
            title_changes: 0,
            now_playing: NowPlaying::default(),
            silent_since: None,
            switched_at: 0,
            programme_from: None,
        }
    }

    /// Applies what changes with the next frame, which is played at `air_time`.
    pub fn apply(&mut self, change: &OnAirChange<'_>, air_time: AirTime, now: Time) {
        self.title_changes += u64::from(*self.timeline.title() != *change.block);
        self.timeline.set_title(change.block.clone());
        self.history.add(change.title, change.input_name, change.track, air_time.live_edge_at);
        self.now_playing.update(change, air_time);
        if change.has_switched {
            self.switched_at = self.timeline.end();
        }
        let is_silent = change.input_name.is_empty();
        if !is_silent && (self.silent_since.is_some() || self.programme_from.is_none()) {
            self.programme_from = Some(self.timeline.end());
        }
        self.silent_since = is_silent.then_some(now);
    }

    /// Returns the offset at which a new listener joins: the first frame that is not older than the burst,
    /// and after which all frames have one codec. If there is a seam near the start of the burst, the
    /// listener joins behind it: a browser that has stopped there would stop again at once.
    pub fn join_offset(&self, burst: AudioTime) -> u64 {
        let skipped = (burst.duration() / 4).min(SEAM_SKIP_MAX);
        let latest = self.timeline.offset_behind(burst.saturating_sub(skipped.into()));
        let seam = self.seams.latest_until(latest);
        self.timeline.offset_behind(burst).max(seam).max(self.codecs.last_from())
    }

    /// Returns the mean bit rate in kbit/s of the last `length`, as far as the audio begins at `start` or
    /// later and has one codec. It contains nothing of the input before, unless the input on air has just
    /// begun. `None` while there is less than [`KBPS_LENGTH_MIN`].
    pub fn kbps(&self, length: AudioTime, start: u64) -> Option<u32> {
        let from = self.timeline.offset_behind(length).max(self.codecs.last_from()).max(start);
        let mean_from = |from| {
            let is_enough = self.timeline.time_behind(from) >= KBPS_LENGTH_MIN.into();
            is_enough.then(|| self.timeline.kbps_from(from))?
        };
        mean_from(from.max(self.switched_at)).or_else(|| mean_from(from))
    }

    /// Adds a frame at the live edge. Returns the format of the frame before, if it is another one.
    pub fn push(&mut self, frame: &Frame<'_>) -> Option<Format> {
        let codec = frame.header.codec();
        let before = self.seams.note(frame.header.format(), self.timeline.end());
        self.codecs.note(codec, self.timeline.end(), self.timeline.start());
        if self.silent_since.is_none() {
            self.codec = Some(codec);
        }
        self.timeline.push_frame(frame.bytes, frame.header.duration());
        before
    }
}
