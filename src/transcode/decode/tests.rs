//! Tests of the decoders with files in fixtures/formats, which contain a known signal, and with files made
//! here.

mod aac;
mod damage;
mod files;
mod formats;
mod mutations;
mod streams;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;

/// A decoded file.
#[derive(Debug, PartialEq)]
struct Decoded {
    rate: u32,
    channels: usize,
    /// The samples, interleaved.
    samples: Vec<f32>,
}

impl Decoded {
    fn frames(&self) -> usize {
        self.samples.len() / self.channels
    }

    /// Returns one channel.
    fn channel(&self, channel: usize) -> Vec<f32> {
        self.samples.iter().copied().skip(channel).step_by(self.channels).collect()
    }
}

/// Returns a path in fixtures.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// Returns a file of fixtures/formats.
fn format_file(name: &str) -> Vec<u8> {
    fs::read(fixture("formats").join(name)).expect("a fixture")
}

/// Decodes all blocks of a file, which must all have the same format.
fn decode(path: &Path) -> Result<Decoded, LeftOut> {
    let mut decoded = decode_streams(path)?;
    assert!(decoded.len() <= 1, "{path:?} has several formats");
    Ok(decoded.pop().unwrap_or(Decoded { rate: 1, channels: 1, samples: Vec::new() }))
}

/// Decodes a file. Blocks in the same format are put together.
fn decode_streams(path: &Path) -> Result<Vec<Decoded>, LeftOut> {
    Ok(read_all(AudioFile::open(path)?))
}

fn read_all(mut file: AudioFile) -> Vec<Decoded> {
    let mut streams: Vec<Decoded> = Vec::new();
    let mut block = PcmBlock::default();
    while file.read(&mut block) {
        assert_eq!(block.samples.len() % block.channels, 0);
        match streams.last_mut() {
            Some(last) if (last.rate, last.channels) == (block.rate, block.channels) => {
                last.samples.extend_from_slice(&block.samples);
            }
            _ => streams.push(Decoded {
                rate: block.rate,
                channels: block.channels,
                samples: block.samples.clone(),
            }),
        }
    }
    streams
}

/// Decodes these bytes as a file of this name.
fn decode_bytes(name: &str, bytes: &[u8]) -> Result<Decoded, LeftOut> {
    let (_folder, path) = temporary(name, bytes);
    decode(&path)
}

fn temporary(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("room");
    (folder, path)
}

/// The signal of fixtures/formats.py, 16 bits.
fn signal(index: usize, channel: usize, rate: u32) -> i32 {
    let (index, channel, rate) = (index.cast_signed() as i64, channel.cast_signed() as i64, i64::from(rate));
    let rising = parabola(index * (300 + 200 * channel) * 65_536 / rate + index * index / 9);
    let steady = parabola(index * 1700 * 65_536 / rate);
    (((rising * 3) >> 2) + (steady >> 3)) as i32
}

fn parabola(phase: i64) -> i64 {
    let signed = (phase + 32_768) % 65_536 - 32_768;
    (signed * (32_768 - signed.abs())) >> 14
}

/// Returns the signal, interleaved, as a decoder returns it.
fn signal_samples(rate: u32, channels: usize, frames: usize) -> Vec<f32> {
    let at = |index: usize| signal(index / channels, index % channels, rate) as f32 / 32_768.0;
    (0..frames * channels).map(at).collect()
}

/// Returns the ratio of a signal and its difference to another one in dB.
fn signal_to_noise(signal: &[f32], other: &[f32]) -> f64 {
    assert_eq!(signal.len(), other.len());
    let energy = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    let noise = energy(&mut signal.iter().zip(other).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    10.0 * (energy(&mut signal.iter().map(|a| f64::from(*a))) / noise.max(1e-30)).log10()
}
