//! The jobs of a real encode worker: the decoders and encoders of [`transcode`](crate::transcode).

use std::path::Path;

use super::protocol::{JobId, StreamCodec};
use super::serve::{FileConversion, JobFactory, Measurement, StreamConversion};
use crate::audio::Codec;
use crate::transcode::{
    AudioFile, AudioFileInfo, EncodedFrames, FileJob, FileTranscoder, FrameMark, LeftOut, LoudnessMeter,
    StreamTranscoder, TargetFormat, tags,
};

/// Starts conversions and measurements.
#[derive(Debug, Clone, Copy)]
pub struct Transcoders;

impl JobFactory for Transcoders {
    type Track = FileTranscoder;
    type Stream = StreamTranscoder;
    type Meter = LoudnessMeter;

    fn has_encoder(&self) -> bool {
        cfg!(feature = "lame")
    }

    fn probe(&self, path: &Path) -> Result<AudioFileInfo, LeftOut> {
        let info = AudioFile::open(path)?.info().clone();
        Ok(AudioFileInfo { tags: tags::read(path), ..info })
    }

    fn read_cover(&self, path: &Path) -> Result<Vec<u8>, LeftOut> {
        tags::read_cover(path).ok_or_else(|| LeftOut::Unsupported("it has no cover".into()))
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

    fn open_measurement(&self, path: &Path) -> Result<LoudnessMeter, LeftOut> {
        LoudnessMeter::open(path)
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

impl Measurement for LoudnessMeter {
    fn measure(&mut self) -> (Option<f32>, bool) {
        Self::measure(self)
    }
}
