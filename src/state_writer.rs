//! Writes a state file on a thread of its own: the newest content, tried again until it is on disk.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use log::{info, warn};

use crate::log_limiter::RECOVERY;
use crate::worker::{Inbox, InboxEvent, WhenFull, Worker, WorkerBuilder};

/// How often a failed write is tried again while nothing changes.
const RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// A state file, and the content that is not in it yet.
pub struct StateWriter<T> {
    path: PathBuf,
    /// What the file contains, for the log, such as `the statistics`.
    content: &'static str,
    save: fn(&Path, &T) -> io::Result<()>,
    /// The latest content, until it is on disk.
    unwritten: Option<T>,
    failed: bool,
}

impl<T: Send + 'static> StateWriter<T> {
    /// Creates a writer that replaces the file at `path` with `save`. `content` says for the log what it
    /// contains.
    pub fn new(path: PathBuf, content: &'static str, save: fn(&Path, &T) -> io::Result<()>) -> Self {
        Self { path, content, save, unwritten: None, failed: false }
    }

    /// Starts the thread of this name, which writes the newest content that it is sent.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(self, name: &'static str) -> io::Result<Worker<T>> {
        WorkerBuilder::new(name).queue(1, WhenFull::KeepNewest).spawn(move |jobs| self.work(&jobs))
    }

    fn work(mut self, jobs: &Inbox<T>) {
        loop {
            let next = if self.failed { jobs.next_within(RETRY_INTERVAL) } else { jobs.next() };
            match next {
                InboxEvent::Job(content) => {
                    self.unwritten = Some(content);
                    self.write();
                }
                InboxEvent::Flush | InboxEvent::Timeout => self.write(),
                InboxEvent::Closed => return self.write(),
            }
        }
    }

    /// Writes what is not on disk yet. Logs the first failure, until a write succeeds.
    fn write(&mut self) {
        let Some(content) = self.unwritten.take() else { return };
        let (path, what) = (self.path.display(), self.content);
        match (self.save)(&self.path, &content) {
            Ok(()) if std::mem::take(&mut self.failed) => {
                info!(target: RECOVERY, "{what} are stored in {path} again");
            }
            Ok(()) => {}
            Err(error) => {
                if !std::mem::replace(&mut self.failed, true) {
                    warn!("cannot store {what} in {path}: {error}");
                }
                self.unwritten = Some(content);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn failed_write_is_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("missing").join("state");
        let mut writer =
            StateWriter::new(path.clone(), "the texts", |path, text: &String| fs::write(path, text));
        writer.unwritten = Some("one".to_owned());
        writer.write();
        assert!(writer.failed && writer.unwritten.is_some());
        fs::create_dir(folder.path().join("missing")).expect("room");
        writer.write();
        assert!(!writer.failed && writer.unwritten.is_none());
        assert_eq!(fs::read_to_string(&path).expect("a file"), "one");
    }
}
