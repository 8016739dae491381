//! A worker without transcoders, which refuses everything.

use std::convert::Infallible;
use std::path::Path;

use super::super::protocol::{JobId, StreamCodec};
use super::super::serve::{FileConversion, JobFactory, LadderConversion, Measurement, StreamConversion};
use crate::time::AudioTime;
use crate::transcode::{
    AudioFileInfo, EncodedFrames, FileJob, FrameMark, LeftOut, Rung, RungFrames, TargetFormat,
};

/// Refuses all jobs.
pub struct NoJobs;

impl JobFactory for NoJobs {
    type Track = Infallible;
    type Stream = Infallible;
    type Ladder = Infallible;
    type Meter = Infallible;

    fn has_encoder(&self) -> bool {
        false
    }

    fn probe(&self, _: &Path, _: &'static encoding_rs::Encoding) -> Result<AudioFileInfo, LeftOut> {
        Err(LeftOut::NoEncoder)
    }

    fn read_cover(&self, _: &Path) -> Result<Vec<u8>, LeftOut> {
        Err(LeftOut::NoEncoder)
    }

    fn open_file(
        &self,
        _: JobId,
        _: &FileJob,
        _: Option<Infallible>,
    ) -> Result<(Infallible, AudioFileInfo), LeftOut> {
        Err(LeftOut::NoEncoder)
    }

    fn open_stream(&self, _: StreamCodec, _: TargetFormat) -> Result<Infallible, LeftOut> {
        Err(LeftOut::NoEncoder)
    }

    fn open_ladder(&self, _: &[Rung], _: AudioTime) -> Result<Infallible, LeftOut> {
        Err(LeftOut::NoEncoder)
    }

    fn open_measurement(&self, _: &Path) -> Result<Infallible, LeftOut> {
        Err(LeftOut::NoEncoder)
    }
}

impl FileConversion for Infallible {
    fn next(&mut self) -> EncodedFrames {
        match *self {}
    }

    fn finish(&mut self) -> EncodedFrames {
        match *self {}
    }
}

impl StreamConversion for Infallible {
    fn push(&mut self, _: &[u8], _: &[FrameMark]) -> EncodedFrames {
        match *self {}
    }

    fn finish(&mut self) -> EncodedFrames {
        match *self {}
    }
}

impl LadderConversion for Infallible {
    fn push(&mut self, _: &[u8]) -> Result<Vec<RungFrames>, LeftOut> {
        match *self {}
    }

    fn set_rungs(&mut self, _: &[Rung]) -> Result<Vec<RungFrames>, LeftOut> {
        match *self {}
    }
}

impl Measurement for Infallible {
    fn measure(&mut self) -> (Option<f32>, bool) {
        match *self {}
    }
}
