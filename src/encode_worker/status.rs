//! What is known about encode workers and about the jobs of a station, for pages and metrics.

use std::path::PathBuf;
use std::time::Duration;

/// An encode worker, whether its process runs or not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkerStatus {
    /// The number of the worker: 1, 2 …
    pub slot: usize,
    /// The process, while it runs.
    pub pid: Option<u32>,
    /// How often a process was started.
    pub starts: u64,
    /// How often a process died or was killed because it did not answer.
    pub deaths: u64,
    /// The processor time of all its processes so far.
    pub cpu: Duration,
    /// The resident memory of the process in bytes; 0 while none runs.
    pub resident_bytes: u64,
    /// The number of open jobs.
    pub jobs: usize,
    /// The stations that use it.
    pub stations: Vec<String>,
    /// What it does.
    pub state: WorkerState,
}

/// What an encode worker does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WorkerState {
    /// No process runs, because there is nothing to do.
    #[default]
    Stopped,
    /// A process is being started.
    Starting,
    /// The process runs.
    Running,
    /// The process died too often. The next one starts after this time at the earliest.
    Waiting(Duration),
}

impl WorkerState {
    /// Returns the name for pages and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Waiting(_) => "waiting",
        }
    }
}

/// The jobs of a station so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncoderStatus {
    /// MP3 frames that were encoded.
    pub frames: u64,
    /// How long they play.
    pub encoded: Duration,
    /// How often a worker died while the station had a job there.
    pub restarts: u64,
    /// The latest files that are left out because they killed a worker twice, at most
    /// [`LEFT_OUT_MAX`](Self::LEFT_OUT_MAX).
    pub left_out: Vec<PathBuf>,
    /// The latest error.
    pub last_error: Option<String>,
}

impl EncoderStatus {
    /// The most files in [`left_out`](Self::left_out).
    pub const LEFT_OUT_MAX: usize = 20;

    /// Adds a file that is left out.
    pub(super) fn leave_out(&mut self, file: PathBuf) {
        self.left_out.retain(|known| *known != file);
        if self.left_out.len() == Self::LEFT_OUT_MAX {
            self.left_out.remove(0);
        }
        self.left_out.push(file);
    }
}
