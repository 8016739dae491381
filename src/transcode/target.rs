//! What a conversion produces.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::path_bytes;

/// The format in which audio is encoded as MP3, with a constant bit rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFormat {
    /// The sampling rate in Hz, one of those of MPEG-1, MPEG-2 and MPEG-2.5 audio.
    pub rate: u32,
    /// The number of channels: 1 or 2.
    pub channels: u8,
    /// The bit rate in kbit/s, one that layer III has at this rate.
    pub kbps: u16,
}

/// What a file becomes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum FileOutput {
    /// Decoded, and encoded as MP3.
    Mp3 {
        /// The format of the frames.
        format: TargetFormat,
        /// The gain in dB, with a limiter; `None` to leave the volume as it is, without a limiter.
        gain_db: Option<f32>,
    },
    /// The AAC frames of the file, unchanged, with ADTS headers.
    Adts,
}

/// A file to convert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileJob {
    /// The file, a regular one.
    #[serde(with = "path_bytes")]
    pub path: PathBuf,
    /// What it becomes.
    pub output: FileOutput,
    /// The number of output frames of this file to leave out at its beginning, because they were produced before
    /// the worker died.
    pub skip_frames: u64,
}
