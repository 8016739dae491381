//! Writes FLAC files without an encoder: their samples are not compressed (RFC 9639, 9.2.2).

use std::f32::consts::TAU;
use std::fs;
use std::path::Path;

/// The sample rate of the files.
const RATE: usize = 44_100;

/// The samples of a block.
const BLOCK: usize = 4096;

/// Writes a tone of this frequency in Hz, in stereo and of about this length.
pub fn write_flac_tone(path: &Path, frequency: f32, seconds: f32) {
    let blocks = (seconds * RATE as f32 / BLOCK as f32).ceil() as usize;
    let mut bytes = stream_info(blocks * BLOCK);
    let sample = |at: usize| (9000.0 * (TAU * frequency * at as f32 / RATE as f32).sin()) as i16;
    for block in 0..blocks {
        let samples: Vec<u8> =
            (block * BLOCK..(block + 1) * BLOCK).flat_map(|at| sample(at).to_be_bytes()).collect();
        bytes.extend_from_slice(&frame(block, &samples));
    }
    fs::write(path, bytes).expect("the folder is writable");
}

/// Returns the start of a file: the mark and the block `STREAMINFO`, without lengths of frames and checksum.
fn stream_info(samples: usize) -> Vec<u8> {
    let block = (BLOCK as u16).to_be_bytes();
    // 20 bits for the rate, 3 for the channels less 1, 5 for the bits of a sample less 1, 36 for the samples.
    let format = (RATE as u64) << 44 | 1 << 41 | 15 << 36 | samples as u64;
    [&b"fLaC\x80\0\0\x22"[..], &block, &block, &[0; 6], &format.to_be_bytes(), &[0; 16]].concat()
}

/// Returns a frame in which both channels have the same samples of 16 bits.
fn frame(number: usize, samples: &[u8]) -> Vec<u8> {
    // 4096 samples at 44.1 kHz in two independent channels of 16 bits, and the number in UTF-8's scheme.
    let number = char::from_u32(number as u32).expect("a short file").to_string();
    let header = [b"\xFF\xF8\xC9\x18", number.as_bytes()].concat();
    let verbatim = 0b10;
    let checked =
        [&header[..], &[crc(&header, 0x07, 8) as u8, verbatim], samples, &[verbatim], samples].concat();
    let crc = crc(&checked, 0x8005, 16) as u16;
    [&checked[..], &crc.to_be_bytes()].concat()
}

/// Returns the checksum of `bits` bits with this polynomial.
fn crc(bytes: &[u8], polynomial: u32, bits: u32) -> u32 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << (bits - 8), |crc, _| {
            let shifted = crc << 1;
            (if crc >> (bits - 1) & 1 == 1 { shifted ^ polynomial } else { shifted }) & ((1 << bits) - 1)
        })
    })
}
