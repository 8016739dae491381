//! Whether anything may have changed where music was found, without looking at every file.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What a scan looked at: roots, folders, playlists and the folders of what playlists name, each as it was when the
/// scan came by.
///
/// A file that is added, removed or replaced changes its folder, so ten thousand files in some hundred folders cost
/// some hundred system calls, and a disk that sleeps or is at the far end of a network is not asked for more. A file
/// that is written into changes no folder, and need not: it is opened anew whenever it is played.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stamps(Vec<(PathBuf, Option<Stamp>)>);

/// Changes whenever entries of a folder, or the content of a file, do; but a second change within the same tick of the
/// file system's clock does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    /// Another folder may be mounted here, or linked to.
    identity: (u64, u64),
    modified: (i64, i64),
}

impl Stamps {
    /// Notes how `path` is just now, before it is read: what changes while it is read shows later. `None` if it is
    /// not there, which is as good to be noted.
    pub fn record(&mut self, path: &Path, metadata: Option<&Metadata>) {
        self.0.push((path.to_owned(), metadata.map(Stamp::from_metadata)));
    }

    /// Whether anything is not as it was noted. Blocks on disk.
    pub fn have_changed(&self) -> bool {
        self.0.iter().any(|(path, then)| fs::metadata(path).ok().as_ref().map(Stamp::from_metadata) != *then)
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
