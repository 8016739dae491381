//! Decodes text from peers, which often do not declare a charset.

use encoding_rs::WINDOWS_1252;

use crate::text::{decode_or, truncated};

/// Decodes `bytes` as UTF-8 if they are valid, else as Windows-1252, in which any bytes are valid.
///
/// Windows-1252 is also used for Latin-1 text. Where the two differ, Latin-1 has control characters, which no
/// client sends intentionally, and Windows-1252 has the quotes, dashes and the euro sign that Windows
/// programs send.
pub fn decode_text(bytes: &[u8]) -> String {
    decode_or(bytes, WINDOWS_1252).into_owned()
}

/// Returns `text` on one line: each run of control characters becomes one space, surrounding white space is
/// removed, and the result is cut to at most `max` bytes. `None` when nothing is left.
pub fn to_single_line(text: &str, max: usize) -> Option<String> {
    let pieces = text.split(char::is_control).filter(|piece| !piece.is_empty());
    let line = pieces.collect::<Vec<_>>().join(" ");
    let text = truncated(line.trim_matches(is_blank), max).trim_matches(is_blank);
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_decode_to_text() {
        for (bytes, text) in [
            ("Ça va, 東京".as_bytes(), "Ça va, 東京"),
            (b"Caf\xE9", "Café"),
            (b"\x93Caf\xE9\x94 \x80 5", "“Café” € 5"),
            (b"\xFF\xFEa", "ÿþa"),
            (b"", ""),
        ] {
            assert_eq!(decode_text(bytes), text, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn control_characters_become_spaces_and_length_is_limited() {
        for (text, expected) in [
            (" a  b ", Some("a  b")),
            ("a\r\nb\0\u{85}c\t", Some("a b c")),
            ("\u{feff}a", Some("a")),
            (" \t\r\n\0\u{feff}", None),
            ("", None),
            ("123456 89", Some("123456")),
            ("123456é89", Some("123456")),
        ] {
            assert_eq!(to_single_line(text, 7).as_deref(), expected, "{text:?}");
        }
    }
}
