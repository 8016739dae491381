//! Finds the tracks behind what the operator named: files, playlists and folders of music.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::playlist::{self, Entry, Kind, Location};

/// Tracks of one scan: more than a year of music, and about 30 MB.
pub const MAX_TRACKS: usize = 200_000;

/// Folders looked into below one root; a tree that has more than it can have tracks is not of music.
const MAX_FOLDERS: usize = 200_000;

/// Complaints kept of one scan: more than anybody reads, and few enough for a log.
const MAX_COMPLAINTS: usize = 100;

/// What a scan found.
#[derive(Debug, Default)]
pub struct Scan {
    /// In the order of play.
    pub tracks: Vec<Track>,
    /// One sentence each, for the operator; no more than about a hundred.
    pub complaints: Vec<String>,
    /// How many complaints were not kept.
    unsaid: usize,
}

/// One thing to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// What to open. Looked at, but not opened by the scan: it may be a FIFO, and may be gone by now.
    pub path: PathBuf,
    /// What a playlist says it is called.
    pub title: Option<String>,
}

/// Finds all tracks behind `roots`, in their order. Blocks on disk. What cannot be had is complained about, and the
/// scan goes on.
///
/// A root is a folder (its `.mp3` files, recursively, in natural order; see below), a playlist (what it says, in its
/// order), or anything else, which is taken as a track whatever it is called, also when it is a FIFO.
///
/// In folders, hidden names and playlists are left out; links are followed when they lead to something inside the
/// root, and no folder is gone through twice.
pub fn scan(roots: &[PathBuf]) -> Scan {
    let mut scan = Scan::default();
    for root in roots {
        match fs::metadata(root) {
            Err(error) => scan.complain(sentence(root, &error)),
            Ok(metadata) if metadata.is_dir() => scan.folder(root),
            Ok(metadata) => match Kind::of(root).filter(|_| metadata.is_file()) {
                Some(kind) => scan.playlist(root, kind),
                None => scan.track(root.clone(), None),
            },
        }
    }
    if scan.unsaid > 0 {
        scan.complaints.push(format!("and {} complaints more", scan.unsaid));
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

fn sentence(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("no such file or folder: {}", shown(path)),
        kind => format!("cannot read {}: {kind}", shown(path)),
    }
}

/// A path on one line: a name in a file system may contain anything.
fn shown(path: &Path) -> String {
    path.to_string_lossy().replace(char::is_control, "\u{fffd}")
}

impl Scan {
    fn complain(&mut self, sentence: String) {
        if self.complaints.len() < MAX_COMPLAINTS {
            self.complaints.push(sentence);
        } else {
            self.unsaid += 1;
        }
    }

    fn full(&self) -> bool {
        self.tracks.len() >= MAX_TRACKS
    }

    fn track(&mut self, path: PathBuf, title: Option<String>) {
        if self.full() {
            self.complain(format!("left out, being beyond {MAX_TRACKS} tracks: {}", shown(&path)));
        } else {
            self.tracks.push(Track { path, title });
        }
    }

    fn playlist(&mut self, path: &Path, kind: Kind) {
        match read(path) {
            Err(error) => self.complain(sentence(path, &error)),
            Ok(bytes) => {
                if bytes.len() > playlist::MAX_BYTES {
                    self.complain(format!(
                        "only the first {} bytes read: {}",
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
        let mut urls = 0;
        for Entry { location, title } in entries {
            match location {
                Location::Url(_) => urls += 1,
                Location::Path(path) => self.entry(playlist, folder.join(path), title),
            }
        }
        if urls > 0 {
            self.complain(format!("only files can be played: {urls} URLs left out of {}", shown(playlist)));
        }
    }

    fn entry(&mut self, playlist: &Path, path: PathBuf, title: Option<String>) {
        match existing(path) {
            Err((path, error)) => self.complain(format!("{}: {}", shown(playlist), sentence(&path, &error))),
            Ok((path, metadata)) if metadata.is_dir() || Kind::of(&path).is_some() => {
                let what = if metadata.is_dir() { "folder" } else { "playlist" };
                self.complain(format!(
                    "{}: {what} within a playlist left out: {}",
                    shown(playlist),
                    shown(&path)
                ));
            }
            Ok((path, _)) => self.track(path, title),
        }
    }

    /// Goes through a folder with a stack of its own: folders may lie deeper than the thread's.
    fn folder(&mut self, root: &Path) {
        let mut walk = Walk { root, canonical: None, seen: HashSet::new(), waiting: Vec::new() };
        walk.open(root, self);
        while let Some(item) = walk.waiting.pop() {
            match item {
                Item::Track(path) if self.full() => {
                    return self
                        .complain(format!("left out, being beyond {MAX_TRACKS} tracks: {}", shown(&path)));
                }
                Item::Track(path) => self.tracks.push(Track { path, title: None }),
                Item::Folder(path) => walk.open(&path, self),
            }
        }
    }
}

/// Reads one byte more than allowed, so that a file that is too long shows.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(playlist::MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The path as it stands or, as it was written on Windows, with its backslashes turned.
fn existing(path: PathBuf) -> Result<(PathBuf, Metadata), (PathBuf, io::Error)> {
    match fs::metadata(&path) {
        Ok(metadata) => Ok((path, metadata)),
        Err(error) => {
            let turned = path.to_str().filter(|path| path.contains('\\')).map(|path| path.replace('\\', "/"));
            let turned =
                turned.and_then(|path| fs::metadata(&path).ok().map(|metadata| (path.into(), metadata)));
            turned.ok_or((path, error))
        }
    }
}

/// A walk through the folder `root`.
struct Walk<'a> {
    root: &'a Path,
    /// The root without links, once something asked for it.
    canonical: Option<PathBuf>,
    /// The folders that were opened, so that no link or mount leads round in circles.
    seen: HashSet<(u64, u64)>,
    /// What comes next, the first on top.
    waiting: Vec<Item>,
}

enum Item {
    Track(PathBuf),
    Folder(PathBuf),
}

impl Item {
    fn name(&self) -> &[u8] {
        let (Self::Track(path) | Self::Folder(path)) = self;
        path.file_name().unwrap_or_default().as_bytes()
    }
}

impl Walk<'_> {
    /// Puts what is in the folder before everything else that waits.
    fn open(&mut self, folder: &Path, scan: &mut Scan) {
        let opened = fs::metadata(folder).map(|metadata| self.unseen(&metadata));
        let entries = match opened.and_then(|unseen| unseen.then(|| fs::read_dir(folder)).transpose()) {
            Ok(Some(entries)) => entries,
            Ok(None) => return,
            Err(error) => return scan.complain(sentence(folder, &error)),
        };
        let first = self.waiting.len();
        // One more than fits, so that what is left out gets its complaint.
        let room = (MAX_TRACKS + 1).saturating_sub(scan.tracks.len() + first);
        let items = entries.map_while(Result::ok).filter_map(|entry| self.item(&entry, scan)).take(room);
        let mut items: Vec<_> = items.collect();
        items.sort_by(|a, b| natural(b.name(), a.name()));
        self.waiting.append(&mut items);
    }

    fn item(&mut self, entry: &fs::DirEntry, scan: &mut Scan) -> Option<Item> {
        if entry.file_name().as_bytes().starts_with(b".") {
            return None;
        }
        let path = entry.path();
        let kind = entry.file_type().ok()?;
        if kind.is_file() {
            is_mp3(&path).then_some(Item::Track(path))
        } else if kind.is_dir() {
            Some(Item::Folder(path))
        } else if kind.is_symlink() {
            self.link(path, scan)
        } else {
            None
        }
    }

    /// What a link leads to, if that is music inside of the root.
    fn link(&mut self, path: PathBuf, scan: &mut Scan) -> Option<Item> {
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if is_mp3(&path) => {
                scan.complain(sentence(&path, &error));
                return None;
            }
            Err(_) => return None,
        };
        let music = metadata.is_dir() || (metadata.is_file() && is_mp3(&path));
        if !music {
            return None;
        }
        if !self.holds(&path) {
            scan.complain(format!("link out of {} not followed: {}", shown(self.root), shown(&path)));
            return None;
        }
        Some(if metadata.is_dir() { Item::Folder(path) } else { Item::Track(path) })
    }

    /// Whether the path, all links followed, is below the root.
    fn holds(&mut self, path: &Path) -> bool {
        if self.canonical.is_none() {
            self.canonical = fs::canonicalize(self.root).ok();
        }
        let Ok(path) = fs::canonicalize(path) else { return false };
        self.canonical.as_ref().is_some_and(|root| path.starts_with(root))
    }

    fn unseen(&mut self, folder: &Metadata) -> bool {
        self.seen.len() < MAX_FOLDERS && self.seen.insert(identity(folder))
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

fn is_mp3(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mp3"))
}

/// `2` before `10`, `a` beside `A`; two names are never equal, so the order is the same on every file system.
fn natural(a: &[u8], b: &[u8]) -> Ordering {
    natord::compare_ignore_case(&String::from_utf8_lossy(a), &String::from_utf8_lossy(b))
        .then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests;
