//! The reasons for which a station passes on audio in several formats, and what an operator can do about it.

use super::{Process, StationCodec};

/// Why a station does not convert what is not in its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unconverted {
    /// It is a station of AAC, which is not encoded.
    Aac,
    /// The key `process` says so.
    ProcessNever,
    /// The program was built without an encoder.
    NoEncoder,
    /// It has no music, and the key `format` does not say its format.
    UnknownFormat,
}

impl Unconverted {
    /// Returns why a station with these settings converts nothing; `None` if it converts.
    pub fn from_settings(codec: StationCodec, process: Process, has_encoder: bool) -> Option<Self> {
        match (codec, process) {
            (StationCodec::Aac, _) => Some(Self::Aac),
            (StationCodec::Mp3, Process::Never) => Some(Self::ProcessNever),
            (StationCodec::Mp3, _) => (!has_encoder).then_some(Self::NoEncoder),
        }
    }

    /// Returns what helps apart from a change of the file or the encoder, as the end of a sentence; empty if
    /// nothing does.
    pub fn or_remedy(self) -> &'static str {
        match self {
            Self::Aac => "",
            Self::ProcessNever => ", or set process = \"when_needed\"",
            Self::NoEncoder => ", or build coldwave with the feature lame",
            Self::UnknownFormat => ", or set format",
        }
    }
}
