//! The four bytes at the start of a frame of MPEG audio layer III.

/// The header of one layer III frame (ISO/IEC 11172-3, 2.4.1.3; 13818-3; and the unofficial MPEG-2.5).
///
/// A header always gives the length of its frame: [`parse`](Self::parse) refuses layers I and II, free format
/// and the reserved values of version, bit rate and sampling rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mp3Header {
    // AAAAAAAA AAABBCCD EEEEFFGH IIJJKLMM: sync, version, layer, no CRC, bit rate, sampling rate, padding,
    // private, mode, mode extension, copyright, original, emphasis.
    bytes: [u8; 4],
}

/// Bit rates of MPEG-1 layer III in kbit/s, by index. Index 0 is free format, 15 is forbidden. Both are
/// refused.
const KBPS_V1: [u16; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];

/// Bit rates of MPEG-2 and MPEG-2.5 layer III in kbit/s, by index.
const KBPS_V2: [u16; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// Sampling rates of MPEG-1 in Hz, by index. MPEG-2 has half of each, MPEG-2.5 a quarter.
const RATE_V1: [u32; 3] = [44_100, 48_000, 32_000];

const PROTECTION_ABSENT: u8 = 0x01;
const PADDING: u8 = 0x02;

#[derive(Clone, Copy, PartialEq, Eq)]
enum MpegVersion {
    V1,
    V2,
    V25,
}

impl Mp3Header {
    /// The length of a header in bytes.
    pub const LEN: usize = 4;

    /// The most bytes a layer III frame can have, including its header: 144 × 320,000 / 32,000 with the
    /// padding bit set. MPEG-2.5 at 160 kbit/s and 8 kHz has the same maximum.
    pub const MAX_FRAME_LEN: usize = 1441;

    /// The default: 44.1 kHz, joint stereo, 128 kbit/s.
    pub const DEFAULT: Self = Self { bytes: [0xFF, 0xFB, 0x90, 0x40] };

    /// Parses a header. Returns `None` if the bytes are not the header of a layer III frame of known length.
    pub fn parse(bytes: [u8; 4]) -> Option<Self> {
        let synced = bytes[0] == 0xFF && bytes[1] & 0xE0 == 0xE0;
        let version_known = bytes[1] & 0x18 != 0x08;
        let layer_3 = bytes[1] & 0x06 == 0x02;
        let bitrate_known = !matches!(bytes[2] >> 4, 0 | 15);
        let rate_known = bytes[2] & 0x0C != 0x0C;
        let valid = synced && version_known && layer_3 && bitrate_known && rate_known;
        valid.then_some(Self { bytes })
    }

    /// Returns the header of a frame without CRC and padding. Returns `None` if layer III does not have this
    /// sampling rate (Hz), this number of channels (1, or 2 for joint stereo) or, at this sampling rate, this
    /// bit rate (kbit/s).
    pub fn new(rate: u32, channels: u8, kbps: u16) -> Option<Self> {
        let mode = match channels {
            1 => 0xC0,
            2 => 0x40,
            _ => return None,
        };
        [0xFB, 0xF3, 0xE3].into_iter().find_map(|version| Self::with_version(version, mode, rate, kbps))
    }

    fn with_version(version: u8, mode: u8, rate: u32, kbps: u16) -> Option<Self> {
        let all = (1u8..15).flat_map(|bitrate| (0u8..3).map(move |index| bitrate << 4 | index << 2));
        all.filter_map(|third| Self::parse([0xFF, version, third, mode]))
            .find(|header| header.rate() == rate && header.kbps() == kbps)
    }

    /// Returns the header's bytes as in the frame.
    pub fn bytes(&self) -> &[u8; 4] {
        &self.bytes
    }

    /// Returns the sampling rate in Hz.
    pub fn rate(&self) -> u32 {
        let mpeg1_rate = RATE_V1[usize::from(self.bytes[2] >> 2 & 3)];
        match self.version() {
            MpegVersion::V1 => mpeg1_rate,
            MpegVersion::V2 => mpeg1_rate / 2,
            MpegVersion::V25 => mpeg1_rate / 4,
        }
    }

    /// Returns the number of channels: 1 or 2 (stereo, joint stereo, two independent channels).
    pub fn channels(&self) -> u8 {
        if self.bytes[3] & 0xC0 == 0xC0 { 1 } else { 2 }
    }

    /// Returns the samples per channel in this frame: 1152, or 576 below 32 kHz.
    pub fn samples(&self) -> u16 {
        if self.version() == MpegVersion::V1 { 1152 } else { 576 }
    }

    /// Returns the bit rate of this frame in kbit/s. With a variable bit rate, the next frame differs.
    pub fn kbps(&self) -> u16 {
        let index = usize::from(self.bytes[2] >> 4);
        if self.version() == MpegVersion::V1 { KBPS_V1[index] } else { KBPS_V2[index] }
    }

    /// Returns the length of the whole frame in bytes: header, CRC, side information, payload, padding
    /// (11172-3, 2.4.3.1).
    pub fn frame_len(&self) -> usize {
        let bits_per_second = u32::from(self.kbps()) * 1000;
        let unpadded = u32::from(self.samples()) / 8 * bits_per_second / self.rate();
        unpadded as usize + usize::from(self.is_padded())
    }

    /// Returns whether the frame is one byte longer than its bit rate implies, to compensate for rounding.
    pub fn is_padded(&self) -> bool {
        self.bytes[2] & PADDING != 0
    }

    /// Returns the offset of the payload in the frame: after header, CRC and side information (11172-3,
    /// 2.4.1.7; 13818-3, 2.4.1.7).
    pub(super) fn payload_at(&self) -> usize {
        let side_information = match (self.version(), self.channels()) {
            (MpegVersion::V1, 1) => 17,
            (MpegVersion::V1, _) => 32,
            (_, 1) => 9,
            (_, _) => 17,
        };
        Self::LEN + if self.has_crc() { 2 } else { 0 } + side_information
    }

    /// Returns how many bytes of payload before its own a frame may use: `main_data_begin` has nine bits, or
    /// eight below 32 kHz.
    pub(super) fn reservoir_max(&self) -> usize {
        if self.version() == MpegVersion::V1 { 511 } else { 255 }
    }

    /// Returns how many bytes of payload before its own a frame with this header uses.
    pub(super) fn main_data_begin(&self, frame: &[u8]) -> usize {
        let at = Self::LEN + if self.has_crc() { 2 } else { 0 };
        match (self.version(), frame.get(at..at + 2)) {
            (MpegVersion::V1, Some(&[high, low])) => usize::from(high) << 1 | usize::from(low >> 7),
            (_, Some(&[bytes, _])) => bytes.into(),
            _ => 0,
        }
    }

    /// Returns how many bits of payload a frame with this header uses: the sum of `part2_3_length` of its
    /// granules and channels (11172-3, 2.4.1.7; 13818-3, 2.4.1.7).
    pub(super) fn main_data_bits(&self, frame: &[u8]) -> u32 {
        let side_information = (Self::LEN + if self.has_crc() { 2 } else { 0 }) * 8;
        let channels = usize::from(self.channels());
        let (first, step, count) = match (self.version(), channels) {
            (MpegVersion::V1, 1) => (9 + 5 + 4, 59, 2),
            (MpegVersion::V1, _) => (9 + 3 + 8, 59, 4),
            (_, 1) => (8 + 1, 63, 1),
            (_, _) => (8 + 2, 63, 2),
        };
        let lengths = (0..count).map(|index| twelve_bits(frame, side_information + first + index * step));
        lengths.sum()
    }

    /// Sets `main_data_begin` in a frame with this header and without CRC, whose side information is zero.
    pub(super) fn set_main_data_begin(&self, frame: &mut [u8], bytes: usize) {
        let field = match self.version() {
            MpegVersion::V1 => [(bytes >> 1) as u8, (bytes << 7) as u8],
            _ => [bytes as u8, 0],
        };
        frame[Self::LEN..Self::LEN + 2].copy_from_slice(&field);
    }

    /// Returns whether two bytes of CRC follow the header.
    pub fn has_crc(&self) -> bool {
        self.bytes[1] & PROTECTION_ABSENT == 0
    }

    /// Returns whether frames with this header and with `other` may follow each other in one stream: same
    /// version, layer, sampling rate and number of channels. Bit rate, padding and stereo mode may change.
    pub fn is_compatible_with(&self, other: &Self) -> bool {
        let version_and_layer = self.bytes[1] & 0x1E == other.bytes[1] & 0x1E;
        let rate = self.bytes[2] & 0x0C == other.bytes[2] & 0x0C;
        version_and_layer && rate && self.channels() == other.channels()
    }

    /// Returns the header without CRC, padding, stereo mode extension, private bit and emphasis, for frames
    /// that coldwave generates.
    pub(super) fn plain(&self) -> Self {
        let [sync, version, rates, mode] = self.bytes;
        Self { bytes: [sync, version | PROTECTION_ABSENT, rates & 0xFC, mode & 0xCC] }
    }

    fn version(&self) -> MpegVersion {
        match self.bytes[1] >> 3 & 3 {
            3 => MpegVersion::V1,
            2 => MpegVersion::V2,
            _ => MpegVersion::V25,
        }
    }
}

/// Returns the twelve bits from this bit on, or 0 if they are not there.
fn twelve_bits(bytes: &[u8], at: usize) -> u32 {
    let Some(&[a, b, c]) = bytes.get(at / 8..).and_then(<[u8]>::first_chunk) else { return 0 };
    u32::from_be_bytes([0, a, b, c]) >> (12 - at % 8) & 0xFFF
}

#[cfg(test)]
mod tests {
    use super::super::test_data::{all_mp3_headers, with_sync};
    use super::*;

    #[test]
    fn frame_length_and_samples_follow_the_standard_for_every_header() {
        for header in all_mp3_headers() {
            let [_, second, third, _] = *header.bytes();
            let v1 = second & 0x18 == 0x18;
            let slots_per_bit = if v1 { 144.0 } else { 72.0 };
            let exact = slots_per_bit * f64::from(header.kbps()) * 1000.0 / f64::from(header.rate());
            let padding = usize::from(third >> 1 & 1);
            assert_eq!(header.frame_len(), exact.floor() as usize + padding, "{header:?}");
            assert_eq!(header.samples(), if v1 { 1152 } else { 576 }, "{header:?}");
            assert_eq!(header.rate() < 32_000, !v1, "{header:?}");
            assert!((24..=Mp3Header::MAX_FRAME_LEN).contains(&header.frame_len()), "{header:?}");
        }
    }

    #[test]
    fn longest_frame_has_max_frame_len() {
        let longest = all_mp3_headers().map(|header| header.frame_len()).max();
        assert_eq!(longest, Some(Mp3Header::MAX_FRAME_LEN));
    }

    #[test]
    fn number_of_valid_headers_follows_the_standard() {
        // 3 versions × CRC × 14 bit rates × 3 sampling rates × padding × private × 256 values of the fourth
        // byte
        assert_eq!(all_mp3_headers().count(), 3 * 2 * 14 * 3 * 2 * 2 * 256);
    }

    #[test]
    fn other_layers_free_format_and_reserved_values_are_refused() {
        let accepted = |bytes| Mp3Header::parse(bytes).is_some();
        assert!(accepted([0xFF, 0xFB, 0x90, 0x64]));
        assert!(!accepted([0xFF, 0xFD, 0x90, 0x64]), "layer II");
        assert!(!accepted([0xFF, 0xFF, 0x90, 0x64]), "layer I");
        assert!(!accepted([0xFF, 0xF9, 0x90, 0x64]), "ADTS");
        assert!(!accepted([0xFF, 0xEB, 0x90, 0x64]), "reserved version");
        assert!(!accepted([0xFF, 0xFB, 0x00, 0x64]), "free format");
        assert!(!accepted([0xFF, 0xFB, 0xF0, 0x64]), "forbidden bit rate");
        assert!(!accepted([0xFF, 0xFB, 0x9C, 0x64]), "reserved sampling rate");
        assert!(!accepted([0xFF, 0xDB, 0x90, 0x64]), "sync");
    }

    #[test]
    fn known_headers_parse_as_documented() {
        let lame = Mp3Header::parse([0xFF, 0xFB, 0x90, 0x64]).unwrap();
        assert_eq!((lame.rate(), lame.channels()), (44_100, 2));
        assert_eq!((lame.kbps(), lame.samples(), lame.frame_len()), (128, 1152, 417));
        let speech = Mp3Header::parse([0xFF, 0xE2, 0x1A, 0xC0]).unwrap();
        assert_eq!((speech.rate(), speech.channels()), (8_000, 1));
        assert_eq!((speech.kbps(), speech.samples(), speech.frame_len()), (8, 576, 73));
        assert!(speech.has_crc() && speech.is_padded());
    }

    #[test]
    fn new_returns_a_header_of_the_given_format() {
        assert_eq!(Mp3Header::new(44_100, 2, 128), Some(Mp3Header::DEFAULT));
        for header in all_mp3_headers().filter(|header| *header == header.plain()) {
            let made = Mp3Header::new(header.rate(), header.channels(), header.kbps()).unwrap();
            assert_eq!(made.bytes()[..2], header.bytes()[..2]);
            assert_eq!(
                (made.rate(), made.channels(), made.kbps()),
                (header.rate(), header.channels(), header.kbps())
            );
        }
        assert_eq!(Mp3Header::new(44_000, 2, 128), None);
        assert_eq!(Mp3Header::new(44_100, 3, 128), None);
        assert_eq!(Mp3Header::new(44_100, 2, 8), None, "only below 32 kHz");
    }

    #[test]
    fn header_begins_with_a_sync_word() {
        assert_eq!((0..=u16::MAX).filter(|sync| with_sync(*sync).is_some()).count(), 3 * 2);
    }
}
