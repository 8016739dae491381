//! Peaks, totals, listener histories and titles of stations on disk, across restarts: one line of JSON for
//! each station.
//!
//! The file is read at the start. While the server runs, a separate thread rewrites it every 50 seconds
//! and at the end: it writes a new file and renames it over the old one. So a power cut costs less than a
//! minute.

mod line;

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use log::warn;

use crate::open_file;
use crate::settings::StationIdentity;
use crate::state_lines::LINES_MAX;
use crate::state_writer::StateWriter;
use crate::station::{StationStatistics, StatisticsStore};
use crate::worker::{ThreadWatch, Worker};
use line::{FileContent, HEADER, StatisticsList};

/// The file name in the state directory.
const FILE_NAME: &str = "statistics.jsonl";

/// The longest file that is read and written, in bytes: enough for a thousand stations with the longest
/// lines.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long shutdown waits for the last write. With the longest wait for
/// connections, it is the rest of the two seconds that shutdown may take.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// The file with the statistics.
#[derive(Debug)]
pub struct StatisticsFile {
    writer: Worker<StatisticsList>,
}

/// Keeps the statistics in memory, and has them written to the file.
#[derive(Debug)]
struct StoredStatistics {
    all: StatisticsList,
    /// `None` if there is something else in the place of the file.
    writer: Option<Worker<StatisticsList>>,
}

impl StatisticsFile {
    /// Reads the file in `folder`, which must exist. A file that is damaged, too new or cannot be read is set
    /// aside, with one warning; what is valid in it is used.
    ///
    /// # Errors
    /// The thread that writes the file cannot be started.
    pub fn open(folder: &Path) -> io::Result<(Self, Box<dyn StatisticsStore + Send>)> {
        let path = folder.join(FILE_NAME);
        let (all, is_usable) = load(&path);
        let save = |path: &Path, list: &StatisticsList| open_file::replace(path, to_text(list).as_bytes());
        let writer = StateWriter::new(path, "the statistics", save).start("statistics")?;
        let usable = is_usable.then(|| writer.clone());
        Ok((Self { writer }, Box::new(StoredStatistics { all, writer: usable })))
    }

    /// Returns the thread that writes, which ends when the file is no longer used.
    pub fn watch(&self) -> ThreadWatch {
        self.writer.watch()
    }

    /// Waits for a limited time until the last statistics are written. Logs if that is not enough.
    pub fn flush(&self) {
        self.flush_within(FLUSH_TIMEOUT);
    }

    fn flush_within(&self, timeout: Duration) {
        if !self.writer.flush(timeout) {
            let ms = timeout.as_millis();
            warn!("the statistics are not written after {ms} ms; those since the last write are lost");
        }
    }
}

impl StoredStatistics {
    fn find(&self, station: &StationIdentity) -> Option<usize> {
        let known = self.all.stations.iter().map(|it| (it.station.id, it.station.mount.as_str()));
        station.position_in(known)
    }
}

impl StatisticsStore for StoredStatistics {
    fn load(&self, station: &StationIdentity) -> Option<Arc<StationStatistics>> {
        self.find(station).map(|at| self.all.stations[at].clone())
    }

    fn server_peak(&self) -> usize {
        self.all.server_peak
    }

    fn put(&mut self, statistics: StationStatistics) {
        let at = self.find(&statistics.station);
        at.into_iter().for_each(|at| drop(self.all.stations.remove(at)));
        self.all.stations.push(Arc::new(statistics));
        let superfluous = self.all.stations.len().saturating_sub(LINES_MAX);
        self.all.stations.drain(..superfluous);
    }

    fn commit(&mut self, server_peak: usize) {
        self.all.server_peak = server_peak;
        if let Some(writer) = &self.writer {
            // If the thread has ended, it has logged the reason.
            let _ = writer.send(self.all.clone());
        }
    }
}

/// Returns the content of the file, and whether the file may be written.
fn load(path: &Path) -> (StatisticsList, bool) {
    let (content, reason) = match read(path) {
        Ok(FileContent { list, error: None }) => return (list, true),
        Ok(FileContent { list, error: Some(reason) }) => (list, reason),
        Err(error) => (StatisticsList::default(), error.to_string()),
    };
    let (shown, count) = (path.display(), content.stations.len());
    match open_file::set_aside(path) {
        Ok(aside) => {
            let aside = aside.display();
            warn!(
                "{shown}: {reason}; it is kept as {aside}, and the statistics of {count} stations are used"
            );
            (content, true)
        }
        Err(error) => {
            warn!("{shown}: {reason}; statistics are not stored: it cannot be set aside: {error}");
            (content, false)
        }
    }
}

/// Reads the file. A missing one is empty.
fn read(path: &Path) -> io::Result<FileContent> {
    match open_file::read_state(path, FILE_BYTES_MAX as u64) {
        Ok(text) if text.len() > FILE_BYTES_MAX => Err(io::Error::other("the file is too long")),
        Ok(text) => Ok(FileContent::parse(&String::from_utf8_lossy(&text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(FileContent::default()),
        Err(error) => Err(error),
    }
}

/// Returns the content of the file. If it would be too long, the stations that were stored first are missing:
/// they were removed.
fn to_text(list: &StatisticsList) -> String {
    let mut text = HEADER.to_owned() + &line::server_line(list.server_peak);
    for line in list.stations.iter().rev().map(|station| line::station_line(station)) {
        if text.len() + line.len() > FILE_BYTES_MAX {
            break;
        }
        text += &line;
    }
    text
}

#[cfg(test)]
mod tests;
