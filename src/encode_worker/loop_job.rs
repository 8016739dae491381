//! A job of an encode worker that the event loop owns: one request at a time, and no call blocks.

use std::sync::{Arc, Mutex, PoisonError};

use super::job_error::JobError;
use super::pending::{JobHandle, JobResult, ReplyTo, StationJobs};
use super::pool_handle::PoolHandle;
use super::pool_state::PoolState;
use super::protocol::{JobId, WorkerRequest};
use crate::worker::{LoopWaker, Outbox, Results, result_channel};

/// A job for the event loop. Dropping it ends the job.
pub struct LoopJob {
    pool: PoolHandle,
    station: Arc<StationJobs>,
    outbox: Arc<Mutex<Outbox<JobResult>>>,
    results: Results<JobResult>,
    state: State,
}

/// Where the job is.
enum State {
    /// A request waits for its response.
    Waiting(JobHandle),
    /// The next request can be sent.
    Ready(JobHandle),
    /// The last response, frames or an error, is still to come, or was received.
    Ending,
}

impl LoopJob {
    /// Begins a job with the request that `make` returns. `alert` wakes the event loop when there is a
    /// response, also if this is an error of the pool.
    pub fn begin(
        pool: PoolHandle,
        station: Arc<StationJobs>,
        alert: LoopWaker,
        make: impl FnOnce(JobId) -> WorkerRequest,
    ) -> Self {
        // One request at a time has one response, so there is room for each.
        let (outbox, results) = result_channel(1, alert);
        let outbox = Arc::new(Mutex::new(outbox));
        let mut job = Self { pool, station, outbox, results, state: State::Ending };
        let station = job.station.clone();
        job.state = job.queue(|state, reply| state.begin(&station, None, None, make, reply));
        job
    }

    /// Returns the number of the job if a request can be sent.
    pub fn ready(&self) -> Option<JobId> {
        match &self.state {
            State::Ready(handle) => Some(handle.job),
            State::Waiting(_) | State::Ending => None,
        }
    }

    /// Sends a request. The job must be [ready](Self::ready).
    pub fn send(&mut self, request: WorkerRequest) {
        let State::Ready(handle) = std::mem::replace(&mut self.state, State::Ending) else { return };
        let ends_job = request.ends_job();
        let waiting = self.queue(|state, reply| {
            state.continue_job(&handle, request, reply)?;
            Ok(handle)
        });
        if !ends_job {
            self.state = waiting;
        }
    }

    /// Returns the response to the last request, if it is there. The job ends with an error.
    pub fn poll(&mut self) -> Option<JobResult> {
        let result = self.results.poll()?;
        match (std::mem::replace(&mut self.state, State::Ending), &result) {
            (State::Waiting(handle), Ok(_)) => self.state = State::Ready(handle),
            (_, Err(error)) => self.station.status().last_error = Some(error.to_string()),
            _ => {}
        }
        Some(result)
    }

    /// Returns the station of the job.
    pub fn station(&self) -> &StationJobs {
        &self.station
    }

    /// Queues a request. If that fails, the error comes as the response, so that the event loop is woken.
    fn queue(&self, queue: impl FnOnce(&mut PoolState, ReplyTo) -> Result<JobHandle, JobError>) -> State {
        let queued = self.pool.queue(|state| queue(state, ReplyTo::EventLoop(self.outbox.clone())));
        match queued {
            Ok(handle) => State::Waiting(handle),
            Err(error) => {
                self.outbox.lock().unwrap_or_else(PoisonError::into_inner).send(Err(error));
                State::Ending
            }
        }
    }
}

impl Drop for LoopJob {
    fn drop(&mut self) {
        if let State::Waiting(handle) | State::Ready(handle) = &self.state {
            self.pool.close(handle);
        }
    }
}
