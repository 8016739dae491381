//! The version of a file: its properties that change when its content does.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// The properties of a file that change when its content does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileVersion {
    /// The size in bytes.
    pub len: u64,
    /// The time of modification, in seconds since 1970 and nanoseconds.
    pub modified: (i64, i64),
}

impl From<&Metadata> for FileVersion {
    fn from(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), modified: (metadata.mtime(), metadata.mtime_nsec()) }
    }
}
