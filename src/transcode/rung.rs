//! The renditions of one programme, which share a decoder: a ladder, and each of them a rung.

use serde::{Deserialize, Serialize};

use super::encoded_frames::EncodedFrames;
use super::target::TargetFormat;
use crate::time::AudioTime;

/// The delay of every rung in samples of its own rate: the encoder's and the decoder's 1105, and 47 zeros
/// before the first sample. It is one frame of MPEG-1, two of MPEG-2 and MPEG-2.5.
pub const RUNG_DELAY: u64 = 1152;

/// The number of a rung, unique among those of a ladder.
pub type RungId = u32;

/// A rung to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Its number.
    pub id: RungId,
    /// The format of its frames.
    pub format: TargetFormat,
    /// The index of the first frame to return.
    pub first: u64,
}

impl Rung {
    /// Returns the index of the frame of this format in which the audio at `time` of the programme is heard:
    /// ⌊(`time` in samples + 1152) / samples per frame⌋. A title that begins there is set before that frame.
    pub fn frame_at(time: AudioTime, format: TargetFormat) -> u64 {
        (time.samples(format.rate) + RUNG_DELAY) / Self::samples_per_frame(format)
    }

    /// Returns the samples per channel in a frame: 1152 from 32 kHz on, 576 below (ISO/IEC 11172-3 and
    /// 13818-3).
    pub const fn samples_per_frame(format: TargetFormat) -> u64 {
        if format.rate >= 32_000 { 1152 } else { 576 }
    }
}

/// Frames of one rung. Their [`index`](EncodedFrames::index) counts from the start of the programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungFrames {
    /// The number of the rung.
    pub id: RungId,
    /// The frames, without marks.
    pub frames: EncodedFrames,
    /// The processor time of resampling and encoding them, and of this rung's share of decoding, in
    /// microseconds.
    pub cpu_us: u32,
}
