//! What a conversion produces.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::mp3_formats::mp3_bit_rates;
use crate::audio::{Codec, Format, Header};
use crate::settings::FormatSettings;

/// The bit rate of a station whose settings do not say it, in kbit/s.
pub const DEFAULT_KBPS: u16 = 128;

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

impl TargetFormat {
    /// Returns the format with these properties of a station's settings; `None` if the rate or the number of
    /// channels is not set. Without a bit rate it is 128 kbit/s, or the highest that can be encoded at this
    /// rate.
    pub fn from_settings(settings: &FormatSettings) -> Option<Self> {
        Self::with_kbps(settings.rate?, settings.channels?, settings.kbps)
    }

    /// Returns the format with this bit rate in kbit/s. Without one, it is [`DEFAULT_KBPS`], or the highest
    /// below it that can be encoded at this rate; `None` if none can.
    pub fn with_kbps(rate: u32, channels: u8, kbps: Option<u16>) -> Option<Self> {
        let highest = || mp3_bit_rates(rate).take_while(|kbps| *kbps <= DEFAULT_KBPS).last();
        Some(Self { rate, channels, kbps: kbps.or_else(highest)? })
    }

    /// Returns the format of the frames, apart from their bit rate.
    pub fn format(self) -> Format {
        Format { codec: Codec::Mp3, rate: self.rate, channels: self.channels }
    }

    /// Returns the header of a frame in this format.
    pub fn header(self) -> Option<Header> {
        Header::new_mp3(self.rate, self.channels, self.kbps)
    }
}

/// For logs and pages: `MP3, 44100 Hz, stereo, 128 kbit/s`.
impl fmt::Display for TargetFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} kbit/s", self.format(), self.kbps)
    }
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
    /// The number of output frames of this file to leave out at its beginning, because they were produced
    /// before the worker died.
    pub skip_frames: u64,
}
