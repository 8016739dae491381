//! What a scan finds, and what it complains of.

use std::io;
use std::path::{Path, PathBuf};

use super::stamps::Stamps;

/// Tracks of one scan: more than a year of music, and about 30 MB.
pub const MAX_TRACKS: usize = 200_000;

/// Complaints kept of one scan: more than anybody reads, and few enough for a log.
pub const MAX_WARNINGS: usize = 100;

/// What a scan found.
#[derive(Debug, Default)]
pub struct Scan {
    /// In the order of play.
    pub tracks: Vec<Track>,
    /// One sentence each, for the operator; no more than about a hundred.
    pub warnings: Vec<String>,
    /// What to look at to learn whether another scan would find anything else.
    pub stamps: Stamps,
    /// How many complaints were not kept.
    pub warnings_dropped: usize,
}

/// One thing to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// What to open. Looked at, but not opened by the scan: it may be a FIFO, and may be gone by now.
    pub path: PathBuf,
    /// What a playlist says it is called.
    pub title: Option<String>,
}

impl Scan {
    /// Keeps a complaint, unless there are too many.
    pub fn warn(&mut self, sentence: String) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(sentence);
        } else {
            self.warnings_dropped += 1;
        }
    }

    /// Whether there are as many tracks as there may be.
    pub fn is_full(&self) -> bool {
        self.tracks.len() >= MAX_TRACKS
    }

    /// Adds a track, or complains that there are too many.
    pub fn add_track(&mut self, path: PathBuf, title: Option<String>) {
        if self.is_full() {
            self.warn(format!("more than {MAX_TRACKS} tracks, ignored: {}", printable_path(&path)));
        } else {
            self.tracks.push(Track { path, title });
        }
    }
}

/// What is wrong with what is at `path`, or is not there.
pub fn describe_error(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if path.to_string_lossy().contains("://") => {
            format!("{} is a URL: only files, directories and playlists can be played", printable_path(path))
        }
        io::ErrorKind::NotFound => format!("no such file or directory: {}", printable_path(path)),
        _ => format!("cannot read {}: {error}", printable_path(path)),
    }
}

/// A path on one line: a name in a file system may contain anything.
pub fn printable_path(path: &Path) -> String {
    path.to_string_lossy().replace(char::is_control, "\u{fffd}")
}
