//! The configuration of a container without a file: its environment variables, with the names that images of
//! Icecast use, and its folders.
//!
//! The variables become the text of a configuration, which is read like a file. So each value has the limits
//! of its key, and an error names the variable.

mod document;
mod password;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::loaded::{self, LoadedConfig};
use super::problems::printable;
use crate::closest_name::closest_name;
use crate::open_file;
use document::EnvironmentDocument;

const SOURCE_PASSWORD: &str = "ICECAST_SOURCE_PASSWORD";
const ADMIN_PASSWORD: &str = "ICECAST_ADMIN_PASSWORD";
const ADMIN_USER: &str = "ICECAST_ADMIN_USERNAME";
const RELAY_PASSWORD: &str = "ICECAST_RELAY_PASSWORD";
const HOSTNAME: &str = "ICECAST_HOSTNAME";
const NAME: &str = "COLDWAVE_NAME";
const MOUNT: &str = "COLDWAVE_MOUNT";

/// The variables of `[server]` that are taken as they are, each with its key.
const SERVER: [(&str, &str); 5] = [
    (ADMIN_USER, "admin_user"),
    ("ICECAST_ADMIN_EMAIL", "admin_contact"),
    ("ICECAST_LOCATION", "location"),
    ("ICECAST_MAX_CLIENTS", "max_listeners"),
    ("ICECAST_MAX_SOURCES", "max_sources"),
];

/// All variables. A password can also be in a file, named by the same variable with [`FILE_SUFFIX`].
const ALL: [&str; 12] = [
    SOURCE_PASSWORD,
    ADMIN_PASSWORD,
    RELAY_PASSWORD,
    ADMIN_USER,
    "ICECAST_ADMIN_EMAIL",
    "ICECAST_LOCATION",
    "ICECAST_MAX_CLIENTS",
    "ICECAST_MAX_SOURCES",
    HOSTNAME,
    NAME,
    MOUNT,
    // Of `--check --against`.
    "COLDWAVE_ADMIN_PASSWORD",
];

/// What the name of a variable ends with whose value is the path of a file.
const FILE_SUFFIX: &str = "_FILE";

/// The most bytes of a file with a password.
const SECRET_FILE_MAX: usize = 4096;

/// The configuration files for which a container looks, the first one first.
const FILES: [&str; 3] = ["coldwave.toml", "icecast.xml", "sc_serv.conf"];

/// Where a container has its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerFolders {
    config: PathBuf,
    music: PathBuf,
    state: PathBuf,
}

impl ContainerFolders {
    /// Returns the folders below `root`, which is `/` in a container.
    pub fn below(root: &Path) -> Self {
        Self { config: root.join("config"), music: root.join("music"), state: root.join("state") }
    }

    /// Returns the configuration file, if there is one.
    pub fn config_file(&self) -> Option<PathBuf> {
        FILES.iter().map(|name| self.config.join(name)).find(|path| path.exists())
    }

    fn has_music(&self) -> bool {
        self.music.read_dir().is_ok_and(|mut entries| entries.next().is_some())
    }
}

/// The variables of a container that concern coldwave.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, OsString>);

impl fmt::Debug for Environment {
    /// Shows the names only: values can be passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The errors, one line each.
type Errors = Vec<String>;

impl Environment {
    /// Returns the variables of `all` that concern coldwave. An empty one counts as unset.
    pub fn new(all: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let named = all.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let is_ours = |name: &str| ["ICECAST_", "COLDWAVE_"].iter().any(|prefix| name.starts_with(prefix));
        Self(named.filter(|(name, value)| is_ours(name) && !value.is_empty()).collect())
    }

    /// Returns a line for each variable that is set though a configuration file is in force.
    pub fn without_effect(&self, file: &Path) -> Vec<String> {
        let known = self.0.keys().filter(|name| is_known(name));
        known.map(|name| format!("{name} has no effect: {} is the configuration", file.display())).collect()
    }

    /// Returns the value of a variable as text.
    fn text(&self, name: &str) -> Result<Option<&str>, String> {
        let value = self.0.get(name).map(|value| value.to_str());
        value.map(|text| text.ok_or_else(|| format!("{name}: is not valid UTF-8"))).transpose()
    }

    /// Returns a password, and the name of its variable.
    fn secret(&self, name: &'static str) -> Result<Option<(String, String)>, String> {
        let file_variable = format!("{name}{FILE_SUFFIX}");
        match (self.text(name)?, self.text(&file_variable)?) {
            (Some(_), Some(_)) => {
                Err(format!("{name} and {file_variable} are both set: leave one of them out"))
            }
            (Some(text), None) => Ok(Some((text.to_owned(), name.to_owned()))),
            (None, Some(path)) => {
                let text = read_secret(Path::new(path));
                let text = text.map_err(|error| format!("{file_variable}: {}: {error}", printable(path)))?;
                Ok(Some((text, file_variable)))
            }
            (None, None) => Ok(None),
        }
    }

