//! The texts in chunks of WAV, AIFF and CAF files, and where their ID3v2 tags are.
//!
//! Their charset is not defined. Like other players, this takes them as UTF-8 if they are valid, else as in
//! the charset of the station.

use std::io::{Read, Seek, SeekFrom};

use encoding_rs::Encoding;

use super::collected::{CollectedTags, TagField};
use crate::text::decode_damaged_or;

/// The most chunks that are looked at. Recorders write a few, editors a few hundred markers.
const MAX_CHUNKS: usize = 1000;

/// The most bytes of a chunk with texts that are read.
const MAX_CHUNK_BYTES: u64 = 64 << 10;

/// The most chunks with ID3v2 tags that are noted. Programs that do not find the tag of another one add
/// theirs.
const MAX_ID3_CHUNKS: usize = 8;

/// What the chunks of a file contain.
#[derive(Debug, Default)]
pub struct TagChunks {
    /// The texts.
    pub tags: CollectedTags,
    /// The offsets of the content of chunks with an ID3v2 tag, in bytes.
    pub id3_offsets: Vec<u64>,
}

/// The form of the chunks in a kind of file.
pub struct TagChunkDialect {
    /// The offset of the first chunk.
    first: u64,
    /// The length of the field with the length of a chunk: 4 or 8.
    len_bytes: usize,
    is_big_endian: bool,
    /// The factor to which the length of a chunk is padded.
    align: u64,
    /// Reads the content of a chunk if it has texts.
    add: fn(&mut CollectedTags, [u8; 4], &[u8], &'static Encoding),
    /// Returns whether a chunk has texts.
    has_text: fn([u8; 4]) -> bool,
}

/// WAV files, also longer ones (RF64): an `INFO` list.
pub const RIFF: TagChunkDialect = TagChunkDialect {
    first: 12,
    len_bytes: 4,
    is_big_endian: false,
    align: 2,
    add: add_info_list,
    has_text: |name| &name == b"LIST",
};

/// AIFF files: a chunk for each text.
pub const AIFF: TagChunkDialect = TagChunkDialect {
    first: 12,
    len_bytes: 4,
    is_big_endian: true,
    align: 2,
    add: add_aiff_text,
    has_text: |name| [b"NAME", b"AUTH"].contains(&&name),
};

/// CAF files: a chunk with names and values.
pub const CAF: TagChunkDialect = TagChunkDialect {
    first: 8,
    len_bytes: 8,
    is_big_endian: true,
    align: 1,
    add: add_caf_info,
    has_text: |name| &name == b"info",
};

/// Reads the texts of a file up to the first damaged chunk.
pub fn read(
    file: &mut (impl Read + Seek),
    dialect: &TagChunkDialect,
    charset: &'static Encoding,
) -> TagChunks {
    let (mut chunks, mut at) = (TagChunks::default(), dialect.first);
    // The length of the audio in RF64, which needs more than 32 bits.
    let mut long_data = None;
    for _ in 0..MAX_CHUNKS {
        let Some((name, mut len)) = dialect.read_header(file, at) else { break };
        if &name == b"ds64" {
            long_data = read_content(file, len).get(8..16).and_then(|size| size.first_chunk().copied());
        } else if &name == b"data" && len == u64::from(u32::MAX) {
            len = long_data.map_or(len, u64::from_le_bytes);
        } else if (dialect.has_text)(name) {
            (dialect.add)(&mut chunks.tags, name, &read_content(file, len), charset);
        }
        if name.eq_ignore_ascii_case(b"id3 ") && chunks.id3_offsets.len() < MAX_ID3_CHUNKS {
            chunks.id3_offsets.push(at + dialect.header_len());
        }
        let Some(next) = dialect.next_chunk(at, len) else { break };
        at = next;
    }
    chunks
}

/// Reads the content of the chunk whose header was just read; of a long one, the beginning.
fn read_content(file: &mut impl Read, len: u64) -> Vec<u8> {
    let mut content = Vec::new();
    // What cannot be read is missing at the end.
    let _ = file.take(len.min(MAX_CHUNK_BYTES)).read_to_end(&mut content);
    content
}

impl TagChunkDialect {
    fn read_header(&self, file: &mut (impl Read + Seek), at: u64) -> Option<([u8; 4], u64)> {
        let (mut name, mut number) = ([0; 4], [0; 8]);
        file.seek(SeekFrom::Start(at)).ok()?;
        file.read_exact(&mut name).ok()?;
        file.read_exact(&mut number[..self.len_bytes]).ok()?;
        let number = match (self.is_big_endian, self.len_bytes) {
            (true, 4) => u64::from_be_bytes(number) >> 32,
            (true, _) => u64::from_be_bytes(number),
            (false, _) => u64::from_le_bytes(number),
        };
        Some((name, number))
    }

    fn header_len(&self) -> u64 {
        4 + self.len_bytes as u64
    }

    fn next_chunk(&self, at: u64, len: u64) -> Option<u64> {
        at.checked_add(self.header_len())?.checked_add(len.checked_next_multiple_of(self.align)?)
    }
}

/// Reads the chunks in an `INFO` list.
fn add_info_list(tags: &mut CollectedTags, _: [u8; 4], list: &[u8], charset: &'static Encoding) {
    let Some(mut rest) = list.strip_prefix(b"INFO") else { return };
    while let [n0, n1, n2, n3, l0, l1, l2, l3, content @ ..] = rest {
        let len = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
        let text = &content[..len.min(content.len())];
        let field = match &[*n0, *n1, *n2, *n3] {
            b"IART" => Some(TagField::Artist),
            b"INAM" => Some(TagField::Title),
            b"IPRD" => Some(TagField::Album),
            b"ICRD" => Some(TagField::Date),
            _ => None,
        };
        field.into_iter().for_each(|field| add_text(tags, field, text, charset));
        rest = content.get(len.saturating_add(len & 1)..).unwrap_or_default();
    }
}

fn add_aiff_text(tags: &mut CollectedTags, name: [u8; 4], text: &[u8], charset: &'static Encoding) {
    let field = if &name == b"NAME" { TagField::Title } else { TagField::Artist };
    add_text(tags, field, text, charset);
}

/// Adds a text up to its first NUL, after which there may be anything.
fn add_text(tags: &mut CollectedTags, field: TagField, text: &[u8], charset: &'static Encoding) {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    tags.add(field, &decode_damaged_or(text, charset));
}

/// Reads the names and values of CAF, each with a NUL at its end, after their number.
fn add_caf_info(tags: &mut CollectedTags, _: [u8; 4], content: &[u8], charset: &'static Encoding) {
    let mut texts = content.get(4..).unwrap_or_default().split(|&byte| byte == 0);
    while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
        let (name, value) = (decode_damaged_or(name, charset), decode_damaged_or(value, charset));
        let name = if name == "recorded date" { "DATE" } else { name.as_ref() };
        tags.add_named(name, &value);
    }
}
