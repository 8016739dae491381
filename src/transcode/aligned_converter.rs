//! Converts decoded samples of a programme to the rate and the channels of a rung, each sample at its exact
//! place, across changes of the programme's format.

use super::format_converter::FormatConverter;
use super::pcm::PcmBlock;
use super::target::TargetFormat;
use crate::time::AudioTime;

/// Converts the samples of a programme. Sample `i` of the output is the audio of the programme at the time
/// `i` / rate of the output, for ever: where a change of the input's rate makes the output a sample too long
/// or too short, one is dropped or inserted. Between inputs of the same rate as the output, and where the
/// rates of the programme have no common grid, it can be up to a sample early.
pub(super) struct AlignedConverter {
    target: TargetFormat,
    /// Converts the input since the last change of its rate.
    converter: FormatConverter,
    /// The rate of that input in Hz; 0 before the first.
    input_rate: u32,
    /// The index of the next sample per channel to return.
    next: u64,
    /// How many samples per channel the converter will return before that one.
    surplus: u64,
}

impl AlignedConverter {
    /// Returns a converter whose first sample has the index `next`. If the programme begins later, zeros come
    /// first; samples of earlier audio are dropped.
    pub fn new(target: TargetFormat, next: u64) -> Self {
        Self { converter: FormatConverter::new(&target), target, input_rate: 0, next, surplus: 0 }
    }

    /// Converts a block, which is heard at `time` of the programme, and appends what is ready to `output`,
    /// interleaved. Blocks must be consecutive.
    pub fn push(&mut self, time: AudioTime, block: &PcmBlock, output: &mut Vec<f32>) {
        if block.rate == 0 || block.frames() == 0 {
            return;
        }
        if block.rate != self.input_rate {
            self.change_rate(time, block.rate, output);
        }
        self.convert(output, |converter, output| converter.push(block, output));
    }

    /// Ends the input so far, and begins another one.
    fn change_rate(&mut self, time: AudioTime, rate: u32, output: &mut Vec<f32>) {
        self.convert(output, FormatConverter::flush);
        self.insert_zeros(time.samples(self.target.rate), output);
        let lead = Lead::new(time, rate, self.target.rate);
        self.converter = FormatConverter::new(&self.target);
        self.input_rate = rate;
        // Not negative: the first sample is at `time` at the latest, and zeros were inserted up to there.
        self.surplus = self.next.saturating_sub(lead.first);
        let zeros = PcmBlock { rate, channels: 1, samples: vec![0.0; lead.zeros] };
        self.convert(output, |converter, output| converter.push(&zeros, output));
    }

    /// Inserts zeros so that the next sample is not before `due`.
    fn insert_zeros(&mut self, due: u64, output: &mut Vec<f32>) {
        let missing = due.saturating_sub(self.next);
        output.resize(output.len() + missing as usize * self.channels(), 0.0);
        self.next += missing;
    }

    /// Appends what `convert` appends, without the surplus.
    fn convert(&mut self, output: &mut Vec<f32>, convert: impl FnOnce(&mut FormatConverter, &mut Vec<f32>)) {
        let before = output.len();
        convert(&mut self.converter, output);
        let converted = ((output.len() - before) / self.channels()) as u64;
        let dropped = self.surplus.min(converted);
        output.drain(before..before + dropped as usize * self.channels());
        self.surplus -= dropped;
        self.next += converted - dropped;
    }

    fn channels(&self) -> usize {
        self.target.channels.into()
    }
}

/// Zeros before an input, with which its first sample is at the time of a sample of the output.
///
/// A resampler puts its first output sample at the time of its first input sample. A frame of 1152 samples at
/// 48 kHz begins between two samples at 44.1 kHz, for example; every 160th sample at 48 kHz is at the time of
/// one at 44.1 kHz.
#[derive(Debug, PartialEq, Eq)]
struct Lead {
    /// The number of zeros, in samples of the input.
    zeros: usize,
    /// The index of the output sample at the time of the first of them.
    first: u64,
}

impl Lead {
    /// Returns the fewest zeros before an input that begins at `time` with which it begins as little as
    /// possible after a sample of the output.
    fn new(time: AudioTime, rate_in: u32, rate_out: u32) -> Self {
        let period = u64::from(rate_in / greatest_common_divisor(rate_in, rate_out));
        let starts = (0..period).map_while(|zeros| {
            let lead = AudioTime::from_samples(zeros, rate_in);
            (lead <= time).then(|| (zeros, time.saturating_sub(lead)))
        });
        let early = |(_, start): &(u64, AudioTime)| {
            start.saturating_sub(AudioTime::from_samples(start.samples(rate_out), rate_out))
        };
        let (zeros, start) = starts.min_by_key(early).unwrap_or((0, time));
        Self { zeros: zeros as usize, first: start.samples(rate_out) }
    }
}

const fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests;