    /// Returns warnings about variables without effect: misspelt ones, and those of Icecast that coldwave
    /// does not need.
    fn warnings(&self) -> Vec<String> {
        self.0.keys().filter_map(|name| self.warning(name)).collect()
    }

    fn warning(&self, name: &str) -> Option<String> {
        if name.trim_end_matches(FILE_SUFFIX) == RELAY_PASSWORD {
            return Some(format!("{name} has no effect: relays of coldwave need no password"));
        }
        if name == HOSTNAME && self.public_url().is_none() {
            return Some(format!(
                "{HOSTNAME} has no effect: links have the host that the client has used. To have another one in \
                 all links, give it with its scheme, such as https://radio.example"
            ));
        }
        let meant = (!is_known(name)).then(|| closest_name(name, &ALL)).flatten()?;
        Some(format!("{name} has no effect, did you mean {meant}?"))
    }

    /// Returns the public address. A host alone is none: the port at which others reach the container is
    /// unknown.
    fn public_url(&self) -> Option<&str> {
        let host = self.text(HOSTNAME).ok()??;
        (host.starts_with("http://") || host.starts_with("https://")).then_some(host)
    }
}

/// Returns whether a variable is one of [`ALL`], or names a file with a password.
fn is_known(name: &str) -> bool {
    let secret = name.strip_suffix(FILE_SUFFIX);
    ALL.contains(&name)
        || [SOURCE_PASSWORD, ADMIN_PASSWORD, RELAY_PASSWORD].iter().any(|it| secret == Some(it))
}

/// Reads a file with a password, whose last line may end.
fn read_secret(path: &Path) -> Result<String, String> {
    let bytes =
        open_file::read_regular(path, SECRET_FILE_MAX).map_err(|error| super::describe_error(&error))?;
    if bytes.len() > SECRET_FILE_MAX {
        return Err(format!("is longer than {SECRET_FILE_MAX} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not valid UTF-8")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Reads the configuration from the environment. The station plays the music of the container, else the music
/// in the directory that `demo` returns, unless there is a password for sources. Passwords that are not given
/// are made once and kept in the folder for the state.
///
/// # Errors
/// Returns all errors, one line each, with the name of the variable.
pub fn load(
    environment: &Environment,
    folders: &ContainerFolders,
    demo: &dyn Fn() -> Result<PathBuf, String>,
) -> Result<LoadedConfig, Errors> {
    let document = document(environment, folders, demo)?;
    let place = |line: usize| document.origin(line).to_owned();
    let loaded = loaded::load(&document.text, &folders.config, &[], &place, Vec::new());
    let mut loaded = loaded.map_err(without_repetition)?;
    loaded.warnings.extend(environment.warnings());
    Ok(loaded)
}

/// Leaves one error about the password of sources, which is in two tables.
fn without_repetition(mut errors: Errors) -> Errors {
    let variable_and_reason = |error: &String| {
        let (variable, reason) = (error.split(": ").next(), error.rsplit(": ").next());
        (variable.map(str::to_owned), reason.map(str::to_owned))
    };
    errors.dedup_by_key(|error| variable_and_reason(error));
    errors
}

fn document(
    environment: &Environment,
    folders: &ContainerFolders,
    demo: &dyn Fn() -> Result<PathBuf, String>,
) -> Result<EnvironmentDocument, Errors> {
    let mut errors = Vec::new();
    let mut document = EnvironmentDocument::default();
    let given = |secret: Result<Option<(String, String)>, String>, errors: &mut Errors| {
        secret.unwrap_or_else(|error| {
            errors.push(error);
            None
        })
    };
    let source = given(environment.secret(SOURCE_PASSWORD), &mut errors);
    let admin = given(environment.secret(ADMIN_PASSWORD), &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let has_source_password = source.is_some();
    let source = source.or_else(|| password::stored(&folders.state, "source"));
    let admin = admin.or_else(|| password::stored(&folders.state, "admin"));
    document.server(environment, folders, admin.as_ref()).map_err(|error| vec![error])?;
    let music = match folders.has_music() {
        true => Some(folders.music.clone()),
        false if has_source_password => None,
        false => Some(demo().map_err(|error| vec![format!("the demo station cannot be written: {error}")])?),
    };
    document.station(environment, music.as_deref(), source.as_ref()).map_err(|error| vec![error])?;
    Ok(document)
}
