//! The seven-byte header of an ADTS frame, the format in which AAC is streamed.
//!
//! symphonia is not used for these frames: its `AdtsReader` (0.6.1) refuses frames of more than one raw data
//! block, and of other frames it checks only the header. A test compares the results for these headers.

/// The header of one ADTS frame (ISO/IEC 13818-7, 6.2; 14496-3, 1.A.2.2); protocol-notes/aac.md.
///
/// A header always gives the number of channels: [`parse`](Self::parse) refuses headers that leave it to a
/// program config element inside the frame. Encoders send that element only once (ffmpeg does), so a listener
/// that joins later never receives it, and silence could not be generated in such a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdtsHeader {
    // AAAAAAAA AAAABCCD EEFFFFGH HHIJKLMM MMMMMMMM MMMNNNNN NNNNNNOO: sync, MPEG-2, layer, no CRC, profile,
    // sampling rate, private, channels, original, home, copyright (2), length, buffer fullness, more blocks.
    bytes: [u8; 7],
}

/// Sampling rates in Hz, by index.
const SAMPLE_RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// Samples per channel in a raw data block.
pub(super) const SAMPLES_PER_BLOCK: u16 = 1024;

const PROTECTION_ABSENT: u8 = 0x01;

/// The bits of the first four bytes that are the same in all frames of a stream. The private bit, the
/// original bit and the home bit are left out, because they do not affect a decoder.
const FIXED_HEADER_MASK: u32 = 0xFFFF_FDC0;

/// The length in bytes of a checksum, and of the position of a block in a frame that has checksums.
const CRC_LEN: usize = 2;

impl AdtsHeader {
    /// The length of a header in bytes, without its checksum.
    pub const LEN: usize = 7;

    /// The most bytes a frame can have, including its header: the field has 13 bits.
    pub const MAX_FRAME_LEN: usize = 0x1FFF;

    /// Parses a header. Returns `None` if the bytes are not the header of a frame of known length and
    /// channels.
    pub fn parse(bytes: [u8; 7]) -> Option<Self> {
        let header = Self { bytes };
        let synced = bytes[0] == 0xFF && bytes[1] & 0xF0 == 0xF0;
        let layer_0 = bytes[1] & 0x06 == 0;
        let rate_known = header.rate_index() < SAMPLE_RATES.len();
        let channels_known = header.configuration() != 0;
        let long_enough = header.frame_len() >= header.min_frame_len();
        (synced && layer_0 && rate_known && channels_known && long_enough).then_some(header)
    }

    /// Returns the header of a frame of MPEG-4 AAC-LC without CRC and with one raw data block. Returns `None`
    /// if AAC does not have this sampling rate (Hz), or ADTS does not have this number of channels (1 to 6,
    /// 8) or a frame of this many bytes.
    pub fn new(rate: u32, channels: u8, frame_len: usize) -> Option<Self> {
        let rate = SAMPLE_RATES.iter().position(|known| *known == rate)?;
        let configuration = match channels {
            8 => 7,
            7 => return None,
            _ => channels,
        };
        let fixed =
            [0xFF, 0xF1, 0x40 | (rate as u8) << 2 | configuration >> 2 & 1, configuration << 6, 0, 0, 0];
        let known = configuration < 8 && frame_len <= Self::MAX_FRAME_LEN;
        known.then(|| Self { bytes: fixed }.with_len(frame_len)).and_then(|header| Self::parse(header.bytes))
    }

    /// Returns the header's bytes as in the frame.
    pub fn bytes(&self) -> &[u8; 7] {
        &self.bytes
    }

    /// Returns the sampling rate in Hz. For HE-AAC it is the rate of the core: a decoder that supports
    /// spectral band replication doubles it.
    pub fn rate(&self) -> u32 {
        SAMPLE_RATES[self.rate_index()]
    }

    /// Returns the number of channels: 1 to 6, or 8. Parametric stereo (HE-AAC v2) has 1.
    pub fn channels(&self) -> u8 {
        match self.configuration() {
            7 => 8,
            count => count,
        }
    }

    /// Returns the channel configuration, 1 to 7, which determines the elements of a frame.
    pub(super) fn configuration(&self) -> u8 {
        (self.bytes[2] & 1) << 2 | self.bytes[3] >> 6
    }

    /// Returns the samples per channel in this frame, at [`rate`](Self::rate).
    pub fn samples(&self) -> u16 {
        SAMPLES_PER_BLOCK * u16::from(self.blocks())
    }

    /// Returns the bit rate in kbit/s of a stream in which every frame is as long as this one. Encoders at a
    /// constant bit rate vary the length around a mean.
    pub fn kbps(&self) -> u16 {
        let bits_per_second_and_samples = self.frame_len() as u64 * 8 * u64::from(self.rate());
        let samples = u64::from(self.samples());
        ((bits_per_second_and_samples + 500 * samples) / (1000 * samples)) as u16
    }

