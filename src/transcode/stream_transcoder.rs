//! Converts a live stream of frames to MP3 in another format, frame by frame, with titles at their exact
//! places.

use super::decode::StreamDecoder;
use super::encoded_frames::{EncodedFrames, FrameMark};
use super::format_converter::FormatConverter;
use super::left_out::LeftOut;
use super::mp3_encoder::Mp3Encoder;
use super::pcm::PcmBlock;
use super::target::TargetFormat;
use crate::audio::{Codec, Header};

/// The conversion of one stream. Its format may change; the output goes on.
///
/// The first sample of input frame `f` is heard in output frame ⌊(`f` × samples per input frame × output rate
/// / input rate + 1152) / samples per output frame⌋. A frame that cannot be decoded becomes silence of its
/// length, so that this stays true.
pub struct StreamTranscoder {
    codec: Codec,
    decoder: StreamDecoder,
    converter: FormatConverter,
    /// Absent after the last frames were returned.
    encoder: Option<Mp3Encoder>,
    block: PcmBlock,
    converted: Vec<f32>,
}

impl StreamTranscoder {
    /// Begins a stream.
    ///
    /// # Errors
    /// Those of [`Mp3Encoder::new`].
    pub fn new(input: Codec, target: TargetFormat) -> Result<Self, LeftOut> {
        Ok(Self {
            codec: input,
            decoder: StreamDecoder::new(input),
            converter: FormatConverter::new(&target),
            encoder: Some(Mp3Encoder::new(target)?),
            block: PcmBlock::default(),
            converted: Vec::new(),
        })
    }

    /// Converts complete frames, and returns the frames that are ready. A mark may also be behind the last
    /// frame; it then is where the next ones begin.
    pub fn push(&mut self, frames: &[u8], marks: &[FrameMark]) -> EncodedFrames {
        let mut marks = marks.iter().copied().peekable();
        let mut rest = frames;
        let mut number = 0;
        while let Some(header) = Header::parse(self.codec, rest)
            && let Some((frame, after)) = rest.split_at_checked(header.frame_len())
        {
            while let Some(mark) = marks.next_if(|mark| mark.frame <= number) {
                self.mark(mark.token);
            }
            self.convert(&header, frame);
            (rest, number) = (after, number + 1);
        }
        marks.for_each(|mark| self.mark(mark.token));
        self.encode();
        self.encoder.as_mut().map(Mp3Encoder::take_frames).unwrap_or_default()
    }

    /// Ends the stream and returns the last frames.
    pub fn finish(&mut self) -> EncodedFrames {
        self.converter.flush(&mut self.converted);
        self.encode();
        let ended = || EncodedFrames { is_last: true, ..EncodedFrames::default() };
        self.encoder.take().map_or_else(ended, Mp3Encoder::finish)
    }

    /// Marks the place of the next input.
    fn mark(&mut self, token: u32) {
        if let Some(encoder) = &mut self.encoder {
            encoder.mark(self.converter.position(), token);
        }
    }

    fn convert(&mut self, header: &Header, frame: &[u8]) {
        self.decoder.decode(frame, &mut self.block);
        self.block.complete(header);
        self.converter.push(&self.block, &mut self.converted);
    }

    fn encode(&mut self) {
        if let Some(encoder) = &mut self.encoder {
            encoder.push(&self.converted);
        }
        self.converted.clear();
    }
}

#[cfg(all(test, feature = "lame"))]
mod tests;
