//! Truncating and decoding text.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// Returns the longest prefix of `text` that has at most `max` bytes of UTF-8 and ends at a character
/// boundary.
pub fn truncated(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// Decodes `bytes` as UTF-8 if they are valid, else in the charset `fallback`.
pub fn decode_or<'b>(bytes: &'b [u8], fallback: &'static Encoding) -> Cow<'b, str> {
    let decode = |_| fallback.decode_without_bom_handling(bytes).0;
    std::str::from_utf8(bytes).map_or_else(decode, Cow::Borrowed)
}
