//! Text that has to fit somewhere, or to be made out.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// The longest beginning of `text` that has at most `max` bytes of UTF-8 and only whole characters.
pub fn truncated(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// `bytes` as UTF-8 if they are that, else as `otherwise`.
pub fn decode_or<'b>(bytes: &'b [u8], otherwise: &'static Encoding) -> Cow<'b, str> {
    let decode = |_| otherwise.decode_without_bom_handling(bytes).0;
    std::str::from_utf8(bytes).map_or_else(decode, Cow::Borrowed)
}
