//! The configuration file: TOML. The whole file is read, so one run reports every error in it.
//!
//! `syntax` parses the text into a table. `section` reads typed values from a table. `keys` lists the keys of
//! each table. `server`, `directory`, `unlisted` and `station` interpret the tables; `sources` and `djs` read
//! the keys for live sources, `conversion` those for the station's format, `rendition` its renditions,
//! `logins` the names and passwords. `draft` gives ids to stations and renditions that have none, and reports
//! ids and mounts that are used twice. `ranges` holds the limit of every number, `mount` the reserved paths.
//! `Problems` collects errors and warnings; they never contain a password. [`check_summary`] describes what a
//! configuration would run.

mod access_lists;
mod aliases;
pub mod check_summary;
mod conversion;
mod delivery;
mod directory;
mod djs;
mod draft;
mod embedding;
mod environment;
mod fallback;
mod foreign;
mod formats;
mod http_headers;
mod https;
mod intro;
mod keys;
mod listen_addresses;
mod listen_of_file;
mod listen_text;
mod loaded;
mod logging;
mod logins;
mod master;
mod mount;
mod other_file;
mod paths;
mod problems;
mod process;
pub mod ranges;
mod recording;
mod rendition;
mod reverse_proxy;
mod section;
mod server;
mod sources;
mod station;
mod stream_meta;
mod synonyms;
mod syntax;
mod texts;
mod tls;
mod unlisted;
mod unlisted_mounts;

#[cfg(test)]
mod tests;

use std::fs::Metadata;
use std::io;
use std::path::Path;

use crate::foreign_config::ForeignFormat;
use crate::open_file;
use crate::privileges;
use crate::settings::CertificateFiles;
pub use environment::{ContainerFolders, Environment, load as load_environment};
pub use listen_of_file::load as load_listen;
pub use listen_text::parse as parse_listen_address;
pub use loaded::{IdentityPlaces, LoadedConfig, LocatedFinding};
use other_file::OtherFile;
pub use other_file::recognise as recognise_other_file;
pub use paths::home_path;
use problems::printable;
pub use tls::LoadedCertificates;

/// Maximum size of a configuration file in bytes: a thousand stations with a thousand bytes each. A longer
/// file is probably not a configuration file.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads the configuration file at `path`. Relative paths in it start at its own directory. Checks that the
/// music exists.
///
/// # Errors
/// Returns all errors in the order of the file, one line each, such as `coldwave.toml:12: [[station]] mont:
/// unknown key, did you mean "mount"?`
pub fn load(path: &Path) -> Result<LoadedConfig, Vec<String>> {
    load_expecting(path, None)
}

/// Like [`load`]. A file that does not show whose configuration it is has the `expected` format.
///
/// # Errors
/// As [`load`].
pub fn load_expecting(path: &Path, expected: Option<ForeignFormat>) -> Result<LoadedConfig, Vec<String>> {
    load_with(path, expected, &open_file::read_configuration, &[])
}

/// Reads the configuration file at `path` again, as [`load_expecting`] does. It must be a regular file: a
/// pipe cannot be read twice. `in_use` are the files of certificates that the server has read before. It is
/// only a warning if they are not good any more.
///
/// # Errors
/// As [`load`].
pub fn load_again(
    path: &Path,
    expected: Option<ForeignFormat>,
    in_use: &[CertificateFiles],
) -> Result<LoadedConfig, Vec<String>> {
    load_with(path, expected, &open_file::reread_configuration, in_use)
}

/// The content of a configuration file, and its metadata.
pub type ConfigCopy = (Vec<u8>, Metadata);

/// Returns a copy of the configuration file at `path`, for [`load_copy`].
///
/// # Errors
/// If it cannot be read, or is a pipe.
pub fn copy(path: &Path) -> io::Result<ConfigCopy> {
    open_file::reread_configuration(path, MAX_BYTES)
}

/// Like [`load_again`], for a copy of the file: this user need not be able to read the file itself.
///
/// # Errors
/// As [`load`].
pub fn load_copy(
    path: &Path,
    copy: &ConfigCopy,
    expected: Option<ForeignFormat>,
    in_use: &[CertificateFiles],
) -> Result<LoadedConfig, Vec<String>> {
    load_with(path, expected, &|_, _| Ok(copy.clone()), in_use)
}

/// Returns the content of a file up to this number of bytes and one more, and its metadata.
type ReadFile<'r> = &'r dyn Fn(&Path, u64) -> io::Result<ConfigCopy>;

