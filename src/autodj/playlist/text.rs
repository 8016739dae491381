//! The text of playlists: its encoding and its lines.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::text::{decode_damaged_or, is_damaged_utf8};

/// How much of a playlist is searched for the zeros of UTF-16.
const SEARCHED: usize = 64 << 10;

/// Returns the text of a playlist in UTF-8, or the bytes of one in an encoding that has single bytes for
/// ASCII.
pub(super) fn without_utf16(bytes: &[u8]) -> Cow<'_, [u8]> {
    match Encoding::for_bom(bytes) {
        Some((encoding, mark)) if encoding == UTF_8 => Cow::Borrowed(&bytes[mark..]),
        Some((encoding, mark)) => decode_utf16(encoding, &bytes[mark..]),
        None => utf16_by_zeros(bytes).map_or(bytes.into(), |encoding| decode_utf16(encoding, bytes)),
    }
}

fn decode_utf16<'b>(encoding: &'static Encoding, bytes: &[u8]) -> Cow<'b, [u8]> {
    Cow::Owned(encoding.decode_without_bom_handling(bytes).0.into_owned().into_bytes())
}

/// Returns which UTF-16 these bytes are, if they are UTF-16 without a byte order mark. Keywords, the
/// extensions of names and line ends are ASCII, whose other byte is zero. Zeros at both even and odd places
/// are those of a damaged file.
fn utf16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let searched = &bytes[..bytes.len().min(SEARCHED)];
    let zeros = |from: usize| searched.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let is_rest_of = |few: usize, many: usize| many > 0 && many * 40 >= searched.len() && few * 3 <= many;
    if is_rest_of(even, odd) {
        Some(UTF_16LE)
    } else if is_rest_of(odd, even) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Returns the text of an XML document: in UTF-8 if it is, else in the encoding of its declaration or in
/// `charset`.
pub(super) fn decode_xml<'b>(bytes: &'b [u8], charset: &'static Encoding) -> Cow<'b, str> {
    match xml_encoding(bytes) {
        // It consists of ASCII bytes, so it would always be taken for UTF-8.
        Some(stated) if stated == encoding_rs::ISO_2022_JP => stated.decode_without_bom_handling(bytes).0,
        stated => decode_damaged_or(bytes, stated.unwrap_or(charset)),
    }
}

/// Returns the encoding in the declaration of an XML document: `<?xml version="1.0" encoding="…"?>`. If it
/// says UTF-16, some program has converted the text and kept the declaration.
pub(super) fn xml_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let declaration = bytes.trim_ascii_start().strip_prefix(b"<?xml")?.split(|&byte| byte == b'>').next()?;
    let at = declaration.windows(8).position(|name| name == b"encoding")?;
    let value = declaration[at + 8..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let label = value.get(1..)?.split(|byte| matches!(byte, b'"' | b'\'')).next()?;
    Encoding::for_label(label).filter(|encoding| ![UTF_16LE, UTF_16BE].contains(encoding))
}

/// Decodes the lines of a playlist. They may be in different encodings, because programs and people append
/// to playlists of others.
pub(super) struct LineDecoder {
    charset: &'static Encoding,
    /// Whether the playlist as a whole is UTF-8, perhaps damaged.
    is_utf8: bool,
}

impl LineDecoder {
    /// Creates a decoder for the lines of a playlist. What is not UTF-8 is in `charset`.
    pub(super) fn new(bytes: &[u8], charset: &'static Encoding) -> Self {
        let is_utf8 = std::str::from_utf8(bytes).is_ok() || is_damaged_utf8(bytes, charset);
        Self { charset, is_utf8 }
    }

    /// Returns the encoding of what is not UTF-8.
    pub(super) fn charset(&self) -> &'static Encoding {
        self.charset
    }

    /// Decodes a line. Pairs of bytes of other charsets can look like UTF-8, so such a line is UTF-8 only if
    /// the playlist is.
    pub(super) fn decode<'b>(&self, line: &'b [u8]) -> Cow<'b, str> {
        if self.is_utf8 || self.charset.is_single_byte() {
            decode_damaged_or(line, self.charset)
        } else {
            self.charset.decode_without_bom_handling(line).0
        }
    }
}

/// Returns the lines that are not empty, with any kind of line ending. A computer that lost its power leaves
/// zeros in files.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    lines.filter(|line| line.iter().any(|byte| *byte != 0 && !byte.is_ascii_whitespace()))
}

/// Returns the text without the spaces around it, unless nothing is left.
pub(super) fn non_empty(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(String::from)
}

/// Returns what follows `keyword`, in upper or lower case, at the beginning of a line.
pub(super) fn after_keyword<'l>(line: &'l str, keyword: &str) -> Option<&'l str> {
    let found = line.get(..keyword.len())?;
    found.eq_ignore_ascii_case(keyword).then(|| &line[keyword.len()..])
}
