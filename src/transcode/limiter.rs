//! Changes the volume, and keeps the peaks below a ceiling without distortion.
//!
//! A look-ahead limiter: it lowers the gain smoothly before a peak and raises it slowly after it. Between the
//! peaks the signal is only multiplied by the gain. All channels get the same gain, so that the image stays
//! where it is.

use std::collections::VecDeque;

use super::target::TargetFormat;
use super::true_peak::TruePeak;

/// The gain begins to fall this long before a peak, in seconds.
const LOOK_AHEAD: f32 = 0.005;

/// The time in which the gain rises by 63 % of what is missing, in seconds.
const RELEASE: f32 = 0.1;

/// A reduction below this (0.001 dB) ends, so that the signal is unchanged again.
const RESTORED: f32 = 1e-4;

/// The gain of a peak applies to this many samples on both sides of it, because the interpolation between
/// samples involves them.
const MARGIN: usize = TruePeak::DELAY;

/// Bit rates from here on, in kbit/s, get the higher ceiling.
const HIGH_BIT_RATE: u16 = 96;

/// Returns the ceiling in dBTP. Lossy encoding adds to peaks, the more so at low bit rates.
pub(super) fn ceiling_db(format: &TargetFormat) -> f32 {
    if format.kbps >= HIGH_BIT_RATE { -1.0 } else { -2.0 }
}

/// Returns by how many dB LAME lowers the volume at a bit rate, against clipping: its presets, which also
/// apply to constant bit rates, multiply the input by these factors (`presets.c` of LAME 3.100).
fn encoder_loss_db(format: &TargetFormat) -> f32 {
    let scale: f32 = match format.kbps {
        ..192 => 0.95,
        192..224 => 0.97,
        224..256 => 0.98,
        _ => 1.0,
    };
    -20.0 * scale.log10()
}

/// A limiter for interleaved samples. Its delay is removed from the output.
pub struct Limiter {
    channels: usize,
    /// The factor for all samples of the input.
    volume: f32,
    ceiling: f32,
    detectors: Vec<TruePeak>,
    lowest: SlidingMinimum,
    /// The factor by which the reduction falls per sample after a peak.
    release: f32,
    /// What the gain lacks to 1. In single precision, the gain itself would never get there.
    reduction: f32,
    smooth: MovingMean,
    /// The input, for which the gain is not known yet, interleaved.
    delayed: VecDeque<f32>,
    /// Samples per channel of the delay that are still to be removed from the output.
    delay_left: usize,
}

impl Limiter {
    /// Returns a limiter for audio in this format, which changes the volume before it limits: by `gain_db`,
    /// and by what the encoder will lower it.
    pub fn new(format: &TargetFormat, gain_db: f32) -> Self {
        let gain_db = gain_db + encoder_loss_db(format);
        Self::with_ceiling(format.rate, format.channels.into(), gain_db, ceiling_db(format))
    }

    fn with_ceiling(rate: u32, channels: usize, gain_db: f32, ceiling_db: f32) -> Self {
        let samples = |seconds: f32| seconds * rate as f32;
        let look_ahead = (samples(LOOK_AHEAD) as usize).max(1);
        let delay = look_ahead - 1 + TruePeak::DELAY + MARGIN;
        Self {
            channels,
            volume: factor(gain_db),
            ceiling: factor(ceiling_db),
            detectors: (0..channels).map(|_| TruePeak::new()).collect(),
            lowest: SlidingMinimum::new(look_ahead + 1 + 2 * MARGIN),
            release: (-1.0 / samples(RELEASE)).exp(),
            reduction: 0.0,
            smooth: MovingMean::new(look_ahead),
            delayed: vec![0.0; delay * channels].into(),
            delay_left: delay,
        }
    }

    /// Limits samples, and appends what is ready to `output`.
    pub fn push(&mut self, samples: &[f32], output: &mut Vec<f32>) {
        for frame in samples.chunks_exact(self.channels) {
            let peak = self.delay_frame(frame);
            let gain = self.gain_for(peak);
            self.take_frame(gain, output);
        }
    }

    /// Appends the rest, so that the output is as long as the input.
    pub fn finish(mut self, output: &mut Vec<f32>) {
        let rest = vec![0.0; self.delayed.len()];
        self.push(&rest, output);
    }

    /// Takes one sample of each channel, and returns the next peak.
    fn delay_frame(&mut self, frame: &[f32]) -> f32 {
        let mut highest = 0.0_f32;
        for (sample, detector) in frame.iter().zip(&mut self.detectors) {
            let sample = sample * self.volume;
            self.delayed.push_back(sample);
            highest = highest.max(detector.next(sample));
        }
        highest
    }

    /// Returns the gain for the next samples of the output.
    fn gain_for(&mut self, peak: f32) -> f32 {
        let wanted = if peak > self.ceiling { self.ceiling / peak } else { 1.0 };
        let least = 1.0 - self.lowest.next(wanted);
        let released = self.reduction * self.release;
        self.reduction = if released < RESTORED { least } else { released.max(least) };
        self.smooth.next(1.0 - self.reduction)
    }

    fn take_frame(&mut self, gain: f32, output: &mut Vec<f32>) {
        let frame = self.delayed.drain(..self.channels);
        if self.delay_left > 0 {
            self.delay_left -= 1;
        } else {
            output.extend(frame.map(|sample| sample * gain));
        }
    }
}

/// Returns the factor of an amplitude for a number of decibels.
fn factor(db: f32) -> f32 {
    10_f32.powf(db / 20.0)
}

/// The minimum of the last values.
struct SlidingMinimum {
    window: usize,
    count: usize,
    /// The values that are or can become the minimum, in rising order, with their numbers.
    candidates: VecDeque<(usize, f32)>,
}

impl SlidingMinimum {
    fn new(window: usize) -> Self {
        Self { window, count: 0, candidates: VecDeque::new() }
    }

    /// Takes a value and returns the minimum of the last `window` ones, this one included.
    fn next(&mut self, value: f32) -> f32 {
        while self.candidates.pop_back_if(|(_, last)| *last >= value).is_some() {}
        self.candidates.push_back((self.count, value));
        self.count += 1;
        let oldest = self.count.saturating_sub(self.window);
        while self.candidates.pop_front_if(|(number, _)| *number < oldest).is_some() {}
        self.candidates.front().map_or(value, |(_, lowest)| *lowest)
    }
}

/// The mean of the last values, which are at most 1.
struct MovingMean {
    /// The last values, in a ring.
    values: Vec<f32>,
    at: usize,
    /// Their sum. It stays exact: it needs fewer bits than a double has.
    sum: f64,
}

impl MovingMean {
    /// Returns a mean of `window` values that begin as 1.
    fn new(window: usize) -> Self {
        Self { values: vec![1.0; window], at: 0, sum: window as f64 }
    }

    fn next(&mut self, value: f32) -> f32 {
        let oldest = std::mem::replace(&mut self.values[self.at], value);
        self.at = (self.at + 1) % self.values.len();
        self.sum += f64::from(value) - f64::from(oldest);
        (self.sum / self.values.len() as f64) as f32
    }
}

#[cfg(test)]
mod tests;
