//! The decoded programme, with which the decoded renditions are compared.

use std::f64::consts::PI;
use std::ops::Range;

use coldwave::audio::Header;
use coldwave::transcode::{PcmBlock, ProgrammeDecoder};

use crate::failure::Failure;

/// Half the length of the filter that interpolates, in zeros of its impulse response.
const FILTER_ZEROS: f64 = 24.0;

/// How many samples around a range the filter needs.
pub const MARGIN: u64 = 64;

/// Decodes the programme, and keeps the first channel of some ranges.
pub struct Reference {
    decoder: ProgrammeDecoder,
    block: PcmBlock,
    /// Samples per channel that were decoded.
    position: u64,
    rate: u32,
    kept: Vec<(Range<u64>, Vec<f32>)>,
}

impl Reference {
    /// Returns a decoder that keeps these ranges, in samples of the programme.
    pub fn new(ranges: impl IntoIterator<Item = Range<u64>>) -> Self {
        Self {
            decoder: ProgrammeDecoder::default(),
            block: PcmBlock::default(),
            position: 0,
            rate: 0,
            kept: ranges.into_iter().map(|range| (range, Vec::new())).collect(),
        }
    }

    /// Decodes the next frame.
    pub fn push(&mut self, header: &Header, frame: &[u8]) -> Result<(), Failure> {
        self.decoder.decode(header, frame, &mut self.block)?;
        self.rate = header.rate();
        let samples = self.block.samples.iter().step_by(self.block.channels);
        for (at, sample) in (self.position..).zip(samples) {
            for (range, kept) in &mut self.kept {
                if range.contains(&at) {
                    kept.push(*sample);
                }
            }
        }
        self.position += u64::from(header.samples());
        Ok(())
    }

    /// Returns samples of the first channel at another rate, from a kept range.
    pub fn samples(&self, range: usize, rate: u32, samples: Range<u64>) -> Vec<f32> {
        let (kept_range, kept) = &self.kept[range];
        let step = f64::from(self.rate) / f64::from(rate);
        // Frequencies that the output does not have are left out.
        let cutoff = (0.95 / step).min(1.0);
        let at = |index: u64| index as f64 * step - kept_range.start as f64;
        samples.map(|index| interpolate(kept, at(index), cutoff)).collect()
    }
}

/// Returns the value of a signal between its samples, by a filter with a Hann window.
fn interpolate(samples: &[f32], at: f64, cutoff: f64) -> f32 {
    let reach = FILTER_ZEROS / cutoff;
    let (from, to) = ((at - reach).ceil().max(0.0) as usize, (at + reach).floor().max(0.0) as usize);
    let weigh = |index: usize| {
        let offset = at - index as f64;
        let window = 0.5 + 0.5 * (PI * offset / reach).cos();
        f64::from(samples.get(index).copied().unwrap_or(0.0)) * sinc(offset * cutoff) * cutoff * window
    };
    (from..=to).map(weigh).sum::<f64>() as f32
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}
