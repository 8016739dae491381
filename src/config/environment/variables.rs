//! The environment variables of a container.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use crate::closest_name::closest_name;
use crate::config;
use crate::config::problems::printable;
use crate::open_file;

pub const SOURCE_PASSWORD: &str = "ICECAST_SOURCE_PASSWORD";
pub const ADMIN_PASSWORD: &str = "ICECAST_ADMIN_PASSWORD";
const ADMIN_USER: &str = "ICECAST_ADMIN_USERNAME";
const RELAY_PASSWORD: &str = "ICECAST_RELAY_PASSWORD";
pub const HOSTNAME: &str = "ICECAST_HOSTNAME";
pub const NAME: &str = "COLDWAVE_NAME";
pub const MOUNT: &str = "COLDWAVE_MOUNT";

/// The variables of `[server]` that are taken as they are, each with its key.
pub const SERVER: [(&str, &str); 5] = [
    (ADMIN_USER, "admin_user"),
    ("ICECAST_ADMIN_EMAIL", "admin_contact"),
    ("ICECAST_LOCATION", "location"),
    ("ICECAST_MAX_CLIENTS", "max_listeners"),
    ("ICECAST_MAX_SOURCES", "max_sources"),
];

/// The passwords. Each can also be in a file, named by the same variable with [`FILE_SUFFIX`].
const PASSWORDS: [&str; 2] = [SOURCE_PASSWORD, ADMIN_PASSWORD];

/// The other variables that have an effect, besides those of [`SERVER`].
const OTHERS: [&str; 3] = [HOSTNAME, NAME, MOUNT];

/// The password of `--check --against`, which has no effect on a server.
const AGAINST_PASSWORD: &str = "COLDWAVE_ADMIN_PASSWORD";

/// What the names of all variables begin with.
const PREFIXES: [&str; 2] = ["ICECAST_", "COLDWAVE_"];

/// What the name of a variable ends with whose value is the path of a file.
const FILE_SUFFIX: &str = "_FILE";

/// The most bytes of a file with a password.
const SECRET_FILE_MAX: usize = 4096;

/// The variables of a container that concern coldwave.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, OsString>);

impl fmt::Debug for Environment {
    /// Shows the names only: values can be passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// Returns the variables of `all` that concern coldwave. An empty one counts as unset.
    pub fn new(all: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let named = all.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let is_ours = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        Self(named.filter(|(name, value)| is_ours(name) && !value.is_empty()).collect())
    }

    /// Returns a line for each variable that is set though a configuration file is in force.
    pub fn without_effect(&self, file: &Path) -> Vec<String> {
        let known = self.0.keys().filter(|name| is_known(name));
        known.map(|name| format!("{name} has no effect: {} is the configuration", file.display())).collect()
    }

    /// Returns the value of a variable as text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, String> {
        let value = self.0.get(name).map(|value| value.to_str());
        value.map(|text| text.ok_or_else(|| format!("{name}: is not valid UTF-8"))).transpose()
    }

    /// Returns a password, and the name of its variable.
    pub(super) fn secret(&self, name: &'static str) -> Result<Option<(String, String)>, String> {
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
    pub(super) fn warnings(&self) -> Vec<String> {
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
        if name.trim_end_matches(FILE_SUFFIX) == "ICECAST_PASSWORD" {
            return Some(format!(
                "{name} has no effect, did you mean {SOURCE_PASSWORD} or {ADMIN_PASSWORD}?"
            ));
        }
        let meant = (!is_known(name)).then(|| meant(name)).flatten()?;
        Some(format!("{name} has no effect, did you mean {meant}?"))
    }

    /// Returns the public address. A host alone is none: the port at which others reach the container is
    /// unknown.
    pub(super) fn public_url(&self) -> Option<&str> {
        let host = self.text(HOSTNAME).ok()??;
        (host.starts_with("http://") || host.starts_with("https://")).then_some(host)
    }
}

/// Returns the variables that have an effect. Of equally similar names, the last one is suggested.
fn with_effect() -> impl Iterator<Item = &'static str> {
    SERVER.into_iter().map(|(name, _)| name).chain(OTHERS).chain(PASSWORDS)
}

/// Returns whether coldwave or the images of Icecast have a variable of this name.
fn is_known(name: &str) -> bool {
    let secret = name.strip_suffix(FILE_SUFFIX).unwrap_or(name);
    with_effect().any(|known| known == name)
        || PASSWORDS.contains(&secret)
        || secret == RELAY_PASSWORD
        || name == AGAINST_PASSWORD
}

/// Returns the variable that was probably meant by an unknown one. The prefix, which all have, does not make
/// them similar.
fn meant(name: &str) -> Option<String> {
    let (stem, suffix) = name.strip_suffix(FILE_SUFFIX).map_or((name, ""), |stem| (stem, FILE_SUFFIX));
    let stems: Vec<&str> = with_effect().map(without_prefix).collect();
    let similar = closest_name(without_prefix(stem), &stems)?;
    let variable = with_effect().find(|known| without_prefix(known) == similar)?;
    Some(format!("{variable}{}", if PASSWORDS.contains(&variable) { suffix } else { "" }))
}

fn without_prefix(name: &str) -> &str {
    PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// Reads a file with a password, whose last line may end.
fn read_secret(path: &Path) -> Result<String, String> {
    let bytes =
        open_file::read_regular(path, SECRET_FILE_MAX).map_err(|error| config::describe_error(&error))?;
    if bytes.len() > SECRET_FILE_MAX {
        return Err(format!("is longer than {SECRET_FILE_MAX} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not valid UTF-8")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
