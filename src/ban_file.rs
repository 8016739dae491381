//! Bans on disk, from one run to the next: a line of JSON for each.
//!
//! A thread of its own writes the file, anew with every change: into another first, which then takes its place. So it is
//! whole whenever the machine stops, and a dead disk holds nobody up. See protocol-notes/bans.md.

mod line;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use log::{info, warn};

use crate::bans::{Ban, Bans};
use crate::worker::{Inbox, InboxEvent, WhenFull, Worker, WorkerBuilder};

/// The file in the state folder.
const NAME: &str = "bans.jsonl";

const HEADER: &str =
    "# Bans. coldwave rewrites this file with every change: edit it only while coldwave is stopped.\n";

/// Bytes that are read: several times as many as all bans that there may be.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Files that were kept because something was wrong with them. Whoever has so many looks at none.
const KEPT_MAX: u32 = 100;

/// How long until what could not be written is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// How long the end of the process waits for the last change.
const FLUSH_WITHIN: Duration = Duration::from_millis(300);

type BanList = Vec<Arc<Ban>>;

/// Where bans are kept.
#[derive(Debug)]
pub struct BanFile {
    writer: Worker<BanList>,
}

impl BanFile {
    /// The bans that are kept in `folder`, which is made if it is not there. What cannot be understood is told and kept
    /// aside.
    ///
    /// # Errors
    /// One sentence that says what cannot be read or written.
    pub fn open(folder: &Path) -> Result<(Self, Bans), String> {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot create the state directory {}: {error}", folder.display()))?;
        let path = folder.join(NAME);
        let bans =
            load(&path).map_err(|error| format!("cannot store bans in {}: {error}", path.display()))?;
        let writer = BanFileWriter { path, unwritten: None, failed: false };
        let writer = WorkerBuilder::new("bans")
            .queue(1, WhenFull::KeepNewest)
            .spawn(move |lists| writer.work(&lists))
            .map_err(|error| error.to_string())?;
        Ok((Self { writer }, bans))
    }

    /// A function that keeps bans as they are now, and never blocks for longer than it takes to copy a list.
    pub fn store(&self) -> Box<dyn FnMut(&Bans)> {
        let writer = self.writer.clone();
        // A thread that is gone has said so.
        Box::new(move |bans| drop(writer.send(bans.all().cloned().collect())))
    }

    /// Waits until the last change is written, if that does not take long.
    pub fn flush(&self) {
        self.writer.flush(FLUSH_WITHIN);
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
            let next = if self.failed { lists.next_within(RETRY) } else { lists.next() };
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

    /// Says once that it cannot be written, until it can again, and keeps it until a newer one comes.
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

/// Writes all of it beside the file, and puts that in its place.
fn save(path: &Path, all: &[Arc<Ban>]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let lines: String = all.iter().map(|ban| line::to_line(ban)).collect();
    let mut file = File::create(&beside)?;
    file.write_all(HEADER.as_bytes())?;
    file.write_all(lines.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// The bans in the file, which is there afterwards and can be written.
fn load(path: &Path) -> io::Result<Bans> {
    let text = match read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            save(path, &[])?;
            return Ok(Bans::default());
        }
        Err(error) => return Err(error),
    };
    let (bans, wrong) = parse_bans(&text);
    if let Some((number, why)) = wrong.first() {
        let kept = quarantine_file(path)?;
        warn!(
            "{}:{number}: {why} ({} invalid lines; the old file is kept as {}, the other {} bans are in force)",
            path.display(),
            wrong.len(),
            kept.display(),
            bans.all().count()
        );
    }
    let all: BanList = bans.all().cloned().collect();
    save(path, &all)?;
    Ok(bans)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(io::Error::other("the file is too long"));
    }
    Ok(bytes)
}

/// The bans in a text, and which of its lines are wrong.
fn parse_bans(text: &[u8]) -> (Bans, Vec<(usize, String)>) {
    let (mut bans, mut wrong) = (Bans::default(), Vec::new());
    for (at, text) in text.split(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(text);
        let restored = match text.trim() {
            "" => Ok(()),
            comment if comment.starts_with('#') => Ok(()),
            line => line::parse_line(line)
                .and_then(|ban| bans.restore(ban).map_err(|_| "too many bans".to_owned())),
        };
        wrong.extend(restored.err().map(|why| (at + 1, why)));
    }
    (bans, wrong)
}

/// Copies the file to where nothing is, and returns where that is.
fn quarantine_file(path: &Path) -> io::Result<PathBuf> {
    let content = fs::read(path)?;
    for number in 1..=KEPT_MAX {
        let kept = path.with_extension(format!("broken-{number}"));
        match OpenOptions::new().write(true).create_new(true).open(&kept) {
            Ok(mut file) => {
                file.write_all(&content)?;
                file.sync_all()?;
                return Ok(kept);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many files with invalid bans beside it: check and delete them"))
}

#[cfg(test)]
mod tests;
