//! ID3v1: the last 128 bytes of a file, fields of fixed length (<https://id3.org/ID3v1>).

use std::io::{self, Read, Seek, SeekFrom};

use super::fields::{Field, Tags};
use super::text;

/// Bytes of the tag.
pub const LEN: i64 = 128;

/// The tag of `source`, empty when it has none.
pub fn read(source: &mut (impl Read + Seek)) -> io::Result<Tags> {
    let mut tag = [0; LEN as usize];
    source.seek(SeekFrom::End(-LEN))?;
    source.read_exact(&mut tag)?;
    if !tag.starts_with(b"TAG") {
        return Ok(Tags::default());
    }
    let mut tags = Tags::default();
    let fields =
        [(Field::Title, 3..33), (Field::Artist, 33..63), (Field::Album, 63..93), (Field::Year, 93..97)];
    fields.into_iter().for_each(|(name, at)| tags.set_if_empty(name, parse_field(&tag[at])));
    Ok(tags)
}

/// Some writers pad with NULs, some with spaces, some with a NUL and what was there before.
fn parse_field(bytes: &[u8]) -> Option<String> {
    text::clean(&text::decode(bytes.split(|&byte| byte == 0).next()?))
}
