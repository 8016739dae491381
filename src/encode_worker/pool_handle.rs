//! Handles of the pool, with which jobs send requests and wait for responses.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::blame::FileIdentity;
use super::job_error::JobError;
use super::pending::{JobHandle, ReplyTo, StationJobs};
use super::pool_state::PoolState;
use super::protocol::{JobId, WorkerRequest, WorkerResponse};
use super::supervisor::Supervisor;

/// The longest wait for a response. Meanwhile the worker may also answer requests of other stations; one that
/// answers none is killed much earlier.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// A handle of the pool. When the last clone is dropped, all processes end.
#[derive(Clone)]
pub struct PoolHandle {
    shared: Arc<EndsPool>,
}

/// Ends the pool when it is dropped.
struct EndsPool(Arc<Supervisor>);

impl Drop for EndsPool {
    fn drop(&mut self) {
        self.0.shut_down();
    }
}

impl PoolHandle {
    /// Creates the first handle of a pool.
    pub fn new(supervisor: Arc<Supervisor>) -> Self {
        Self { shared: Arc::new(EndsPool(supervisor)) }
    }

    /// Returns the pool.
    pub fn supervisor(&self) -> &Arc<Supervisor> {
        &self.shared.0
    }

    /// Begins a job with a file, and waits for the response.
    ///
    /// # Errors
    /// If there is no worker for it, or the response is an error or does not come in time.
    pub fn begin(
        &self,
        station: &Arc<StationJobs>,
        file: FileIdentity,
        after: Option<&JobHandle>,
        make: impl FnOnce(JobId) -> WorkerRequest,
    ) -> Result<(JobHandle, WorkerResponse), JobError> {
        let file = Some(Arc::new(file));
        self.call(station, RESPONSE_TIMEOUT, |state, reply| state.begin(station, file, after, make, reply))
    }

    /// Sends a request about a job, and waits for the response.
    ///
    /// # Errors
    /// If the job's process has ended, or the response is an error or does not come in time.
    pub fn continue_job(
        &self,
        handle: &JobHandle,
        request: WorkerRequest,
        limit: Duration,
    ) -> Result<WorkerResponse, JobError> {
        let limit = limit.min(RESPONSE_TIMEOUT);
        let answered = self.call(&handle.station, limit, |state, reply| {
            state.continue_job(handle, request, reply)?;
            Ok(handle.clone())
        });
        answered.map(|(_, response)| response)
    }

    /// Queues a request, and waits for the response. A job without a response in time ends.
    fn call(
        &self,
        station: &StationJobs,
        limit: Duration,
        queue: impl FnOnce(&mut PoolState, ReplyTo) -> Result<JobHandle, JobError>,
    ) -> Result<(JobHandle, WorkerResponse), JobError> {
        let (reply, response) = sync_channel(1);
        let answered = self.queue(|state| queue(state, ReplyTo::Caller(reply))).and_then(|handle| {
            let result = response.recv_timeout(limit).unwrap_or_else(|error| Err(lost(error)));
            if result == Err(JobError::TimedOut) {
                self.close(&handle);
            }
            Ok((handle, result?))
        });
        // A file that cannot be converted is no error of the encoder. It is listed among the left-out files.
        answered.inspect_err(|error| {
            if !matches!(error, JobError::LeftOut(_)) {
                station.status().last_error = Some(error.to_string());
            }
        })
    }

    /// Queues a request, and wakes the thread that writes it. Never blocks.
    ///
    /// # Errors
    /// If `queue` fails.
    pub fn queue(
        &self,
        queue: impl FnOnce(&mut PoolState) -> Result<JobHandle, JobError>,
    ) -> Result<JobHandle, JobError> {
        let supervisor = self.supervisor();
        let handle = queue(&mut supervisor.state())?;
        supervisor.wake(handle.slot);
        Ok(handle)
    }

    /// Ends a job whose owner has dropped it. Never blocks.
    pub fn close(&self, handle: &JobHandle) {
        let request = WorkerRequest::Close { job: handle.job };
        // An error means that the job has ended with its process.
        let _ = self.queue(|state| {
            state.continue_job(handle, request, ReplyTo::Discard)?;
            Ok(handle.clone())
        });
    }
}

/// Returns the error of a request without a response.
fn lost(error: RecvTimeoutError) -> JobError {
    match error {
        RecvTimeoutError::Timeout => JobError::TimedOut,
        RecvTimeoutError::Disconnected => JobError::bystander("the request was lost"),
    }
}

/// Returns the error for a response of the wrong kind.
pub fn unexpected() -> JobError {
    JobError::bystander("it answered another request")
}