fn load_with(
    path: &Path,
    expected: Option<ForeignFormat>,
    read: ReadFile<'_>,
    in_use: &[CertificateFiles],
) -> Result<LoadedConfig, Vec<String>> {
    let name = printable(&path.to_string_lossy());
    let (bytes, metadata) = read_bytes(&name, path, read)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut loaded = match foreign::recognise_expecting(&bytes, expected) {
        Some(format) => foreign::load(format, &name, &bytes, in_use)?,
        None => load_text(&name, decode(&name, &bytes)?, folder, in_use)?,
    };
    if paths::is_readable_by_others(&metadata) && loaded.settings.has_passwords() {
        let advice = match privileges::user_if_not_owner(&metadata) {
            None => format!("chmod 600 {name}"),
            // A mode of 600 alone would keep coldwave from reading it.
            Some(user) => format!("chown {user} {name}, and then chmod 600 {name}"),
        };
        loaded.warnings.push(format!("{name}: all users of this machine can read its passwords: {advice}"));
    }
    Ok(loaded)
}

/// Reads the file `name` at `path`, which has at most [`MAX_BYTES`].
fn read_bytes(name: &str, path: &Path, read: ReadFile<'_>) -> Result<ConfigCopy, Vec<String>> {
    let read = read(path, MAX_BYTES);
    let (bytes, metadata) = read.map_err(|error| vec![format!("{name}: {}", describe_error(&error))])?;
    if OtherFile::from_bytes(&bytes) == Some(OtherFile::Music) {
        return Err(vec![OtherFile::Music.advice(name)]);
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(vec![format!("{name}: cannot be read: longer than {MAX_BYTES} bytes")]);
    }
    Ok((bytes, metadata))
}

/// Returns another server's configuration at `path` as one of coldwave.
///
/// # Errors
/// As [`load`]; also if the file is a configuration of coldwave.
pub fn convert(path: &Path) -> Result<String, Vec<String>> {
    let name = printable(&path.to_string_lossy());
    let (bytes, _) = read_bytes(&name, path, &open_file::read_configuration)?;
    let Some(format) = foreign::recognise(&bytes) else {
        return Err(vec![format!("{name}: is not a configuration of Icecast or SHOUTcast")]);
    };
    foreign::translate(format, &name, &bytes)?.checked().map(|translation| translation.document.text)
}

/// Returns the text of the file `name`, without a byte order mark.
fn decode<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b str, Vec<String>> {
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] = bytes {
        return Err(vec![format!("{name}:1: is UTF-16: the file must be saved as UTF-8")]);
    }
    let text = str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        vec![format!("{name}:{line}: invalid UTF-8: the file must be saved as UTF-8")]
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn describe_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory, not a configuration file".to_owned(),
        io::ErrorKind::PermissionDenied => format!("cannot be read by the user that runs coldwave: {error}"),
        _ => format!("cannot be read: {error}"),
    }
}

/// Like [`load_again`], for the content `text` of the file `name`. Relative paths start at `folder`.
fn load_text(
    name: &str,
    text: &str,
    folder: &Path,
    in_use: &[CertificateFiles],
) -> Result<LoadedConfig, Vec<String>> {
    loaded::load(text, folder, in_use, &|line| format!("{name}:{line}"), Vec::new())
}

/// Returns the tables of a configuration file and the keys that each may have, in the order of the reference
/// in `docs/configuration.md`.
pub fn known_keys() -> [(&'static str, &'static [&'static str]); 10] {
    [
        ("[server]", keys::SERVER.keys),
        ("[[tls]]", keys::TLS.keys),
        ("[[alias]]", keys::ALIAS.keys),
        ("[directory]", keys::DIRECTORY.keys),
        ("[master]", keys::MASTER.keys),
        ("[unlisted]", keys::UNLISTED.keys),
        ("[[station]]", keys::STATION.keys),
        ("[station.format]", keys::FORMAT.keys),
        ("[[station.dj]]", keys::DJ.keys),
        ("[[station.rendition]]", keys::RENDITION.keys),
    ]
}

/// Entry points for the targets in `fuzz/`. Not part of the public API.
#[doc(hidden)]
pub mod fuzzing {
    /// Parses `text` as a configuration file.
    ///
    /// # Errors
    /// The same as for [`load`](super::load).
    pub fn load_text(text: &str) -> Result<super::LoadedConfig, Vec<String>> {
        super::load_text("coldwave.toml", text, std::path::Path::new(""), &[])
    }

    /// Translates `bytes` as a configuration of another server, and reads the translation.
    ///
    /// # Errors
    /// The same as for [`load`](super::load).
    pub fn load_foreign(
        format: super::ForeignFormat,
        bytes: &[u8],
    ) -> Result<super::LoadedConfig, Vec<String>> {
        super::foreign::load(format, "other", bytes, &[])
    }
}
