//! Changes the sampling rate, without a delay and without a lost sample.

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

/// Minimum length of the filter, in samples of the higher rate, if the rates do not differ much: with fewer,
/// the highest frequencies suffer (-3.8 dB at 0.95 of the Nyquist frequency with 288).
const FILTER_LEN: usize = 1152;

/// Minimum length of the filter in samples of the output, which counts if the output has far fewer.
const FILTER_LEN_OUT: usize = 576;

/// Returns the number of samples that this many samples become, rounded to the nearest. The rates are not 0.
pub(super) fn resampled_len(samples: u64, rate_in: u32, rate_out: u32) -> u64 {
    (samples * u64::from(rate_out) + u64::from(rate_in) / 2) / u64::from(rate_in)
}

/// A resampler for interleaved samples of any length.
///
/// Sample 0 of the output belongs to the same time as sample 0 of the input: the delay of the filter is
/// removed.
pub(super) struct Resampler {
    fft: Fft<f32>,
    channels: usize,
    rate_in: u32,
    rate_out: u32,
    /// Input that does not fill a block yet.
    pending: Vec<f32>,
    /// One block of output.
    block: Vec<f32>,
    /// Samples per channel of the input so far.
    consumed: u64,
    /// Samples per channel of the output so far.
    produced: u64,
    /// Samples per channel of the filter's delay that are still to be removed from the output.
    delay: usize,
}

impl Resampler {
    /// Returns a resampler between two rates in Hz, for this number of channels.
    ///
    /// # Panics
    /// If one of the numbers is 0.
    pub(super) fn new(rate_in: u32, rate_out: u32, channels: usize) -> Self {
        let (input, output) = (rate_in as usize, rate_out as usize);
        let (len, window) = (filter_len(input, output), WindowFunction::BlackmanHarris2);
        let fft = Fft::new_custom(input, output, len, 1, channels, window, FixedSync::Input)
            .expect("rates and channels are not 0");
        Self {
            block: vec![0.0; fft.output_frames_max() * channels],
            delay: fft.output_delay(),
            fft,
            channels,
            rate_in,
            rate_out,
            pending: Vec::new(),
            consumed: 0,
            produced: 0,
        }
    }

    /// Converts interleaved samples, and appends what is ready to `output`.
    pub(super) fn push(&mut self, samples: &[f32], output: &mut Vec<f32>) {
        self.consumed += (samples.len() / self.channels) as u64;
        self.pending.extend_from_slice(samples);
        self.convert_blocks(output);
    }

    /// Appends the rest, so that the output has exactly [`resampled_len`] samples per channel.
    pub(super) fn finish(mut self, output: &mut Vec<f32>) {
        let due = self.due();
        let before = output.len();
        let already = self.produced;
        while self.produced < due {
            self.pending.resize(self.pending.len() + self.block_len(), 0.0);
            self.convert_blocks(output);
        }
        output.truncate(before + (due - already) as usize * self.channels);
    }

    /// Returns the number of samples per channel that the input so far becomes: rounded to the nearest.
    fn due(&self) -> u64 {
        resampled_len(self.consumed, self.rate_in, self.rate_out)
    }

    /// Returns the length of the next block of input, in samples of all channels.
    fn block_len(&self) -> usize {
        self.fft.input_frames_next() * self.channels
    }

    fn convert_blocks(&mut self, output: &mut Vec<f32>) {
        let mut at = 0;
        while self.pending.len() - at >= self.block_len() {
            let len = self.block_len();
            self.convert_block(at, output);
            at += len;
        }
        self.pending.drain(..at);
    }

    fn convert_block(&mut self, at: usize, output: &mut Vec<f32>) {
        let frames = self.fft.input_frames_next();
        let input = InterleavedSlice::new(&self.pending[at..], self.channels, frames);
        let capacity = self.block.len() / self.channels;
        let block = InterleavedSlice::new_mut(&mut self.block, self.channels, capacity);
        let (input, mut block) = input.ok().zip(block.ok()).expect("the buffers have these lengths");
        let (_, len) = self.fft.process_into_buffer(&input, &mut block, None).expect("both buffers suffice");
        let removed = self.delay.min(len);
        self.delay -= removed;
        self.produced += (len - removed) as u64;
        output.extend_from_slice(&self.block[removed * self.channels..len * self.channels]);
    }
}

