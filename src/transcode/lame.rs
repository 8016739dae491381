//! LAME, the encoder for MP3: the calls that can abort the process or write outside a buffer, made safe.
//!
//! LAME aborts on samples that are not finite or far above full scale. It gets integers here, which cannot be
//! either, and which are exactly what the `lame` program gives it. LAME takes the length 0 of a buffer as
//! unlimited, so each buffer has room reserved.

use std::num::NonZeroU32;

use mp3lame_encoder::{
    Bitrate, BuildError, Builder, FlushNoGap, InterleavedPcm, Mode, MonoPcm, Quality, VbrMode,
    max_required_buffer_size,
};

use super::left_out::LeftOut;
use super::mp3_formats::mp3_bit_rates;
use super::target::TargetFormat;

pub(super) use mp3lame_encoder::Encoder as Lame;

/// The bit rates in kbit/s that the library can be set to. It has no names for 56 and 144 kbit/s. LAME itself
/// replaces bit rates that it does not have, without a message; [`mp3_bit_rates`] knows them.
const BIT_RATES: [Bitrate; 16] = [
    Bitrate::Kbps8,
    Bitrate::Kbps16,
    Bitrate::Kbps24,
    Bitrate::Kbps32,
    Bitrate::Kbps40,
    Bitrate::Kbps48,
    Bitrate::Kbps64,
    Bitrate::Kbps80,
    Bitrate::Kbps96,
    Bitrate::Kbps112,
    Bitrate::Kbps128,
    Bitrate::Kbps160,
    Bitrate::Kbps192,
    Bitrate::Kbps224,
    Bitrate::Kbps256,
    Bitrate::Kbps320,
];

/// Returns an encoder with a constant bit rate, joint stereo if there are two channels, and LAME's quality 5.
///
/// # Errors
/// [`LeftOut::Unsupported`] if LAME does not have the bit rate, or refuses the format.
pub(super) fn start(format: &TargetFormat) -> Result<Lame, LeftOut> {
    let none = || format!("LAME has no {} kbit/s at {} Hz", format.kbps, format.rate);
    let bit_rate = bit_rate(format).ok_or_else(none).map_err(LeftOut::Unsupported)?;
    build(format, bit_rate).map_err(|error| LeftOut::Unsupported(format!("LAME cannot be started: {error}")))
}

fn bit_rate(format: &TargetFormat) -> Option<Bitrate> {
    let is_encodable = mp3_bit_rates(format.rate).any(|kbps| kbps == format.kbps);
    BIT_RATES.into_iter().find(|rate| is_encodable && *rate as u16 == format.kbps)
}

fn build(format: &TargetFormat, bit_rate: Bitrate) -> Result<Lame, BuildError> {
    Builder::new()
        .ok_or(BuildError::NoMem)?
        .with_num_channels(format.channels)?
        .with_mode(if format.channels == 1 { Mode::Mono } else { Mode::JointStereo })?
        .with_sample_rate(format.rate)?
        // Otherwise LAME resamples at low bit rates.
        .with_output_sample_rate(NonZeroU32::new(format.rate))?
        .with_vbr_mode(VbrMode::Off)?
        .with_brate(bit_rate)?
        .with_quality(Quality::Good)?
        // An Info frame at the start has no place in a stream.
        .with_to_write_vbr_tag(false)?
        .build()
}

/// Encodes interleaved samples of 32 bits, and appends the bytes that are ready to `bytes`.
///
/// # Panics
/// If LAME fails, which it does only if there is no memory.
pub(super) fn encode(lame: &mut Lame, samples: &[i32], bytes: &mut Vec<u8>) {
    bytes.reserve(max_required_buffer_size(samples.len()));
    let encoded = match lame.num_channels() {
        1 => lame.encode_to_vec(MonoPcm(samples), bytes),
        _ => lame.encode_to_vec(InterleavedPcm(samples), bytes),
    };
    encoded.expect("LAME encodes");
}

/// Ends all frames that LAME has begun to write, and appends them to `bytes`. Samples that do not fill a
/// frame stay in LAME, and encoding can go on: the next frame does not refer to bytes of earlier ones.
///
/// # Panics
/// If LAME fails, which it does only if there is no memory.
pub(super) fn complete_frames(lame: &mut Lame, bytes: &mut Vec<u8>) {
    bytes.reserve(max_required_buffer_size(0));
    lame.flush_to_vec::<FlushNoGap>(bytes).expect("LAME flushes");
}
