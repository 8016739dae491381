//! A track whose frames come from an encode worker.

use crate::audio::{Codec, Header};
use crate::encode_worker::{EncodedFile, JobError, StationEncoder};
use crate::transcode::{AudioFileInfo, EncodedFrames, FileJob, FileOutput};

/// A track that an encode worker converts.
pub struct ConvertedTrack {
    encoder: StationEncoder,
    job: FileJob,
    /// `None` after the worker has died, until the file is opened again.
    file: Option<EncodedFile>,
    /// Whether frames of the track before may still come: its last frames stay in the encoder until this
    /// track follows.
    has_begun: bool,
    is_at_end: bool,
}

/// Frames of a converted track.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ConvertedFrames {
    /// The last frames of the track before.
    pub of_previous: Vec<u8>,
    /// Frames of this track.
    pub own: Vec<u8>,
}

impl ConvertedTrack {
    /// Opens the file of `job`. It continues the encoder of `previous`, the track that has just ended, so
    /// that there is no gap.
    ///
    /// # Errors
    /// If the worker cannot convert the file, or there is no worker.
    pub fn open(
        encoder: StationEncoder,
        job: FileJob,
        previous: Option<EncodedFile>,
    ) -> Result<(Self, AudioFileInfo), JobError> {
        let has_begun = previous.is_none();
        let (file, info) = encoder.open_file(job.clone(), previous)?;
        Ok((Self { encoder, job, file: Some(file), has_begun, is_at_end: false }, info))
    }

    /// Returns the next frames: about a second of audio. `None` at the end of the track. Blocks.
    ///
    /// # Errors
    /// If the worker cannot continue. After [`JobError::Died`] and [`JobError::Unavailable`], another call
    /// continues where the track was interrupted, with a new worker.
    pub fn next_frames(&mut self) -> Result<Option<ConvertedFrames>, JobError> {
        if self.is_at_end {
            return Ok(None);
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(self.encoder.open_file(self.job.clone(), None)?.0),
        };
        let token = file.job_token();
        match file.next() {
            Ok(frames) => Ok(Some(self.split(frames, token))),
            Err(error) => {
                (self.file, self.has_begun) = (None, true);
                Err(error)
            }
        }
    }

    /// Takes the encoder at the end of the track. It contains the last frames.
    pub fn take_encoder(&mut self) -> Option<EncodedFile> {
        self.file.take_if(|_| self.is_at_end)
    }

    /// Splits frames at the mark where this track begins.
    fn split(&mut self, frames: EncodedFrames, token: u32) -> ConvertedFrames {
        self.is_at_end = frames.is_last;
        let mark = frames.marks.iter().find(|mark| mark.token == token).map(|mark| mark.frame);
        let previous = match (self.has_begun, mark) {
            (true, _) => 0,
            (false, Some(frame)) => frame,
            (false, None) => frames.count,
        };
        self.has_begun |= mark.is_some();
        self.job.skip_frames += u64::from(frames.count.saturating_sub(previous));
        let at = end_of_frames(codec_of(&self.job), &frames.bytes, previous);
        let mut of_previous = frames.bytes;
        let own = of_previous.split_off(at);
        ConvertedFrames { of_previous, own }
    }
}

/// Returns the codec of the frames that a job produces.
pub fn codec_of(job: &FileJob) -> Codec {
    match job.output {
        FileOutput::Mp3 { .. } => Codec::Mp3,
        FileOutput::Adts => Codec::Aac,
    }
}

/// Returns the length in bytes of the first `count` frames.
fn end_of_frames(codec: Codec, bytes: &[u8], count: u32) -> usize {
    let next = |at: usize| Header::parse(codec, &bytes[at..]).map_or(bytes.len(), |it| at + it.frame_len());
    (0..count).fold(0, |at, _| next(at).min(bytes.len()))
}
