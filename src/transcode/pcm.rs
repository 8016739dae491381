//! Decoded audio.

use crate::audio::Header;

/// Some decoded samples.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PcmBlock {
    /// The sampling rate in Hz.
    pub rate: u32,
    /// The number of channels.
    pub channels: usize,
    /// The samples, interleaved. Full scale is from -1 to 1, but lossy codecs exceed it, and a damaged file
    /// can contain anything.
    pub samples: Vec<f32>,
}

impl PcmBlock {
    /// Returns the number of samples per channel.
    pub fn frames(&self) -> usize {
        self.samples.len() / self.channels.max(1)
    }

    /// Makes a decoded frame as long as its header says, so that a timeline does not depend on the decoder.
    pub(super) fn complete(&mut self, header: &Header) {
        if self.channels == 0 || self.rate != header.rate() {
            let channels = header.channels().into();
            *self = Self { rate: header.rate(), channels, samples: Vec::new() };
        }
        self.samples.resize(usize::from(header.samples()) * self.channels, 0.0);
    }
}
