//! Text that any page can show.

/// `text` without what no page can show: control characters, and the two that XML has no place for. Line ends and tabs
/// become spaces, so that what is one line stays one.
pub fn printable(text: &str) -> String {
    let kept = text.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c });
    kept.filter(|&c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}
