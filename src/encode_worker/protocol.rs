//! The messages between the server and an encode worker.
//!
//! A message is a length of four bytes (little-endian) and that many bytes of postcard. The server sends a
//! [`WorkerRequest`]; the worker answers requests in order, each with exactly one [`WorkerResponse`]. The
//! worker begins with [`WorkerResponse::Hello`]. One worker serves many jobs, which the server numbers. A job
//! produces frames only when the server asks for them, so neither side has to queue them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::audio::Codec;
use crate::time::AudioTime;
use crate::transcode::{
    AudioFileInfo, EncodedFrames, FileJob, FrameMark, LeftOut, Rung, RungFrames, TargetFormat, path_bytes,
};

/// The version of the protocol. A worker of another version is not used.
pub const VERSION: u32 = 3;

/// Maximum length of a message in bytes. The longest contain a picture.
pub const MESSAGE_MAX: usize = 16 << 20;

/// The number of a job, unique within a worker process.
pub type JobId = u32;

/// A message from the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum WorkerRequest {
    /// Describe a file. Answer: `Probed` or `Failed`.
    Probe {
        /// The number of this job, which ends with the answer.
        job: JobId,
        /// The file.
        #[serde(with = "path_bytes")]
        path: PathBuf,
        /// The charset of its tags if they are not UTF-8 and state none; a label of the Encoding Standard.
        charset: String,
    },
    /// Return the cover of a file. Answer: `Cover` or `Failed`.
    ReadCover {
        /// The number of this job, which ends with the answer.
        job: JobId,
        /// The file.
        #[serde(with = "path_bytes")]
        path: PathBuf,
    },
    /// Begin to convert a file. Answer: `Opened` or `Failed`. If `after` is a job whose file has ended and
    /// which has the same output format, its encoder goes on with this file, so that there is no gap; its
    /// last frames come with those of this job, in which a mark with the number of this job as its token says
    /// where the file begins. The job `after` ends in any case.
    OpenFile {
        /// The number of the new job.
        job: JobId,
        /// The file, and what it becomes.
        file: FileJob,
        /// The job whose encoder goes on.
        after: Option<JobId>,
    },
    /// Begin to convert a stream of frames. Answer: `StreamOpened` or `Failed`.
    OpenStream {
        /// The number of the new job.
        job: JobId,
        /// The codec of the frames.
        input: StreamCodec,
        /// What they become.
        target: TargetFormat,
    },
    /// Begin to encode a programme as several renditions. Answer: `LadderOpened` or `Failed`.
    OpenLadder {
        /// The number of the new job.
        job: JobId,
        /// The renditions.
        rungs: Vec<Rung>,
        /// Where on the timeline of the programme the first frame begins.
        start: AudioTime,
    },
    /// Begin to measure the loudness of a file. Answer: `Measured` or `Failed`.
    OpenMeasurement {
        /// The number of the new job.
        job: JobId,
        /// The file.
        #[serde(with = "path_bytes")]
        path: PathBuf,
    },
    /// Continue a file: about a second of frames, fewer at the end. Answer: `Frames` or `Failed`. The last
    /// frames stay in the encoder after `is_last`, until another job takes over the encoder, or `Finish`.
    Next {
        /// The job, which is a file.
        job: JobId,
    },
    /// Continue a measurement by some seconds of audio. Answer: `Measured` or `Failed`.
    Measure {
        /// The job, which is a measurement.
        job: JobId,
    },
    /// Convert these frames of a stream. Answer: `Frames` or `Failed`.
    Push {
        /// The job, which is a stream.
        job: JobId,
        /// Complete frames.
        frames: Vec<u8>,
        /// Points in them.
        marks: Vec<FrameMark>,
    },
    /// Encode these frames of a programme. Answer: `LadderFrames` or `Failed`.
    PushLadder {
        /// The job, which is a ladder.
        job: JobId,
        /// Complete frames of MP3 or AAC.
        frames: Vec<u8>,
    },
    /// Change the renditions of a programme, behind the frames so far. Answer: `LadderFrames` or `Failed`.
    SetRungs {
        /// The job, which is a ladder.
        job: JobId,
        /// All renditions.
        rungs: Vec<Rung>,
    },
    /// End a job with the frames that are left in its encoder. Answer: `Frames` or `Failed`.
    Finish {
        /// The job, which is a file or a stream.
        job: JobId,
    },
    /// End a job without further frames. Answer: `Closed`, also if there is no such job.
    Close {
        /// Any job.
        job: JobId,
    },
}

