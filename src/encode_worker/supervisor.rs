//! The threads that start encode workers, write requests, read responses, and notice deaths.

use std::convert::Infallible;
use std::io::{self, BufReader, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use log::warn;

use super::framing::{encode, read_message};
use super::job_error::JobError;
use super::launch::{LaunchedWorker, Launcher, WorkerControl};
use super::pending::JobHandle;
use super::pool_state::{ANSWER_TICKS_MAX, IDLE_TICKS_MAX, PoolState, TICK};
use super::protocol::{WorkerRequest, WorkerResponse};
use super::slot::Outgoing;
use crate::worker::{Inbox, InboxEvent, Worker, WorkerBuilder};

/// The pool, and the threads that work for it.
pub struct Supervisor {
    launcher: Box<dyn Launcher>,
    state: Mutex<PoolState>,
    threads: Mutex<Threads>,
}

/// The threads. They end when they are dropped here.
#[derive(Default)]
struct Threads {
    /// One for each worker that was ever used.
    writers: Vec<Option<Worker<Infallible>>>,
    ticker: Option<Worker<Infallible>>,
}

/// Why a process is no longer used.
#[derive(Debug)]
enum End {
    /// It ended, for this reason.
    Died { how: String, is_own_fault: bool },
    /// It had no jobs.
    Idle,
    /// The server stops.
    Shutdown,
    /// It could not be started.
    NotStarted(String),
}

impl Supervisor {
    /// Creates a pool without processes and threads.
    pub fn new(max_workers: usize, launcher: Box<dyn Launcher>) -> Arc<Self> {
        let state = Mutex::new(PoolState::new(max_workers));
        Arc::new(Self { launcher, state, threads: Mutex::default() })
    }

    /// Locks the state, for a moment.
    pub fn state(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn threads(&self) -> MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread that writes to a worker, after requests were queued. Starts it if there is none.
    pub fn wake(self: &Arc<Self>, index: usize) {
        if let Err(error) = self.try_wake(index) {
            self.on_end(index, None, End::NotStarted(error.to_string()));
        }
    }

    fn try_wake(self: &Arc<Self>, index: usize) -> io::Result<()> {
        let mut threads = self.threads();
        if threads.ticker.is_none() {
            let supervisor = Arc::downgrade(self);
            threads.ticker = Some(WorkerBuilder::new("encode pool").spawn(move |inbox| {
                while inbox.next_within(TICK) != InboxEvent::Closed {
                    let Some(supervisor) = supervisor.upgrade() else { return };
                    supervisor.tick();
                }
            })?);
        }
        if threads.writers.len() <= index {
            threads.writers.resize_with(index + 1, || None);
        }
        if threads.writers[index].is_none() {
            let supervisor = self.clone();
            let name = format!("encode requests {}", index + 1);
            let body = move |inbox| supervisor.write_requests(index, &inbox);
            threads.writers[index] = Some(WorkerBuilder::new(name).spawn(body)?);
        }
        threads.writers[index].iter().for_each(Worker::wake);
        Ok(())
    }

    /// The thread that starts the processes of a worker and writes to them.
    fn write_requests(self: Arc<Self>, index: usize, inbox: &Inbox<Infallible>) {
        let mut pipe: Option<(u64, Box<dyn Write + Send>)> = None;
        while inbox.next() != InboxEvent::Closed {
            loop {
                let outgoing = self.state().slots[index].take_outgoing();
                match outgoing {
                    Outgoing::Nothing => break,
                    Outgoing::Start(generation) => {
                        pipe = self.start(index, generation).map(|pipe| (generation, pipe));
                    }
                    Outgoing::Request(generation, request) => {
                        let current = pipe.as_mut().filter(|(started, _)| *started == generation);
                        if !current.is_some_and(|(_, pipe)| write_request(pipe, &request)) {
                            self.kill(index, generation);
                        }
                    }
                }
            }
        }
    }

    /// Starts a process. Returns where to write requests.
    fn start(self: &Arc<Self>, index: usize, generation: u64) -> Option<Box<dyn Write + Send>> {
        match self.try_start(index, generation) {
            Ok(requests) => Some(requests),
            Err(error) => {
                self.on_end(index, Some(generation), End::NotStarted(error.to_string()));
                None
            }
        }
    }

    fn try_start(self: &Arc<Self>, index: usize, generation: u64) -> io::Result<Box<dyn Write + Send>> {
        let LaunchedWorker { requests, responses, control } = self.launcher.launch()?;
        let (supervisor, process) = (self.clone(), control.clone());
        let reader = WorkerBuilder::new(format!("encode worker {}", index + 1));
        let body = move |_: Inbox<Infallible>| {
            supervisor.read_responses(index, generation, responses, &*process);
        };
        // Without the reading thread nothing waits for the end of the process.
        reader.spawn(body).inspect_err(|_| {
            control.kill();
            control.wait();
        })?;
        self.state().slots[index].on_start(control);
        Ok(requests)
    }

    /// The thread that reads the responses of a process and waits for its end.
    fn read_responses(
        self: Arc<Self>,
        index: usize,
        generation: u64,
        responses: impl Read,
        process: &dyn WorkerControl,
    ) {
        let mut responses = BufReader::new(responses);
        let fault = loop {
            match read_message(&mut responses) {
                Ok(Some(response)) => match self.on_response(index, generation, response) {
                    Ok(()) => {}
                    Err(fault) => break Some(fault),
                },
                Err(error) if error.kind() == io::ErrorKind::InvalidData => break Some(error.to_string()),
                Ok(None) | Err(_) => break None,
            }
        };
        process.kill();
        let exit = process.wait();
        let end = match fault {
            Some(how) => End::Died { how, is_own_fault: true },
            None => End::Died { how: exit.status, is_own_fault: exit.is_own_fault },
        };
        self.on_end(index, Some(generation), end);
    }

    fn on_response(&self, index: usize, generation: u64, response: WorkerResponse) -> Result<(), String> {
        let mut state = self.state();
        if state.slots[index].generation != generation {
            return Ok(());
        }
        let answered = state.slots[index].on_response(&response)?;
        drop(state);
        let result = match response {
            WorkerResponse::Failed { reason, .. } => Err(JobError::LeftOut(reason)),
            response => Ok(response),
        };
        if let Some(pending) = answered {
            pending.reply.send(result);
        }
        Ok(())
    }

    fn kill(&self, index: usize, generation: u64) {
        let state = self.state();
        let slot = &state.slots[index];
        slot.process.iter().filter(|_| slot.generation == generation).for_each(|process| process.kill());
    }

    /// Takes note of the end of a process, or of the current one.
    fn on_end(&self, index: usize, generation: Option<u64>, end: End) {
        let mut state = self.state();
        let now = state.now;
        let slot = &mut state.slots[index];
        if generation.is_some_and(|generation| generation != slot.generation) {
            return;
        }
        let (current, others) = slot.on_end();
        let error = match &end {
            End::Died { how, .. } => JobError::bystander(how),
            End::Idle => JobError::bystander("its process has ended"),
            End::Shutdown => JobError::Unavailable("the server stops".into()),
            End::NotStarted(reason) => {
                JobError::Unavailable(format!("no encode worker can be started: {reason}"))
            }
        };
        if let End::Died { how, .. } | End::NotStarted(how) = &end {
            slot.on_death(now);
            warn!("encode worker {} died: {how}", index + 1);
        }
        drop(state);
        current.into_iter().chain(others).for_each(|pending| pending.reply.send(Err(error.clone())));
    }

    /// Looks after all processes, once in every [`TICK`].
    pub fn tick(&self) {
        let mut state = self.state();
        state.now = state.now + TICK;
        let mut ended = Vec::new();
        for (index, slot) in state.slots.iter_mut().enumerate() {
            let (silent, idle) = slot.tick();
            if slot.process.is_none() {
                continue;
            }
            let how = "it did not answer for 10 s and was killed".to_owned();
            if silent > ANSWER_TICKS_MAX {
                ended.push((index, slot.generation, End::Died { how, is_own_fault: true }));
            } else if idle > IDLE_TICKS_MAX {
                ended.push((index, slot.generation, End::Idle));
            }
        }
        drop(state);
        for (index, generation, end) in ended {
            self.kill(index, generation);
            self.on_end(index, Some(generation), end);
        }
    }

    /// Kills all processes and ends all threads. Later jobs fail.
    pub fn shut_down(&self) {
        self.state().is_shut_down = true;
        let count = self.state().slots.len();
        for index in 0..count {
            let generation = self.state().slots[index].generation;
            self.kill(index, generation);
            self.on_end(index, None, End::Shutdown);
        }
        let threads = std::mem::take(&mut *self.threads());
        drop(threads);
    }
}

/// Writes a request. Returns whether that succeeded.
fn write_request(pipe: &mut impl Write, request: &WorkerRequest) -> bool {
    encode(request).and_then(|bytes| pipe.write_all(&bytes)).is_ok()
}

/// A handle of the pool. The last one to be dropped ends all processes.
pub struct PoolHandle {
    supervisor: Arc<Supervisor>,
}

impl PoolHandle {
    /// Creates the first handle of a pool.
    pub fn new(supervisor: Arc<Supervisor>) -> Self {
        Self { supervisor }
    }

    /// Returns the pool.
    pub fn supervisor(&self) -> &Arc<Supervisor> {
        &self.supervisor
    }

    /// Ends a job whose owner has dropped it.
    pub fn close(&self, handle: &JobHandle) {
        let request = WorkerRequest::Close { job: handle.job };
        let closing = self.supervisor.state().continue_job(handle, request, super::pending::ReplyTo::Discard);
        if closing.is_ok() {
            self.supervisor.wake(handle.slot);
        }
    }
}

impl Drop for PoolHandle {
    fn drop(&mut self) {
        self.supervisor.shut_down();
    }
}
