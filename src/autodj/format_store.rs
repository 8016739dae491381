//! The formats of stations on disk, so that a station keeps its format when its music changes: one line of
//! JSON for each station.
//!
//! All calls may block on the disk: they are made on the threads of the AutoDJs.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::warn;
use serde::{Deserialize, Serialize};

use super::station_format::{FormatOrigin, StationFormat, StoredFormat};
use crate::open_file;
use crate::settings::{FormatSettings, StationIdentity};
use crate::transcode::MP3_RATES;

/// The file name in the state directory.
const FILE_NAME: &str = "stations.jsonl";

const HEADER: &str = "# The formats of stations, as their music has decided them. Edit this file only while coldwave is stopped. If\n\
                      # a line is removed, the music decides again at the next start.\n";

/// Maximum number of lines that are kept: four times the most stations that a configuration can have, since
/// the lines of removed stations stay.
const LINES_MAX: usize = 4000;

/// The longest file that is read, in bytes: that many lines with the longest mounts.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// The file with the formats of all stations; clones share it.
#[derive(Debug, Clone, Default)]
pub struct FormatStore {
    /// `None` without a state directory.
    file: Option<Arc<Mutex<StoreFile>>>,
}

#[derive(Debug)]
struct StoreFile {
    path: PathBuf,
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
        let file =
            |folder: PathBuf| StoreFile { path: folder.join(FILE_NAME), lines: None, is_unreadable: false };
        Self { file: state_dir.map(|folder| Arc::new(Mutex::new(file(folder)))) }
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
        let mut file = lock(self.file.as_ref()?);
        let lines = file.lines();
        let line = &lines[find(lines, station)?];
        Some(StoredFormat { rate: line.samplerate, channels: line.channels })
    }

    /// Stores the format of a station. If the file cannot be written, logs a warning.
    pub fn save(&self, station: &StationIdentity, format: StoredFormat) {
        let Some(file) = &self.file else { return };
        let mut file = lock(file);
        let line = FormatLine {
            mount: station.mount.clone(),
            id: station.id,
            samplerate: format.rate,
            channels: format.channels,
        };
        let lines = file.lines();
        match find(lines, station) {
            Some(at) if lines[at] == line => return,
            Some(at) => lines[at] = line,
            None => lines.push(line),
        }
        let superfluous = lines.len().saturating_sub(LINES_MAX);
        lines.drain(..superfluous);
        if file.is_unreadable {
            return;
        }
        if let Err(error) = file.write() {
            let path = file.path.display();
            warn!("{}: cannot store the format of the station in {path}: {error}", station.mount);
        }
    }
}

fn lock(file: &Mutex<StoreFile>) -> MutexGuard<'_, StoreFile> {
    // A line is complete or missing, also after a panic.
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the index of the line of a station: that with its id, else that with its mount, unless both have
/// ids.
fn find(lines: &[FormatLine], station: &StationIdentity) -> Option<usize> {
    let by_id = lines.iter().position(|line| line.id.is_some() && line.id == station.id);
    let may_be = |line: &FormatLine| line.id.is_none() || station.id.is_none();
    by_id.or_else(|| lines.iter().position(|line| line.mount == station.mount && may_be(line)))
}

impl StoreFile {
    /// Returns the lines, which are read at the first call.
    fn lines(&mut self) -> &mut Vec<FormatLine> {
        let Self { path, lines, is_unreadable } = self;
        lines.get_or_insert_with(|| {
            let read = read(path).inspect_err(|error| {
                *is_unreadable = true;
                warn!("cannot read the formats of stations from {}: {error}", path.display());
            });
            read.unwrap_or_default()
        })
    }

    fn write(&self) -> io::Result<()> {
        let lines = self
            .lines
            .iter()
            .flatten()
            .map(|line| serde_json::to_string(line).expect("texts and numbers can be written") + "\n");
        open_file::replace(&self.path, (HEADER.to_owned() + &lines.collect::<String>()).as_bytes())
    }
}

/// Reads the file. Logs invalid lines. A missing file has no lines.
fn read(path: &Path) -> io::Result<Vec<FormatLine>> {
    let text = match open_file::read_state(path, FILE_BYTES_MAX) {
        Ok(text) if text.len() as u64 > FILE_BYTES_MAX => {
            return Err(io::Error::other("the file is too long"));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        text => text?,
    };
    let (lines, invalid) = parse(&String::from_utf8_lossy(&text));
    if let Some((number, reason)) = invalid.first() {
        let (path, count) = (path.display(), invalid.len());
        warn!("{path}:{number}: {reason} ({count} invalid lines are ignored)");
    }
    Ok(lines)
}

/// Returns the lines, and the number and the error of each invalid line.
fn parse(text: &str) -> (Vec<FormatLine>, Vec<(usize, String)>) {
    let (mut lines, mut invalid) = (Vec::new(), Vec::new());
    for (at, text) in text.lines().enumerate() {
        match text.trim() {
            "" => {}
            comment if comment.starts_with('#') => {}
            text => match parse_line(text) {
                Ok(line) => lines.push(line),
                Err(reason) => invalid.push((at + 1, reason)),
            },
        }
    }
    lines.truncate(LINES_MAX);
    (lines, invalid)
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
