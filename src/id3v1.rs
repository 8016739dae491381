//! ID3v1: the last 128 bytes of a file, fields of fixed length (<https://id3.org/ID3v1>).

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::Encoding;

use crate::text::decode_damaged_or;

/// Length of the tag in bytes.
const LEN: u64 = 128;

/// Length in bytes of the extension `TAG+`, which some programs put before the tag. Its texts are not read.
const ENHANCED_LEN: u64 = 227;

/// The texts of a tag, with the spaces that pad them. Empty fields have no characters.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Id3v1Texts {
    pub title: String,
    pub artist: String,
    pub album: String,
    pub year: String,
    /// The offset of the tag, or of its extension, in bytes.
    pub start: u64,
}

/// Reads the tag that ends at the offset `end`, whose texts are UTF-8 or in this charset. `None` if there is
/// none.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub fn read(
    source: &mut (impl Read + Seek),
    end: u64,
    charset: &'static Encoding,
) -> io::Result<Option<Id3v1Texts>> {
    let Some(at) = end.checked_sub(LEN) else { return Ok(None) };
    let mut tag = [0; LEN as usize];
    source.seek(SeekFrom::Start(at))?;
    source.read_exact(&mut tag)?;
    if !tag.starts_with(b"TAG") {
        return Ok(None);
    }
    let [title, artist, album, year] =
        [3..33, 33..63, 63..93, 93..97].map(|field| decode_field(&tag[field], charset));
    let start = start_of_extension(source, at)?.unwrap_or(at);
    Ok(Some(Id3v1Texts { title, artist, album, year, start }))
}

/// Decodes a field. Programs pad it with NULs, with spaces, or with a NUL and arbitrary bytes.
fn decode_field(bytes: &[u8], charset: &'static Encoding) -> String {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    decode_damaged_or(text, charset).into_owned()
}

/// Returns the offset of the extension that ends at this offset; `None` if there is none.
fn start_of_extension(source: &mut (impl Read + Seek), end: u64) -> io::Result<Option<u64>> {
    let Some(at) = end.checked_sub(ENHANCED_LEN) else { return Ok(None) };
    let mut head = [0; 4];
    source.seek(SeekFrom::Start(at))?;
    source.read_exact(&mut head)?;
    Ok((&head == b"TAG+").then_some(at))
}
