//! A file that is decoded and encoded as MP3, about a second at a time.

use super::encoded_frames::EncodedFrames;
use super::format_converter::FormatConverter;
use super::left_out::LeftOut;
use super::limiter::Limiter;
use super::mp3_encoder::Mp3Encoder;
use super::pcm::PcmBlock;
use super::pcm_source::PcmSource;
use super::target::TargetFormat;

/// The conversion of one file.
pub(super) struct FileToMp3 {
    source: Box<dyn PcmSource + Send>,
    converter: FormatConverter,
    /// Present if the volume is changed.
    limiter: Option<Limiter>,
    encoder: Mp3Encoder,
    /// The token of the mark at the beginning of the file, until it is set.
    start: Option<u32>,
    is_at_end: bool,
    block: PcmBlock,
    /// Samples at the rate and with the channels of the target.
    converted: Vec<f32>,
    limited: Vec<f32>,
}

impl FileToMp3 {
    /// Begins a file, without its first `skip_frames` frames. `rate` is that of the file, in Hz.
    ///
    /// # Errors
    /// If there is no encoder for this format.
    pub(super) fn new(
        mut source: impl PcmSource + Send + 'static,
        rate: u32,
        format: TargetFormat,
        gain_db: Option<f32>,
        skip_frames: u64,
    ) -> Result<Self, LeftOut> {
        let encoder = Mp3Encoder::resuming(format, skip_frames)?;
        if encoder.position() > 0 {
            source.skip(encoder.position() * u64::from(rate) / u64::from(format.rate));
        }
        Ok(Self {
            source: Box::new(source),
            converter: FormatConverter::new(&format),
            limiter: gain_db.map(|gain| Limiter::new(&format, gain)),
            encoder,
            start: (skip_frames == 0).then_some(0),
            is_at_end: false,
            block: PcmBlock::default(),
            converted: Vec::new(),
            limited: Vec::new(),
        })
    }

    /// Sets the token of the mark at the beginning, which is 0 by default. There is no mark after
    /// `skip_frames`.
    pub(super) fn set_token(&mut self, token: u32) {
        self.start = self.start.map(|_| token);
    }

    /// Continues with the encoder of the file before, if that has the same format and nothing was encoded or
    /// skipped of this file yet.
    pub(super) fn take_over(&mut self, before: Mp3Encoder) {
        if self.start.is_some() && before.format() == self.encoder.format() {
            self.encoder = before;
        }
    }

    /// Returns the frames of about a second.
    pub(super) fn next(&mut self) -> EncodedFrames {
        self.mark_start();
        let end = self.encoder.position() + u64::from(self.encoder.format().rate);
        while !self.is_at_end && self.encoder.position() < end {
            self.step();
        }
        EncodedFrames { is_last: self.is_at_end, ..self.encoder.take_frames() }
    }

    /// Returns the frames that are left in the encoder, without reading on.
    pub(super) fn finish(mut self) -> EncodedFrames {
        self.mark_start();
        self.end();
        self.encoder.finish()
    }

    /// Returns the encoder, for the next file.
    pub(super) fn into_encoder(self) -> Mp3Encoder {
        self.encoder
    }

    /// Marks the frame in which the file begins: the one with its first sample. Where there was nothing
    /// before, it is the first frame.
    fn mark_start(&mut self) {
        match (self.start.take(), self.encoder.position()) {
            (Some(token), 0) => self.encoder.mark_next_frame(token),
            (Some(token), position) => self.encoder.mark(position, token),
            (None, _) => (),
        }
    }

    /// Converts a block.
    fn step(&mut self) {
        if self.source.read(&mut self.block) {
            self.converter.push(&self.block, &mut self.converted);
            self.encode();
        } else {
            self.end();
        }
    }

    /// Encodes what converter and limiter hold back.
    fn end(&mut self) {
        if std::mem::replace(&mut self.is_at_end, true) {
            return;
        }
        self.converter.flush(&mut self.converted);
        self.encode();
        if let Some(limiter) = self.limiter.take() {
            limiter.finish(&mut self.converted);
            self.encode();
        }
    }

    /// Limits and encodes the converted samples.
    fn encode(&mut self) {
        if let Some(limiter) = &mut self.limiter {
            self.limited.clear();
            limiter.push(&self.converted, &mut self.limited);
            std::mem::swap(&mut self.limited, &mut self.converted);
        }
        self.encoder.push(&self.converted);
        self.converted.clear();
    }
}

#[cfg(all(test, feature = "lame"))]
mod tests;
