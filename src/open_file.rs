//! Opens files by their path: the only module that does, so that no file blocks a thread for ever, is
//! endless, or is a link where it must not be.
//!
//! A path is checked before the file is opened, because opening a device can have effects, and again after,
//! because another file may have been put there in between. `O_NONBLOCK` lets such a FIFO open without a
//! writer; it has no effect on regular files. A disk that does not respond still blocks: these functions
//! belong on worker threads, or before the event loop starts.

mod below;

use std::fs::{self, File, FileType, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use rustix::fs::Access;

pub use below::{BelowError, read_below, read_piece_below};

/// The mode of new files with data that only coldwave reads.
pub const PRIVATE: u32 = 0o600;

/// The mode of files that all users may read.
const READABLE: u32 = 0o644;

/// The mode of new access logs: readable by a group, such as that of log analysers.
pub const GROUP_READABLE: u32 = 0o640;

/// The most files that are set aside.
const BROKEN_MAX: u32 = 100;

/// Neither wait for the other end of a FIFO, nor make a terminal the controlling one.
const SAFE: i32 = libc::O_NONBLOCK | libc::O_NOCTTY;

/// Opens a regular file that is not empty, to read it. Files that the kernel generates, such as those in
/// `/proc`, have no length, and count as empty.
///
/// # Errors
/// If the path is anything else, or the file cannot be opened.
pub fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    let (file, metadata) = open_checked(path, SAFE, FileType::is_file)?;
    if metadata.len() == 0 {
        return Err(io::Error::other("the file is empty"));
    }
    Ok((file, metadata))
}

/// Checks that a regular file, which may be empty, can be opened to read it.
///
/// # Errors
/// If it cannot, or the path is anything else.
pub fn check_readable(path: &Path) -> io::Result<()> {
    open_checked(path, SAFE, FileType::is_file).map(drop)
}

/// Reads a regular file, up to `max + 1` bytes, so that the caller can detect a longer file. Reads no more
/// than the length that the file has when it is opened.
///
/// # Errors
/// If the path is anything else, or the file cannot be read.
pub fn read_regular(path: &Path, max: usize) -> io::Result<Vec<u8>> {
    let (file, metadata) = open_checked(path, SAFE, FileType::is_file)?;
    read_within(file, metadata.len().min(max as u64 + 1))
}

/// Returns whether both paths lead to the same existing file or directory, which may have several names.
pub fn is_same(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}

/// Opens a named pipe to read it, without waiting for a writer. Reading returns no bytes while there is no
/// writer, and `WouldBlock` while the writer sends nothing.
///
/// # Errors
/// If the path is anything else, or the pipe cannot be opened.
pub fn open_pipe(path: &Path) -> io::Result<File> {
    open_checked(path, SAFE, FileTypeExt::is_fifo).map(|(file, _)| file)
}

/// Reads the configuration file, up to `max + 1` bytes. Unlike all other files it may be a pipe, such as one
/// from a shell: the operator has named it on the command line, and no station is on air yet.
///
/// # Errors
/// If the file cannot be read.
pub fn read_configuration(path: &Path, max: u64) -> io::Result<(Vec<u8>, Metadata)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    Ok((read_within(file, max + 1)?, metadata))
}

/// Reads the configuration file again, while stations are on air: what cannot be read twice is refused
/// without waiting, such as a pipe, a terminal or another device.
///
/// # Errors
/// If the path is anything but a regular file, or it cannot be read.
pub fn reread_configuration(path: &Path, max: u64) -> io::Result<(Vec<u8>, Metadata)> {
    let found = fs::metadata(path)?.file_type();
    if !found.is_file() && !found.is_dir() {
        let reason = format!("it is {}, which cannot be read again: restart, or use a file", describe(found));
        return Err(io::Error::other(reason));
    }
    let (file, metadata) = open_checked(path, SAFE, FileType::is_file)?;
    Ok((read_within(file, max + 1)?, metadata))
}

