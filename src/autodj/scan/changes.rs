//! Detects changes of the music without a check of every file.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The roots, directories and playlists of a scan, and the directories of playlist entries, each with its
/// state before the scan read it.
///
/// Adding, removing or replacing a file changes its directory, so ten thousand files in some hundred
/// directories cost some hundred system calls, and a sleeping or remote disk is accessed no more than that.
/// Writing to a file does not change its directory, but this is not a change of the list: a file is opened
/// again whenever it is played.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stamps(Vec<(PathBuf, Option<Stamp>)>);

/// The state of a directory or a file. It differs after a change of the directory's entries or the file's
/// content, unless two changes are within the same tick of the file system's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    /// Device and inode: another directory may be mounted or linked at the path.
    identity: (u64, u64),
    modified: (i64, i64),
}

impl Stamps {
    /// Records the state of `path`. Call this before reading it, so that a change during the read is
    /// detected. `None` means that the path does not exist, which is recorded too.
    pub fn record(&mut self, path: &Path, metadata: Option<&Metadata>) {
        self.0.push((path.to_owned(), metadata.map(Stamp::from_metadata)));
    }

    /// Returns whether anything differs from its recorded state. Blocks on disk.
    pub fn have_changed(&self) -> bool {
        self.0
            .iter()
            .any(|(path, recorded)| fs::metadata(path).ok().as_ref().map(Stamp::from_metadata) != *recorded)
    }
}

impl Stamp {
    fn from_metadata(metadata: &Metadata) -> Self {
        Self {
            identity: (metadata.dev(), metadata.ino()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}
