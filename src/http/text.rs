//! Text from peers, who say in what charset it is only now and then.

use encoding_rs::WINDOWS_1252;

use crate::text::{decode_or, truncated};

/// `bytes` as UTF-8 if they are that, else as Windows-1252, which any bytes are.
///
/// It stands in for Latin-1 as well: where the two differ, Latin-1 has control characters, which nobody means, and
/// Windows-1252 the quotes, dashes and the euro sign that programs for Windows send.
pub fn decode_text(bytes: &[u8]) -> String {
    decode_or(bytes, WINDOWS_1252).into_owned()
}

/// `text` on one line: a run of control characters as one space, nothing blank around it, and of what is left the
/// longest beginning of at most `max` bytes. `None` when nothing is left.
pub fn to_single_line(text: &str, max: usize) -> Option<String> {
    let pieces = text.split(char::is_control).filter(|piece| !piece.is_empty());
    let line = pieces.collect::<Vec<_>>().join(" ");
    let text = truncated(line.trim_matches(blank), max).trim_matches(blank);
    (!text.is_empty()).then(|| text.to_owned())
}

fn blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_are_text() {
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
    fn text_is_one_line_with_an_end() {
        for (text, tidied) in [
            (" a  b ", Some("a  b")),
            ("a\r\nb\0\u{85}c\t", Some("a b c")),
            ("\u{feff}a", Some("a")),
            (" \t\r\n\0\u{feff}", None),
            ("", None),
            ("123456 89", Some("123456")),
            ("123456é89", Some("123456")),
        ] {
            assert_eq!(to_single_line(text, 7).as_deref(), tidied, "{text:?}");
        }
    }
}
