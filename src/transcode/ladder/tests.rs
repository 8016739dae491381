//! Tests of ladders: the place of the audio in every rung, whatever the programme does.

mod alignment;

use super::super::mp3_encoder::Mp3Encoder;
use super::super::resample::Resampler;
use super::super::rung::RungId;
use super::super::target::TargetFormat;
use super::super::test_audio::{decode_mp3, format, frames, lag, noise};
use super::*;

/// The rungs of spikes and documents.
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

/// Encodes some seconds of noise as a programme.
fn programme(setting: (u32, u8, u16), seconds: usize) -> Vec<u8> {
    let mut encoder = Mp3Encoder::new(format(setting)).unwrap();
    encoder.push(&noise(setting.0 as usize * seconds, setting.1.into(), 11));
    let mut bytes = encoder.take_frames().bytes;
    bytes.extend(encoder.break_off().bytes);
    bytes
}

/// Encodes a programme in requests of ten frames. Returns the frames of each rung.
fn encoded(rungs: &[Rung], start: AudioTime, bytes: &[u8]) -> Vec<(Rung, Vec<u8>)> {
    let mut ladder = ladder(rungs, start);
    let mut all: Vec<_> = rungs.iter().map(|rung| (*rung, Vec::new())).collect();
    let mut next: Vec<_> = rungs.iter().map(|rung| rung.first).collect();
    for piece in frames(bytes).chunks(10) {
        let found = ladder.push(&piece.concat()).expect("MP3");
        for (at, found) in found.into_iter().enumerate() {
            assert_eq!((found.id, found.frames.index), (rungs[at].id, next[at]));
            assert_eq!(frames(&found.frames.bytes).len(), found.frames.count as usize);
            next[at] += u64::from(found.frames.count);
            all[at].1.extend(found.frames.bytes);
        }
    }
    all
}

/// Decodes the frames of a rung. Returns the mean of its channels.
fn mono(bytes: &[u8], format: TargetFormat) -> Vec<f32> {
    mean(&decode_mp3(bytes), format.channels.into())
}

fn mean(samples: &[f32], channels: usize) -> Vec<f32> {
    samples.chunks(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect()
}

/// Returns the mean of the channels of a decoded programme, at another rate.
fn mono_at(samples: &[f32], (rate_in, channels, _): (u32, u8, u16), rate: u32) -> Vec<f32> {
    let mono = mean(samples, channels.into());
    if rate == rate_in {
        return mono;
    }
    let (mut resampler, mut output) = (Resampler::new(rate_in, rate, 1), Vec::new());
    resampler.push(&mono, &mut output);
    resampler.finish(&mut output);
    output
}
