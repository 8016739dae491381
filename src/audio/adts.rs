//! The seven bytes that begin a frame of AAC as streams have it, and all that they say.
//!
//! symphonia is not asked about these frames: its `AdtsReader` (0.6.1) refuses those of more than one raw data
//! block, and of the others it reads nothing but the header. That it reads it as we do is a test.

/// The header of one ADTS frame (ISO/IEC 13818-7, 6.2; 14496-3, 1.A.2.2); protocol-notes/aac.md.
///
/// Only headers that say how many channels there are exist: [`parse`](Self::parse) refuses those that leave it to
/// a program config element inside the frame. Encoders write that element once (ffmpeg does), so who joins later
/// never learns of it; nor could silence be made of such a format.
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

/// What is the same in all frames of a stream, but for the private bit, the original and the home bit, which tell
/// a decoder nothing.
const FIXED_HEADER_MASK: u32 = 0xFFFF_FDC0;

/// Bytes of a checksum, and of the place of a block in a frame that has checksums.
const CRC_LEN: usize = 2;

impl AdtsHeader {
    /// How many bytes a header has, its checksum left out.
    pub const LEN: usize = 7;

    /// The most bytes a frame can have, its header included: the field has 13 bits.
    pub const MAX_FRAME_LEN: usize = 0x1FFF;

    /// The header in these bytes; `None` when they are not the header of a frame of known length and channels.
    pub fn parse(bytes: [u8; 7]) -> Option<Self> {
        let header = Self { bytes };
        let synced = bytes[0] == 0xFF && bytes[1] & 0xF0 == 0xF0;
        let layer_0 = bytes[1] & 0x06 == 0;
        let rate_known = header.rate_index() < SAMPLE_RATES.len();
        let channels_known = header.configuration() != 0;
        let long_enough = header.frame_len() >= header.min_frame_len();
        (synced && layer_0 && rate_known && channels_known && long_enough).then_some(header)
    }

    /// The header of a frame of MPEG-4 AAC-LC without CRC, of one raw data block. `None` when AAC has no such
    /// sampling rate (Hz), ADTS no such number of channels (1 to 6, 8) or frame of that many bytes.
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

    /// The header as it stands in the frame.
    pub fn bytes(&self) -> &[u8; 7] {
        &self.bytes
    }

    /// Samples per second and channel, in Hz. Of HE-AAC these are the samples of the core: a decoder that knows
    /// of spectral band replication makes two of each.
    pub fn rate(&self) -> u32 {
        SAMPLE_RATES[self.rate_index()]
    }

    /// 1 to 6, or 8. Parametric stereo (HE-AAC v2) has 1.
    pub fn channels(&self) -> u8 {
        match self.configuration() {
            7 => 8,
            count => count,
        }
    }

    /// The channel configuration, 1 to 7: which elements a frame has.
    pub(super) fn configuration(&self) -> u8 {
        (self.bytes[2] & 1) << 2 | self.bytes[3] >> 6
    }

    /// Samples per channel that this frame lasts, at [`rate`](Self::rate).
    pub fn samples(&self) -> u16 {
        SAMPLES_PER_BLOCK * u16::from(self.blocks())
    }

    /// The bit rate in kbit/s of a programme in which every frame is as long as this one. Encoders of constant
    /// bit rate vary the length about a mean.
    pub fn kbps(&self) -> u16 {
        let bits_per_second_and_samples = self.frame_len() as u64 * 8 * u64::from(self.rate());
        let samples = u64::from(self.samples());
        ((bits_per_second_and_samples + 500 * samples) / (1000 * samples)) as u16
    }

    /// Bytes of the whole frame: header, CRC, payload.
    pub fn frame_len(&self) -> usize {
        let [.., high, middle, low, _] = self.bytes.map(usize::from);
        (high & 3) << 11 | middle << 3 | low >> 5
    }

    /// Whether checksums follow the header.
    pub fn has_crc(&self) -> bool {
        self.bytes[1] & PROTECTION_ABSENT == 0
    }

    /// Whether a frame with this header may stand next to one with `other` in one stream: same version, profile,
    /// sampling rate and channels, both with or both without CRC. The standard has all of this fixed.
    pub fn is_compatible_with(&self, other: &Self) -> bool {
        (self.first_four() ^ other.first_four()) & FIXED_HEADER_MASK == 0
    }

    /// The same for a frame of one raw data block that has `frame_len` bytes and no CRC: what a frame made by hand
    /// needs.
    pub(super) fn plain(&self, frame_len: usize) -> Self {
        let [sync, version, rate, channels, ..] = self.bytes;
        let bytes = [sync, version | PROTECTION_ABSENT, rate & 0xFD, channels & 0xC0, 0, 0, 0];
        Self { bytes }.with_len(frame_len)
    }

    /// A buffer fullness of all ones says that it says nothing, as of variable bit rate.
    fn with_len(self, frame_len: usize) -> Self {
        let [sync, version, rate, channels, ..] = self.bytes;
        let [.., high, low] = (frame_len << 5 | 0x1F).to_be_bytes();
        Self { bytes: [sync, version, rate, channels | (frame_len >> 11) as u8, high, low, 0xFC] }
    }

