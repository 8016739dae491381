//! The files that have killed encode workers.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use crate::file_version::FileVersion;

/// How often a file may kill a worker. From then on it is refused.
pub const DEATHS_MAX: u32 = 2;

/// The most files to remember. The oldest is forgotten first.
const FILES_MAX: usize = 1000;

/// A file in one version. Another file at the same path, or a repaired one, is another version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileIdentity {
    path: PathBuf,
    version: FileVersion,
}

impl FileIdentity {
    /// Returns the version of the file at this path.
    ///
    /// # Errors
    /// If the path has no metadata, for example because there is no such file.
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), version: FileVersion::from(&path.metadata()?) })
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Counts the deaths of workers by file.
#[derive(Debug, Default)]
pub struct DeathsByFile {
    /// The oldest first. The last element of each is how it died the last time.
    files: VecDeque<(FileIdentity, u32, String)>,
}

impl DeathsByFile {
    /// Counts a death. Returns how often this file has killed a worker.
    pub fn count(&mut self, file: &FileIdentity, signal: &str) -> u32 {
        let known = self.files.iter().position(|(known, _, _)| known.path == file.path);
        let known = known.and_then(|at| self.files.remove(at));
        let times = known.filter(|(known, _, _)| known == file).map_or(0, |(_, times, _)| times) + 1;
        if self.files.len() >= FILES_MAX {
            self.files.pop_front();
        }
        self.files.push_back((file.clone(), times, signal.to_owned()));
        times
    }

    /// Returns how often and how a file has killed workers, if it is refused for that.
    pub fn refusal(&self, file: &FileIdentity) -> Option<(u32, &str)> {
        let (_, times, signal) = self.files.iter().find(|(known, _, _)| known == file)?;
        (*times >= DEATHS_MAX).then_some((*times, signal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(path: &str, len: u64) -> FileIdentity {
        FileIdentity { path: path.into(), version: FileVersion { len, modified: (0, 0) } }
    }

    #[test]
    fn file_is_refused_from_its_second_death_on() {
        let (mut deaths, file) = (DeathsByFile::default(), version("a", 1));
        assert_eq!(deaths.refusal(&file), None);
        assert_eq!(deaths.count(&file, "signal 6"), 1);
        assert_eq!(deaths.refusal(&file), None);
        assert_eq!(deaths.count(&file, "signal 11"), 2);
        assert_eq!(deaths.refusal(&file), Some((2, "signal 11")));
        assert_eq!(deaths.refusal(&version("b", 1)), None);
    }

    #[test]
    fn changed_file_begins_with_no_deaths() {
        let mut deaths = DeathsByFile::default();
        (0..2).for_each(|_| assert!(deaths.count(&version("a", 1), "") > 0));
        let modified = FileVersion { len: 1, modified: (0, 1) };
        let modified = FileIdentity { version: modified, ..version("a", 1) };
        for changed in [version("a", 2), modified] {
            assert_eq!(deaths.refusal(&changed), None);
            assert_eq!(deaths.count(&changed, ""), 1);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut deaths = DeathsByFile::default();
        (0..2 * FILES_MAX)
            .for_each(|number| assert_eq!(deaths.count(&version(&number.to_string(), 1), ""), 1));
        assert_eq!(deaths.files.len(), FILES_MAX);
        assert_eq!(deaths.count(&version(&(2 * FILES_MAX - 1).to_string(), 1), ""), 2);
    }
}
