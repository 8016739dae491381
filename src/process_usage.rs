//! The resources that the process uses. A separate thread measures them, because reading the files of the
//! kernel would block the event loop.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::worker::{Inbox, InboxEvent, WorkerBuilder};

/// Interval between two measurements: three in each default scrape interval of Prometheus.
const MEASURE_INTERVAL: Duration = Duration::from_secs(5);

/// What is added to the score by which the kernel chooses a process to kill when memory runs out: as if the
/// process used half of the memory more.
#[cfg(target_os = "linux")]
const OOM_SCORE_OF_HELPER: i16 = 500;

/// Marks a number that the system does not report; no real value is this large.
const UNKNOWN: u64 = u64::MAX;

/// The resources that the process uses; `None` if the system does not report a value.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProcessUsage {
    /// Resident memory in bytes.
    pub resident_bytes: Option<u64>,
    /// Processor time of all threads since the start, in milliseconds.
    pub cpu_ms: Option<u64>,
    /// Open file descriptors, including sockets.
    pub open_files: Option<u64>,
}

/// The latest measurement, written by the thread.
#[derive(Debug, Default)]
struct LatestUsage {
    resident_bytes: AtomicU64,
    cpu_ms: AtomicU64,
    open_files: AtomicU64,
}

/// Starts a thread that measures. Returns a function that returns the latest measurement without blocking:
/// `first` until the thread has measured. The thread ends when the function is dropped.
///
/// # Errors
/// Returns an error if no thread can be started.
pub fn start(first: ProcessUsage) -> io::Result<Box<dyn Fn() -> ProcessUsage>> {
    let latest = Arc::new(LatestUsage::default());
    let measured = latest.clone();
    latest.store(first);
    let worker = WorkerBuilder::new("vitals").spawn(move |inbox: Inbox<Infallible>| {
        loop {
            latest.store(measure());
            if inbox.next_within(MEASURE_INTERVAL) == InboxEvent::Closed {
                return;
            }
        }
    })?;
    Ok(Box::new(move || {
        let _alive = &worker;
        measured.load()
    }))
}

impl LatestUsage {
    fn store(&self, usage: ProcessUsage) {
        let ProcessUsage { resident_bytes, cpu_ms, open_files } = usage;
        self.resident_bytes.store(resident_bytes.unwrap_or(UNKNOWN), Ordering::Relaxed);
        self.cpu_ms.store(cpu_ms.unwrap_or(UNKNOWN), Ordering::Relaxed);
        self.open_files.store(open_files.unwrap_or(UNKNOWN), Ordering::Relaxed);
    }

    fn load(&self) -> ProcessUsage {
        let known =
            |latest: &AtomicU64| Some(latest.load(Ordering::Relaxed)).filter(|value| *value != UNKNOWN);
        ProcessUsage {
            resident_bytes: known(&self.resident_bytes),
            cpu_ms: known(&self.cpu_ms),
            open_files: known(&self.open_files),
        }
    }
}

/// Measures the resources of this process. Blocks for a moment.
#[cfg(target_os = "linux")]
pub fn measure() -> ProcessUsage {
    let Ok(process) = procfs::process::Process::myself() else { return ProcessUsage::default() };
    let open_files = process.fd_count().ok().map(|count| count as u64);
    ProcessUsage { open_files, ..usage_of_process(&process) }
}

/// Returns the resources that another process uses, without its open files. Blocks for a moment.
#[cfg(target_os = "linux")]
pub fn measure_process(pid: u32) -> ProcessUsage {
    let process = i32::try_from(pid).ok().and_then(|pid| procfs::process::Process::new(pid).ok());
    process.as_ref().map(usage_of_process).unwrap_or_default()
}

#[cfg(target_os = "linux")]
fn usage_of_process(process: &procfs::process::Process) -> ProcessUsage {
    let stat = process.stat().ok();
    let cpu_ms = |ticks: u64| ticks * 1000 / procfs::ticks_per_second().max(1);
    ProcessUsage {
        resident_bytes: stat.as_ref().map(|stat| stat.rss * procfs::page_size()),
        cpu_ms: stat.as_ref().map(|stat| cpu_ms(stat.utime + stat.stime)),
        open_files: None,
    }
}

/// Makes the kernel kill this process rather than its parent when memory runs out. Without effect where that
/// is not allowed.
#[cfg(target_os = "linux")]
pub fn prefer_for_oom_kill() {
    let Ok(process) = procfs::process::Process::myself() else { return };
    let _ = process.set_oom_score_adj(OOM_SCORE_OF_HELPER);
}

#[cfg(not(target_os = "linux"))]
pub fn measure() -> ProcessUsage {
    ProcessUsage::default()
}

#[cfg(not(target_os = "linux"))]
pub fn measure_process(_: u32) -> ProcessUsage {
    ProcessUsage::default()
}

#[cfg(not(target_os = "linux"))]
pub fn prefer_for_oom_kill() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn usage_of_the_process_is_measured() {
        let usage = start(measure()).expect("the measurement starts")();
        assert!(usage.resident_bytes.is_some_and(|bytes| bytes > 1_000_000), "{usage:?}");
        assert!(usage.open_files.is_some_and(|files| files >= 3), "{usage:?}");
        // A process that has just started may have used less than one tick.
        assert!(usage.cpu_ms.is_some(), "{usage:?}");
    }
}
