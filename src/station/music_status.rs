//! What the AutoDJ reports about its music: the format in which it is played, and the files that are left
//! out.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::time::Time;
use crate::transcode::{AudioKind, TargetFormat};

/// The state of a station's music.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MusicStatus {
    /// The format to which music is converted; `None` until it is decided, and if nothing is converted.
    pub format: Option<MusicFormat>,
    /// The files that were left out last, the latest first; at most [`LEFT_OUT_MAX`](Self::LEFT_OUT_MAX).
    pub left_out: Vec<Arc<LeftOutFile>>,
    /// The number of all files that are left out.
    pub left_out_count: usize,
    /// Why nothing of it can be played, as in the log: `no playable files: …`; `None` while something can.
    pub problem: Option<String>,
}

impl MusicStatus {
    /// Maximum length of [`left_out`](Self::left_out).
    pub const LEFT_OUT_MAX: usize = 100;
}

/// The format to which a station's music is converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MusicFormat {
    /// The format.
    pub target: TargetFormat,
    /// Where it comes from, as a name for the API: `configured`, `stored`, `music` or `default`.
    pub origin: &'static str,
}

/// A file that is not played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOutFile {
    /// The file.
    pub file: PathBuf,
    /// Why, as in the log: the end of the sentence `skipping FILE: …`.
    pub reason: String,
    /// When it was last found that it cannot be played.
    pub at: Time,
}

/// What was converted to play a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackConversion {
    /// The kind of audio in the file.
    pub kind: AudioKind,
    /// The sampling rate of the file in Hz.
    pub rate: u32,
    /// The number of channels in the file.
    pub channels: u8,
    /// The gain in dB that brings the track to the station's loudness; `None` if its volume is unchanged.
    pub gain_db: Option<f32>,
}

/// For logs and pages: `FLAC, 96000 Hz, stereo`.
impl fmt::Display for TrackConversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, rate, channels, .. } = self;
        match channels {
            1 => write!(f, "{kind}, {rate} Hz, mono"),
            2 => write!(f, "{kind}, {rate} Hz, stereo"),
            _ => write!(f, "{kind}, {rate} Hz, {channels} channels"),
        }
    }
}
