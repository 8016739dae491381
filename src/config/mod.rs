//! The configuration file: TOML, read as a whole, so that one run tells all that is wrong with it.
//!
//! `syntax` makes a table of the text; `section` takes typed values out of a table; `server` and `station` know what
//! each key means, `sources` those about going on the air live, `secrets` which names and passwords can be had; `ranges`
//! how far numbers may go, `mount` which paths are not to be had. What is wrong on the way is collected as `Problems`,
//! without any password. [`check`] tells what a run would be.

pub mod check;
mod directory;
mod djs;
mod formats;
mod keys;
mod listen_addresses;
mod logins;
pub mod mount;
mod paths;
mod problems;
pub mod ranges;
mod recording;
mod reverse_proxy;
mod section;
mod server;
mod sources;
mod station;
mod stream_meta;
mod syntax;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::settings::Settings;
use problems::{Problems, printable};

/// Bytes of a file that are read: a thousand stations with a thousand bytes each. What is longer is something else, given
/// by mistake.
const MAX_BYTES: u64 = 1024 * 1024;

/// A file in which nothing is wrong.
#[derive(Debug)]
pub struct LoadedConfig {
    /// What it says, the stations sorted by their ids.
    pub settings: Settings,
    /// What the operator should know all the same, each one line with file, line and key.
    pub warnings: Vec<String>,
}

/// Reads the configuration file at `path`. Paths in it are taken from its own folder; the music must be there.
///
/// # Errors
/// All that is wrong, in the order of the file, each one line such as
/// `coldwave.toml:12: [[station]] mont: unknown key, did you mean "mount"?`
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

/// The bit of a file's mode that lets in who is neither its owner nor in its group.
const MODE_READABLE_BY_OTHERS: u32 = 0o004;

/// [`load`] for what stands in the file called `name`, from whose `folder` paths in it are taken.
fn load_text(name: &str, text: &str, folder: &Path) -> Result<LoadedConfig, Vec<String>> {
    let (settings, problems) = parse(text, folder);
    let (mistakes, warnings) = problems.into_lines(name);
    if mistakes.is_empty() { Ok(LoadedConfig { settings, warnings }) } else { Err(mistakes) }
}

/// What is in a file, and its mode.
fn read(path: &Path) -> io::Result<(Vec<u8>, u32)> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("longer than {MAX_BYTES} bytes")));
    }
    Ok((bytes, mode))
}

fn describe_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory, not a configuration file".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// What `text` says, with defaults for whatever is missing or wrong, and what is wrong.
fn parse<'t>(text: &'t str, folder: &Path) -> (Settings, Problems<'t>) {
    let mut problems = Problems::new(text);
    let root = syntax::parse(text, &mut problems);
    let parts = keys::split_tables(&root, &mut problems);
    let stations = station::read_all(&parts.stations, folder, &mut problems);
    let mut settings = server::read(parts.server, stations, folder, &mut problems);
    settings.directory = directory::read(parts.directory, &settings, &mut problems);
    if parts.stations.is_empty() {
        problems.add_missing(0, "[[station]]: at least one is required".to_owned());
    }
    (settings, problems)
}

/// Returns the tables of a configuration file and the keys that each may have, in the order of the reference in
/// `docs/configuration.md`.
pub fn known_keys() -> [(&'static str, &'static [&'static str]); 4] {
    [
        ("[server]", keys::SERVER.keys),
        ("[directory]", keys::DIRECTORY.keys),
        ("[[station]]", keys::STATION.keys),
        ("[[station.dj]]", keys::DJ.keys),
    ]
}

/// What the targets in `fuzz/` call beside that which is public; no part of what this crate offers.
#[doc(hidden)]
pub mod fuzzing {
    /// The configuration that `text` is.
    ///
    /// # Errors
    /// As of [`load`](super::load).
    pub fn load_text(text: &str) -> Result<super::LoadedConfig, Vec<String>> {
        super::load_text("coldwave.toml", text, std::path::Path::new(""))
    }
}
