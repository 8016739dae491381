//! Converts the frames of live sources and upstreams in encode workers.

use std::fmt;

use crate::audio::Codec;
use crate::encode_worker::{JobError, StationEncoders, StreamJob};
use crate::station::{ConverterError, FrameConverter, FrameConverters, StationKey};
use crate::transcode::{EncodedFrames, TargetFormat};
use crate::worker::{LoopWaker, ReadyQueue};

/// The converters of all stations.
pub struct WorkerConverters {
    encoders: StationEncoders,
    /// The stations with results that were not polled yet.
    ready: ReadyQueue<StationKey>,
}

impl WorkerConverters {
    /// Creates the converters. `waker` wakes the event loop when one of them has a result.
    pub fn new(encoders: StationEncoders, waker: LoopWaker) -> Self {
        Self { encoders, ready: ReadyQueue::new(waker) }
    }
}

impl fmt::Debug for WorkerConverters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerConverters").finish_non_exhaustive()
    }
}

impl FrameConverters for WorkerConverters {
    fn start(
        &mut self,
        station: StationKey,
        mount: &str,
        input: Codec,
        output: TargetFormat,
    ) -> Box<dyn FrameConverter> {
        let encoder = self.encoders.get(mount);
        Box::new(WorkerConverter { job: encoder.open_stream(input, output, self.ready.waker(station)) })
    }

    fn next_ready(&mut self) -> Option<StationKey> {
        self.ready.next()
    }
}

/// The conversion of one source. The pool kills a worker that does not respond in time.
struct WorkerConverter {
    job: StreamJob,
}

impl fmt::Debug for WorkerConverter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerConverter").finish_non_exhaustive()
    }
}

impl FrameConverter for WorkerConverter {
    fn push(&mut self, frame: &[u8], token: u32) {
        self.job.push(frame, Some(token));
    }

    fn is_full(&self) -> bool {
        self.job.is_full()
    }

    fn finish(&mut self) {
        self.job.finish();
    }

    fn poll(&mut self) -> Option<Result<EncodedFrames, ConverterError>> {
        Some(self.job.try_recv()?.map_err(converter_error))
    }
}

fn converter_error(error: JobError) -> ConverterError {
    match error {
        JobError::Died { .. } | JobError::TimedOut => ConverterError::Died(error.to_string()),
        JobError::LeftOut(_) | JobError::Unavailable(_) => ConverterError::Unavailable(error.to_string()),
    }
}
