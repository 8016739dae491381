//! A station that is a rendition of another one: its frames come from an encoder.

use super::rendition_edge::{ProgrammeChange, RenditionEdge};
use super::station::{Progress, Station};
use crate::audio::{Codec, Frame, Header};
use crate::time::{AudioTime, Time};
use crate::transcode::{EncodedFrames, TargetFormat};

impl Station {
    /// Returns the edge of a new rendition of this station, which begins at its live edge.
    pub fn new_rendition(&self, format: TargetFormat) -> RenditionEdge {
        let at = self.timeline().end_time();
        let mut edge = RenditionEdge::new(format, at);
        edge.add_change(ProgrammeChange::current(&self.programme, at));
        edge
    }

    /// Makes a station that has played nothing the rendition with this edge.
    pub fn become_rendition(&mut self, edge: RenditionEdge) {
        self.rendition = Some(Box::new(edge));
    }

    /// Returns the live edge of a rendition. `None` if this is another kind of station.
    pub fn rendition(&self) -> Option<&RenditionEdge> {
        self.rendition.as_deref()
    }

    /// Continues a rendition in another format. With another sampling rate or channel count, new listeners
    /// get nothing from before, because many players stop where it changes.
    pub fn set_rendition_format(&mut self, format: TargetFormat) {
        let before = self.rendition().map(|edge| edge.format().format());
        self.rendition.iter_mut().for_each(|edge| edge.set_format(format));
        if before != Some(format.format()) {
            self.hide_played();
        }
    }

    /// Begins a rendition that has played nothing with this frame, if it is later than its next one.
    pub fn begin_rendition_at(&mut self, index: u64) {
        if self.timeline().end() == 0 {
            self.rendition.iter_mut().for_each(|edge| edge.skip_to(index));
        }
    }

    /// Keeps what changes on air for this station's renditions, until it is [taken](Self::take_changes).
    pub fn record_changes(&mut self) {
        self.changes.get_or_insert_default();
    }

    /// Drops what has changed on air, and keeps nothing from now on.
    pub fn ignore_changes(&mut self) {
        self.changes = None;
    }

    /// Returns what has changed on air since the last call.
    pub fn take_changes(&mut self) -> Vec<ProgrammeChange> {
        self.changes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Notes what changes on a rendition at a point of its station's timeline.
    pub fn add_change(&mut self, change: ProgrammeChange) {
        self.rendition.iter_mut().for_each(|edge| edge.add_change(change.clone()));
    }

    /// Restarts the timeline of a rendition: new listeners get nothing from before `at` on the timeline of
    /// its station.
    pub fn restart_rendition(&mut self, at: AudioTime) {
        if self.rendition.is_none() {
            return;
        }
        self.restart_rendition_at = Some(at);
        self.hide_played();
    }

    /// Plays the frames of an encoder that were not played yet. If some before them are missing, silence is
    /// played in their place.
    ///
    /// Call it again with the same frames after [`Progress::ServeAllFirst`].
    ///
    /// # Errors
    /// They are not frames in the rendition's format.
    pub fn play_encoded(&mut self, frames: &EncodedFrames, now: Time) -> Result<Progress, InvalidFrames> {
        let Some(next) = self.rendition().map(RenditionEdge::next) else { return Ok(Progress::Done) };
        if frames.count > 0 && self.play_silence_until(frames.index, now) == Progress::ServeAllFirst {
            return Ok(Progress::ServeAllFirst);
        }
        let mut rest = &frames.bytes[..];
        for index in frames.index..frames.index + u64::from(frames.count) {
            let (header, bytes) = self.split_frame(&mut rest).ok_or(InvalidFrames)?;
            if index < next {
                continue;
            }
            if self.is_pass_due() {
                return Ok(Progress::ServeAllFirst);
            }
            self.play_rendition_frame(&Frame { bytes, header, offset: 0 }, now);
        }
        Ok(Progress::Done)
    }

    /// Plays silence instead of the frames before `index`.
    ///
    /// Call it again after [`Progress::ServeAllFirst`].
    pub fn play_silence_until(&mut self, index: u64, now: Time) -> Progress {
        while self.rendition().is_some_and(|edge| edge.next() < index) {
            if self.is_pass_due() {
                return Progress::ServeAllFirst;
            }
            let Self { rendition: Some(edge), programme, .. } = self else { break };
            edge.push_silence(programme, now);
            self.hide_before_restart();
        }
        Progress::Done
    }

    fn play_rendition_frame(&mut self, frame: &Frame<'_>, now: Time) {
        let Self { rendition: Some(edge), programme, .. } = self else { return };
        edge.push(programme, frame, now);
        self.hide_before_restart();
    }

    /// Splits the first frame off. Its bit rate may differ from the current one shortly after a change.
    fn split_frame<'b>(&self, rest: &mut &'b [u8]) -> Option<(Header, &'b [u8])> {
        let format = self.rendition()?.format().format();
        let header = Header::parse(Codec::Mp3, rest).filter(|header| header.format() == format)?;
        let (frame, behind) = rest.split_at_checked(header.frame_len())?;
        *rest = behind;
        Some((header, frame))
    }

    /// Hides what was played from new listeners, until the point at which the timeline was restarted.
    fn hide_before_restart(&mut self) {
        let Some(at) = self.restart_rendition_at else { return };
        if self.rendition().is_some_and(|edge| edge.position() <= at) {
            self.hide_played();
        } else {
            self.restart_rendition_at = None;
        }
    }
}

/// Bytes from an encoder that are not frames in the rendition's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidFrames;

#[cfg(test)]
mod tests;
