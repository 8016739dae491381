//! Finds the music in a directory and all directories below it.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::results::{MAX_TRACKS, Scan, describe_error, printable_path};

/// Maximum number of directories visited below one root. A tree with more directories than the maximum number
/// of tracks does not contain music.
const MAX_FOLDERS: usize = 200_000;

/// Adds the tracks below `root`. Not recursive, because directories may be nested deeper than the stack of
/// the thread allows.
pub fn walk(root: &Path, scan: &mut Scan) {
    let mut walk = Walk::begin(root, scan);
    while let Some(path) = walk.next_track(scan) {
        let is_full = scan.is_full();
        scan.add_track(path, None);
        if is_full {
            return;
        }
    }
}

/// Returns whether there is any track below `root`.
pub fn has_tracks(root: &Path) -> bool {
    let mut scan = Scan::default();
    Walk::begin(root, &mut scan).next_track(&mut scan).is_some()
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

impl<'a> Walk<'a> {
    fn begin(root: &'a Path, scan: &mut Scan) -> Self {
        let mut walk = Self { root, canonical: None, visited: HashSet::new(), pending: Vec::new() };
        walk.open(root, scan);
        walk
    }

    /// Returns the next track. Opens the directories before it.
    fn next_track(&mut self, scan: &mut Scan) -> Option<PathBuf> {
        loop {
            match self.pending.pop()? {
                WalkItem::Track(path) => return Some(path),
                WalkItem::Folder(path) => self.open(&path, scan),
            }
        }
    }

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
            scan.other_files += usize::from(!is_music(&path));
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

/// Extensions of files with audio that the AutoDJ can play.
const EXTENSIONS: [&str; 20] = [
    "mp3", "mp2", "mp1", "mpga", "flac", "m4a", "m4b", "m4r", "mp4", "aac", "ogg", "oga", "opus", "wav",
    "wave", "aif", "aiff", "aifc", "caf", "alac",
];

/// Extensions of other files with audio, which are not silently ignored: the AutoDJ leaves them out and says
/// why, unless their content can be played.
const OTHER_EXTENSIONS: [&str; 28] = [
    "wma", "wv", "ape", "mpc", "mpp", "tta", "tak", "ofr", "shn", "dsf", "dff", "mka", "weba", "ra", "amr",
    "au", "snd", "ac3", "eac3", "dts", "mlp", "w64", "mid", "midi", "spx", "m4p", "aax", "aa",
];

fn is_music(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let mut known = EXTENSIONS.iter().chain(&OTHER_EXTENSIONS);
    extension.is_some_and(|extension| known.any(|known| extension.eq_ignore_ascii_case(known)))
}

/// Compares names in natural order: `2` before `10`, `a` next to `A`. Different names are never equal, so the
/// order is the same on every file system.
pub(super) fn natural_cmp(a: &[u8], b: &[u8]) -> Ordering {
    natord::compare_ignore_case(&String::from_utf8_lossy(a), &String::from_utf8_lossy(b))
        .then_with(|| a.cmp(b))
}
