//! ID3v1: the last 128 bytes of a file, fields of fixed length (<https://id3.org/ID3v1>).

use std::io::{self, Read, Seek, SeekFrom};

use super::fields::{Field, Tags};
use super::text;

/// Length of the tag in bytes.
pub const LEN: i64 = 128;

/// Reads the tag of `source`. Returns empty tags if there is none.
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

/// Parses a field. Programs pad it with NULs, with spaces, or with a NUL and arbitrary bytes.
fn parse_field(bytes: &[u8]) -> Option<String> {
    text::clean(&text::decode(bytes.split(|&byte| byte == 0).next()?))
}
