//! What the bytes of a programme are encoded with.

use std::fmt;

/// An encoding of audio that [`Framer`](super::Framer) can take apart into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// MPEG-1, MPEG-2 or MPEG-2.5 audio layer III.
    Mp3,
    /// MPEG-2 or MPEG-4 AAC in ADTS frames, HE-AAC among them.
    Aac,
}

impl Codec {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mp3 => "MP3",
            Self::Aac => "AAC",
        }
    }

    /// What the name of a file with nothing but its frames ends in.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Mp3 => "mp3",
            Self::Aac => "aac",
        }
    }

    /// The `FrameContent-Type` of its frames, where no source has announced another (`audio/aacp`).
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Mp3 => "audio/mpeg",
            Self::Aac => "audio/aac",
        }
    }
}

/// What must stay the same for two frames to be played by one decoder without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Format {
    /// What the frames are encoded with.
    pub codec: Codec,
    /// Samples per second and channel, in Hz. HE-AAC is heard at twice this rate.
    pub rate: u32,
    /// 1 or 2, for AAC up to 8. Parametric stereo (HE-AAC v2) has 1.
    pub channels: u8,
}

/// For the operator: `MP3, 44100 Hz, stereo`.
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
    fn names_are_those_that_players_know() {
        let names = |codec: Codec| (codec.name(), codec.extension(), codec.content_type());
        assert_eq!(names(Codec::Mp3), ("MP3", "mp3", "audio/mpeg"));
        assert_eq!(names(Codec::Aac), ("AAC", "aac", "audio/aac"));
    }
}
