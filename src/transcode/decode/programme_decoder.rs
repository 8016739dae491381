//! Decodes the frames of a station's programme, which can change between codecs.

use super::sbr_monitor::SbrMonitor;
use super::stream_decoder::StreamDecoder;
use crate::audio::{Codec, Header};
use crate::transcode::{LeftOut, PcmBlock};

/// Decodes a programme. Every frame yields as many samples as it has: silence if it cannot be decoded, also
/// for frames of HE-AAC, and for the first frames after a change of the format.
pub struct ProgrammeDecoder {
    codec: Codec,
    decoder: StreamDecoder,
    sbr: SbrMonitor,
}

impl Default for ProgrammeDecoder {
    fn default() -> Self {
        let codec = Codec::Mp3;
        Self { codec, decoder: StreamDecoder::new(codec), sbr: SbrMonitor::default() }
    }
}

impl ProgrammeDecoder {
    /// Splits off the first frame, whatever its codec. Returns its header, the frame and the rest, or `None`
    /// if there is no complete frame.
    pub fn split_frame(frames: &[u8]) -> Option<(Header, &[u8], &[u8])> {
        let parse = |codec| Header::parse(codec, frames);
        let header = parse(Codec::Mp3).or_else(|| parse(Codec::Aac))?;
        let (frame, rest) = frames.split_at_checked(header.frame_len())?;
        Some((header, frame, rest))
    }

    /// Decodes a frame into `block`, whose content is replaced.
    ///
    /// # Errors
    /// If it is of a kind of AAC that cannot be decoded. HE-AAC is none, see [`check`](Self::check).
    pub fn decode(&mut self, header: &Header, frame: &[u8], block: &mut PcmBlock) -> Result<(), LeftOut> {
        if header.codec() != self.codec {
            self.codec = header.codec();
            self.decoder = StreamDecoder::new(self.codec);
            self.sbr.reset();
        }
        if self.codec == Codec::Aac {
            self.sbr.examine(header, frame)?;
        }
        self.decoder.decode(frame, block);
        block.complete(header);
        if self.sbr.is_heaac() {
            block.samples.fill(0.0);
        }
        Ok(())
    }

    /// Checks whether the last frames can be decoded in full.
    ///
    /// # Errors
    /// [`LeftOut::HeAac`] if they are of HE-AAC. It takes eight frames to recognise it, and two to recognise
    /// that it has ended.
    pub fn check(&self) -> Result<(), LeftOut> {
        if self.sbr.is_heaac() { Err(LeftOut::HeAac) } else { Ok(()) }
    }
}
