//! ID3v2.2, 2.3 and 2.4: frames at the start of a file (<https://id3.org/id3v2.3.0>, <https://id3.org/id3v2.4.0-structure>).
//!
//! Read here and not by a crate, since only a few texts are wanted, and none of the crates has them right: symphonia
//! drops the characters in which Windows-1252 differs from Latin-1, id3 drops the first character of UTF-16 without a
//! byte order mark and allocates what a frame claims, lofty refuses such UTF-16.

use std::io::{self, BufReader, ErrorKind, Read, Seek};

use encoding_rs::UTF_16BE;

use super::cover::Cover;
use super::place::{Place, Placed};
use super::resync::{Resync, resynchronised};
use super::{Field, MAX_TAG_BYTES, MAX_TEXT_BYTES, Tags, text};

/// Flags of the tag.
const UNSYNCHRONISED: u8 = 0x80;
const EXTENDED: u8 = 0x40;
const FOOTER: u8 = 0x10;

/// The tag that `source` starts with, empty when there is none; up to its first damage.
pub fn read(source: &mut (impl Read + Seek)) -> io::Result<Tags> {
    let mut head = [0; 10];
    source.rewind()?;
    source.read_exact(&mut head)?;
    let [b'I', b'D', b'3', version @ 2..=4, _, flags, size @ ..] = head else { return Ok(Tags::default()) };
    // In 2.2 the bit of the extended header meant a compression that was never defined.
    if version == 2 && flags & EXTENDED != 0 {
        return Ok(Tags::default());
    }
    let body = BufReader::new(source.take(u64::from(syncsafe(size)).min(MAX_TAG_BYTES)));
    let body = Placed::new(body, head.len() as u64);
    Ok(match flags & UNSYNCHRONISED {
        0 => read_body(body, version, flags),
        // Before 2.4 it was done to the tag as a whole.
        _ if version < 4 => read_body(Resync::new(body), version, flags),
        _ => read_body(body, version, flags),
    })
}

/// How many bytes the tag takes up that begins with `head`, if one does.
pub fn total_len(head: [u8; 10]) -> Option<u64> {
    let [b'I', b'D', b'3', 2..=4, _, flags, size @ ..] = head else { return None };
    let edges = if flags & FOOTER == 0 { 10 } else { 20 };
    size.iter().all(|byte| *byte < 0x80).then(|| u64::from(syncsafe(size)) + edges)
}

fn read_body(mut body: impl Read + Place, version: u8, flags: u8) -> Tags {
    let mut tags = Tags::default();
    let mut cover = Cover::default();
    if flags & EXTENDED == 0 || skip_extended(&mut body, version).is_ok() {
        while let Ok(true) = read_frame(&mut body, version, flags, &mut tags, &mut cover) {}
    }
    tags.picture = cover.picture();
    tags
}

fn skip_extended(body: &mut impl Read, version: u8) -> io::Result<()> {
    let mut size = [0; 4];
    body.read_exact(&mut size)?;
    // 2.4 counts the four bytes too.
    let rest = if version == 4 { syncsafe(size).saturating_sub(4) } else { u32::from_be_bytes(size) };
    skip(body, rest.into())
}

/// Takes one frame; false when only padding, or something that is no frame, is left.
fn read_frame(
    body: &mut (impl Read + Place),
    version: u8,
    flags: u8,
    tags: &mut Tags,
    cover: &mut Cover,
) -> io::Result<bool> {
    let Some(frame) = Frame::read(body, version, flags & UNSYNCHRONISED != 0)? else { return Ok(false) };
    let content = frame.content().filter(|_| !frame.is_unreadable);
    match content {
        Some(Content::Picture) => cover.read(body, version, &frame)?,
        Some(Content::Text(field)) if frame.len <= MAX_TEXT_BYTES => {
            tags.note(field, text_of(&frame.bytes(body)?));
        }
        _ => skip(body, frame.len)?,
    }
    Ok(true)
}

/// What is wanted of a frame.
enum Content {
    Text(Field),
    Picture,
}

