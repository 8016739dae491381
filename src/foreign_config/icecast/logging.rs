//! `<logging>`, also in the form of the KH branch, in which a log is an element with more elements.

use std::path::{Path, PathBuf};

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::setting::Setting;
use super::super::translator::{Translator, path_value};
use super::super::values;
use super::super::xml::Element;
use super::walk::walk;

/// The size from which Icecast renames a file, in kilobytes.
const SIZE: &str = "10000";

/// What coldwave accepts as a size.
const SIZE_MIN: u64 = 4;
const SIZE_MAX: u64 = 1_073_741_824;

pub(super) const RULES: Rules<Element> = &[
    ("accesslog", Rule::Take(|translator, element| file(translator, element, "access_log"))),
    ("playlistlog", Rule::Take(|translator, element| file(translator, element, "playlist_log"))),
    ("errorlog", Rule::Take(|translator, element| file(translator, element, "log_file"))),
    ("loglevel", Rule::Take(level)),
    ("logsize", Rule::Take(size)),
    ("logarchive", Rule::Take(archive)),
    ("memorybacklog", Rule::NoEffect(LAST_LINES)),
];

/// What is in a log of the KH branch.
const FILE_RULES: Rules<Element> = &[
    // Its parent has taken it.
    ("name", Rule::Take(|_, _| {})),
    ("size", Rule::Take(size_of_one)),
    ("archive", Rule::Take(archive)),
    ("level", Rule::Take(level)),
    ("ip", Rule::NoEffect("lines have addresses, and names are never looked up")),
    ("type", Rule::NoEffect("the format is the combined log format of web servers")),
    ("exclude_ext", Rule::NoEffect("every session has its line")),
    ("querystr", Rule::NoEffect("lines have the query, in which passwords are masked")),
    ("display", Rule::NoEffect(LAST_LINES)),
    ("history", Rule::NoEffect(LAST_LINES)),
    ("duration", Rule::NoEffect("files are renamed by their size; for a time, use logrotate and SIGUSR1")),
];

const LAST_LINES: &str = "the administrator's page shows the last 500 lines of the log";

/// Takes a log: its name, or elements.
fn file(translator: &mut Translator, element: &Element, key: &'static str) {
    if element.children.is_empty() {
        return name(translator, &element.setting, key);
    }
    walk(translator, element, FILE_RULES);
    if let Some(child) = element.child("name") {
        name(translator, &child.setting, key);
    }
}

fn name(translator: &mut Translator, setting: &Setting, key: &'static str) {
    let path = match setting.value.as_str() {
        "" => return translator.already_so(setting, "no such log"),
        "-" => PathBuf::from("/dev/stderr"),
        name => log_path(translator, name),
    };
    if key == "log_file" && path == Path::new("/dev/stderr") {
        return translator.already_so(setting, "the log goes to stderr");
    }
    translator.take(Place::Server, key, path_value(&path), setting);
}

/// Returns the path of a log, whose name begins at `<logdir>`.
fn log_path(translator: &Translator, name: &str) -> PathBuf {
    let folder = translator.log_dir.as_deref().unwrap_or_default();
    translator.path(folder).join(name)
}

/// Icecast's levels are numbers; 2.5 also knows their names.
fn level(translator: &mut Translator, element: &Element) {
    let setting = &element.setting;
    let (level, is_same) = match setting.value.to_ascii_lowercase().as_str() {
        "1" | "error" => ("error", true),
        "2" | "warn" | "warning" => ("warn", true),
        "3" | "info" | "information" => ("info", true),
        "4" | "debug" => ("debug", true),
        other => match other.parse::<i64>() {
            Ok(number) => (if number < 1 { "error" } else { "debug" }, false),
            Err(_) => return translator.invalid(setting, "1 (errors) to 4 (debug)"),
        },
    };
    match is_same {
        true => translator.take(Place::Server, "log_level", values::text(level), setting),
        false => {
            let how = "Icecast's levels are 1 (errors) to 4 (debug)";
            translator.take_differently(Place::Server, "log_level", values::text(level), setting, how);
        }
    }
}

fn size(translator: &mut Translator, element: &Element) {
    let setting = &element.setting;
    match translator.number(setting) {
        Some(0) => translator.already_so(setting, "files are not renamed"),
        Some(number) if (SIZE_MIN..=SIZE_MAX).contains(&number) => {
            translator.take(Place::Server, "log_size_kb", number.to_string(), setting);
        }
        Some(number) => {
            let size = number.clamp(SIZE_MIN, SIZE_MAX).to_string();
            translator.take_differently(Place::Server, "log_size_kb", size, setting, "the nearest size");
        }
        None => {}
    }
}

/// In coldwave, all logs have one limit.
fn size_of_one(translator: &mut Translator, element: &Element) {
    if let Some(number) = translator.number(&element.setting).filter(|number| *number > 0) {
        let size = number.clamp(SIZE_MIN, SIZE_MAX).to_string();
        let how = "one size applies to all logs";
        translator.take_differently(Place::Server, "log_size_kb", size, &element.setting, how);
    }
}

fn archive(translator: &mut Translator, element: &Element) {
    if let Some(flag) = translator.flag(&element.setting) {
        translator.take(Place::Server, "log_archive", flag.to_string(), &element.setting);
    }
}

/// Sets what Icecast logs if `<logging>` does not say otherwise. Its own directory for logs was chosen when
/// it was built, so files that are not named begin only where the configuration has a `<logdir>`.
pub(super) fn defaults(translator: &mut Translator, root: &Element) {
    let is_silent = |name: &str| root.inner("logging", name).is_none();
    if let Some(directory) = root.inner("paths", "logdir") {
        for (element, key, name) in
            [("accesslog", "access_log", "access.log"), ("errorlog", "log_file", "error.log")]
        {
            if is_silent(element) {
                let path = path_value(&log_path(translator, name));
                translator.put(Place::Server, key, path, &directory.setting);
            }
        }
    }
    let server = &translator.draft.server;
    let has_file = ["access_log", "log_file", "playlist_log"].iter().any(|key| server.get(key).is_some());
    if has_file && is_silent("logsize") {
        translator.default(Place::Server, "log_size_kb", SIZE.to_owned());
    }
    if translator.draft.server.get("log_size_kb").is_none() {
        translator.draft.server.remove("log_archive");
    }
}
