//! Truncating and decoding text.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// Returns the longest prefix of `text` that has at most `max` bytes of UTF-8 and ends at a character
/// boundary.
pub fn truncated(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// Returns `text` if it has at most `max` bytes, else its beginning and an ellipsis.
pub fn shortened(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max { text.into() } else { format!("{}…", truncated(text, max)).into() }
}

/// Decodes `bytes` as UTF-8 if they are valid, else in the charset `fallback`.
pub fn decode_or<'b>(bytes: &'b [u8], fallback: &'static Encoding) -> Cow<'b, str> {
    let decode = |_| fallback.decode_without_bom_handling(bytes).0;
    std::str::from_utf8(bytes).map_or_else(decode, Cow::Borrowed)
}

/// Decodes text that says nothing of its encoding, such as that of tags: as UTF-8, else in the charset
/// `fallback`.
///
/// UTF-8 may be damaged: fields of fixed length cut it within a character, and bytes are lost or changed. It
/// still counts as UTF-8 if its valid characters beyond ASCII have at least four times as many bytes as there
/// are invalid ones: text in another charset has nearly no valid ones. If it is only cut at its end, one such
/// character is sufficient, unless `fallback` has characters of two bytes, which can look like that. A part
/// of a character at the end is dropped; damage elsewhere becomes U+FFFD.
pub fn decode_damaged_or<'b>(bytes: &'b [u8], fallback: &'static Encoding) -> Cow<'b, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    if is_damaged_utf8(bytes, fallback) {
        let end = bytes.utf8_chunks().last().map_or(0, |last| incomplete_len(last.invalid()));
        return String::from_utf8_lossy(&bytes[..bytes.len() - end]);
    }
    fallback.decode_without_bom_handling(bytes).0
}

/// Returns whether bytes that are not valid UTF-8 count as damaged UTF-8, see [`decode_damaged_or`].
pub fn is_damaged_utf8(bytes: &[u8], fallback: &'static Encoding) -> bool {
    let Err(error) = std::str::from_utf8(bytes) else { return false };
    let (mut valid, mut invalid) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|byte| !byte.is_ascii()).count();
        invalid += chunk.invalid().len();
    }
    let is_only_cut = error.error_len().is_none();
    valid >= 4 * invalid || (is_only_cut && valid > 0 && fallback.is_single_byte())
}

/// Returns the length of a part of a character without its end.
fn incomplete_len(invalid: &[u8]) -> usize {
    let is_incomplete = std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
    if is_incomplete { invalid.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{
        BIG5, EUC_JP, EUC_KR, GBK, ISO_8859_7, KOI8_R, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
        WINDOWS_1254,
    };

    use super::*;

    const SENTENCES: [(&Encoding, &str); 12] = [
        (WINDOWS_1251, "Кино - Группа крови на рукаве"),
        (WINDOWS_1251, "ДДТ - Осень. Ёлка, їжак і ґанок"),
        (WINDOWS_1251, "Ђорђе Балашевић - Рингишпил"),
        (WINDOWS_1250, "Čechomor - Příliš žluťoučký kůň úpěl ďábelské ódy"),
        (WINDOWS_1250, "Republika - Zażółć gęślą jaźń"),
        (KOI8_R, "Аквариум - Город золотой"),
        (ISO_8859_7, "Μίκης Θεοδωράκης - Το γελαστό παιδί ΌΛΑ"),
        (GBK, "邓丽君 - 月亮代表我的心"),
        (SHIFT_JIS, "坂本九 - 上を向いて歩こう ﾃｽﾄ"),
        (EUC_KR, "김광석 - 서른 즈음에"),
        (BIG5, "鄧麗君 - 甜蜜蜜"),
        (WINDOWS_1254, "Barış Manço - Gülpembe şarkısı"),
    ];

    #[test]
    fn text_in_every_charset_is_decoded() {
        for (charset, text) in SENTENCES {
            assert_eq!(decode_damaged_or(&charset.encode(text).0, charset), text);
            assert_eq!(decode_damaged_or(text.as_bytes(), charset), text, "valid UTF-8 stays");
        }
        for text in ["Björk - Jóga", "Sigur Rós - Ágætis byrjun", "CAFÉ", "Ça va? – “Ñ”", "SMØRREBRØD É"]
        {
            assert_eq!(decode_damaged_or(&WINDOWS_1252.encode(text).0, WINDOWS_1252), text);
        }
        let half_width = SHIFT_JIS.encode("ﾃｽﾄ").0;
        assert_eq!(decode_damaged_or(&half_width, SHIFT_JIS), "ﾃｽﾄ");
        let artist = EUC_JP.encode("ゆず").0;
        assert_eq!(decode_damaged_or(&artist, EUC_JP), "ゆず");
    }

    #[test]
    fn ascii_is_the_same_in_every_charset() {
        for (charset, _) in SENTENCES {
            assert_eq!(decode_damaged_or(b"AC/DC - T.N.T. [~\\]", charset), "AC/DC - T.N.T. [~\\]");
        }
    }

    #[test]
    fn cut_utf8_loses_only_the_cut_character() {
        for (charset, text) in SENTENCES {
            for cut in 8..text.len() {
                let whole = truncated(text, cut);
                // A single character beyond ASCII says too little if the charset has such pairs of bytes.
                if whole.bytes().filter(|byte| !byte.is_ascii()).count() >= 12 {
                    assert_eq!(decode_damaged_or(&text.as_bytes()[..cut], charset), whole, "{cut}");
                }
            }
        }
        assert_eq!(
            decode_damaged_or("Señor, la canció".strip_suffix('ó').unwrap().as_bytes(), WINDOWS_1252),
            "Señor, la canci"
        );
        assert_eq!(decode_damaged_or(b"Se\xC3\xB1or, la canci\xC3", WINDOWS_1252), "Señor, la canci");
        assert_eq!(decode_damaged_or(b"Fa\xC3", WINDOWS_1252), "FaÃ");
    }

    #[test]
    fn damaged_utf8_keeps_the_rest() {
        for (charset, text) in SENTENCES {
            let mut bytes = text.as_bytes().to_vec();
            let at = text.char_indices().filter(|(_, c)| !c.is_ascii()).nth(3).map_or(0, |(at, _)| at);
            bytes[at] = b'?';
            let decoded = decode_damaged_or(&bytes, charset);
            assert!(decoded.contains('\u{fffd}'), "{decoded}");
            assert!(
                decoded.starts_with(&text[..at])
                    && decoded.ends_with(&text[text.ceil_char_boundary(text.len() - 6)..]),
                "{decoded}"
            );
        }
    }
}
