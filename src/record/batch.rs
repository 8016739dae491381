//! The frames and titles that are sent to the recording thread at once.

use std::time::Duration;

use crate::audio::Frame;
use crate::icy::Title;
use crate::time::AudioTime;

/// The bytes of audio in one write: a second at 128 kbit/s.
const BATCH_BYTES: usize = 16 * 1024;

/// The longest audio in one write. This much is lost if the process is killed.
const BATCH_LENGTH: Duration = Duration::from_secs(1);

/// Whole frames, one after the other, with the titles between them.
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

    /// Returns whether the batch is to be written.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_BYTES || self.length >= BATCH_LENGTH.into()
    }

    /// Returns the title in force after the batch, for a batch whose frames are lost.
    pub fn into_last_title(mut self) -> Option<Title> {
        self.titles.pop().map(|(_, title)| title)
    }
}
