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
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::{info, warn};

use self::table::LoudnessTable;
use crate::log_limiter::RECOVERY;
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
    writer: Arc<Mutex<Option<LoudnessFileWriter>>>,
}

/// The content of the file in a state directory.
#[derive(Debug)]
pub struct LoudnessFile {
    table: LoudnessTable,
    /// `None` if the file is not used.
    path: Option<PathBuf>,
}

impl LoudnessFile {
    /// Reads the file in an existing directory. If it cannot be used, this returns also a warning. Invalid
    /// lines are ignored with one line in the log.
    pub fn read(state_dir: &Path) -> (Self, Option<String>) {
        let path = state_dir.join(FILE_NAME);
        match load(&path) {
            Ok(table) => (Self { table, path: Some(path) }, None),
            Err(error) => {
                let warning = format!("the loudness of tracks is not stored: {}: {error}", path.display());
                (Self { table: LoudnessTable::default(), path: None }, Some(warning))
            }
        }
    }
}

/// The thread that writes the file.
#[derive(Debug)]
struct LoudnessFileWriter {
    worker: Worker<()>,
    /// Whether another file has taken its place, so that it must not be written any more.
    is_retired: Arc<AtomicBool>,
}

impl Drop for LoudnessFileWriter {
    fn drop(&mut self) {
        self.is_retired.store(true, Ordering::Relaxed);
    }
}

impl LoudnessCache {
    /// Opens the cache in an existing directory; without one, it is only in memory. See
    /// [`LoudnessFile::read`].
    pub fn open(state_dir: Option<&Path>) -> Self {
        let file = state_dir.map(|folder| {
            let (file, warning) = LoudnessFile::read(folder);
            warning.into_iter().for_each(|warning| warn!("{warning}"));
            (file.table, file.path)
        });
        let (table, path) = file.unwrap_or_default();
        let table = Arc::new(Mutex::new(table));
        let writer = path.and_then(|path| start_writer(path, table.clone()));
        Self { table, writer: Arc::new(Mutex::new(writer)) }
    }

    /// Continues with another file, or only in memory. The tracks that are known go along; the file adds
    /// those that it alone has. The file before stays as it was last written.
    pub fn move_to(&self, file: Option<LoudnessFile>) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        *writer = None;
        let Some(LoudnessFile { table, path }) = file else { return };
        lock(&self.table).merge(table);
        *writer = path.and_then(|path| start_writer(path, self.table.clone()));
        writer.iter().for_each(|writer| writer.worker.wake());
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
        if is_due {
            self.with_writer(|writer| writer.wake());
        }
    }

    /// Waits for a limited time until everything is written.
    pub fn flush(&self) {
        let writer = self.with_writer(Worker::clone);
        writer.inspect(|writer| _ = writer.flush(FLUSH_TIMEOUT));
    }

    fn with_writer<T>(&self, call: impl FnOnce(&Worker<()>) -> T) -> Option<T> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.as_ref().map(|writer| call(&writer.worker))
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

fn start_writer(path: PathBuf, table: Arc<Mutex<LoudnessTable>>) -> Option<LoudnessFileWriter> {
    let is_retired = Arc::new(AtomicBool::new(false));
    let writer = LoudnessWriter { path, table, is_retired: is_retired.clone(), failed: false };
    let builder = WorkerBuilder::new("loudness").stack(STACK).queue(0, WhenFull::Refuse);
    let started = builder.spawn(move |wakes| writer.work(&wakes));
    let worker = started.inspect_err(|error| warn!("the loudness of tracks is not stored: {error}")).ok()?;
    Some(LoudnessFileWriter { worker, is_retired })
}

/// Writes the table to the file.
struct LoudnessWriter {
    path: PathBuf,
    table: Arc<Mutex<LoudnessTable>>,
    is_retired: Arc<AtomicBool>,
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
        if self.is_retired.load(Ordering::Relaxed) {
            return;
        }
        let Some((text, unwritten)) = lock(&self.table).take_text() else { return };
        let path = self.path.display();
        match open_file::replace(&self.path, text.as_bytes()) {
            Ok(()) if std::mem::take(&mut self.failed) => {
                info!(target: RECOVERY, "the loudness of tracks is stored in {path} again");
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
