//! Decodes the frames of an encoder as they come, and collects a channel of the parts that are compared.

use std::ops::Range;

use coldwave::audio::Header;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};
use symphonia::default::codecs::MpaDecoder;

use crate::failure::Failure;

/// A decoder of MP3 frames.
pub struct Decoder {
    decoder: MpaDecoder,
    block: Vec<f32>,
    /// Samples per channel that were decoded.
    position: u64,
    /// The ranges to collect, in samples per channel.
    ranges: Vec<Range<u64>>,
    /// The first channel of each range.
    pub collected: Vec<Vec<f32>>,
    /// The number of frames that could not be decoded.
    pub errors: u64,
    /// The number of all frames.
    pub frames: u64,
}

impl Decoder {
    pub fn new(ranges: Vec<Range<u64>>) -> Result<Self, Failure> {
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(CODEC_ID_MP3);
        let decoder = MpaDecoder::try_new(&parameters, &AudioDecoderOptions::default().gapless(false))?;
        let collected = vec![Vec::new(); ranges.len()];
        Ok(Self { decoder, block: Vec::new(), position: 0, ranges, collected, errors: 0, frames: 0 })
    }

    /// Decodes whole frames, which must have this format.
    pub fn decode(&mut self, mut bytes: &[u8], expected: &Header) -> Result<(), Failure> {
        while !bytes.is_empty() {
            let header =
                bytes.first_chunk().and_then(|bytes| Header::parse_mp3(*bytes)).ok_or("no header")?;
            if header.format() != expected.format() || header.kbps() != expected.kbps() {
                return Err(format!("a frame with the header {header:?}").into());
            }
            let (frame, rest) = bytes.split_at_checked(header.frame_len()).ok_or("a torn frame")?;
            self.decode_frame(frame, &header);
            bytes = rest;
        }
        Ok(())
    }

    fn decode_frame(&mut self, frame: &[u8], header: &Header) {
        self.frames += 1;
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::from(header.samples()), frame);
        match self.decoder.decode_ref(&packet) {
            Ok(decoded) => decoded.copy_to_vec_interleaved(&mut self.block),
            Err(_) => self.errors += 1,
        }
        self.collect(header.channels().into());
        self.position += u64::from(header.samples());
    }

    fn collect(&mut self, channels: usize) {
        let samples = self.block.iter().step_by(channels);
        for (at, sample) in (self.position..).zip(samples) {
            for (range, collected) in self.ranges.iter().zip(&mut self.collected) {
                if range.contains(&at) {
                    collected.push(*sample);
                }
            }
        }
    }
}
