//! Converts the frames of live sources and relays with encode workers.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::audio::Codec;
use crate::encode_worker::{JobError, StationEncoder, StreamJob};
use crate::station::{ConverterError, FrameConverter, FrameConverters, StationKey};
use crate::transcode::{EncodedFrames, TargetFormat};
use crate::worker::LoopWaker;

/// Starts conversions in encode workers.
pub struct SourceConverters {
    /// The encoders of the stations, by mount.
    encoders: Rc<HashMap<String, StationEncoder>>,
    alert: Arc<Mutex<LoopWaker>>,
    ready: Receiver<StationKey>,
    report_ready: Sender<StationKey>,
}

impl SourceConverters {
    /// Creates converters for the stations with these encoders, by mount. Each result calls `alert`.
    pub fn new(encoders: Rc<HashMap<String, StationEncoder>>, alert: LoopWaker) -> Self {
        let (report_ready, ready) = channel();
        Self { encoders, alert: Arc::new(Mutex::new(alert)), ready, report_ready }
    }

    /// Returns a function that reports a result for `station` and wakes the event loop.
    fn alert_for(&self, station: StationKey) -> LoopWaker {
        let (report_ready, alert) = (self.report_ready.clone(), self.alert.clone());
        Box::new(move || {
            // Without a receiver, the server has ended.
            if report_ready.send(station).is_ok() {
                alert.lock().unwrap_or_else(PoisonError::into_inner)();
            }
        })
    }
}

impl fmt::Debug for SourceConverters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceConverters").finish_non_exhaustive()
    }
}

impl FrameConverters for SourceConverters {
    fn start(
        &mut self,
        station: StationKey,
        mount: &str,
        input: Codec,
        output: TargetFormat,
    ) -> Box<dyn FrameConverter> {
        let alert = self.alert_for(station);
        match self.encoders.get(mount) {
            Some(encoder) => Box::new(SourceConverter { job: encoder.open_stream(input, output, alert) }),
            None => {
                alert();
                Box::new(NoConverter { is_reported: false })
            }
        }
    }

    fn next_ready(&mut self) -> Option<StationKey> {
        self.ready.try_recv().ok()
    }
}

/// A conversion in an encode worker.
struct SourceConverter {
    job: StreamJob,
}

impl fmt::Debug for SourceConverter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceConverter").finish_non_exhaustive()
    }
}

impl FrameConverter for SourceConverter {
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
        self.job.try_recv().map(|result| result.map_err(converter_error))
    }
}

/// The converter of a station without an encoder.
#[derive(Debug)]
struct NoConverter {
    is_reported: bool,
}

impl FrameConverter for NoConverter {
    fn push(&mut self, _: &[u8], _: u32) {}

    fn is_full(&self) -> bool {
        false
    }

    fn finish(&mut self) {}

    fn poll(&mut self) -> Option<Result<EncodedFrames, ConverterError>> {
        let is_reported = std::mem::replace(&mut self.is_reported, true);
        (!is_reported).then(|| Err(ConverterError::Unavailable("the station has no encoder".into())))
    }
}

fn converter_error(error: JobError) -> ConverterError {
    match error {
        JobError::Died { signal, .. } => ConverterError::Died(signal),
        JobError::TimedOut => ConverterError::TimedOut,
        JobError::LeftOut(reason) => ConverterError::Unavailable(reason.to_string()),
        JobError::Unavailable(reason) => ConverterError::Unavailable(reason),
    }
}
