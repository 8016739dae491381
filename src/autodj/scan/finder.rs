//! Finds the files of playlist entries, also where their names on the disk are written differently.

use std::collections::{HashMap, HashSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

use super::changes::Stamps;
use super::listings::{Listings, text_of};
use crate::autodj::playlist::NamedPath;

/// Maximum number of directories in a path that does not exist. Deeper ones are not searched for.
const DEPTH_MAX: usize = 64;

/// Maximum number of directories whose names on the disk are remembered.
const FOLDERS_MAX: usize = 10_000;

/// Maximum number of attempts to find files of Windows beside the playlist, not counting those that succeed.
const MOVED_ATTEMPTS_MAX: usize = 20_000;

/// Finds the files of playlist entries.
pub struct FileFinder {
    /// The charset of names that are not UTF-8.
    charset: &'static Encoding,
    listings: Listings,
    /// The directories whose stamps were recorded.
    recorded: HashSet<PathBuf>,
    /// The directories that do not exist by their own name, and the ones that are meant.
    folders: HashMap<PathBuf, Option<PathBuf>>,
    moved_attempts: usize,
}

/// The file of an entry.
#[derive(Debug)]
pub struct FoundFile {
    /// Its path.
    pub path: PathBuf,
    /// Its metadata.
    pub metadata: Metadata,
    /// What the operator should know about its name.
    pub difference: Option<NameDifference>,
}

/// How the name of a file differs from that in a playlist, apart from its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameDifference {
    /// In upper and lower case.
    Case {
        /// The number of files with such names.
        candidates: usize,
    },
    /// It is beside the playlist, and the playlist has an absolute path of Windows.
    Moved,
}

impl FileFinder {
    /// Creates a finder that has not read any directory. Names that are not UTF-8 are in `charset`.
    pub fn new(charset: &'static Encoding) -> Self {
        Self {
            charset,
            listings: Listings::new(charset),
            recorded: HashSet::new(),
            folders: HashMap::new(),
            moved_attempts: 0,
        }
    }

    /// Returns the charset of names that are not UTF-8.
    pub fn charset(&self) -> &'static Encoding {
        self.charset
    }

    /// Finds the file of an entry of a playlist in `folder`: by the name in the playlist, whatever its
    /// encoding; else by a name that only Unicode normalisation or case make different. Records the stamps of
    /// all directories on which the result depends.
    ///
    /// # Errors
    /// Returns the path that the playlist most probably means, and the error of opening it.
    pub fn find(
        &mut self,
        folder: &Path,
        name: &NamedPath,
        stamps: &mut Stamps,
    ) -> Result<FoundFile, (PathBuf, io::Error)> {
        let usual = folder.join(name.path());
        self.record_parent(&usual, stamps);
        let readings: Vec<_> = name.readings(self.charset).iter().map(|path| folder.join(path)).collect();
        let found = readings.iter().find_map(|path| self.literal(path, stamps));
        let found = found.or_else(|| readings.iter().find_map(|path| self.similar(path, stamps)));
        let found = found.or_else(|| self.moved(folder, name, stamps));
        found.ok_or_else(|| match fs::metadata(&usual) {
            Err(error) => (usual, error),
            Ok(_) => (usual, io::ErrorKind::NotFound.into()),
        })
    }

    /// Returns one sentence if there were too many names to compare.
    pub fn limit_warning(&self) -> Option<String> {
        self.listings.limit_warning()
    }

    fn literal(&mut self, path: &Path, stamps: &mut Stamps) -> Option<FoundFile> {
        let mut metadata = fs::metadata(path).ok()?;
        if self.record_parent(path, stamps) {
            // It may have been removed before the directory was recorded.
            metadata = fs::metadata(path).ok()?;
        }
        Some(FoundFile { path: path.to_owned(), metadata, difference: None })
    }

    /// Finds a file whose name, or those of its directories, differ in normalisation or case.
    fn similar(&mut self, path: &Path, stamps: &mut Stamps) -> Option<FoundFile> {
        let folder = self.folder(path.parent()?, stamps)?;
        self.record(&folder, stamps);
        let (found, candidates) = self.listings.find(&folder, path.file_name()?, Metadata::is_file)?;
        let metadata = fs::metadata(&found).ok()?;
        let found = found.strip_prefix(".").map(Path::to_owned).unwrap_or(found);
        let is_same = text_of(path, self.charset) == text_of(&found, self.charset);
        let difference = (!is_same).then_some(NameDifference::Case { candidates });
        Some(FoundFile { path: found, metadata, difference })
    }

    /// Returns the directory that is meant by a path.
    fn folder(&mut self, path: &Path, stamps: &mut Stamps) -> Option<PathBuf> {
        let mut missing = Vec::new();
        let mut found = None;
        for ancestor in path.ancestors().take(DEPTH_MAX) {
            let here = if ancestor.as_os_str().is_empty() { Path::new(".") } else { ancestor };
            if let Some(known) = self.folders.get(ancestor) {
                found = known.clone();
                break;
            } else if here.is_dir() {
                found = Some(here.to_owned());
                break;
            }
            missing.push(ancestor);
        }
        for folder in missing.into_iter().rev() {
            found = found.and_then(|parent| self.subfolder(&parent, folder, stamps));
            self.remember(folder, found.clone());
        }
        found
    }

    fn subfolder(&mut self, parent: &Path, folder: &Path, stamps: &mut Stamps) -> Option<PathBuf> {
        let Some(name) = folder.file_name() else { return Some(parent.join("..")) };
        self.record(parent, stamps);
        self.listings.find(parent, name, Metadata::is_dir).map(|(found, _)| found)
    }

    fn remember(&mut self, folder: &Path, found: Option<PathBuf>) {
        if self.folders.len() >= FOLDERS_MAX {
            self.folders.clear();
        }
        self.folders.insert(folder.to_owned(), found);
    }

    /// Finds the file of an absolute path of Windows beside the playlist, with at least one directory of the
    /// path, so that a file of another album is not mistaken for it. The directory of the playlist may itself
    /// be that directory.
    fn moved(&mut self, folder: &Path, name: &NamedPath, stamps: &mut Stamps) -> Option<FoundFile> {
        let above = if folder.as_os_str().is_empty() { Some(Path::new("..")) } else { folder.parent() };
        for tail in name.tails_of_windows_path() {
            for base in [Some(folder), above].into_iter().flatten() {
                if self.moved_attempts >= MOVED_ATTEMPTS_MAX {
                    return None;
                }
                let path = base.join(&tail);
                if let Some(found) = self.literal(&path, stamps).or_else(|| self.similar(&path, stamps)) {
                    return Some(FoundFile { difference: Some(NameDifference::Moved), ..found });
                }
                self.moved_attempts += 1;
            }
        }
        None
    }

    fn record_parent(&mut self, path: &Path, stamps: &mut Stamps) -> bool {
        path.parent().is_some_and(|parent| self.record(parent, stamps))
    }

    /// Records the stamp of a directory once, before it is read. Returns whether it had not been recorded.
    fn record(&mut self, folder: &Path, stamps: &mut Stamps) -> bool {
        let is_new = !self.recorded.contains(folder);
        if is_new {
            self.recorded.insert(folder.to_owned());
            stamps.record(folder, fs::metadata(folder).ok().as_ref());
        }
        is_new
    }
}