/// Reads a file that coldwave itself has written, up to `max + 1` bytes. It must be regular and not a link.
///
/// # Errors
/// If it is something else, or cannot be read.
pub fn read_state(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    refuse_link(path)?;
    let (file, metadata) = open_checked(path, SAFE | libc::O_NOFOLLOW, FileType::is_file)?;
    read_within(file, metadata.len().min(max + 1))
}

/// Describes why a path cannot be read, as the rest of a sentence that begins with it.
pub fn describe_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::NotADirectory => "is not a directory".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory, not a file".to_owned(),
        io::ErrorKind::PermissionDenied => {
            let uid = rustix::process::geteuid().as_raw();
            format!("cannot be read by the user that runs coldwave (uid {uid}): Permission denied")
        }
        _ => format!("cannot be read: {error}"),
    }
}

/// Creates a file for private data, with the mode [`PRIVATE`].
///
/// # Errors
/// If the path exists, also as a link, or the file cannot be created.
pub fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path)
}

/// Writes a new file with private data like [`create_private`]. A file that cannot be completed is removed.
///
/// # Errors
/// As [`create_private`]; also if the content cannot be written.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = create_private(path)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    written.inspect_err(|_| _ = fs::remove_file(path))
}

/// Replaces a file with private data: writes a new file beside it, with the extension `new`, and renames it.
/// So the file is complete whenever the machine stops. It keeps the mode of the current file, which the
/// operator may have changed, and else gets the mode [`PRIVATE`].
///
/// # Errors
/// If the file cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_by(path, &path.with_extension("new"), content, false)
}

/// Replaces a file like [`replace`], and lets it look old: its time of modification is 1970. Several
/// processes may do that at the same time: each has its own new file beside it, whose extension ends in
/// `.new`.
///
/// # Errors
/// If the file cannot be written.
pub fn replace_shared(path: &Path, content: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let new_path = path.with_extension(format!("{}-{number}.new", std::process::id()));
    replace_by(path, &new_path, content, true)
}

/// Replaces a file by `new_path`, of which nothing stays after an error.
fn replace_by(path: &Path, new_path: &Path, content: &[u8], looks_old: bool) -> io::Result<()> {
    let written = write_new(new_path, mode_to_keep(path), content, looks_old);
    if let Err(error) = written.and_then(|()| fs::rename(new_path, path)) {
        // The first error is the one to report.
        let _ = fs::remove_file(new_path);
        return Err(error);
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => sync_directory(folder),
        _ => sync_directory(Path::new(".")),
    }
}

fn write_new(path: &Path, mode: Option<u32>, content: &[u8], looks_old: bool) -> io::Result<()> {
    let mut file = create_over(path)?;
    if let Some(mode) = mode {
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    file.write_all(content)?;
    if looks_old {
        file.set_modified(UNIX_EPOCH)?;
    }
    file.sync_all()
}

/// Checks that a path is free, or that of a regular file: no device or link is replaced.
///
/// # Errors
/// If it is something else, or cannot be looked at.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    refuse_link(path)?;
    if path.try_exists()? { check_type(&path.symlink_metadata()?, FileType::is_file) } else { Ok(()) }
}

/// Replaces a file like [`replace`], for all users to read.
///
/// # Errors
/// If the path is anything but a regular file, or it cannot be written.
pub fn replace_readable(path: &Path, content: &[u8]) -> io::Result<()> {
    check_replaceable(path)?;
    replace(path, content)?;
    fs::set_permissions(path, Permissions::from_mode(READABLE))
}

/// Removes a file that coldwave has written.
///
/// # Errors
/// If it cannot be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// Checks that the user of this process can write to a file or directory, or create it in the closest
/// directory above it that exists.
///
/// # Errors
/// If it cannot.
pub fn check_writable(path: &Path) -> io::Result<()> {
    let existing = path.ancestors().find(|part| part.symlink_metadata().is_ok()).unwrap_or(path);
    let search = if existing.is_dir() { Access::EXEC_OK } else { Access::EXISTS };
    Ok(rustix::fs::access(existing, Access::WRITE_OK | search)?)
}

