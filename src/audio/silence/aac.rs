//! Frames of silence in AAC: the elements of the channel configuration, without coefficients.

use super::super::adts::{AdtsHeader, SAMPLES_PER_BLOCK};

/// Returns a frame of one raw data block with the version, profile, sampling rate and channels of `like`,
/// without CRC.
///
/// No band of the spectrum is sent, so every decoder returns 1024 samples of digital zero (tested with
/// ffmpeg, mpv, symphonia). If sound came before, the first frame still plays the overlap of that sound. In
/// HE-AAC the frame is a core frame without the extension and has the same duration.
///
/// About 14 bytes would be sufficient, but the frame is filled up to the length of a block of `like`. With
/// frames a twentieth as long, a player that measures its buffer in bytes would find that the stream has
/// stalled, and metadata blocks, which follow a fixed number of bytes, would come too late.
pub fn silent_frame(like: &AdtsHeader) -> Vec<u8> {
    let block = silent_block(elements(like.configuration()), filled_len(like));
    let header = like.plain(AdtsHeader::LEN + block.len());
    [header.bytes().as_slice(), &block].concat()
}

/// The minimum bit rate of silence in bit/s. It applies if `like` is almost empty.
const BIT_RATE_MIN: u32 = 16_000;

/// The most bytes that a block may have per channel. Every decoder has a buffer of this size (ISO/IEC
/// 14496-3, 4.5.3.1).
const CHANNEL_BYTES_MAX: usize = 6144 / 8;

/// Returns the length in bytes of a block of silence; protocol-notes/aac.md.
fn filled_len(like: &AdtsHeader) -> usize {
    let blocks = usize::from(like.samples() / SAMPLES_PER_BLOCK);
    let like_len = (like.frame_len() / blocks).saturating_sub(AdtsHeader::LEN);
    let min = (BIT_RATE_MIN / 8 * u32::from(SAMPLES_PER_BLOCK) / like.rate()) as usize;
    let max = CHANNEL_BYTES_MAX * usize::from(like.channels());
    like_len.max(min).min(max)
}

/// An element of a raw data block. The numbers are the element ids (ISO/IEC 14496-3, table 4.85).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AacElement {
    /// One channel.
    Single = 0,
    /// Two channels.
    Pair = 1,
    /// The low-frequency channel.
    LowFrequency = 3,
}

/// The id of a fill element.
const FILL_ELEMENT: u8 = 6;

/// The id that ends a raw data block.
const END_ELEMENT: u8 = 7;

/// The bits of an element id.
const ELEMENT_ID_BITS: usize = 3;

/// Returns the elements of a channel configuration, in order (ISO/IEC 14496-3, table 1.19).
fn elements(configuration: u8) -> &'static [AacElement] {
    use AacElement::{LowFrequency, Pair, Single};
    match configuration {
        1 => &[Single],
        2 => &[Pair],
        3 => &[Single, Pair],
        4 => &[Single, Pair, Single],
        5 => &[Single, Pair, Pair],
        6 => &[Single, Pair, Pair, LowFrequency],
        _ => &[Single, Pair, Pair, Pair, LowFrequency],
    }
}

/// Returns a block of `len` bytes, or more if the elements need more.
fn silent_block(elements: &[AacElement], len: usize) -> Vec<u8> {
    let mut bits = BitWriter::default();
    for (at, element) in elements.iter().enumerate() {
        let instance = elements[..at].iter().filter(|before| *before == element).count();
        bits.put(*element as u8, ELEMENT_ID_BITS);
        bits.put(instance as u8, 4);
        bits.skip(element.silent_bits());
    }
    bits.fill((8 * len).saturating_sub(ELEMENT_ID_BITS));
    bits.put(END_ELEMENT, ELEMENT_ID_BITS);
    bits.bytes
}

impl AacElement {
    /// Returns how many zero bits after the element's id and instance tag encode silence.
    fn silent_bits(self) -> usize {
        match self {
            Self::Single | Self::LowFrequency => SILENT_CHANNEL_BITS,
            // The channels do not share a window.
            Self::Pair => 1 + 2 * SILENT_CHANNEL_BITS,
        }
    }
}

