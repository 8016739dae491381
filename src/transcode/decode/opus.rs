//! Opus in Ogg (RFC 7845): pre-skip, output gain and channel mapping around ruopus' decoder.

use ruopus::ogg::{ChannelMapping, OpusHead};
use ruopus::{MultistreamDecoder, OpusDecoder};
use symphonia::core::packet::Packet;

use super::caught::caught;
use crate::transcode::{LeftOut, PcmBlock};

/// The rate at which Opus is decoded, in Hz.
const RATE: u32 = 48_000;

/// The decoder of an Opus stream.
pub(super) struct OpusStream {
    /// `None` after a panic.
    decoder: Option<Decoder>,
    channels: usize,
    /// The order in which the decoded channels are written.
    order: &'static [usize],
    /// The factor of the output gain, which always applies (RFC 7845, 5.1).
    gain: f32,
    /// The samples per channel that are still to be dropped, because the decoder converges on them.
    pre_skip: usize,
}

enum Decoder {
    Single(Box<OpusDecoder>),
    Multi(Box<MultistreamDecoder>),
}

/// Vorbis' order of channels, which mapping family 1 uses, in the order of WAV (RFC 7845, 5.1.1.2).
const WAVE_ORDER: [&[usize]; 8] = [
    &[0],
    &[0, 1],
    &[0, 2, 1],
    &[0, 1, 2, 3],
    &[0, 2, 1, 3, 4],
    &[0, 2, 1, 5, 3, 4],
    &[0, 2, 1, 6, 5, 3, 4],
    &[0, 2, 1, 7, 5, 6, 3, 4],
];

impl OpusStream {
    /// Returns a decoder for the stream with this identification header.
    ///
    /// # Errors
    /// If the channel mapping is unknown, or the header is damaged.
    pub fn new(header: &[u8]) -> Result<Self, LeftOut> {
        let head = OpusHead::parse(&in_ogg_form(header)).map_err(|_| LeftOut::Damaged)?;
        let channels = usize::from(head.channel_count);
        let (decoder, order) = match &head.channel_mapping {
            ChannelMapping::Family0 => {
                (Decoder::Single(Box::new(OpusDecoder::new(channels))), WAVE_ORDER[channels - 1])
            }
            ChannelMapping::Table { family: 1, stream_count, coupled_count, mapping } if channels <= 8 => {
                let (streams, coupled) = (usize::from(*stream_count), usize::from(*coupled_count));
                let decoder = MultistreamDecoder::with_rate(RATE, streams, coupled, mapping);
                (Decoder::Multi(Box::new(decoder)), WAVE_ORDER[channels - 1])
            }
            ChannelMapping::Table { family, .. } => {
                return Err(LeftOut::Unsupported(format!(
                    "Opus with mapping family {family} and {channels} channels"
                )));
            }
        };
        let gain = 10_f32.powf(f32::from(head.output_gain_q8) / 256.0 / 20.0);
        Ok(Self { decoder: Some(decoder), channels, order, gain, pre_skip: head.pre_skip.into() })
    }

    /// Returns the samples per channel that are still to be dropped.
    pub fn pre_skip(&self) -> usize {
        self.pre_skip
    }

    /// Decodes a packet. Returns false if it is damaged: the block is empty then, or as long as the packet if
    /// its length is known.
    pub fn decode(&mut self, packet: &Packet, block: &mut PcmBlock) -> bool {
        block.rate = RATE;
        block.channels = self.channels;
        let decoded = self.decode_raw(&packet.data);
        block.samples.clear();
        match &decoded {
            Some(samples) => self.write(samples, block),
            None => block.samples.resize(silence_len(packet) * self.channels, 0.0),
        }
        self.cut(packet, block);
        decoded.is_some()
    }

    /// Skips a packet. Returns how many samples would have been heard.
    pub fn skip(&mut self, packet: &Packet) -> u64 {
        let len = silence_len(packet);
        let dropped = self.pre_skip.min(len);
        self.pre_skip -= dropped;
        (len - dropped).saturating_sub(packet.trim_end.get() as usize) as u64
    }

    fn decode_raw(&mut self, data: &[u8]) -> Option<Vec<f32>> {
        let decoder = self.decoder.as_mut()?;
        let result = caught(|| match decoder {
            Decoder::Single(decoder) => decoder.decode_packet(data),
            Decoder::Multi(decoder) => decoder.decode_packet(data),
        });
        if result.is_none() {
            self.decoder = None;
        }
        result?.ok()
    }

    fn write(&self, samples: &[f32], block: &mut PcmBlock) {
        for frame in samples.chunks_exact(self.channels) {
            block.samples.extend(self.order.iter().map(|channel| frame[*channel] * self.gain));
        }
    }

    fn cut(&mut self, packet: &Packet, block: &mut PcmBlock) {
        let dropped = self.pre_skip.min(block.frames());
        self.pre_skip -= dropped;
        block.samples.drain(..dropped * self.channels);
        let kept = block.frames().saturating_sub(packet.trim_end.get() as usize);
        block.samples.truncate(kept * self.channels);
    }
}

/// Returns an identification header in the form of Ogg. symphonia returns that of MP4 as it is: it has
/// version 0, and its numbers have the other byte order (<https://opus-codec.org/docs/opus_in_isobmff.html>,
/// 4.3.2).
fn in_ogg_form(header: &[u8]) -> Vec<u8> {
    let mut header = header.to_vec();
    if let [_, _, _, _, _, _, _, _, 0, _, pre_skip @ .., _] = &mut header[..] {
        if let [p0, p1, r0, r1, r2, r3, g0, g1, ..] = pre_skip {
            (*p0, *p1) = (*p1, *p0);
            (*r0, *r1, *r2, *r3) = (*r3, *r2, *r1, *r0);
            (*g0, *g1) = (*g1, *g0);
        }
        header[8] = 1;
    }
    header
}

/// Returns the length of a packet that cannot be decoded, in samples per channel. No packet is longer than
/// 120 ms.
fn silence_len(packet: &Packet) -> usize {
    packet.block_dur().get().min(u64::from(RATE) * 120 / 1000) as usize
}
