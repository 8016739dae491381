//! One encode worker as the server sees it: its process, its jobs and the requests to it.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::launch::WorkerControl;
use super::pending::{JobHandle, PendingRequest, ReplyTo, StationJobs};
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
    /// When a process may be started again.
    pub restarts: RestartPolicy,
    /// The number of processes that have died.
    pub deaths: u64,
    starts: u64,
    is_starting: bool,
    pub has_said_hello: bool,
    jobs: HashMap<JobId, Arc<StationJobs>>,
    last_job: JobId,
    unsent: VecDeque<(WorkerRequest, PendingRequest)>,
    sent: VecDeque<PendingRequest>,
    /// For how many ticks the process has been answering the oldest request.
    silent_ticks: u32,
    /// The processor time that the process had used before that request.
    cpu_before_request: Duration,
    /// For how many ticks there has been no job.
    idle_ticks: u32,
    stations: Vec<Weak<StationJobs>>,
    /// The processor time of the processes that have ended.
    cpu_of_ended: Duration,
    cpu: Duration,
    resident_bytes: u64,
}

/// What the thread that writes to a worker has to do next.
#[derive(Debug)]
pub enum Outgoing {
    /// Nothing. Pipes to processes of other generations than this one are of no use any more.
    Nothing(u64),
    /// Start a process with this generation.
    Start(u64),
    /// Write this request to the process with this generation.
    Request(u64, WorkerRequest),
}

/// How a process violates the protocol.
#[derive(Debug)]
pub enum Violation {
    /// It begins with another version of the protocol, or says its version twice.
    Version(u32),
    /// It answered a request that it did not get.
    NotRequested,
    /// It sent what is no message.
    NoMessage(io::Error),
}

/// What a process left behind when it ended.
#[derive(Debug, Default)]
pub struct Remains {
    /// The request that it was answering.
    pub current: Option<PendingRequest>,
    /// The requests that it did not come to.
    pub others: Vec<PendingRequest>,
    /// The stations that had jobs, each once.
    pub stations: Vec<Arc<StationJobs>>,
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
        if self.process.is_none() && !self.unsent.is_empty() {
            self.is_starting = true;
            return Outgoing::Start(self.generation);
        }
        let Some((request, pending)) = self.unsent.pop_front() else {
            return Outgoing::Nothing(self.generation);
        };
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

    /// Returns the request that this response answers, or `None` for the first message.
    ///
    /// # Errors
    /// Returns how the process violates the protocol.
    pub fn on_response(&mut self, response: &WorkerResponse) -> Result<Option<PendingRequest>, Violation> {
        let job = match response {
            WorkerResponse::Hello { version, .. } if !self.has_said_hello && *version == VERSION => {
                self.has_said_hello = true;
                return Ok(None);
            }
            WorkerResponse::Hello { version, .. } => {
                return Err(Violation::Version(*version));
            }
            response => response.job(),
        };
        let is_oldest = |oldest: &mut PendingRequest| self.has_said_hello && Some(oldest.handle.job) == job;
        let answered = self.sent.pop_front_if(is_oldest).ok_or(Violation::NotRequested)?;
        answered.ended_jobs(response).for_each(|ended| drop(self.jobs.remove(&ended)));
        self.begin_waiting();
        Ok(Some(answered))
    }

    /// Forgets the current process and its jobs.
    pub fn on_end(&mut self) -> Remains {
        self.generation += 1;
        (self.process, self.is_starting, self.has_said_hello) = (None, false, false);
        self.cpu_of_ended += std::mem::take(&mut self.cpu);
        (self.resident_bytes, self.idle_ticks) = (0, 0);
        let stations = self.stations().into_iter().filter(|station| self.has_jobs_of(station)).collect();
        self.jobs.clear();
        let current = self.sent.pop_front();
        let unsent = self.unsent.drain(..).map(|(_, pending)| pending);
        Remains { current, others: self.sent.drain(..).chain(unsent).collect(), stations }
    }

    /// Stores a measurement of the process.
    pub fn on_usage(&mut self, usage: ProcessUsage) {
        self.cpu = usage.cpu_ms.map_or(self.cpu, Duration::from_millis);
        self.resident_bytes = usage.resident_bytes.unwrap_or(self.resident_bytes);
    }

    /// Counts a tick.
    pub fn tick(&mut self) {
        self.silent_ticks = if self.sent.is_empty() { 0 } else { self.silent_ticks + 1 };
        self.idle_ticks = if self.jobs.is_empty() { self.idle_ticks + 1 } else { 0 };
    }

    /// Returns for how many ticks the process has been answering the oldest request.
    pub fn silent_ticks(&self) -> u32 {
        self.silent_ticks
    }

    /// Returns for how many ticks there has been no job.
    pub fn idle_ticks(&self) -> u32 {
        self.idle_ticks
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

    /// Returns the stations that use this worker.
    pub fn stations(&self) -> Vec<Arc<StationJobs>> {
        self.stations.iter().filter_map(Weak::upgrade).collect()
    }

    /// Returns whether a station uses this worker.
    pub fn is_used_by(&self, station: &Arc<StationJobs>) -> bool {
        self.stations.iter().any(|user| user.as_ptr() == Arc::as_ptr(station))
    }

    /// Adds a station, which uses no other worker.
    pub fn add_station(&mut self, station: &Arc<StationJobs>) {
        self.stations.push(Arc::downgrade(station));
    }

    /// Removes a station, and those that no longer exist.
    pub fn remove_station(&mut self, station: &Arc<StationJobs>) {
        let is_other = |user: &Weak<StationJobs>| user.as_ptr() != Arc::as_ptr(station);
        self.stations.retain(|user| is_other(user) && user.strong_count() > 0);
    }

    /// Removes all stations.
    pub fn clear_stations(&mut self) {
        self.stations.clear();
    }

    /// Returns what is known about this worker.
    pub fn status(&self, number: usize, now: Time) -> WorkerStatus {
        WorkerStatus {
            slot: number,
            pid: self.process.as_ref().and_then(|process| process.pid()),
            starts: self.starts,
            deaths: self.deaths,
            cpu: self.cpu_of_ended + self.cpu,
            resident_bytes: self.resident_bytes,
            jobs: self.jobs.len(),
            stations: self.stations().iter().map(|station| station.label()).collect(),
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
