//! The demo station: its music is part of the program, and is written to a private directory when it is
//! played.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, DirEntry};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::open_file;

/// The name of each file, and its content.
const FILES: [(&str, &[u8]); 3] = [
    ("01-foehn-over-the-skerries.mp3", include_bytes!("../fixtures/station/01-foehn-over-the-skerries.mp3")),
    ("02-last-ferry-light-snow.mp3", include_bytes!("../fixtures/station/02-last-ferry-light-snow.mp3")),
    ("03-blue-hour-waltz.mp3", include_bytes!("../fixtures/station/03-blue-hour-waltz.mp3")),
];

/// The mode of the directory: no other user can put files there.
const MODE: u32 = 0o700;

/// How many names are tried if others own directories of these names.
const NAMES_MAX: usize = 10;

/// How often a file is written if another process changes it at the same time.
const ATTEMPTS_MAX: usize = 3;

/// The age of a file that an interrupted start has left.
const LEFTOVER_AGE: Duration = Duration::from_secs(60);

/// Returns the directory with the demo's music. If it is not complete, its files are written first. It is
/// below the runtime directory of the user, or else below `TMPDIR` or `/tmp`, and stays there for the next
/// start.
///
/// # Errors
/// Returns what could not be written, for each of these directories.
pub fn directory() -> Result<PathBuf, String> {
    let variable = |name| std::env::var_os(name);
    let mut failed = Vec::new();
    for parent in parents(variable("XDG_RUNTIME_DIR"), variable("TMPDIR")) {
        match prepare_in(&parent) {
            Ok(folder) => return Ok(folder),
            Err(error) => failed.push(error.to_string()),
        }
    }
    Err(failed.join("; "))
}

/// Returns where the directory can be. An empty variable counts as unset.
fn parents(runtime: Option<OsString>, temporary: Option<OsString>) -> Vec<PathBuf> {
    let named = |value: Option<OsString>| value.filter(|value| !value.is_empty()).map(PathBuf::from);
    let runtime = named(runtime).filter(|folder| folder.is_dir());
    let mut parents: Vec<PathBuf> = runtime.into_iter().chain(named(temporary)).collect();
    parents.push(PathBuf::from("/tmp"));
    parents.dedup();
    parents
}

fn prepare_in(parent: &Path) -> io::Result<PathBuf> {
    let user = rustix::process::geteuid().as_raw();
    let name = format!("coldwave-demo-{user}-{}", env!("CARGO_PKG_VERSION"));
    let mut result = Err(io::Error::other("no directory could be created"));
    for number in 0..NAMES_MAX {
        let suffix = if number == 0 { String::new() } else { format!("-{number}") };
        let folder = parent.join(format!("{name}{suffix}"));
        let created = create_private_directory(&folder, user).map_err(|error| with_path(&folder, &error));
        result = created.and_then(|()| write_files(&folder)).map(|()| folder);
        // A directory that another user has made may be a trap, and a directory may have the name of a file.
        // Any other error would occur again.
        let has_to_move = |error: &io::Error| {
            matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::IsADirectory)
        };
        if !result.as_ref().is_err_and(has_to_move) {
            break;
        }
    }
    result
}

/// Returns an error that names `path`.
fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Creates a directory, or accepts an existing one that only this user can have filled.
fn create_private_directory(folder: &Path, user: u32) -> io::Result<()> {
    match DirBuilder::new().mode(MODE).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs::symlink_metadata(folder)?;
            let is_private = metadata.is_dir() && metadata.uid() == user && metadata.mode() & 0o077 == 0;
            if is_private { Ok(()) } else { Err(error) }
        }
        result => result,
    }
}

/// Writes the files that are missing or have another content, such as after an interrupted start.
fn write_files(folder: &Path) -> io::Result<()> {
    remove_leftovers(folder);
    for (name, content) in FILES {
        let path = folder.join(name);
        write_file(&path, content).map_err(|error| with_path(&path, &error))?;
    }
    Ok(())
}

/// Writes a file, unless it is complete. Other processes may write it at the same time. It looks old, because
/// a file that has just changed would wait like an upload in progress.
fn write_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let is_complete =
        || open_file::read_state(path, content.len() as u64).is_ok_and(|found| found == content);
    let mut result = Ok(());
    for _ in 0..ATTEMPTS_MAX {
        if is_complete() {
            return Ok(());
        }
        result = open_file::replace_shared(path, content);
    }
    if is_complete() { Ok(()) } else { result.and(Err(io::Error::other("another process changes it"))) }
}

