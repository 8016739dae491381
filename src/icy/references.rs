//! Characters that a title's charset does not have, as Icecast writes them.

use std::borrow::Cow;

/// The last character that Icecast's charset, where nothing else is said, has: Latin-1.
const LATIN1_MAX: u32 = 0xFF;

/// `text` with each `&#8212;` as the character that it stands for.
///
/// Icecast is told titles in UTF-8 and sends them in Latin-1; so it writes what is not in that. References to characters
/// that are in it, and those by name, were in the title as it was told, and stay.
pub fn decode_references(text: &str) -> Cow<'_, str> {
    let mut pieces = text.split("&#");
    let Some(first) = pieces.next().filter(|first| first.len() < text.len()) else { return text.into() };
    let mut out = first.to_owned();
    for piece in pieces {
        match character(piece) {
            Some((character, rest)) => out.extend([character.encode_utf8(&mut [0; 4]), rest]),
            None => out.extend(["&#", piece]),
        }
    }
    out.into()
}

/// The character whose number `text` begins with, and what is behind it.
fn character(text: &str) -> Option<(char, &str)> {
    let (digits, rest) = text.split_once(';')?;
    let number: u32 = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let character = char::from_u32(number).filter(|_| number > LATIN1_MAX)?;
    Some((character, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_icecast_wrote_is_what_was_meant() {
        for (text, meant) in [
            ("Ça va &#8212; &#26481;&#20140;", "Ça va — 東京"),
            ("&#128512;&#256;", "😀Ā"),
            ("&#8212", "&#8212"),
            ("R&#39;n&#39;B &amp; Soul", "R&#39;n&#39;B &amp; Soul"),
            (
                "&#xe9; &#+300; &#; &#255; &#55296; &#4294967552;",
                "&#xe9; &#+300; &#; &#255; &#55296; &#4294967552;",
            ),
            ("&#&#8212;&#", "&#—&#"),
            ("A & B; #1", "A & B; #1"),
            ("", ""),
        ] {
            assert_eq!(decode_references(text), meant, "{text}");
        }
    }
}
