//! The configuration file: TOML. The whole file is read, so one run reports every error in it.
//!
//! `syntax` parses the text into a table. `section` reads typed values from a table. `keys` lists the keys of
//! each table. `server`, `directory` and `station` interpret the tables; `sources` and `djs` read the keys
//! for live sources, `conversion` those for the station's format, `rendition` its renditions, `logins` the
//! names and passwords. `draft` numbers the renditions and reports ids and mounts that are used twice.
//! `ranges` holds the limit of every number, `mount` the reserved paths. `Problems` collects errors and
//! warnings; they never contain a password. [`check_summary`] describes what a configuration would run.

pub mod check_summary;
mod conversion;
mod directory;
mod djs;
mod draft;
mod formats;
mod keys;
mod listen_addresses;
mod logins;
pub mod mount;
mod paths;
mod problems;
pub mod ranges;
mod recording;
mod rendition;
mod reverse_proxy;
mod section;
mod server;
mod sources;
mod station;
mod stream_meta;
mod syntax;
mod texts;

#[cfg(test)]
mod tests;

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::open_file;
use crate::settings::Settings;
use problems::{Problems, printable};

/// Maximum size of a configuration file in bytes: a thousand stations with a thousand bytes each. A longer
/// file is probably not a configuration file.
const MAX_BYTES: u64 = 1024 * 1024;

/// A configuration without errors.
#[derive(Debug)]
pub struct LoadedConfig {
    /// The settings, with the stations sorted by id.
    pub settings: Settings,
    /// Warnings for the operator, one line each, with file, line and key.
    pub warnings: Vec<String>,
}

/// Reads the configuration file at `path`. Relative paths in it start at its own directory. Checks that the
/// music exists.
///
/// # Errors
/// Returns all errors in the order of the file, one line each, such as `coldwave.toml:12: [[station]] mont:
/// unknown key, did you mean "mount"?`
pub fn load(path: &Path) -> Result<LoadedConfig, Vec<String>> {
    let name = printable(&path.to_string_lossy());
    let (bytes, mode) = read(path).map_err(|error| vec![format!("{name}: {}", describe_error(&error))])?;
    let text = match str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            return Err(vec![format!("{name}:{line}: invalid UTF-8: the file must be saved as UTF-8")]);
        }
    };
    let mut loaded = load_text(&name, text, path.parent().unwrap_or(Path::new("")))?;
    if mode & MODE_READABLE_BY_OTHERS != 0 && loaded.settings.has_passwords() {
        loaded
            .warnings
            .push(format!("{name}: all users of this machine can read its passwords: chmod 600 {name}"));
    }
    Ok(loaded)
}

/// The bit of a file's mode that lets every user read the file.
const MODE_READABLE_BY_OTHERS: u32 = 0o004;

/// Like [`load`], for the content `text` of the file `name`. Relative paths start at `folder`.
fn load_text(name: &str, text: &str, folder: &Path) -> Result<LoadedConfig, Vec<String>> {
    let (settings, problems) = parse(text, folder);
    let (errors, warnings) = problems.into_lines(name);
    if errors.is_empty() { Ok(LoadedConfig { settings, warnings }) } else { Err(errors) }
}

/// Returns the content of a file and its mode.
fn read(path: &Path) -> io::Result<(Vec<u8>, u32)> {
    let (bytes, metadata) = open_file::read_configuration(path, MAX_BYTES)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("longer than {MAX_BYTES} bytes")));
    }
    Ok((bytes, metadata.permissions().mode()))
}

fn describe_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory, not a configuration file".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Parses `text` into settings and problems. Missing and invalid values get their defaults.
fn parse<'t>(text: &'t str, folder: &Path) -> (Settings, Problems<'t>) {
    let mut problems = Problems::new(text);
    let root = syntax::parse(text, &mut problems);
    let tables = keys::split_tables(&root, &mut problems);
    let stations = station::read_all(&tables.stations, folder, &mut problems);
    let mut settings = server::read(tables.server, stations, folder, &mut problems);
    settings.directory = directory::read(tables.directory, &settings, &mut problems);
    if tables.stations.is_empty() {
        problems.add_missing(0, "[[station]]: at least one is required".to_owned());
    }
    (settings, problems)
}

/// Returns the tables of a configuration file and the keys that each may have, in the order of the reference
/// in `docs/configuration.md`.
pub fn known_keys() -> [(&'static str, &'static [&'static str]); 6] {
    [
        ("[server]", keys::SERVER.keys),
        ("[directory]", keys::DIRECTORY.keys),
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
        super::load_text("coldwave.toml", text, std::path::Path::new(""))
    }
}
