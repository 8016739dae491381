//! The formats of stations on disk, so that a station keeps its format when its music changes: one line of
//! JSON for each station.
//!
//! All calls may block on the disk: they are made on the threads of the AutoDJs.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::warn;
use serde::{Deserialize, Serialize};

use super::station_format::{FormatOrigin, StationFormat, StoredFormat};
use crate::settings::{FormatSettings, StationIdentity};
use crate::state_lines::{self, LINES_MAX};
use crate::transcode::MP3_RATES;

/// The file name in the state directory.
const FILE_NAME: &str = "stations.jsonl";

const HEADER: &str = "# The formats of stations, as their music has decided them. Edit this file only while coldwave is stopped. If\n\
                      # a line is removed, the music decides again at the next start.\n";

/// The file with the formats of all stations; clones share it.
#[derive(Debug, Clone, Default)]
pub struct FormatStore {
    file: Arc<Mutex<StoreFile>>,
    moves: Arc<Moves>,
}

/// The moves to another directory that have not ended.
#[derive(Debug, Default)]
struct Moves {
    count: Mutex<usize>,
    ended: Condvar,
}

/// A move to another directory that has not ended; it ends when this is dropped.
#[derive(Debug)]
pub struct PendingMove(Arc<Moves>);

impl Drop for PendingMove {
    fn drop(&mut self) {
        *lock(&self.0.count) -= 1;
        self.0.ended.notify_all();
    }
}

/// How long a format waits for a move: a disk that does not answer must not silence a station.
const MOVE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
struct StoreFile {
    /// `None` without a state directory.
    path: Option<PathBuf>,
    /// The lines, after the file was read.
    lines: Option<Vec<FormatLine>>,
    /// Whether the file could not be read, and is therefore not written either.
    is_unreadable: bool,
}

/// A line of the file. Further keys are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FormatLine {
    mount: String,
    /// The id, if the configuration gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    samplerate: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channels: Option<u8>,
}

impl FormatStore {
    /// Creates a store in this directory, which is not accessed yet. Without one, nothing is stored.
    pub fn open(state_dir: Option<PathBuf>) -> Self {
        let path = state_dir.map(|folder| folder.join(FILE_NAME));
        Self { file: Arc::new(Mutex::new(StoreFile { path, ..StoreFile::default() })), moves: Arc::default() }
    }

    /// Announces that [`move_to`](Self::move_to) will be called. Until it was, and the result is dropped, no
    /// format is decided, because it may be stored there. Does not block.
    pub fn announce_move(&self) -> PendingMove {
        *lock(&self.moves.count) += 1;
        PendingMove(self.moves.clone())
    }

    /// Waits, for a limited time, until no move is announced.
    fn wait_for_moves(&self) {
        let count = lock(&self.moves.count);
        drop(self.moves.ended.wait_timeout_while(count, MOVE_TIMEOUT, |count| *count > 0));
    }

    /// Continues in another directory, or in none. What is known goes along; the file there adds the stations
    /// that it alone has, and is written. The file before stays as it is.
    pub fn move_to(&self, state_dir: Option<PathBuf>) {
        let mut file = lock(&self.file);
        let known = file.lines().map(std::mem::take);
        let path = state_dir.map(|folder| folder.join(FILE_NAME));
        let lines = known.is_some().then(Vec::new).filter(|_| path.is_none());
        *file = StoreFile { path, lines, ..StoreFile::default() };
        let (known, Some(lines)) = (known.unwrap_or_default(), file.lines()) else { return };
        for line in known {
            let identity = StationIdentity { id: line.id, mount: line.mount.clone() };
            match find(lines, &identity) {
                Some(at) => lines[at] = line,
                None => lines.push(line),
            }
        }
        file.store("reload");
    }

    /// Returns the format of a station, from its settings, from the file, else from the music that `music`
    /// returns: sampling rate, channels and length of each file. Stores what the music has decided.
    pub fn station_format<M>(
        &self,
        station: &StationIdentity,
        settings: &FormatSettings,
        music: impl FnOnce() -> M,
    ) -> StationFormat
    where
        M: IntoIterator<Item = (u32, u8, Duration)>,
    {
        self.wait_for_moves();
        let stored = self.load(station).unwrap_or_default();
        if let Some(known) = StationFormat::known(settings, stored) {
            return known;
        }
        let found = StationFormat::from_music(settings, stored, music().into_iter());
        if found.origin == FormatOrigin::Music {
            let decided = found.to_store(settings);
            let rate = decided.rate.or(stored.rate);
            self.save(station, StoredFormat { rate, channels: decided.channels.or(stored.channels) });
        }
        found
    }

    /// Returns what is stored for a station. If the file cannot be read, logs a warning and returns `None`.
    pub fn load(&self, station: &StationIdentity) -> Option<StoredFormat> {
        let mut file = lock(&self.file);
        let lines = file.lines()?;
        let line = &lines[find(lines, station)?];
        Some(StoredFormat { rate: line.samplerate, channels: line.channels })
    }

    /// Stores the format of a station. If the file cannot be written, logs a warning.
    pub fn save(&self, station: &StationIdentity, format: StoredFormat) {
        let mut file = lock(&self.file);
        let line = FormatLine {
            mount: station.mount.clone(),
            id: station.id,
            samplerate: format.rate,
            channels: format.channels,
        };
        let Some(lines) = file.lines() else { return };
        match find(lines, station) {
            Some(at) if lines[at] == line => return,
            Some(at) => lines[at] = line,
            None => lines.push(line),
        }
        file.store(&station.mount);
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    // A line is complete or missing, also after a panic.
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn find(lines: &[FormatLine], station: &StationIdentity) -> Option<usize> {
    station.position_in(lines.iter().map(|line| (line.id, line.mount.as_str())))
}

impl StoreFile {
    /// Returns the lines, which are read at the first call; `None` if there was never a directory.
    fn lines(&mut self) -> Option<&mut Vec<FormatLine>> {
        let Self { path, lines, is_unreadable } = self;
        let mut read = |path: &PathBuf| {
            state_lines::read(path, parse_line).inspect_err(|error| {
                *is_unreadable = true;
                warn!("cannot read the formats of stations from {}: {error}", path.display());
            })
        };
        match path {
            Some(path) => Some(lines.get_or_insert_with(|| read(path).unwrap_or_default())),
            None => lines.as_mut(),
        }
    }

    /// Writes the file for a station, or for another reason. If that fails, logs a warning that names it.
    fn store(&mut self, reason: &str) {
        let Some(lines) = self.lines() else { return };
        let superfluous = lines.len().saturating_sub(LINES_MAX);
        lines.drain(..superfluous);
        let Some(path) = self.path.as_ref().filter(|_| !self.is_unreadable) else { return };
        if let Err(error) = state_lines::write(path, HEADER, self.lines.as_deref().unwrap_or_default()) {
            warn!("{reason}: cannot store the format of the station in {}: {error}", path.display());
        }
    }
}

/// Parses a line.
///
/// # Errors
/// The reason in one sentence.
fn parse_line(text: &str) -> Result<FormatLine, String> {
    let line: FormatLine =
        serde_json::from_str(text).map_err(|error| format!("not the format of a station: {error}"))?;
    if line.samplerate.is_some_and(|rate| !MP3_RATES.contains(&rate)) {
        return Err("samplerate: MP3 does not have it".to_owned());
    }
    if line.channels.is_some_and(|channels| !(1..=2).contains(&channels)) {
        return Err("channels: expected 1 or 2".to_owned());
    }
    Ok(line)
}

#[cfg(test)]
mod tests;
