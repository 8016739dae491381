//! The encode workers and which station uses which, without threads and processes.

use std::sync::Arc;
use std::time::Duration;

use super::blame::{DeathsByFile, FileIdentity};
use super::job_error::JobError;
use super::launch::WorkerControl;
use super::pending::{JobHandle, ReplyTo, StationJobs};
use super::protocol::{JobId, WorkerRequest};
use super::slot::WorkerSlot;
use super::status::{WorkerState, WorkerStatus};
use crate::log_limiter::LogRateLimiter;
use crate::time::Time;

/// The interval at which the pool is looked at. All times below are multiples of it.
pub const TICK: Duration = Duration::from_secs(1);

/// A worker that does not answer for this number of ticks is killed. No request takes nearly as long.
pub const ANSWER_TICKS_MAX: u32 = 10;

/// A process without a job for this number of ticks ends.
pub const IDLE_TICKS_MAX: u32 = 60;

/// The most lines about processes that end in the window of a limiter. Backoff already allows few.
const LOG_LINES_MAX: u32 = 20;

/// The encode workers.
#[derive(Debug)]
pub struct PoolState {
    /// The workers. Those beyond [`max`](Self::max) get no new jobs.
    pub slots: Vec<WorkerSlot>,
    /// How many processes there may be.
    pub max: usize,
    /// The files that have killed workers.
    pub deaths: DeathsByFile,
    /// The time since the start, as counted by ticks.
    pub now: Time,
    /// Whether no process may be started any more.
    pub is_shut_down: bool,
    /// Limits the lines about processes that end.
    pub log_limit: LogRateLimiter,
}

impl PoolState {
    /// Creates a pool of at most this number of processes.
    pub fn new(max_workers: usize) -> Self {
        let log_limit = LogRateLimiter::new(LOG_LINES_MAX);
        let mut pool = Self {
            slots: Vec::new(),
            max: 0,
            deaths: DeathsByFile::default(),
            now: Time::START,
            is_shut_down: false,
            log_limit,
        };
        pool.set_max(max_workers);
        pool
    }

    /// Changes the most processes, at least one. Workers beyond it end when they have no jobs any more.
    pub fn set_max(&mut self, max_workers: usize) {
        self.max = max_workers.max(1);
        if self.slots.len() < self.max {
            self.slots.resize_with(self.max, WorkerSlot::default);
        }
    }

    /// Begins a job with the request that `make` returns. Where it runs follows from its station, or from the
    /// job that it continues.
    ///
    /// # Errors
    /// If its file is refused, or no process can be started now.
    pub fn begin(
        &mut self,
        station: &Arc<StationJobs>,
        file: Option<Arc<FileIdentity>>,
        after: Option<&JobHandle>,
        make: impl FnOnce(JobId) -> WorkerRequest,
        reply: ReplyTo,
    ) -> Result<JobHandle, JobError> {
        self.check_file(station, file.as_deref())?;
        let index = after.map_or_else(|| self.choose_slot(station), |after| after.slot);
        self.check_available(index)?;
        self.assign(station, index);
        let slot = &mut self.slots[index];
        let (job, generation) = (slot.add_job(station), slot.generation);
        let handle = JobHandle { slot: index, generation, job, file, station: station.clone() };
        slot.queue(handle.clone(), make(job), reply);
        Ok(handle)
    }

    /// Continues or ends a job.
    ///
    /// # Errors
    /// If the process of the job has ended.
    pub fn continue_job(
        &mut self,
        handle: &JobHandle,
        request: WorkerRequest,
        reply: ReplyTo,
    ) -> Result<(), JobError> {
        if !self.is_current(handle) {
            return Err(JobError::bystander("its process has ended"));
        }
        self.slots[handle.slot].queue(handle.clone(), request, reply);
        Ok(())
    }

    /// Returns whether the process of a job still runs.
    pub fn is_current(&self, handle: &JobHandle) -> bool {
        self.slots[handle.slot].generation == handle.generation
    }

    /// Returns whether another job may follow this one in its process: if it still runs, and is not one too
    /// many.
    pub fn may_continue(&self, handle: &JobHandle) -> bool {
        self.is_current(handle) && handle.slot < self.max
    }

    /// Refuses a file that has killed workers too often.
    fn check_file(&self, station: &StationJobs, file: Option<&FileIdentity>) -> Result<(), JobError> {
        let Some(file) = file else { return Ok(()) };
        let Some((times, signal)) = self.deaths.refusal(file) else { return Ok(()) };
        station.status().leave_out(file.path().to_owned());
        Err(JobError::Died { times, signal: signal.to_owned() })
    }

    /// Refuses a job while its worker may not be started.
    fn check_available(&self, index: usize) -> Result<(), JobError> {
        if self.is_shut_down {
            return Err(JobError::Unavailable("the server stops".into()));
        }
        let slot = &self.slots[index];
        let wait = slot.restarts.remaining(self.now);
        if slot.process.is_none() && !wait.is_zero() {
            let reason = format!("encode worker {} died too often and waits before its restart", index + 1);
            return Err(JobError::Unavailable(reason));
        }
        Ok(())
    }

    /// Returns the index of the worker for a new job: the one where the station has jobs; else one without
    /// other stations; else the one with the fewest jobs.
    fn choose_slot(&self, station: &Arc<StationJobs>) -> usize {
        let slots = &self.slots[..self.max];
        let in_use = slots.iter().position(|slot| slot.has_jobs_of(station));
        let rank = |index: &usize| {
            let slot = &slots[*index];
            let is_shared = slot.stations().iter().any(|other| !Arc::ptr_eq(other, station));
            let jobs = if is_shared { slot.job_count() } else { 0 };
            (is_shared, jobs, !slot.is_used_by(station), *index)
        };
        in_use.or_else(|| (0..slots.len()).min_by_key(rank)).unwrap_or_default()
    }

    /// Makes a station a user of this worker only.
    fn assign(&mut self, station: &Arc<StationJobs>, index: usize) {
        self.slots.iter_mut().for_each(|slot| slot.remove_station(station));
        self.slots[index].add_station(station);
    }

    /// Returns the running processes, with the index of the worker and the generation of each.
    pub fn running(&self) -> Vec<(usize, u64, Arc<dyn WorkerControl>)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(index, slot)| Some((index, slot.generation, slot.process.clone()?))).collect()
    }

    /// Returns what is known about each worker that there may be, and about each that has run: its counters
    /// must not disappear when there may be fewer.
    pub fn workers(&self) -> Vec<WorkerStatus> {
        let all = self.slots.iter().enumerate().map(|(index, slot)| slot.status(index + 1, self.now));
        all.filter(|worker| {
            worker.slot <= self.max || worker.starts > 0 || worker.state != WorkerState::Stopped
        })
        .collect()
    }
}
