//! The stream ids of stations, on disk, so that those that the configuration does not give stay with their
//! mounts across restarts: one line of JSON for each mount.
//!
//! The file is read at the start. A separate thread rewrites it after every change: it writes a new file and
//! renames it over the old one.

use std::io;
use std::path::Path;
use std::time::Duration;

use log::warn;
use serde::{Deserialize, Serialize};

use crate::state_lines;
use crate::state_writer::StateWriter;
use crate::worker::{ThreadWatch, Worker};

/// The file name in the state directory.
const FILE_NAME: &str = "station_ids.jsonl";

const HEADER: &str = "# The ids of stations and renditions. Those that the configuration gives win. coldwave rewrites this file with every\n\
                      # change: edit it only while coldwave is stopped.\n";

/// How long shutdown waits for the last change.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(300);

/// The file with the ids.
#[derive(Debug)]
pub struct StationIdFile {
    /// What was read or sent to the thread last.
    stored: Vec<(String, u32)>,
    /// `None` if the file could not be read, and is therefore not written either.
    writer: Option<Worker<Vec<IdLine>>>,
}

/// A line of the file. Further keys are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct IdLine {
    mount: String,
    id: u32,
}

impl StationIdFile {
    /// Reads the file in `folder`, which must exist. Returns the mounts and ids in it, the oldest first, for
    /// [`assign`](crate::settings::station_ids::assign). Invalid lines and a file that cannot be read are
    /// logged.
    ///
    /// # Errors
    /// The thread that writes the file cannot be started.
    pub fn open(folder: &Path) -> io::Result<(Self, Vec<(String, u32)>)> {
        let path = folder.join(FILE_NAME);
        let read = read_lines(&path);
        let save = |path: &Path, lines: &Vec<IdLine>| state_lines::write(path, HEADER, lines);
        let writer = StateWriter::new(path, "the ids of stations", save);
        let writer = read.is_ok().then(|| writer.start("station ids")).transpose()?;
        let stored = read.unwrap_or_default();
        Ok((Self { stored: stored.clone(), writer }, stored))
    }

    /// Has these mounts and ids written, unless they are in the file already.
    pub fn store(&mut self, ids: &[(String, u32)]) {
        if self.stored == ids {
            return;
        }
        self.stored = ids.to_vec();
        let lines = ids.iter().map(|(mount, id)| IdLine { mount: mount.clone(), id: *id }).collect();
        if let Some(writer) = &self.writer {
            // If the thread has ended, it has logged the reason.
            let _ = writer.send(lines);
        }
    }

    /// Returns the thread that writes, which ends when the file is no longer used.
    pub fn watch(&self) -> Option<ThreadWatch> {
        self.writer.as_ref().map(Worker::watch)
    }

    /// Waits for a limited time until the last change is written.
    pub fn flush(&self) {
        self.writer.as_ref().map(|writer| writer.flush(FLUSH_TIMEOUT));
    }
}

/// Reads the file in `folder` without a thread that writes it. Neither has to exist. Invalid lines and a file
/// that cannot be read are logged.
pub fn read(folder: &Path) -> Vec<(String, u32)> {
    read_lines(&folder.join(FILE_NAME)).unwrap_or_default()
}

fn read_lines(path: &Path) -> io::Result<Vec<(String, u32)>> {
    let lines = state_lines::read(path, parse_line).inspect_err(|error| {
        warn!("cannot read the ids of stations from {}: {error}", path.display());
    })?;
    Ok(lines.into_iter().map(|line: IdLine| (line.mount, line.id)).collect())
}

/// Parses a line.
///
/// # Errors
/// The reason in one sentence.
fn parse_line(text: &str) -> Result<IdLine, String> {
    let line: IdLine =
        serde_json::from_str(text).map_err(|error| format!("not the id of a station: {error}"))?;
    match line.id {
        0 => Err("id: 0 is no id".to_owned()),
        _ => Ok(line),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn ids(list: &[(&str, u32)]) -> Vec<(String, u32)> {
        list.iter().map(|&(mount, id)| (mount.to_owned(), id)).collect()
    }

    fn open(folder: &Path) -> (StationIdFile, Vec<(String, u32)>) {
        StationIdFile::open(folder).expect("a thread")
    }

    #[test]
    fn ids_survive_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut file, known) = open(folder.path());
        assert_eq!(known, []);
        file.store(&ids(&[("/a", 1)]));
        file.store(&ids(&[("/a \"quoted\" \u{e4}", 1), ("/b", 70_000)]));
        file.flush();
        drop(file);
        assert_eq!(read(folder.path()).len(), 2);
        let (_, known) = open(folder.path());
        assert_eq!(known, ids(&[("/a \"quoted\" \u{e4}", 1), ("/b", 70_000)]));
    }

    #[test]
    fn reading_alone_creates_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("state");
        assert_eq!((read(folder.path()), read(&missing)), (Vec::new(), Vec::new()));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn damaged_line_costs_only_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "# a comment\n{\"mount\":\"/a\",\"id\":1}\n{\"mount\":\"/b\",\"id\":0}\n{\"mou\n\
                    {\"mount\":\"/c\",\"id\":-3}\n{\"mount\":\"/d\",\"id\":4,\"later\":true}\n";
        fs::write(folder.path().join(FILE_NAME), text).expect("a file");
        let (_, known) = open(folder.path());
        assert_eq!(known, ids(&[("/a", 1), ("/d", 4)]));
    }

    #[test]
    fn unchanged_ids_are_not_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE_NAME);
        let (mut file, _) = open(folder.path());
        file.store(&[]);
        file.flush();
        assert!(!path.exists());
        file.store(&ids(&[("/a", 1)]));
        file.flush();
        fs::remove_file(&path).expect("it was written");
        file.store(&ids(&[("/a", 1)]));
        file.flush();
        assert!(!path.exists());
    }

    /// A file that cannot be read is not replaced: an operator may repair it.
    #[test]
    fn unreadable_file_is_left_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE_NAME);
        let text = "x".repeat(3 * 1024 * 1024);
        fs::write(&path, &text).expect("a file");
        let (mut file, known) = open(folder.path());
        assert_eq!(known, []);
        file.store(&ids(&[("/a", 1)]));
        file.flush();
        assert_eq!(fs::read_to_string(&path).expect("the file").len(), text.len());
    }
}
