//! Frames of silence, which a station plays when no input has a frame.

use super::framer::Frame;
use super::header::Header;
use super::mp3::Mp3Header;

mod aac;

/// Returns a frame of silence with the format of `like`, which decodes to digital zero.
pub fn silent_frame(like: &Header) -> Vec<u8> {
    match like {
        Header::Mp3(like) => silent_mp3(like),
        Header::Aac(like) => aac::silent_frame(like),
    }
}

/// A frame of silence that is played again and again.
#[derive(Debug)]
pub struct Silence {
    bytes: Vec<u8>,
    header: Header,
}

impl Silence {
    /// Returns silence in the format of `header`.
    pub fn matching(header: &Header) -> Self {
        let bytes = silent_frame(header);
        let header = Header::parse(header.codec(), &bytes).expect("a silent frame has a header");
        Self { bytes, header }
    }

    /// Returns the frame.
    pub fn frame(&self) -> Frame<'_> {
        Frame { bytes: &self.bytes, header: self.header, offset: 0 }
    }
}

/// Returns a frame of silence with the version, sampling rate, bit rate and channel mode of `like`, without
/// CRC or padding.
///
/// All bytes after the header are zero. Zero side information means that no byte of main data belongs to any
/// granule and none is taken from earlier frames, so every decoder returns `like.samples()` samples of
/// digital zero (tested with ffmpeg, mpg123, symphonia). If sound came before, the first frame still plays
/// the overlap of that sound.
fn silent_mp3(like: &Mp3Header) -> Vec<u8> {
    let header = like.plain();
    let mut frame = vec![0; header.frame_len()];
    frame[..Mp3Header::LEN].copy_from_slice(header.bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::super::framer::Framer;
    use super::super::test_data::{all_headers, all_mp3_headers};
    use super::*;
    use symphonia::core::audio::{Audio, GenericAudioBufferRef};
    use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
    use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
    use symphonia::core::packet::Packet;
    use symphonia::core::units::{Duration, Timestamp};
    use symphonia::default::codecs::MpaDecoder;

    /// Every version, bit rate, sampling rate and channel mode once.
    fn plain_headers() -> impl Iterator<Item = Header> {
        all_mp3_headers()
            .filter(|header| *header == header.plain() && header.bytes()[3] & 0x0F == 0)
            .map(Header::Mp3)
    }

    fn decoder() -> MpaDecoder {
        let mut params = AudioCodecParameters::new();
        params.for_codec(CODEC_ID_MP3);
        MpaDecoder::try_new(&params, &Default::default()).expect("symphonia decodes MP3")
    }

    #[test]
    fn silence_has_the_format_of_every_header() {
        for like in all_headers() {
            let frame = silent_frame(&like);
            let header = Mp3Header::parse(*frame.first_chunk().unwrap()).expect("a header");
            assert_eq!(frame.len(), header.frame_len());
            let found = Header::Mp3(header);
            assert_eq!((found.format(), found.kbps()), (like.format(), like.kbps()));
            assert!(!header.has_crc() && !header.is_padded());
        }
    }

    #[test]
    fn framer_accepts_silence_of_every_format() {
        for like in plain_headers() {
            let frame = silent_frame(&like);
            let mut framer = Framer::new();
            framer.push(&frame.repeat(3));
            framer.finish();
            for _ in 0..3 {
                assert_eq!(framer.next_frame().expect("a frame of silence").bytes, frame);
            }
            assert!(framer.next_frame().is_none());
            assert_eq!(framer.skipped(), 0);
        }
    }

    #[test]
    fn silence_of_every_format_decodes_to_zero() {
        for like in plain_headers() {
            let mut decoder = decoder();
            for _ in 0..3 {
                let packet =
                    Packet::new(0, Timestamp::ZERO, Duration::from(like.samples()), silent_frame(&like));
                let GenericAudioBufferRef::F32(samples) = decoder.decode(&packet).expect("decodes") else {
                    panic!("symphonia decodes MP3 to f32");
                };
                assert_eq!(samples.frames(), usize::from(like.samples()));
                let planes = (0..samples.num_planes()).map(|channel| samples.plane(channel).unwrap());
                assert!(planes.flatten().all(|sample| *sample == 0.0), "{like:?}");
            }
        }
    }
}
