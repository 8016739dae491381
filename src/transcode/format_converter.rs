//! Converts decoded samples to the rate and the channels of the target, across changes of the input's format.

use super::mix::mix;
use super::pcm::PcmBlock;
use super::resample::{Resampler, resampled_len};
use super::target::TargetFormat;

/// Mixes and resamples. The output has no delay, and its length is that of the input.
pub(super) struct FormatConverter {
    rate: u32,
    channels: usize,
    input_rate: u32,
    /// `None` if the input has the rate of the target.
    resampler: Option<Resampler>,
    mixed: Vec<f32>,
    /// Samples per channel of the output before the last change of the input's rate.
    before_change: u64,
    /// Samples per channel of the input since then.
    since_change: u64,
}

impl FormatConverter {
    pub(super) fn new(target: &TargetFormat) -> Self {
        Self {
            rate: target.rate,
            channels: target.channels.into(),
            input_rate: target.rate,
            resampler: None,
            mixed: Vec::new(),
            before_change: 0,
            since_change: 0,
        }
    }

    /// Converts a block, and appends what is ready to `output`, interleaved.
    pub(super) fn push(&mut self, block: &PcmBlock, output: &mut Vec<f32>) {
        if block.frames() == 0 || block.rate == 0 {
            return;
        }
        if block.rate != self.input_rate {
            self.change_rate(block.rate, output);
        }
        self.since_change += block.frames() as u64;
        match &mut self.resampler {
            None => mix(block, self.channels, output),
            Some(resampler) => {
                self.mixed.clear();
                mix(block, self.channels, &mut self.mixed);
                resampler.push(&self.mixed, output);
            }
        }
    }

    /// Appends the rest. Input can follow.
    pub(super) fn flush(&mut self, output: &mut Vec<f32>) {
        self.change_rate(self.input_rate, output);
    }

    /// Returns the index of the sample in the output, rounded down, at which the next input will begin.
    pub(super) fn position(&self) -> u64 {
        self.before_change + self.since_change * u64::from(self.rate) / u64::from(self.input_rate)
    }

    fn change_rate(&mut self, rate: u32, output: &mut Vec<f32>) {
        self.before_change += resampled_len(self.since_change, self.input_rate, self.rate);
        self.since_change = 0;
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(output);
        }
        self.input_rate = rate;
        self.resampler = (rate != self.rate).then(|| Resampler::new(rate, self.rate, self.channels));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: TargetFormat = TargetFormat { rate: 44_100, channels: 2, kbps: 128 };

    fn block(rate: u32, channels: usize, frames: usize) -> PcmBlock {
        PcmBlock { rate, channels, samples: vec![0.25; frames * channels] }
    }

    #[test]
    fn input_in_the_format_of_the_target_is_unchanged_and_not_delayed() {
        let mut converter = FormatConverter::new(&TARGET);
        let mut output = Vec::new();
        converter.push(&block(44_100, 2, 100), &mut output);
        assert_eq!(output, block(44_100, 2, 100).samples);
        assert_eq!(converter.position(), 100);
    }

    #[test]
    fn length_and_position_are_exact_across_changes_of_the_input_format() {
        let mut converter = FormatConverter::new(&TARGET);
        let mut output = Vec::new();
        let mut due = 0;
        for (rate, channels, frames) in
            [(48_000, 1, 4_801), (44_100, 6, 1_000), (22_050, 2, 777), (8_000, 1, 3)]
        {
            converter.push(&block(rate, channels, frames), &mut output);
            let exact = due as f64 + frames as f64 * 44_100.0 / f64::from(rate);
            assert_eq!(converter.position(), exact as u64, "{rate} Hz");
            due += resampled_len(frames as u64, rate, 44_100);
        }
        converter.flush(&mut output);
        assert_eq!(output.len() as u64, due * 2);
        assert_eq!(converter.position(), due);
        converter.push(&block(44_100, 2, 5), &mut output);
        converter.flush(&mut output);
        assert_eq!(output.len() as u64, (due + 5) * 2);
    }

    #[test]
    fn blocks_without_samples_or_rate_are_ignored() {
        let mut converter = FormatConverter::new(&TARGET);
        let mut output = Vec::new();
        converter.push(&block(48_000, 2, 0), &mut output);
        converter.push(&block(0, 2, 10), &mut output);
        converter.push(&PcmBlock::default(), &mut output);
        assert_eq!((output.len(), converter.position(), converter.input_rate), (0, 0, 44_100));
    }
}
