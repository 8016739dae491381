//! Creates the audio file and the cue sheet of a recording. Never overwrites a file.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::open_file;

/// The most file names that are tried. An encoder that reconnects all day uses thousands if the pattern has
/// no time of day.
const NAME_ATTEMPTS_MAX: u32 = 100_000;

/// A file to which data is only appended.
pub trait Append: fmt::Debug + Send {
    /// Appends all of these bytes.
    ///
    /// # Errors
    /// If the write fails. Some of the bytes may have been written then.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Truncates the file to its first `len` bytes.
    ///
    /// # Errors
    /// If that fails.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

impl Append for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

/// The files of a session, new and empty.
#[derive(Debug)]
pub struct RecordingFiles {
    /// The path of the audio file.
    pub path: PathBuf,
    /// The audio file.
    pub audio: Box<dyn Append>,
    /// The cue sheet.
    pub cue: Box<dyn Append>,
}

/// Creates the files for audio and cue sheet, and their folders. If either name is already in use, by a file,
/// a folder or a link, both names get a number.
///
/// # Errors
/// If the files cannot be created.
pub fn create(stem: &Path, extension: &str) -> io::Result<RecordingFiles> {
    if let Some(folder) = stem.parent() {
        fs::create_dir_all(folder)?;
    }
    for number in 1..=NAME_ATTEMPTS_MAX {
        match create_pair(stem, number, extension) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            done => return done,
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn create_pair(stem: &Path, number: u32, extension: &str) -> io::Result<RecordingFiles> {
    let (path, cue_path) = (numbered(stem, number, extension), numbered(stem, number, "cue"));
    let audio = create_file(&path)?;
    match create_file(&cue_path) {
        Ok(cue) => Ok(RecordingFiles { path, audio: Box::new(audio), cue: Box::new(cue) }),
        Err(error) => {
            // The file was just created and is empty. If it cannot be removed, it does no harm.
            let _ = fs::remove_file(&path);
            Err(error)
        }
    }
}

/// Opens a new file for appending, so that it can be truncated after a partial write. It never opens an
/// existing file, nor follows a link.
fn create_file(path: &Path) -> io::Result<File> {
    open_file::create_appended(path)
}

fn numbered(stem: &Path, number: u32, extension: &str) -> PathBuf {
    let mut name = OsString::from(stem);
    if number > 1 {
        name.push(format!("-{number}"));
    }
    name.push(format!(".{extension}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn created(folder: &Path, name: &str, extension: &str) -> String {
        let path = create(&folder.join(name), extension).expect("files").path;
        assert!(path.with_extension("cue").exists());
        path.strip_prefix(folder).expect("a path in the folder").display().to_string()
    }

    #[test]
    fn existing_files_are_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        assert_eq!(created(folder.path(), "a/b.c", "mp3"), "a/b.c.mp3");
        assert_eq!(created(folder.path(), "a/b.c", "mp3"), "a/b.c-2.mp3");
        assert_eq!(created(folder.path(), "a/b.c", "aac"), "a/b.c-3.aac", "the sheet exists already");
        assert!(!at("a/b.c.aac").exists());
        fs::write(at("x.cue"), "mine").expect("room");
        std::os::unix::fs::symlink(at("nowhere"), at("x-2.mp3")).expect("a link");
        fs::create_dir(at("x-3.cue")).expect("a folder");
        assert_eq!(created(folder.path(), "x", "mp3"), "x-4.mp3");
        assert_eq!(fs::read_to_string(at("x.cue")).expect("a file"), "mine");
        assert!(!at("nowhere").exists() && !at("x.mp3").exists() && !at("x-3.mp3").exists());
    }

    #[test]
    fn create_fails_if_no_file_can_be_created() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("file"), "").expect("room");
        assert!(create(&folder.path().join("file/x"), "mp3").is_err());
        assert!(create(&folder.path().join("y".repeat(300)), "mp3").is_err());
    }

    #[test]
    fn file_continues_after_truncation() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut opened = create(&folder.path().join("x"), "mp3").expect("files");
        opened.audio.append(b"whole torn").expect("room");
        opened.audio.truncate(6).expect("it can be truncated");
        opened.audio.append(b"whole").expect("room");
        assert_eq!(fs::read(opened.path).expect("a file"), b"whole whole");
    }
}
