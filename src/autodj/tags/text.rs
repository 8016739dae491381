//! Decodes text from tags, which comes in several encodings and sometimes with the wrong label.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

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

/// Decodes UTF-8, else Windows-1252. Windows-1252 also serves for Latin-1: the bytes in which they differ are
/// control characters in Latin-1, and quotes and dashes in the tags of Windows programs. Text that is valid
/// UTF-8 is taken as UTF-8, because hardly any Latin-1 text is valid UTF-8 by chance.
pub fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Decodes UTF-16 with the byte order of its mark, else with `default`, else with a guess from the content.
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

/// Guesses the byte order: in most scripts, the upper bytes are zero more often. If both are equally often
/// zero, assumes little-endian, because the programs that omit the mark are mostly Windows programs.
fn byte_order(bytes: &[u8]) -> &'static Encoding {
    let zeros = |half: usize| bytes.chunks_exact(2).filter(|pair| pair[half] == 0).count();
    if zeros(0) > zeros(1) { UTF_16BE } else { UTF_16LE }
}