    /// Returns the length of the whole frame in bytes: header, CRC, payload.
    pub fn frame_len(&self) -> usize {
        let [.., high, middle, low, _] = self.bytes.map(usize::from);
        (high & 3) << 11 | middle << 3 | low >> 5
    }

    /// Returns whether checksums follow the header.
    pub fn has_crc(&self) -> bool {
        self.bytes[1] & PROTECTION_ABSENT == 0
    }

    /// Returns whether frames with this header and with `other` may follow each other in one stream: same
    /// version, profile, sampling rate and channels, both with or both without CRC. The standard requires all
    /// of these to be constant.
    pub fn is_compatible_with(&self, other: &Self) -> bool {
        (self.first_four() ^ other.first_four()) & FIXED_HEADER_MASK == 0
    }

    /// Returns the header of a frame in the same format that has one raw data block, `frame_len` bytes and no
    /// CRC, for frames that coldwave generates.
    pub(super) fn plain(&self, frame_len: usize) -> Self {
        let [sync, version, rate, channels, ..] = self.bytes;
        let bytes = [sync, version | PROTECTION_ABSENT, rate & 0xFD, channels & 0xC0, 0, 0, 0];
        Self { bytes }.with_len(frame_len)
    }

    /// Sets the length. All bits of the buffer fullness are set, which means that it is unknown, as with a
    /// variable bit rate.
    fn with_len(self, frame_len: usize) -> Self {
        let [sync, version, rate, channels, ..] = self.bytes;
        let [.., high, low] = (frame_len << 5 | 0x1F).to_be_bytes();
        Self { bytes: [sync, version, rate, channels | (frame_len >> 11) as u8, high, low, 0xFC] }
    }

    /// Returns the minimum length of a frame with this header. Each raw data block ends with at least three
    /// bits. With CRC, the frame has a checksum of the header, a checksum of each block if there is more than
    /// one, and the positions of all blocks but the first.
    fn min_frame_len(&self) -> usize {
        let blocks = usize::from(self.blocks());
        let checks = match (self.has_crc(), blocks) {
            (false, _) => 0,
            (true, 1) => CRC_LEN,
            (true, _) => 2 * blocks * CRC_LEN,
        };
        Self::LEN + checks + blocks
    }

    /// Returns the number of raw data blocks, 1 to 4.
    fn blocks(&self) -> u8 {
        1 + (self.bytes[6] & 3)
    }

    fn rate_index(&self) -> usize {
        usize::from(self.bytes[2] >> 2 & 0x0F)
    }

