//! `<fallback-mount>` and what belongs to it. What it means depends on the other mounts and on the files in
//! `<webroot>`, so it is translated after all elements were read.

use std::io;
use std::path::PathBuf;

use super::super::draft::Place;
use super::super::setting::Origin;
use super::super::static_files;
use super::super::translator::{Translator, path_value};
use super::super::values;
use super::super::xml::Element;
use super::fallback_file;
use super::station_texts::has_other_format;
use crate::router::mount_path::path_error;

/// What a fallback is.
enum Target {
    /// Another mount, which may be one that only a source makes.
    Mount(String),
    /// A file of `<webroot>`.
    Music(PathBuf),
    /// A path that no mount can have, with the reason.
    Impossible(String),
    /// A file that cannot be played, and why.
    Unusable(String),
}

/// Translates the fallbacks of all mounts.
pub(super) fn run(translator: &mut Translator, root: &Element) {
    for mount in root.children.iter().filter(|child| child.name == "mount") {
        mount.child("fallback").into_iter().for_each(|fallback| nested(translator, fallback));
        if let Some(place) = place(translator, mount) {
            take(translator, root, mount, place);
        }
    }
    refuse_circles(translator);
}

/// Names what is in `<fallback>` of the KH branch besides the mount.
fn nested(translator: &mut Translator, fallback: &Element) {
    for child in fallback.children.iter().filter(|child| child.name != "mount") {
        match child.name.as_str() {
            "rate" => translator.no_effect(&child.setting, "a fallback plays at the rate of its own frames"),
            _ => translator.unknown(&child.setting, None),
        }
    }
}

/// Returns the place of the table that was added for a mount.
fn place(translator: &Translator, mount: &Element) -> Option<Place> {
    let origin = Some(mount.setting.origin());
    translator.draft.tables.iter().position(|table| table.origin == origin).map(Place::Table)
}

fn take(translator: &mut Translator, root: &Element, mount: &Element, place: Place) {
    let nested = mount.child("fallback").and_then(|it| it.child("mount"));
    let fallback = mount.child("fallback-mount").or(nested);
    let Some(fallback) = fallback.filter(|it| !it.setting.value.is_empty()) else {
        return without(translator, mount);
    };
    let target = target(translator, root, &fallback.setting.value);
    if let Target::Mount(name) = &target
        && let Some(reason) = path_error(name)
    {
        translator.no_effect(&fallback.setting, &format!("{name:?} {reason}"));
        return without(translator, mount);
    }
    let is_unlisted = translator.draft.table(place).header != "[[station]]";
    match &target {
        Target::Mount(name) if has_other_format(name) => {
            let how = "Ogg and WebM are not served: it plays only while that mount has MP3 or AAC";
            translator.take_differently(place, "fallback_input", values::text(name), &fallback.setting, how);
        }
        Target::Mount(name) => {
            let value = values::text(name);
            translator.take(place, "fallback_input", value, &fallback.setting);
        }
        Target::Music(_) if is_unlisted => {
            let why = "a mount that only a source makes plays no files";
            translator.no_effect(&fallback.setting, why);
        }
        Target::Music(path) => {
            let how = static_files::how(path);
            let value = values::list([path_value(path)]);
            translator.put(place, static_files::MUSIC, value, &fallback.setting);
            translator.differs(&fallback.setting, &how);
        }
        Target::Unusable(why) => translator.no_effect(&fallback.setting, why),
        Target::Impossible(reason) => translator.no_effect(&fallback.setting, &format!("it {reason}")),
    }
    take_override(translator, mount);
    take_when_full(translator, mount, place, &target);
}

/// Notes elements that need a fallback, in a mount that has none.
fn without(translator: &mut Translator, mount: &Element) {
    for name in ["fallback-override", "fallback-when-full"] {
        if let Some(element) = mount.child(name) {
            translator.no_effect(&element.setting, "the mount has no <fallback-mount>");
        }
    }
}

