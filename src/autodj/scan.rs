//! Finds the tracks behind what the operator named: files, playlists and folders of music.

mod found;
mod stamps;
mod walk;

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use encoding_rs::WINDOWS_1252;

pub(super) use found::shown;
pub use found::{Scan, Track};
pub use stamps::Stamps;

use found::sentence;

use super::playlist::{self, Entry, Kind, Location};

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
        scan.stamps.note(root, metadata.as_ref().ok());
        match metadata {
            Err(error) => scan.complain(sentence(root, &error)),
            Ok(metadata) if metadata.is_dir() => walk::walk(root, &mut scan),
            Ok(metadata) => match Kind::of(root).filter(|_| metadata.is_file()) {
                Some(kind) => scan.playlist(root, kind),
                None => scan.track(root.clone(), None),
            },
        }
    }
    if scan.unsaid > 0 {
        scan.complaints.push(format!("and {} more warnings", scan.unsaid));
    }
    scan
}

/// Whether all `roots` are there and may be read; else one sentence on the first that is not, such as
/// `no such file or folder: foo`. Opens regular files and folders, but no FIFO.
pub fn check(roots: &[PathBuf]) -> Result<(), String> {
    let readable = |root: &PathBuf| {
        let metadata = fs::metadata(root)?;
        if metadata.is_dir() {
            fs::read_dir(root)?;
        } else if metadata.is_file() {
            File::open(root)?;
        }
        Ok(())
    };
    roots.iter().try_for_each(|root| readable(root).map_err(|error| sentence(root, &error)))
}

impl Scan {
    fn playlist(&mut self, path: &Path, kind: Kind) {
        match read(path) {
            Err(error) => self.complain(sentence(path, &error)),
            Ok(bytes) => {
                if bytes.len() > playlist::MAX_BYTES {
                    self.complain(format!(
                        "file too long, only the first {} bytes read: {}",
                        playlist::MAX_BYTES,
                        shown(path)
                    ));
                }
                self.entries(path, playlist::parse(&bytes, kind));
            }
        }
    }

    fn entries(&mut self, playlist: &Path, entries: Vec<Entry>) {
        let folder = playlist.parent().unwrap_or(Path::new(""));
        let mut urls = false;
        let mut folders = HashSet::new();
        for Entry { location, title } in entries {
            match location {
                Location::Url(_) => urls = true,
                Location::Path(path) => {
                    let parent = folder.join(&path).parent().map(Path::to_owned);
                    if let Some(parent) = parent.filter(|parent| folders.insert(parent.clone())) {
                        self.stamps.note(&parent, fs::metadata(&parent).ok().as_ref());
                    }
                    self.playlist_entry(playlist, folder, path, title);
                }
            }
        }
        if urls {
            // Without their number, so that it is the same sentence when the playlist changes, and said once.
            self.complain(format!("URLs in {} ignored: only files can be played", shown(playlist)));
        }
    }

    fn playlist_entry(&mut self, playlist: &Path, folder: &Path, path: PathBuf, title: Option<String>) {
        let (path, what) = match existing(folder, path) {
            Err((path, error)) => {
                return self.complain(format!("{}: {}", shown(playlist), sentence(&path, &error)));
            }
            Ok((path, metadata)) if metadata.is_dir() => (path, "directory"),
            Ok((path, _)) if Kind::of(&path).is_some() => (path, "playlist"),
            Ok((path, metadata)) if !metadata.is_file() => (path, "special file"),
            Ok((path, _)) => return self.track(path, title),
        };
        self.complain(format!("{}: {what} in a playlist ignored: {}", shown(playlist), shown(&path)));
    }
}

/// Reads one byte more than allowed, so that a file that is too long shows.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(playlist::MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What an entry of a playlist in `folder` leads to: the path as it stands or, as it was written on Windows, with its
/// backslashes turned, or with names on disk that never became UTF-8.
fn existing(folder: &Path, path: PathBuf) -> Result<(PathBuf, Metadata), (PathBuf, io::Error)> {
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
