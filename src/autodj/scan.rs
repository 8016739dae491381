//! Finds the tracks in the files, playlists and directories that the operator named.

mod changes;
mod results;
mod walk;

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use encoding_rs::WINDOWS_1252;

pub use changes::Stamps;
pub(super) use results::printable_path;
pub use results::{Scan, Track};

use results::describe_error;

use super::playlist::{self, Location, PlaylistEntry, PlaylistFormat};
use crate::open_file;

/// Finds all tracks in `roots`, in their order. Blocks on disk. An entry that cannot be read causes a
/// warning, and the scan continues.
///
/// A root is a directory (its files with audio, by their extensions, recursively, in natural order; see
/// below), a playlist (its entries, in their order), or anything else, which counts as a track whatever its
/// name. It may also be a FIFO, to which another program writes audio.
///
/// Directories and playlists contribute regular files only: other entries are rarely meant to be played, and
/// a FIFO without a writer would silence the station. In directories, hidden names and playlists are skipped.
/// Links are followed if they point inside the root, and no directory is visited twice. A root may itself be
/// a link.
pub fn scan(roots: &[PathBuf]) -> Scan {
    let mut scan = Scan::default();
    for root in roots {
        let metadata = fs::metadata(root);
        scan.stamps.record(root, metadata.as_ref().ok());
        match metadata {
            Err(error) => scan.warn(describe_error(root, &error)),
            Ok(metadata) if metadata.is_dir() => walk::walk(root, &mut scan),
            Ok(metadata) => match PlaylistFormat::from_path(root).filter(|_| metadata.is_file()) {
                Some(kind) => scan.add_playlist(root, kind),
                None => scan.add_track(root.clone(), None),
            },
        }
    }
    if scan.warnings_dropped > 0 {
        scan.warnings.push(format!("and {} more warnings", scan.warnings_dropped));
    }
    scan
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

impl Scan {
    fn add_playlist(&mut self, path: &Path, kind: PlaylistFormat) {
        match open_file::read_regular(path, playlist::MAX_BYTES) {
            Err(error) => self.warn(describe_error(path, &error)),
            Ok(bytes) => {
                if bytes.len() > playlist::MAX_BYTES {
                    self.warn(format!(
                        "file too long, only the first {} bytes read: {}",
                        playlist::MAX_BYTES,
                        printable_path(path)
                    ));
                }
                self.add_entries(path, playlist::parse(&bytes, kind));
            }
        }
    }

    fn add_entries(&mut self, playlist: &Path, entries: Vec<PlaylistEntry>) {
        let folder = playlist.parent().unwrap_or(Path::new(""));
        let mut urls = false;
        let mut folders = HashSet::new();
        for PlaylistEntry { location, title } in entries {
            match location {
                Location::Url(_) => urls = true,
                Location::Path(path) => {
                    let parent = folder.join(&path).parent().map(Path::to_owned);
                    if let Some(parent) = parent.filter(|parent| folders.insert(parent.clone())) {
                        self.stamps.record(&parent, fs::metadata(&parent).ok().as_ref());
                    }
                    self.add_entry(playlist, folder, path, title);
                }
            }
        }
        if urls {
            // The message does not count them, so that it stays the same when the playlist changes, and is
            // logged once.
            self.warn(format!("URLs in {} ignored: only files can be played", printable_path(playlist)));
        }
    }

    fn add_entry(&mut self, playlist: &Path, folder: &Path, path: PathBuf, title: Option<String>) {
        let (path, kind_name) = match find_file(folder, path) {
            Err((path, error)) => {
                return self.warn(format!("{}: {}", printable_path(playlist), describe_error(&path, &error)));
            }
            Ok((path, metadata)) if metadata.is_dir() => (path, "directory"),
            Ok((path, _)) if PlaylistFormat::from_path(&path).is_some() => (path, "playlist"),
            Ok((path, metadata)) if !metadata.is_file() => (path, "special file"),
            Ok((path, _)) => return self.add_track(path, title),
        };
        self.warn(format!(
            "{}: {kind_name} in a playlist ignored: {}",
            printable_path(playlist),
            printable_path(&path)
        ));
    }
}

/// Finds the file of an entry of a playlist in `folder`: at the literal path; with its backslashes replaced,
/// as Windows writes them; or with names in Windows-1252 on the disk.
fn find_file(folder: &Path, path: PathBuf) -> Result<(PathBuf, Metadata), (PathBuf, io::Error)> {
    let slashed = path.to_str().filter(|path| path.contains('\\')).map(|path| path.replace('\\', "/"));
    let others = [windows_1252(&path), slashed.as_deref().map(PathBuf::from)];
    let slashed_1252 = slashed.and_then(|path| windows_1252(Path::new(&path)));
    let metadata_of = |path: PathBuf| {
        fs::metadata(&path).map(|metadata| (path.clone(), metadata)).map_err(|error| (path, error))
    };
    metadata_of(folder.join(path)).or_else(|failed| {
        let others = others.into_iter().chain([slashed_1252]).flatten();
        others.filter_map(|path| metadata_of(folder.join(path)).ok()).next().ok_or(failed)
    })
}

/// Returns the path in Windows-1252, if its bytes differ.
fn windows_1252(path: &Path) -> Option<PathBuf> {
    let path = path.to_str().filter(|path| !path.is_ascii())?;
    let (bytes, _, has_others) = WINDOWS_1252.encode(path);
    (!has_others).then(|| OsString::from_vec(bytes.into_owned()).into())
}

#[cfg(test)]
mod tests;
