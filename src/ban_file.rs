//! Bans on disk, from one run to the next: a line of JSON for each.
//!
//! A thread of its own writes the file, anew with every change: into another first, which then takes its place. So it is
//! whole whenever the machine stops, and a dead disk holds nobody up. See protocol-notes/bans.md.

mod line;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use log::{info, warn};

use crate::bans::{Ban, Bans};

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

type All = Vec<Arc<Ban>>;

/// Where bans are kept.
#[derive(Debug)]
pub struct BanFile {
    /// What is to be written: only the latest counts.
    latest: Arc<Mutex<Option<All>>>,
    thread: SyncSender<Task>,
}

#[derive(Debug)]
enum Task {
    /// Look what there is to write.
    Wake,
    /// Write it, and say when that is done.
    Flush(Sender<()>),
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
        let (thread, tasks) = sync_channel(1);
        let latest = Arc::new(Mutex::new(None));
        let writer = Writer { path, latest: latest.clone(), failed: false };
        thread::Builder::new()
            .name("bans".to_owned())
            .spawn(move || writer.work(&tasks))
            .map_err(|error| format!("cannot start the thread that stores bans: {error}"))?;
        Ok((Self { latest, thread }, bans))
    }

    /// A function that keeps bans as they are now, and never blocks for longer than it takes to copy a list.
    pub fn keeper(&self) -> Box<dyn FnMut(&Bans)> {
        let (latest, thread) = (self.latest.clone(), self.thread.clone());
        Box::new(move |bans| {
            *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(bans.all().cloned().collect());
            // If there is no room, the thread is about to look anyway.
            let _ = thread.try_send(Task::Wake);
        })
    }

    /// Has the last change written, if that does not take long.
    pub fn flush(&self) {
        let (done, flushed) = channel();
        // The one place in the queue is soon free, if the disk is not dead.
        for _ in 0..FLUSH_WITHIN.as_millis() / 10 {
            if self.thread.try_send(Task::Flush(done.clone())).is_ok() {
                let _ = flushed.recv_timeout(FLUSH_WITHIN);
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

struct Writer {
    path: PathBuf,
    latest: Arc<Mutex<Option<All>>>,
    failed: bool,
}

impl Writer {
    fn work(mut self, tasks: &Receiver<Task>) {
        loop {
            let task = if self.failed { tasks.recv_timeout(RETRY) } else { tasks.recv().map_err(Into::into) };
            match task {
                Err(RecvTimeoutError::Disconnected) => return self.write(),
                Ok(Task::Wake) | Err(RecvTimeoutError::Timeout) => self.write(),
                Ok(Task::Flush(done)) => {
                    self.write();
                    // Who waits for it may have been too impatient.
                    let _ = done.send(());
                }
            }
        }
    }

    fn write(&mut self) {
        let taken = self.latest.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(all) = taken else { return };
        match save(&self.path, &all) {
            Ok(()) if std::mem::take(&mut self.failed) => {
                info!("bans are stored in {} again", self.path.display())
            }
            Ok(()) => {}
            Err(error) => self.fail(all, &error),
        }
    }

    /// Says once that it cannot be written, until it can again, and keeps for then what is not out of date by now.
    fn fail(&mut self, all: All, error: &io::Error) {
        if !std::mem::replace(&mut self.failed, true) {
            warn!(
                "cannot write the bans to {}, they are lost at the next restart: {error}",
                self.path.display()
            );
        }
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(all);
    }
}

/// Writes all of it beside the file, and puts that in its place.
fn save(path: &Path, all: &[Arc<Ban>]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let lines: String = all.iter().map(|ban| line::written(ban)).collect();
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
    let (bans, wrong) = understand(&text);
    if let Some((number, why)) = wrong.first() {
        let kept = keep_aside(path)?;
        warn!(
            "{}:{number}: {why} ({} invalid lines; the old file is kept as {}, the other {} bans are in force)",
            path.display(),
            wrong.len(),
            kept.display(),
            bans.all().count()
        );
    }
    let all: All = bans.all().cloned().collect();
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
fn understand(text: &[u8]) -> (Bans, Vec<(usize, String)>) {
    let (mut bans, mut wrong) = (Bans::default(), Vec::new());
    for (at, text) in text.split(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(text);
        let restored = match text.trim() {
            "" => Ok(()),
            comment if comment.starts_with('#') => Ok(()),
            line => {
                line::read(line).and_then(|ban| bans.restore(ban).map_err(|_| "too many bans".to_owned()))
            }
        };
        wrong.extend(restored.err().map(|why| (at + 1, why)));
    }
    (bans, wrong)
}

/// Copies the file to where nothing is, and returns where that is.
fn keep_aside(path: &Path) -> io::Result<PathBuf> {
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
