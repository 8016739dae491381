//! Mutated files and frames: whatever they contain, they end, and what is decoded has a valid format.

use super::*;
use crate::audio::{Codec, Framer};

/// How many mutations of each file and each stream are decoded.
const MUTATIONS: u64 = 60;

/// Changes some bytes: single bits, numbers at their limits, missing and repeated pieces.
fn mutate(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    for _ in 0..random.usize(1..12) {
        // Headers are at the beginning.
        let len = if random.bool() { bytes.len() } else { bytes.len().min(300) };
        let at = random.usize(..len.max(1)).min(bytes.len() - 1);
        match random.u8(..8) {
            0..4 => bytes[at] ^= 1 << random.u8(..8),
            4 => bytes[at] = *random.choice(&[0, 1, 0x7F, 0x80, 0xFF]).expect("a choice"),
            5 => drop(bytes.drain(at..(at + random.usize(..40)).min(bytes.len() - 1))),
            6 => {
                let piece = bytes[at..(at + random.usize(..40)).min(bytes.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            _ => bytes[at] = random.u8(..),
        }
    }
}

/// Decodes to the end. A file of a few kilobytes cannot contain an hour.
fn decode_to_the_end(name: &str, path: &Path, seed: u64) {
    let Ok(mut file) = AudioFile::open(path) else { return };
    let mut block = PcmBlock::default();
    let mut seconds = 0.0;
    while file.read(&mut block) {
        assert!((1..=8).contains(&block.channels), "{name}, seed {seed}");
        assert!((1000..=768_000).contains(&block.rate), "{name}, seed {seed}");
        assert_eq!(block.samples.len() % block.channels, 0, "{name}, seed {seed}");
        seconds += block.frames() as f64 / f64::from(block.rate);
        assert!(seconds < 3600.0, "{name}, seed {seed}");
    }
    assert!(!file.read(&mut block), "{name}, seed {seed}: more behind the end");
}

fn pass_to_the_end(name: &str, path: &Path, seed: u64) {
    let Ok(mut file) = AdtsFile::open(path) else { return };
    let mut frames = 0;
    while let Some(frame) = file.next_frame() {
        assert!(crate::audio::Header::parse(Codec::Aac, frame).is_some(), "{name}, seed {seed}");
        frames += 1;
        assert!(frames < 100_000, "{name}, seed {seed}");
    }
}

#[test]
fn mutated_files_end_and_have_valid_blocks() {
    let folder = tempfile::tempdir().expect("a folder");
    let names = fs::read_dir(fixture("formats")).expect("fixtures");
    let mut names: Vec<_> = names.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert!(names.len() > 20);
    for name in &names {
        let name = name.to_str().expect("a name");
        let original = format_file(name);
        for seed in 0..MUTATIONS {
            let mut bytes = original.clone();
            mutate(&mut bytes, &mut fastrand::Rng::with_seed(seed));
            let path = folder.path().join("mutated");
            fs::write(&path, &bytes).expect("room");
            decode_to_the_end(name, &path, seed);
            pass_to_the_end(name, &path, seed);
        }
    }
}

#[test]
fn mutated_frames_of_streams_have_their_length() {
    for (codec, name) in [(Codec::Mp3, "mp3/cbr.mp3"), (Codec::Aac, "aac/lc-44100-stereo-96k.aac")] {
        let original = fs::read(fixture(name)).expect("a fixture");
        for seed in 0..MUTATIONS {
            let mut bytes = original.clone();
            mutate(&mut bytes, &mut fastrand::Rng::with_seed(seed));
            let mut framer = Framer::with_codec(codec);
            framer.push(&bytes);
            let mut decoder = StreamDecoder::new(codec);
            let mut block = PcmBlock::default();
            while let Some(frame) = framer.next_frame() {
                decoder.decode(frame.bytes, &mut block);
                assert_eq!(block.frames(), usize::from(frame.header.samples()), "{name}, seed {seed}");
            }
        }
    }
}
