//! A stream of frames that an encode worker converts, for the event loop.

use std::sync::{Arc, Mutex, PoisonError};

use super::job_error::JobError;
use super::pending::{JobHandle, JobResult, ReplyTo, StationJobs};
use super::pool_handle::PoolHandle;
use super::pool_state::PoolState;
use super::protocol::{StreamCodec, WorkerRequest, WorkerResponse};
use crate::audio::Codec;
use crate::transcode::{EncodedFrames, FrameMark, TargetFormat};
use crate::worker::{LoopWaker, Outbox, Results, result_channel};

/// The most bytes of input that wait while the worker answers: 8 s at 256 kbit/s.
const QUEUE_MAX: usize = 256 << 10;

/// A stream that an encode worker converts. No call blocks. Dropping it ends the job.
pub struct StreamJob {
    pool: PoolHandle,
    station: Arc<StationJobs>,
    target: TargetFormat,
    outbox: Arc<Mutex<Outbox<JobResult>>>,
    results: Results<JobResult>,
    state: StreamState,
    /// The frames that wait for the next request.
    frames: Vec<u8>,
    frame_count: u32,
    marks: Vec<FrameMark>,
    is_finishing: bool,
}

/// Where the job is.
enum StreamState {
    /// A request waits for its response.
    Waiting(JobHandle),
    /// The next request can be sent.
    Ready(JobHandle),
    /// The last response, frames or an error, is still to come, or was received.
    Ending,
}

impl StreamJob {
    /// Begins a job.
    pub(super) fn open(
        pool: PoolHandle,
        station: Arc<StationJobs>,
        input: Codec,
        target: TargetFormat,
        alert: LoopWaker,
    ) -> Self {
        // One request at a time has one response, so there is room for each.
        let (outbox, results) = result_channel(1, alert);
        let outbox = Arc::new(Mutex::new(outbox));
        let (frames, frame_count, marks, state) = (Vec::new(), 0, Vec::new(), StreamState::Ending);
        let is_finishing = false;
        let mut job =
            Self { pool, station, target, outbox, results, state, frames, frame_count, marks, is_finishing };
        let input = StreamCodec::from(input);
        let station = job.station.clone();
        job.state = job.send(|state, reply| {
            let make = |job| WorkerRequest::OpenStream { job, input, target };
            state.begin(&station, None, None, make, reply)
        });
        job
    }

    /// Returns whether so much input waits that the next frame would be dropped.
    pub fn is_full(&self) -> bool {
        self.frames.len() >= QUEUE_MAX
    }

    /// Queues a frame, with a mark at its beginning. If the queue is [full](Self::is_full), the frame is
    /// dropped, and its mark is that of the next frame.
    pub fn push(&mut self, frame: &[u8], mark: Option<u32>) {
        self.marks.extend(mark.map(|token| FrameMark { frame: self.frame_count, token }));
        if !self.is_full() {
            self.frames.extend_from_slice(frame);
            self.frame_count += 1;
        }
        self.send_queued();
    }

    /// Ends the stream: after the queued frames come those that are left in the encoder, which are the last.
    pub fn finish(&mut self) {
        self.is_finishing = true;
        self.send_queued();
    }

    /// Returns the next frames, or the error that has ended the job, if there is either.
    pub fn try_recv(&mut self) -> Option<Result<EncodedFrames, JobError>> {
        while let Some(result) = self.results.poll() {
            let received = self.receive(result);
            self.send_queued();
            if received.is_some() {
                return received;
            }
        }
        None
    }

    /// Takes a response.
    fn receive(&mut self, result: JobResult) -> Option<Result<EncodedFrames, JobError>> {
        match (std::mem::replace(&mut self.state, StreamState::Ending), &result) {
            (StreamState::Waiting(handle), Ok(_)) => self.state = StreamState::Ready(handle),
            (_, Err(error)) => self.station.status().last_error = Some(error.to_string()),
            _ => {}
        }
        match result {
            Ok(WorkerResponse::Frames { frames, .. }) => {
                self.station.count(&frames, self.target);
                Some(Ok(frames))
            }
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// Sends what is queued, if the previous request was answered.
    fn send_queued(&mut self) {
        let StreamState::Ready(handle) = &self.state else { return };
        let (handle, job) = (handle.clone(), handle.job);
        if self.frame_count > 0 {
            let (frames, marks) = (std::mem::take(&mut self.frames), std::mem::take(&mut self.marks));
            self.frame_count = 0;
            self.state = self.continue_job(handle, WorkerRequest::Push { job, frames, marks });
        } else if self.is_finishing {
            self.continue_job(handle, WorkerRequest::Finish { job });
            self.state = StreamState::Ending;
        }
    }

    fn continue_job(&self, handle: JobHandle, request: WorkerRequest) -> StreamState {
        self.send(|state, reply| {
            state.continue_job(&handle, request, reply)?;
            Ok(handle)
        })
    }

    /// Queues a request. If that fails, the error comes as the response, so that the event loop is woken.
    fn send(
        &self,
        queue: impl FnOnce(&mut PoolState, ReplyTo) -> Result<JobHandle, JobError>,
    ) -> StreamState {
        let queued = self.pool.queue(|state| queue(state, ReplyTo::EventLoop(self.outbox.clone())));
        match queued {
            Ok(handle) => StreamState::Waiting(handle),
            Err(error) => {
                let outbox = self.outbox.lock().unwrap_or_else(PoisonError::into_inner);
                outbox.send(Err(error));
                StreamState::Ending
            }
        }
    }
}

impl Drop for StreamJob {
    fn drop(&mut self) {
        if let StreamState::Waiting(handle) | StreamState::Ready(handle) = &self.state {
            self.pool.close(handle);
        }
    }
}
