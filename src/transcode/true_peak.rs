//! Measures the peaks of a signal between its samples, which a player's converter reproduces.

use std::f32::consts::PI;

/// The signal is oversampled by this factor (ITU-R BS.1770-5, annex 2).
const OVERSAMPLING: usize = 4;

/// Length of the interpolation filter for each of the positions between two samples.
const TAPS: usize = 12;

/// The detector for one channel.
pub(super) struct TruePeak {
    /// The last samples, the newest last.
    history: [f32; TAPS],
    /// The filters of the positions between two samples.
    filters: [[f32; TAPS]; OVERSAMPLING - 1],
}

impl TruePeak {
    /// The peak that [`next`](Self::next) returns is of the sample this many samples ago, and of the time
    /// from there to the sample after it.
    pub(super) const DELAY: usize = TAPS / 2;

    pub(super) fn new() -> Self {
        let filter = |phase| std::array::from_fn(|at| tap(phase, at));
        Self { history: [0.0; TAPS], filters: std::array::from_fn(|at| filter(at + 1)) }
    }

    /// Takes the next sample and returns a peak, as an amplitude.
    pub(super) fn next(&mut self, sample: f32) -> f32 {
        let peak = self.history[TAPS - Self::DELAY].abs();
        self.history.copy_within(1.., 0);
        self.history[TAPS - 1] = sample;
        self.filters.iter().map(|filter| dot(filter, &self.history).abs()).fold(peak, f32::max)
    }
}

/// Returns a factor of the filter for a position between two samples: a sinc with a Hann window, so that the
/// filter of position 0 would return the sample itself.
fn tap(phase: usize, at: usize) -> f32 {
    let half = (OVERSAMPLING * TAPS / 2) as f32;
    // The history begins with the oldest sample, to which the last factors belong.
    let distance = (phase + OVERSAMPLING * (TAPS - 1 - at)) as f32 - half;
    let x = PI * distance / OVERSAMPLING as f32;
    let window = 0.5 + 0.5 * (PI * distance / half).cos();
    x.sin() / x * window
}

fn dot(filter: &[f32; TAPS], history: &[f32; TAPS]) -> f32 {
    filter.iter().zip(history).map(|(factor, sample)| factor * sample).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peaks(samples: &[f32]) -> Vec<f32> {
        let mut detector = TruePeak::new();
        samples.iter().map(|sample| detector.next(*sample)).collect()
    }

    #[test]
    fn peak_between_samples_is_found() {
        // A quarter of the rate, sampled beside its peaks: the samples are 3 dB below them.
        let samples: Vec<f32> = (0..400).map(|at| (PI * (at as f32 / 2.0 + 0.25)).sin()).collect();
        let highest = peaks(&samples).into_iter().skip(50).fold(0.0, f32::max);
        assert!((highest - 1.0).abs() < 0.01, "{highest}");
    }

    #[test]
    fn peak_of_an_impulse_is_reported_after_the_delay() {
        let mut samples = vec![0.0; 40];
        samples[10] = -0.8;
        let found = peaks(&samples);
        assert_eq!(found[10 + TruePeak::DELAY], 0.8);
        assert!(found[..10].iter().chain(&found[10 + TAPS + 1..]).all(|peak| *peak == 0.0));
    }
}
