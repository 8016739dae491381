//! The set of files without audio frames, which are not tried again until they change.

use std::collections::HashSet;
use std::fs::Metadata;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use super::scan::MAX_TRACKS;
use crate::file_version::FileVersion;

/// Maximum number of files in the set: all that a station can have.
const FILES_MAX: usize = MAX_TRACKS;

/// A set of files without frames. Without it, each of them would be read to its end in every round.
///
/// A changed file counts as a new one.
#[derive(Debug, Default)]
pub struct Unplayable {
    /// Hashes of path, length and modification time: 16 bytes each.
    files: HashSet<u64>,
    hasher: RandomState,
}

impl Unplayable {
    /// Adds a file, unless the set is full.
    pub fn insert(&mut self, path: &Path, metadata: &Metadata) {
        if self.files.len() < FILES_MAX {
            self.files.insert(self.hash(path, metadata));
        }
    }

    /// Returns whether the set contains this file and the file is unchanged.
    pub fn contains(&self, path: &Path, metadata: &Metadata) -> bool {
        self.files.contains(&self.hash(path, metadata))
    }

    fn hash(&self, path: &Path, metadata: &Metadata) -> u64 {
        self.hasher.hash_one((path, FileVersion::from(metadata)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{metadata, write};

    #[test]
    fn file_is_remembered_until_it_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.mp3");
        write(&path, "nothing").expect("a file");
        let mut unplayable = Unplayable::default();
        let before = metadata(&path).expect("an existing file");
        assert!(!unplayable.contains(&path, &before));
        unplayable.insert(&path, &before);
        assert!(unplayable.contains(&path, &metadata(&path).expect("an existing file")));
        write(&path, "something").expect("a file");
        assert!(!unplayable.contains(&path, &metadata(&path).expect("an existing file")));
    }
}
