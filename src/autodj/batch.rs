//! What a reader sends to its station: batches of frames, or the news that there is nothing to play.

use std::sync::Arc;
use std::time::Duration;

use crate::audio::{Codec, Frame};
use crate::station::TrackInfo;
use crate::time::AudioTime;

/// Bytes of audio in one batch: half a second at 128 kbit/s.
pub const BATCH_BYTES: usize = 8 * 1024;

/// The longest that the audio in one batch may play. At a low bit rate, what is read ahead would otherwise last for
/// minutes, and a track would be chosen long before it is played: see `rotation`.
const BATCH_DURATION: Duration = Duration::from_secs(1);

/// Batches that wait to be played, at most. Ten seconds at 128 kbit/s: a burst, and a disk's time to wake up. With the one
/// that is being filled, never more than 21 seconds.
pub const BATCHES_WAITING: usize = 20;

/// What the reader sends.
#[derive(Debug)]
pub enum ReaderMessage {
    /// The next frames.
    Batch(FrameBatch),
    /// A whole round through the music found nothing to play.
    NothingPlayable,
}

/// Which of all tracks that were read: 1, 2, 3 … A file that is played twice is two.
pub type TrackSeq = u64;

/// Whole frames of one track, one after the other.
#[derive(Debug, Default)]
pub struct FrameBatch {
    /// The track; 0 before the first.
    pub seq: TrackSeq,
    /// The title that begins with the first frame.
    pub title: Option<String>,
    /// What is known of the track that begins with the first frame.
    pub track: Option<Arc<TrackInfo>>,
    /// The frames, nothing between them.
    pub bytes: Vec<u8>,
    duration: AudioTime,
}

impl FrameBatch {
    /// The first of a track, still empty.
    #[cfg(test)]
    pub fn first_of_track(seq: TrackSeq, title: String, track: Arc<TrackInfo>) -> Self {
        Self { seq, title: Some(title), track: Some(track), ..Self::default() }
    }

    /// One that goes on with a track, still empty.
    pub fn continuing(seq: TrackSeq) -> Self {
        Self { seq, bytes: Vec::with_capacity(BATCH_BYTES + Codec::Mp3.max_frame_len()), ..Self::default() }
    }

    /// Adds a frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.bytes.extend_from_slice(frame.bytes);
        self.duration += frame.header.duration();
    }

    /// Whether there is no frame in it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether it is to be sent.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_BYTES || self.duration >= BATCH_DURATION.into()
    }

    /// One that goes on with a track, still empty, with the room that this one had.
    pub fn reused_for(mut self, seq: TrackSeq) -> Self {
        self.bytes.clear();
        Self { seq, bytes: self.bytes, ..Self::default() }
    }
}
