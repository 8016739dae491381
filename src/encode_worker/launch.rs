//! Starting the process of an encode worker.

use std::env;
use std::fmt;
use std::io::{self, Read, Write, pipe};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

use super::framing::read_message;
use super::process::SUBCOMMAND;
use super::serve::{JobFactory, serve};
use crate::signals;
use crate::worker::{Inbox, WorkerBuilder};

/// How encode workers run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launch {
    /// As processes of this program.
    Process,
    /// As processes of the program in this file, for tests, whose own program is not coldwave.
    Program(PathBuf),
    /// On threads of this process, for tests.
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

    /// Waits until the process has ended. Its statistics remain until [`wait`](Self::wait).
    fn wait_for_exit(&self);

    /// Waits until the process has ended, and removes it from the process table.
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

/// Runs workers as processes of this program.
#[derive(Debug, Clone)]
pub struct ProcessLauncher {
    program: PathBuf,
}

impl ProcessLauncher {
    /// Creates a launcher of the program in this file.
    pub const fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// Creates a launcher of the program that runs, even if its file was replaced by another version.
    pub fn of_own_program() -> Self {
        let path = if cfg!(target_os = "linux") { None } else { env::current_exe().ok() };
        Self::new(path.unwrap_or_else(|| "/proc/self/exe".into()))
    }
}

impl Launcher for ProcessLauncher {
    fn launch(&self) -> io::Result<LaunchedWorker> {
        let mut command = Command::new(&self.program);
        command.arg0("coldwave").arg(SUBCOMMAND);
        // It needs nothing of the environment.
        command.env_clear();
        // A key such as Ctrl-C ends the server, which then ends the worker.
        command.process_group(0);
        // LAME prints what it thinks of its input.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (requests, responses) = pipes.expect("both are pipes");
        let control = Arc::new(ProcessControl { pid: child.id(), child: Mutex::new(child) });
        Ok(LaunchedWorker { requests: Box::new(requests), responses: Box::new(responses), control })
    }
}

/// A worker in a process.
#[derive(Debug)]
struct ProcessControl {
    pid: u32,
    /// Locked for moments only: nothing waits under the lock.
    child: Mutex<Child>,
}

impl ProcessControl {
    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorkerControl for ProcessControl {
    fn pid(&self) -> Option<u32> {
        Some(self.pid)
    }

    fn kill(&self) {
        // After `wait`, this does nothing, so it never hits another process with the same number.
        let _ = self.child().kill();
    }

    fn wait_for_exit(&self) {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return };
        let exited = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), exited).is_err_and(|error| error == Errno::INTR) {}
    }

    fn wait(&self) -> WorkerExit {
        self.wait_for_exit();
        match self.child().wait() {
            Ok(status) => WorkerExit::from_status(status),
            Err(error) => WorkerExit { status: format!("its end is unknown ({error})"), is_own_fault: false },
        }
    }
}

impl WorkerExit {
    fn from_status(status: ExitStatus) -> Self {
        // SIGKILL comes from another process or from the kernel when memory runs out, unless this server sent
        // it. The others come from another process, before the worker is prepared for them.
        let is_sent = |sent| signals::handled().chain([Signal::KILL.as_raw()]).any(|signal| signal == sent);
        let is_own_fault = !status.signal().is_some_and(is_sent);
        Self { status: status.to_string().replacen(": ", " ", 1), is_own_fault }
    }
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

    fn wait_for_exit(&self) {}

    fn wait(&self) -> WorkerExit {
        WorkerExit { status: "it ended".into(), is_own_fault: true }
    }
}
