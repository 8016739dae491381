//! Cuts off the samples that an encoder has added at the beginning and at the end.

use crate::transcode::PcmBlock;

/// The samples per channel of a file that are heard: `skip` are dropped, then `left` are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Trim {
    skip: u64,
    left: Option<u64>,
}

impl Trim {
    /// Drops the first `skip` samples. Keeps `left` of the others, or all of them if it is `None`.
    pub fn new(skip: u64, left: Option<u64>) -> Self {
        Self { skip, left }
    }

    /// Drops this many more samples of those that are kept.
    pub fn skip_more(&mut self, samples: u64) {
        self.skip = self.skip.saturating_add(samples);
        self.left = self.left.map(|left| left.saturating_sub(samples));
    }

    /// Returns how many samples are to be dropped.
    pub fn skip_left(&self) -> u64 {
        self.skip
    }

    /// Notes that samples were dropped, no more than are [to be dropped](Self::skip_left).
    pub fn dropped(&mut self, samples: u64) {
        self.skip = self.skip.saturating_sub(samples);
    }

    /// Returns whether all samples that are kept have passed.
    pub fn is_over(&self) -> bool {
        self.left == Some(0)
    }

    /// Removes from the next block what is dropped.
    pub fn apply(&mut self, block: &mut PcmBlock) {
        let dropped = self.skip.min(block.frames() as u64);
        self.skip -= dropped;
        block.samples.drain(..dropped as usize * block.channels);
        if let Some(left) = &mut self.left {
            let kept = (*left).min(block.frames() as u64);
            *left -= kept;
            block.samples.truncate(kept as usize * block.channels);
        }
    }
}
