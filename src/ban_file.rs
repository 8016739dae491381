//! Bans on disk, across restarts: one line of JSON each.
//!
//! A separate thread rewrites the file after every change: it writes a new file and renames it over the old
//! one. So the file is complete whenever the machine stops, and a failed disk blocks nothing else. See
//! protocol-notes/bans.md.

mod line;

use std::fs::DirBuilder;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use log::{info, warn};

use crate::bans::{Ban, BanStore, Bans, StoreResult};
use crate::log_limiter::RECOVERY;
use crate::open_file;
use crate::worker::{
    Inbox, InboxEvent, LoopWaker, Outbox, Results, ThreadWatch, WhenFull, Worker, WorkerBuilder,
    result_channel,
};

/// The file name in the state directory.
const FILE_NAME: &str = "bans.jsonl";

const HEADER: &str =
    "# Bans. coldwave rewrites this file with every change: edit it only while coldwave is stopped.\n";

/// The longest file that is read, in bytes: several times the size of the longest list.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The most quarantined copies of invalid files. An operator with that many does not read them.
const QUARANTINED_MAX: u32 = 100;

/// The interval between retries after a failed write.
const RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// How long shutdown waits for the last change.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(300);

/// The most results that wait for the event loop, which takes them in every turn.
const RESULTS_MAX: usize = 64;

/// The mode of a new state directory.
const DIRECTORY_MODE: u32 = 0o700;

type BanList = Vec<Arc<Ban>>;

/// A list of bans with its version.
type VersionedList = (u64, BanList);

/// When an opened file is written for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstWrite {
    /// At once, so that it is known whether it is writable.
    AtOnce,
    /// When bans are given to the store: until then it may turn out that another file stays in use.
    WhenStored,
}

/// The file with the bans.
#[derive(Debug)]
pub struct BanFile {
    writer: Worker<VersionedList>,
}

/// Stores bans in the file.
#[derive(Debug)]
struct FileBanStore {
    writer: Worker<VersionedList>,
    results: Results<StoreResult>,
    version: u64,
}

impl BanStore for FileBanStore {
    fn store(&mut self, bans: &Bans) -> u64 {
        self.version += 1;
        // If the thread has ended, it has logged the reason, and there is no result.
        let _ = self.writer.send((self.version, bans.all().cloned().collect()));
        self.version
    }

    fn poll(&mut self) -> Option<StoreResult> {
        self.results.poll()
    }
}

impl BanFile {
    /// Opens the file in `folder`, creates both if missing, and returns the stored bans. Invalid lines are
    /// logged, and a copy of the file is quarantined. `waker` is called after every attempt to store bans.
    ///
    /// A file that can be read and not written, for example on a full disk, is a warning: the bans are in
    /// force, and writing is tried again.
    ///
    /// # Errors
    /// One sentence that names what cannot be read or created.
    pub fn open(
        folder: &Path,
        first_write: FirstWrite,
        waker: LoopWaker,
    ) -> Result<(Self, Box<dyn BanStore + Send>, Bans), String> {
        DirBuilder::new()
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(folder)
            .map_err(|error| format!("cannot create the state directory {}: {error}", folder.display()))?;
        let path = folder.join(FILE_NAME);
        let bans =
            load(&path).map_err(|error| format!("cannot store bans in {}: {error}", path.display()))?;
        check_access(folder, &path).into_iter().for_each(|warning| warn!("{warning}"));
        let (outbox, results) = result_channel(RESULTS_MAX, waker);
        let mut writer = BanFileWriter { path, unwritten: None, failed: false, outbox };
        if first_write == FirstWrite::AtOnce {
            writer.rewrite(bans.all().cloned().collect());
        }
        let writer = WorkerBuilder::new("bans")
            .queue(1, WhenFull::KeepNewest)
            .spawn(move |lists| writer.work(&lists))
            .map_err(|error| error.to_string())?;
        let store = FileBanStore { writer: writer.clone(), results, version: 0 };
        Ok((Self { writer }, Box::new(store), bans))
    }

    /// Returns the thread that writes, which ends when the file is no longer used.
    pub fn watch(&self) -> ThreadWatch {
        self.writer.watch()
    }

    /// Waits for a limited time until the last change is written.
    pub fn flush(&self) {
        self.writer.flush(FLUSH_TIMEOUT);
    }
}

struct BanFileWriter {
    path: PathBuf,
    /// The latest list, until it is on disk.
    unwritten: Option<VersionedList>,
    failed: bool,
    outbox: Outbox<StoreResult>,
}

