//! Why a job of an encode worker failed.

use std::fmt;

use crate::transcode::LeftOut;

/// Why a job of an encode worker failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// The file or stream cannot be converted.
    LeftOut(LeftOut),
    /// The worker died.
    Died {
        /// How often this file has killed a worker. 0: the death was not its fault, and the job can be tried
        /// again. From 2 on, the file is refused without a worker, until its size or time of modification
        /// changes.
        times: u32,
        /// How it died: `signal 6 (SIGABRT)`.
        signal: String,
    },
    /// There was no answer in time, for example because the worker was busy with others.
    TimedOut,
    /// There is no worker, for this reason: it cannot be started, or it died too often and waits.
    Unavailable(String),
}

impl JobError {
    /// Returns whether the reason remains until the file changes.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::LeftOut(_) | Self::Died { times: 2.., .. })
    }

    /// Returns whether the job failed because of its file, so that jobs with other files may succeed.
    pub fn is_about_file(&self) -> bool {
        matches!(self, Self::LeftOut(_) | Self::Died { times: 1.., .. })
    }

    /// Returns the error of a job whose worker died without the fault of the job.
    pub(super) fn bystander(signal: &str) -> Self {
        Self::Died { times: 0, signal: signal.to_owned() }
    }
}

/// The end of the sentence `skipping FILE: …`.
impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeftOut(reason) => reason.fmt(f),
            Self::Died { times: 0, signal } => write!(f, "the encode worker died: {signal}"),
            Self::Died { times: 1, signal } => write!(f, "it killed the encode worker: {signal}"),
            Self::Died { times, signal } => write!(f, "it killed the encode worker {times} times: {signal}"),
            Self::TimedOut => f.write_str("the encode worker did not answer in time"),
            Self::Unavailable(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for JobError {}

impl From<LeftOut> for JobError {
    fn from(reason: LeftOut) -> Self {
        Self::LeftOut(reason)
    }
}
