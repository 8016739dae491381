//! Signals, and measurements of what became of them, for tests.

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};
use symphonia::default::codecs::MpaDecoder;

use super::target::TargetFormat;
use crate::audio::Header;

/// The settings with which encoders are tested: every rate, one and two channels, low and high bit rates.
pub const SETTINGS: [(u32, u8, u16); 13] = [
    (8_000, 1, 16),
    (11_025, 1, 24),
    (12_000, 2, 32),
    (16_000, 1, 32),
    (22_050, 1, 32),
    (22_050, 2, 64),
    (24_000, 2, 64),
    (32_000, 2, 96),
    (44_100, 1, 64),
    (44_100, 2, 48),
    (44_100, 2, 128),
    (44_100, 2, 320),
    (48_000, 2, 192),
];

/// Returns a format.
pub const fn format((rate, channels, kbps): (u32, u8, u16)) -> TargetFormat {
    TargetFormat { rate, channels, kbps }
}

/// Returns noise without high frequencies, interleaved, whose second channel differs from the first.
pub fn noise(frames: usize, channels: usize, seed: u64) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut state = [[0.0_f32; 2]; 2];
    let mut samples = Vec::with_capacity(frames * channels);
    for _ in 0..frames {
        for state in state.iter_mut().take(channels) {
            state[0] += 0.15 * (random.f32() - 0.5 - state[0]);
            state[1] += 0.15 * (state[0] - state[1]);
            samples.push(state[1] * 2.0);
        }
    }
    samples
}

/// Decodes frames of MP3, and returns interleaved samples.
///
/// # Panics
/// If a frame cannot be decoded.
pub fn decode_mp3(bytes: &[u8]) -> Vec<f32> {
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(CODEC_ID_MP3);
    let options = AudioDecoderOptions::default().gapless(false);
    let mut decoder = MpaDecoder::try_new(&parameters, &options).expect("symphonia decodes MP3");
    let (mut samples, mut block) = (Vec::new(), Vec::new());
    for frame in frames(bytes) {
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::from(1152_u64), frame);
        let decoded: GenericAudioBufferRef<'_> =
            decoder.decode_ref(&packet).expect("a frame that can be decoded");
        assert_eq!(decoded.frames(), usize::from(header(frame).samples()));
        decoded.copy_to_vec_interleaved(&mut block);
        samples.extend_from_slice(&block);
    }
    samples
}

/// Splits MP3 into its frames.
///
/// # Panics
/// If it contains anything else.
pub fn frames(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (frame, rest) = bytes.split_at(header(bytes).frame_len());
        frames.push(frame);
        bytes = rest;
    }
    frames
}

/// Returns the header of an MP3 frame.
pub fn header(frame: &[u8]) -> Header {
    Header::parse_mp3(*frame.first_chunk().expect("four bytes")).expect("a header")
}

/// Returns how many bytes before a frame its main data begins.
pub fn main_data_begin(frame: &[u8]) -> u16 {
    let bits = u16::from_be_bytes([frame[4], frame[5]]);
    if header(frame).samples() == 1152 { bits >> 7 } else { bits >> 8 }
}

/// Returns one channel of interleaved samples.
pub fn channel(samples: &[f32], channels: usize, channel: usize) -> Vec<f32> {
    samples.iter().skip(channel).step_by(channels).copied().collect()
}

/// Returns by how many samples `output` is later than `input`, at most 5000, by cross-correlation of `len`
/// samples from `start` on.
pub fn lag(input: &[f32], output: &[f32], start: usize, len: usize) -> usize {
    let likeness = |lag: usize| -> f32 {
        let output = &output[(start + lag).min(output.len())..];
        input[start..start + len].iter().zip(output).map(|(a, b)| a * b).sum()
    };
    (0..5_000).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap_or(0)
}

/// Returns the level of the difference of two signals, relative to the first, in dB.
pub fn difference_db(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let power = |samples: &mut dyn Iterator<Item = f32>| samples.map(|sample| sample * sample).sum::<f32>();
    let difference = power(&mut a.iter().zip(b).map(|(a, b)| a - b));
    10.0 * (difference / power(&mut a.iter().copied())).log10()
}
