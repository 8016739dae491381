//! The encode workers of the server.

use std::num::NonZero;
use std::sync::Arc;

use super::launch::{Launch, Launcher, ThreadLauncher};
use super::no_jobs::NoJobs;
use super::station_encoder::StationEncoder;
use super::status::WorkerStatus;
use super::supervisor::{PoolHandle, Supervisor};

/// The encode workers of the server. Clones share them. Nothing is started before the first job. Processes end
/// when the last clone and the last [`StationEncoder`] are dropped, or at [`shut_down`](Self::shut_down).
#[derive(Clone)]
pub struct EncodePool {
    handle: Arc<PoolHandle>,
}

impl EncodePool {
    /// Creates a pool of at most `max_workers` processes, at least one.
    pub fn new(max_workers: usize, launch: Launch) -> Self {
        let launcher: Box<dyn Launcher> = match launch {
            Launch::Process | Launch::Thread => Box::new(ThreadLauncher::new(|| NoJobs)),
        };
        Self::with_launcher(max_workers, launcher)
    }

    fn with_launcher(max_workers: usize, launcher: Box<dyn Launcher>) -> Self {
        Self { handle: Arc::new(PoolHandle::new(Supervisor::new(max_workers, launcher))) }
    }

    /// Returns the default for the number of processes: one less than the machine has cores, at least one, so that a
    /// core is left for the event loop.
    pub fn default_max() -> usize {
        std::thread::available_parallelism().map_or(1, NonZero::get).saturating_sub(1).max(1)
    }

    /// Returns a station that has no jobs yet. `label` names it in the log.
    pub fn station(&self, label: &str) -> StationEncoder {
        StationEncoder::new(self.handle.clone(), label)
    }

    /// Returns what is known about each worker that there may be.
    pub fn workers(&self) -> Vec<WorkerStatus> {
        self.handle.supervisor().state().workers()
    }

    /// Kills all processes. All jobs, also later ones, fail as [`Unavailable`](super::JobError::Unavailable).
    pub fn shut_down(&self) {
        self.handle.supervisor().shut_down();
    }
}
