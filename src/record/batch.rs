//! The frames and titles of one job for the recording thread.

use std::time::Duration;

use crate::audio::Frame;
use crate::icy::Title;
use crate::time::AudioTime;

/// A batch with this many bytes is written: one second at 128 kbit/s.
const BATCH_BYTES: usize = 16 * 1024;

/// A batch with this much audio is written. About this much is lost if the process is killed.
const BATCH_LENGTH: Duration = Duration::from_secs(1);

/// Consecutive frames, with the titles between them.
#[derive(Debug, Default)]
pub struct RecordBatch {
    /// The frames.
    pub bytes: Vec<u8>,
    /// How long they play.
    pub length: AudioTime,
    /// The titles, each with the length of this batch's audio before it. No two have the same position.
    pub titles: Vec<(AudioTime, Title)>,
}

impl RecordBatch {
    /// Adds a frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.bytes.extend_from_slice(frame.bytes);
        self.length += frame.header.duration();
    }

    /// Adds a title that starts with the next frame.
    pub fn push_title(&mut self, title: Title) {
        self.titles.pop_if(|(at, _)| *at == self.length);
        self.titles.push((self.length, title));
    }

    /// Returns whether the batch is large enough to be written.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_BYTES || self.length >= BATCH_LENGTH.into()
    }

    /// Returns the last title, which is still in effect after the frames of the batch are lost.
    pub fn into_last_title(mut self) -> Option<Title> {
        self.titles.pop().map(|(_, title)| title)
    }
}
