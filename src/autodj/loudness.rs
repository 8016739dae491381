//! The loudness of tracks: measured values that are kept in the state directory, and the gain that follows
//! from them.
//!
//! A measurement decodes the whole file, so it is kept, by path, size and time of modification. Clones of the
//! cache share it. A thread writes it to disk, as [`WRITE_INTERVAL`] says; what is lost when the machine
//! stops is measured again.

mod line;
mod measured;
mod table;

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::{info, warn};

use self::table::LoudnessTable;
use crate::open_file;
use crate::station::TrackInfo;
use crate::worker::{Inbox, InboxEvent, WhenFull, Worker, WorkerBuilder};

/// The file name in the state directory.
const FILE_NAME: &str = "loudness.txt";

/// The longest file that is read, in bytes: twice the size of a full cache with long paths.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Interval between writes while few tracks are measured. A flash disk should not be written for each track,
/// and a measurement takes less than a second of processor time.
const WRITE_INTERVAL: Duration = Duration::from_secs(300);

/// How long shutdown waits for the last write.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(300);

/// Stack of the thread in bytes: the content is on the heap.
const STACK: usize = 128 * 1024;

/// The greatest gain in dB. Music that needs more is a quiet passage or noise, whose hiss would be heard.
const GAIN_MAX: f32 = 20.0;

/// The lowest gain in dB: from the loudest signal to the quietest target.
const GAIN_MIN: f32 = -40.0;

/// Returns the gain in dB by which a track of the loudness `lufs` reaches `target`, both in LUFS. At most
/// +20 dB and at least −40 dB; a limiter has to keep the peaks. 0 if a value is not a number.
pub fn gain_for(target: f32, lufs: f32) -> f32 {
    let gain = target - lufs;
    if gain.is_nan() { 0.0 } else { gain.clamp(GAIN_MIN, GAIN_MAX) }
}

/// The loudness of tracks that were measured.
#[derive(Debug, Clone)]
pub struct LoudnessCache {
    table: Arc<Mutex<LoudnessTable>>,
    /// The thread that writes the file, if there is a state directory.
    writer: Option<Worker<()>>,
}

impl LoudnessCache {
    /// Opens the cache in an existing directory; without one, it is only in memory. If the file cannot be
    /// used, this logs a warning and the cache is only in memory too. Invalid lines are ignored with one
    /// warning.
    pub fn open(state_dir: Option<&Path>) -> Self {
        let path = state_dir.map(|folder| folder.join(FILE_NAME));
        let loaded = path.as_deref().map(load).transpose();
        let (table, path) = match loaded {
            Ok(table) => (table.unwrap_or_default(), path),
            Err(error) => {
                warn!(
                    "the loudness of tracks is not stored: {}: {error}",
                    path.unwrap_or_default().display()
                );
                (LoudnessTable::default(), None)
            }
        };
        let table = Arc::new(Mutex::new(table));
        let writer = path.and_then(|path| start_writer(path, table.clone()));
        Self { table, writer }
    }

    /// Returns the loudness in LUFS of the file at `path`, if it was measured and has not changed since:
    /// `Some(None)` if the file is silent.
    pub fn get(&self, path: &Path, metadata: &Metadata) -> Option<Option<f32>> {
        lock(&self.table).get(path, metadata)
    }

    /// Returns the loudness from the tags of a track, unless it is only rough, else as [`get`](Self::get).
    /// `None` means that the track has to be measured.
    pub fn known(&self, track: &TrackInfo, metadata: &Metadata) -> Option<Option<f32>> {
        let exact = track.loudness.filter(|loudness| !loudness.is_rough);
        exact.map(|loudness| Some(loudness.lufs)).or_else(|| self.get(&track.file, metadata))
    }

    /// Keeps a measured loudness in LUFS; `None` if the file is silent.
    pub fn put(&self, path: &Path, metadata: &Metadata, lufs: Option<f32>) {
        let is_due = lock(&self.table).put(path, metadata, lufs);
        if let Some(writer) = self.writer.as_ref().filter(|_| is_due) {
            writer.wake();
        }
    }

    /// Waits for a limited time until everything is written.
    pub fn flush(&self) {
        self.writer.as_ref().inspect(|writer| _ = writer.flush(FLUSH_TIMEOUT));
    }
}

fn lock(table: &Mutex<LoudnessTable>) -> MutexGuard<'_, LoudnessTable> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the file; a missing one is empty.
fn load(path: &Path) -> io::Result<LoudnessTable> {
    let text = match open_file::read_state(path, FILE_BYTES_MAX) {
        Ok(text) if text.len() as u64 > FILE_BYTES_MAX => {
            return Err(io::Error::other("the file is too long"));
        }
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(LoudnessTable::default()),
        Err(error) => return Err(error),
    };
    let (table, invalid) = LoudnessTable::parse(&text);
    if let Some(number) = invalid.first() {
        warn!("{}:{number}: invalid line ({} in total) is ignored", path.display(), invalid.len());
    }
    Ok(table)
}

fn start_writer(path: PathBuf, table: Arc<Mutex<LoudnessTable>>) -> Option<Worker<()>> {
    let writer = LoudnessWriter { path, table, failed: false };
    let builder = WorkerBuilder::new("loudness").stack(STACK).queue(0, WhenFull::Refuse);
    let started = builder.spawn(move |wakes| writer.work(&wakes));
    started.inspect_err(|error| warn!("the loudness of tracks is not stored: {error}")).ok()
}

/// Writes the table to the file.
struct LoudnessWriter {
    path: PathBuf,
    table: Arc<Mutex<LoudnessTable>>,
    failed: bool,
}

impl LoudnessWriter {
    fn work(mut self, wakes: &Inbox<()>) {
        loop {
            match wakes.next_within(WRITE_INTERVAL) {
                InboxEvent::Closed => return self.write(),
                InboxEvent::Job(()) | InboxEvent::Flush | InboxEvent::Timeout => self.write(),
            }
        }
    }

    /// Writes the table if it has changed. Logs the first failure, until a write succeeds.
    fn write(&mut self) {
        let Some((text, unwritten)) = lock(&self.table).take_text() else { return };
        let path = self.path.display();
        match open_file::replace(&self.path, text.as_bytes()) {
            Ok(()) if std::mem::take(&mut self.failed) => {
                info!("the loudness of tracks is stored in {path} again");
            }
            Ok(()) => {}
            Err(error) => {
                lock(&self.table).restore_unwritten(unwritten);
                if !std::mem::replace(&mut self.failed, true) {
                    warn!("cannot write {path}, so tracks are measured again after a restart: {error}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
