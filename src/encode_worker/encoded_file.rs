//! A file that an encode worker converts.

use std::time::Duration;

use super::job_error::JobError;
use super::pending::JobHandle;
use super::pool_handle::{PoolHandle, unexpected};
use super::protocol::{WorkerRequest, WorkerResponse};
use crate::transcode::{EncodedFrames, FileJob, FileOutput};

/// A file that an encode worker converts. Dropping it ends the job.
pub struct EncodedFile {
    pool: PoolHandle,
    handle: JobHandle,
    output: FileOutput,
    /// Whether the job has ended, or goes on in another.
    is_over: bool,
}

impl EncodedFile {
    /// Creates the handle of a file that is open.
    pub(super) fn new(pool: PoolHandle, handle: JobHandle, file: &FileJob) -> Self {
        Self { pool, handle, output: file.output, is_over: false }
    }

    /// Returns the token of the mark at the first frame of this file.
    pub fn job_token(&self) -> u32 {
        self.handle.job
    }

    /// Returns the next frames, about a second. Waits for them.
    ///
    /// # Errors
    /// If the worker died or did not answer. The file can go on in another job that skips the frames so far.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would end; this returns no frames after the end"
    )]
    pub fn next(&mut self) -> Result<EncodedFrames, JobError> {
        self.request(WorkerRequest::Next { job: self.handle.job })
    }

    /// Returns the last frames, which are still in the encoder.
    ///
    /// # Errors
    /// Like [`next`](Self::next).
    pub fn finish(mut self) -> Result<EncodedFrames, JobError> {
        let finished = self.request(WorkerRequest::Finish { job: self.handle.job });
        self.is_over = true;
        finished
    }

    fn request(&mut self, request: WorkerRequest) -> Result<EncodedFrames, JobError> {
        let answered = self.pool.continue_job(&self.handle, request, Duration::MAX);
        // The job ends with any error.
        self.is_over |= answered.is_err();
        let WorkerResponse::Frames { frames, .. } = answered? else { return Err(unexpected()) };
        if let FileOutput::Mp3 { format, .. } = self.output {
            self.handle.station.count(&frames, format);
        }
        Ok(frames)
    }

    /// Returns the job whose encoder goes on with another file, if its process still runs. If there are more
    /// processes than there may be, this one gets no further file, so that it can end.
    pub(super) fn hand_over(mut self) -> Option<JobHandle> {
        let can_go_on = !self.is_over && self.pool.supervisor().state().may_continue(&self.handle);
        if !can_go_on {
            return None; // Dropping it closes the job.
        }
        self.is_over = true;
        Some(self.handle.clone())
    }
}

impl Drop for EncodedFile {
    fn drop(&mut self) {
        if !self.is_over {
            self.pool.close(&self.handle);
        }
    }
}
