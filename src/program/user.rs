//! The user that the process becomes, and what that user cannot do.

use std::path::{Path, PathBuf};

use log::info;

use crate::cli::ConfigSource;
use crate::config::{IdentityPlaces, LoadedConfig};
use crate::open_file;
use crate::privileges::{self, UserChange};
use crate::settings::{LogSettings, ProcessSettings, RecordSettings, Settings};

/// The most errors and warnings of a later reload that are shown.
const PROBLEMS_MAX: usize = 10;

/// A line of the summary: a label and a text.
pub type UserLine = (&'static str, String);

/// Becomes the user of the settings, if they name one, and logs who that is. Returns warnings about what a
/// later reload cannot read. `known` are the warnings that the start has had. `places` are where the file
/// names the user and the group.
///
/// # Errors
/// Returns one sentence if that is not possible.
pub fn change(
    settings: &Settings,
    known: &[String],
    places: &IdentityPlaces,
    source: &ConfigSource,
) -> Result<Vec<String>, String> {
    match privileges::plan(&settings.process).map_err(|error| places.locate(error))? {
        UserChange::Same => Ok(Vec::new()),
        UserChange::Impossible(why) => Ok(vec![places.locate(why)]),
        UserChange::To(identity) => {
            privileges::become_user(&identity)?;
            info!("coldwave runs as user {identity} from now on");
            Ok(reload_problems(source.read(&settings.tls.certificates), known))
        }
    }
}

/// Warns that another user has no effect before the next start.
pub fn note_changed(before: &ProcessSettings, after: &ProcessSettings) -> Option<String> {
    let is_same = (&before.user, &before.group) == (&after.user, &after.group);
    (!is_same)
        .then(|| "[server] user and group apply at the next start: only root can change them".to_owned())
}

/// Returns what `--check` finds out about the user that coldwave would become.
///
/// # Errors
/// Returns one sentence if there is no such user.
pub fn plan(loaded: &LoadedConfig) -> Result<UserChange, String> {
    privileges::plan(&loaded.settings.process).map_err(|error| loaded.identity_at.locate(error))
}

/// Says for `--check` which user coldwave would become, and what a later reload as that user could not read
/// or write. The process becomes that user, so nothing is guessed; it should end then.
///
/// # Errors
/// Returns one sentence if a start would fail.
pub fn check(
    change: UserChange,
    loaded: &LoadedConfig,
    source: &ConfigSource,
) -> Result<Vec<UserLine>, String> {
    let (settings, known) = (&loaded.settings, &loaded.all_warnings());
    let identity = match change {
        UserChange::Same => return Ok(Vec::new()),
        UserChange::Impossible(why) => return Ok(vec![("warning", loaded.identity_at.locate(why))]),
        UserChange::To(identity) => identity,
    };
    let copy = source.copy();
    privileges::become_user(&identity)?;
    let mut lines = vec![("user", identity.to_string())];
    let in_use = &settings.tls.certificates;
    let mut problems = reload_problems(source.read(in_use), known);
    if let Some(copy) = copy.filter(|_| source.copy().is_none()) {
        // The file is hidden from this user, and what else it cannot read with it.
        problems.extend(reload_problems(source.read_copy(&copy, in_use), known));
    }
    problems.extend(unwritable(settings));
    lines.extend(problems.into_iter().map(|problem| ("warning", problem)));
    let ports = settings.listen.iter().chain(settings.source_listen.iter().flatten());
    if ports.into_iter().any(|port| (1..1024).contains(&port.address.port())) {
        let text = "open ports below 1024 stay open; a reload cannot open others";
        lines.push(("ports", text.to_owned()));
    }
    Ok(lines)
}

/// Returns the errors of a reload by this user, which has `read` the configuration, or the warnings that root
/// did not get. Certificates stay in use when their files cannot be read.
fn reload_problems(read: Result<LoadedConfig, Vec<String>>, known: &[String]) -> Vec<String> {
    let (problems, what) = match read {
        Ok(loaded) => (loaded.all_warnings(), "has a warning"),
        Err(errors) => (errors, "fails"),
    };
    let new = problems.into_iter().filter(|problem| !known.contains(problem)).take(PROBLEMS_MAX);
    new.map(|problem| format!("a reload as this user {what}: {problem}")).collect()
}

/// Returns the files and directories to which this user cannot write.
fn unwritable(settings: &Settings) -> Vec<String> {
    let LogSettings { file, playlist, rotation, .. } = &settings.logs;
    let logs = [
        ("access_log", &settings.access_log),
        ("w3c_log", &settings.w3c_log),
        ("log_file", file),
        ("playlist_log", playlist),
    ];
    let logs = logs.iter().filter_map(|(key, path)| path.as_deref().map(|path| (*key, path)));
    let logs: Vec<(&str, &Path)> = logs.filter(|(_, path)| !path.starts_with("/dev")).collect();
    let renamed = logs.iter().filter(|_| rotation.max_size.is_some());
    let folders = renamed.filter_map(|(key, path)| Some((*key, path.parent()?)));
    let state = settings.state_dir.as_deref().map(|path| ("state_dir", path));
    let records = settings.stations.iter().filter_map(|station| station.record.as_ref());
    let records: Vec<PathBuf> = records.map(existing_folder).collect();
    let records = records.iter().map(|folder| ("record", folder.as_path()));
    let all = logs.iter().copied().chain(folders).chain(state).chain(records);
    let refused = all.filter_map(|(key, path)| Some((key, path, open_file::check_writable(path).err()?)));
    let describe = |(key, path, error): (&str, &Path, _)| {
        format!("{key}: this user cannot write to {}: {error}", path.display())
    };
    refused.map(describe).collect()
}

/// Returns the directory in which the first folder of a recording would be created, or the recording itself.
fn existing_folder(record: &RecordSettings) -> PathBuf {
    let file = record.folder.join(&record.pattern);
    let is_fixed = |path: &&Path| !path.to_string_lossy().contains('%');
    let folder = file.ancestors().skip(1).filter(is_fixed).find(|path| path.is_dir());
    folder.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recording_is_written_to_the_folder_before_its_conversions() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path();
        std::fs::create_dir(path.join("records")).expect("a folder");
        for (pattern, expected) in [
            ("records/live-%Y", path.join("records")),
            ("records/new/%Y/live", path.join("records")),
            ("%Y/live", path.to_owned()),
        ] {
            let record = RecordSettings { folder: path.to_owned(), pattern: pattern.to_owned() };
            assert_eq!(existing_folder(&record), expected, "{pattern}");
        }
        let record = RecordSettings { folder: PathBuf::new(), pattern: "live-%Y".to_owned() };
        assert_eq!(existing_folder(&record), Path::new("."));
    }
}
