//! Removes unprintable characters from text.

/// Returns `text` without control characters and without the two noncharacters that XML does not allow. Line
/// ends and tabs become spaces, so the result is one line.
pub fn printable(text: &str) -> String {
    let chars = text.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c });
    chars.filter(|&c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}