impl BanFileWriter {
    fn work(mut self, lists: &Inbox<VersionedList>) {
        loop {
            let next = if self.failed { lists.next_within(RETRY_INTERVAL) } else { lists.next() };
            match next {
                InboxEvent::Job(all) => self.unwritten = Some(all),
                InboxEvent::Flush | InboxEvent::Timeout => self.write(),
                InboxEvent::Closed => return self.write(),
            }
        }
    }

    /// Writes the bans that were read, so that it is known at the start whether the file is writable.
    fn rewrite(&mut self, all: BanList) {
        if let Err(error) = save(&self.path, &all) {
            self.fail((0, all), &error);
        }
    }

    fn write(&mut self) {
        let Some((version, all)) = self.unwritten.take() else { return };
        let saved = save(&self.path, &all);
        let is_saved = saved.is_ok();
        match saved {
            Ok(()) if std::mem::take(&mut self.failed) => {
                info!(target: RECOVERY, "bans are stored in {} again", self.path.display())
            }
            Ok(()) => {}
            Err(error) => self.fail((version, all), &error),
        }
        // The server may have stopped, and then waits for no result.
        self.outbox.send(StoreResult { version, is_saved });
    }

    /// Logs the first failure, until a write succeeds, and keeps the list until a newer one arrives.
    fn fail(&mut self, all: VersionedList, error: &io::Error) {
        if !std::mem::replace(&mut self.failed, true) {
            warn!(
                "cannot write the bans to {}, changes are lost at the next restart: {error}",
                self.path.display()
            );
        }
        self.unwritten = Some(all);
    }
}

/// Replaces the file with one that contains the list.
fn save(path: &Path, all: &[Arc<Ban>]) -> io::Result<()> {
    let lines: String = all.iter().map(|ban| line::to_line(ban)).collect();
    open_file::replace(path, (HEADER.to_owned() + &lines).as_bytes())
}

/// Returns warnings about a state directory or a file in it that other users of the machine can change. The
/// file has just been written, so it belongs to the user of this process.
fn check_access(folder: &Path, file: &Path) -> Vec<String> {
    const ROOT: u32 = 0;
    const WRITABLE_BY_OTHERS: u32 = 0o002;
    let Ok(owner) = file.metadata().map(|file| file.uid()) else { return Vec::new() };
    let mut warnings = Vec::new();
    for path in [folder, file] {
        let Ok(metadata) = path.metadata() else { continue };
        if metadata.permissions().mode() & WRITABLE_BY_OTHERS != 0 {
            warnings.push(format!("{} can be changed by all users: chmod o-w", path.display()));
        }
        if ![owner, ROOT].contains(&metadata.uid()) {
            warnings.push(format!("{} belongs to another user, who can change the bans", path.display()));
        }
    }
    warnings
}

/// Returns the bans in the file, and creates the file if it is missing.
fn load(path: &Path) -> io::Result<Bans> {
    let text = match open_file::read_state(path, FILE_BYTES_MAX) {
        Ok(text) if text.len() as u64 > FILE_BYTES_MAX => {
            return Err(io::Error::other("the file is too long"));
        }
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            save(path, &[])?;
            return Ok(Bans::default());
        }
        Err(error) => return Err(error),
    };
    let (bans, invalid) = parse_bans(&text);
    if let Some((number, reason)) = invalid.first() {
        let quarantined = quarantine_file(path, &text)?;
        warn!(
            "{}:{number}: {reason} ({} invalid lines; the old file is kept as {}, the other {} bans are in force)",
            path.display(),
            invalid.len(),
            quarantined.display(),
            bans.all().count()
        );
    }
    Ok(bans)
}

/// Parses the content of the file. Returns its bans, and the number and the error of each invalid line.
fn parse_bans(text: &[u8]) -> (Bans, Vec<(usize, String)>) {
    let (mut bans, mut invalid) = (Bans::default(), Vec::new());
    for (at, text) in text.split(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(text);
        let restored = match text.trim() {
            "" => Ok(()),
            comment if comment.starts_with('#') => Ok(()),
            line => line::parse_line(line)
                .and_then(|ban| bans.restore(ban).map_err(|_| "too many bans".to_owned())),
        };
        invalid.extend(restored.err().map(|reason| (at + 1, reason)));
    }
    (bans, invalid)
}

/// Copies the file with this content to an unused name and returns the path of the copy.
fn quarantine_file(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    for number in 1..=QUARANTINED_MAX {
        let quarantined = path.with_extension(format!("broken-{number}"));
        match open_file::create_private(&quarantined) {
            Ok(mut file) => {
                file.write_all(content)?;
                file.sync_all()?;
                return Ok(quarantined);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many files with invalid bans beside it: check and delete them"))
}

#[cfg(test)]
mod tests;
