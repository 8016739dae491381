//! Text as it is found in tags: several encodings, some of them not what they claim to be.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Characters of a title: four times what fits on the wire.
const MAX_CHARACTERS: usize = 1000;

/// On one line: control characters as spaces, none around it. `None` when nothing is left.
pub fn clean(text: &str) -> Option<String> {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.trim_matches(is_blank).chars().take(MAX_CHARACTERS).map(shown).collect();
    // Once more: it may have been cut at a space.
    Some(text.trim_end()).filter(|text| !text.is_empty()).map(String::from)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == '\u{feff}'
}

/// The values in `text`, which NULs separate, as one.
pub fn join_values(text: &str) -> Option<String> {
    let values: Vec<_> = text.split('\0').filter_map(clean).collect();
    clean(&values.join(", "))
}

/// UTF-8, else Windows-1252. Stands in also for Latin-1: the bytes in which the two differ are control characters in
/// Latin-1, and quotes and dashes in the tags of Windows programs; UTF-8 it is when it looks like it, since hardly any
/// Latin-1 text does by chance.
pub fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// UTF-16 as its byte order mark says, else `default`, else by looking at it.
pub fn decode_utf16(bytes: &[u8], default: Option<&'static Encoding>) -> String {
    // An odd byte is half of a terminating NUL.
    let bytes = &bytes[..bytes.len() & !1];
    let encoding = match bytes {
        [0xff, 0xfe, ..] => UTF_16LE,
        [0xfe, 0xff, ..] => UTF_16BE,
        _ => default.unwrap_or_else(|| byte_order(bytes)),
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// The half of the bytes that has more zeros is the upper one, in most scripts. Windows programs are those that forget
/// the mark, so it is little-endian where this does not tell.
fn byte_order(bytes: &[u8]) -> &'static Encoding {
    let zeros = |half: usize| bytes.chunks_exact(2).filter(|pair| pair[half] == 0).count();
    if zeros(0) > zeros(1) { UTF_16BE } else { UTF_16LE }
}
