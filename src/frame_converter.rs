//! Converts the frames of live sources and upstreams in encode workers.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::audio::Codec;
use crate::encode_worker::{EncodePool, JobError, StationEncoder, StreamJob};
use crate::station::{ConverterError, FrameConverter, FrameConverters, StationKey};
use crate::transcode::{EncodedFrames, TargetFormat};
use crate::worker::LoopWaker;

/// The converters of all stations.
pub struct WorkerConverters {
    pool: EncodePool,
    /// The access of each station to the encode workers, by its mount.
    encoders: Rc<HashMap<String, StationEncoder>>,
    /// The stations with results that were not polled yet, each end of the queue.
    ready: (Sender<StationKey>, Receiver<StationKey>),
    waker: Arc<Mutex<LoopWaker>>,
}

impl WorkerConverters {
    /// Creates the converters. `waker` wakes the event loop when one of them has a result.
    pub fn new(pool: EncodePool, encoders: Rc<HashMap<String, StationEncoder>>, waker: LoopWaker) -> Self {
        Self { pool, encoders, ready: channel(), waker: Arc::new(Mutex::new(waker)) }
    }

    /// Returns a function that reports a result of a station, and wakes the event loop.
    fn alert(&self, station: StationKey) -> LoopWaker {
        let (ready, waker) = (self.ready.0.clone(), self.waker.clone());
        Box::new(move || {
            // The server may have stopped.
            let _ = ready.send(station);
            waker.lock().unwrap_or_else(PoisonError::into_inner)();
        })
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
        let encoder = self.encoders.get(mount).cloned().unwrap_or_else(|| self.pool.station(mount));
        Box::new(WorkerConverter { job: encoder.open_stream(input, output, self.alert(station)) })
    }

    fn next_ready(&mut self) -> Option<StationKey> {
        self.ready.1.try_recv().ok()
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
