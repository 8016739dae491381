//! What follows when the process of an encode worker ends: which file is to blame, what the log says, and
//! what the waiting jobs are told.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use super::blame::DEATHS_MAX;
use super::job_error::JobError;
use super::pending::{JobResult, PendingRequest, StationJobs};
use super::pool_state::{ANSWER_TICKS_MAX, IDLE_TICKS_MAX, PoolState, TICK};
use super::protocol::VERSION;
use super::slot::{Remains, Violation, WorkerSlot};
use crate::log_limiter::excerpt;

/// The processor time that a worker must have used for a request that it did not answer in time for its file
/// to be to blame. One that used less has waited for the disk.
const CPU_OF_LOOP: Duration = Duration::from_secs(2);

/// Why a process is no longer used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndCause {
    /// It ended, or had to be killed.
    Died {
        /// `signal 6 (SIGABRT)`, or what it did wrong.
        how: String,
        /// Whether what it was doing is the cause.
        is_own_fault: bool,
    },
    /// It could not be started, for this reason.
    NotStarted(String),
    /// It had no jobs.
    Idle,
    /// The server stops.
    ServerStops,
}

impl EndCause {
    /// Returns the cause of the end of a process that has been ready or not. One that ends before it is ready
    /// has not worked on anything that could be to blame.
    fn known_after(&self, was_ready: bool) -> Self {
        match self {
            Self::Died { how, .. } if !was_ready => {
                Self::NotStarted(format!("it ended before it was ready: {how}"))
            }
            cause => cause.clone(),
        }
    }
}

impl From<Violation> for EndCause {
    fn from(violation: Violation) -> Self {
        let how = match violation {
            Violation::Version(version) => {
                let reason = format!("it speaks version {version} of the protocol instead of {VERSION}");
                return Self::NotStarted(reason);
            }
            Violation::NotRequested => "it answered a request that it did not get".into(),
            Violation::NoMessage(error) => format!("it sent an invalid message ({error})"),
        };
        Self::Died { how, is_own_fault: true }
    }
}

/// What is to be done after the state is unlocked.
#[derive(Debug, Default)]
#[must_use]
pub struct EndReport {
    replies: Vec<(PendingRequest, JobError)>,
    line: Option<String>,
}

impl EndReport {
    /// Logs a line, and fails the jobs that wait.
    pub fn deliver(self) {
        self.line.inspect(|line| log::warn!("{line}"));
        for (pending, error) in self.replies {
            let result: JobResult = Err(error);
            pending.reply.send(result);
        }
    }
}

impl PoolState {
    /// Ends the use of a process, unless it has ended before. Does not kill it.
    pub fn end(&mut self, index: usize, generation: u64, cause: &EndCause) -> EndReport {
        let slot = &mut self.slots[index];
        if slot.generation != generation {
            return EndReport::default();
        }
        let pid = slot.process.as_ref().and_then(|process| process.pid());
        let cause = &cause.known_after(slot.has_said_hello);
        let remains = slot.on_end();
        let wait = self.count(index, cause, &remains.stations);
        let current_error = self.error_of_current(cause, remains.current.as_ref());
        let line = self.line(index, pid, cause, &remains, &current_error, wait);
        let error = error_of_bystander(cause);
        let current = remains.current.into_iter().map(|pending| (pending, current_error.clone()));
        let others = remains.others.into_iter().map(|pending| (pending, error.clone()));
        EndReport { replies: current.chain(others).collect(), line }
    }

    /// Counts an end. Returns how long the next start has to wait.
    fn count(&mut self, index: usize, cause: &EndCause, stations: &[Arc<StationJobs>]) -> Duration {
        let slot = &mut self.slots[index];
        match cause {
            EndCause::Died { .. } => {
                slot.deaths += 1;
                stations.iter().for_each(|station| station.status().restarts += 1);
                slot.restarts.on_death(self.now)
            }
            EndCause::NotStarted(_) => slot.restarts.on_death(self.now),
            EndCause::Idle | EndCause::ServerStops => {
                slot.clear_stations();
                Duration::ZERO
            }
        }
    }

    /// Returns the error of the request that the process was answering. Counts the death of the process for
    /// its file, if that is to blame.
    fn error_of_current(&mut self, cause: &EndCause, current: Option<&PendingRequest>) -> JobError {
        let EndCause::Died { how, is_own_fault: true } = cause else { return error_of_bystander(cause) };
        let file = current.and_then(|pending| Some((pending, pending.handle.file.as_ref()?)));
        // What kills a worker in a stream is gone with the next frame.
        let times = file.map_or(1, |(pending, file)| {
            let times = self.deaths.count(file, how);
            if times >= DEATHS_MAX {
                pending.handle.station.status().leave_out(file.path().to_owned());
            }
            times
        });
        JobError::Died { times, signal: how.clone() }
    }

