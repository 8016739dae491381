//! A converted track whose last frames are still in the encoder.

use crate::audio::Codec;
use crate::autodj::batch::FrameBatch;
use crate::encode_worker::EncodedFile;
use crate::transcode::FileOutput;

/// A converted track of which everything was read. If another track follows that is converted too, the
/// encoder goes on with it, so that there is no gap.
pub(super) struct UnfinishedTrack {
    /// The encoder with the last frames.
    pub encoder: EncodedFile,
    /// What the track became.
    pub output: FileOutput,
    /// The codec of its frames.
    pub codec: Codec,
    /// The last batch of the track. It is not full yet.
    pub batch: FrameBatch,
}
