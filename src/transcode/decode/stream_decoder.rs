//! Decodes the frames of a live source or an upstream, one by one.

use super::frame_decoder::FrameDecoder;
use crate::audio::{Codec, Header};
use crate::transcode::PcmBlock;

/// Decodes a stream of frames. Every frame yields as many samples as it has, whatever is in it: silence if it
/// cannot be decoded. So the position in the output is known from the frames alone.
///
/// A decoder that starts in mid-stream lacks what earlier frames would have left in it, and its first output is
/// noise. Those frames yield silence.
pub struct StreamDecoder {
    codec: Codec,
    decoder: FrameDecoder,
    /// How many frames still yield silence.
    warm_up: u32,
}

impl StreamDecoder {
    /// Returns a decoder for frames of this codec.
    pub fn new(codec: Codec) -> Self {
        Self { codec, decoder: FrameDecoder::new(), warm_up: 0 }
    }

    /// Decodes a whole frame, with its header, into `block`, whose content is replaced. The block is empty if this
    /// is not a frame of the codec. A frame in another rate or channel count starts a new decoder.
    pub fn decode(&mut self, frame: &[u8], block: &mut PcmBlock) {
        block.samples.clear();
        let Some(header) =
            Header::parse(self.codec, frame).filter(|header| header.frame_len() == frame.len())
        else {
            return;
        };
        if !self.decoder.continues(header.format()) {
            self.warm_up = warm_up_frames(&header);
        }
        self.decoder.decode(&header, frame, block);
        if self.warm_up > 0 {
            self.warm_up -= 1;
            block.samples.fill(0.0);
        }
    }
}

/// The most bytes of earlier frames that a frame of MP3 refers to: `main_data_begin` has nine bits (ISO/IEC
/// 11172-3, 2.4.1.7).
const RESERVOIR: usize = 511;

/// The most bytes of a frame that cannot belong to the reservoir: header, checksum, side information.
const OVERHEAD: usize = 36;

/// Returns how many frames from a start in mid-stream on are decoded wrongly. For MP3, those that refer to bytes
/// before the start, and two more whose overlap and filter history is wrong. For AAC, the one that overlaps with
/// its predecessor.
fn warm_up_frames(header: &Header) -> u32 {
    match header.codec() {
        Codec::Mp3 => 2 + RESERVOIR.div_ceil(header.frame_len().saturating_sub(OVERHEAD).max(1)) as u32,
        Codec::Aac => 1,
    }
}
