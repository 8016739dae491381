//! Decodes single frames of MP3 and AAC-LC.

use symphonia::core::audio::{Channels, layouts};
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_MP3};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::Duration;
use symphonia::default::codecs::{AacDecoder, MpaDecoder};

use super::caught::caught;
use crate::audio::{Codec, Format, Header};
use crate::transcode::PcmBlock;

/// A decoder for the frames of one stream, whose format may change.
pub(super) struct SingleFrameDecoder {
    /// The decoder of the last frame, and the format for which it was set up. `None` also after a panic.
    current: Option<(Format, Box<dyn AudioDecoder>)>,
}

/// The length of the checksum of an ADTS header in bytes.
const ADTS_CRC_LEN: usize = 2;

impl SingleFrameDecoder {
    pub fn new() -> Self {
        Self { current: None }
    }

    /// Returns whether a frame in this format continues the stream, so that the decoder keeps its state.
    pub fn continues(&self, format: Format) -> bool {
        self.current.as_ref().is_some_and(|(current, _)| *current == format)
    }

    /// Decodes a frame. The block always gets the length of the frame: silence if it cannot be decoded.
    /// Returns whether it was decoded.
    pub fn decode(&mut self, header: &Header, frame: &[u8], block: &mut PcmBlock) -> bool {
        let format = header.format();
        if !self.continues(format) {
            self.current = new_decoder(format).map(|decoder| (format, decoder));
        }
        let decoded = self.try_decode(header, frame, block);
        block.rate = header.rate();
        if !decoded {
            block.channels = header.channels().into();
            block.samples.clear();
        }
        block.samples.resize(usize::from(header.samples()) * block.channels, 0.0);
        decoded
    }

    fn try_decode(&mut self, header: &Header, frame: &[u8], block: &mut PcmBlock) -> bool {
        let Some((_, decoder)) = &mut self.current else { return false };
        let packet =
            PacketRef::new(0, 0_i64.into(), Duration::from(header.samples()), payload(header, frame));
        let result = caught(|| decode_into(&mut **decoder, &packet, block));
        if result.is_none() {
            self.current = None;
        }
        result == Some(true)
    }
}

/// Decodes a packet. Returns false if it is damaged; `block` is undefined then.
pub(super) fn decode_into(
    decoder: &mut dyn AudioDecoder,
    packet: &PacketRef<'_>,
    block: &mut PcmBlock,
) -> bool {
    let Ok(decoded) = decoder.decode_ref(packet) else { return false };
    block.rate = decoded.spec().rate();
    block.channels = decoded.spec().channels().count();
    decoded.copy_to_vec_interleaved(&mut block.samples);
    true
}

/// Returns what a decoder needs of a frame: all of MP3, the raw data block of AAC.
pub(super) fn payload<'a>(header: &Header, frame: &'a [u8]) -> &'a [u8] {
    match header.codec() {
        Codec::Mp3 => frame,
        Codec::Aac => {
            let start = header.codec().header_len() + if header.has_crc() { ADTS_CRC_LEN } else { 0 };
            frame.get(start..).unwrap_or_default()
        }
    }
}

fn new_decoder(format: Format) -> Option<Box<dyn AudioDecoder>> {
    let options = AudioDecoderOptions::default().gapless(false);
    let mut parameters = AudioCodecParameters::new();
    parameters.with_sample_rate(format.rate);
    match format.codec {
        Codec::Mp3 => {
            parameters.for_codec(CODEC_ID_MP3);
            Some(Box::new(MpaDecoder::try_new(&parameters, &options).ok()?))
        }
        Codec::Aac => {
            parameters.for_codec(CODEC_ID_AAC).with_channels(layout(format.channels)?);
            Some(Box::new(AacDecoder::try_new(&parameters, &options).ok()?))
        }
    }
}

/// Returns the layout of this number of channels. symphonia decodes AAC with one or two.
fn layout(channels: u8) -> Option<Channels> {
    match channels {
        1 => Some(layouts::CHANNEL_LAYOUT_MONO),
        2 => Some(layouts::CHANNEL_LAYOUT_STEREO),
        _ => None,
    }
}
