//! The header of a frame of any codec: sample rate, channels, length and duration.

use super::adts::AdtsHeader;
use super::codec::{Codec, Format};
use super::mp3::Mp3Header;
use crate::time::AudioTime;

/// The header of one frame. It always gives the length of its frame.
///
/// Two headers of the same stream may differ in bit rate and length. A decoder has to be set up again if
/// their [`format`](Self::format) differs. Their frames may follow each other in one stream if they are
/// [compatible](Self::is_compatible_with).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// The header of a frame of MPEG audio layer III.
    Mp3(Mp3Header),
    /// The header of an AAC frame.
    Aac(AdtsHeader),
}

impl Codec {
    /// Returns the length of a header in bytes.
    pub const fn header_len(self) -> usize {
        match self {
            Self::Mp3 => Mp3Header::LEN,
            Self::Aac => AdtsHeader::LEN,
        }
    }

    /// Returns the most bytes a frame can have, including its header.
    pub const fn max_frame_len(self) -> usize {
        match self {
            Self::Mp3 => Mp3Header::MAX_FRAME_LEN,
            Self::Aac => AdtsHeader::MAX_FRAME_LEN,
        }
    }
}

impl Header {
    /// The length in bytes of the header of an MP3 frame. For other codecs, use [`Codec::header_len`].
    pub const MP3_LEN: usize = Mp3Header::LEN;

    /// The most bytes a frame of any codec can have, including its header. For one codec, use
    /// [`Codec::max_frame_len`].
    pub const MAX_FRAME_LEN: usize = AdtsHeader::MAX_FRAME_LEN;

    /// The default: MP3 at 44.1 kHz, joint stereo, 128 kbit/s.
    pub const DEFAULT: Self = Self::Mp3(Mp3Header::DEFAULT);

    /// Parses the header of an MP3 frame. Returns `None` if the bytes are not one.
    pub fn parse_mp3(bytes: [u8; Self::MP3_LEN]) -> Option<Self> {
        Mp3Header::parse(bytes).map(Self::Mp3)
    }

    /// Parses the header of this codec at the start of `bytes`. Returns `None` if there is none, or if there
    /// are fewer bytes than [`Codec::header_len`].
    pub fn parse(codec: Codec, bytes: &[u8]) -> Option<Self> {
        match codec {
            Codec::Mp3 => Mp3Header::parse(*bytes.first_chunk()?).map(Self::Mp3),
            Codec::Aac => AdtsHeader::parse(*bytes.first_chunk()?).map(Self::Aac),
        }
    }

    /// Returns the header of an MP3 frame; see [`Mp3Header::new`].
    pub fn new_mp3(rate: u32, channels: u8, kbps: u16) -> Option<Self> {
        Mp3Header::new(rate, channels, kbps).map(Self::Mp3)
    }

    /// Returns the header of an AAC frame; see [`AdtsHeader::new`].
    pub fn new_aac(rate: u32, channels: u8, frame_len: usize) -> Option<Self> {
        AdtsHeader::new(rate, channels, frame_len).map(Self::Aac)
    }

    /// Returns the header's bytes as in the frame.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Mp3(header) => header.bytes(),
            Self::Aac(header) => header.bytes(),
        }
    }

    /// Returns the codec of the frame.
    pub fn codec(&self) -> Codec {
        match self {
            Self::Mp3(_) => Codec::Mp3,
            Self::Aac(_) => Codec::Aac,
        }
    }

    /// Returns the format for which a decoder must be set up.
    pub fn format(&self) -> Format {
        Format { codec: self.codec(), rate: self.rate(), channels: self.channels() }
    }

    /// Returns the sampling rate in Hz.
    pub fn rate(&self) -> u32 {
        match self {
            Self::Mp3(header) => header.rate(),
            Self::Aac(header) => header.rate(),
        }
    }

    /// Returns the number of channels: 1 or 2, for AAC up to 8.
    pub fn channels(&self) -> u8 {
        match self {
            Self::Mp3(header) => header.channels(),
            Self::Aac(header) => header.channels(),
        }
    }

    /// Returns the samples per channel in this frame.
    pub fn samples(&self) -> u16 {
        match self {
            Self::Mp3(header) => header.samples(),
            Self::Aac(header) => header.samples(),
        }
    }

    /// Returns how long this frame plays.
    pub fn duration(&self) -> AudioTime {
        AudioTime::from_samples(self.samples().into(), self.rate())
    }

    /// Returns the bit rate of this frame in kbit/s. With a variable bit rate, and always with AAC, the next
    /// frame differs.
    pub fn kbps(&self) -> u16 {
        match self {
            Self::Mp3(header) => header.kbps(),
            Self::Aac(header) => header.kbps(),
        }
    }

    /// Returns the length of the whole frame in bytes.
    pub fn frame_len(&self) -> usize {
        match self {
            Self::Mp3(header) => header.frame_len(),
            Self::Aac(header) => header.frame_len(),
        }
    }

    /// Returns whether checksums follow the header.
    pub fn has_crc(&self) -> bool {
        match self {
            Self::Mp3(header) => header.has_crc(),
            Self::Aac(header) => header.has_crc(),
        }
    }

    /// Returns whether frames with this header and with `other` may follow each other in one stream.
    pub fn is_compatible_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Mp3(header), Self::Mp3(other)) => header.is_compatible_with(other),
            (Self::Aac(header), Self::Aac(other)) => header.is_compatible_with(other),
            _ => false,
        }
    }
}

impl Default for Header {
    fn default() -> Self {
        Self::DEFAULT
    }
}
