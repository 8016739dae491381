//! Files to which lines are appended: the log, the access log and others like it.
//!
//! A thread for each file writes it, so that a full or unresponsive disk costs lines and does not affect
//! listeners.

mod file;
mod kind;
pub mod time_zone;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use log::warn;

use crate::settings::LogRotation;
use crate::worker::{Inbox, InboxEvent, ThreadWatch, WhenFull, Worker, WorkerBuilder};
use file::LogFile;
pub use kind::{Fallback, LogKind};

/// The most lines that wait to be written. Further lines are dropped and counted.
const QUEUE_MAX: usize = 4096;

/// The shortest time between two reports of dropped lines.
const REPORT_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// How long shutdown waits until the last lines are written.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(300);

/// A line of a log. It is rendered on the thread that writes it, which alone may look up the time zone.
pub trait LogLine: Send + Sized + 'static {
    /// The first lines of each file, with the ends of the lines; empty for none.
    const HEADER: &'static str = "";

    /// Returns the text, with the end of the line.
    fn render(self, zone: &TimeZone) -> String;
}

/// Appends lines to a file. Clones write to the same one.
#[derive(Debug)]
pub struct LogWriter<L: LogLine> {
    worker: Worker<L>,
    /// Set when the file must be reopened under its name, for example after log rotation renamed it. This is
    /// a flag and not a job, because jobs can be dropped.
    reopen: Arc<AtomicBool>,
}

impl<L: LogLine> Clone for LogWriter<L> {
    fn clone(&self) -> Self {
        Self { worker: self.worker.clone(), reopen: self.reopen.clone() }
    }
}

impl<L: LogLine> LogWriter<L> {
    /// Opens the file to append lines.
    ///
    /// # Errors
    /// Returns one sentence if the file cannot be opened, or the system cannot start a thread.
    pub fn open(kind: LogKind, path: &Path, rotation: LogRotation) -> Result<Self, String> {
        let opened = LogFile::open(kind, path, rotation).and_then(|file| Self::start(kind, file));
        opened.map_err(|error| format!("cannot open the {} {}: {error}", kind.name, path.display()))
    }

    /// Opens the file to append lines. If that is not possible, the log says so, and it is tried again until
    /// it is.
    ///
    /// # Errors
    /// Returns one sentence if the system cannot start a thread.
    pub fn open_when_possible(kind: LogKind, path: &Path, rotation: LogRotation) -> Result<Self, String> {
        let file = LogFile::open_when_possible(kind, path, rotation);
        Self::start(kind, file)
            .map_err(|error| format!("cannot write the {} {}: {error}", kind.name, path.display()))
    }

    fn start(kind: LogKind, file: LogFile) -> io::Result<Self> {
        let file = file.with_header(L::HEADER);
        let reopen = Arc::new(AtomicBool::new(false));
        let writer = LogThread { kind, file, reopen: reopen.clone(), reported: DroppedReport::new() };
        let builder = WorkerBuilder::new(kind.name).queue(QUEUE_MAX, WhenFull::Drop);
        Ok(Self { worker: builder.spawn(move |lines| writer.work(&lines))?, reopen })
    }

    /// Adds a line. It never blocks. A line that is dropped is counted.
    pub fn add(&self, line: L) {
        drop(self.worker.send(line));
    }

    /// Returns how many lines were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.worker.dropped()
    }

    /// Reopens the file under its name, after log rotation.
    pub fn reopen(&self) {
        self.reopen.store(true, Ordering::Relaxed);
        self.worker.wake();
    }

    /// Returns the thread that writes, which ends when the file is no longer used.
    pub fn watch(&self) -> ThreadWatch {
        self.worker.watch()
    }

    /// Waits until all lines sent so far are written, for a limited time.
    pub fn flush(&self) {
        self.worker.flush(FLUSH_TIMEOUT);
    }
}

/// What the thread of a log has.
struct LogThread {
    kind: LogKind,
    file: LogFile,
    reopen: Arc<AtomicBool>,
    reported: DroppedReport,
}

impl LogThread {
    fn work<L: LogLine>(mut self, lines: &Inbox<L>) {
        loop {
            let next = lines.next();
            if self.reopen.swap(false, Ordering::Relaxed) {
                self.file.reopen();
            }
            if matches!(next, InboxEvent::Closed) {
                self.reported.at = Timestamp::MIN;
            }
            if let Some(dropped) = self.reported.due(lines.dropped(), Timestamp::now()) {
                warn!("the {} could not be written fast enough: {dropped} lines dropped", self.kind.name);
            }
            match next {
                InboxEvent::Job(line) => self.file.add(line.render(&TimeZone::system()).as_bytes()),
                InboxEvent::Flush | InboxEvent::Timeout => self.file.flush(),
                InboxEvent::Closed => return,
            }
        }
    }
}

/// How many dropped lines were already reported, and when.
struct DroppedReport {
    count: u64,
    at: Timestamp,
}

impl DroppedReport {
    fn new() -> Self {
        Self { count: 0, at: Timestamp::MIN }
    }

    /// Returns how many lines are to be reported now, at most once in [`REPORT_INTERVAL`].
    fn due(&mut self, dropped: u64, now: Timestamp) -> Option<u64> {
        if dropped == self.count || now.duration_since(self.at) < REPORT_INTERVAL {
            return None;
        }
        self.at = now;
        Some(dropped - std::mem::replace(&mut self.count, dropped))
    }
}

#[cfg(test)]
mod tests;
