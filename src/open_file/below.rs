//! Files below a folder that a request names.

use std::fs::{File, FileType, Metadata};
use std::io::{self, Seek, SeekFrom};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType as FileKind, Mode, OFlags, openat, statat};
use rustix::io::Errno;

use super::{check_type, read_within};

/// How the folders on the way to a file are opened: only to look up names in them, for which permission to
/// search a folder is enough. Systems without that also need permission to list it.
#[cfg(any(target_os = "linux", target_os = "android"))]
const SEARCHED: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SEARCHED: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Why a file below a folder cannot be read.
#[derive(Debug)]
pub struct BelowError {
    /// The part of the path that is at fault: the file, or a folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: io::Error,
}

/// Reads a regular file that a request names, up to `max + 1` bytes. `below` is its path below `root`: the
/// names of directories, and at last that of the file. `root`, which the operator chose, may be a link;
/// nothing below it is followed, also if it is exchanged in the meantime.
///
/// # Errors
/// If a part of the path does not exist or is something else, or the file cannot be read.
pub fn read_below(root: &Path, below: &[&str], max: u64) -> Result<Vec<u8>, BelowError> {
    let read = |file: File| {
        let metadata = checked_file(&file)?;
        read_within(file, metadata.len().min(max + 1))
    };
    find_below(root, below, read)
}

/// Reads a part of such a file, which `choose` chooses. Returns fewer bytes if the file has become shorter.
///
/// # Errors
/// As [`read_below`].
pub fn read_piece_below(
    root: &Path,
    below: &[&str],
    choose: impl FnOnce(&Metadata) -> Range<u64>,
) -> Result<Vec<u8>, BelowError> {
    let read = |mut file: File| {
        let part = choose(&checked_file(&file)?);
        file.seek(SeekFrom::Start(part.start))?;
        read_within(file, part.end.saturating_sub(part.start))
    };
    find_below(root, below, read)
}

/// Reads the file at a path below a folder with `read`.
fn find_below<T>(
    root: &Path,
    below: &[&str],
    read: impl FnOnce(File) -> io::Result<T>,
) -> Result<T, BelowError> {
    let fault = |path: &Path, error: io::Error| BelowError { path: path.to_owned(), error };
    let mut path = root.to_owned();
    let mut folder =
        rustix::fs::open(root, SEARCHED, Mode::empty()).map_err(|error| fault(root, error.into()))?;
    for (at, name) in below.iter().enumerate() {
        let inner = path.join(name);
        let expected = if at + 1 == below.len() { FileKind::RegularFile } else { FileKind::Directory };
        // Without permission to search a folder, nothing is known of what is in it.
        let found = statat(&folder, *name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| match error {
            Errno::ACCESS => fault(&path, error.into()),
            error => fault(&inner, error.into()),
        })?;
        check_kind(FileKind::from_raw_mode(found.st_mode), expected).map_err(|error| fault(&inner, error))?;
        path = inner;
        if expected == FileKind::RegularFile {
            let file = open_at(&folder, name).and_then(read);
            return file.map_err(|error| fault(&path, error));
        }
        folder = openat(&folder, *name, SEARCHED | OFlags::NOFOLLOW, Mode::empty())
            .map_err(|error| fault(&path, error.into()))?;
    }
    Err(fault(&path, io::ErrorKind::InvalidInput.into()))
}

fn check_kind(found: FileKind, expected: FileKind) -> io::Result<()> {
    match (found, expected) {
        _ if found == expected => Ok(()),
        (FileKind::Symlink, _) => Err(io::Error::other("it is a symbolic link, which is not followed")),
        (_, FileKind::Directory) => Err(io::ErrorKind::NotADirectory.into()),
        (FileKind::Directory, _) => Err(io::ErrorKind::IsADirectory.into()),
        _ => Err(io::Error::other("it is not a regular file")),
    }
}

/// Opens a file whose kind was checked, because opening a device can have effects.
fn open_at(folder: &OwnedFd, name: &str) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    Ok(File::from(openat(folder, name, flags, Mode::empty())?))
}

/// Checks the kind of an opened file again. Another one may have been put there in between.
fn checked_file(file: &File) -> io::Result<Metadata> {
    let metadata = file.metadata()?;
    check_type(&metadata, FileType::is_file)?;
    Ok(metadata)
}
