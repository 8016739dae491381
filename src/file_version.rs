//! The version of a file: its properties that change when its content does.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// The properties of a file that change when its content does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileVersion {
    /// The size in bytes.
    pub len: u64,
    /// The time of modification, in seconds since 1970 and nanoseconds.
    pub modified: (i64, i64),
}

impl FileVersion {
    /// Returns whether the file was modified at least this long before `today`, in UTC since 1970-01-01.
    pub fn is_older_than(self, age: Duration, today: Duration) -> bool {
        let (seconds, nanoseconds) = self.modified;
        let modified = Duration::new(seconds.try_into().unwrap_or(0), nanoseconds.try_into().unwrap_or(0));
        today.checked_sub(modified).is_some_and(|since| since >= age)
    }
}

impl From<&Metadata> for FileVersion {
    fn from(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), modified: (metadata.mtime(), metadata.mtime_nsec()) }
    }
}

/// What changes when another file takes the place of a file, or its content, mode or owner changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    version: FileVersion,
    device: u64,
    inode: u64,
    /// The time of the last change of content, mode, owner or number of links.
    changed: (i64, i64),
}

impl FileStamp {
    /// Returns the stamp of the file at the end of all links; `None` if there is none, or it cannot be
    /// reached. May block on the disk.
    pub fn read(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            version: FileVersion::from(&metadata),
            device: metadata.dev(),
            inode: metadata.ino(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}
