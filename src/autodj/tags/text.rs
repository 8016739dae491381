//! Makes one line of the text from tags.

/// Maximum length of a title in characters: four times what fits on the wire.
const MAX_CHARACTERS: usize = 1000;

/// Converts text to one line: replaces control characters with spaces, trims it and limits its length. `None`
/// if nothing is left.
pub fn clean(text: &str) -> Option<String> {
    let replace_control = |c: char| if c.is_control() { ' ' } else { c };
    let text: String =
        text.trim_matches(is_blank).chars().take(MAX_CHARACTERS).map(replace_control).collect();
    // Trimmed again, because it may have been cut after a space.
    Some(text.trim_end()).filter(|text| !text.is_empty()).map(String::from)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == '\u{feff}'
}

/// Joins the values in `text`, which are separated by NULs.
pub fn join_values(text: &str) -> Option<String> {
    let values: Vec<_> = text.split('\0').filter_map(clean).collect();
    clean(&values.join(", "))
}
