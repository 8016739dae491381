//! The threads of the pool: they start processes, write requests, read responses and notice what does not
//! answer.

use std::convert::Infallible;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ending::{EndCause, EndReport};
use super::framing::{encode, read_message};
use super::job_error::JobError;
use super::launch::{LaunchedWorker, Launcher, WorkerControl};
use super::pool_state::{PoolState, TICK};
use super::protocol::{WorkerRequest, WorkerResponse};
use super::slot::{Outgoing, Violation};
use crate::process_usage;
use crate::worker::{Inbox, InboxEvent, Worker, WorkerBuilder};

/// The pool, and the threads that work for it.
pub struct Supervisor {
    launcher: Box<dyn Launcher>,
    /// Locked for moments only, also by the event loop.
    state: Mutex<PoolState>,
    threads: Mutex<Threads>,
}

/// The threads. They end when they are dropped here.
#[derive(Default)]
struct Threads {
    /// One for each worker that was ever used. It writes the requests.
    writers: Vec<Option<Worker<Infallible>>>,
    /// Calls [`Supervisor::tick`].
    ticker: Option<Worker<Infallible>>,
}

/// The pipe to a process.
struct RequestPipe {
    generation: u64,
    pipe: Box<dyn Write + Send>,
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
        if let Err(error) = self.wake_or_start(index) {
            let generation = self.state().slots[index].generation;
            self.end(index, generation, &EndCause::NotStarted(error.to_string()));
        }
    }

    fn wake_or_start(self: &Arc<Self>, index: usize) -> io::Result<()> {
        let mut threads = self.threads();
        if self.state().is_shut_down {
            return Ok(());
        }
        if threads.ticker.is_none() {
            threads.ticker = Some(self.spawn_ticker()?);
        }
        if threads.writers.len() <= index {
            threads.writers.resize_with(index + 1, || None);
        }
        if threads.writers[index].is_none() {
            threads.writers[index] = Some(self.spawn_writer(index)?);
        }
        threads.writers[index].iter().for_each(Worker::wake);
        Ok(())
    }

    fn spawn_ticker(self: &Arc<Self>) -> io::Result<Worker<Infallible>> {
        let supervisor = self.clone();
        WorkerBuilder::new("encode pool").spawn(move |inbox| {
            while inbox.next_within(TICK) != InboxEvent::Closed {
                supervisor.tick();
            }
        })
    }

    fn spawn_writer(self: &Arc<Self>, index: usize) -> io::Result<Worker<Infallible>> {
        let supervisor = self.clone();
        let builder = WorkerBuilder::new(format!("encode requests {}", index + 1));
        builder.spawn(move |inbox| supervisor.write_requests(index, &inbox))
    }

    /// Starts the processes of a worker and writes the requests to them.
    fn write_requests(self: &Arc<Self>, index: usize, inbox: &Inbox<Infallible>) {
        let mut pipe: Option<RequestPipe> = None;
        while inbox.next() != InboxEvent::Closed {
            while let Some(outgoing) = self.next_outgoing(index, &mut pipe) {
                match outgoing {
                    Ok(generation) => pipe = self.start(index, generation),
                    Err((generation, request)) => {
                        let current = pipe.as_mut().filter(|pipe| pipe.generation == generation);
                        if !current.is_some_and(|pipe| write_request(&mut pipe.pipe, &request)) {
                            self.state().kill(index, generation);
                        }
                    }
                }
            }
        }
    }

    /// Returns the generation of the process to start, or the next request and the generation that gets it.
    fn next_outgoing(
        &self,
        index: usize,
        pipe: &mut Option<RequestPipe>,
    ) -> Option<Result<u64, (u64, WorkerRequest)>> {
        let outgoing = self.state().slots[index].take_outgoing();
        match outgoing {
            Outgoing::Start(generation) => Some(Ok(generation)),
            Outgoing::Request(generation, request) => Some(Err((generation, request))),
            Outgoing::Nothing(generation) => {
                // A worker ends when the pipe to it is closed.
                pipe.take_if(|pipe| pipe.generation != generation);
                None
            }
        }
    }

    /// Starts a process.
    fn start(self: &Arc<Self>, index: usize, generation: u64) -> Option<RequestPipe> {
        match self.try_start(index, generation) {
            Ok(pipe) => Some(RequestPipe { generation, pipe }),
            Err(error) => {
                self.end(index, generation, &EndCause::NotStarted(error.to_string()));
                None
            }
        }
    }

    fn try_start(self: &Arc<Self>, index: usize, generation: u64) -> io::Result<Box<dyn Write + Send>> {
        let LaunchedWorker { requests, responses, control } = self.launcher.launch()?;
        self.install(index, generation, control.clone());
        let (supervisor, process) = (self.clone(), control.clone());
        let reader = WorkerBuilder::new(format!("encode worker {}", index + 1));
        let body = move |_: Inbox<Infallible>| {
            supervisor.read_responses(index, generation, responses, &*process);
        };
        let started = reader.spawn(body);
        // Without the thread, nothing else waits for the end of the process.
        started.inspect_err(|_| {
            control.kill();
            control.wait();
        })?;
        Ok(requests)
    }

    /// Makes a process the current one. It is killed if it is no longer needed.
    fn install(&self, index: usize, generation: u64, control: Arc<dyn WorkerControl>) {
        let mut state = self.state();
        let is_needed = state.slots[index].generation == generation && !state.is_shut_down;
        if is_needed { state.slots[index].on_start(control) } else { control.kill() }
    }

    /// Reads the responses of a process and waits for its end.
    fn read_responses(
        self: &Arc<Self>,
        index: usize,
        generation: u64,
        responses: impl Read,
        process: &dyn WorkerControl,
    ) {
        let violation = self.receive_all(index, generation, responses).err();
        process.kill();
        process.wait_for_exit();
        self.measure(index, generation, process);
        let exit = process.wait();
        let cause = match violation {
            Some(violation) => violation.into(),
            None => EndCause::Died { how: exit.status, is_own_fault: exit.is_own_fault },
        };
        self.end(index, generation, &cause);
    }

    /// Receives responses until the pipe is closed.
    ///
    /// # Errors
    /// Returns how the process violates the protocol.
    fn receive_all(&self, index: usize, generation: u64, responses: impl Read) -> Result<(), Violation> {
        let mut responses = BufReader::new(responses);
        loop {
            match read_message(&mut responses) {
                Ok(Some(response)) => self.receive(index, generation, response)?,
                Err(error) if error.kind() == ErrorKind::InvalidData => {
                    return Err(Violation::NoMessage(error));
                }
                // A message that is torn is a consequence of the death, whose cause the exit status says.
                Ok(None) | Err(_) => return Ok(()),
            }
        }
    }

    fn receive(&self, index: usize, generation: u64, response: WorkerResponse) -> Result<(), Violation> {
        let mut state = self.state();
        let slot = &mut state.slots[index];
        let answered = if slot.generation == generation { slot.on_response(&response)? } else { None };
        drop(state);
        let result = match response {
            WorkerResponse::Failed { reason, .. } => Err(JobError::LeftOut(reason)),
            response => Ok(response),
        };
        answered.into_iter().for_each(|pending| pending.reply.send(result.clone()));
        Ok(())
    }

    /// Ends the use of a process.
    fn end(self: &Arc<Self>, index: usize, generation: u64, cause: &EndCause) {
        let report = self.state().end(index, generation, cause);
        report.deliver();
        // The writing thread closes the pipe.
        self.threads().writers.get(index).into_iter().flatten().for_each(Worker::wake);
    }

    /// Looks after all processes, once in every [`TICK`].
    pub fn tick(&self) {
        let running = self.state().running();
        running.iter().for_each(|(index, generation, process)| self.measure(*index, *generation, &**process));
        let (reports, suppressed) = {
            let mut state = self.state();
            let reports = state.tick();
            let now = state.now;
            (reports, state.log_limit.take_report(now))
        };
        if !reports.is_empty() {
            // The writing threads close the pipes.
            self.threads().writers.iter().flatten().for_each(Worker::wake);
        }
        reports.into_iter().for_each(EndReport::deliver);
        suppressed.inspect(|count| log::warn!("{count} more encode workers died"));
    }

    /// Measures what a process uses. Reads files of the kernel, so that the state is not locked meanwhile.
    fn measure(&self, index: usize, generation: u64, process: &dyn WorkerControl) {
        let Some(pid) = process.pid() else { return };
        let usage = process_usage::measure_process(pid);
        let mut state = self.state();
        if state.slots[index].generation == generation {
            state.slots[index].on_usage(usage);
        }
    }

    /// Kills all processes and ends all threads. Later jobs fail.
    pub fn shut_down(&self) {
        let reports = self.state().shut_down();
        reports.into_iter().for_each(EndReport::deliver);
        let threads = std::mem::take(&mut *self.threads());
        drop(threads);
    }
}

/// Writes a request. Returns whether that succeeded.
fn write_request(pipe: &mut impl Write, request: &WorkerRequest) -> bool {
    encode(request).and_then(|bytes| pipe.write_all(&bytes)).is_ok()
}
