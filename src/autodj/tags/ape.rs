//! APE tags, versions 1 and 2: items at the end of a file, in front of an ID3v1 tag
//! (<https://wiki.hydrogenaud.io/index.php?title=APEv2_specification>).
//!
//! Read here and not by a crate: symphonia and lofty give up on one bad item, as all version 1 tags in Latin-1 have.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::fields::{Field, MAX_TAG_BYTES, MAX_TEXT_BYTES, Tags};
use super::file_offset::{FileOffset, OffsetReader};
use super::{id3v1, text};
use crate::station::EmbeddedArtwork;

/// Bytes of the footer, which says how long the tag is.
const FOOTER_LEN: i64 = 32;

/// Bytes of an item's key and the NUL behind it; the specification allows 255.
const MAX_KEY_BYTES: u64 = 256;

/// The tag of `source`, empty when it has none; up to its first damage.
pub fn read(source: &mut (impl Read + Seek)) -> io::Result<Tags> {
    for behind in [0, id3v1::LEN] {
        // An error only says that the file is too short for it.
        if let Ok(Some(len)) = footer(source, behind) {
            let at = source.seek(SeekFrom::End(-behind - i64::from(len)))?;
            let items = u64::from(len) - FOOTER_LEN as u64;
            return Ok(read_items(OffsetReader::new(
                BufReader::new(source.take(items.min(MAX_TAG_BYTES))),
                at,
            )));
        }
    }
    Ok(Tags::default())
}

/// How many bytes the items and the footer have, when there is a footer `behind` bytes before the end.
fn footer(source: &mut (impl Read + Seek), behind: i64) -> io::Result<Option<u32>> {
    let mut footer = [0; FOOTER_LEN as usize];
    source.seek(SeekFrom::End(-behind - FOOTER_LEN))?;
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
    match field.filter(|_| is_text && len <= MAX_TEXT_BYTES) {
        Some(field) => {
            let mut bytes = Vec::new();
            value.read_to_end(&mut bytes)?;
            tags.set_if_empty(field, text::join_values(&text::decode(&bytes)));
        }
        None => _ = io::copy(&mut value, &mut io::sink())?,
    }
    Ok(())
}

/// A file's name, a NUL, and the picture itself, which alone says of what kind it is.
fn read_picture(items: &mut (impl BufRead + FileOffset), len: u64, tags: &mut Tags) -> io::Result<()> {
    let end = items.file_offset() + len;
    items.take(len.min(MAX_KEY_BYTES)).skip_until(0)?;
    let at = items.file_offset();
    let mut magic = Vec::new();
    items.take((end - at).min(4)).read_to_end(&mut magic)?;
    let rest = end - items.file_offset();
    let is_whole = io::copy(&mut items.take(rest), &mut io::sink())? == rest;
    let mime = match magic.as_slice() {
        [0xff, 0xd8, ..] => "image/jpeg",
        b"\x89PNG" => "image/png",
        b"GIF8" => "image/gif",
        b"RIFF" => "image/webp",
        _ => return Ok(()),
    };
    if is_whole && tags.picture.is_none() {
        tags.picture =
            Some(EmbeddedArtwork { mime: mime.into(), offset: at, len: end - at, is_unsynchronised: false });
    }
    Ok(())
}
