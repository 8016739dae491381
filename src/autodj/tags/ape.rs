//! APE tags, versions 1 and 2: items at the end of a file, seldom at its start
//! (<https://wiki.hydrogenaud.io/index.php?title=APEv2_specification>).
//!
//! coldwave has its own parser because symphonia and lofty abort at the first invalid item, and every version
//! 1 tag in Latin-1 has invalid items.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use encoding_rs::Encoding;

use super::fields::{Field, MAX_TAG_BYTES, MAX_TEXT_BYTES, Tags};
use super::file_offset::{FileOffset, OffsetReader};
use super::text;
use crate::station::{ArtworkLocation, EmbeddedArtwork};
use crate::text::decode_damaged_or;

/// Length of the footer in bytes. It contains the length of the tag.
const FOOTER_LEN: u64 = 32;

/// Maximum length of an item's key and its NUL in bytes; the specification allows 255 for the key.
const MAX_KEY_BYTES: u64 = 256;

/// The flag of a footer: a header of the same length precedes the items.
const HAS_HEADER: u32 = 1 << 31;

/// Reads the tag that ends at the offset `end`, up to the first damaged item. Texts that are not UTF-8, as
/// those of version 1, are in this charset. Returns the offset and the content; `None` if there is no tag.
pub fn read(
    source: &mut (impl Read + Seek),
    end: u64,
    charset: &'static Encoding,
) -> io::Result<Option<(u64, Tags)>> {
    let Some(footer_at) = end.checked_sub(FOOTER_LEN) else { return Ok(None) };
    let Some(footer) = read_footer(source, footer_at)? else { return Ok(None) };
    let Some(at) = end.checked_sub(footer.len) else { return Ok(None) };
    let tags = read_at(source, at, footer.len - FOOTER_LEN, charset)?;
    Ok(Some((at.saturating_sub(if footer.flags & HAS_HEADER == 0 { 0 } else { FOOTER_LEN }), tags)))
}

/// Reads the tag whose header is at the offset `at`: a few programs put it before the audio.
pub fn read_leading(
    source: &mut (impl Read + Seek),
    at: u64,
    charset: &'static Encoding,
) -> io::Result<Tags> {
    match read_footer(source, at)? {
        Some(header) => read_at(source, at + FOOTER_LEN, header.len - FOOTER_LEN, charset),
        None => Ok(Tags::default()),
    }
}

/// A footer or header, which have the same form.
struct ApeFooter {
    /// Length of the items and the footer in bytes.
    len: u64,
    flags: u32,
}

fn read_footer(source: &mut (impl Read + Seek), at: u64) -> io::Result<Option<ApeFooter>> {
    let mut footer = [0; FOOTER_LEN as usize];
    source.seek(SeekFrom::Start(at))?;
    source.read_exact(&mut footer)?;
    let number = |at: usize| u32::from_le_bytes([footer[at], footer[at + 1], footer[at + 2], footer[at + 3]]);
    let (len, flags) = (u64::from(number(12)), number(20));
    Ok((footer.starts_with(b"APETAGEX") && len >= FOOTER_LEN).then_some(ApeFooter { len, flags }))
}

fn read_at(
    source: &mut (impl Read + Seek),
    at: u64,
    len: u64,
    charset: &'static Encoding,
) -> io::Result<Tags> {
    source.seek(SeekFrom::Start(at))?;
    let items = BufReader::new(source.take(len.min(MAX_TAG_BYTES)));
    Ok(read_items(OffsetReader::new(items, at), charset))
}

fn read_items(mut items: impl BufRead + FileOffset, charset: &'static Encoding) -> Tags {
    let mut tags = Tags::default();
    while let Ok(()) = read_item(&mut items, charset, &mut tags) {}
    tags
}

fn read_item(
    items: &mut (impl BufRead + FileOffset),
    charset: &'static Encoding,
    tags: &mut Tags,
) -> io::Result<()> {
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
    let text = text::join_values(&decode_damaged_or(&bytes, charset));
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
