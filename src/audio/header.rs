//! The header of a frame, whatever the frame is encoded with.

use super::adts::AdtsHeader;
use super::codec::{Codec, Format};
use super::mp3::Mp3Header;
use crate::time::AudioTime;

/// The header of one frame. There are only headers that say how long their frame is.
///
/// Two may differ where nothing changed: in bit rate, in length. Whether a decoder has to be set up anew is a matter of
/// their [`format`](Self::format), and whether they may follow each other in one stream of [`agrees`](Self::agrees).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// Of MPEG audio layer III.
    Mp3(Mp3Header),
    /// Of AAC.
    Aac(AdtsHeader),
}

impl Codec {
    /// How many bytes a header has.
    pub const fn header_len(self) -> usize {
        match self {
            Self::Mp3 => Mp3Header::LEN,
            Self::Aac => AdtsHeader::LEN,
        }
    }

    /// The most bytes a frame can have, its header included.
    pub const fn max_frame_len(self) -> usize {
        match self {
            Self::Mp3 => Mp3Header::MAX_FRAME_LEN,
            Self::Aac => AdtsHeader::MAX_FRAME_LEN,
        }
    }
}

impl Header {
    /// How many bytes the header of an MP3 frame has; of others: [`Codec::header_len`].
    pub const MP3_LEN: usize = Mp3Header::LEN;

    /// The most bytes a frame of any codec can have, its header included; of one: [`Codec::max_frame_len`].
    pub const MAX_FRAME_LEN: usize = AdtsHeader::MAX_FRAME_LEN;

    /// What to send when nothing else says: MP3 of 44.1 kHz, joint stereo, 128 kbit/s.
    pub const DEFAULT: Self = Self::Mp3(Mp3Header::DEFAULT);

    /// The header of an MP3 frame in these bytes; `None` when they are none.
    pub fn parse_mp3(bytes: [u8; Self::MP3_LEN]) -> Option<Self> {
        Mp3Header::parse(bytes).map(Self::Mp3)
    }

    /// The header with which these bytes begin, if they are of this codec; `None` also when they are fewer than
    /// [`Codec::header_len`].
    pub fn parse(codec: Codec, bytes: &[u8]) -> Option<Self> {
        match codec {
            Codec::Mp3 => Mp3Header::parse(*bytes.first_chunk()?).map(Self::Mp3),
            Codec::Aac => AdtsHeader::parse(*bytes.first_chunk()?).map(Self::Aac),
        }
    }

    /// The header of an MP3 frame; see [`Mp3Header::new`].
    pub fn new_mp3(rate: u32, channels: u8, kbps: u16) -> Option<Self> {
        Mp3Header::new(rate, channels, kbps).map(Self::Mp3)
    }

    /// The header of an AAC frame; see [`AdtsHeader::new`].
    pub fn new_aac(rate: u32, channels: u8, frame_len: usize) -> Option<Self> {
        AdtsHeader::new(rate, channels, frame_len).map(Self::Aac)
    }

    /// The header as it stands in the frame.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Mp3(header) => header.bytes(),
            Self::Aac(header) => header.bytes(),
        }
    }

    /// What the frame is encoded with.
    pub fn codec(&self) -> Codec {
        match self {
            Self::Mp3(_) => Codec::Mp3,
            Self::Aac(_) => Codec::Aac,
        }
    }

    /// What a decoder must be set up for.
    pub fn format(&self) -> Format {
        Format { codec: self.codec(), rate: self.rate(), channels: self.channels() }
    }

    /// Samples per second and channel, in Hz.
    pub fn rate(&self) -> u32 {
        match self {
            Self::Mp3(header) => header.rate(),
            Self::Aac(header) => header.rate(),
        }
    }

    /// 1 or 2, for AAC up to 8.
    pub fn channels(&self) -> u8 {
        match self {
            Self::Mp3(header) => header.channels(),
            Self::Aac(header) => header.channels(),
        }
    }

    /// Samples per channel that this frame lasts.
    pub fn samples(&self) -> u16 {
        match self {
            Self::Mp3(header) => header.samples(),
            Self::Aac(header) => header.samples(),
        }
    }

    /// How long this frame plays.
    pub fn duration(&self) -> AudioTime {
        AudioTime::from_samples(self.samples().into(), self.rate())
    }

    /// The bit rate of this frame in kbit/s. In a VBR programme, and in every one of AAC, the next one differs.
    pub fn kbps(&self) -> u16 {
        match self {
            Self::Mp3(header) => header.kbps(),
            Self::Aac(header) => header.kbps(),
        }
    }

    /// Bytes of the whole frame.
    pub fn frame_len(&self) -> usize {
        match self {
            Self::Mp3(header) => header.frame_len(),
            Self::Aac(header) => header.frame_len(),
        }
    }

    /// Whether checksums follow the header.
    pub fn has_crc(&self) -> bool {
        match self {
            Self::Mp3(header) => header.has_crc(),
            Self::Aac(header) => header.has_crc(),
        }
    }

    /// Whether a frame with this header may stand next to one with `other` in one stream.
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
