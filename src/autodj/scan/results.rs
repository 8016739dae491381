//! The results of a scan: tracks and warnings.

use std::io;
use std::path::{Path, PathBuf};

use super::changes::Stamps;

/// Maximum number of tracks of one scan: more than a year of music, and about 30 MB of memory.
pub const MAX_TRACKS: usize = 200_000;

/// Maximum number of warnings kept of one scan: more than an operator reads, and few enough for a log.
pub const MAX_WARNINGS: usize = 100;

/// The results of a scan.
#[derive(Debug, Default)]
pub struct Scan {
    /// The tracks, in the order of play.
    pub tracks: Vec<Track>,
    /// The warnings for the operator, one sentence each; about a hundred at most.
    pub warnings: Vec<String>,
    /// The number of files in directories that are not music by their names.
    pub other_files: usize,
    /// Stamps that show whether another scan would have other results.
    pub stamps: Stamps,
    /// The number of warnings that were not kept.
    pub warnings_dropped: usize,
}

/// A track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// The path to open. The scan has checked it but not opened it: it may be a FIFO, and may not exist any
    /// more.
    pub path: PathBuf,
    /// The title in a playlist.
    pub title: Option<String>,
}

impl Scan {
    /// Keeps a warning, unless there are too many.
    pub fn warn(&mut self, sentence: String) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(sentence);
        } else {
            self.warnings_dropped += 1;
        }
    }

    /// Takes the warnings for the log, the last of which is how many were not kept.
    pub fn take_warnings(&mut self) -> Vec<String> {
        let mut warnings = std::mem::take(&mut self.warnings);
        if self.warnings_dropped > 0 {
            warnings.push(format!("and {} more warnings", self.warnings_dropped));
        }
        warnings
    }

    /// Returns whether the maximum number of tracks is reached.
    pub fn is_full(&self) -> bool {
        self.tracks.len() >= MAX_TRACKS
    }

    /// Adds a track, or a warning if there are too many.
    pub fn add_track(&mut self, path: PathBuf, title: Option<String>) {
        if self.is_full() {
            self.warn(format!("more than {MAX_TRACKS} tracks, ignored: {}", printable_path(&path)));
        } else {
            self.tracks.push(Track { path, title });
        }
    }
}

/// Returns the error message for a path that cannot be read.
pub fn describe_error(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if path.to_string_lossy().contains("://") => {
            format!("{} is a URL: only files, directories and playlists can be played", printable_path(path))
        }
        io::ErrorKind::NotFound => format!("no such file or directory: {}", printable_path(path)),
        _ => format!("cannot read {}: {error}", printable_path(path)),
    }
}

/// Returns a path as one line of text. Names in a file system may contain any characters.
pub fn printable_path(path: &Path) -> String {
    path.to_string_lossy().replace(char::is_control, "\u{fffd}")
}