/// All zeros: global gain (8), reserved, one long window (2) of sine shape (1), no scale factor band (6), no
/// prediction; no pulses, no noise shaping, no gain control.
const SILENT_CHANNEL_BITS: usize = 8 + 1 + 2 + 1 + 6 + 1 + 3;

/// A fill element gives its length in bytes in four bits. From this value on, eight more bits count the rest.
const FILL_ESCAPE: usize = 15;

/// The most bytes of a fill element.
const FILL_BYTES_MAX: usize = FILL_ESCAPE - 1 + 255;

/// The bits of a fill element before its bytes.
const SHORT_FILL_HEADER_BITS: usize = ELEMENT_ID_BITS + 4;
const LONG_FILL_HEADER_BITS: usize = SHORT_FILL_HEADER_BITS + 8;

/// A sequence of bits, most significant bit first.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    count: usize,
}

impl BitWriter {
    /// Appends the lowest `width` bits of `value`.
    fn put(&mut self, value: u8, width: usize) {
        for bit in (0..width).rev() {
            let position = self.count;
            self.skip(1);
            self.bytes[position / 8] |= (value >> bit & 1) << (7 - position % 8);
        }
    }

    /// Appends fill elements until no other fits before `end`. Their content is zero, which marks it as fill
    /// data.
    fn fill(&mut self, end: usize) {
        while self.count + SHORT_FILL_HEADER_BITS <= end {
            let room = end - self.count;
            let bytes = match room.checked_sub(LONG_FILL_HEADER_BITS) {
                Some(room) if room >= 8 * FILL_ESCAPE => (room / 8).min(FILL_BYTES_MAX),
                _ => ((room - SHORT_FILL_HEADER_BITS) / 8).min(FILL_ESCAPE - 1),
            };
            self.put_fill(bytes);
        }
    }

    fn put_fill(&mut self, bytes: usize) {
        self.put(FILL_ELEMENT, ELEMENT_ID_BITS);
        self.put(bytes.min(FILL_ESCAPE) as u8, 4);
        if bytes >= FILL_ESCAPE {
            self.put((bytes - (FILL_ESCAPE - 1)) as u8, 8);
        }
        self.skip(8 * bytes);
    }

