//! Encodes the renditions of stations in encode workers.

use std::collections::HashMap;
use std::fmt;

use crate::encode_worker::{EncodePool, JobError, LadderJob, StationEncoder};
use crate::station::{ConverterError, LadderEncoder, LadderEncoders, StationKey};
use crate::time::AudioTime;
use crate::transcode::{LeftOut, Rung, RungFrames};
use crate::worker::{LoopWaker, ReadyQueue};

/// The encoders of all ladders.
///
/// The renditions of a station use encode workers like a station of their own, so that they have a process
/// apart from the station's other jobs if there are enough. The death of one then does not interrupt the
/// other.
pub struct WorkerLadders {
    pool: EncodePool,
    /// The access of each station's renditions to the encode workers, with the mount of the station. By the
    /// index of the station, of which there are not more than stations at one time, whatever their mounts.
    encoders: HashMap<usize, (String, StationEncoder)>,
    /// The stations with results that were not polled yet.
    ready: ReadyQueue<StationKey>,
}

impl WorkerLadders {
    /// Creates the encoders. `waker` wakes the event loop when one of them has a result.
    pub fn new(pool: EncodePool, waker: LoopWaker) -> Self {
        Self { pool, encoders: HashMap::new(), ready: ReadyQueue::new(waker) }
    }

    /// Returns the access of a station's renditions, which is the same until the station is renamed.
    fn encoder(&mut self, station: StationKey, mount: &str) -> &StationEncoder {
        let new = || (mount.to_owned(), self.pool.station(&format!("{mount} renditions")));
        let known = self.encoders.entry(station.index()).or_insert_with(new);
        if known.0 != mount {
            *known = new();
        }
        &known.1
    }
}

impl fmt::Debug for WorkerLadders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerLadders").finish_non_exhaustive()
    }
}

impl LadderEncoders for WorkerLadders {
    fn start(
        &mut self,
        station: StationKey,
        mount: &str,
        start: AudioTime,
        rungs: &[Rung],
    ) -> Box<dyn LadderEncoder> {
        let waker = self.ready.waker(station);
        Box::new(WorkerLadder { job: self.encoder(station, mount).open_ladder(start, rungs, waker) })
    }

    fn next_ready(&mut self) -> Option<StationKey> {
        self.ready.next()
    }
}

/// The encoder of one ladder. The pool kills a worker that does not respond in time.
struct WorkerLadder {
    job: LadderJob,
}

impl fmt::Debug for WorkerLadder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerLadder").finish_non_exhaustive()
    }
}

impl LadderEncoder for WorkerLadder {
    fn is_busy(&self) -> bool {
        self.job.is_busy()
    }

    fn push(&mut self, frames: (&[u8], &[u8])) {
        self.job.push(frames);
    }

    fn set_rungs(&mut self, rungs: &[Rung]) {
        self.job.set_rungs(rungs);
    }

    fn poll(&mut self) -> Option<Result<Vec<RungFrames>, ConverterError>> {
        Some(self.job.try_recv()?.map_err(converter_error))
    }
}

fn converter_error(error: JobError) -> ConverterError {
    let reason = error.to_string();
    match error {
        JobError::Died { .. } | JobError::TimedOut => ConverterError::Died(reason),
        // What the station plays cannot be decoded. Another input may be of another kind.
        JobError::LeftOut(LeftOut::HeAac | LeftOut::UnknownCodec(_)) => ConverterError::Unsupported(reason),
        // A frame at which a decoder panics, or something else in this audio that may be over soon.
        JobError::LeftOut(LeftOut::Unsupported(_)) => ConverterError::Died(reason),
        JobError::LeftOut(_) | JobError::Unavailable(_) => ConverterError::Unavailable(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heaac_is_unsupported_and_a_death_can_be_tried_again() {
        let unsupported = converter_error(LeftOut::HeAac.into());
        let reason = "HE-AAC cannot be decoded in full; convert it to AAC-LC or MP3";
        assert_eq!(unsupported, ConverterError::Unsupported(reason.to_owned()));
        for other in [JobError::TimedOut, JobError::Died { times: 1, signal: "signal 6 (SIGABRT)".into() }] {
            assert!(matches!(converter_error(other), ConverterError::Died(_)));
        }
        for other in [LeftOut::NoEncoder.into(), JobError::Unavailable("the server stops".into())] {
            assert!(matches!(converter_error(other), ConverterError::Unavailable(_)));
        }
    }
}
