//! Collects what the AutoDJ reports about its music, with a bounded list of the files that are left out.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Arc;

use super::scan::MAX_TRACKS;
use super::station_format::{FormatOrigin, StationFormat};
use crate::station::{LeftOutFile, MusicFormat, MusicStatus};
use crate::time::Time;

/// Maximum number of files that are counted as left out.
const COUNTED_MAX: usize = MAX_TRACKS;

/// What the reader of a station knows about its music.
#[derive(Debug, Default)]
pub struct MusicReport {
    status: MusicStatus,
    /// Hashes of the paths of all files that are left out: 16 bytes each, where a text would need a hundred.
    paths: HashSet<u64>,
    hasher: RandomState,
}

impl MusicReport {
    /// Sets the format to which music is converted; `None` if nothing is converted.
    pub fn set_format(&mut self, format: Option<&StationFormat>) {
        self.status.format =
            format.map(|it| MusicFormat { target: it.target, origin: origin_name(it.origin) });
    }

    /// Notes that a file is not played. `reason` is the end of the sentence `skipping FILE: …`. Returns
    /// whether it was not left out before.
    pub fn leave_out(&mut self, file: &Path, reason: &str, at: Time) -> bool {
        let left_out = LeftOutFile { file: file.to_owned(), reason: reason.to_owned(), at };
        self.status.left_out.retain(|known| known.file != file);
        self.status.left_out.truncate(MusicStatus::LEFT_OUT_MAX - 1);
        self.status.left_out.insert(0, Arc::new(left_out));
        let is_new = self.paths.len() < COUNTED_MAX && self.paths.insert(self.hasher.hash_one(file));
        self.status.left_out_count = self.paths.len();
        is_new
    }

    /// Notes that a file is played. Returns whether it was left out before, so that the status has changed.
    pub fn play(&mut self, file: &Path) -> bool {
        let was_left_out = self.paths.remove(&self.hasher.hash_one(file));
        if was_left_out {
            self.status.left_out.retain(|known| known.file != file);
            self.status.left_out_count = self.paths.len();
        }
        was_left_out
    }

    /// Forgets the files that no longer belong to the music. Returns whether the status has changed.
    pub fn keep_only<'a>(&mut self, music: impl Iterator<Item = &'a Path>) -> bool {
        if self.paths.is_empty() {
            return false;
        }
        let music: HashSet<u64> = music.map(|file| self.hasher.hash_one(file)).collect();
        let Self { status, paths, hasher } = self;
        paths.retain(|path| music.contains(path));
        status.left_out.retain(|known| music.contains(&hasher.hash_one(&*known.file)));
        let before = std::mem::replace(&mut status.left_out_count, paths.len());
        before != status.left_out_count
    }

    /// Sets why nothing can be played; `None` if something can. Returns whether the status has changed.
    pub fn set_problem(&mut self, problem: Option<String>) -> bool {
        let has_changed = self.status.problem != problem;
        self.status.problem = problem;
        has_changed
    }

    /// Returns the state of the music.
    pub fn status(&self) -> Arc<MusicStatus> {
        Arc::new(self.status.clone())
    }
}

fn origin_name(origin: FormatOrigin) -> &'static str {
    match origin {
        FormatOrigin::Configured => "configured",
        FormatOrigin::Stored => "stored",
        FormatOrigin::Music => "music",
        FormatOrigin::Default => "default",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(report: &MusicReport) -> Vec<String> {
        report.status().left_out.iter().map(|it| format!("{}: {}", it.file.display(), it.reason)).collect()
    }

    #[test]
    fn latest_left_out_files_are_listed_once_and_all_are_counted() {
        let mut report = MusicReport::default();
        for number in 0..150 {
            report.leave_out(Path::new(&format!("{number}.flac")), "damaged", Time::START);
        }
        report.leave_out(Path::new("149.flac"), "unreadable", Time::START);
        report.leave_out(Path::new("3.flac"), "damaged", Time::START);
        let files = files(&report);
        assert_eq!(files[..3], ["3.flac: damaged", "149.flac: unreadable", "148.flac: damaged"]);
        assert_eq!((files.len(), report.status().left_out_count), (MusicStatus::LEFT_OUT_MAX, 150));
        assert_eq!(files.last().map(String::as_str), Some("51.flac: damaged"));
    }

    #[test]
    fn file_that_is_played_or_removed_is_not_left_out() {
        let mut report = MusicReport::default();
        for file in ["a", "b", "c"].map(Path::new) {
            assert!(report.leave_out(file, "damaged", Time::START));
        }
        assert!(!report.leave_out(Path::new("c"), "damaged", Time::START));
        assert!(report.play(Path::new("b")) && !report.play(Path::new("b")));
        assert_eq!(files(&report), ["c: damaged", "a: damaged"]);
        let music = ["a", "b"].map(Path::new);
        assert!(report.keep_only(music.into_iter()) && !report.keep_only(music.into_iter()));
        assert_eq!((files(&report), report.status().left_out_count), (vec!["a: damaged".to_owned()], 1));
    }

    #[test]
    fn count_of_left_out_files_is_bounded() {
        let mut report = MusicReport::default();
        for number in 0..COUNTED_MAX + 5 {
            report.leave_out(Path::new(&number.to_string()), "damaged", Time::START);
        }
        assert_eq!(report.status().left_out_count, COUNTED_MAX);
    }
}
