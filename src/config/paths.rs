//! Paths in the file: relative to its directory, and checked for their purpose.

use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::other_file;
use crate::autodj;
use crate::image::{IMAGE_MAX, Image};
use crate::open_file;

/// The bit of a file's mode that lets every user read the file.
const MODE_READABLE_BY_OTHERS: u32 = 0o004;

/// Returns whether every user of the machine can read a file.
pub fn is_readable_by_others(metadata: &Metadata) -> bool {
    metadata.permissions().mode() & MODE_READABLE_BY_OTHERS != 0
}

/// Resolves a path in a configuration file that is in `folder`.
///
/// # Errors
/// Returns why the path is invalid.
pub fn resolve(folder: &Path, path: &str) -> Result<PathBuf, String> {
    if path.is_empty() {
        return Err("is empty, expected a path".to_owned());
    }
    if path == "~" || path.starts_with("~/") {
        let full =
            home_path(Path::new(path)).map(|full| format!(", such as {:?}", full.display().to_string()));
        let full = full.unwrap_or_default();
        return Err(format!("begins with ~, which is not expanded: write the full path{full}"));
    }
    Ok(folder.join(path))
}

/// Returns a path that begins with `~/` with the home directory of the user that runs coldwave; `None` if it
/// begins with something else, or the user has none.
pub fn home_path(path: &Path) -> Option<PathBuf> {
    let rest = path.strip_prefix("~").ok()?;
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    Some(Path::new(&home).join(rest))
}

/// Resolves the path of an existing file, directory or playlist to play.
///
/// # Errors
/// Returns why it cannot be played.
pub fn music(folder: &Path, path: &str) -> Result<PathBuf, String> {
    if path.starts_with("http://") || path.starts_with("https://") {
        return Err("is a URL, expected a file, directory or playlist".to_owned());
    }
    let path = resolve(folder, path)?;
    match autodj::check_readable(std::slice::from_ref(&path)) {
        Ok(()) => match other_file::recognise(&path) {
            None => Ok(path),
            Some(kind) => Err(format!("is {}, expected a file, directory or playlist", kind.name())),
        },
        Err(message) => Err(format!("cannot be played: {message}")),
    }
}

/// Resolves the path of a directory that exists or can be created.
///
/// # Errors
/// Returns why it cannot be created.
pub fn folder(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let path = resolve(folder, path)?;
    match path.ancestors().find(|part| part.symlink_metadata().is_ok()) {
        Some(part) if part == path && !part.is_dir() => Err("is not a directory".to_owned()),
        Some(part) if !part.is_dir() => Err("cannot be created: a parent is not a directory".to_owned()),
        _ => Ok(path),
    }
}

/// Resolves the path of a file to write to, in an existing directory.
///
/// # Errors
/// Returns why it cannot be written to.
pub fn log(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let path = resolve(folder, path)?;
    if path.is_dir() || path.file_name().is_none() {
        return Err("is a directory, expected a file".to_owned());
    }
    if path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo()) && !path.starts_with("/dev") {
        return Err("is a named pipe, expected a file".to_owned());
    }
    if path.is_symlink() && !path.starts_with("/dev") {
        return Err("is a symbolic link, expected the path of the file itself".to_owned());
    }
    in_existing_folder(path)
}

/// Resolves the path of a file that is replaced and removed as a whole: one that exists must be regular.
///
/// # Errors
/// Returns why it cannot be written to.
pub fn pid_file(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let path = resolve(folder, path)?;
    if path.file_name().is_none() {
        return Err("is a directory, expected a file".to_owned());
    }
    open_file::check_replaceable(&path)
        .map_err(|reason| format!("is not used: {reason}, expected a file"))?;
    in_existing_folder(path)
}

fn in_existing_folder(path: PathBuf) -> Result<PathBuf, String> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() && !parent.is_dir() => {
            Err("is in a directory that does not exist".to_owned())
        }
        _ => Ok(path),
    }
}

/// Loads an existing image file.
///
/// # Errors
/// Returns why it cannot be used.
pub fn image(folder: &Path, path: &str) -> Result<Image, String> {
    let path = resolve(folder, path)?;
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err("is not a file, expected an image".to_owned()),
        Err(error) => return Err(format!("cannot be read: {error}")),
    }
    let bytes =
        open_file::read_regular(&path, IMAGE_MAX).map_err(|error| format!("cannot be read: {error}"))?;
    Image::parse(bytes).map_err(|reason| reason.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pid_file_is_no_device_and_no_link() {
        let here = tempfile::tempdir().expect("a temporary folder");
        let link = here.path().join("link");
        std::os::unix::fs::symlink(here.path().join("target"), &link).expect("a link");
        for (path, expected) in [
            ("/dev/null", "it is a device, expected a file"),
            ("link", "it is a symbolic link, expected a file"),
            (".", "expected a file"),
            ("missing/coldwave.pid", "is in a directory that does not exist"),
        ] {
            let error = pid_file(here.path(), path).expect_err(path);
            assert!(error.contains(expected), "{path}: {error}");
        }
        let path = pid_file(here.path(), "coldwave.pid").expect("a path");
        std::fs::write(&path, "1\n").expect("a file");
        assert_eq!(pid_file(here.path(), "coldwave.pid").as_ref(), Ok(&path));
    }
}
