//! One encode worker as the server sees it: its process, its jobs and the requests to it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::launch::WorkerControl;
use super::pending::{JobHandle, JobResult, PendingRequest, ReplyTo, StationJobs};
use super::protocol::{JobId, VERSION, WorkerRequest, WorkerResponse};
use super::restart::RestartPolicy;
use super::status::{WorkerState, WorkerStatus};
use crate::process_usage::ProcessUsage;
use crate::time::Time;

/// One encode worker. Its processes come and go; each has a number, the generation.
#[derive(Debug, Default)]
pub struct WorkerSlot {
    /// The number of the current or the next process.
    pub generation: u64,
    /// The current process.
    pub process: Option<Arc<dyn WorkerControl>>,
    /// Whether a process is being started.
    pub is_starting: bool,
    has_said_hello: bool,
    jobs: HashMap<JobId, Arc<StationJobs>>,
    last_job: JobId,
    unsent: VecDeque<(WorkerRequest, PendingRequest)>,
    sent: VecDeque<PendingRequest>,
    /// How many ticks ago the process last answered, if it has something to answer.
    silent_ticks: u32,
    /// The processor time that the process had used when the current request became the oldest.
    cpu_before_request: Duration,
    /// How many ticks ago there was the last job.
    idle_ticks: u32,
    stations: Vec<Weak<StationJobs>>,
    /// When a process may be started again.
    pub restarts: RestartPolicy,
    starts: u64,
    deaths: u64,
    /// The processor time of the processes that have ended.
    cpu_of_ended: Duration,
    cpu: Duration,
    resident_bytes: u64,
}

/// What the thread that writes to a worker has to do next.
#[derive(Debug)]
pub enum Outgoing {
    /// Nothing.
    Nothing,
    /// Start a process with this generation.
    Start(u64),
    /// Write this request to the process with this generation.
    Request(u64, WorkerRequest),
}

impl WorkerSlot {
    /// Adds a job.
    pub fn add_job(&mut self, station: &Arc<StationJobs>) -> JobId {
        self.last_job = self.last_job.wrapping_add(1);
        self.jobs.insert(self.last_job, station.clone());
        self.idle_ticks = 0;
        self.last_job
    }

    /// Queues a request.
    pub fn queue(&mut self, handle: JobHandle, request: WorkerRequest, reply: ReplyTo) {
        let pending = PendingRequest::new(handle, &request, reply);
        self.unsent.push_back((request, pending));
    }

    /// Returns what the writing thread has to do next.
    pub fn take_outgoing(&mut self) -> Outgoing {
        if self.unsent.is_empty() {
            return Outgoing::Nothing;
        }
        if self.process.is_none() {
            self.is_starting = true;
            return Outgoing::Start(self.generation);
        }
        let Some((request, pending)) = self.unsent.pop_front() else { return Outgoing::Nothing };
        if self.sent.is_empty() {
            self.begin_waiting();
        }
        self.sent.push_back(pending);
        Outgoing::Request(self.generation, request)
    }

    fn begin_waiting(&mut self) {
        self.silent_ticks = 0;
        self.cpu_before_request = self.cpu;
    }

    /// Takes note of a process that was started.
    pub fn on_start(&mut self, process: Arc<dyn WorkerControl>) {
        self.process = Some(process);
        self.is_starting = false;
        self.starts += 1;
    }

    /// Returns the request that this response answers, or a message if there is none: the process then does not
    /// speak the protocol.
    ///
    /// # Errors
    /// If the response does not fit.
    pub fn on_response(&mut self, response: &WorkerResponse) -> Result<Option<PendingRequest>, String> {
        let job = match response {
            WorkerResponse::Hello { version, .. } if self.has_said_hello || *version != VERSION => {
                return Err(format!("it speaks version {version} of the protocol instead of {VERSION}"));
            }
            WorkerResponse::Hello { .. } => {
                self.has_said_hello = true;
                return Ok(None);
            }
            response => response.job(),
        };
        let answered = self.sent.pop_front_if(|oldest| Some(oldest.handle.job) == job);
        let Some(answered) = answered.filter(|_| self.has_said_hello) else {
            return Err("it answered something that was not asked".into());
        };
        answered.ended_jobs(response).iter().for_each(|ended| drop(self.jobs.remove(ended)));
        self.begin_waiting();
        Ok(Some(answered))
    }

