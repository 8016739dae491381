//! What goes to the disk in one write.

use std::time::Duration;

use crate::audio::Frame;
use crate::icy::Title;
use crate::time::AudioTime;

/// Bytes of audio in one write: a second at 128 kbit/s.
const BATCH_BYTES: usize = 16 * 1024;

/// The longest that the audio in one write may last: so much is lost when the process is killed.
const BATCH_LENGTH: Duration = Duration::from_secs(1);

/// Whole frames, one after the other, with the titles between them.
#[derive(Debug, Default)]
pub struct RecordBatch {
    /// The frames.
    pub bytes: Vec<u8>,
    /// How long they play.
    pub length: AudioTime,
    /// Titles, each with how much audio of this batch comes before it. No two have the same place.
    pub titles: Vec<(AudioTime, Title)>,
}

impl RecordBatch {
    /// Adds a frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.bytes.extend_from_slice(frame.bytes);
        self.length += frame.header.duration();
    }

    /// Adds a title that begins with the next frame.
    pub fn push_title(&mut self, title: Title) {
        self.titles.pop_if(|(at, _)| *at == self.length);
        self.titles.push((self.length, title));
    }

    /// Whether it is to be written.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_BYTES || self.length >= BATCH_LENGTH.into()
    }

    /// What is left of it where its frames are lost: the title that holds behind them.
    pub fn into_last_title(mut self) -> Option<Title> {
        self.titles.pop().map(|(_, title)| title)
    }
}