    /// Each raw data block ends with three bits at least; with checksums, there is one of the header, one of each
    /// block where these are more than one, and the places of all but the first.
    fn min_frame_len(&self) -> usize {
        let blocks = usize::from(self.blocks());
        let checks = match (self.has_crc(), blocks) {
            (false, _) => 0,
            (true, 1) => CRC_LEN,
            (true, _) => 2 * blocks * CRC_LEN,
        };
        Self::LEN + checks + blocks
    }

    /// 1 to 4.
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

    /// What ffmpeg's encoder made: the first header of fixtures/aac/lc-44100-stereo-96k.aac.
    const FFMPEG: [u8; 7] = [0xFF, 0xF1, 0x50, 0x80, 0x1A, 0x9F, 0xFC];

    fn with(at: usize, clear: u8, set: u8) -> Option<AdtsHeader> {
        let mut bytes = FFMPEG;
        bytes[at] = bytes[at] & !clear | set;
        AdtsHeader::parse(bytes)
    }

    #[test]
    fn known_headers_read_as_documented() {
        let stereo = AdtsHeader::parse(FFMPEG).expect("a header");
        assert_eq!((stereo.rate(), stereo.channels(), stereo.samples()), (44_100, 2, 1024));
        assert_eq!((stereo.frame_len(), stereo.kbps(), stereo.has_crc()), (212, 73, false));
        // The core of HE-AAC v2, with a checksum: parametric stereo made of 22.05 kHz mono.
        let speech = AdtsHeader::parse([0xFF, 0xF8, 0x5C, 0x40, 0x16, 0x1F, 0xFC]).expect("a header");
        assert_eq!((speech.rate(), speech.channels(), speech.samples()), (22_050, 1, 1024));
        assert_eq!((speech.frame_len(), speech.has_crc()), (176, true));
    }

    #[test]
    fn what_is_no_header_is_refused() {
        assert!(with(0, 0, 0).is_some());
        assert_eq!(with(0, 0x01, 0), None, "sync");
        assert_eq!(with(1, 0x10, 0), None, "sync");
        assert_eq!(with(1, 0, 0x02), None, "layer III");
        assert_eq!(with(1, 0, 0x04), None, "layer II");
        for index in 13..16 {
            assert_eq!(with(2, 0x3C, index << 2), None, "sampling rate {index}");
        }
        assert_eq!(with(3, 0xC0, 0), None, "channels told inside the frame");
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
    fn blocks_last_as_long_as_so_many_frames() {
        for blocks in 1..=4 {
            let header = with(6, 0x03, blocks - 1).expect("a header");
            assert_eq!(header.samples(), 1024 * u16::from(blocks));
            assert_eq!(header.kbps(), (212.0 * 8.0 * 44.1 / (1024.0 * f64::from(blocks))).round() as u16);
        }
    }

    #[test]
    fn a_header_is_made_from_what_a_format_says() {
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
    fn what_the_standard_has_fixed_must_agree_and_nothing_else() {
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
            let other = with(at, FFMPEG[at] & bit, !FFMPEG[at] & bit).expect("a header");
            assert!(other != header && other.is_compatible_with(&header), "bit {bit:02X} of byte {at}");
        }
        // Version, CRC, profile, sampling rate, channels.
        for (at, bit) in [(1, 0x08), (1, 0x01), (2, 0x80), (2, 0x40), (2, 0x04), (2, 0x01), (3, 0x40)] {
            let other = with(at, FFMPEG[at] & bit, !FFMPEG[at] & bit).expect("a header");
            assert!(!other.is_compatible_with(&header), "bit {bit:02X} of byte {at}");
        }
    }

    /// symphonia's own view of a frame: sampling rate, channels, samples, payload.
    fn symphonia_view(bytes: &[u8]) -> Option<(u32, usize, u64, usize)> {
        let source = MediaSourceStream::new(Box::new(ReadOnlySource::new(bytes)), Default::default());
        let mut reader = AdtsReader::try_new(source, Default::default()).ok()?;
        let packet = reader.next_packet().ok()??;
        let Some(CodecParameters::Audio(audio)) = &reader.tracks()[0].codec_params else { return None };
        let channels = audio.channels.as_ref()?.count();
        Some((audio.sample_rate?, channels, packet.dur.get(), packet.data.len()))
    }

    #[test]
    fn symphonia_reads_every_header_as_we_do() {
        for header in all_adts_headers().filter(|header| header.blocks() == 1) {
            let mut bytes = noise(header.frame_len(), 1);
            bytes[..AdtsHeader::LEN].copy_from_slice(header.bytes());
            let before = AdtsHeader::LEN + if header.has_crc() { CRC_LEN } else { 0 };
            let ours = (
                header.rate(),
                usize::from(header.channels()),
                u64::from(header.samples()),
                header.frame_len() - before,
            );
            assert_eq!(symphonia_view(&bytes), Some(ours), "{header:?}");
        }
    }
}
