//! Lyrics3: lyrics, and names that are too long for the ID3v1 tag behind them (<https://id3.org/Lyrics3v2>).

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::Encoding;

use super::fields::{Field, Tags};
use super::text;
use crate::text::decode_damaged_or;

const BEGIN: &[u8] = b"LYRICSBEGIN";
const END_OF_VERSION_1: &[u8] = b"LYRICSEND";
const END_OF_VERSION_2: &[u8] = b"LYRICS200";

/// Number of digits with the length of version 2, before its end.
const SIZE_DIGITS: usize = 6;

/// Maximum length of a tag of version 1 in bytes, with both marks.
const MAX_VERSION_1: u64 = 5100 + 20;

/// Reads the tag that ends at the offset `end`. Returns its offset and its names; `None` if there is none.
pub fn read(
    source: &mut (impl Read + Seek),
    end: u64,
    charset: &'static Encoding,
) -> io::Result<Option<(u64, Tags)>> {
    let tail = read_before(source, end, (SIZE_DIGITS + END_OF_VERSION_2.len()) as u64)?;
    if tail.ends_with(END_OF_VERSION_1) {
        let bytes = read_before(source, end, MAX_VERSION_1)?;
        let found = bytes.windows(BEGIN.len()).rposition(|window| window == BEGIN);
        return Ok(found.map(|at| (end - (bytes.len() - at) as u64, Tags::default())));
    }
    let Some(len) = tail.strip_suffix(END_OF_VERSION_2).and_then(parse_number) else { return Ok(None) };
    let end_of_fields = end - tail.len() as u64;
    let Some(start) = end_of_fields.checked_sub(len) else { return Ok(None) };
    let bytes = read_before(source, end_of_fields, len)?;
    let fields = bytes.strip_prefix(BEGIN).map(|fields| read_fields(fields, charset));
    Ok(fields.map(|tags| (start, tags)))
}

/// Returns the names in the fields: three letters, a length of five digits, and a text.
fn read_fields(mut fields: &[u8], charset: &'static Encoding) -> Tags {
    let mut tags = Tags::default();
    while let Some((head, rest)) = fields.split_at_checked(8) {
        let Some(len) = parse_number(&head[3..]).and_then(|len| usize::try_from(len).ok()) else { break };
        let Some((content, next)) = rest.split_at_checked(len) else { break };
        let field = match &head[..3] {
            b"ETT" => Some(Field::Title),
            b"EAR" => Some(Field::Artist),
            b"EAL" => Some(Field::Album),
            _ => None,
        };
        if let Some(field) = field {
            tags.set_if_empty(field, text::clean(&decode_damaged_or(content, charset)));
        }
        fields = next;
    }
    tags
}

fn parse_number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// Returns up to `len` bytes before the offset `end`.
fn read_before(source: &mut (impl Read + Seek), end: u64, len: u64) -> io::Result<Vec<u8>> {
    let len = len.min(end);
    let mut bytes = Vec::new();
    source.seek(SeekFrom::Start(end - len))?;
    source.take(len).read_to_end(&mut bytes)?;
    Ok(bytes)
}
