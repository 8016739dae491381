//! A file to which lines are appended, with its rotation and its failures.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp, Zoned};
use log::{info, warn};

use super::kind::{Fallback, LogKind};
use crate::log_limiter::RECOVERY;
use crate::open_file;
use crate::settings::LogRotation;

/// The most bytes that wait for the next flush.
const PENDING_MAX: usize = 64 * 1024;

/// How often a file that could not be opened is tried again.
const RETRY_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// The most files of the same second that are kept.
const SAME_SECOND_MAX: u32 = 100;

/// A file to which lines are appended.
#[derive(Debug)]
pub struct LogFile {
    kind: LogKind,
    path: PathBuf,
    rotation: LogRotation,
    /// The first lines of each file.
    header: &'static str,
    /// `None` if it could not be opened.
    file: Option<File>,
    /// The bytes in the file, as far as known.
    size: u64,
    /// Lines for the next flush.
    pending: Vec<u8>,
    has_failed: bool,
    /// Whether another file is to be opened, which has failed. Until then, the old one is written.
    is_reopen_due: bool,
    /// Whether the file could not be renamed. It is not tried again before it is reopened.
    is_rotation_broken: bool,
    tried_at: Timestamp,
}

impl LogFile {
    pub fn open(kind: LogKind, path: &Path, rotation: LogRotation) -> io::Result<Self> {
        let mut file = Self::closed(kind, path, rotation);
        file.try_open()?;
        Ok(file)
    }

    /// Opens a file, or logs that this is not possible yet.
    pub fn open_when_possible(kind: LogKind, path: &Path, rotation: LogRotation) -> Self {
        let mut file = Self::closed(kind, path, rotation);
        let opened = file.try_open();
        opened.unwrap_or_else(|error| file.fail(&error));
        file
    }

    fn closed(kind: LogKind, path: &Path, rotation: LogRotation) -> Self {
        Self {
            kind,
            path: path.to_owned(),
            rotation,
            header: "",
            file: None,
            size: 0,
            pending: Vec::new(),
            has_failed: false,
            is_reopen_due: false,
            is_rotation_broken: false,
            tried_at: Timestamp::MIN,
        }
    }

    /// Begins each file with these lines.
    pub fn with_header(self, header: &'static str) -> Self {
        Self { header, ..self }
    }

    fn try_open(&mut self) -> io::Result<()> {
        self.tried_at = Timestamp::now();
        let file = open_file::append_log(&self.path)?;
        // What is in a device does not count.
        self.size = file.metadata().map_or(0, |metadata| metadata.len());
        (self.file, self.is_rotation_broken, self.is_reopen_due) = (Some(file), false, false);
        Ok(())
    }

    /// Adds a line, which the next flush writes.
    pub fn add(&mut self, line: &[u8]) {
        self.pending.extend_from_slice(line);
        if self.pending.len() >= PENDING_MAX {
            self.flush();
        }
    }

    /// Writes the lines that were added. Lines that cannot be written go to the fallback.
    pub fn flush(&mut self) {
        if Timestamp::now().duration_since(self.tried_at) >= RETRY_INTERVAL {
            self.retry();
        }
        self.add_header();
        match self.file.as_mut().map(|file| file.write_all(&self.pending)) {
            Some(Ok(())) => self.note_written(),
            Some(Err(error)) => {
                self.fail(&error);
                self.use_fallback();
            }
            None => self.use_fallback(),
        }
        self.pending.clear();
    }

    /// Opens a file again that could not be opened, or that was deleted.
    fn retry(&mut self) {
        let is_deleted = self.is_deleted();
        if self.file.is_some() && !self.is_reopen_due && !is_deleted {
            self.tried_at = Timestamp::now();
            return;
        }
        if let Err(error) = self.try_open() {
            // What is written to a deleted file is lost.
            self.file.take_if(|_| is_deleted);
            self.fail(&error);
        }
    }

    /// Returns whether the open file has no name any more. Devices never have one of their own.
    fn is_deleted(&self) -> bool {
        let metadata = self.file.as_ref().and_then(|file| file.metadata().ok());
        !self.path.starts_with("/dev") && metadata.is_some_and(|metadata| metadata.nlink() == 0)
    }

    /// Puts the header before the first line of a file.
    fn add_header(&mut self) {
        if self.size == 0 && self.file.is_some() && !self.pending.is_empty() {
            self.pending.splice(0..0, self.header.bytes());
        }
    }

    fn note_written(&mut self) {
        self.size += self.pending.len() as u64;
        if !self.pending.is_empty() && !self.is_reopen_due && std::mem::take(&mut self.has_failed) {
            info!(target: RECOVERY, "the {} {} is written again", self.kind.name, self.path.display());
        }
        if self.rotation.max_size.is_some_and(|max| self.size > max) && !self.is_rotation_broken {
            self.rotate();
        }
    }

    fn use_fallback(&self) {
        if self.kind.fallback == Fallback::Stderr {
            // There is no other place.
            let _ = io::stderr().lock().write_all(&self.pending);
        }
    }

    /// Reopens the file. A write error of the old file does not prevent this: it may be the reason for the
    /// rotation.
    pub fn reopen(&mut self) {
        self.flush();
        match self.try_open() {
            // Only a flush shows that it can be written.
            Ok(()) => info!("reopened the {} {}", self.kind.name, self.path.display()),
            Err(error) => {
                self.is_reopen_due = true;
                self.fail(&error);
            }
        }
    }

    /// Renames the file, which has become too large, and begins a new one.
    fn rotate(&mut self) {
        let is_device = self.path.starts_with("/dev");
        let renamed = if is_device { Ok(()) } else { self.rename() };
        if let Err(error) = renamed {
            warn!(
                "cannot rename the {} {}, which grows beyond log_size_kb: {error}",
                self.kind.name,
                self.path.display()
            );
        } else if !is_device && let Err(error) = self.try_open() {
            self.file = None;
            return self.fail(&error);
        }
        self.is_rotation_broken = self.size > self.rotation.max_size.unwrap_or_default();
    }

    fn rename(&self) -> io::Result<()> {
        match fs::rename(&self.path, self.archive_path()?) {
            // Another program has renamed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            renamed => renamed,
        }
    }

    /// Returns the name under which the file is kept: those of Icecast.
    fn archive_path(&self) -> io::Result<PathBuf> {
        let with = |extension: &str| {
            let mut path = self.path.clone().into_os_string();
            path.push(extension);
            PathBuf::from(path)
        };
        if !self.rotation.keeps_all {
            return Ok(with(".old"));
        }
        let time = Zoned::now().strftime(".%Y%m%d_%H%M%S").to_string();
        let numbered = (2..=SAME_SECOND_MAX).map(|number| format!("{time}-{number}"));
        let mut paths = std::iter::once(time.clone()).chain(numbered).map(|name| with(&name));
        let free = paths.find(|path| path.symlink_metadata().is_err());
        free.ok_or_else(|| io::ErrorKind::AlreadyExists.into())
    }

    /// Logs that the file cannot be written, once until it can be written again.
    fn fail(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.has_failed, true) {
            warn!("cannot write the {} {}: {error}", self.kind.name, self.path.display());
        }
    }

    /// Returns whether the last lines could not be written.
    #[cfg(test)]
    pub fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Lets the next flush try again to open it.
    #[cfg(test)]
    pub fn let_time_pass(&mut self) {
        self.tried_at = Timestamp::MIN;
    }

    /// Uses another path when it is reopened.
    #[cfg(test)]
    pub fn move_to(&mut self, path: &Path) {
        self.path = path.to_owned();
    }
}