    /// Returns the line for the log, if there is something to say and the limit allows it.
    fn line(
        &mut self,
        index: usize,
        pid: Option<u32>,
        cause: &EndCause,
        remains: &Remains,
        error: &JobError,
        wait: Duration,
    ) -> Option<String> {
        let mut line = format!("encode worker {}", index + 1);
        let written = match cause {
            EndCause::Died { how, .. } => {
                let pid = pid.map_or(String::new(), |pid| format!(" (pid {pid})"));
                write!(line, "{pid} died: {how} {}", circumstances(remains, error))
            }
            EndCause::NotStarted(reason) => write!(line, " cannot be started: {reason}"),
            EndCause::Idle | EndCause::ServerStops => return None,
        };
        written.ok()?;
        line.push_str(&match wait {
            Duration::ZERO => "; restarting".into(),
            wait => format!("; the next start waits for {} s", wait.as_secs()),
        });
        self.log_limit.admit(self.now).then_some(line)
    }

    /// Counts a tick, and ends the processes that do not answer, and those that have nothing to do.
    pub fn tick(&mut self) -> Vec<EndReport> {
        self.now = self.now + TICK;
        let ends: Vec<_> = (0..self.slots.len())
            .filter_map(|index| {
                let slot = &mut self.slots[index];
                slot.tick();
                Some((index, slot.generation, overdue(slot)?))
            })
            .collect();
        let end = |(index, generation, cause): (usize, u64, EndCause)| {
            self.kill(index, generation);
            self.end(index, generation, &cause)
        };
        ends.into_iter().map(end).collect()
    }

    /// Kills a process, if it is still used.
    pub fn kill(&self, index: usize, generation: u64) {
        let slot = &self.slots[index];
        slot.process.iter().filter(|_| slot.generation == generation).for_each(|process| process.kill());
    }

    /// Ends all processes, and admits no more jobs.
    pub fn shut_down(&mut self) -> Vec<EndReport> {
        self.is_shut_down = true;
        let ends: Vec<_> = self.slots.iter().map(|slot| slot.generation).enumerate().collect();
        let end = |(index, generation): (usize, u64)| {
            self.kill(index, generation);
            self.end(index, generation, &EndCause::ServerStops)
        };
        ends.into_iter().map(end).collect()
    }
}

/// Returns why a process has to be ended, if it does.
fn overdue(slot: &WorkerSlot) -> Option<EndCause> {
    let process = slot.process.as_ref()?;
    if slot.silent_ticks() > ANSWER_TICKS_MAX {
        // Where the processor time is unknown, the file is to blame.
        let is_own_fault = process.pid().is_none() || slot.cpu_of_request() >= CPU_OF_LOOP;
        let reason = if is_own_fault { "" } else { ", waiting for a file" };
        let how = format!("no answer within {} s{reason}", u64::from(ANSWER_TICKS_MAX) * TICK.as_secs());
        return Some(EndCause::Died { how, is_own_fault });
    }
    (slot.idle_ticks() > IDLE_TICKS_MAX).then_some(EndCause::Idle)
}

/// Returns the error of a request that the process was not answering.
fn error_of_bystander(cause: &EndCause) -> JobError {
    match cause {
        EndCause::Died { how, .. } => JobError::bystander(how),
        EndCause::NotStarted(reason) => {
            JobError::Unavailable(format!("no encode worker can be started: {reason}"))
        }
        EndCause::Idle => JobError::bystander("its process has ended"),
        EndCause::ServerStops => JobError::Unavailable("the server stops".into()),
    }
}

/// Returns what a process was doing when it died, and whether that is not done again.
fn circumstances(remains: &Remains, error: &JobError) -> String {
    let Some(current) = &remains.current else {
        let labels: Vec<String> = remains.stations.iter().map(|station| station.label()).collect();
        return if labels.is_empty() {
            "without a job".into()
        } else {
            format!("with jobs of {}", labels.join(", "))
        };
    };
    let (label, activity) = (current.handle.station.label(), current.activity);
    let Some(file) = &current.handle.file else { return format!("while {activity} the stream of {label}") };
    let path = file.path().display().to_string();
    let left_out = match error {
        JobError::Died { times, .. } if *times >= DEATHS_MAX => "; the file is left out until it changes",
        _ => "",
    };
    format!("while {activity} {} for {label}{left_out}", excerpt(&path))
}
