//! Finds the music in a directory and all directories below it.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::results::{MAX_TRACKS, Scan, Track, describe_error, printable_path};

/// Maximum number of directories visited below one root. A tree with more directories than the maximum number
/// of tracks does not contain music.
const MAX_FOLDERS: usize = 200_000;

/// Adds the tracks below `root`. Not recursive, because directories may be nested deeper than the stack of
/// the thread allows.
pub fn walk(root: &Path, scan: &mut Scan) {
    let mut walk = Walk { root, canonical: None, visited: HashSet::new(), pending: Vec::new() };
    walk.open(root, scan);
    while let Some(item) = walk.pending.pop() {
        match item {
            WalkItem::Track(path) if scan.is_full() => return scan.add_track(path, None),
            WalkItem::Track(path) => scan.tracks.push(Track { path, title: None }),
            WalkItem::Folder(path) => walk.open(&path, scan),
        }
    }
}

/// A walk through the directory `root`.
struct Walk<'a> {
    root: &'a Path,
    /// The root with its links resolved, once it was needed.
    canonical: Option<PathBuf>,
    /// The directories that were opened, so that links or mounts cannot form an endless loop.
    visited: HashSet<(u64, u64)>,
    /// The pending entries, the next one last.
    pending: Vec<WalkItem>,
}

enum WalkItem {
    Track(PathBuf),
    Folder(PathBuf),
}

impl WalkItem {
    fn name(&self) -> &[u8] {
        let (Self::Track(path) | Self::Folder(path)) = self;
        path.file_name().unwrap_or_default().as_bytes()
    }
}

impl Walk<'_> {
    /// Adds the entries of the directory, so that they are processed before all other pending entries.
    fn open(&mut self, folder: &Path, scan: &mut Scan) {
        let entries = match self.entries(folder, scan) {
            Ok(Some(entries)) => entries,
            Ok(None) => return,
            Err(error) => return scan.warn(describe_error(folder, &error)),
        };
        let first = self.pending.len();
        // One more than the maximum, so that the surplus causes a warning.
        let space = (MAX_TRACKS + 1).saturating_sub(scan.tracks.len() + first);
        let items = entries.map_while(Result::ok).filter_map(|entry| self.item(&entry, scan)).take(space);
        let mut items: Vec<_> = items.collect();
        items.sort_by(|a, b| natural_cmp(b.name(), a.name()));
        self.pending.append(&mut items);
    }

    /// Returns the entries of the directory, unless it was visited before. Records its stamp first: see
    /// [`super::changes`].
    fn entries(&mut self, folder: &Path, scan: &mut Scan) -> io::Result<Option<fs::ReadDir>> {
        let metadata = fs::metadata(folder);
        scan.stamps.record(folder, metadata.as_ref().ok());
        self.mark_visited(&metadata?).then(|| fs::read_dir(folder)).transpose()
    }

    fn item(&mut self, entry: &fs::DirEntry, scan: &mut Scan) -> Option<WalkItem> {
        if entry.file_name().as_bytes().starts_with(b".") {
            return None;
        }
        let path = entry.path();
        let kind = entry.file_type().ok()?;
        if kind.is_file() {
            is_music(&path).then_some(WalkItem::Track(path))
        } else if kind.is_dir() {
            Some(WalkItem::Folder(path))
        } else if kind.is_symlink() {
            self.link(path, scan)
        } else {
            None
        }
    }

    /// Returns the target of a link, if it is music inside the root.
    fn link(&mut self, path: PathBuf, scan: &mut Scan) -> Option<WalkItem> {
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if is_music(&path) => {
                scan.warn(describe_error(&path, &error));
                return None;
            }
            Err(_) => return None,
        };
        let music = metadata.is_dir() || (metadata.is_file() && is_music(&path));
        if !music {
            return None;
        }
        if !self.contains(&path) {
            scan.warn(format!(
                "link pointing outside {} not followed: {}",
                printable_path(self.root),
                printable_path(&path)
            ));
            return None;
        }
        Some(if metadata.is_dir() { WalkItem::Folder(path) } else { WalkItem::Track(path) })
    }

    /// Returns whether the path, with all links resolved, is below the root.
    fn contains(&mut self, path: &Path) -> bool {
        if self.canonical.is_none() {
            self.canonical = fs::canonicalize(self.root).ok();
        }
        let Ok(path) = fs::canonicalize(path) else { return false };
        self.canonical.as_ref().is_some_and(|root| path.starts_with(root))
    }

    fn mark_visited(&mut self, folder: &Metadata) -> bool {
        self.visited.len() < MAX_FOLDERS && self.visited.insert(identity(folder))
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Extensions of files with audio that the AutoDJ can play, or names with a reason when it leaves them out.
const EXTENSIONS: [&str; 19] = [
    "mp3", "mp2", "mp1", "mpga", "flac", "m4a", "m4b", "mp4", "aac", "ogg", "oga", "opus", "wav", "wave",
    "aif", "aiff", "aifc", "caf", "alac",
];

fn is_music(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// Compares names in natural order: `2` before `10`, `a` next to `A`. Different names are never equal, so the
/// order is the same on every file system.
pub(super) fn natural_cmp(a: &[u8], b: &[u8]) -> Ordering {
    natord::compare_ignore_case(&String::from_utf8_lossy(a), &String::from_utf8_lossy(b))
        .then_with(|| a.cmp(b))
}
