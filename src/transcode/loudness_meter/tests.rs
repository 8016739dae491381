//! Tests of the measurement with sines, whose loudness EBU Tech 3341 states.

use std::f32::consts::TAU;
use std::fs;

use super::*;

const RATE: u32 = 16_000;

/// Returns seconds of a sine of 1 kHz at a level in dBFS.
fn sine(seconds: usize, level: f32) -> Vec<f32> {
    let amplitude = 10_f32.powf(level / 20.0);
    let samples = seconds * RATE as usize;
    (0..samples).map(|at| amplitude * (TAU * 1000.0 * at as f32 / RATE as f32).sin()).collect()
}

/// Returns the content of a WAV file with each sample in every channel.
fn wave(channels: u16, samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> =
        samples.iter().flat_map(|sample| sample.to_le_bytes().repeat(channels.into())).collect();
    let (len, frame) = (data.len() as u32, channels * 4);
    [
        b"RIFF".as_slice(),
        &(36 + len).to_le_bytes(),
        b"WAVEfmt \x10\0\0\0\x03\0",
        &channels.to_le_bytes(),
        &RATE.to_le_bytes(),
        &(RATE * u32::from(frame)).to_le_bytes(),
        &frame.to_le_bytes(),
        b"\x20\0data",
        &len.to_le_bytes(),
        &data,
    ]
    .concat()
}

/// Measures a file with this content. Returns the results of all calls.
fn measure(bytes: &[u8]) -> Vec<Option<f32>> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), bytes).expect("room");
    let mut meter = LoudnessMeter::open(file.path()).expect("a WAV file");
    let mut results = Vec::new();
    loop {
        let (lufs, is_complete) = meter.measure();
        results.push(lufs);
        if is_complete {
            return results;
        }
    }
}

#[track_caller]
fn check(bytes: &[u8], expected: f32) {
    let lufs = measure(bytes).pop().flatten().expect("not silent");
    assert!((lufs - expected).abs() <= 0.1, "{lufs} LUFS instead of {expected}");
}

#[test]
fn sine_has_its_level_in_one_or_two_channels() {
    check(&wave(2, &sine(20, -23.0)), -23.0);
    check(&wave(2, &sine(20, -33.0)), -33.0);
    check(&wave(1, &sine(20, -23.0)), -23.0);
}

#[test]
fn quiet_parts_do_not_count() {
    let parts = [(10, -36.0), (60, -23.0), (10, -36.0)].map(|(seconds, level)| sine(seconds, level));
    check(&wave(1, &parts.concat()), -23.0);
    let parts = [(10, -72.0), (60, -23.0), (10, -72.0)].map(|(seconds, level)| sine(seconds, level));
    check(&wave(1, &parts.concat()), -23.0);
}

#[test]
fn each_call_measures_some_seconds() {
    let parts = [sine(6, -40.0), sine(6, -20.0)].concat();
    let results = measure(&wave(1, &parts));
    assert_eq!(results.len(), 3);
    let results: Vec<f32> = results.into_iter().flatten().map(f32::round).collect();
    // The quiet part no longer counts once there is a louder one.
    assert_eq!(results, [-40.0, -20.0, -20.0]);
}

#[test]
fn silence_has_no_loudness() {
    assert_eq!(measure(&wave(2, &sine(1, f32::NEG_INFINITY))), [None]);
    assert_eq!(measure(&wave(2, &sine(1, -75.0))), [None]);
    assert_eq!(measure(&wave(2, &[0.5])), [None], "shorter than what is measured at a time");
}

#[test]
fn damaged_samples_are_not_measured() {
    let mut samples = sine(20, -23.0);
    for (at, damage) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].into_iter().enumerate() {
        samples[at * 100] = damage;
    }
    check(&wave(1, &samples), -23.0);
    samples.fill(f32::MAX);
    let lufs = measure(&wave(1, &samples)).pop().flatten();
    assert!(lufs.is_none_or(|lufs| lufs <= 10.0), "{lufs:?}");
}

#[test]
fn measurement_continues_in_another_format() {
    let mut meter = None;
    for (channels, rate) in [(1, 48_000), (2, 44_100), (2, 8000), (1, 48_000)] {
        assert!(!has_format(meter.as_ref(), channels, rate));
        meter = with_format(meter, channels, rate);
        assert!(has_format(meter.as_ref(), channels, rate));
        let sine = (0..rate * 10).flat_map(|at| {
            let sample = 0.1 * (TAU * 1000.0 * at as f32 / rate as f32).sin();
            std::iter::repeat_n(sample, channels as usize)
        });
        let meter = meter.as_mut().expect("a meter");
        meter.add_frames_f32(&sine.collect::<Vec<_>>()).expect("whole frames");
        let lufs = meter.loudness_global().expect("a loudness");
        assert!((lufs + 20.0).abs() < 0.15, "{lufs} LUFS after {channels} channels of {rate} Hz");
    }
}
