//! The jobs of one station.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::blame::FileIdentity;
use super::encoded_file::EncodedFile;
use super::job_error::JobError;
use super::ladder_job::LadderJob;
use super::pending::{JobHandle, StationJobs};
use super::pool_handle::{PoolHandle, unexpected};
use super::protocol::{JobId, WorkerRequest, WorkerResponse};
use super::status::EncoderStatus;
use super::stream_job::StreamJob;
use crate::audio::Codec;
use crate::time::{AudioTime, Time};
use crate::transcode::{AudioFileInfo, FileJob, LeftOut, Rung, TargetFormat};
use crate::worker::LoopWaker;

/// Gives the jobs of one station to an encode worker. Clones are the same station.
///
/// Except for [`open_stream`](Self::open_stream), [`open_ladder`](Self::open_ladder) and
/// [`status`](Self::status), the functions wait for the worker, for a limited time: they are for worker
/// threads.
#[derive(Clone)]
pub struct StationEncoder {
    pool: PoolHandle,
    station: Arc<StationJobs>,
}

impl StationEncoder {
    /// Creates a station without jobs.
    pub(super) fn new(pool: PoolHandle, label: &str) -> Self {
        Self { pool, station: Arc::new(StationJobs::new(label)) }
    }

    /// Names the station so in the log from now on.
    pub(super) fn set_label(&self, label: &str) {
        self.station.set_label(label);
    }

    /// Returns its name in the log.
    #[cfg(test)]
    pub(super) fn label(&self) -> String {
        self.station.label()
    }

    /// Returns whether both are the same station.
    #[cfg(test)]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.station, &other.station)
    }

    /// Describes a file.
    ///
    /// # Errors
    /// If it cannot be converted, or there is no worker for it.
    pub fn probe(&self, path: &Path) -> Result<AudioFileInfo, JobError> {
        self.probe_with_charset(path, WINDOWS_1252)
    }

    /// As [`probe`](Self::probe). Tags are in `charset` if they are not UTF-8 and do not state their
    /// encoding.
    ///
    /// # Errors
    /// If it cannot be converted, or there is no worker for it.
    pub fn probe_with_charset(
        &self,
        path: &Path,
        charset: &'static Encoding,
    ) -> Result<AudioFileInfo, JobError> {
        let charset = charset.name().to_owned();
        let make = |job| WorkerRequest::Probe { job, path: path.to_owned(), charset };
        match self.begin(path, None, make)? {
            (_, WorkerResponse::Probed { info, .. }) => Ok(info),
            _ => Err(unexpected()),
        }
    }

    /// Returns the cover of a file.
    ///
    /// # Errors
    /// If it has none, or there is no worker for it.
    pub fn read_cover(&self, path: &Path) -> Result<Vec<u8>, JobError> {
        let make = |job| WorkerRequest::ReadCover { job, path: path.to_owned() };
        match self.begin(path, None, make)? {
            (_, WorkerResponse::Cover { bytes, .. }) => Ok(bytes),
            _ => Err(unexpected()),
        }
    }

    /// Returns the integrated loudness of a file in LUFS, or `None` if it is silent.
    ///
    /// # Errors
    /// If it cannot be decoded, there is no worker for it, or it takes longer than `limit`.
    pub fn measure(&self, path: &Path, limit: Duration) -> Result<Option<f32>, JobError> {
        let make = |job| WorkerRequest::OpenMeasurement { job, path: path.to_owned() };
        let (handle, _) = self.begin(path, None, make)?;
        let measured = self.measure_all(&handle, self.now() + limit);
        self.pool.close(&handle);
        measured
    }

    fn measure_all(&self, handle: &JobHandle, deadline: Time) -> Result<Option<f32>, JobError> {
        loop {
            let remaining = deadline.since(self.now());
            let request = WorkerRequest::Measure { job: handle.job };
            match self.pool.continue_job(handle, request, remaining)? {
                WorkerResponse::Measured { lufs, is_complete: true, .. } => return Ok(lufs),
                WorkerResponse::Measured { .. } if remaining.is_zero() => return Err(JobError::TimedOut),
                WorkerResponse::Measured { .. } => {}
                _ => return Err(unexpected()),
            }
        }
    }

    /// Returns the time on the clock of the pool.
    fn now(&self) -> Time {
        self.pool.supervisor().state().now
    }

    /// Begins to convert a file. If `after` is a file in the same format that has ended, its encoder goes on
    /// without a gap. Else, and if this fails, that job ends.
    ///
    /// # Errors
    /// If the file cannot be converted, or there is no worker for it.
    pub fn open_file(
        &self,
        file: FileJob,
        after: Option<EncodedFile>,
    ) -> Result<(EncodedFile, AudioFileInfo), JobError> {
        let after = after.and_then(EncodedFile::hand_over);
        let before = after.as_ref().map(|after| after.job);
        let make = |job| WorkerRequest::OpenFile { job, file: file.clone(), after: before };
        let begun = self.begin(&file.path, after.as_ref(), make);
        if begun.is_err() {
            after.iter().for_each(|after| self.pool.close(after));
        }
        match begun? {
            (handle, WorkerResponse::Opened { info, .. }) => {
                Ok((EncodedFile::new(self.pool.clone(), handle, &file), info))
            }
            _ => Err(unexpected()),
        }
    }

    /// Begins to convert a stream of frames. `alert` wakes the event loop when a response is there. Never
    /// blocks; if this fails, [`StreamJob::try_recv`] returns why.
    pub fn open_stream(&self, input: Codec, target: TargetFormat, alert: LoopWaker) -> StreamJob {
        StreamJob::open(self.pool.clone(), self.station.clone(), input, target, alert)
    }

    /// Begins to encode a programme as several renditions, from `start` of its timeline on. `alert` wakes the
    /// event loop when a response is there. Never blocks; if this fails, [`LadderJob::try_recv`] returns why.
    pub fn open_ladder(&self, start: AudioTime, rungs: &[Rung], alert: LoopWaker) -> LadderJob {
        LadderJob::open(self.pool.clone(), self.station.clone(), rungs.to_vec(), start, alert)
    }

    /// Returns the jobs so far.
    pub fn status(&self) -> EncoderStatus {
        self.station.status().clone()
    }

    /// Begins a job with a file, and waits for the response.
    fn begin(
        &self,
        path: &Path,
        after: Option<&JobHandle>,
        make: impl FnOnce(JobId) -> WorkerRequest,
    ) -> Result<(JobHandle, WorkerResponse), JobError> {
        let version = FileIdentity::read(path).map_err(|error| LeftOut::Unreadable(error.to_string()))?;
        self.pool.begin(&self.station, version, after, make)
    }
}
