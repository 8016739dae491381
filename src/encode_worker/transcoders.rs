//! The jobs of a real encode worker: the decoders and encoders of [`transcode`](crate::transcode).

use std::path::Path;

use encoding_rs::Encoding;

use super::protocol::{JobId, StreamCodec};
use super::serve::{FileConversion, JobFactory, LadderConversion, Measurement, StreamConversion};
use super::thread_time::thread_cpu_time;
use crate::audio::Codec;
use crate::time::AudioTime;
use crate::transcode::{
    AudioFile, AudioFileInfo, EncodedFrames, FileJob, FileTranscoder, FrameMark, Ladder, LeftOut,
    LoudnessMeter, Rung, RungFrames, StreamTranscoder, TargetFormat, tags,
};

/// Starts conversions and measurements.
#[derive(Debug, Clone, Copy)]
pub struct Transcoders;

impl JobFactory for Transcoders {
    type Track = FileTranscoder;
    type Stream = StreamTranscoder;
    type Ladder = Ladder;
    type Meter = LoudnessMeter;

    fn has_encoder(&self) -> bool {
        cfg!(feature = "lame")
    }

    fn probe(&self, path: &Path, charset: &'static Encoding) -> Result<AudioFileInfo, LeftOut> {
        let file = AudioFile::open(path)?;
        Ok(AudioFileInfo { tags: tags::read(path, charset), ..file.info().clone() })
    }

    fn read_cover(&self, path: &Path) -> Result<Vec<u8>, LeftOut> {
        tags::read_cover(path).ok_or_else(|| LeftOut::Unsupported("it has no cover".to_owned()))
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

    fn open_ladder(&self, rungs: &[Rung], start: AudioTime) -> Result<Ladder, LeftOut> {
        Ladder::new(rungs, start, thread_cpu_time)
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

impl LadderConversion for Ladder {
    fn push(&mut self, frames: &[u8]) -> Result<Vec<RungFrames>, LeftOut> {
        Self::push(self, frames)
    }

    fn set_rungs(&mut self, rungs: &[Rung]) -> Result<Vec<RungFrames>, LeftOut> {
        Self::set_rungs(self, rungs)
    }
}

impl Measurement for LoudnessMeter {
    fn measure(&mut self) -> (Option<f32>, bool) {
        Self::measure(self)
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::WINDOWS_1252;

    use super::*;

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
    }

    #[test]
    fn files_are_described_with_their_tags_and_covers() {
        for name in ["tags/flac.flac", "tags/flac.oga", "tags/opus.opus", "tags/aac.m4a", "tags/id3.wav"] {
            let info = Transcoders.probe(&fixture(name), WINDOWS_1252).expect(name);
            assert_eq!(info.tags.album.as_deref(), Some("Homogenic"), "{name}");
            let cover = Transcoders.read_cover(&fixture(name)).expect(name);
            assert_eq!(info.tags.cover.map(|cover| cover.len), Some(cover.len() as u64), "{name}");
        }
        Transcoders.read_cover(&fixture("tags/info.wav")).expect_err("no cover");
    }

    #[test]
    fn loudness_of_files_is_measured() {
        let station = fixture("station/02-last-ferry-light-snow.mp3");
        let mut meter = Transcoders.open_measurement(&station).expect("an MP3 file");
        let lufs = loop {
            if let (lufs, true) = Measurement::measure(&mut meter) {
                break lufs.expect("music");
            }
        };
        // As fixtures/README.md says.
        assert!((lufs + 15.0).abs() < 0.5, "{lufs} LUFS");
    }
}