/// Removes what interrupted starts have left. Errors are ignored: it only takes space.
fn remove_leftovers(folder: &Path) {
    let is_leftover = |entry: &DirEntry| {
        let age = entry.metadata().and_then(|file| file.modified()).map(|modified| modified.elapsed());
        let is_old = age.is_ok_and(|age| age.is_ok_and(|age| age >= LEFTOVER_AGE));
        is_old && entry.path().extension().is_some_and(|extension| extension == "new")
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(is_leftover).for_each(|entry| _ = fs::remove_file(entry.path()));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn assert_complete(folder: &Path) {
        assert_eq!(names(folder), FILES.map(|(name, _)| name));
        for (name, content) in FILES {
            assert!(fs::read(folder.join(name)).expect(name) == content, "{name}");
        }
        let mode = fs::metadata(folder).expect("a folder").permissions().mode();
        assert_eq!(mode & 0o777, MODE);
    }

    #[test]
    fn files_are_written_once_and_mended_at_the_next_start() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = prepare_in(parent.path()).expect("a demo");
        assert_complete(&folder);
        let inode = |name: &str| fs::metadata(folder.join(name)).expect(name).ino();
        let before = FILES.map(|(name, _)| inode(name));
        fs::write(folder.join(FILES[1].0), b"damaged").expect("a file");
        fs::remove_file(folder.join(FILES[2].0)).expect("a file");
        symlink("/etc/hostname", folder.join(FILES[2].0)).expect("a link");
        assert_eq!(prepare_in(parent.path()).expect("a demo"), folder);
        assert_complete(&folder);
        assert_eq!(inode(FILES[0].0), before[0], "a complete file is not written again");
    }

    #[test]
    fn what_others_have_put_there_is_not_used() {
        let parent = tempfile::tempdir().expect("a folder");
        let elsewhere = tempfile::tempdir().expect("a folder");
        let first = prepare_in(parent.path()).expect("a demo");
        fs::remove_dir_all(&first).expect("a folder");
        symlink(elsewhere.path(), &first).expect("a link");
        let second = prepare_in(parent.path()).expect("a demo");
        assert_ne!(second, first);
        assert_complete(&second);
        assert_eq!(names(elsewhere.path()), [""; 0], "the link is not followed");
        fs::set_permissions(&second, fs::Permissions::from_mode(0o755)).expect("a mode");
        assert_ne!(
            prepare_in(parent.path()).expect("a demo"),
            second,
            "others could have read and replaced it"
        );
    }

    #[test]
    fn processes_may_write_it_at_the_same_time() {
        let parent = tempfile::tempdir().expect("a folder");
        let folders: Vec<PathBuf> = std::thread::scope(|scope| {
            let prepare = || prepare_in(parent.path()).expect("a demo");
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(prepare)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert!(folders.iter().all(|folder| *folder == folders[0]), "{folders:?}");
        assert_complete(&folders[0]);
    }

    #[test]
    fn directory_with_the_name_of_a_file_is_avoided_and_nothing_is_left() {
        let parent = tempfile::tempdir().expect("a folder");
        let first = prepare_in(parent.path()).expect("a demo");
        fs::remove_file(first.join(FILES[1].0)).expect("a file");
        fs::create_dir(first.join(FILES[1].0)).expect("a folder");
        let leftover = first.join("01.17-0.new");
        open_file::replace_shared(&leftover, b"of an interrupted start").expect("a file");
        let second = prepare_in(parent.path()).expect("a demo");
        assert_ne!(second, first);
        assert_complete(&second);
        assert_eq!(names(&first), FILES.map(|(name, _)| name));
    }

    #[test]
    fn errors_name_the_path() {
        let parent = Path::new("/nonexistent/x");
        let error = prepare_in(parent).expect_err("no directory").to_string();
        assert!(error.starts_with("/nonexistent/x/coldwave-demo-"), "{error}");
    }

    #[test]
    fn empty_variables_count_as_unset() {
        let paths = |runtime: &str, temporary: &str| {
            parents(Some(runtime.into()), Some(temporary.into())).into_iter().map(PathBuf::into_os_string)
        };
        assert!(paths("", "").eq(["/tmp"]));
        assert!(paths("/nonexistent", "/nonexistent/x").eq(["/nonexistent/x", "/tmp"]));
        assert!(paths("/dev", "/tmp").eq(["/dev", "/tmp"]));
    }
}
