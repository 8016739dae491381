//! `record`: a path with placeholders for the time and the DJ's name.

use std::path::Path;

use super::paths;
use super::ranges::TEXT_MAX;
use crate::record::check_pattern;
use crate::settings::RecordSettings;

/// Checks the pattern in a configuration file that is in `folder`.
///
/// # Errors
/// Returns why the pattern is invalid.
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
    fn valid_patterns_are_kept_unchanged() {
        for text in ["archive/%Y-%m-%d_%H%M_{dj}", "/srv/%Y/%m/show", "a", "100%%", "{dj}{dj}", "a.b", "..x"]
        {
            let record = pattern(Path::new("/etc/50%"), text).expect(text);
            assert_eq!((record.folder.as_path(), record.pattern.as_str()), (Path::new("/etc/50%"), text));
        }
    }

    #[test]
    fn invalid_patterns_are_rejected_with_the_reason() {
        for (text, expected) in [
            ("", "is empty"),
            ("~/archive/%Y", "begins with ~"),
            ("archive/", "is a directory"),
            ("%D", "contains \"%D\""),
            (&"x".repeat(1001), "is longer than 1000 bytes"),
        ] {
            let error = pattern(Path::new(""), text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
