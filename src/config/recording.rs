//! `record`: a path in which the time and the DJ's name are still to be filled in.

use std::path::Path;

use super::paths;
use super::ranges::TEXT_MAX;
use crate::record::check_pattern;
use crate::settings::RecordSettings;

/// The pattern in a file in `folder`.
///
/// # Errors
/// Why nothing can be written there.
pub fn pattern(folder: &Path, pattern: &str) -> Result<RecordSettings, String> {
    paths::resolve(folder, pattern)?;
    if pattern.len() > TEXT_MAX {
        return Err(format!("is longer than {TEXT_MAX} bytes"));
    }
    check_pattern(pattern)?;
    Ok(RecordSettings { folder: folder.to_owned(), pattern: pattern.to_owned() })
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
            ("archive/", "is a directory"),
            ("%D", "contains \"%D\""),
            (&"x".repeat(1001), "is longer than 1000 bytes"),
        ] {
            let why = pattern(Path::new(""), text).expect_err(text);
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
