//! What the files of a session are called.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::files::{RecordingFiles, create};
use crate::audio::Codec;
use crate::settings::RecordSettings;
use crate::text::truncated;

/// What may follow a `%`: the parts of a date and a time, as strftime knows them, that make no `/` and no line break.
const CONVERSIONS: &str = "%AaBbdeFGgHIjklMmPpSsTUuVWwYyZz";

/// The words that may stand in braces.
const PLACEHOLDERS: [&str; 3] = ["dj", "mount", "station"];

/// What files end in, by themselves.
const EXTENSIONS: [&str; 3] = [".mp3", ".aac", ".cue"];

/// Bytes of a name that somebody gave himself. Names of files have 255.
const NAME_MAX: usize = 80;

/// What stands for the words in a pattern.
#[derive(Debug)]
pub struct PatternValues<'a> {
    /// `{dj}`.
    pub dj: &'a str,
    /// `{mount}`.
    pub mount: &'a str,
    /// `{station}`.
    pub station: &'a str,
}

/// Whether files can be named after this pattern: a path without its extension, with `%Y` and the like for the local time,
/// and with `{dj}`, `{mount}` and `{station}`.
///
/// # Errors
/// What is wrong with it, to be put behind its name: `ends in .mp3: …`.
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

/// Replaces the words in braces, and nothing in what replaces them.
fn fill(pattern: &str, value: impl Fn(&str) -> String) -> Result<String, String> {
    let (mut filled, mut rest) = (String::new(), pattern);
    while let Some((before, behind)) = rest.split_once(['{', '}']) {
        let word = behind.split_once('}').filter(|(word, _)| PLACEHOLDERS.contains(word));
        let Some((word, behind)) = word.filter(|_| rest[before.len()..].starts_with('{')) else {
            return Err("contains braces other than {dj}, {mount} and {station}".to_owned());
        };
        filled += before;
        filled += &value(word);
        rest = behind;
    }
    Ok(filled + rest)
}

/// A name that somebody gave himself, as part of a file's name: neither a path nor hidden, and legal on other systems'
/// disks too.
fn sanitize(name: &str) -> String {
    let allowed = |c: char| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '_' } else { c };
    let name: String = name.trim_start_matches('/').chars().map(allowed).collect();
    let cut =
        truncated(name.trim_start_matches(|c: char| c == '.' || c.is_whitespace()), NAME_MAX).trim_end();
    if cut.is_empty() { "unnamed".to_owned() } else { cut.to_owned() }
}

/// What the files of one session are called.
#[derive(Debug)]
pub struct RecordingName {
    folder: PathBuf,
    pattern: String,
    /// Safe.
    values: [String; 3],
    codec: Codec,
    at: Timestamp,
}

impl RecordingName {
    /// For a session that begins at `at`.
    pub fn new(record: &RecordSettings, names: &PatternValues<'_>, codec: Codec, at: Timestamp) -> Self {
        let names = [names.dj, names.mount, names.station].map(sanitize);
        Self { folder: record.folder.clone(), pattern: record.pattern.clone(), values: names, codec, at }
    }

    /// Creates the files, and the folders that they are to be in. Blocks on disk.
    ///
    /// # Errors
    /// One sentence that says why that is not possible.
    pub fn create_files(&self, zone: TimeZone) -> Result<RecordingFiles, String> {
        let path = self.folder.join(self.render(zone)?);
        create(&path, self.codec.extension()).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The pattern with all filled in, for this time zone.
    fn render(&self, zone: TimeZone) -> Result<String, String> {
        let dated =
            strtime::format(&self.pattern, &self.at.to_zoned(zone)).map_err(|error| error.to_string())?;
        let value = |word: &str| {
            let place = PLACEHOLDERS.iter().position(|known| *known == word).expect("one of the words");
            self.values[place].clone()
        };
        fill(&dated, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(pattern: &str, dj: &str) -> String {
        let record = RecordSettings { folder: PathBuf::new(), pattern: pattern.to_owned() };
        let names = PatternValues { dj, mount: "/live/a", station: "Harbour FM" };
        let at = "2026-03-04T23:30:05Z".parse().expect("a time");
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        RecordingName::new(&record, &names, Codec::Mp3, at).render(zone).expect(pattern)
    }

    #[test]
    fn patterns_are_filled_in_with_the_local_time() {
        for (pattern, expected) in [
            ("archive/%Y-%m-%d_%H%M_{dj}", "archive/2026-03-05_0030_Anna"),
            ("{station}/{mount}_%F", "Harbour FM/live_a_2026-03-05"),
            ("100%%_{dj}{dj}", "100%_AnnaAnna"),
            ("../%j", "../064"),
        ] {
            assert_eq!(check_pattern(pattern), Ok(()));
            assert_eq!(shown(pattern, "Anna"), expected);
        }
    }

    #[test]
    fn every_conversion_that_is_allowed_works_and_makes_no_folder() {
        for conversion in CONVERSIONS.chars() {
            let shown = shown(&format!("%{conversion}"), "Anna");
            assert!(!shown.is_empty() && !shown.contains(['/', '\n']), "{conversion}: {shown}");
        }
    }

    #[test]
    fn names_are_made_safe() {
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
            assert_eq!(shown("{dj}", name), expected, "it is not filled in itself");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_the_reason() {
        for (pattern, says) in [
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
            let why = check_pattern(pattern).expect_err(pattern);
            assert!(why.starts_with(says), "{pattern:?}: {why}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_one_part_of_a_path(name in any::<String>()) {
            let safe = sanitize(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= NAME_MAX && !safe.starts_with('.'));
            prop_assert!(!safe.contains(|c: char| c == '/' || c == '\\' || c.is_control()));
        }

        #[test]
        fn any_pattern_is_refused_or_works(pattern in "[%{}a-zA-Z/._é]{0,12}|\\{dj\\}.?") {
            if check_pattern(&pattern).is_ok() {
                prop_assert!(!shown(&pattern, "x").is_empty());
            }
        }
    }
}
