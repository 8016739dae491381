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
