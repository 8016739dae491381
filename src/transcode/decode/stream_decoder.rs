//! Decodes the frames of a live source or an upstream, one by one.

use super::frame_decoder::SingleFrameDecoder;
use crate::audio::{Codec, Header};
use crate::transcode::PcmBlock;

/// Decodes a stream of frames. Every frame yields as many samples as it has, whatever is in it: silence if it
/// cannot be decoded. So the position in the output is known from the frames alone.
///
/// A decoder that starts in mid-stream lacks what earlier frames would have left in it, and its first output
/// is noise. Those frames yield silence.
pub struct StreamDecoder {
    codec: Codec,
    decoder: SingleFrameDecoder,
    /// How many frames still yield silence.
    warm_up: u32,
}

impl StreamDecoder {
    /// Returns a decoder for frames of this codec.
    pub fn new(codec: Codec) -> Self {
        Self { codec, decoder: SingleFrameDecoder::new(), warm_up: 0 }
    }

    /// Decodes a whole frame, with its header, into `block`, whose content is replaced. The block is empty if
    /// this is not a frame of the codec. A frame in another rate or channel count starts a new decoder.
    ///
    /// Returns false if the frame could not be decoded, and not for lack of those before it.
    pub fn decode(&mut self, frame: &[u8], block: &mut PcmBlock) -> bool {
        block.samples.clear();
        let Some(header) =
            Header::parse(self.codec, frame).filter(|header| header.frame_len() == frame.len())
        else {
            return false;
        };
        if !self.decoder.continues(header.format()) {
            self.warm_up = warm_up_frames(&header);
        }
        let is_decoded = self.decoder.decode(&header, frame, block);
        if self.warm_up > 0 {
            self.warm_up -= 1;
            block.samples.fill(0.0);
            return true;
        }
        is_decoded
    }
}

/// The length of a checksum in bytes.
const CRC_LEN: usize = 2;

/// Returns how many frames from a start in mid-stream on are decoded wrongly. For MP3, those that refer to
/// bytes before the start, and two more whose overlap and filter history is wrong. For AAC, the one that
/// overlaps with its predecessor.
fn warm_up_frames(header: &Header) -> u32 {
    match header.codec() {
        Codec::Mp3 => {
            let (reservoir, side_information) = reservoir(header);
            let main_data = header.frame_len().saturating_sub(Header::MP3_LEN + CRC_LEN + side_information);
            2 + reservoir.div_ceil(main_data.max(1)) as u32
        }
        Codec::Aac => 1,
    }
}

/// Returns the most bytes of earlier frames to which a frame of MP3 refers, `main_data_begin`, and the bytes
/// of its side information (ISO/IEC 11172-3, 2.4.1.7; 13818-3, 2.4.1.7).
fn reservoir(header: &Header) -> (usize, usize) {
    match (header.samples(), header.channels()) {
        (1152, 1) => (511, 17),
        (1152, _) => (511, 32),
        (_, 1) => (255, 9),
        (_, _) => (255, 17),
    }
}