/// Renames a file that cannot be used, so that its place is free: to the first unused name with the extension
/// `broken-1`, `broken-2` and so on. Returns the new path.
///
/// # Errors
/// If it cannot be renamed, or there are too many such files, which no operator reads.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let names = (1..=BROKEN_MAX).map(|number| path.with_extension(format!("broken-{number}")));
    for broken in names {
        match broken.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::rename(path, &broken)?;
                return Ok(broken);
            }
            Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many broken files beside it: check and delete them"))
}

/// Creates a private file. What is at its path, after an interrupted write or because another program put it
/// there, is removed and never written to.
fn create_over(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => create_private(path),
    }
}

/// Returns the mode of the current file.
fn mode_to_keep(path: &Path) -> Option<u32> {
    let metadata = path.symlink_metadata().ok().filter(Metadata::is_file)?;
    Some(metadata.permissions().mode() & 0o666)
}

/// Creates a file to which data is only appended, with the default mode of the process.
///
/// # Errors
/// If the path exists, also as a link, or the file cannot be created.
pub fn create_appended(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create_new(true).open(path)
}

/// Opens a log to append to it. A new one gets the mode [`GROUP_READABLE`]; an existing one keeps its mode,
/// which the operator or the log rotation has chosen. It must be regular and not a link, unless it is in
/// `/dev`, such as `/dev/stdout`.
///
/// # Errors
/// If it is something else, or cannot be opened.
pub fn append_log(path: &Path) -> io::Result<File> {
    match path.to_str() {
        // As a path they cannot be opened if they are a socket, as under systemd, or if they belong to
        // another user, as after changing the user.
        Some("/dev/stdout") => return io::stdout().as_fd().try_clone_to_owned().map(File::from),
        Some("/dev/stderr") => return io::stderr().as_fd().try_clone_to_owned().map(File::from),
        _ if path.starts_with("/dev") => return OpenOptions::new().append(true).open(path),
        _ => refuse_link(path)?,
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(GROUP_READABLE).custom_flags(SAFE | libc::O_NOFOLLOW);
    let file = options.open(path)?;
    check_type(&file.metadata()?, FileType::is_file)?;
    Ok(file)
}

/// Writes the entries of a directory to disk.
fn sync_directory(path: &Path) -> io::Result<()> {
    open_checked(path, libc::O_DIRECTORY, FileType::is_dir)?.0.sync_all()
}

fn open_checked(
    path: &Path,
    flags: i32,
    is_expected: impl Fn(&FileType) -> bool,
) -> io::Result<(File, Metadata)> {
    check_type(&fs::metadata(path)?, &is_expected)?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    check_type(&metadata, is_expected)?;
    Ok((file, metadata))
}

fn check_type(metadata: &Metadata, is_expected: impl Fn(&FileType) -> bool) -> io::Result<()> {
    let found = metadata.file_type();
    if is_expected(&found) {
        return Ok(());
    }
    Err(match describe(found) {
        "a directory" => io::ErrorKind::IsADirectory.into(),
        other => io::Error::other(format!("it is {other}")),
    })
}

/// The system's own message for a link, `ELOOP`, would be "too many levels of symbolic links".
fn refuse_link(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => Err(io::Error::other("it is a symbolic link")),
        _ => Ok(()),
    }
}

fn describe(found: FileType) -> &'static str {
    if found.is_dir() {
        "a directory"
    } else if found.is_fifo() {
        "a named pipe"
    } else if found.is_socket() {
        "a socket"
    } else if found.is_file() {
        "a regular file"
    } else {
        "a device"
    }
}

fn read_within(file: File, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
