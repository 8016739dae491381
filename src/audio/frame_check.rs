//! Checks that a frame of MP3 is undamaged and fits those before it: its checksum, and the bit reservoir.

use super::framer::Frame;
use super::header::Header;
use super::mp3::Mp3Header;

/// What is wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameFault {
    /// The checksum of its header and its side information is wrong.
    Checksum,
    /// Its side information claims more audio data than there is.
    TooMuchData,
    /// Its audio data would begin before that of the previous frame ends: a frame between them is missing.
    Overlap,
}

/// Follows the frames of a stream.
///
/// The audio data of a frame of MP3 begins up to 511 bytes before the frame, the bit reservoir (11172-3,
/// 2.4.2.7), and the data of two frames never overlaps. So a missing frame can be noticed although the
/// headers around it look right: always if the next frame uses more of the reservoir than the missing one
/// did. Frames of AAC use no data of others and are not checked.
#[derive(Debug, Clone, Default)]
pub struct FrameChecker {
    last: Option<Header>,
    /// Bytes of payload in all frames since the start.
    payload: u64,
    /// Where the data of the last frame ended, counted like `payload`.
    used: u64,
}

impl FrameChecker {
    /// Checks the next frame. Returns whether a decoder has all data that it needs for it: the first frames
    /// of a stream that is joined in the middle may lack some.
    ///
    /// # Errors
    /// If the frame is damaged, or does not fit the previous one.
    pub fn check(&mut self, frame: &Frame<'_>) -> Result<bool, FrameFault> {
        if self.last.is_some_and(|last| !last.is_compatible_with(&frame.header)) {
            self.restart();
        }
        self.last = Some(frame.header);
        match frame.header {
            Header::Mp3(header) => self.check_mp3(&header, frame.bytes),
            Header::Aac(_) => Ok(true),
        }
    }

    /// Forgets the previous frames, after a gap that is known.
    pub fn restart(&mut self) {
        *self = Self::default();
    }

    fn check_mp3(&mut self, header: &Mp3Header, frame: &[u8]) -> Result<bool, FrameFault> {
        let begin = header.main_data_begin(frame) as u64;
        let length = header.main_data_bits(frame).div_ceil(8).into();
        let end = self.payload + frame.len().saturating_sub(header.payload_at()) as u64;
        let start = self.payload.checked_sub(begin);
        let previous = self.used;
        self.payload = end;
        if checksum_is_wrong(header, frame) {
            return Err(FrameFault::Checksum);
        }
        // A frame without data uses none of the reservoir, whatever it says.
        let (Some(start), 1..) = (start, length) else { return Ok(length == 0) };
        self.used = start + length;
        match () {
            () if self.used > end => {
                self.used = previous;
                Err(FrameFault::TooMuchData)
            }
            () if start < previous => Err(FrameFault::Overlap),
            () => Ok(true),
        }
    }
}

/// Returns whether the frame has a checksum of other bytes than these: the second half of the header, and
/// the side information (11172-3, 2.4.3.1).
fn checksum_is_wrong(header: &Mp3Header, frame: &[u8]) -> bool {
    let Some((&[high, low], side_information)) = frame
        .get(Mp3Header::LEN..header.payload_at())
        .filter(|_| header.has_crc())
        .and_then(<[u8]>::split_first_chunk)
    else {
        return false;
    };
    let protected = frame[2..Mp3Header::LEN].iter().chain(side_information);
    protected.fold(0xFFFF, |crc, byte| crc16(crc, *byte)) != u16::from_be_bytes([high, low])
}