impl WorkerRequest {
    /// Returns the job that this message is about.
    pub const fn job(&self) -> JobId {
        match self {
            Self::Probe { job, .. }
            | Self::ReadCover { job, .. }
            | Self::OpenFile { job, .. }
            | Self::OpenStream { job, .. }
            | Self::OpenLadder { job, .. }
            | Self::OpenMeasurement { job, .. }
            | Self::Next { job }
            | Self::Measure { job }
            | Self::Push { job, .. }
            | Self::PushLadder { job, .. }
            | Self::SetRungs { job, .. }
            | Self::Finish { job }
            | Self::Close { job } => *job,
        }
    }

    /// Returns whether the job ends with any answer.
    pub const fn ends_job(&self) -> bool {
        use WorkerRequest::{Close, Finish, Probe, ReadCover};
        matches!(self, Probe { .. } | ReadCover { .. } | Finish { .. } | Close { .. })
    }
}

/// The codec of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamCodec {
    /// MPEG audio layer III.
    Mp3,
    /// AAC in ADTS frames.
    Aac,
}

impl From<Codec> for StreamCodec {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::Mp3 => Self::Mp3,
            Codec::Aac => Self::Aac,
        }
    }
}

impl From<StreamCodec> for Codec {
    fn from(codec: StreamCodec) -> Self {
        match codec {
            StreamCodec::Mp3 => Self::Mp3,
            StreamCodec::Aac => Self::Aac,
        }
    }
}

/// A message from the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum WorkerResponse {
    /// The first message, without a request.
    Hello {
        /// The [`VERSION`] of the worker.
        version: u32,
        /// Whether the program can encode MP3 (feature `lame`).
        has_encoder: bool,
    },
    /// What a file is.
    Probed {
        /// The job, which has ended.
        job: JobId,
        /// The audio and the tags.
        info: AudioFileInfo,
    },
    /// The cover of a file.
    Cover {
        /// The job, which has ended.
        job: JobId,
        /// The picture, as it is in the file.
        bytes: Vec<u8>,
    },
    /// A file is open.
    Opened {
        /// The job.
        job: JobId,
        /// The audio and the tags.
        info: AudioFileInfo,
    },
    /// A stream is open.
    StreamOpened {
        /// The job.
        job: JobId,
    },
    /// A ladder is open.
    LadderOpened {
        /// The job.
        job: JobId,
    },
    /// Frames; there may be none.
    Frames {
        /// The job.
        job: JobId,
        /// The frames.
        frames: EncodedFrames,
    },
    /// Frames of renditions; there may be none.
    LadderFrames {
        /// The job.
        job: JobId,
        /// The frames of each rendition that has some.
        rungs: Vec<RungFrames>,
    },
    /// The loudness so far.
    Measured {
        /// The job.
        job: JobId,
        /// The integrated loudness in LUFS; `None` for silence.
        lufs: Option<f32>,
        /// Whether the whole file was measured.
        is_complete: bool,
    },
    /// The job has ended, because it cannot be done.
    Failed {
        /// The job.
        job: JobId,
        /// Why.
        reason: LeftOut,
    },
    /// The job has ended as requested.
    Closed {
        /// The job.
        job: JobId,
    },
}

impl WorkerResponse {
    /// Returns the job that this message is about, or `None` for `Hello`.
    pub const fn job(&self) -> Option<JobId> {
        match self {
            Self::Hello { .. } => None,
            Self::Probed { job, .. }
            | Self::Cover { job, .. }
            | Self::Opened { job, .. }
            | Self::StreamOpened { job }
            | Self::LadderOpened { job }
            | Self::Frames { job, .. }
            | Self::LadderFrames { job, .. }
            | Self::Measured { job, .. }
            | Self::Failed { job, .. }
            | Self::Closed { job } => Some(*job),
        }
    }
}