/// Returns the length of the filter in samples of the input. It is an even multiple of the shortest possible
/// one, so that the delay, which is half of it, is a whole number of samples of the output.
fn filter_len(rate_in: usize, rate_out: usize) -> usize {
    let least = FILTER_LEN.max((FILTER_LEN_OUT * rate_in).div_ceil(rate_out));
    let step = 2 * rate_in / greatest_common_divisor(rate_in, rate_out);
    least.next_multiple_of(step)
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const RATES: [u32; 9] = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

    fn sine(frequency: f64, rate: u32, len: usize) -> Vec<f32> {
        (0..len).map(|at| (0.5 * (TAU * frequency * at as f64 / f64::from(rate)).sin()) as f32).collect()
    }

    fn resampled(samples: &[f32], rate_in: u32, rate_out: u32, channels: usize, piece: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(rate_in, rate_out, channels);
        let mut output = Vec::new();
        samples.chunks(piece * channels).for_each(|piece| resampler.push(piece, &mut output));
        resampler.finish(&mut output);
        output
    }

    /// Returns the largest difference between two signals, without `margin` samples at both ends.
    fn difference(a: &[f32], b: &[f32], margin: usize) -> f32 {
        let pairs = a.iter().zip(b).take(a.len() - margin).skip(margin);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn output_is_aligned_to_the_sample_and_as_long_as_the_input() {
        for rate_in in RATES.into_iter().chain([88_200, 96_000, 192_000, 37_800]) {
            for rate_out in RATES {
                let len = rate_in as usize / 2 + 17;
                let found = resampled(&sine(440.0, rate_in, len), rate_in, rate_out, 1, 1000);
                let due = (len as f64 * f64::from(rate_out) / f64::from(rate_in)).round() as usize;
                assert_eq!(found.len(), due, "{rate_in} to {rate_out}");
                let error = difference(&found, &sine(440.0, rate_out, due), due / 8);
                assert!(error < 1e-5, "{rate_in} to {rate_out}: {error}");
            }
        }
    }

    #[test]
    fn frequencies_up_to_95_percent_of_nyquist_keep_their_level_and_higher_ones_vanish() {
        for (rate_in, rate_out) in [(48_000, 44_100), (44_100, 22_050), (192_000, 44_100), (44_100, 48_000)] {
            let nyquist = f64::from(rate_in.min(rate_out)) / 2.0;
            let level = |frequency: f64| {
                let found =
                    resampled(&sine(frequency, rate_in, rate_in as usize), rate_in, rate_out, 1, 4096);
                let middle = &found[found.len() / 4..found.len() * 3 / 4];
                (middle.iter().map(|sample| sample * sample).sum::<f32>() / middle.len() as f32).sqrt()
            };
            let reference = 0.5 / 2_f32.sqrt();
            assert!((level(nyquist * 0.95) / reference - 1.0).abs() < 0.01, "{rate_in} to {rate_out}");
            if rate_in > rate_out {
                assert!(level(nyquist * 1.08) < 1e-5, "{rate_in} to {rate_out}");
            }
        }
    }

    #[test]
    fn channels_stay_apart_and_pieces_do_not_matter() {
        let (left, right) = (sine(440.0, 48_000, 9_000), sine(1_000.0, 48_000, 9_000));
        let both: Vec<f32> = left.iter().zip(&right).flat_map(|(a, b)| [*a, *b]).collect();
        let found = resampled(&both, 48_000, 44_100, 2, 1152);
        for (channel, alone) in [left, right].iter().enumerate() {
            let alone = resampled(alone, 48_000, 44_100, 1, 1152);
            let channel: Vec<f32> = found.iter().skip(channel).step_by(2).copied().collect();
            assert!(difference(&channel, &alone, 0) < 1e-6);
        }
        for piece in [1, 7, 4_000, 9_000] {
            assert_eq!(resampled(&both, 48_000, 44_100, 2, piece), found, "pieces of {piece}");
        }
    }

    #[test]
    fn unusual_rates_have_the_right_length() {
        for (rate_in, rate_out) in [(1_000, 48_000), (44_101, 44_100), (96_001, 8_000), (768_000, 44_100)] {
            for len in [0, 1, 5, 100_003] {
                let due = (len as f64 * f64::from(rate_out) / f64::from(rate_in)).round() as usize;
                let found = resampled(&vec![0.25; len], rate_in, rate_out, 1, 5_000);
                assert_eq!(found.len(), due, "{len} samples from {rate_in} to {rate_out}");
            }
        }
    }
}
