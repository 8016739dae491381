//! Tests of the pool with workers on threads that have faults.

mod deaths;
mod faulty;
mod files;
mod ladders;
mod messages;
mod no_jobs;
mod sharing;
mod streams;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::pool_state::ANSWER_TICKS_MAX;
use super::{EncodePool, EncodedFile, JobError, StationEncoder};
use crate::transcode::{FileJob, FileOutput, TargetFormat};
use crate::worker::{InboxEvent, WorkerBuilder};
use faulty::{Faults, FaultyLauncher};

/// The time limit for events that happen at once. Only a failing test waits this long.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// The format of all tests.
const FORMAT: TargetFormat = TargetFormat { rate: 44_100, channels: 2, kbps: 128 };

/// A pool of workers with faults, and a folder for files.
struct FaultyPool {
    pool: EncodePool,
    faults: Arc<Faults>,
    folder: tempfile::TempDir,
}

impl FaultyPool {
    fn new(max_workers: usize) -> Self {
        let faults = Arc::new(Faults::default());
        let pool = EncodePool::with_launcher(max_workers, Box::new(FaultyLauncher(faults.clone())));
        Self { pool, faults, folder: tempfile::tempdir().expect("a folder") }
    }

    /// Creates a file.
    fn file(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, name).expect("the folder is writable");
        path
    }

    fn job(&self, name: &str) -> FileJob {
        let output = FileOutput::Mp3 { format: FORMAT, gain_db: None };
        FileJob { path: self.file(name), output, skip_frames: 0 }
    }

    fn open(&self, station: &StationEncoder, name: &str) -> EncodedFile {
        station.open_file(self.job(name), None).expect("an open file").0
    }

    /// Lets time pass.
    fn tick(&self, ticks: u32) {
        (0..ticks).for_each(|_| self.pool.supervisor().tick());
    }

    /// Calls `request` on another thread. When it hangs, lets enough time pass for the worker to be killed.
    /// Returns what it returned.
    fn time_out<T: Send + 'static>(&self, request: impl FnOnce() -> T + Send + 'static) -> T {
        let result = self.call_hanging(request);
        self.tick(ANSWER_TICKS_MAX + 1);
        result()
    }

    /// Calls `request` on another thread, and waits until it hangs. Returns a function that waits for what it
    /// returns.
    fn call_hanging<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(
        &self,
        request: F,
    ) -> impl FnOnce() -> T + use<T, F> {
        let (send, result) = std::sync::mpsc::channel();
        let caller = WorkerBuilder::new("caller").spawn(move |_: crate::worker::Inbox<()>| {
            let _ = send.send(request());
        });
        let caller = caller.expect("a thread");
        wait_until("the job hangs", || self.faults.is_hanging());
        // The worker has sent it, but the pool may not have read it yet.
        wait_until("the first message is read", || {
            let state = self.pool.supervisor().state();
            state.slots.iter().filter(|slot| slot.process.is_some()).all(|slot| slot.has_said_hello)
        });
        move || {
            let result = result.recv_timeout(TEST_TIMEOUT).expect("the call returns");
            drop(caller);
            result
        }
    }

    fn starts(&self) -> u64 {
        self.pool.workers().iter().map(|worker| worker.starts).sum()
    }

    fn deaths(&self) -> u64 {
        self.pool.workers().iter().map(|worker| worker.deaths).sum()
    }
}

impl Drop for FaultyPool {
    fn drop(&mut self) {
        self.faults.release();
    }
}

/// Waits until `is_true`, which becomes true soon.
#[track_caller]
fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    // A thread without a job is a timer.
    let (_timer, inbox) = WorkerBuilder::new("timer").channel::<()>();
    for _ in 0..TEST_TIMEOUT.as_millis() {
        if is_true() {
            return;
        }
        assert_eq!(inbox.next_within(Duration::from_millis(1)), InboxEvent::Timeout);
    }
    panic!("{what}: not within {TEST_TIMEOUT:?}");
}

/// Returns how often the file of a failed job has killed a worker.
#[track_caller]
fn times<T: std::fmt::Debug>(result: Result<T, JobError>) -> u32 {
    match result {
        Err(JobError::Died { times, .. }) => times,
        other => panic!("not a death: {other:?}"),
    }
}
