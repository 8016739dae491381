//! What a conversion reads decoded samples from.

use super::decode::AudioFile;
use super::pcm::PcmBlock;

/// A file that is decoded step by step.
pub(super) trait PcmSource {
    /// Replaces `block` by the next samples; there may be none. Returns false at the end.
    fn read(&mut self, block: &mut PcmBlock) -> bool;

    /// Leaves out the next samples, counted per channel at the file's rate.
    fn skip(&mut self, samples: u64);
}

impl PcmSource for AudioFile {
    fn read(&mut self, block: &mut PcmBlock) -> bool {
        AudioFile::read(self, block)
    }

    fn skip(&mut self, samples: u64) {
        AudioFile::skip(self, samples);
    }
}
