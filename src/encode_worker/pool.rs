//! The encode workers of the server.

use super::launch::{Launch, Launcher, ProcessLauncher, ThreadLauncher};
use super::pool_handle::PoolHandle;
use super::station_encoder::StationEncoder;
use super::status::WorkerStatus;
use super::supervisor::Supervisor;
use super::transcoders::Transcoders;
use crate::worker::available_cores;

/// The encode workers of the server. Clones share them. Nothing is started before the first job. Processes
/// end when the last clone and the last [`StationEncoder`] are dropped, or at [`shut_down`](Self::shut_down).
#[derive(Clone)]
pub struct EncodePool {
    handle: PoolHandle,
}

impl EncodePool {
    /// Creates a pool of at most `max_workers` processes, at least one.
    pub fn new(max_workers: usize, launch: Launch) -> Self {
        let launcher: Box<dyn Launcher> = match launch {
            Launch::Process => Box::new(ProcessLauncher::of_own_program()),
            Launch::Program(path) => Box::new(ProcessLauncher::new(path)),
            Launch::Thread => Box::new(ThreadLauncher::new(|| Transcoders)),
        };
        Self::with_launcher(max_workers, launcher)
    }

    /// Creates a pool that starts workers in another way.
    pub(super) fn with_launcher(max_workers: usize, launcher: Box<dyn Launcher>) -> Self {
        Self { handle: PoolHandle::new(Supervisor::new(max_workers, launcher)) }
    }

    /// Returns the default for the number of processes: one less than the machine has cores, so that a core
    /// is left for the event loop, at least one. With renditions it is at least two, so that their encoder
    /// does not wait for a process that reads files from a slow disk.
    pub fn default_max(has_renditions: bool) -> usize {
        (available_cores() - 1).max(if has_renditions { 2 } else { 1 })
    }

    /// Returns a station that has no jobs yet. `label` names it in the log.
    pub fn station(&self, label: &str) -> StationEncoder {
        StationEncoder::new(self.handle.clone(), label)
    }

    /// Changes the most processes, at least one. If there are more, each of those ends when its jobs have
    /// ended.
    pub fn set_max(&self, max_workers: usize) {
        self.handle.supervisor().state().set_max(max_workers);
    }

    /// Returns what is known about each worker that there may be or that has run.
    pub fn workers(&self) -> Vec<WorkerStatus> {
        self.handle.supervisor().state().workers()
    }

    /// Returns the threads and the state, for tests of time.
    #[cfg(test)]
    pub(super) fn supervisor(&self) -> &Supervisor {
        self.handle.supervisor()
    }

    /// Kills all processes. All jobs, also later ones, fail as [`Unavailable`](super::JobError::Unavailable).
    pub fn shut_down(&self) {
        self.handle.supervisor().shut_down();
    }
}
