//! What is known about an audio file before it is decoded.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The kind of audio in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AudioKind {
    /// Free Lossless Audio Codec, in its own container or in Ogg.
    Flac,
    /// Apple Lossless, in MP4 or CAF.
    Alac,
    /// AAC-LC, in MP4 or ADTS.
    AacLc,
    /// Vorbis in Ogg.
    Vorbis,
    /// Opus in Ogg.
    Opus,
    /// Uncompressed samples: WAV, AIFF, CAF.
    Pcm,
    /// ADPCM, in WAV or AIFF.
    Adpcm,
    /// MPEG audio layer I.
    Mp1,
    /// MPEG audio layer II.
    Mp2,
    /// MPEG audio layer III.
    Mp3,
}

/// The usual name, for logs and pages.
impl fmt::Display for AudioKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flac => "FLAC",
            Self::Alac => "ALAC",
            Self::AacLc => "AAC",
            Self::Vorbis => "Vorbis",
            Self::Opus => "Opus",
            Self::Pcm => "PCM",
            Self::Adpcm => "ADPCM",
            Self::Mp1 => "MP1",
            Self::Mp2 => "MP2",
            Self::Mp3 => "MP3",
        })
    }
}

/// The audio and the tags of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioFileInfo {
    /// The kind of audio.
    pub kind: AudioKind,
    /// The sampling rate in Hz, of the decoded audio.
    pub rate: u32,
    /// The number of channels.
    pub channels: u8,
    /// How long it plays, as far as the file says so.
    pub length: Option<Duration>,
    /// The tags.
    pub tags: FileTags,
}

/// The tags of a file. Texts are as in the file: neither cleaned nor shortened below 8 KiB.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FileTags {
    /// The artist.
    pub artist: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// The album.
    pub album: Option<String>,
    /// The date of publication, which begins with the year.
    pub date: Option<String>,
    /// The International Standard Recording Code.
    pub isrc: Option<String>,
    /// The cover, if there is one that can be shown.
    pub cover: Option<CoverInfo>,
    /// The loudness according to ReplayGain or R128 tags.
    pub loudness: Option<TagLoudness>,
}

/// The cover of a file, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverInfo {
    /// The media type of an image that can be shown: `image/jpeg`.
    pub mime: String,
    /// The length of the image in bytes.
    pub len: u64,
}

/// The loudness of a track according to its tags.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TagLoudness {
    /// The integrated loudness in LUFS (EBU R 128).
    pub lufs: f32,
    /// Whether it is only roughly right, by a method that is not R 128, so that a measurement is better.
    pub is_rough: bool,
}
