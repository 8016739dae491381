//! Tests of ladders: the place of the audio in every rung, whatever the programme does.

mod alignment;
mod changes;
mod heaac;
mod hostile;
mod restart;

use std::f32::consts::TAU;
use std::ops::Range;
use std::path::Path;

use super::super::decode::ProgrammeDecoder;
use super::super::mp3_encoder::Mp3Encoder;
use super::super::resample::Resampler;
use super::super::rung::RungId;
use super::super::test_audio::{decode_mp3, difference_db, format, frames, header, lag, noise};
use super::*;

/// The rungs that are proposed for a station.
const RUNGS: [Rung; 6] = [
    rung(1, (44_100, 2, 192)),
    rung(2, (44_100, 2, 128)),
    rung(3, (44_100, 2, 96)),
    rung(4, (24_000, 2, 64)),
    rung(5, (22_050, 2, 48)),
    rung(6, (22_050, 1, 32)),
];

const fn rung(id: RungId, setting: (u32, u8, u16)) -> Rung {
    Rung { id, format: format(setting), first: 0 }
}

fn no_clock() -> Duration {
    Duration::ZERO
}

fn ladder(rungs: &[Rung], start: AudioTime) -> Ladder {
    Ladder::new(rungs, start, no_clock).expect("LAME has these formats")
}

/// Encodes samples, interleaved, as a programme.
fn mp3(setting: (u32, u8, u16), samples: &[f32]) -> Vec<u8> {
    let mut encoder = Mp3Encoder::new(format(setting)).expect("LAME has this format");
    encoder.push(samples);
    encoder.break_off().bytes
}

/// Returns some seconds of noise as a programme.
fn noise_programme(setting: (u32, u8, u16), seconds: usize) -> Vec<u8> {
    mp3(setting, &noise(setting.0 as usize * seconds, setting.1.into(), 11))
}

/// Returns some seconds of two tones over some noise as a programme. An encoder adds little to it, so clicks
/// and shifts are seen.
fn tone_programme(setting: (u32, u8, u16), seconds: usize) -> Vec<u8> {
    let (rate, channels, _) = setting;
    let mut samples = noise(rate as usize * seconds, channels.into(), 12);
    for (at, frame) in samples.chunks_mut(channels.into()).enumerate() {
        let tone = |frequency: f32| (TAU * frequency * (at as f32 / rate as f32)).sin();
        let tones = 0.3 * tone(440.0) + 0.2 * tone(3_300.0);
        frame.iter_mut().for_each(|sample| *sample = tones + 0.1 * *sample);
    }
    mp3(setting, &samples)
}

/// Splits a programme into its frames, of any codec.
fn split(mut programme: &[u8]) -> Vec<&[u8]> {
    let mut all = Vec::new();
    while let Some((_, frame, rest)) = ProgrammeDecoder::split_frame(programme) {
        all.push(frame);
        programme = rest;
    }
    assert!(programme.is_empty());
    all
}

/// What a ladder has returned for one rung.
#[derive(Debug, Clone, PartialEq)]
struct Output {
    rung: Rung,
    count: u64,
    bytes: Vec<u8>,
}

/// Pushes a programme in requests of ten frames. Returns the frames of each rung.
fn push_all(ladder: &mut Ladder, rungs: &[Rung], programme: &[u8]) -> Vec<Output> {
    let mut all: Vec<_> =
        rungs.iter().map(|rung| Output { rung: *rung, count: 0, bytes: Vec::new() }).collect();
    for piece in split(programme).chunks(10) {
        for found in ladder.push(&piece.concat()).expect("frames that can be decoded") {
            add(&mut all, found);
        }
    }
    all
}

/// Adds frames to those of the same rung, which they continue.
fn add(all: &mut [Output], found: RungFrames) {
    let output = all.iter_mut().find(|output| output.rung.id == found.id).expect("the rung");
    assert_eq!(found.frames.index, output.rung.first + output.count);
    assert_eq!(frames(&found.frames.bytes).len(), found.frames.count as usize);
    output.count += u64::from(found.frames.count);
    output.bytes.extend(found.frames.bytes);
}

/// Encodes a programme that begins at its start.
fn encoded(rungs: &[Rung], programme: &[u8]) -> Vec<Output> {
    push_all(&mut ladder(rungs, AudioTime::ZERO), rungs, programme)
}

/// Decodes the frames of a rung. Returns the mean of its channels.
fn mono(bytes: &[u8]) -> Vec<f32> {
    mean(&decode_mp3(bytes), header(bytes).channels().into())
}

fn mean(samples: &[f32], channels: usize) -> Vec<f32> {
    samples.chunks(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect()
}

/// Decodes a programme of one format. Returns the mean of its channels, at the rate of a rung.
fn reference(programme: &[u8], rate: u32) -> Vec<f32> {
    let (mut decoder, mut block, mut samples) =
        (ProgrammeDecoder::default(), PcmBlock::default(), Vec::new());
    for frame in split(programme) {
        let (header, frame, _) = ProgrammeDecoder::split_frame(frame).expect("a frame");
        decoder.decode(&header, frame, &mut block).expect("a frame that can be decoded");
        samples.extend(mean(&block.samples, block.channels));
    }
    if block.rate == rate {
        return samples;
    }
    let (mut resampler, mut output) = (Resampler::new(block.rate, rate, 1), Vec::new());
    resampler.push(&samples, &mut output);
    resampler.finish(&mut output);
    output
}

/// Returns the level of what `output` adds to these samples of the programme, in dB. That LAME lowers the
/// volume by 5 % does not count.
fn residual(reference: &[f32], output: &[f32], samples: Range<usize>) -> f32 {
    let (reference, output) =
        (&reference[samples.clone()], &output[samples.start + 1152..samples.end + 1152]);
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let gain = product(reference, output) / product(output, output);
    difference_db(reference, &output.iter().map(|sample| sample * gain).collect::<Vec<_>>())
}

/// Checks that the audio around a change deviates from the programme by at most 2 dB more than the `expected`
/// residuals of encoders without a change.
///
/// Where those are very low, because the programme is easy to encode, it may be more: the first frames of an
/// encoder cannot use bits that earlier ones have saved. A click or a shift is from -15 dB on.
#[track_caller]
fn assert_continuous(found: f32, expected: &[f32], what: &str) {
    let limit = expected.iter().copied().fold(f32::MIN, f32::max) + 2.0;
    assert!(found <= limit.max(-22.0), "{what}: {found} instead of {expected:?} dB");
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).expect("a fixture")
}
