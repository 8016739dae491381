//! Starting the process of an encode worker.

use std::fmt;
use std::io::{self, Read, Write, pipe};
use std::sync::Arc;

use super::framing::read_message;
use super::serve::{JobFactory, serve};
use crate::worker::{Inbox, WorkerBuilder};

/// How encode workers run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Launch {
    /// As processes of this program.
    Process,
    /// On threads of this process, for tests, whose program is not coldwave.
    Thread,
}

/// Starts workers.
pub trait Launcher: Send + Sync {
    /// Starts a worker.
    ///
    /// # Errors
    /// If the system cannot start another process or thread.
    fn launch(&self) -> io::Result<LaunchedWorker>;
}

/// A worker that was just started.
pub struct LaunchedWorker {
    /// Where to write requests.
    pub requests: Box<dyn Write + Send>,
    /// Where to read responses.
    pub responses: Box<dyn Read + Send>,
    /// The process.
    pub control: Arc<dyn WorkerControl>,
}

/// Ends a worker and waits for its end.
pub trait WorkerControl: Send + Sync + fmt::Debug {
    /// Returns the number of the process, if it is one.
    fn pid(&self) -> Option<u32>;

    /// Kills the process. Does nothing if it has ended.
    fn kill(&self);

    /// Waits for the end of the process.
    fn wait(&self) -> WorkerExit;
}

/// How a worker ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerExit {
    /// The exit status or the signal: `signal 6 (SIGABRT)`.
    pub status: String,
    /// Whether its own code ended it, not another process or the kernel's out-of-memory killer.
    pub is_own_fault: bool,
}

/// Runs workers on threads.
pub struct ThreadLauncher<M> {
    make: M,
}

impl<M> ThreadLauncher<M> {
    /// Creates a launcher whose workers get their jobs from `make`.
    pub const fn new(make: M) -> Self {
        Self { make }
    }
}

impl<F: JobFactory + 'static, M: Fn() -> F + Send + Sync> Launcher for ThreadLauncher<M>
where
    F: Send,
{
    fn launch(&self) -> io::Result<LaunchedWorker> {
        let (mut requests_in, requests) = pipe()?;
        let (responses, responses_out) = pipe()?;
        let factory = (self.make)();
        WorkerBuilder::new("encode worker").spawn(move |_: Inbox<()>| {
            let requests = std::iter::from_fn(|| read_message(&mut requests_in).ok().flatten());
            // A failed write means that the other end is gone.
            let _ = serve(requests, responses_out, factory);
        })?;
        let control = Arc::new(ThreadControl);
        Ok(LaunchedWorker { requests: Box::new(requests), responses: Box::new(responses), control })
    }
}

/// A worker on a thread, which cannot be killed. It ends when its pipes do.
#[derive(Debug)]
struct ThreadControl;

impl WorkerControl for ThreadControl {
    fn pid(&self) -> Option<u32> {
        None
    }

    fn kill(&self) {}

    fn wait(&self) -> WorkerExit {
        WorkerExit { status: "its thread ended".into(), is_own_fault: true }
    }
}