    fn skip(&mut self, zeros: usize) {
        self.count += zeros;
        self.bytes.resize(self.count.div_ceil(8), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::test_data::all_adts_headers;
    use super::super::super::{Codec, Framer, Header};
    use super::*;
    use symphonia::core::audio::{Audio, Channels, GenericAudioBufferRef};
    use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;
    use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
    use symphonia::core::packet::Packet;
    use symphonia::core::units::{Duration, Timestamp};
    use symphonia::default::codecs::AacDecoder;

    #[test]
    fn silence_has_the_format_of_every_header() {
        for like in all_adts_headers() {
            let frame = silent_frame(&like);
            let header = AdtsHeader::parse(*frame.first_chunk().unwrap()).expect("a header");
            assert_eq!(frame.len(), header.frame_len(), "{like:?}");
            assert_eq!((header.samples(), header.has_crc()), (SAMPLES_PER_BLOCK, false), "{like:?}");
            assert!(header.is_compatible_with(&like.plain(8)), "{like:?}");
        }
    }

    #[test]
    fn silence_is_as_long_as_like_within_limits() {
        let len = |rate, channels, like_len| {
            silent_frame(&AdtsHeader::new(rate, channels, like_len).unwrap()).len()
        };
        for like_len in 60..=1543 {
            assert_eq!(len(44_100, 2, like_len), like_len);
        }
        assert_eq!(len(44_100, 2, 8191), 1543, "twice 6,144 bits, and the header");
        assert_eq!(len(44_100, 2, 8), 7 + 46, "16 kbit/s");
        assert_eq!(len(8_000, 1, 8), 7 + 256, "16 kbit/s");
        assert_eq!(len(96_000, 8, 8), 7 + 28, "the minimum for eight channels");
    }

    #[test]
    fn framer_accepts_silence_of_every_format() {
        for like in all_adts_headers().step_by(7) {
            let frame = silent_frame(&like);
            let mut framer = Framer::with_codec(Codec::Aac);
            framer.push(&frame.repeat(3));
            framer.finish();
            for _ in 0..3 {
                assert_eq!(framer.next_frame().expect("a frame of silence").bytes, frame);
            }
            assert!(framer.next_frame().is_none());
            assert_eq!(framer.skipped(), 0);
        }
    }

    fn decoder(rate: u32, channels: u8) -> AacDecoder {
        let mut params = AudioCodecParameters::new();
        let layout = Channels::Discrete(channels.into());
        params.for_codec(CODEC_ID_AAC).with_sample_rate(rate).with_channels(layout);
        AacDecoder::try_new(&params, &Default::default()).expect("symphonia decodes AAC-LC")
    }

    /// symphonia does not decode more than two channels. These were tested with ffmpeg.
    #[test]
    fn silence_of_every_format_decodes_to_zero() {
        let formats = all_adts_headers()
            .filter_map(|header| AdtsHeader::new(header.rate(), header.channels(), 60))
            .filter(|header| header.channels() <= 2)
            .collect::<std::collections::HashSet<_>>();
        assert_eq!(formats.len(), 13 * 2);
        for like in formats {
            let mut decoder = decoder(like.rate(), like.channels());
            for len in [8, 61, 75, 76, 77, 82, 83, 84, 347, 348, 349, 350, 700, 701, 702, 8191] {
                let silence = silent_frame(&AdtsHeader::new(like.rate(), like.channels(), len).unwrap());
                let payload = silence[AdtsHeader::LEN..].to_vec();
                let packet = Packet::new(0, Timestamp::ZERO, Duration::from(SAMPLES_PER_BLOCK), payload);
                let GenericAudioBufferRef::F32(samples) = decoder.decode(&packet).expect("decodes") else {
                    panic!("symphonia decodes AAC to f32");
                };
                assert_eq!(samples.frames(), usize::from(SAMPLES_PER_BLOCK));
                assert_eq!(samples.num_planes(), usize::from(like.channels()));
                let planes = (0..samples.num_planes()).map(|channel| samples.plane(channel).unwrap());
                assert!(planes.flatten().all(|sample| *sample == 0.0), "{like:?}, {len} bytes");
            }
        }
    }

    /// After the sound of a fixture, the first frame plays the overlap, and the next ones are silent.
    #[test]
    fn silence_after_sound_is_zero_from_the_second_frame_on() {
        let music = include_bytes!("../../../fixtures/aac/lc-44100-stereo-96k.aac");
        let (mut framer, mut decoder) = (Framer::with_codec(Codec::Aac), decoder(44_100, 2));
        framer.push(music);
        framer.finish();
        let mut loudness = |bytes: &[u8]| {
            let payload = bytes[AdtsHeader::LEN..].to_vec();
            let packet = Packet::new(0, Timestamp::ZERO, Duration::from(SAMPLES_PER_BLOCK), payload);
            let GenericAudioBufferRef::F32(samples) = decoder.decode(&packet).expect("decodes") else {
                panic!("symphonia decodes AAC to f32");
            };
            samples.plane(0).unwrap().iter().fold(0.0_f32, |max, sample| max.max(sample.abs()))
        };
        let mut last = None;
        while let Some(frame) = framer.next_frame() {
            last = Some((frame.header, loudness(frame.bytes)));
        }
        let Some((Header::Aac(like), loud)) = last else { panic!("frames of AAC") };
        assert!(loud > 0.1, "{loud}");
        let silence = silent_frame(&like);
        assert!(loudness(&silence) > 0.0, "the overlap");
        assert_eq!([loudness(&silence), loudness(&silence)], [0.0, 0.0]);
    }
}
