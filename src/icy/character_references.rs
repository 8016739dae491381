//! Decodes the numeric character references that Icecast writes for characters outside a title's charset.

use std::borrow::Cow;

/// The last character of Icecast's default charset, Latin-1.
const LATIN1_MAX: u32 = 0xFF;

/// Replaces each reference such as `&#8212;` with its character.
///
/// Icecast takes titles in UTF-8 and sends them in Latin-1, and writes references for characters that Latin-1
/// does not have. References to characters that Latin-1 has, and references by name, were part of the
/// original title, so they stay.
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

/// Decodes the number at the start of `text`. Returns its character and the text after the `;`.
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
    fn references_above_latin1_are_decoded_and_others_stay() {
        for (text, expected) in [
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
            assert_eq!(decode_references(text), expected, "{text}");
        }
    }
}
