//! Bans on disk, across restarts: one line of JSON each.
//!
//! A separate thread rewrites the file after every change: it writes a new file and renames it over the old
//! one. So the file is complete whenever the machine stops, and a failed disk blocks nothing else. See
//! protocol-notes/bans.md.

mod line;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use log::{info, warn};

use crate::bans::{Ban, Bans};
use crate::worker::{Inbox, InboxEvent, WhenFull, Worker, WorkerBuilder};

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

type BanList = Vec<Arc<Ban>>;

/// The file with the bans.
#[derive(Debug)]
pub struct BanFile {
    writer: Worker<BanList>,
}

impl BanFile {
    /// Opens the file in `folder`, creates both if missing, and returns the stored bans. Invalid lines are
    /// logged, and a copy of the file is quarantined.
    ///
    /// # Errors
    /// One sentence that names what cannot be read or written.
    pub fn open(folder: &Path) -> Result<(Self, Bans), String> {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot create the state directory {}: {error}", folder.display()))?;
        let path = folder.join(FILE_NAME);
        let bans =
            load(&path).map_err(|error| format!("cannot store bans in {}: {error}", path.display()))?;
        let writer = BanFileWriter { path, unwritten: None, failed: false };
        let writer = WorkerBuilder::new("bans")
            .queue(1, WhenFull::KeepNewest)
            .spawn(move |lists| writer.work(&lists))
            .map_err(|error| error.to_string())?;
        Ok((Self { writer }, bans))
    }

    /// Returns a function that stores the current bans. It blocks only while it copies the list.
    pub fn store(&self) -> Box<dyn FnMut(&Bans)> {
        let writer = self.writer.clone();
        // If the thread has ended, it has logged the reason.
        Box::new(move |bans| drop(writer.send(bans.all().cloned().collect())))
    }

    /// Waits for a limited time until the last change is written.
    pub fn flush(&self) {
        self.writer.flush(FLUSH_TIMEOUT);
    }
}

struct BanFileWriter {
    path: PathBuf,
    /// The latest list, until it is on disk.
    unwritten: Option<BanList>,
    failed: bool,
}

impl BanFileWriter {
    fn work(mut self, lists: &Inbox<BanList>) {
        loop {
            let next = if self.failed { lists.next_within(RETRY_INTERVAL) } else { lists.next() };
            match next {
                InboxEvent::Job(all) => self.unwritten = Some(all),
                InboxEvent::Flush | InboxEvent::Timeout => self.write(),
                InboxEvent::Closed => return self.write(),
            }
        }
    }

    fn write(&mut self) {
        let Some(all) = self.unwritten.take() else { return };
        match save(&self.path, &all) {
            Ok(()) if std::mem::take(&mut self.failed) => {
                info!("bans are stored in {} again", self.path.display())
            }
            Ok(()) => {}
            Err(error) => self.fail(all, &error),
        }
    }

    /// Logs the first failure, until a write succeeds, and keeps the list until a newer one arrives.
    fn fail(&mut self, all: BanList, error: &io::Error) {
        if !std::mem::replace(&mut self.failed, true) {
            warn!(
                "cannot write the bans to {}, they are lost at the next restart: {error}",
                self.path.display()
            );
        }
        self.unwritten = Some(all);
    }
}

/// Writes the list to a new file and renames it over the old one.
fn save(path: &Path, all: &[Arc<Ban>]) -> io::Result<()> {
    let new_file = path.with_extension("new");
    let lines: String = all.iter().map(|ban| line::to_line(ban)).collect();
    let mut file = File::create(&new_file)?;
    file.write_all(HEADER.as_bytes())?;
    file.write_all(lines.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new_file, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Returns the bans in the file, and rewrites the file, so that it exists and is writable.
fn load(path: &Path) -> io::Result<Bans> {
    let text = match read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            save(path, &[])?;
            return Ok(Bans::default());
        }
        Err(error) => return Err(error),
    };
    let (bans, invalid) = parse_bans(&text);
    if let Some((number, reason)) = invalid.first() {
        let quarantined = quarantine_file(path)?;
        warn!(
            "{}:{number}: {reason} ({} invalid lines; the old file is kept as {}, the other {} bans are in force)",
            path.display(),
            invalid.len(),
            quarantined.display(),
            bans.all().count()
        );
    }
    let all: BanList = bans.all().cloned().collect();
    save(path, &all)?;
    Ok(bans)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other("the file is too long"));
    }
    Ok(bytes)
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

/// Copies the file to an unused name and returns the path of the copy.
fn quarantine_file(path: &Path) -> io::Result<PathBuf> {
    let content = fs::read(path)?;
    for number in 1..=QUARANTINED_MAX {
        let quarantined = path.with_extension(format!("broken-{number}"));
        match OpenOptions::new().write(true).create_new(true).open(&quarantined) {
            Ok(mut file) => {
                file.write_all(&content)?;
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
