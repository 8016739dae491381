//! A stream of frames that an encode worker converts, for the event loop.

use std::sync::Arc;

use super::job_error::JobError;
use super::loop_job::LoopJob;
use super::pending::StationJobs;
use super::pool_handle::PoolHandle;
use super::protocol::{StreamCodec, WorkerRequest, WorkerResponse};
use crate::audio::Codec;
use crate::transcode::{EncodedFrames, FrameMark, TargetFormat};
use crate::worker::LoopWaker;

/// The most bytes of input that wait while the worker answers: 8 s at 256 kbit/s.
const QUEUE_MAX: usize = 256 << 10;

/// A stream that an encode worker converts. No call blocks. Dropping it ends the job.
pub struct StreamJob {
    job: LoopJob,
    target: TargetFormat,
    /// The frames that wait for the next request.
    frames: Vec<u8>,
    frame_count: u32,
    marks: Vec<FrameMark>,
    is_finishing: bool,
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
        let input = StreamCodec::from(input);
        let open = |job| WorkerRequest::OpenStream { job, input, target };
        let job = LoopJob::begin(pool, station, alert, open);
        Self { job, target, frames: Vec::new(), frame_count: 0, marks: Vec::new(), is_finishing: false }
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
        while let Some(result) = self.job.poll() {
            self.send_queued();
            match result {
                Ok(WorkerResponse::Frames { frames, .. }) => {
                    self.job.station().count(&frames, self.target);
                    return Some(Ok(frames));
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }

    /// Sends what is queued, if the previous request was answered.
    fn send_queued(&mut self) {
        let Some(job) = self.job.ready() else { return };
        if self.frame_count > 0 {
            let (frames, marks) = (std::mem::take(&mut self.frames), std::mem::take(&mut self.marks));
            self.frame_count = 0;
            self.job.send(WorkerRequest::Push { job, frames, marks });
        } else if self.is_finishing {
            self.job.send(WorkerRequest::Finish { job });
        }
    }
}
