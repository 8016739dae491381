//! A file that an encode worker converts.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::job_error::JobError;
use super::pending::{JobHandle, JobResult, ReplyTo};
use super::protocol::{WorkerRequest, WorkerResponse};
use super::supervisor::PoolHandle;
use crate::transcode::{EncodedFrames, FileJob, FileOutput};

/// The longest wait for a response, in which the worker also answers the requests of other stations.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// Waits for the response to a request that `send` queues.
///
/// # Errors
/// If `send` fails, or the response is an error or does not come in time.
pub fn wait_for_response<T>(
    send: impl FnOnce(ReplyTo) -> Result<T, JobError>,
) -> Result<(T, WorkerResponse), JobError> {
    let (reply, response) = sync_channel::<JobResult>(1);
    let sent = send(ReplyTo::Caller(reply))?;
    match response.recv_timeout(RESPONSE_TIMEOUT) {
        Ok(result) => result.map(|response| (sent, response)),
        Err(RecvTimeoutError::Timeout) => Err(JobError::TimedOut),
        Err(RecvTimeoutError::Disconnected) => Err(JobError::bystander("the request was lost")),
    }
}

/// A file that an encode worker converts. Dropping it ends the job.
pub struct EncodedFile {
    pool: Arc<PoolHandle>,
    handle: JobHandle,
    output: FileOutput,
    /// Whether the job has ended or goes on in another.
    is_over: bool,
}

impl EncodedFile {
    /// Creates the handle of a file that is open.
    pub(super) fn new(pool: Arc<PoolHandle>, handle: JobHandle, file: &FileJob) -> Self {
        Self { pool, handle, output: file.output, is_over: false }
    }

    /// Returns the token of the mark at the first frame of this file.
    pub fn job_token(&self) -> u32 {
        self.handle.job
    }

    /// Returns the next frames, about a second. Waits for them.
    ///
    /// # Errors
    /// If the worker died or did not answer. The file then goes on in another job that skips the frames so far.
    pub fn next(&mut self) -> Result<EncodedFrames, JobError> {
        self.request(WorkerRequest::Next { job: self.handle.job })
    }

    /// Returns the last frames, which are still in the encoder.
    ///
    /// # Errors
    /// Like [`next`](Self::next).
    pub fn finish(mut self) -> Result<EncodedFrames, JobError> {
        self.is_over = true;
        self.request(WorkerRequest::Finish { job: self.handle.job })
    }

    fn request(&mut self, request: WorkerRequest) -> Result<EncodedFrames, JobError> {
        let supervisor = self.pool.supervisor();
        let answered = wait_for_response(|reply| {
            supervisor.state().continue_job(&self.handle, request, reply)?;
            supervisor.wake(self.handle.slot);
            Ok(())
        });
        match answered {
            Ok(((), WorkerResponse::Frames { frames, .. })) => {
                if let FileOutput::Mp3 { format, .. } = self.output {
                    self.handle.station.count(&frames, format);
                }
                Ok(frames)
            }
            Ok(_) => Err(JobError::bystander("it answered something else")),
            Err(error) => {
                self.handle.station.status().last_error = Some(error.to_string());
                Err(error)
            }
        }
    }

    /// Returns the job whose encoder another file takes over, if it is still there.
    pub(super) fn hand_over(mut self) -> Option<JobHandle> {
        let is_current = self.pool.supervisor().state().is_current(&self.handle);
        self.is_over |= is_current;
        is_current.then(|| self.handle.clone())
    }
}

impl Drop for EncodedFile {
    fn drop(&mut self) {
        if !self.is_over {
            self.pool.close(&self.handle);
        }
    }
}
