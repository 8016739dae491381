//! Finds the tracks behind what the operator named: files, playlists and folders of music.

mod results;
mod stamps;
mod walk;

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use encoding_rs::WINDOWS_1252;

pub(super) use results::printable_path;
pub use results::{Scan, Track};
pub use stamps::Stamps;

use results::describe_error;

use super::playlist::{self, Location, PlaylistEntry, PlaylistFormat};

/// Finds all tracks behind `roots`, in their order. Blocks on disk. What cannot be had is complained about, and the
/// scan goes on.
///
/// A root is a folder (its `.mp3` files, recursively, in natural order; see below), a playlist (what it says, in its
/// order), or anything else, which is taken as a track whatever it is called, also when it is a FIFO: who names one
/// wants to feed it from another program.
///
/// From folders and playlists, only regular files are taken: whatever else lies there was hardly meant to be played,
/// and a FIFO that nobody writes into would silence the station. In folders, hidden names and playlists are left out;
/// links are followed when they lead to something inside the root, and no folder is gone through twice. A root may
/// itself be a link.
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

/// Whether all `roots` are there and may be read; else one sentence on the first that is not, such as
/// `no such file or folder: foo`. Opens regular files and folders, but no FIFO.
pub fn check_readable(roots: &[PathBuf]) -> Result<(), String> {
    let readable = |root: &PathBuf| {
        let metadata = fs::metadata(root)?;
        if metadata.is_dir() {
            fs::read_dir(root)?;
        } else if metadata.is_file() {
            File::open(root)?;
        }
        Ok(())
    };
    roots.iter().try_for_each(|root| readable(root).map_err(|error| describe_error(root, &error)))
}

impl Scan {
    fn add_playlist(&mut self, path: &Path, kind: PlaylistFormat) {
        match read_playlist(path) {
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
            // Without their number, so that it is the same sentence when the playlist changes, and said once.
            self.warn(format!("URLs in {} ignored: only files can be played", printable_path(playlist)));
        }
    }

    fn add_entry(&mut self, playlist: &Path, folder: &Path, path: PathBuf, title: Option<String>) {
        let (path, what) = match find_file(folder, path) {
            Err((path, error)) => {
                return self.warn(format!("{}: {}", printable_path(playlist), describe_error(&path, &error)));
            }
            Ok((path, metadata)) if metadata.is_dir() => (path, "directory"),
            Ok((path, _)) if PlaylistFormat::from_path(&path).is_some() => (path, "playlist"),
            Ok((path, metadata)) if !metadata.is_file() => (path, "special file"),
            Ok((path, _)) => return self.add_track(path, title),
        };
        self.warn(format!(
            "{}: {what} in a playlist ignored: {}",
            printable_path(playlist),
            printable_path(&path)
        ));
    }
}

/// Reads one byte more than allowed, so that a file that is too long shows.
fn read_playlist(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(playlist::MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What an entry of a playlist in `folder` leads to: the path as it stands or, as it was written on Windows, with its
/// backslashes turned, or with names on disk that never became UTF-8.
fn find_file(folder: &Path, path: PathBuf) -> Result<(PathBuf, Metadata), (PathBuf, io::Error)> {
    let turned = path.to_str().filter(|path| path.contains('\\')).map(|path| path.replace('\\', "/"));
    let others = [windows_1252(&path), turned.as_deref().map(PathBuf::from)];
    let both = turned.and_then(|path| windows_1252(Path::new(&path)));
    let found = |path: PathBuf| {
        fs::metadata(&path).map(|metadata| (path.clone(), metadata)).map_err(|error| (path, error))
    };
    found(folder.join(path)).or_else(|failed| {
        let others = others.into_iter().chain([both]).flatten();
        others.filter_map(|path| found(folder.join(path)).ok()).next().ok_or(failed)
    })
}

/// The path as bytes of Windows-1252, if that is another one.
fn windows_1252(path: &Path) -> Option<PathBuf> {
    let path = path.to_str().filter(|path| !path.is_ascii())?;
    let (bytes, _, has_others) = WINDOWS_1252.encode(path);
    (!has_others).then(|| OsString::from_vec(bytes.into_owned()).into())
}

#[cfg(test)]
mod tests;
