//! Files in which there was nothing to play.

use std::collections::HashSet;
use std::fs::Metadata;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

/// Files remembered. With more than this, the rest is read anew every round.
const FILES_MAX: usize = 10_000;

/// Remembers files without frames, so that they are not read to their end every round, for months.
///
/// A file that was changed since is another one.
#[derive(Debug, Default)]
pub struct Unplayable {
    /// Hashes of path, length and time of change: 16 bytes each.
    files: HashSet<u64>,
    hasher: RandomState,
}

impl Unplayable {
    /// Remembers a file.
    pub fn insert(&mut self, path: &Path, metadata: &Metadata) {
        if self.files.len() < FILES_MAX {
            self.files.insert(self.hash(path, metadata));
        }
    }

    /// Whether this is a file that was remembered, and not changed since.
    pub fn contains(&self, path: &Path, metadata: &Metadata) -> bool {
        self.files.contains(&self.hash(path, metadata))
    }

    fn hash(&self, path: &Path, metadata: &Metadata) -> u64 {
        self.hasher.hash_one((path, metadata.len(), metadata.modified().ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{metadata, write};

    #[test]
    fn a_file_is_remembered_until_it_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.mp3");
        write(&path, "nothing").expect("a file");
        let mut unplayable = Unplayable::default();
        let before = metadata(&path).expect("it is there");
        assert!(!unplayable.contains(&path, &before));
        unplayable.insert(&path, &before);
        assert!(unplayable.contains(&path, &metadata(&path).expect("it is there")));
        write(&path, "something").expect("a file");
        assert!(!unplayable.contains(&path, &metadata(&path).expect("it is there")));
    }
}
