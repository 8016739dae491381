//! `record`: a path in which the time and the DJ's name are still to be filled in.

use std::path::Path;

use super::paths;
use super::ranges::TEXT_MAX;
use crate::settings::RecordSettings;

/// What may follow a `%`: the parts of a date and a time, as strftime knows them, that make no `/` and no line break.
const CONVERSIONS: &str = "%AaBbdeFGgHIjklMmPpSsTUuVWwYyZz";

/// The only word in braces.
const DJ: &str = "{dj}";

/// What the files end in, by themselves.
const ENDINGS: [&str; 3] = [".mp3", ".aac", ".cue"];

/// The pattern in a file in `folder`.
///
/// # Errors
/// Why nothing can be written there.
pub fn pattern(folder: &Path, pattern: &str) -> Result<RecordSettings, String> {
    paths::resolve(folder, pattern)?;
    match fault(pattern) {
        Some(why) => Err(why),
        None => Ok(RecordSettings { folder: folder.to_owned(), pattern: pattern.to_owned() }),
    }
}

fn fault(pattern: &str) -> Option<String> {
    let lower = pattern.to_ascii_lowercase();
    if pattern.contains(char::is_control) {
        Some("has line breaks or control characters in it, expects a path".to_owned())
    } else if pattern.len() > TEXT_MAX {
        Some(format!("is longer than {TEXT_MAX} bytes"))
    } else if pattern.ends_with('/') || Path::new(pattern).file_name().is_none() {
        Some("is a folder, expects a file's name at the end, such as %Y-%m-%d_%H%M_{dj}".to_owned())
    } else if let Some(ending) = ENDINGS.iter().find(|ending| lower.ends_with(**ending)) {
        Some(format!("ends in {ending}: leave that out, as it depends on what is sent"))
    } else {
        conversion_fault(pattern).or_else(|| braces_fault(pattern))
    }
}

fn conversion_fault(pattern: &str) -> Option<String> {
    let mut characters = pattern.chars();
    while characters.by_ref().any(|c| c == '%') {
        let conversion = characters.next();
        if !conversion.is_some_and(|conversion| CONVERSIONS.contains(conversion)) {
            let found = conversion.map_or("%".to_owned(), |conversion| format!("%{conversion}"));
            return Some(format!(
                "has {found:?} in it, expects %Y, %m, %d, %H, %M, %S and the like; %% is a percent sign"
            ));
        }
    }
    None
}

fn braces_fault(pattern: &str) -> Option<String> {
    let braces = pattern.replace(DJ, "").contains(['{', '}']);
    braces.then(|| format!("has braces in it that are not {DJ}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_taken_as_they_are() {
        for text in ["archive/%Y-%m-%d_%H%M_{dj}", "/srv/%Y/%m/show", "a", "100%%", "{dj}{dj}", "a.b", "..x"]
        {
            let record = pattern(Path::new("/etc/50%"), text).expect(text);
            assert_eq!((record.folder.as_path(), record.pattern.as_str()), (Path::new("/etc/50%"), text));
        }
    }

    #[test]
    fn other_patterns_are_refused_with_the_reason() {
        for (text, says) in [
            ("", "is empty"),
            ("~/archive/%Y", "begins with ~"),
            ("archive/", "is a folder"),
            ("archive/..", "is a folder"),
            ("%Y.mp3", "ends in .mp3"),
            ("%Y.AAC", "ends in .aac"),
            ("%Y-%", "has \"%\""),
            ("%D", "has \"%D\""),
            ("%%%é", "has \"%é\""),
            ("{name}", "has braces"),
            ("{dj", "has braces"),
            ("a\nb", "line breaks"),
        ] {
            let why = pattern(Path::new(""), text).expect_err(text);
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