    fn first_four(&self) -> u32 {
        let [a, b, c, d, ..] = self.bytes;
        u32::from_be_bytes([a, b, c, d])
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_data::{all_adts_headers, noise};
    use super::*;
    use symphonia::core::codecs::CodecParameters;
    use symphonia::core::formats::FormatReader;
    use symphonia::core::io::{MediaSourceStream, ReadOnlySource};
    use symphonia::default::formats::AdtsReader;

    /// From ffmpeg's encoder: the first header of fixtures/aac/lc-44100-stereo-96k.aac.
    const FFMPEG: [u8; 7] = [0xFF, 0xF1, 0x50, 0x80, 0x1A, 0x9F, 0xFC];

    fn with_bits(at: usize, clear: u8, set: u8) -> Option<AdtsHeader> {
        let mut bytes = FFMPEG;
        bytes[at] = bytes[at] & !clear | set;
        AdtsHeader::parse(bytes)
    }

    #[test]
    fn known_headers_parse_as_documented() {
        let stereo = AdtsHeader::parse(FFMPEG).expect("a header");
        assert_eq!((stereo.rate(), stereo.channels(), stereo.samples()), (44_100, 2, 1024));
        assert_eq!((stereo.frame_len(), stereo.kbps(), stereo.has_crc()), (212, 73, false));
        // The core of HE-AAC v2 with a checksum: 22.05 kHz mono, from which parametric stereo is decoded.
        let speech = AdtsHeader::parse([0xFF, 0xF8, 0x5C, 0x40, 0x16, 0x1F, 0xFC]).expect("a header");
        assert_eq!((speech.rate(), speech.channels(), speech.samples()), (22_050, 1, 1024));
        assert_eq!((speech.frame_len(), speech.has_crc()), (176, true));
    }

    #[test]
    fn invalid_headers_are_refused() {
        assert!(with_bits(0, 0, 0).is_some());
        assert_eq!(with_bits(0, 0x01, 0), None, "sync");
        assert_eq!(with_bits(1, 0x10, 0), None, "sync");
        assert_eq!(with_bits(1, 0, 0x02), None, "layer III");
        assert_eq!(with_bits(1, 0, 0x04), None, "layer II");
        for index in 13..16 {
            assert_eq!(with_bits(2, 0x3C, index << 2), None, "sampling rate {index}");
        }
        assert_eq!(with_bits(3, 0xC0, 0), None, "channels given inside the frame");
        assert_eq!(AdtsHeader::parse([0xFF, 0xF1, 0x50, 0x80, 0x00, 0xFF, 0xFC]), None, "7 bytes");
        assert!(AdtsHeader::parse([0xFF, 0xF1, 0x50, 0x80, 0x01, 0x1F, 0xFC]).is_some(), "8 bytes");
        assert_eq!(
            AdtsHeader::parse([0xFF, 0xF0, 0x50, 0x80, 0x01, 0x3F, 0xFC]),
            None,
            "9 bytes, 2 of them CRC"
        );
        assert_eq!(
            AdtsHeader::parse([0xFF, 0xF1, 0x50, 0x80, 0x01, 0x1F, 0xFF]),
            None,
            "4 blocks in 8 bytes"
        );
    }

    #[test]
    fn frame_of_several_blocks_lasts_as_long_as_several_frames() {
        for blocks in 1..=4 {
            let header = with_bits(6, 0x03, blocks - 1).expect("a header");
            assert_eq!(header.samples(), 1024 * u16::from(blocks));
            assert_eq!(header.kbps(), (212.0 * 8.0 * 44.1 / (1024.0 * f64::from(blocks))).round() as u16);
        }
    }

    #[test]
    fn new_returns_a_header_of_the_given_format() {
        for rate in SAMPLE_RATES {
            for channels in [1, 2, 3, 4, 5, 6, 8] {
                let made = AdtsHeader::new(rate, channels, 1000).expect("a header");
                assert_eq!((made.rate(), made.channels(), made.frame_len()), (rate, channels, 1000));
                assert_eq!((made.samples(), made.has_crc()), (1024, false));
            }
        }
        for channels in [0, 7, 9, 255] {
            assert_eq!(AdtsHeader::new(44_100, channels, 1000), None, "{channels} channels");
        }
        assert_eq!(AdtsHeader::new(44_000, 2, 1000), None);
        assert_eq!(AdtsHeader::new(44_100, 2, AdtsHeader::LEN), None);
        assert_eq!(AdtsHeader::new(44_100, 2, AdtsHeader::MAX_FRAME_LEN + 1), None);
        let longest = AdtsHeader::new(44_100, 2, AdtsHeader::MAX_FRAME_LEN).expect("a header");
        assert_eq!(longest.frame_len(), AdtsHeader::MAX_FRAME_LEN);
    }

    #[test]
    fn only_fixed_header_fields_affect_compatibility() {
        let header = AdtsHeader::parse(FFMPEG).expect("a header");
        // Private, original, home; length and fullness; copyright; blocks.
        for (at, bit) in [
            (2, 0x02),
            (3, 0x20),
            (3, 0x10),
            (3, 0x08),
            (3, 0x04),
            (4, 0x01),
            (5, 0x20),
            (6, 0x80),
            (6, 0x01),
        ] {
            let other = with_bits(at, FFMPEG[at] & bit, !FFMPEG[at] & bit).expect("a header");
            assert!(other != header && other.is_compatible_with(&header), "bit {bit:02X} of byte {at}");
        }
        // Version, CRC, profile, sampling rate, channels.
        for (at, bit) in [(1, 0x08), (1, 0x01), (2, 0x80), (2, 0x40), (2, 0x04), (2, 0x01), (3, 0x40)] {
            let other = with_bits(at, FFMPEG[at] & bit, !FFMPEG[at] & bit).expect("a header");
            assert!(!other.is_compatible_with(&header), "bit {bit:02X} of byte {at}");
        }
    }

    /// Returns the properties of a frame according to symphonia: sampling rate, channels, samples, payload
    /// length.
    fn symphonia_view(bytes: &[u8]) -> Option<(u32, usize, u64, usize)> {
        let source = MediaSourceStream::new(Box::new(ReadOnlySource::new(bytes)), Default::default());
        let mut reader = AdtsReader::try_new(source, Default::default()).ok()?;
        let packet = reader.next_packet().ok()??;
        let Some(CodecParameters::Audio(audio)) = &reader.tracks()[0].codec_params else { return None };
        let channels = audio.channels.as_ref()?.count();
        Some((audio.sample_rate?, channels, packet.dur.get(), packet.data.len()))
    }

    #[test]
    fn symphonia_parses_every_header_to_the_same_values() {
        for header in all_adts_headers().filter(|header| header.blocks() == 1) {
            let mut bytes = noise(header.frame_len(), 1);
            bytes[..AdtsHeader::LEN].copy_from_slice(header.bytes());
            let before = AdtsHeader::LEN + if header.has_crc() { CRC_LEN } else { 0 };
            let expected = (
                header.rate(),
                usize::from(header.channels()),
                u64::from(header.samples()),
                header.frame_len() - before,
            );
            assert_eq!(symphonia_view(&bytes), Some(expected), "{header:?}");
        }
    }
}
