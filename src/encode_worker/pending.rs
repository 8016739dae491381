//! Requests that wait for their response.

use std::fmt;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::blame::FileIdentity;
use super::job_error::JobError;
use super::protocol::{JobId, WorkerRequest, WorkerResponse};
use super::status::EncoderStatus;
use crate::transcode::{EncodedFrames, TargetFormat};
use crate::worker::Outbox;

/// The response to a request.
pub type JobResult = Result<WorkerResponse, JobError>;

/// A station that uses encode workers.
#[derive(Debug)]
pub struct StationJobs {
    label: Mutex<String>,
    status: Mutex<EncoderStatus>,
}

impl StationJobs {
    /// Creates a station without jobs.
    pub fn new(label: &str) -> Self {
        Self { label: Mutex::new(label.to_owned()), status: Mutex::default() }
    }

    /// Returns its name in the log.
    pub fn label(&self) -> String {
        self.label.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives it another name in the log.
    pub fn set_label(&self, label: &str) {
        label.clone_into(&mut self.label.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Locks what is known about its jobs.
    pub fn status(&self) -> MutexGuard<'_, EncoderStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts MP3 frames that were encoded for the station.
    pub fn count(&self, frames: &EncodedFrames, format: TargetFormat) {
        // Layer III has two granules of 576 samples a frame in MPEG-1, and one in MPEG-2 and 2.5.
        let samples = if format.rate >= 32_000 { 1152 } else { 576 };
        let length = Duration::from_secs(u64::from(frames.count) * samples) / format.rate.max(1);
        let mut status = self.status();
        status.frames += u64::from(frames.count);
        status.encoded += length;
    }
}

/// An open job.
#[derive(Debug, Clone)]
pub struct JobHandle {
    /// The index of its worker.
    pub slot: usize,
    /// The number of the worker's process.
    pub generation: u64,
    /// The number of the job.
    pub job: JobId,
    /// Its file, if it has one.
    pub file: Option<Arc<FileIdentity>>,
    /// Its station.
    pub station: Arc<StationJobs>,
}

/// A request that waits for its response.
#[derive(Debug)]
pub struct PendingRequest {
    /// The job.
    pub handle: JobHandle,
    /// What the worker does for it, for the log: `encoding`.
    pub activity: &'static str,
    /// Where the response goes.
    pub reply: ReplyTo,
    /// Whether the job ends with any response.
    ends_job: bool,
    /// Another job that ends with any response.
    ends_other: Option<JobId>,
}

impl PendingRequest {
    /// Creates the note about a request.
    pub fn new(handle: JobHandle, request: &WorkerRequest, reply: ReplyTo) -> Self {
        let ends_other = match request {
            WorkerRequest::OpenFile { after, .. } => *after,
            _ => None,
        };
        Self { handle, activity: activity(request), reply, ends_job: request.ends_job(), ends_other }
    }

    /// Returns the jobs that end with this response.
    pub fn ended_jobs(&self, response: &WorkerResponse) -> impl Iterator<Item = JobId> {
        let is_over = self.ends_job || matches!(response, WorkerResponse::Failed { .. });
        is_over.then_some(self.handle.job).into_iter().chain(self.ends_other)
    }
}

/// Returns what a worker does for a request.
fn activity(request: &WorkerRequest) -> &'static str {
    match request {
        WorkerRequest::Probe { .. } | WorkerRequest::ReadCover { .. } => "reading",
        WorkerRequest::OpenMeasurement { .. } | WorkerRequest::Measure { .. } => "measuring",
        WorkerRequest::OpenStream { .. } | WorkerRequest::Push { .. } => "converting",
        WorkerRequest::OpenFile { .. }
        | WorkerRequest::OpenLadder { .. }
        | WorkerRequest::PushLadder { .. }
        | WorkerRequest::SetRungs { .. }
        | WorkerRequest::Next { .. }
        | WorkerRequest::Finish { .. }
        | WorkerRequest::Close { .. } => "encoding",
    }
}

/// Where a response goes.
pub enum ReplyTo {
    /// To a thread that waits.
    Caller(SyncSender<JobResult>),
    /// To the event loop.
    EventLoop(Arc<Mutex<Outbox<JobResult>>>),
    /// Nowhere.
    Discard,
}

impl ReplyTo {
    /// Delivers a response. Never blocks: both kinds of channel have room for the one response that can be
    /// outstanding.
    pub fn send(self, result: JobResult) {
        match self {
            Self::Caller(sender) => drop(sender.try_send(result)),
            Self::EventLoop(outbox) => {
                outbox.lock().unwrap_or_else(PoisonError::into_inner).send(result);
            }
            Self::Discard => {}
        }
    }
}

impl fmt::Debug for ReplyTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller(_) => "Caller",
            Self::EventLoop(_) => "EventLoop",
            Self::Discard => "Discard",
        })
    }
}
