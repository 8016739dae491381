//! The files of a mount: the intro that each listener hears first, and the recording of the source.

use std::path::{Component, Path, PathBuf};

use super::super::draft::Place;
use super::super::translator::{Translator, path_value};
use super::super::xml::Element;

/// The conversions of strftime that `record` has.
const CONVERSIONS: &str = "%AaBbdeFGgHIjklMmPpSsTUuVWwYyZz";

/// `<dump-file>`: the file to which the source is recorded.
pub(super) fn dump_file(translator: &mut Translator, element: &Element) {
    let pattern = pattern(&element.setting.value);
    let value = path_value(&translator.path(&pattern));
    let how = "the extension follows from the codec, a cue sheet has the titles, and no file is overwritten";
    translator.take_differently(translator.current, "record", value, &element.setting, how);
}

/// Returns a pattern for `record`, in which all conversions are known.
fn pattern(dump_file: &str) -> String {
    let lower = dump_file.to_ascii_lowercase();
    let extension = [".mp3", ".aac", ".ogg"].into_iter().find(|ending| lower.ends_with(ending));
    let name = &dump_file[..dump_file.len() - extension.map_or(0, str::len)];
    let (mut pattern, mut rest) = (String::new(), name.chars());
    while let Some(character) = rest.next() {
        match character {
            '%' => match rest.next() {
                Some('D') => pattern += "%y-%m-%d",
                Some('R') => pattern += "%H:%M",
                Some(conversion) if CONVERSIONS.contains(conversion) => pattern.extend(['%', conversion]),
                _ => {}
            },
            '{' => pattern.push('('),
            '}' => pattern.push(')'),
            character => pattern.push(character),
        }
    }
    // A name of nothing but an extension, or of nothing that is known.
    if pattern.is_empty() || pattern.ends_with('/') { pattern + "recording" } else { pattern }
}

/// Translates `<intro>` of each mount, which begins at `<webroot>`, also if it begins with a slash.
pub(super) fn intros(translator: &mut Translator, root: &Element) {
    let webroot = root.inner_text("paths", "webroot").unwrap_or(".");
    let webroot = translator.path(webroot);
    for mount in root.children.iter().filter(|child| child.name == "mount") {
        let Some(intro) = mount.child("intro").filter(|intro| !intro.setting.value.is_empty()) else {
            continue;
        };
        let origin = Some(mount.setting.origin());
        let Some(at) = translator.draft.tables.iter().position(|table| table.origin == origin) else {
            continue;
        };
        let path = normalized(&webroot.join(intro.setting.value.trim_start_matches('/')));
        let how = "it must be in the format of the stream, and it is left out if it cannot be read";
        translator.take_differently(Place::Table(at), "intro", path_value(&path), &intro.setting, how);
    }
}

/// Returns a path without `.` and `..`: the directories before them need not exist.
fn normalized(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(normalized.pop()),
            other => normalized.push(other),
        }
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::icecast;
    use super::*;

    #[test]
    fn dump_file_is_a_pattern_of_recordings() {
        for (dump_file, expected) in [
            ("/srv/live-%Y-%m-%d.mp3", "/srv/live-%Y-%m-%d"),
            ("/srv/%D/%R.MP3", "/srv/%y-%m-%d/%H:%M"),
            ("/srv/%c{x}", "/srv/(x)"),
            ("/srv/100%%", "/srv/100%%"),
            ("/srv/.mp3", "/srv/recording"),
            ("%", "recording"),
        ] {
            assert_eq!(pattern(dump_file), expected, "{dump_file}");
        }
    }

    #[test]
    fn intro_begins_at_the_webroot() {
        let webroot = "<paths><webroot>/usr/share/icecast/web</webroot></paths>";
        let mount = |intro: &str| {
            format!(
                "<mount><mount-name>/a</mount-name><password>rosebud</password><intro>{intro}</intro></mount>"
            )
        };
        for (intro, expected) in [
            ("/hello.mp3", "/usr/share/icecast/web/hello.mp3"),
            ("hello.mp3", "/usr/share/icecast/web/hello.mp3"),
            ("../../../../var/radio/intro.mp3", "/var/radio/intro.mp3"),
        ] {
            let text = icecast(&format!("{}{webroot}", mount(intro))).document.text;
            assert!(text.contains(&format!("intro = \"{expected}\"")), "{text}");
        }
    }
}
