//! Changes the number of channels, and makes decoded samples safe to calculate with.

use super::pcm::PcmBlock;

/// The factor for a channel that both sides play, and for one that is behind the listener: -3 dB (ITU-R
/// BS.775).
const MINUS_3_DB: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// The factor for a channel that is behind the listener and played by both sides: -6 dB.
const MINUS_6_DB: f32 = 0.5;

/// Samples are limited to this amplitude, 24 dB above full scale. Files with floating point samples may
/// exceed full scale; more is damage, and would overflow in calculations.
const AMPLITUDE_MAX: f32 = 16.0;

/// The factors of a channel in the left and in the right output.
type Sides = [f32; 2];

const LEFT: Sides = [1.0, 0.0];
const RIGHT: Sides = [0.0, 1.0];
const CENTRE: Sides = [MINUS_3_DB, MINUS_3_DB];
const LOW_FREQUENCY_EFFECTS: Sides = [0.0, 0.0];
const LEFT_SURROUND: Sides = [MINUS_3_DB, 0.0];
const RIGHT_SURROUND: Sides = [0.0, MINUS_3_DB];
const BACK_CENTRE: Sides = [MINUS_6_DB, MINUS_6_DB];
const BOTH: Sides = [1.0, 1.0];

/// Appends the samples of a block to `mixed`, with `channels` (1 or 2) channels, interleaved.
///
/// The channels of a block are in the order of WAVE files. Mono goes to both sides; stereo becomes mono by
/// the mean. More channels are mixed with the usual factors, divided by their sum so that the result does not
/// clip; the channel of low-frequency effects is left out, as players do. Samples that are not finite become
/// 0.
pub(super) fn mix(block: &PcmBlock, channels: usize, mixed: &mut Vec<f32>) {
    let weights = weights(block.channels, channels);
    mixed.reserve(block.frames() * channels);
    for frame in block.samples.chunks_exact(block.channels.max(1)) {
        mixed.extend(weights.iter().map(|row| dot(row, frame)));
    }
}

/// Returns the factors of all input channels, for each output channel.
fn weights(inputs: usize, outputs: usize) -> Vec<Vec<f32>> {
    let sides = sides(inputs);
    let side = |side: usize| normalised(sides.iter().map(|factors| factors[side]).collect());
    match outputs {
        1 => vec![normalised(sides.iter().map(|[left, right]| left + right).collect())],
        _ => vec![side(0), side(1)],
    }
}

/// Returns the sides of the channels of the layout that has this many channels in WAVE, FLAC and Vorbis
/// files. A layout that none of them has goes to both sides.
fn sides(channels: usize) -> Vec<Sides> {
    let rear = [LEFT_SURROUND, RIGHT_SURROUND];
    match channels {
        2 => vec![LEFT, RIGHT],
        3 => vec![LEFT, RIGHT, CENTRE],
        4 => [[LEFT, RIGHT], rear].concat(),
        5 => [&[LEFT, RIGHT, CENTRE], rear.as_slice()].concat(),
        6 => [&[LEFT, RIGHT, CENTRE, LOW_FREQUENCY_EFFECTS], rear.as_slice()].concat(),
        7 => [&[LEFT, RIGHT, CENTRE, LOW_FREQUENCY_EFFECTS, BACK_CENTRE], rear.as_slice()].concat(),
        8 => [&[LEFT, RIGHT, CENTRE, LOW_FREQUENCY_EFFECTS], rear.as_slice(), &rear].concat(),
        other => vec![BOTH; other],
    }
}

/// Divides the factors by their sum.
fn normalised(factors: Vec<f32>) -> Vec<f32> {
    let sum: f32 = factors.iter().sum();
    factors.into_iter().map(|factor| factor / sum).collect()
}

fn dot(factors: &[f32], frame: &[f32]) -> f32 {
    factors.iter().zip(frame).map(|(factor, sample)| factor * sanitised(*sample)).sum()
}

fn sanitised(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-AMPLITUDE_MAX, AMPLITUDE_MAX) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(channels: usize, samples: &[f32], outputs: usize) -> Vec<f32> {
        let block = PcmBlock { rate: 44_100, channels, samples: samples.to_vec() };
        let mut mixed = Vec::new();
        mix(&block, outputs, &mut mixed);
        mixed
    }

    #[test]
    fn same_number_of_channels_is_unchanged() {
        assert_eq!(mixed(1, &[0.1, -1.3, 0.3], 1), [0.1, -1.3, 0.3]);
        assert_eq!(mixed(2, &[0.1, -0.2, 0.3, 1.7], 2), [0.1, -0.2, 0.3, 1.7]);
    }

    #[test]
    fn mono_goes_to_both_sides_and_stereo_becomes_the_mean() {
        assert_eq!(mixed(1, &[0.25, -0.5], 2), [0.25, 0.25, -0.5, -0.5]);
        assert_eq!(mixed(2, &[0.5, -0.25, 1.0, 1.0], 1), [0.125, 1.0]);
    }

    #[test]
    fn surround_has_the_factors_of_bs_775_and_no_low_frequency_effects() {
        let sum = 1.0 + 2.0 * MINUS_3_DB;
        let only = |channel: usize| {
            let samples: Vec<f32> = (0..6).map(|at| if at == channel { 1.0 } else { 0.0 }).collect();
            mixed(6, &samples, 2)
        };
        let expected = [
            [1.0, 0.0],
            [0.0, 1.0],
            [MINUS_3_DB, MINUS_3_DB],
            [0.0, 0.0],
            [MINUS_3_DB, 0.0],
            [0.0, MINUS_3_DB],
        ];
        for (channel, [left, right]) in expected.into_iter().enumerate() {
            let found = only(channel);
            assert!(
                (found[0] - left / sum).abs() < 1e-6 && (found[1] - right / sum).abs() < 1e-6,
                "{channel}"
            );
        }
    }

    #[test]
    fn no_layout_clips() {
        for channels in 1..=32 {
            for outputs in 1..=2 {
                let found = mixed(channels, &vec![1.0; channels], outputs);
                assert_eq!(found.len(), outputs);
                assert!(found.iter().all(|sample| (sample - 1.0).abs() < 1e-5), "{channels}: {found:?}");
            }
        }
    }

    #[test]
    fn samples_that_are_not_finite_become_zero_and_huge_ones_are_limited() {
        let samples = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e9, -f32::MAX, 2.0];
        assert_eq!(mixed(1, &samples, 1), [0.0, 0.0, 0.0, 16.0, -16.0, 2.0]);
    }

    #[test]
    fn incomplete_frame_and_block_without_channels_are_left_out() {
        assert_eq!(mixed(2, &[0.5, 0.5, 0.5], 1), [0.5]);
        assert_eq!(mixed(0, &[], 2), [] as [f32; 0]);
    }
}