/// Returns what a fallback is: a mount of the file, else a file of `<webroot>`, else a mount that a source
/// may make. In the KH branch, `[128]` in the name of a file is the rate at which it is sent, in kbit/s.
fn target(translator: &Translator, root: &Element, value: &str) -> Target {
    let is_mount = |table: &super::super::draft::Table| {
        table.header == "[[station]]" && table.get("mount") == Some(&values::text(value))
    };
    if translator.draft.tables.iter().any(is_mount) {
        return Target::Mount(value.to_owned());
    }
    let webroot = root.inner_text("paths", "webroot").unwrap_or_default();
    let is_inside = !value.split('/').any(|part| part == "..");
    let file = translator.path(webroot).join(value.trim_start_matches('/'));
    // A folder that cannot be searched may contain it.
    let is_missing =
        !file.try_exists().unwrap_or_else(|error| error.kind() == io::ErrorKind::PermissionDenied);
    if !is_inside || webroot.is_empty() || is_missing {
        return match has_rate(value) {
            true => Target::Unusable(format!("neither a mount nor the file {} exists", file.display())),
            false => mount_target(value),
        };
    }
    // A mount of sources may have the name of a directory.
    if file.is_dir() { mount_target(value) } else { of_file(file) }
}

/// Returns the mount, unless no mount can have the name.
fn mount_target(value: &str) -> Target {
    match path_error(value) {
        Some(reason) => Target::Impossible(reason),
        None => Target::Mount(value.to_owned()),
    }
}

/// Returns what an existing file is.
fn of_file(file: PathBuf) -> Target {
    match fallback_file::problem(&file) {
        Some(problem) => Target::Unusable(format!("the file {} {problem}", file.display())),
        None => Target::Music(file),
    }
}

/// Returns whether a name contains a rate, such as `[128]`.
fn has_rate(value: &str) -> bool {
    let inside = value.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    inside.is_some_and(|(rate, _)| !rate.is_empty() && rate.bytes().all(|byte| byte.is_ascii_digit()))
}

fn take_override(translator: &mut Translator, mount: &Element) {
    let Some(element) = mount.child("fallback-override") else { return };
    match translator.flag(&element.setting) {
        Some(true) => translator.already_so(&element.setting, "a source of the mount is on air at once"),
        Some(false) => {
            let how = "a source of the mount is on air at once; no listener stays with the fallback";
            translator.differs(&element.setting, how);
        }
        None => {}
    }
}

fn take_when_full(translator: &mut Translator, mount: &Element, place: Place, target: &Target) {
    let Some(element) = mount.child("fallback-when-full") else { return };
    match (translator.flag(&element.setting), target) {
        (Some(true), Target::Mount(name)) => {
            translator.take(place, "overflow", values::text(name), &element.setting);
        }
        (Some(true), _) => {
            translator.no_effect(&element.setting, "the fallback is no mount, so it admits no listeners");
        }
        (Some(false), _) => {
            translator.already_so(&element.setting, "a full mount refuses new listeners");
        }
        (None, _) => {}
    }
}

/// Reports fallbacks that lead back to their own mount: Icecast moves listeners in a circle.
fn refuse_circles(translator: &mut Translator) {
    let next = |mount: &str| {
        let mut tables = translator.draft.tables.iter();
        let table = tables.find(|it| it.header == "[[station]]" && it.get("mount") == Some(mount))?;
        let entry = table.entries.iter().find(|entry| entry.key == "fallback_input")?;
        Some((entry.value.clone(), entry.origin.clone()))
    };
    let mut circles = Vec::new();
    for table in translator.draft.tables.iter().filter(|table| table.header == "[[station]]") {
        let Some(mount) = table.get("mount") else { continue };
        let first = next(mount);
        let chain = std::iter::successors(first.clone(), |(mount, _)| next(mount));
        let leads_back = chain.take(translator.draft.tables.len()).any(|(other, _)| other == mount);
        circles.extend(first.filter(|_| leads_back).and_then(|(_, origin)| origin));
    }
    for Origin { line, setting, .. } in circles {
        translator.errors.push((line, format!("{setting}: the fallbacks lead back to this mount")));
    }
}