    /// Ends the current process for the slot, without a word to it. Returns the requests that get no response:
    /// the one that the process was answering, and the others.
    pub fn on_end(&mut self) -> (Option<PendingRequest>, Vec<PendingRequest>) {
        self.generation += 1;
        (self.process, self.is_starting, self.has_said_hello) = (None, false, false);
        self.cpu_of_ended += std::mem::take(&mut self.cpu);
        self.resident_bytes = 0;
        self.jobs.clear();
        let current = self.sent.pop_front();
        let unsent = self.unsent.drain(..).map(|(_, pending)| pending);
        (current, self.sent.drain(..).chain(unsent).collect())
    }

    /// Counts a death. Returns how long the next start waits.
    pub fn on_death(&mut self, now: Time) -> Duration {
        self.deaths += 1;
        self.restarts.on_death(now)
    }

    /// Stores a measurement of the process.
    pub fn on_usage(&mut self, usage: ProcessUsage) {
        self.cpu = usage.cpu_ms.map_or(self.cpu, Duration::from_millis);
        self.resident_bytes = usage.resident_bytes.unwrap_or(self.resident_bytes);
    }

    /// Counts a tick. Returns for how many ticks the process has not answered, and for how many it had no job.
    pub fn tick(&mut self) -> (u32, u32) {
        self.silent_ticks = if self.sent.is_empty() { 0 } else { self.silent_ticks + 1 };
        self.idle_ticks = if self.jobs.is_empty() { self.idle_ticks + 1 } else { 0 };
        (self.silent_ticks, self.idle_ticks)
    }

    /// Returns the processor time that the process has used for the request that it is answering.
    pub fn cpu_of_request(&self) -> Duration {
        self.cpu.saturating_sub(self.cpu_before_request)
    }

    /// Returns how many jobs are open.
    pub fn job_count(&self) -> usize {
        self.jobs.len()
    }

    /// Returns whether a station has open jobs here.
    pub fn has_jobs_of(&self, station: &Arc<StationJobs>) -> bool {
        self.jobs.values().any(|owner| Arc::ptr_eq(owner, station))
    }

    /// Returns the stations that have open jobs here, each once.
    pub fn stations_with_jobs(&self) -> Vec<Arc<StationJobs>> {
        self.stations().into_iter().filter(|station| self.has_jobs_of(station)).collect()
    }

    /// Returns the stations that use this worker.
    pub fn stations(&self) -> Vec<Arc<StationJobs>> {
        self.stations.iter().filter_map(Weak::upgrade).collect()
    }

    /// Returns whether a station uses this worker.
    pub fn is_used_by(&self, station: &Arc<StationJobs>) -> bool {
        self.stations.iter().any(|user| user.as_ptr() == Arc::as_ptr(station))
    }

    /// Adds a station.
    pub fn add_station(&mut self, station: &Arc<StationJobs>) {
        self.stations.retain(|user| user.strong_count() > 0);
        if !self.is_used_by(station) {
            self.stations.push(Arc::downgrade(station));
        }
    }

    /// Removes a station.
    pub fn remove_station(&mut self, station: &Arc<StationJobs>) {
        self.stations.retain(|user| user.as_ptr() != Arc::as_ptr(station));
    }

    /// Removes all stations.
    pub fn clear_stations(&mut self) {
        self.stations.clear();
    }

    /// Returns what is known about this worker, whose index is `index`.
    pub fn status(&self, index: usize, now: Time) -> WorkerStatus {
        WorkerStatus {
            slot: index + 1,
            pid: self.process.as_ref().and_then(|process| process.pid()),
            starts: self.starts,
            deaths: self.deaths,
            cpu: self.cpu_of_ended + self.cpu,
            resident_bytes: self.resident_bytes,
            jobs: self.jobs.len(),
            stations: self.stations().iter().map(|station| station.label.clone()).collect(),
            state: self.state(now),
        }
    }

    fn state(&self, now: Time) -> WorkerState {
        match self.restarts.remaining(now) {
            _ if self.process.is_some() => WorkerState::Running,
            _ if self.is_starting => WorkerState::Starting,
            Duration::ZERO => WorkerState::Stopped,
            wait => WorkerState::Waiting(wait),
        }
    }
}

/// Fails all these requests for which the process was not to blame.
pub fn fail_all(requests: Vec<PendingRequest>, error: &JobResult) {
    requests.into_iter().for_each(|pending| pending.reply.send(error.clone()));
}
