//! The reasons for which a file is not played.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a file cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeftOut {
    /// It cannot be opened or read; with the system's message.
    Unreadable(String),
    /// It has no audio in a format that coldwave knows.
    NotAudio,
    /// Its container is known, but not the codec in it, whose name or number this is.
    UnknownCodec(String),
    /// HE-AAC, of which the decoder plays only half of the frequencies.
    HeAac,
    /// More channels, or another property, that the decoder does not support; with its message.
    Unsupported(String),
    /// It began like audio, but nothing in it could be decoded.
    Damaged,
    /// The program was built without an encoder.
    NoEncoder,
    /// The station passes AAC on without encoding, and this is something else.
    NotAac,
}

/// The end of the sentence `skipping FILE: …`.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "it cannot be read: {error}"),
            Self::NotAudio => f.write_str("it is not an audio file of a known format"),
            Self::UnknownCodec(codec) => write!(f, "the codec {codec} is not supported"),
            Self::HeAac => f.write_str("HE-AAC cannot be decoded in full; convert it to AAC-LC or MP3"),
            Self::Unsupported(what) => write!(f, "it cannot be decoded: {what}"),
            Self::Damaged => f.write_str("nothing in it can be decoded"),
            Self::NoEncoder => f.write_str("this build has no encoder (feature `lame`)"),
            Self::NotAac => f.write_str("a station with codec = \"aac\" plays only AAC files"),
        }
    }
}

impl std::error::Error for LeftOut {}
