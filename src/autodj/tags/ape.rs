//! APE tags, versions 1 and 2: items at the end of a file, before an ID3v1 tag
//! (<https://wiki.hydrogenaud.io/index.php?title=APEv2_specification>).
//!
//! coldwave has its own parser because symphonia and lofty abort at the first invalid item, and every version
//! 1 tag in Latin-1 has invalid items.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::fields::{Field, MAX_TAG_BYTES, MAX_TEXT_BYTES, Tags};
use super::file_offset::{FileOffset, OffsetReader};
use super::{id3v1, text};
use crate::station::{ArtworkLocation, EmbeddedArtwork};

/// Length of the footer in bytes. It contains the length of the tag.
const FOOTER_LEN: i64 = 32;

/// Maximum length of an item's key and its NUL in bytes; the specification allows 255 for the key.
const MAX_KEY_BYTES: u64 = 256;

/// Reads the tag of `source` up to the first damaged item. Returns empty tags if there is none.
pub fn read(source: &mut (impl Read + Seek)) -> io::Result<Tags> {
    for trailing in [0, id3v1::LEN] {
        // An error only means that the file is too short for a footer there.
        if let Ok(Some(len)) = footer(source, trailing) {
            let at = source.seek(SeekFrom::End(-trailing - i64::from(len)))?;
            let items = u64::from(len) - FOOTER_LEN as u64;
            return Ok(read_items(OffsetReader::new(
                BufReader::new(source.take(items.min(MAX_TAG_BYTES))),
                at,
            )));
        }
    }
    Ok(Tags::default())
}

/// Returns the length of the items and the footer in bytes, if there is a footer that ends `trailing` bytes
/// before the end.
fn footer(source: &mut (impl Read + Seek), trailing: i64) -> io::Result<Option<u32>> {
    let mut footer = [0; FOOTER_LEN as usize];
    source.seek(SeekFrom::End(-trailing - FOOTER_LEN))?;
    source.read_exact(&mut footer)?;
    let len = u32::from_le_bytes([footer[12], footer[13], footer[14], footer[15]]);
    Ok((footer.starts_with(b"APETAGEX") && i64::from(len) >= FOOTER_LEN).then_some(len))
}

fn read_items(mut items: impl BufRead + FileOffset) -> Tags {
    let mut tags = Tags::default();
    while let Ok(()) = read_item(&mut items, &mut tags) {}
    tags
}

fn read_item(items: &mut (impl BufRead + FileOffset), tags: &mut Tags) -> io::Result<()> {
    let mut head = [0; 8];
    items.read_exact(&mut head)?;
    let len = u64::from(u32::from_le_bytes([head[0], head[1], head[2], head[3]]));
    let is_text = (head[4] >> 1) & 3 == 0;
    let mut key = Vec::new();
    items.take(MAX_KEY_BYTES).read_until(0, &mut key)?;
    let field = match key.to_ascii_lowercase().as_slice() {
        b"title\0" => Some(Field::Title),
        b"artist\0" => Some(Field::Artist),
        b"album\0" => Some(Field::Album),
        b"year\0" => Some(Field::Year),
        b"isrc\0" => Some(Field::Isrc),
        b"cover art (front)\0" if !is_text => return read_picture(items, len, tags),
        _ => None,
    };
    let mut value = items.take(len);
    if !is_text || len > MAX_TEXT_BYTES {
        io::copy(&mut value, &mut io::sink())?;
        return Ok(());
    }
    let mut bytes = Vec::new();
    value.read_to_end(&mut bytes)?;
    let text = text::join_values(&text::decode(&bytes));
    match field {
        Some(field) => tags.set_if_empty(field, text),
        None => store_loudness(&key, text, tags),
    }
    Ok(())
}

/// Stores an item if it is about loudness, as those of mp3gain are.
fn store_loudness(key: &[u8], text: Option<String>, tags: &mut Tags) {
    if let (Ok(key), Some(text)) = (str::from_utf8(key), text) {
        tags.loudness.set(key.trim_end_matches('\0'), &text);
    }
}

/// Reads a picture item: a file name, a NUL, and the image data, which alone determines the format.
fn read_picture(items: &mut (impl BufRead + FileOffset), len: u64, tags: &mut Tags) -> io::Result<()> {
    let end = items.file_offset() + len;
    items.take(len.min(MAX_KEY_BYTES)).skip_until(0)?;
    let at = items.file_offset();
    let mut magic = Vec::new();
    items.take((end - at).min(4)).read_to_end(&mut magic)?;
    let rest = end - items.file_offset();
    let is_complete = io::copy(&mut items.take(rest), &mut io::sink())? == rest;
    let mime = match magic.as_slice() {
        [0xff, 0xd8, ..] => "image/jpeg",
        b"\x89PNG" => "image/png",
        b"GIF8" => "image/gif",
        b"RIFF" => "image/webp",
        _ => return Ok(()),
    };
    if is_complete && tags.picture.is_none() {
        let location = ArtworkLocation::Bytes { offset: at, is_unsynchronised: false };
        tags.picture = Some(EmbeddedArtwork { mime: mime.into(), len: end - at, location });
    }
    Ok(())
}
