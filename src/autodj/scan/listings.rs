//! The names in directories, to find those that only Unicode normalisation or case make different.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;
use unicode_normalization::UnicodeNormalization;

use super::results::printable_path;
use crate::text::decode_or;

/// Maximum number of names that are kept, about 20 MB. A directory with more is not searched.
const NAMES_KEPT_MAX: usize = 200_000;

/// Maximum number of names that are read in one scan, if the directories do not fit into the memory at the
/// same time: some seconds.
const NAMES_READ_MAX: usize = 2_000_000;

/// Maximum number of names that differ only in case and are examined for one name. A playlist may have the
/// name a hundred thousand times.
const SIMILAR_MAX: usize = 20;

/// The names in directories. Each directory is read once in a scan, however many names are looked for.
pub struct Listings {
    /// The charset of names that are not UTF-8.
    charset: &'static Encoding,
    folders: HashMap<PathBuf, Names>,
    hasher: RandomState,
    /// The number of names in `folders`.
    kept: usize,
    /// The number of names that were read.
    read: usize,
    /// A directory that was not searched because it or all of them together have too many names.
    unsearched: Option<PathBuf>,
}

/// The names in a directory, sorted by the hash of what they have in common with similar names, then by
/// themselves.
type Names = Vec<(u64, OsString)>;

impl Listings {
    /// Creates listings that have not read any directory.
    pub fn new(charset: &'static Encoding) -> Self {
        Self {
            charset,
            folders: HashMap::new(),
            hasher: RandomState::new(),
            kept: 0,
            read: 0,
            unsearched: None,
        }
    }

    /// Finds the entry of a directory whose name is the most similar to `name`, and the number of entries
    /// that are as similar; the first one in the order of bytes counts. `is_wanted` returns whether an entry
    /// is of the right kind.
    pub fn find(
        &mut self,
        folder: &Path,
        name: &OsStr,
        is_wanted: impl Fn(&Metadata) -> bool,
    ) -> Option<(PathBuf, usize)> {
        let (wanted, charset) = (text_of(Path::new(name), self.charset), self.charset);
        let key = folded(&wanted);
        let hash = self.hasher.hash_one(&key);
        let names = self.names(folder);
        let first = names.partition_point(|(other, _)| *other < hash);
        let similar = names[first..].iter().take_while(|(other, _)| *other == hash).map(|(_, name)| name);
        let exists = |name: &OsString| fs::metadata(folder.join(name)).is_ok_and(|found| is_wanted(&found));
        let texts = similar.take(SIMILAR_MAX).map(|name| (text_of(Path::new(name), charset), name));
        let (same, others): (Vec<_>, Vec<_>) = texts
            .filter(|(text, name)| folded(text) == key && exists(name))
            .partition(|(text, _)| *text == wanted);
        let best = if same.is_empty() { others } else { same };
        best.first().map(|(_, name)| (folder.join(name), best.len()))
    }

    /// Returns one sentence if a directory was not searched.
    pub fn limit_warning(&self) -> Option<String> {
        self.unsearched.as_deref().map(|folder| {
            format!(
                "too many names to find those that differ only in upper and lower case: {}",
                printable_path(folder)
            )
        })
    }

    /// Returns the names in a directory; none if it cannot be read or is too large.
    fn names(&mut self, folder: &Path) -> &Names {
        if !self.folders.contains_key(folder) {
            let names = self.list(folder);
            if self.kept + names.len() > NAMES_KEPT_MAX {
                self.folders.clear();
                self.kept = 0;
            }
            self.kept += names.len();
            self.folders.insert(folder.to_owned(), names);
        }
        &self.folders[folder]
    }

    fn list(&mut self, folder: &Path) -> Names {
        let max = NAMES_KEPT_MAX.min(NAMES_READ_MAX - self.read);
        let Ok(entries) = fs::read_dir(folder) else { return Names::new() };
        let mut names: Names = Names::new();
        for entry in entries.map_while(Result::ok) {
            if names.len() == max {
                self.unsearched.get_or_insert_with(|| folder.to_owned());
                names = Names::new();
                self.read += max;
                return names;
            }
            let name = entry.file_name();
            names.push((self.hasher.hash_one(folded(&text_of(Path::new(&name), self.charset))), name));
        }
        self.read += names.len();
        names.sort();
        names.shrink_to_fit();
        names
    }
}

/// Returns the text of a path in composed characters, as most systems write them. macOS decomposes some.
pub fn text_of(path: &Path, charset: &'static Encoding) -> String {
    decode_or(path.as_os_str().as_bytes(), charset).nfc().collect()
}

/// Returns what a text has in common with those that differ from it only in case.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn few_of_the_names_that_differ_only_in_case_are_examined() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for n in 0..200_u32 {
            let letter = |bit: u32| if n >> bit & 1 == 0 { 'a' } else { 'A' };
            let name: String = (0..8).map(letter).collect();
            fs::write(folder.path().join(name), "").expect("disk space");
        }
        let mut listings = Listings::new(encoding_rs::WINDOWS_1252);
        let examined = Cell::new(0);
        let is_wanted = |_: &Metadata| {
            examined.set(examined.get() + 1);
            true
        };
        let found = listings.find(folder.path(), OsStr::new("aAaAaAaa"), is_wanted);
        assert!(found.is_some_and(|(_, count)| count >= 1));
        assert!(examined.get() <= SIMILAR_MAX, "{} files", examined.get());
    }
}
