//! The names of a session's files.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::files::{RecordingFiles, create};
use crate::audio::Codec;
use crate::settings::RecordSettings;
use crate::text::truncated;

/// The characters that may follow a `%`: the conversions of strftime for dates and times that produce no `/`
/// and no line break.
const CONVERSIONS: &str = "%AaBbdeFGgHIjklMmPpSsTUuVWwYyZz";

/// The names that are allowed in braces.
const PLACEHOLDERS: [&str; 3] = ["dj", "mount", "station"];

/// The extensions that coldwave adds to a name.
const EXTENSIONS: [&str; 3] = [".mp3", ".aac", ".cue"];

/// The most bytes of a name that a user or an administrator chose. File names have at most 255.
const NAME_MAX: usize = 80;

/// The values of the placeholders in a pattern.
#[derive(Debug)]
pub struct PatternValues<'a> {
    /// `{dj}`.
    pub dj: &'a str,
    /// `{mount}`.
    pub mount: &'a str,
    /// `{station}`.
    pub station: &'a str,
}

/// Checks a pattern for file names: a path without its extension, with `%Y` and similar for the local time,
/// and with `{dj}`, `{mount}` and `{station}`.
///
/// # Errors
/// Returns what is wrong with the pattern, without a subject: `ends in .mp3: …`. The caller puts the name of
/// the key before it.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    let lower = pattern.to_ascii_lowercase();
    if pattern.contains(char::is_control) {
        return Err("contains line breaks or control characters, expected a path".to_owned());
    }
    let name = pattern.rsplit('/').next().unwrap_or_default();
    if ["", ".", ".."].contains(&name) {
        return Err("is a directory, expected a file name at the end, such as %Y-%m-%d_%H%M_{dj}".to_owned());
    }
    if let Some(ending) = EXTENSIONS.iter().find(|ending| lower.ends_with(**ending)) {
        return Err(format!("ends in {ending}: leave that out, it follows from the codec"));
    }
    check_conversions(pattern)?;
    fill(pattern, |_| String::new()).map(drop)
}

fn check_conversions(pattern: &str) -> Result<(), String> {
    let mut characters = pattern.chars();
    while characters.by_ref().any(|c| c == '%') {
        let conversion = characters.next();
        if !conversion.is_some_and(|conversion| CONVERSIONS.contains(conversion)) {
            let found = conversion.map_or("%".to_owned(), |conversion| format!("%{conversion}"));
            return Err(format!(
                "contains {found:?}, expected %Y, %m, %d, %H, %M, %S and the like; %% is a percent sign"
            ));
        }
    }
    Ok(())
}

/// Replaces the placeholders. Braces in the values are not replaced again.
fn fill(pattern: &str, value: impl Fn(&str) -> String) -> Result<String, String> {
    let (mut filled, mut rest) = (String::new(), pattern);
    while let Some((before, after)) = rest.split_once(['{', '}']) {
        let placeholder = after.split_once('}').filter(|(placeholder, _)| PLACEHOLDERS.contains(placeholder));
        let Some((placeholder, after)) = placeholder.filter(|_| rest[before.len()..].starts_with('{')) else {
            return Err("contains braces other than {dj}, {mount} and {station}".to_owned());
        };
        filled += before;
        filled += &value(placeholder);
        rest = after;
    }
    Ok(filled + rest)
}

/// Turns a name into one path component. The result has no separators, does not name a hidden file, and is
/// valid on the file systems of other operating systems too.
fn sanitize(name: &str) -> String {
    let allowed = |c: char| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '_' } else { c };
    let name: String = name.trim_start_matches('/').chars().map(allowed).collect();
    let truncated_name =
        truncated(name.trim_start_matches(|c: char| c == '.' || c.is_whitespace()), NAME_MAX).trim_end();
    if truncated_name.is_empty() { "unnamed".to_owned() } else { truncated_name.to_owned() }
}

/// The name of one session's files, before its pattern is filled in.
#[derive(Debug)]
pub struct RecordingName {
    folder: PathBuf,
    pattern: String,
    /// The sanitized values of the placeholders.
    values: [String; 3],
    codec: Codec,
    at: Timestamp,
}

impl RecordingName {
    /// Returns the name for a session that begins at `at`.
    pub fn new(record: &RecordSettings, values: &PatternValues<'_>, codec: Codec, at: Timestamp) -> Self {
        let values = [values.dj, values.mount, values.station].map(sanitize);
        Self { folder: record.folder.clone(), pattern: record.pattern.clone(), values, codec, at }
    }

