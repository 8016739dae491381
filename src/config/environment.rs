//! The configuration of a container without a file: its environment variables, with the names that images of
//! Icecast use, and its folders.
//!
//! The variables become the text of a configuration, which is read like a file. So each value has the limits
//! of its key, and an error names the variable.

mod document;
mod folders;
mod password;
mod variables;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use super::loaded::{self, LoadedConfig};
use document::EnvironmentDocument;
pub use folders::ContainerFolders;
pub use variables::Environment;
use variables::{ADMIN_PASSWORD, SOURCE_PASSWORD};

/// The errors, one line each.
type Errors = Vec<String>;

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
    let given = GivenPasswords::read(environment)?;
    let music = music(folders, given.source.is_some(), demo)?;
    let load_with = |missing: &dyn Fn(&str) -> Option<Password>| {
        let source = given.source.clone().or_else(|| missing("source"));
        let admin = given.admin.clone().or_else(|| missing("admin"));
        let mut document = EnvironmentDocument::default();
        document.server(environment, folders, admin.as_ref()).map_err(|error| vec![error])?;
        document.station(environment, music.as_deref(), source.as_ref()).map_err(|error| vec![error])?;
        let place = |line: usize| document.origin(line).to_owned();
        loaded::load(&document.text, &folders.config, &[], &place, Vec::new()).map_err(without_repetition)
    };
    // A password is shown only once, and not by a start that fails.
    load_with(&password::not_made)?;
    let mut loaded = load_with(&|account| password::stored(&folders.state, account))?;
    loaded.warnings.extend(environment.warnings());
    Ok(loaded)
}

/// A password, and the variable or the file that has it.
type Password = (String, String);

/// The passwords that variables give.
struct GivenPasswords {
    source: Option<Password>,
    admin: Option<Password>,
}

impl GivenPasswords {
    fn read(environment: &Environment) -> Result<Self, Errors> {
        match [SOURCE_PASSWORD, ADMIN_PASSWORD].map(|variable| environment.secret(variable)) {
            [Ok(source), Ok(admin)] => Ok(Self { source, admin }),
            both => Err(both.into_iter().filter_map(Result::err).collect()),
        }
    }
}

/// Returns what the station plays while no encoder is on air.
fn music(
    folders: &ContainerFolders,
    has_source_password: bool,
    demo: &dyn Fn() -> Result<PathBuf, String>,
) -> Result<Option<PathBuf>, Errors> {
    match folders.has_music() {
        true => Ok(Some(folders.music.clone())),
        false if has_source_password => Ok(None),
        false => match demo() {
            Ok(demo) => Ok(Some(demo)),
            Err(error) => Err(vec![format!("the demo station cannot be written: {error}")]),
        },
    }
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
