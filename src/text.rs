//! Text that has to fit somewhere.

/// The longest beginning of `text` that has at most `max` bytes of UTF-8 and only whole characters.
pub fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}