/// Adds a byte to a checksum with the polynomial 0x8005.
fn crc16(crc: u16, byte: u8) -> u16 {
    (0..8).fold(
        crc ^ u16::from(byte) << 8,
        |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::codec::Codec;
    use super::super::framer::Framer;
    use super::super::silence::silent_frame;
    use super::super::test_data::{aac_header, frame};
    use super::*;

    /// Files of LAME whose frames use the bit reservoir, in all versions, with and without checksums.
    const FILES: [&[u8]; 7] = [
        include_bytes!("../../fixtures/mp3/cbr.mp3"),
        include_bytes!("../../fixtures/mp3/crc-mpeg1-44100-joint-128k.mp3"),
        include_bytes!("../../fixtures/mp3/crc-mpeg2-22050-mono-32k.mp3"),
        include_bytes!("../../fixtures/mp3/mpeg1-44100-stereo-320k.mp3"),
        include_bytes!("../../fixtures/mp3/mpeg1-48000-mono-32k.mp3"),
        include_bytes!("../../fixtures/mp3/mpeg25-8000-mono-8k.mp3"),
        include_bytes!("../../fixtures/mp3/vbr-no-header.mp3"),
    ];

    fn frames(file: &[u8]) -> Vec<Vec<u8>> {
        let (mut framer, mut frames) = (Framer::with_codec(Codec::Mp3), Vec::new());
        framer.push(file);
        framer.finish();
        while let Some(frame) = framer.next_frame() {
            frames.push(frame.bytes.to_vec());
        }
        frames
    }

    fn check_all(frames: &[Vec<u8>]) -> Vec<Result<bool, FrameFault>> {
        let mut checker = FrameChecker::default();
        let check = |bytes: &Vec<u8>| {
            let header = Header::parse(Codec::Mp3, bytes).expect("a header");
            checker.check(&Frame { bytes, header, offset: 0 })
        };
        frames.iter().map(check).collect()
    }

    #[test]
    fn frames_of_an_encoder_fit_each_other_from_any_frame_on_and_repeatedly() {
        for file in FILES {
            let all = frames(file);
            assert!(check_all(&all).iter().all(|checked| *checked == Ok(true)));
            assert!(check_all(&[&all[..], &all[..]].concat()).iter().all(|checked| *checked == Ok(true)));
            for join in 1..all.len() {
                let checked = check_all(&all[join..]);
                assert!(checked.iter().all(Result::is_ok), "joined at {join}: {checked:?}");
                let late = checked.iter().position(|checked| *checked == Ok(true)).unwrap_or(checked.len());
                assert!(checked[late..].iter().all(|checked| *checked == Ok(true)), "{checked:?}");
            }
        }
    }

    #[test]
    fn missing_frame_is_noticed_where_the_reservoir_grows() {
        let all = frames(FILES[0]);
        let found = (2..all.len() - 1).filter(|missing| {
            let mut kept = all.clone();
            kept.remove(*missing);
            check_all(&kept).contains(&Err(FrameFault::Overlap))
        });
        let (found, tried) = (found.count(), all.len() - 3);
        assert!(found * 4 > tried, "{found} of {tried}");
    }

    #[test]
    fn changed_byte_under_a_checksum_is_noticed() {
        let mut all = frames(FILES[1]);
        all[5][12] ^= 1;
        let checked = check_all(&all);
        assert_eq!(checked[5], Err(FrameFault::Checksum));
        assert_eq!(checked.iter().filter(|checked| checked.is_err()).count(), 1, "{checked:?}");
    }

    #[test]
    fn noise_claims_too_much_data_and_silence_none() {
        let noise: Vec<_> = (0..4).map(|seed| frame(Header::DEFAULT, seed)).collect();
        assert!(check_all(&noise).contains(&Err(FrameFault::TooMuchData)));
        let silence = vec![silent_frame(&Header::DEFAULT); 3];
        assert_eq!(check_all(&silence), vec![Ok(true); 3]);
    }

    #[test]
    fn frames_of_aac_are_not_checked() {
        let header = aac_header(44_100, 2, 300);
        let bytes = frame(header, 1);
        let mut checker = FrameChecker::default();
        assert_eq!(checker.check(&Frame { bytes: &bytes, header, offset: 0 }), Ok(true));
    }
}