    /// Creates the files and their folders. Blocks on disk.
    ///
    /// # Errors
    /// Returns one sentence with the reason if that fails.
    pub fn create_files(&self, zone: TimeZone) -> Result<RecordingFiles, String> {
        let path = self.folder.join(self.render(zone)?);
        create(&path, self.codec.extension()).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Returns the pattern with all values filled in, for this time zone.
    fn render(&self, zone: TimeZone) -> Result<String, String> {
        let dated =
            strtime::format(&self.pattern, &self.at.to_zoned(zone)).map_err(|error| error.to_string())?;
        let value = |placeholder: &str| {
            let index =
                PLACEHOLDERS.iter().position(|known| *known == placeholder).expect("one of the placeholders");
            self.values[index].clone()
        };
        fill(&dated, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rendered(pattern: &str, dj: &str) -> String {
        let record = RecordSettings { folder: PathBuf::new(), pattern: pattern.to_owned() };
        let values = PatternValues { dj, mount: "/live/a", station: "Harbour FM" };
        let at = "2026-03-04T23:30:05Z".parse().expect("a time");
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        RecordingName::new(&record, &values, Codec::Mp3, at).render(zone).expect(pattern)
    }

    #[test]
    fn patterns_are_filled_in_with_local_time() {
        for (pattern, expected) in [
            ("archive/%Y-%m-%d_%H%M_{dj}", "archive/2026-03-05_0030_Anna"),
            ("{station}/{mount}_%F", "Harbour FM/live_a_2026-03-05"),
            ("100%%_{dj}{dj}", "100%_AnnaAnna"),
            ("../%j", "../064"),
        ] {
            assert_eq!(check_pattern(pattern), Ok(()));
            assert_eq!(rendered(pattern, "Anna"), expected);
        }
    }

    #[test]
    fn every_allowed_conversion_works_and_makes_no_folder() {
        for conversion in CONVERSIONS.chars() {
            let rendered = rendered(&format!("%{conversion}"), "Anna");
            assert!(!rendered.is_empty() && !rendered.contains(['/', '\n']), "{conversion}: {rendered}");
        }
    }

    #[test]
    fn names_are_sanitized() {
        let long = "東".repeat(100);
        for (name, expected) in [
            ("Anna Bö", "Anna Bö"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("/live", "live"),
            (". .hidden", "hidden"),
            ("a\nb\0c\u{85}", "a_b_c_"),
            (r#"a\b:c*d?e"f<g>h|i"#, "a_b_c_d_e_f_g_h_i"),
            ("..", "unnamed"),
            ("", "unnamed"),
            ("%Y{dj}", "%Y{dj}"),
            (long.as_str(), &long[..78]),
        ] {
            assert_eq!(sanitize(name), expected, "{name:?}");
            assert_eq!(rendered("{dj}", name), expected, "values are not filled in again");
        }
    }

    #[test]
    fn invalid_patterns_are_refused_with_the_reason() {
        for (pattern, expected) in [
            ("", "is a directory"),
            ("archive/", "is a directory"),
            ("archive/..", "is a directory"),
            ("%Y.mp3", "ends in .mp3"),
            ("%Y.AAC", "ends in .aac"),
            ("%Y-%", "contains \"%\""),
            ("%D", "contains \"%D\""),
            ("%%%é", "contains \"%é\""),
            ("{name}", "contains braces"),
            ("{dj", "contains braces"),
            ("a}b", "contains braces"),
            ("}dj}", "contains braces"),
            ("a\nb", "contains line breaks"),
        ] {
            let reason = check_pattern(pattern).expect_err(pattern);
            assert!(reason.starts_with(expected), "{pattern:?}: {reason}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_one_component_of_a_path(name in any::<String>()) {
            let safe = sanitize(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= NAME_MAX && !safe.starts_with('.'));
            prop_assert!(!safe.contains(|c: char| c == '/' || c == '\\' || c.is_control()));
        }

        #[test]
        fn any_pattern_is_refused_or_can_be_filled_in(pattern in "[%{}a-zA-Z/._é]{0,12}|\\{dj\\}.?") {
            if check_pattern(&pattern).is_ok() {
                prop_assert!(!rendered(&pattern, "x").is_empty());
            }
        }
    }
}
