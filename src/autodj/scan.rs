//! Finds the tracks in the files, playlists and directories that the operator named.

mod changes;
mod finder;
mod listings;
mod results;
mod walk;

use std::fs;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

pub use changes::Stamps;
pub(super) use results::MAX_TRACKS;
pub(super) use results::printable_path;
pub use results::{Scan, Track};

use finder::{FileFinder, FoundFile, NameDifference};
use results::describe_error;

use super::playlist::{self, Location, NamedPath, PlaylistEntry, PlaylistFormat};
use crate::open_file;

/// Finds all tracks in `roots`, in their order. Playlists that are not UTF-8 are in `charset`. Blocks on
/// disk. An entry that cannot be read causes a warning, and the scan continues.
///
/// A root is a directory (its files with audio, by their extensions, recursively, in natural order; see
/// below), a playlist (its entries, in their order), or anything else, which counts as a track whatever its
/// name. It may also be a FIFO, to which another program writes audio.
///
/// Directories and playlists contribute regular files only: other entries are rarely meant to be played, and
/// a FIFO without a writer would silence the station. In directories, hidden names and playlists are skipped.
/// Links are followed if they point inside the root, and no directory is visited twice. A root may itself be
/// a link.
pub fn scan(roots: &[PathBuf], charset: &'static Encoding) -> Scan {
    let (mut scan, mut finder) = (Scan::default(), FileFinder::new(charset));
    for root in roots {
        let metadata = fs::metadata(root);
        scan.stamps.record(root, metadata.as_ref().ok());
        match metadata {
            Err(error) => scan.warn(describe_error(root, &error)),
            Ok(metadata) if metadata.is_dir() => walk::walk(root, &mut scan),
            Ok(metadata) => match PlaylistFormat::from_path(root).filter(|_| metadata.is_file()) {
                Some(kind) => scan.add_playlist(root, kind, &mut finder),
                None => scan.add_track(root.clone(), None),
            },
        }
    }
    finder.limit_warning().into_iter().for_each(|warning| scan.warn(warning));
    scan
}

/// Returns whether [`scan`] would find any track in `roots`. Reads no more directories than necessary.
pub fn has_tracks(roots: &[PathBuf], charset: &'static Encoding) -> bool {
    roots.iter().any(|root| match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => walk::has_tracks(root),
        Ok(_) => !scan(std::slice::from_ref(root), charset).tracks.is_empty(),
        Err(_) => false,
    })
}

/// Checks that all `roots` exist and are readable. The error is one sentence about the first that is not,
/// such as `no such file or directory: foo`. Opens regular files and directories, but no FIFO.
pub fn check_readable(roots: &[PathBuf]) -> Result<(), String> {
    let readable = |root: &PathBuf| {
        let metadata = fs::metadata(root)?;
        if metadata.is_dir() {
            fs::read_dir(root)?;
        } else if metadata.is_file() {
            open_file::check_readable(root)?;
        }
        Ok(())
    };
    roots.iter().try_for_each(|root| readable(root).map_err(|error| describe_error(root, &error)))
}

/// Maximum number of names in one playlist that the log shows because those on the disk differ.
const DIFFERENCES_SHOWN_MAX: usize = 10;

impl Scan {
    fn add_playlist(&mut self, path: &Path, kind: PlaylistFormat, finder: &mut FileFinder) {
        let bytes = match open_file::read_regular(path, playlist::MAX_BYTES) {
            Err(error) => return self.warn(describe_error(path, &error)),
            Ok(bytes) => bytes,
        };
        let shown = printable_path(path);
        if bytes.len() > playlist::MAX_BYTES {
            self.warn(format!("file too long, only the first {} bytes read: {shown}", playlist::MAX_BYTES));
        }
        match playlist::parse(&bytes, kind, finder.charset()) {
            Err(error) => self.warn(format!("{shown}: {error}")),
            Ok(entries) if entries.is_empty() => self.warn(format!("no entries in the playlist {shown}")),
            Ok(entries) => self.add_entries(path, entries, finder),
        }
    }

    fn add_entries(&mut self, playlist: &Path, entries: Vec<PlaylistEntry>, finder: &mut FileFinder) {
        let folder = playlist.parent().unwrap_or(Path::new(""));
        let (mut urls, mut differences) = (false, 0);
        for PlaylistEntry { location, title } in entries {
            match location {
                Location::Url(_) => urls = true,
                Location::Path(name) => match finder.find(folder, &name, &mut self.stamps) {
                    Err((path, error)) => {
                        let (playlist, error) = (printable_path(playlist), describe_error(&path, &error));
                        let host = name.other_host().map(|host| host.replace(char::is_control, "\u{fffd}"));
                        let note = host.map(|host| format!(", and it names another computer: {host}"));
                        self.warn(format!("{playlist}: {error}{}", note.unwrap_or_default()));
                    }
                    Ok(found) => {
                        differences += self.warn_of_difference(playlist, &name, &found, differences);
                        self.add_entry(playlist, found, title);
                    }
                },
            }
        }
        self.warn_of_more(playlist, differences, urls);
    }

    /// Warns if the name of a file is not the one in the playlist, unless `shown` such warnings are enough.
    /// Returns the number of differences, 0 or 1.
    fn warn_of_difference(
        &mut self,
        playlist: &Path,
        name: &NamedPath,
        found: &FoundFile,
        shown: usize,
    ) -> usize {
        let Some(difference) = found.difference else { return 0 };
        if shown < DIFFERENCES_SHOWN_MAX {
            self.warn(describe_difference(playlist, &name.path(), &found.path, difference));
        }
        1
    }

    fn warn_of_more(&mut self, playlist: &Path, differences: usize, urls: bool) {
        let shown = printable_path(playlist);
        if differences > DIFFERENCES_SHOWN_MAX {
            let more = differences - DIFFERENCES_SHOWN_MAX;
            self.warn(format!("{shown}: {more} more names differ from those on disk"));
        }
        if urls {
            // The message does not count them, so that it stays the same when the playlist changes, and is
            // logged once.
            self.warn(format!("URLs in {shown} ignored: only files can be played"));
        }
    }

    fn add_entry(&mut self, playlist: &Path, found: FoundFile, title: Option<String>) {
        let FoundFile { path, metadata, .. } = found;
        let kind_name = if metadata.is_dir() {
            "directory"
        } else if PlaylistFormat::from_path(&path).is_some() {
            "playlist"
        } else if !metadata.is_file() {
            "special file"
        } else {
            return self.add_track(path, title);
        };
        let (playlist, path) = (printable_path(playlist), printable_path(&path));
        self.warn(format!("{playlist}: {kind_name} in a playlist ignored: {path}"));
    }
}

/// Returns one sentence that says which file is played instead of the one that a playlist names.
fn describe_difference(playlist: &Path, named: &Path, found: &Path, difference: NameDifference) -> String {
    let (playlist, named, found) = (printable_path(playlist), printable_path(named), printable_path(found));
    match difference {
        NameDifference::Case { candidates: 1 } => {
            format!("{playlist}: {named} is {found} on disk: upper and lower case differ")
        }
        NameDifference::Case { candidates } => format!(
            "{playlist}: {named} is {found} on disk: upper and lower case differ, and it is the first of \
             {candidates} such names"
        ),
        NameDifference::Moved => {
            format!("{playlist}: {named} is a path of Windows, {found} beside the playlist is played")
        }
    }
}

#[cfg(test)]
mod tests;
