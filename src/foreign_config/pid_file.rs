//! The file with the number of the process.

use super::draft::Place;
use super::setting::Setting;
use super::translator::{Translator, path_value};

/// Takes the file, if its directory exists: the other servers start without it, so coldwave does as well.
pub fn take(translator: &mut Translator, setting: &Setting, name: &str) {
    if name == "/dev/null" {
        return translator.no_effect(setting, "the number of the process is not kept there");
    }
    let path = translator.path(name);
    if path.is_dir() {
        return translator.no_effect(setting, "it is a directory, so there is no such file");
    }
    match path.parent() {
        Some(folder) if !folder.is_dir() => {
            let why = format!("the directory {} does not exist, so there is no such file", folder.display());
            translator.no_effect(setting, &why);
        }
        _ => translator.take(Place::Server, "pid_file", path_value(&path), setting),
    }
}
