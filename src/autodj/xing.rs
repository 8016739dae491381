//! The table that encoders write into the first frame of an MP3 file: Xing, Info, VBRI, and what LAME adds
//! (<http://gabriel.mp3-tech.org/mp3infotag.html>).

use crate::audio::Header;

/// The flags of a Xing table for its optional parts, and their lengths in bytes: the number of frames, the
/// number of bytes, the seek points, and the quality.
const PARTS: [(u32, usize); 4] = [(1, 4), (2, 4), (4, 100), (8, 4)];

/// The offset of the gain for single tracks in what LAME adds: after the name, the method, the lowpass and
/// the peak.
const LAME_GAIN_AT: usize = 9 + 1 + 1 + 4;

/// Returns the number of frames in a frame that contains a table. VBRI, of Fraunhofer's encoder, is always at
/// the same offset.
pub fn frame_count(frame: &[u8], header: &Header) -> Option<u32> {
    if frame.get(36..40)? == b"VBRI" {
        return number(frame, 36 + 14);
    }
    let at = table_offset(frame, header)?;
    number(frame, at + 4).filter(|flags| flags & 1 != 0).and_then(|_| number(frame, at + 8))
}

/// Returns the gain in dB by which a track reaches the level of ReplayGain, from a frame that contains a
/// table with LAME's addition, which other encoders write too.
pub fn track_gain(frame: &[u8], header: &Header) -> Option<f32> {
    let at = table_offset(frame, header)?;
    let flags = number(frame, at + 4)?;
    let parts = PARTS.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, len)| len);
    let lame = at + 8 + parts.sum::<usize>();
    let is_named = frame.get(lame..lame + 4)?.iter().all(u8::is_ascii_graphic);
    parse_gain(*frame.get(lame + LAME_GAIN_AT..)?.first_chunk()?).filter(|_| is_named)
}

/// Parses a gain: three bits for its purpose, which is 1 for single tracks, three for its origin, which is 0
/// if there is none, a sign, and nine bits in 1/10 dB.
fn parse_gain(bytes: [u8; 2]) -> Option<f32> {
    let bits = u16::from_be_bytes(bytes);
    let (purpose, origin, tenths) = (bits >> 13, bits >> 10 & 7, f32::from(bits & 0x1ff) / 10.0);
    let gain = if bits & 0x200 == 0 { tenths } else { -tenths };
    (purpose == 1 && origin != 0).then_some(gain)
}

/// Returns the offset of a Xing or Info table in a frame. Encoders differ in whether they count the two bytes
/// of a CRC.
fn table_offset(frame: &[u8], header: &Header) -> Option<usize> {
    let side_info = match (header.samples(), header.channels()) {
        (1152, 2) => 32,
        (576, 1) => 9,
        _ => 17,
    };
    let is_table = |at: usize| matches!(frame.get(at..at + 4), Some(b"Xing" | b"Info"));
    [4 + side_info, 6 + side_info].into_iter().find(|&at| is_table(at))
}

fn number(frame: &[u8], at: usize) -> Option<u32> {
    frame.get(at..at + 4)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gain_of_lame_is_parsed() {
        for (bits, expected) in [
            (0x2c00 | 78, Some(7.8)),
            (0x2c00 | 0x200 | 78, Some(-7.8)),
            (0x2c00, Some(0.0)),
            (0x2400 | 0x1ff, Some(51.1)),
            // For an album, without an origin, and nothing.
            (0x4c00 | 78, None),
            (0x2000 | 78, None),
            (0, None),
        ] {
            assert_eq!(parse_gain(u16::to_be_bytes(bits)), expected, "{bits:x}");
        }
    }
}
