//! Codecs and formats of audio.

use std::fmt;

/// A codec whose frames [`Framer`](super::Framer) can find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// MPEG-1, MPEG-2 or MPEG-2.5 audio layer III.
    Mp3,
    /// MPEG-2 or MPEG-4 AAC in ADTS frames, HE-AAC among them.
    Aac,
}

impl Codec {
    /// Returns the usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mp3 => "MP3",
            Self::Aac => "AAC",
        }
    }

    /// Returns the other codec.
    pub const fn other(self) -> Self {
        match self {
            Self::Mp3 => Self::Aac,
            Self::Aac => Self::Mp3,
        }
    }

    /// Returns the extension of a file that contains only frames of this codec.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Mp3 => "mp3",
            Self::Aac => "aac",
        }
    }

    /// Returns the `Content-Type` of its frames, for sources that have not announced another (`audio/aacp`).
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Mp3 => "audio/mpeg",
            Self::Aac => "audio/aac",
        }
    }
}

/// The properties that two frames must share so that one decoder plays them without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Format {
    /// The codec of the frames.
    pub codec: Codec,
    /// The sampling rate in Hz. HE-AAC plays at twice this rate.
    pub rate: u32,
    /// The number of channels: 1 or 2, for AAC up to 8. Parametric stereo (HE-AAC v2) has 1.
    pub channels: u8,
}

/// For logs and pages: `MP3, 44100 Hz, stereo`.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { codec, rate, channels } = self;
        write!(f, "{}, {rate} Hz, ", codec.name())?;
        match channels {
            1 => f.write_str("mono"),
            2 => f.write_str("stereo"),
            more => write!(f, "{more} channels"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codec_names_are_the_usual_ones() {
        let names = |codec: Codec| (codec.name(), codec.extension(), codec.content_type());
        assert_eq!(names(Codec::Mp3), ("MP3", "mp3", "audio/mpeg"));
        assert_eq!(names(Codec::Aac), ("AAC", "aac", "audio/aac"));
    }
}
