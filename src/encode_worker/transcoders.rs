//! The jobs of a real encode worker: the decoders and encoders of [`transcode`](crate::transcode).

use std::convert::Infallible;
use std::path::Path;

use super::protocol::{JobId, StreamCodec};
use super::serve::{FileConversion, JobFactory, Measurement, StreamConversion};
use crate::audio::Codec;
use crate::transcode::{
    AudioFile, AudioFileInfo, EncodedFrames, FileJob, FileTranscoder, FrameMark, LeftOut, StreamTranscoder,
    TargetFormat,
};

/// Starts conversions and measurements.
#[derive(Debug, Clone, Copy)]
pub struct Transcoders;

impl JobFactory for Transcoders {
    type Track = FileTranscoder;
    type Stream = StreamTranscoder;
    type Meter = Infallible;

    fn has_encoder(&self) -> bool {
        cfg!(feature = "lame")
    }

    fn probe(&self, path: &Path) -> Result<AudioFileInfo, LeftOut> {
        AudioFile::open(path).map(|file| file.info().clone())
    }

    fn read_cover(&self, _: &Path) -> Result<Vec<u8>, LeftOut> {
        Err(LeftOut::NotAudio)
    }

    fn open_file(
        &self,
        job: JobId,
        file: &FileJob,
        after: Option<FileTranscoder>,
    ) -> Result<(FileTranscoder, AudioFileInfo), LeftOut> {
        let encoder = after.and_then(FileTranscoder::into_encoder);
        let (mut transcoder, info) = FileTranscoder::open(file, encoder)?;
        transcoder.set_token(job);
        Ok((transcoder, info))
    }

    fn open_stream(&self, input: StreamCodec, target: TargetFormat) -> Result<StreamTranscoder, LeftOut> {
        StreamTranscoder::new(Codec::from(input), target)
    }

    fn open_measurement(&self, _: &Path) -> Result<Infallible, LeftOut> {
        Err(LeftOut::NotAudio)
    }
}

impl FileConversion for FileTranscoder {
    fn next(&mut self) -> EncodedFrames {
        Self::next(self)
    }

    fn finish(&mut self) -> EncodedFrames {
        Self::finish(self)
    }
}

impl StreamConversion for StreamTranscoder {
    fn push(&mut self, frames: &[u8], marks: &[FrameMark]) -> EncodedFrames {
        Self::push(self, frames, marks)
    }

    fn finish(&mut self) -> EncodedFrames {
        Self::finish(self)
    }
}

impl Measurement for Infallible {
    fn measure(&mut self) -> (Option<f32>, bool) {
        match *self {}
    }
}
