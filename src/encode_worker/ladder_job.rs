//! A programme that an encode worker encodes as several renditions, for the event loop.

use std::sync::Arc;

use super::job_error::JobError;
use super::loop_job::LoopJob;
use super::pending::StationJobs;
use super::pool_handle::PoolHandle;
use super::protocol::{JobId, WorkerRequest, WorkerResponse};
use crate::time::AudioTime;
use crate::transcode::{Rung, RungFrames};
use crate::worker::LoopWaker;

/// A programme that an encode worker encodes. No call blocks. Dropping it ends the job.
pub struct LadderJob {
    job: LoopJob,
    rungs: Vec<Rung>,
    /// The request that waits until the worker has opened the job.
    queued: Option<LadderRequest>,
    /// Whether a request was not answered yet, apart from the one that opens the job.
    is_busy: bool,
}

/// A request about an open job.
enum LadderRequest {
    Push(Vec<u8>),
    SetRungs(Vec<Rung>),
}

impl LadderRequest {
    fn with_job(self, job: JobId) -> WorkerRequest {
        match self {
            Self::Push(frames) => WorkerRequest::PushLadder { job, frames },
            Self::SetRungs(rungs) => WorkerRequest::SetRungs { job, rungs },
        }
    }
}

impl LadderJob {
    /// Begins a job.
    pub(super) fn open(
        pool: PoolHandle,
        station: Arc<StationJobs>,
        rungs: Vec<Rung>,
        start: AudioTime,
        alert: LoopWaker,
    ) -> Self {
        let open = |job| WorkerRequest::OpenLadder { job, rungs: rungs.clone(), start };
        let job = LoopJob::begin(pool, station, alert, open);
        Self { job, rungs, queued: None, is_busy: false }
    }

    /// Returns whether a request waits for its response. Until then, no other request may follow.
    pub fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Encodes complete frames of MP3 or AAC: the first slice, and the second, which continues it.
    pub fn push(&mut self, frames: (&[u8], &[u8])) {
        self.request(LadderRequest::Push([frames.0, frames.1].concat()));
    }

    /// Changes the rungs, behind the frames that were pushed so far.
    pub fn set_rungs(&mut self, rungs: &[Rung]) {
        self.rungs = rungs.to_vec();
        self.request(LadderRequest::SetRungs(self.rungs.clone()));
    }

    /// Returns the frames of all rungs that are ready, if a request was answered, or the error that has ended
    /// the job.
    pub fn try_recv(&mut self) -> Option<Result<Vec<RungFrames>, JobError>> {
        while let Some(result) = self.job.poll() {
            match result {
                Ok(WorkerResponse::LadderFrames { rungs, .. }) => {
                    self.is_busy = false;
                    rungs.iter().for_each(|frames| self.count(frames));
                    return Some(Ok(rungs));
                }
                Ok(_) => self.send_queued(),
                Err(error) => {
                    self.is_busy = false;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    /// Sends a request, or keeps it until the job is open.
    fn request(&mut self, request: LadderRequest) {
        debug_assert!(!self.is_busy, "one request at a time");
        self.queued = Some(request);
        self.is_busy = true;
        self.send_queued();
    }

    fn send_queued(&mut self) {
        let Some(job) = self.job.ready() else { return };
        if let Some(request) = self.queued.take() {
            self.job.send(request.with_job(job));
        }
    }

    fn count(&self, frames: &RungFrames) {
        let rung = self.rungs.iter().find(|rung| rung.id == frames.id);
        rung.inspect(|rung| self.job.station().count(&frames.frames, rung.format));
    }
}
