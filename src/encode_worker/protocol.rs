//! The messages between the server and an encode worker.
//!
//! A message is a length of four bytes (little-endian) and that many bytes of postcard. The server sends a
//! [`WorkerRequest`]; the worker answers requests in order, each with exactly one [`WorkerResponse`]. The worker
//! begins with [`WorkerResponse::Hello`]. One worker serves many jobs, which the server numbers. A job produces
//! frames only when the server asks for them, so neither side has to queue them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::audio::Codec;
use crate::transcode::{AudioFileInfo, EncodedFrames, FileJob, FrameMark, LeftOut, TargetFormat};

/// The version of the protocol. A worker of another version is not used.
pub const VERSION: u32 = 1;

/// Maximum length of a message in bytes. The longest contain a picture.
pub const MESSAGE_MAX: usize = 16 << 20;

/// The number of a job, unique within a worker process.
pub type JobId = u32;

/// A message from the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum WorkerRequest {
    /// Describe a file. Answer: `Probed` or `Failed`.
    Probe { job: JobId, path: PathBuf },
    /// Return the cover of a file. Answer: `Cover` or `Failed`.
    ReadCover { job: JobId, path: PathBuf },
    /// Begin to convert a file. Answer: `Opened` or `Failed`. If `after` is a job whose file has ended and which
    /// has the same output format, its encoder goes on with this file, so that there is no gap, and that job ends;
    /// its last frames come with those of this job, in which a mark with the number of this job as its token says
    /// where the file begins.
    OpenFile { job: JobId, file: FileJob, after: Option<JobId> },
    /// Begin to convert a stream of frames. Answer: `StreamOpened` or `Failed`.
    OpenStream { job: JobId, input: StreamCodec, target: TargetFormat },
    /// Begin to measure the loudness of a file. Answer: `Measured` or `Failed`.
    OpenMeasurement { job: JobId, path: PathBuf },
    /// Continue a file: about a second of frames, fewer at the end. Answer: `Frames` or `Failed`. The last frames
    /// stay in the encoder after `is_last`, until another job takes over the encoder, or `Finish`.
    Next { job: JobId },
    /// Continue a measurement by some seconds of audio. Answer: `Measured` or `Failed`.
    Measure { job: JobId },
    /// Convert these frames of a stream. Answer: `Frames` or `Failed`.
    Push { job: JobId, frames: Vec<u8>, marks: Vec<FrameMark> },
    /// End a job with the frames that are left in its encoder. Answer: `Frames` or `Failed`.
    Finish { job: JobId },
    /// End a job without further frames. Answer: `Closed`.
    Close { job: JobId },
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

/// A message from the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum WorkerResponse {
    /// The first message, without a request.
    Hello { version: u32, has_encoder: bool },
    /// What a file is.
    Probed { job: JobId, info: AudioFileInfo },
    /// The cover of a file.
    Cover { job: JobId, bytes: Vec<u8> },
    /// A file is open.
    Opened { job: JobId, info: AudioFileInfo },
    /// A stream is open.
    StreamOpened { job: JobId },
    /// Frames; there may be none.
    Frames { job: JobId, frames: EncodedFrames },
    /// The loudness so far: `None` for silence. `is_complete` says whether the whole file was measured.
    Measured { job: JobId, lufs: Option<f32>, is_complete: bool },
    /// The job has ended, because it cannot be done.
    Failed { job: JobId, reason: LeftOut },
    /// The job has ended as requested.
    Closed { job: JobId },
}
