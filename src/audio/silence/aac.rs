//! Silence as AAC has it: the elements that the channel configuration asks for, in which nothing is said.

use super::super::adts::{AdtsHeader, SAMPLES_PER_BLOCK};

/// A frame of one raw data block with the version, profile, sampling rate and channels of `like`, without CRC.
///
/// No band of the spectrum is sent, so every decoder makes 1024 samples of digital zero from it (tried: ffmpeg,
/// mpv, symphonia). Only a decoder that still holds the overlap of the sound before lets that ring out in the first one.
/// In HE-AAC it is a core without the extension, which lasts as long.
///
/// It would need no more than some 14 bytes, and is filled up to what a block of `like` has: for a player that counts
/// its buffer in bytes, a stream that shrinks to a twentieth has stopped, and titles come every so many bytes.
pub fn silent_frame(like: &AdtsHeader) -> Vec<u8> {
    let block = silent_block(elements(like.configuration()), filled_len(like));
    let header = like.plain(AdtsHeader::LEN + block.len());
    [header.bytes().as_slice(), &block].concat()
}

/// The least bit rate of silence in bit/s, should the frame to be like hold next to nothing.
const BIT_RATE_MIN: u32 = 16_000;

/// The most bytes that a block may have for each channel: every decoder has room for those (ISO/IEC 14496-3, 4.5.3.1).
const CHANNEL_BYTES_MAX: usize = 6144 / 8;

/// How many bytes a block of silence should have; protocol-notes/aac.md.
fn filled_len(like: &AdtsHeader) -> usize {
    let blocks = usize::from(like.samples() / SAMPLES_PER_BLOCK);
    let of_like = (like.frame_len() / blocks).saturating_sub(AdtsHeader::LEN);
    let least = (BIT_RATE_MIN / 8 * u32::from(SAMPLES_PER_BLOCK) / like.rate()) as usize;
    let most = CHANNEL_BYTES_MAX * usize::from(like.channels());
    of_like.max(least).min(most)
}

/// A part of a raw data block; the numbers are its kind's (ISO/IEC 14496-3, table 4.85).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AacElement {
    /// One channel.
    Single = 0,
    /// Two channels.
    Pair = 1,
    /// The channel of low frequencies.
    LowFrequency = 3,
}

/// The kind of an element that only takes room.
const FILL_ELEMENT: u8 = 6;

/// What ends a raw data block.
const END_ELEMENT: u8 = 7;

/// Bits of an element's kind.
const ELEMENT_ID_BITS: usize = 3;

/// The elements of each channel configuration, in their order (ISO/IEC 14496-3, table 1.19).
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

/// At least `len` bytes, or what the elements need.
fn silent_block(elements: &[AacElement], len: usize) -> Vec<u8> {
    let mut bits = BitWriter::default();
    for (at, element) in elements.iter().enumerate() {
        let of_its_kind = elements[..at].iter().filter(|before| *before == element).count();
        bits.put(*element as u8, ELEMENT_ID_BITS);
        bits.put(of_its_kind as u8, 4);
        bits.skip(element.silent_bits());
    }
    bits.fill((8 * len).saturating_sub(ELEMENT_ID_BITS));
    bits.put(END_ELEMENT, ELEMENT_ID_BITS);
    bits.bytes
}

impl AacElement {
    /// How many zeros say that there is nothing, behind the element's kind and number.
    fn silent_bits(self) -> usize {
        match self {
            Self::Single | Self::LowFrequency => SILENT_CHANNEL_BITS,
            // The two have no window in common.
            Self::Pair => 1 + 2 * SILENT_CHANNEL_BITS,
        }
    }
}

/// All zeros: global gain (8), reserved, one long window (2) of sine shape (1), no scale factor band (6), no
/// prediction; no pulses, no noise shaping, no gain control.
const SILENT_CHANNEL_BITS: usize = 8 + 1 + 2 + 1 + 6 + 1 + 3;

/// A fill element says in four bits how many bytes it has; from this many on, eight more bits count the rest.
const FILL_ESCAPE: usize = 15;

/// The most bytes of a fill element.
const FILL_BYTES_MAX: usize = FILL_ESCAPE - 1 + 255;

/// Bits of a fill element before its bytes.
const SHORT_FILL_HEADER_BITS: usize = ELEMENT_ID_BITS + 4;
const LONG_FILL_HEADER_BITS: usize = SHORT_FILL_HEADER_BITS + 8;

/// Bits in a row, from the highest of the first byte on.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    count: usize,
}

impl BitWriter {
    /// The lowest `width` bits of `value`.
    fn put(&mut self, value: u8, width: usize) {
        for bit in (0..width).rev() {
            let place = self.count;
            self.skip(1);
            self.bytes[place / 8] |= (value >> bit & 1) << (7 - place % 8);
        }
    }

    /// Fill elements until not one more would end before `end`. What they are filled with, zeros, says so too.
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
    fn silence_is_a_frame_of_the_same_format_for_every_header() {
        for like in all_adts_headers() {
            let frame = silent_frame(&like);
            let header = AdtsHeader::parse(*frame.first_chunk().unwrap()).expect("a header");
            assert_eq!(frame.len(), header.frame_len(), "{like:?}");
            assert_eq!((header.samples(), header.has_crc()), (SAMPLES_PER_BLOCK, false), "{like:?}");
            assert!(header.is_compatible_with(&like.plain(8)), "{like:?}");
        }
    }

    #[test]
    fn silence_is_as_long_as_what_it_is_like_within_limits() {
        let len =
            |rate, channels, of_like| silent_frame(&AdtsHeader::new(rate, channels, of_like).unwrap()).len();
        for of_like in 60..=1543 {
            assert_eq!(len(44_100, 2, of_like), of_like);
        }
        assert_eq!(len(44_100, 2, 8191), 1543, "twice 6,144 bits, and the header");
        assert_eq!(len(44_100, 2, 8), 7 + 46, "16 kbit/s");
        assert_eq!(len(8_000, 1, 8), 7 + 256, "16 kbit/s");
        assert_eq!(len(96_000, 8, 8), 7 + 28, "what eight channels need");
    }

    #[test]
    fn the_framer_takes_silence_of_every_format() {
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

    /// Of more than two channels symphonia decodes none; ffmpeg was tried with those.
    #[test]
    fn silence_of_every_format_decodes_to_zero() {
        let of_all_lengths = all_adts_headers()
            .filter_map(|header| AdtsHeader::new(header.rate(), header.channels(), 60))
            .filter(|header| header.channels() <= 2)
            .collect::<std::collections::HashSet<_>>();
        assert_eq!(of_all_lengths.len(), 13 * 2);
        for like in of_all_lengths {
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

    /// Behind the sound of a fixture the overlap rings out, and then there is nothing.
    #[test]
    fn silence_behind_sound_is_silent_from_the_second_frame_on() {
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
            samples.plane(0).unwrap().iter().fold(0.0_f32, |most, sample| most.max(sample.abs()))
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
