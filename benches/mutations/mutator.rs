//! Mutates bytes.

use fastrand::Rng;

use crate::checksums::{FlacFrames, repair_ogg};
use crate::seeds::Seeds;

/// The most changes of one input.
const CHANGES_MAX: usize = 8;

/// The most bytes of a deleted, doubled, cleared or inserted part.
const PART_MAX: usize = 300;

/// Bytes and numbers at the limits of their types.
const BYTES: [u8; 7] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF, 0x20];
const NUMBERS: [u32; 12] =
    [0, 1, 2, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF];

/// Returns a mutated file and its extension. In most files with checksums, these fit, so that the mutated
/// bytes reach the decoder.
pub fn mutated_file(seeds: &Seeds, random: &mut Rng) -> (String, Vec<u8>) {
    let (extension, seed) = &seeds.files[random.usize(..seeds.files.len())];
    let mut bytes = seed.clone();
    let is_flac = extension == "flac";
    if is_flac && random.u8(..4) > 0 {
        FlacFrames::find(seed).mutate(&mut bytes, random);
        return (extension.clone(), bytes);
    }
    for _ in 0..=random.usize(..CHANGES_MAX) {
        change(&mut bytes, random);
    }
    if random.u8(..8) == 0 {
        let (_, other) = &seeds.files[random.usize(..seeds.files.len())];
        splice(&mut bytes, other, random);
    }
    if ["oga", "ogg", "opus"].contains(&&**extension) && random.u8(..10) > 0 {
        repair_ogg(&mut bytes);
    }
    (extension.clone(), bytes)
}

/// Changes a frame behind its header, and sometimes in it.
pub fn mutate_frame(frame: &mut Vec<u8>, header: usize, random: &mut Rng) {
    match random.u8(..40) {
        // Lengths change only here, because the framer gives whole frames to a decoder.
        0 => change(frame, random),
        1 => *frame = random_bytes(random, frame.len()),
        _ => {
            let side_information = frame.len().min(header + 40);
            for _ in 0..=random.usize(..CHANGES_MAX) {
                let end = if random.bool() { side_information } else { frame.len() };
                frame[random.usize(header..end)] = byte(random);
            }
        }
    }
}

/// Makes one change.
fn change(bytes: &mut Vec<u8>, random: &mut Rng) {
    if bytes.is_empty() {
        bytes.push(random.u8(..));
    }
    let at = position(bytes.len(), random);
    let end = (at + 1 + random.usize(..PART_MAX)).min(bytes.len());
    match random.u8(..16) {
        0..4 => bytes[at] ^= 1 << random.u8(..8),
        4..7 => bytes[at] = byte(random),
        7..10 => put_number(&mut bytes[at..], random),
        10 => drop(bytes.drain(at..end)),
        11 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        12 => bytes[at..end].fill(byte(random)),
        13 => {
            let part = random_bytes(random, end - at);
            bytes.splice(at..at, part);
        }
        14 => bytes.truncate(at),
        _ => {
            let to = random.usize(..=bytes.len() - (end - at));
            bytes.copy_within(at..end, to);
        }
    }
}

/// Chooses a position: often in the first bytes, where the headers are, or in the last.
fn position(len: usize, random: &mut Rng) -> usize {
    match random.u8(..8) {
        0..3 => random.usize(..len.min(128)),
        3..5 => random.usize(..len.min(1024)),
        5 => len - 1 - random.usize(..len.min(1024)),
        _ => random.usize(..len),
    }
}

fn byte(random: &mut Rng) -> u8 {
    if random.bool() { random.u8(..) } else { BYTES[random.usize(..BYTES.len())] }
}

/// Writes a number of two or four bytes.
fn put_number(bytes: &mut [u8], random: &mut Rng) {
    let number = NUMBERS[random.usize(..NUMBERS.len())].wrapping_add(u32::from(random.u8(..3)));
    let number = if random.bool() { number.to_be_bytes() } else { number.to_le_bytes() };
    let len = if random.bool() { 4 } else { 2 }.min(bytes.len());
    bytes[..len].copy_from_slice(&number[..len]);
}

fn random_bytes(random: &mut Rng, len: usize) -> Vec<u8> {
    (0..len).map(|_| random.u8(..)).collect()
}

/// Replaces the end by the end of another file.
fn splice(bytes: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    bytes.truncate(random.usize(..=bytes.len()));
    bytes.extend_from_slice(&other[random.usize(..=other.len())..]);
}
