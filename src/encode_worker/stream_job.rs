//! A stream of frames that an encode worker converts, for the event loop.

use std::sync::{Arc, Mutex};

use super::job_error::JobError;
use super::pending::{JobHandle, JobResult, ReplyTo, StationJobs};
use super::protocol::{StreamCodec, WorkerRequest, WorkerResponse};
use super::supervisor::PoolHandle;
use crate::audio::Codec;
use crate::transcode::{EncodedFrames, FrameMark, TargetFormat};
use crate::worker::{LoopWaker, Outbox, Results, result_channel};

/// The most bytes of input that wait while the worker answers: 8 s at 256 kbit/s.
const QUEUE_MAX: usize = 256 << 10;

/// A stream that an encode worker converts. No call blocks. Dropping it ends the job.
pub struct StreamJob {
    pool: Arc<PoolHandle>,
    station: Arc<StationJobs>,
    target: TargetFormat,
    outbox: Arc<Mutex<Outbox<JobResult>>>,
    results: Results<JobResult>,
    state: StreamState,
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
    /// The last request waits for its response.
    Finishing(JobHandle),
    /// The job failed, and the error was not yet returned.
    Failed(JobError),
    /// There is nothing more to come.
    Ended,
}

impl StreamJob {
    /// Begins a job.
    pub(super) fn open(
        pool: Arc<PoolHandle>,
        station: Arc<StationJobs>,
        input: Codec,
        target: TargetFormat,
        alert: LoopWaker,
    ) -> Self {
        // One request at a time has one response.
        let (outbox, results) = result_channel(1, alert);
        let outbox = Arc::new(Mutex::new(outbox));
        let make = |job| WorkerRequest::OpenStream { job, input: StreamCodec::from(input), target };
        let supervisor = pool.supervisor();
        let begun = supervisor.state().begin(&station, None, None, make, ReplyTo::EventLoop(outbox.clone()));
        let state = match begun {
            Ok(handle) => {
                supervisor.wake(handle.slot);
                StreamState::Waiting(handle)
            }
            Err(error) => StreamState::Failed(error),
        };
        let (frames, marks) = Default::default();
        let (frame_count, is_finishing) = Default::default();
        Self { pool, station, target, outbox, results, state, frames, frame_count, marks, is_finishing }
    }

    /// Returns whether so much input waits that the next frame would be dropped.
    pub fn is_full(&self) -> bool {
        self.frames.len() >= QUEUE_MAX
    }

    /// Queues a frame, with a mark at its beginning. If the queue is [full](Self::is_full), the frame is dropped,
    /// and its mark is that of the next frame.
    pub fn push(&mut self, frame: &[u8], mark: Option<u32>) {
        self.marks.extend(mark.map(|token| FrameMark { frame: self.frame_count, token }));
        if !self.is_full() {
            self.frames.extend_from_slice(frame);
            self.frame_count += 1;
        }
        self.send_queued();
    }

    /// Ends the stream: after the queued frames come those that are left in the encoder, the last ones.
    pub fn finish(&mut self) {
        self.is_finishing = true;
        self.send_queued();
    }

    /// Returns the next frames, or the error that has ended the job, if there is either.
    pub fn try_recv(&mut self) -> Option<Result<EncodedFrames, JobError>> {
        while let Some(result) = self.results.poll() {
            let received = self.on_result(result);
            self.send_queued();
            if received.is_some() {
                return received;
            }
        }
        match std::mem::replace(&mut self.state, StreamState::Ended) {
            StreamState::Failed(error) => {
                self.station.status().last_error = Some(error.to_string());
                Some(Err(error))
            }
            state => {
                self.state = state;
                None
            }
        }
    }

    fn on_result(&mut self, result: JobResult) -> Option<Result<EncodedFrames, JobError>> {
        self.state = match (std::mem::replace(&mut self.state, StreamState::Ended), &result) {
            (StreamState::Waiting(handle), Ok(_)) => StreamState::Ready(handle),
            (_, Err(error)) => StreamState::Failed(error.clone()),
            _ => StreamState::Ended,
        };
        match result {
            Ok(WorkerResponse::Frames { frames, .. }) => {
                self.station.count(&frames, self.target);
                Some(Ok(frames))
            }
            _ => None,
        }
    }

    /// Sends what is queued, if the previous request was answered.
    fn send_queued(&mut self) {
        let StreamState::Ready(handle) = &self.state else { return };
        let handle = handle.clone();
        let job = handle.job;
        if self.frame_count > 0 {
            let (frames, marks) = (std::mem::take(&mut self.frames), std::mem::take(&mut self.marks));
            self.frame_count = 0;
            self.send(
                &handle,
                WorkerRequest::Push { job, frames, marks },
                StreamState::Waiting(handle.clone()),
            );
        } else if self.is_finishing {
            self.send(&handle, WorkerRequest::Finish { job }, StreamState::Finishing(handle.clone()));
        }
    }

    fn send(&mut self, handle: &JobHandle, request: WorkerRequest, sent: StreamState) {
        let supervisor = self.pool.supervisor();
        let reply = ReplyTo::EventLoop(self.outbox.clone());
        let queued = supervisor.state().continue_job(handle, request, reply);
        self.state = match queued {
            Ok(()) => {
                supervisor.wake(handle.slot);
                sent
            }
            Err(error) => StreamState::Failed(error),
        };
    }
}

impl Drop for StreamJob {
    fn drop(&mut self) {
        if let StreamState::Waiting(handle) | StreamState::Ready(handle) = &self.state {
            self.pool.close(handle);
        }
    }
}