/// The head of a frame, alike for all versions.
pub struct Frame {
    /// The three letters of 2.2 end with a NUL, as they do where iTunes wrote them into 2.3.
    id: [u8; 4],
    pub len: u64,
    /// Bytes in front of the content: group, length.
    pub prefix: usize,
    /// Compressed or encrypted, neither of which is met in the wild.
    is_unreadable: bool,
    pub is_unsynchronised: bool,
}

impl Frame {
    fn read(body: &mut impl Read, version: u8, unsynchronised: bool) -> io::Result<Option<Self>> {
        let mut head = [0; 10];
        let len = if version == 2 { 6 } else { 10 };
        body.read_exact(&mut head[..len])?;
        let frame = match (version, head) {
            (2, [a, b, c, x, y, z, ..]) => Self::new([a, b, c, 0], u32::from_be_bytes([0, x, y, z])),
            (3, [a, b, c, d, w, x, y, z, _, flags]) => Self {
                prefix: usize::from(flags & 0x20 != 0),
                is_unreadable: flags & 0xc0 != 0,
                ..Self::new([a, b, c, d], u32::from_be_bytes([w, x, y, z]))
            },
            (_, [a, b, c, d, w, x, y, z, _, flags]) => Self {
                prefix: usize::from(flags & 0x40 != 0) + if flags & 0x01 != 0 { 4 } else { 0 },
                is_unreadable: flags & 0x0c != 0,
                // Some writers set it for the tag only, which is to mean: for every frame.
                is_unsynchronised: unsynchronised || flags & 0x02 != 0,
                ..Self::new([a, b, c, d], size([w, x, y, z]))
            },
        };
        let [first, .., last] = frame.id;
        let letters = |id: &[u8]| id.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        Ok((first != 0 && letters(&frame.id[..3]) && (last == 0 || letters(&[last]))).then_some(frame))
    }

    fn content(&self) -> Option<Content> {
        Some(Content::Text(match &self.id {
            b"TIT2" | b"TT2\0" => Field::Title,
            b"TPE1" | b"TP1\0" => Field::Artist,
            b"TALB" | b"TAL\0" => Field::Album,
            // When it was recorded; up to 2.3, only the year of it.
            b"TDRC" | b"TYER" | b"TYE\0" => Field::Year,
            b"TSRC" | b"TRC\0" => Field::Isrc,
            b"APIC" | b"PIC\0" => return Some(Content::Picture),
            _ => return None,
        }))
    }

    /// The content, as it is to be read.
    fn bytes(&self, body: &mut impl Read) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        body.take(self.len).read_to_end(&mut bytes)?;
        bytes.drain(..self.prefix.min(bytes.len()));
        Ok(if self.is_unsynchronised { resynchronised(&bytes) } else { bytes })
    }

    fn new(id: [u8; 4], len: u32) -> Self {
        Self { id, len: len.into(), prefix: 0, is_unreadable: false, is_unsynchronised: false }
    }
}

/// The text of a frame: a byte that names the encoding, then one value or several.
fn text_of(bytes: &[u8]) -> Option<String> {
    let (encoding, bytes) = bytes.split_first()?;
    text::joined(&match encoding {
        0 | 3 => text::bytes(bytes),
        1 => text::utf16(bytes, None),
        2 => text::utf16(bytes, Some(UTF_16BE)),
        _ => return None,
    })
}

fn syncsafe(size: [u8; 4]) -> u32 {
    size.into_iter().fold(0, |sum, byte| sum << 7 | u32::from(byte & 0x7f))
}

/// The size of a frame in 2.4; old iTunes wrote it as in 2.3, which shows when a high bit is set.
fn size(size: [u8; 4]) -> u32 {
    if size.iter().any(|byte| byte & 0x80 != 0) { u32::from_be_bytes(size) } else { syncsafe(size) }
}

pub fn skip(body: &mut impl Read, len: u64) -> io::Result<()> {
    let skipped = io::copy(&mut body.take(len), &mut io::sink())?;
    if skipped < len { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}
