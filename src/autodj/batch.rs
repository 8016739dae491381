//! What a reader sends to its station: batches of frames, their length and how many may wait, or the message
//! that there is nothing to play.

use std::sync::Arc;
use std::time::Duration;

use crate::audio::{Codec, Frame, Header};
use crate::station::TrackInfo;
use crate::time::AudioTime;

/// Size of one batch in bytes of audio: half a second at 128 kbit/s.
pub const BATCH_BYTES: usize = 8 * 1024;

/// Maximum duration of one batch. At a low bit rate, the batches that are read ahead would otherwise last for
/// minutes, and a track would be chosen long before it is played: see `rotation`.
const BATCH_DURATION: Duration = Duration::from_secs(1);

/// Maximum number of batches that wait to be played. Ten seconds at 128 kbit/s: enough for a burst, and for a
/// disk to spin up. With the batch that is being filled, at most 21 seconds.
pub const BATCHES_WAITING: usize = 20;

/// A message from the reader.
#[derive(Debug)]
pub enum ReaderMessage {
    /// The next frames.
    Batch(FrameBatch),
    /// No track of a complete round was playable.
    NothingPlayable,
}

/// The sequence number of a track that was read: 1, 2, 3 … A file that is played twice gets two numbers.
pub type TrackSeq = u64;

/// Consecutive complete frames of one track.
#[derive(Debug, Default)]
pub struct FrameBatch {
    /// The track; 0 before the first track.
    pub seq: TrackSeq,
    /// The title that begins with the first frame.
    pub title: Option<String>,
    /// The tags of the track that begins with the first frame.
    pub track: Option<Arc<TrackInfo>>,
    /// The frames, without gaps.
    pub bytes: Vec<u8>,
    duration: AudioTime,
    /// The header of the last frame.
    last: Option<Header>,
}

impl FrameBatch {
    /// Creates an empty first batch of a track.
    #[cfg(test)]
    pub fn first_of_track(seq: TrackSeq, title: String, track: Arc<TrackInfo>) -> Self {
        Self { seq, title: Some(title), track: Some(track), ..Self::default() }
    }

    /// Creates an empty batch that continues a track.
    pub fn continuing(seq: TrackSeq) -> Self {
        Self { seq, bytes: Vec::with_capacity(BATCH_BYTES + Codec::Mp3.max_frame_len()), ..Self::default() }
    }

    /// Adds a frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.bytes.extend_from_slice(frame.bytes);
        self.duration += frame.header.duration();
        self.last = Some(frame.header);
    }

    /// Returns how long the frames play.
    pub fn duration(&self) -> AudioTime {
        self.duration
    }

    /// Returns the header of the last frame.
    pub fn last_header(&self) -> Option<Header> {
        self.last
    }

    /// Returns whether the batch has no frames.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns whether the batch is ready to be sent.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_BYTES || self.duration >= BATCH_DURATION.into()
    }

    /// Returns an empty batch that continues a track and reuses the memory of this one.
    pub fn reused_for(mut self, seq: TrackSeq) -> Self {
        self.bytes.clear();
        Self { seq, bytes: self.bytes, ..Self::default() }
    }
}
