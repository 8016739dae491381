//! Counts the files that are left out, by type and reason: one line for each, however many files there are.

use std::fmt;
use std::path::{Path, PathBuf};

use super::scan::printable_path;

/// Maximum number of types and reasons that are counted apart.
const GROUPS_MAX: usize = 100;

/// Maximum number of lines.
const LINES_MAX: usize = 10;

/// The files that are left out, by type and reason.
#[derive(Debug, Default)]
pub struct LeftOutTypes {
    groups: Vec<LeftOutGroup>,
    /// The number of files of further types and reasons.
    others: usize,
}

/// Files of one type that are left out for one reason.
#[derive(Debug, PartialEq, Eq)]
struct LeftOutGroup {
    file_type: String,
    reason: String,
    count: usize,
    /// One of the files.
    example: PathBuf,
}

impl LeftOutTypes {
    /// Counts a file.
    pub fn add(&mut self, file_type: &str, reason: &str, file: &Path) {
        let is_same = |group: &&mut LeftOutGroup| group.file_type == file_type && group.reason == reason;
        if let Some(group) = self.groups.iter_mut().find(is_same) {
            group.count += 1;
        } else if self.groups.len() == GROUPS_MAX {
            self.others += 1;
        } else {
            let (file_type, reason, example) = (file_type.to_owned(), reason.to_owned(), file.to_owned());
            self.groups.push(LeftOutGroup { file_type, reason, count: 1, example });
        }
    }

    /// Returns the number of files.
    pub fn count(&self) -> usize {
        self.groups.iter().map(|group| group.count).sum::<usize>() + self.others
    }

    /// Returns one line for each type and reason, the most frequent first:
    /// `2 WavPack: the codec WavPack is not supported, such as a.wv`.
    pub fn lines(&self) -> Vec<String> {
        let mut sorted: Vec<&LeftOutGroup> = self.groups.iter().collect();
        sorted.sort_by_key(|group| std::cmp::Reverse(group.count));
        let mut lines: Vec<String> = sorted.iter().take(LINES_MAX).map(ToString::to_string).collect();
        let shown: usize = sorted.iter().take(LINES_MAX).map(|group| group.count).sum();
        match self.count() - shown {
            0 => {}
            1 => lines.push("and 1 more file".to_owned()),
            more => lines.push(format!("and {more} more files")),
        }
        lines
    }
}

impl fmt::Display for LeftOutGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file_type, reason, count, example } = self;
        write!(f, "{count} {file_type}: {reason}, such as {}", printable_path(example))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_by_type_and_reason() {
        let mut types = LeftOutTypes::default();
        types.add("M4A", "HE-AAC", Path::new("a.m4a"));
        types.add("FLAC", "no encoder", Path::new("b.flac"));
        types.add("FLAC", "no encoder", Path::new("c.flac"));
        types.add("FLAC", "damaged", Path::new("d.flac"));
        let expected = [
            "2 FLAC: no encoder, such as b.flac",
            "1 M4A: HE-AAC, such as a.m4a",
            "1 FLAC: damaged, such as d.flac",
        ];
        assert_eq!((types.lines(), types.count()), (expected.map(str::to_owned).to_vec(), 4));
        assert_eq!((LeftOutTypes::default().lines(), LeftOutTypes::default().count()), (vec![], 0));
    }

    #[test]
    fn types_and_lines_are_limited() {
        let mut types = LeftOutTypes::default();
        (0..11).for_each(|n| types.add("FLAC", &n.to_string(), Path::new("a")));
        assert_eq!(types.lines().last().map(String::as_str), Some("and 1 more file"));
        (0..10_000).for_each(|n| types.add("FLAC", &n.to_string(), Path::new("a")));
        assert_eq!(
            (types.groups.len(), types.count(), types.lines().len()),
            (GROUPS_MAX, 10_011, LINES_MAX + 1)
        );
        assert_eq!(types.lines().last().map(String::as_str), Some("and 9991 more files"));
    }
}
