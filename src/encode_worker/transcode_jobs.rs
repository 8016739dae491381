//! The jobs of a real worker: those of [`transcode`](crate::transcode).

use std::convert::Infallible;
use std::path::Path;

use super::protocol::{JobId, StreamCodec};
use super::serve::{FileConversion, JobFactory, StreamConversion};
use crate::audio::Codec;
use crate::transcode::{
    AudioFile, AudioFileInfo, EncodedFrames, FileJob, FileTranscoder, FrameMark, LeftOut, StreamTranscoder,
    TargetFormat,
};

/// Starts conversions.
pub struct TranscodeJobs;

impl JobFactory for TranscodeJobs {
    type Track = FileTranscoder;
    type Stream = StreamTranscoder;
    type Meter = Infallible;

    fn has_encoder(&self) -> bool {
        cfg!(feature = "lame")
    }

    fn probe(&self, path: &Path) -> Result<AudioFileInfo, LeftOut> {
        Ok(AudioFile::open(path)?.info().clone())
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
        let (mut track, info) = FileTranscoder::open(file, after.and_then(FileTranscoder::into_encoder))?;
        track.set_token(job);
        Ok((track, info))
    }

    fn open_stream(&self, input: StreamCodec, target: TargetFormat) -> Result<StreamTranscoder, LeftOut> {
        let codec = match input {
            StreamCodec::Mp3 => Codec::Mp3,
            StreamCodec::Aac => Codec::Aac,
        };
        StreamTranscoder::new(codec, target)
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
