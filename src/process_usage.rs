//! What the process itself needs of the machine, as a thread of its own finds out: the system's files on it are read
//! elsewhere than in the loop.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::worker::{Inbox, InboxEvent, WorkerBuilder};

/// How often it is looked: three times between two looks of a Prometheus as it is set up by default.
const MEASURE_INTERVAL: Duration = Duration::from_secs(5);

/// What stands for a number that the system does not tell: none is so large.
const UNKNOWN: u64 = u64::MAX;

/// What the process needs; `None` where the system does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProcessUsage {
    /// Memory, in bytes.
    pub resident_bytes: Option<u64>,
    /// Processor time so far, of all threads, in milliseconds.
    pub cpu_ms: Option<u64>,
    /// Open files, sockets among them.
    pub open_files: Option<u64>,
}

/// The latest, written by the thread.
#[derive(Debug, Default)]
struct LatestUsage {
    resident_bytes: AtomicU64,
    cpu_ms: AtomicU64,
    open_files: AtomicU64,
}

/// Begins to measure, and returns what reads the latest measurement without waiting for anything. The thread ends when
/// that is dropped.
///
/// # Errors
/// When the system gives us no thread.
pub fn start() -> io::Result<Box<dyn Fn() -> ProcessUsage>> {
    let latest = Arc::new(LatestUsage::default());
    let measured = latest.clone();
    latest.store(measure());
    let worker = WorkerBuilder::new("vitals").spawn(move |inbox: Inbox<Infallible>| {
        while inbox.next_within(MEASURE_INTERVAL) != InboxEvent::Closed {
            latest.store(measure());
        }
    })?;
    Ok(Box::new(move || {
        let _alive = &worker;
        measured.load()
    }))
}

impl LatestUsage {
    fn store(&self, vitals: ProcessUsage) {
        let ProcessUsage { resident_bytes, cpu_ms, open_files } = vitals;
        self.resident_bytes.store(resident_bytes.unwrap_or(UNKNOWN), Ordering::Relaxed);
        self.cpu_ms.store(cpu_ms.unwrap_or(UNKNOWN), Ordering::Relaxed);
        self.open_files.store(open_files.unwrap_or(UNKNOWN), Ordering::Relaxed);
    }

    fn load(&self) -> ProcessUsage {
        let known = |of: &AtomicU64| Some(of.load(Ordering::Relaxed)).filter(|value| *value != UNKNOWN);
        ProcessUsage {
            resident_bytes: known(&self.resident_bytes),
            cpu_ms: known(&self.cpu_ms),
            open_files: known(&self.open_files),
        }
    }
}

#[cfg(target_os = "linux")]
fn measure() -> ProcessUsage {
    let Ok(process) = procfs::process::Process::myself() else { return ProcessUsage::default() };
    let stat = process.stat().ok();
    let cpu_ms = |ticks: u64| ticks * 1000 / procfs::ticks_per_second().max(1);
    ProcessUsage {
        resident_bytes: stat.as_ref().map(|stat| stat.rss * procfs::page_size()),
        cpu_ms: stat.as_ref().map(|stat| cpu_ms(stat.utime + stat.stime)),
        open_files: process.fd_count().ok().map(|count| count as u64),
    }
}

#[cfg(not(target_os = "linux"))]
fn look() -> ProcessUsage {
    ProcessUsage::default()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_what_the_process_needs() {
        let vitals = start().expect("it starts")();
        assert!(vitals.resident_bytes.is_some_and(|bytes| bytes > 1_000_000), "{vitals:?}");
        assert!(vitals.open_files.is_some_and(|files| files >= 3), "{vitals:?}");
        // A process that has just begun may have used less than it is counted in.
        assert!(vitals.cpu_ms.is_some(), "{vitals:?}");
    }
}
