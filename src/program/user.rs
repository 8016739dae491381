//! The user that the process becomes, and what that user cannot do.

use std::path::Path;

use log::info;

use crate::cli::ConfigSource;
use crate::open_file;
use crate::privileges::{self, UserChange};
use crate::settings::{LogSettings, ProcessSettings, Settings};

/// The most errors of a later reload that are shown.
const ERRORS_MAX: usize = 10;

/// A line of the summary: a label and a text.
pub type UserLine = (&'static str, String);

/// Becomes the user of the settings, if they name one, and logs who that is. Returns warnings about what a
/// later reload cannot read.
///
/// # Errors
/// Returns one sentence if that is not possible.
pub fn change(settings: &ProcessSettings, source: &ConfigSource) -> Result<Vec<String>, String> {
    match privileges::plan(settings)? {
        UserChange::Same => Ok(Vec::new()),
        UserChange::Impossible(why) => Ok(vec![why]),
        UserChange::To(identity) => {
            privileges::become_user(&identity)?;
            info!("coldwave runs as user {identity} from now on");
            Ok(reload_errors(source))
        }
    }
}

/// Warns that another user has no effect before the next start.
pub fn note_changed(before: &ProcessSettings, after: &ProcessSettings) -> Option<String> {
    let is_same = (&before.user, &before.group) == (&after.user, &after.group);
    (!is_same)
        .then(|| "[server] user and group apply at the next start: only root can change them".to_owned())
}

/// Says for `--check` which user coldwave would become, and what a later reload as that user could not read or
/// write. This process becomes that user, so nothing is guessed; it should end then.
///
/// # Errors
/// Returns one sentence if a start would fail.
pub fn check(settings: &Settings, source: &ConfigSource) -> Result<Vec<UserLine>, String> {
    let identity = match privileges::plan(&settings.process)? {
        UserChange::Same => return Ok(Vec::new()),
        UserChange::Impossible(why) => return Ok(vec![("warning", why)]),
        UserChange::To(identity) => identity,
    };
    privileges::become_user(&identity)?;
    let mut lines = vec![("user", identity.to_string())];
    lines.extend(reload_errors(source).into_iter().map(|error| ("warning", error)));
    lines.extend(unwritable(settings).into_iter().map(|error| ("warning", error)));
    let ports = settings.listen.iter().chain(settings.source_listen.iter().flatten());
    if ports.into_iter().any(|port| (1..1024).contains(&port.address.port())) {
        let text = "open ports below 1024 stay open; a reload cannot open others";
        lines.push(("ports", text.to_owned()));
    }
    Ok(lines)
}

/// Returns the errors of a reload by this user.
fn reload_errors(source: &ConfigSource) -> Vec<String> {
    let errors = source.read(&[]).err().unwrap_or_default();
    let errors = errors.into_iter().take(ERRORS_MAX);
    errors.map(|error| format!("a reload as this user fails: {error}")).collect()
}

/// Returns the files and directories to which this user cannot write.
fn unwritable(settings: &Settings) -> Vec<String> {
    let LogSettings { file, playlist, rotation, .. } = &settings.logs;
    let logs = [("access_log", &settings.access_log), ("log_file", file), ("playlist_log", playlist)];
    let logs = logs.iter().filter_map(|(key, path)| path.as_deref().map(|path| (*key, path)));
    let logs: Vec<(&str, &Path)> = logs.filter(|(_, path)| !path.starts_with("/dev")).collect();
    let renamed = logs.iter().filter(|_| rotation.max_size.is_some());
    let folders = renamed.filter_map(|(key, path)| Some((*key, path.parent()?)));
    let state = settings.state_dir.as_deref().map(|path| ("state_dir", path));
    let records = settings.stations.iter().filter_map(|station| station.record.as_ref());
    let records = records.map(|record| ("record", record.folder.as_path()));
    let all = logs.iter().copied().chain(folders).chain(state).chain(records);
    let refused = all.filter_map(|(key, path)| Some((key, path, open_file::check_writable(path).err()?)));
    let describe = |(key, path, error): (&str, &Path, _)| {
        format!("{key}: this user cannot write to {}: {error}", path.display())
    };
    refused.map(describe).collect()
}
