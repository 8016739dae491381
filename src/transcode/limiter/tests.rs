//! Tests of the limiter: peaks as ebur128 measures them, and signals that it must not change.

use ebur128::{EbuR128, Mode};

use super::*;

/// Music-like samples with peaks up to about 1: noise of changing volume with two tones.
fn music(rate: u32, channels: usize, seconds: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(7);
    let frames = rate as usize * seconds;
    let mut samples = Vec::with_capacity(frames * channels);
    for at in 0..frames {
        let time = at as f32 / rate as f32;
        let envelope = (time * 5.0).fract().powi(2);
        for channel in 0..channels {
            let tone = (time * std::f32::consts::TAU * 3_000.0 + channel as f32).sin() * 0.5;
            samples.push(envelope * (random.f32() * 1.2 - 0.6) + tone);
        }
    }
    samples
}

fn limited(samples: &[f32], rate: u32, channels: usize, gain_db: f32, ceiling_db: f32) -> Vec<f32> {
    let mut limiter = Limiter::with_ceiling(rate, channels, gain_db, ceiling_db);
    let mut output = Vec::new();
    samples.chunks(1001 * channels).for_each(|piece| limiter.push(piece, &mut output));
    limiter.finish(&mut output);
    output
}

/// Returns the true peak in dB, as ebur128 measures it.
fn true_peak(samples: &[f32], rate: u32, channels: u32) -> f64 {
    let mut meter = EbuR128::new(channels, rate, Mode::TRUE_PEAK).unwrap();
    meter.add_frames_f32(samples).unwrap();
    let peak = (0..channels).map(|channel| meter.true_peak(channel).unwrap()).fold(0.0, f64::max);
    20.0 * peak.log10()
}

#[test]
fn twelve_db_more_stay_below_the_ceiling() {
    for (rate, channels) in [(44_100, 2), (48_000, 1), (22_050, 2), (8_000, 1)] {
        for ceiling in [-1.0, -2.0] {
            let found = limited(&music(rate, channels, 10), rate, channels, 12.0, ceiling);
            let peak = true_peak(&found, rate, channels as u32);
            let (most, least) = (f64::from(ceiling) + 0.15, f64::from(ceiling) - 0.5);
            assert!(peak <= most && peak > least, "{rate} Hz, {channels} channels: {peak} for {ceiling}");
        }
    }
}

#[test]
fn square_waves_and_impulses_stay_below_the_ceiling() {
    let square: Vec<f32> = (0..88_200).map(|at| if at / 37 % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let impulses: Vec<f32> = (0..88_200).map(|at| if at % 4_001 == 0 { 4.0 } else { 0.0 }).collect();
    let noise: Vec<f32> = {
        let mut random = fastrand::Rng::with_seed(3);
        (0..88_200).map(|_| if random.bool() { 1.0 } else { -1.0 }).collect()
    };
    for signal in [square, impulses, noise] {
        let peak = true_peak(&limited(&signal, 44_100, 1, 12.0, -1.0), 44_100, 1);
        assert!(peak <= -0.85, "{peak}");
    }
}

#[test]
fn signal_below_the_ceiling_is_only_multiplied() {
    let samples: Vec<f32> = music(44_100, 2, 3).iter().map(|sample| sample * 0.2).collect();
    assert!(limited(&samples, 44_100, 2, 0.0, -1.0) == samples);
    let louder = limited(&samples, 44_100, 2, 6.0, -1.0);
    let expected: Vec<f32> = samples.iter().map(|sample| sample * factor(6.0)).collect();
    assert!(louder == expected);
}

#[test]
fn signal_is_unchanged_again_a_second_after_a_peak() {
    let mut samples: Vec<f32> = music(44_100, 1, 4).iter().map(|sample| sample * 0.2).collect();
    samples[44_100] = 3.0;
    let found = limited(&samples, 44_100, 1, 0.0, -1.0);
    assert_eq!(found.len(), samples.len());
    assert!((found[44_100] - factor(-1.0)).abs() < 1e-4, "{}", found[44_100]);
    assert!(found[..40_000] == samples[..40_000]);
    assert!(found[2 * 44_100..] == samples[2 * 44_100..]);
    assert!(found[44_200..44_300] != samples[44_200..44_300]);
}

#[test]
fn all_channels_get_the_same_gain() {
    let mut samples = vec![0.1; 2 * 10_000];
    samples[2 * 5_000] = 2.0;
    let found = limited(&samples, 44_100, 2, 0.0, -1.0);
    for frame in found.chunks(2).enumerate().filter(|(at, _)| *at != 5_000) {
        assert_eq!(frame.1[0], frame.1[1]);
    }
}

#[test]
fn low_bit_rates_have_a_lower_ceiling() {
    let format = |kbps| TargetFormat { rate: 44_100, channels: 2, kbps };
    assert_eq!([320, 96, 80, 8].map(|kbps| ceiling_db(&format(kbps))), [-1.0, -1.0, -2.0, -2.0]);
}

/// `tests/programs/loudness.rs` measures what LAME really does.
#[test]
fn what_the_encoder_lowers_is_added() {
    for (kbps, expected) in
        [(64, 0.45), (128, 0.45), (160, 0.45), (192, 0.26), (224, 0.18), (256, 0.0), (320, 0.0)]
    {
        let found = encoder_loss_db(&TargetFormat { rate: 44_100, channels: 2, kbps });
        assert!((found - expected).abs() < 0.01, "{found} dB at {kbps} kbit/s");
    }
    let mut limiter = Limiter::new(&TargetFormat { rate: 44_100, channels: 1, kbps: 128 }, -6.0);
    let mut output = Vec::new();
    limiter.push(&[0.1; 1000], &mut output);
    let expected = 0.1 * factor(-6.0) / 0.95;
    assert!((output[0] - expected).abs() < 1e-6, "{} instead of {expected}", output[0]);
}

#[test]
fn sliding_minimum_and_mean_follow_a_simple_calculation() {
    let mut random = fastrand::Rng::with_seed(9);
    let values: Vec<f32> = (0..2_000).map(|_| random.f32()).collect();
    let (mut minimum, mut mean) = (SlidingMinimum::new(25), MovingMean::new(25));
    for (at, value) in values.iter().enumerate() {
        let last = &values[(at + 1).saturating_sub(25)..=at];
        assert_eq!(minimum.next(*value), last.iter().copied().fold(1.0, f32::min));
        let missing = 25 - last.len();
        let expected = (last.iter().sum::<f32>() + missing as f32) / 25.0;
        assert!((mean.next(*value) - expected).abs() < 1e-5);
    }
}
