//! Tests of the converter: samples at their exact places, across changes of the input's rate.

use std::f64::consts::TAU;

use super::*;

/// The sampling rates of MP3.
const RATES: [u32; 9] = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

const fn target(rate: u32) -> TargetFormat {
    TargetFormat { rate, channels: 1, kbps: 64 }
}

/// A low tone, which begins with the programme.
fn tone(seconds: f64) -> f32 {
    (0.5 * (TAU * 211.0 * seconds).sin()) as f32
}

/// A programme, which is pushed in blocks of 1152 samples.
struct Programme {
    converter: AlignedConverter,
    time: AudioTime,
    output: Vec<f32>,
}

impl Programme {
    fn new(converter: AlignedConverter, start: AudioTime) -> Self {
        Self { converter, time: start, output: Vec::new() }
    }

    fn play(&mut self, rate: u32, blocks: usize) {
        for _ in 0..blocks {
            let start = self.time.samples(rate);
            let exact = self.time.saturating_sub(AudioTime::from_samples(start, rate));
            let offset = exact.duration().as_secs_f64() + start as f64 / f64::from(rate);
            let samples = (0..1152).map(|at| tone(offset + f64::from(at) / f64::from(rate))).collect();
            self.converter.push(self.time, &PcmBlock { rate, channels: 1, samples }, &mut self.output);
            self.time += AudioTime::from_samples(1152, rate);
        }
    }

    /// Returns the largest deviation of the samples with these indexes from the tone, where the output begins
    /// with the index `first`.
    fn deviation(&self, first: u64, indexes: std::ops::Range<u64>, rate: u32) -> f32 {
        let deviation = |index| {
            let found = self.output[(index - first) as usize];
            (found - tone(index as f64 / f64::from(rate))).abs()
        };
        indexes.map(deviation).fold(0.0, f32::max)
    }
}

#[test]
fn sample_has_the_place_of_its_time_wherever_the_programme_begins() {
    for (rate_in, rate) in [(44_100, 24_000), (48_000, 44_100), (44_100, 22_050), (24_000, 8_000)] {
        for frames in [0, 1, 7, 1_000_001] {
            let start = AudioTime::from_samples(1152 * frames, rate_in);
            let first = start.samples(rate);
            let mut programme = Programme::new(AlignedConverter::new(target(rate), first), start);
            programme.play(rate_in, 40);
            let settled = first + 1_000;
            let deviation = programme.deviation(first, settled..settled + 2_000, rate);
            assert!(deviation < 1e-4, "{rate_in} to {rate} from frame {frames}: {deviation}");
        }
    }
}

/// Between 44.1 and 48 kHz there is a common grid at the starts of frames only every 147 or 160 frames, so
/// each change would shift the audio by half a sample on average.
#[test]
fn changes_of_the_rate_do_not_add_up() {
    for rate in [22_050, 24_000, 44_100, 48_000] {
        let mut programme = Programme::new(AlignedConverter::new(target(rate), 0), AudioTime::ZERO);
        for change in 0..60 {
            programme.play(if change % 2 == 0 { 44_100 } else { 48_000 }, 7 + change % 3);
        }
        programme.play(24_000, 40);
        let settled = programme.time.samples(rate) - 3_000;
        let deviation = programme.deviation(0, settled..settled + 1_000, rate);
        let sample = 0.5 * (TAU * 211.0 / f64::from(rate)) as f32;
        assert!(deviation < sample, "{rate}: {deviation} of {sample}");
    }
}

#[test]
fn changes_are_where_they_belong_to_the_sample() {
    let mut programme = Programme::new(AlignedConverter::new(target(44_100), 0), AudioTime::ZERO);
    for (rate, blocks) in [(48_000, 5), (44_100, 5), (32_000, 3), (44_100, 1)] {
        programme.play(rate, blocks);
        let due = programme.time.samples(44_100);
        if rate == 44_100 {
            assert_eq!(programme.output.len() as u64, due);
        }
    }
}

#[test]
fn output_begins_with_the_requested_sample() {
    let start = AudioTime::from_samples(1152 * 10, 44_100);
    for (first, rate) in [(0, 44_100), (5_000, 44_100), (11_520, 44_100), (20_000, 44_100), (5_000, 22_050)] {
        let mut programme = Programme::new(AlignedConverter::new(target(rate), first), start);
        programme.play(44_100, 30);
        let begin = first.max(start.samples(rate)) + 600;
        assert!(programme.deviation(first, begin..begin + 1_000, rate) < 1e-4, "{first} at {rate}");
        let silent = start.samples(rate).saturating_sub(first + 600) as usize;
        assert!(programme.output[..silent].iter().all(|sample| sample.abs() < 1e-3), "{first} at {rate}");
    }
}

#[test]
fn zeros_bring_an_input_onto_the_grid_of_the_output() {
    let at_48 = |samples| AudioTime::from_samples(samples, 48_000);
    assert_eq!(Lead::new(at_48(0), 48_000, 44_100), Lead { zeros: 0, first: 0 });
    assert_eq!(Lead::new(at_48(1152), 48_000, 44_100), Lead { zeros: 32, first: 1029 });
    assert_eq!(Lead::new(at_48(1600), 48_000, 44_100), Lead { zeros: 0, first: 1470 });
    assert_eq!(Lead::new(at_48(1), 48_000, 48_000), Lead { zeros: 0, first: 1 });
    // There is no sample before the programme.
    assert_eq!(Lead::new(AudioTime::from_samples(1, 32_000), 48_000, 8_000).first, 0);
    for (rate_in, rate_out) in RATES.into_iter().flat_map(|a| RATES.map(|b| (a, b))) {
        for samples in [0, 1, 576, 1152 * 1_000_003] {
            let time = AudioTime::from_samples(samples, rate_in);
            let lead = Lead::new(time, rate_in, rate_out);
            let begin = time.saturating_sub(AudioTime::from_samples(lead.zeros as u64, rate_in));
            assert_eq!(begin, AudioTime::from_samples(lead.first, rate_out), "{rate_in} to {rate_out}");
        }
    }
}
