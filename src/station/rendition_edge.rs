//! The live edge of a rendition: which frame is next, and the titles that begin at it or later.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use super::now_playing::AirTime;
use super::programme::Programme;
use super::switcher::OnAirChange;
use super::track::TrackInfo;
use crate::audio::{Frame, Silence};
use crate::icy::{Block, Title};
use crate::time::{AudioTime, Time};
use crate::transcode::{RUNG_DELAY, Rung, TargetFormat};

/// What changes on air at one point of a station's timeline, for the station's renditions.
#[derive(Debug, Clone)]
pub struct ProgrammeChange {
    /// The point on the station's timeline.
    pub at: AudioTime,
    title: Title,
    block: Rc<Block>,
    input_name: String,
    /// Whether another input goes on air.
    pub has_switched: bool,
    track: Option<Arc<TrackInfo>>,
    track_position: AudioTime,
    air_time: AirTime,
}

impl ProgrammeChange {
    pub(super) fn new(change: &OnAirChange<'_>, at: AudioTime, air_time: AirTime) -> Self {
        Self {
            at,
            title: change.title.clone(),
            block: change.block.clone(),
            input_name: change.input_name.to_owned(),
            has_switched: change.has_switched,
            track: change.track.cloned(),
            track_position: change.track_position,
            air_time,
        }
    }

    /// Returns the change to what `programme` has on air at `at`.
    pub(super) fn current(programme: &Programme, at: AudioTime) -> Self {
        let now_playing = &programme.now_playing;
        Self {
            at,
            title: now_playing.title.clone(),
            block: programme.timeline.title().clone(),
            input_name: now_playing.input_name.clone(),
            has_switched: true,
            track: now_playing.track.clone(),
            track_position: now_playing.title_since.live_edge_at.since(now_playing.began).into(),
            air_time: now_playing.title_since,
        }
    }

    fn apply(&self, programme: &mut Programme, now: Time) {
        let &Self { has_switched, track_position, air_time, .. } = self;
        let Self { title, block, input_name, .. } = self;
        let track = self.track.as_ref();
        let change = OnAirChange { title, block, input_name, has_switched, track, track_position };
        programme.apply(&change, air_time, now);
    }
}

/// The live edge of a rendition.
///
/// Its frames are numbered from the start of its station's timeline, so the number of a frame says which
/// audio of the station is heard in it (see [`Rung::frame_at`]). A frame that the encoder does not deliver is
/// replaced by silence, and the numbers go on.
#[derive(Debug)]
pub struct RenditionEdge {
    format: TargetFormat,
    /// Silence in the format.
    silence: Rc<Silence>,
    /// The index of the next frame.
    next: u64,
    /// What changes later, by the point on the station's timeline.
    changes: VecDeque<ProgrammeChange>,
    /// How many frames of silence replaced those of the encoder.
    silent_frames: u64,
    /// When these began, while they last.
    gap_since: Option<Time>,
}

impl RenditionEdge {
    /// Returns an edge at a point of the station's timeline.
    ///
    /// # Panics
    /// If layer III has no such format, which the configuration refuses.
    pub fn new(format: TargetFormat, at: AudioTime) -> Self {
        let silence = silence(format);
        let (next, changes) = (Rung::frame_at(at, format), VecDeque::new());
        Self { format, silence, next, changes, silent_frames: 0, gap_since: None }
    }

    /// Returns the format of the frames.
    pub fn format(&self) -> TargetFormat {
        self.format
    }

    /// Returns the index of the next frame.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Returns the point on the station's timeline up to which all audio was played, as heard in the frames
    /// so far.
    pub fn position(&self) -> AudioTime {
        let samples = self.next * Rung::samples_per_frame(self.format);
        AudioTime::from_samples(samples.saturating_sub(RUNG_DELAY), self.format.rate)
    }

    /// Returns how much silence replaced frames of the encoder so far.
    pub fn gap_length(&self) -> AudioTime {
        let samples = self.silent_frames * Rung::samples_per_frame(self.format);
        AudioTime::from_samples(samples, self.format.rate)
    }

    /// Returns when the current gap began, if there is one.
    pub fn gap_since(&self) -> Option<Time> {
        self.gap_since
    }

    /// Continues in another format at the same point of the station's timeline.
    pub fn set_format(&mut self, format: TargetFormat) {
        if Rung::samples_per_frame(format) != Rung::samples_per_frame(self.format)
            || format.rate != self.format.rate
        {
            self.next = Rung::frame_at(self.position(), format);
        }
        self.silence = silence(format);
        self.format = format;
    }

    /// Continues at a later frame, before any frame was played.
    pub(super) fn skip_to(&mut self, index: u64) {
        self.next = self.next.max(index);
    }

    /// Notes what changes at a point that was not played yet. Points must not fall.
    pub(super) fn add_change(&mut self, change: ProgrammeChange) {
        self.changes.push_back(change);
    }

    /// Adds the next frame to the timeline.
    pub(super) fn push(&mut self, programme: &mut Programme, frame: &Frame<'_>, now: Time) {
        self.gap_since = None;
        self.play(programme, frame, now);
    }

    /// Adds silence to the timeline in place of the next frame.
    pub(super) fn push_silence(&mut self, programme: &mut Programme, now: Time) {
        self.gap_since.get_or_insert(now);
        self.silent_frames += 1;
        let silence = self.silence.clone();
        self.play(programme, &silence.frame(), now);
    }

    fn play(&mut self, programme: &mut Programme, frame: &Frame<'_>, now: Time) {
        let is_due = |change: &ProgrammeChange| Rung::frame_at(change.at, self.format) <= self.next;
        while self.changes.front().is_some_and(is_due) {
            self.changes.pop_front().iter().for_each(|change| change.apply(programme, now));
        }
        programme.push(frame);
        self.next += 1;
    }
}

fn silence(format: TargetFormat) -> Rc<Silence> {
    let header = format.header().expect("the configuration has only formats of layer III");
    Rc::new(Silence::matching(&header))
}
