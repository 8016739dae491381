//! The texts of Vorbis comments, in their order, and also those that are not UTF-8, as they must be. Old
//! programs wrote them in the charset of the computer.
//!
//! lofty leaves those out, does not keep the order of several artists, and reads nothing of a FLAC file in
//! which the length of a picture is wrong (0.25.5).

use std::io::{Read, Seek, SeekFrom};

use encoding_rs::Encoding;

use super::collected::CollectedTags;
use super::ogg_flac;
use crate::text::decode_damaged_or;

/// The most bytes of comments that are read. Longer ones have a picture in them.
const MAX_BYTES: u64 = 1 << 20;

/// The bytes of comments that are read if a FLAC file says that there are fewer: that can be wrong, and the
/// comments have lengths of their own.
const MIN_BYTES: u64 = 64 << 10;

/// The most blocks of metadata of a FLAC file that are looked at.
const MAX_BLOCKS: usize = 1000;

/// The type of the block with comments, and the flag of the last block.
const COMMENTS: u8 = 4;
const LAST: u8 = 0x80;

/// What precedes the comments in the second packet of an Ogg stream.
const OGG_PREFIXES: [&[u8]; 2] = [b"\x03vorbis", b"OpusTags"];

/// Returns the comments of a FLAC file without tags in front of it, or of what
/// [`ogg_flac::read_metadata`] returned.
pub fn read_flac(file: &mut (impl Read + Seek), charset: &'static Encoding) -> Option<CollectedTags> {
    let mut at = 4;
    for _ in 0..MAX_BLOCKS {
        let mut head = [0; 4];
        file.seek(SeekFrom::Start(at)).ok()?;
        file.read_exact(&mut head).ok()?;
        let [kind, len @ ..] = head;
        let len = len.into_iter().fold(0, |len, byte| len << 8 | u64::from(byte));
        if kind & !LAST == COMMENTS {
            let mut block = Vec::new();
            file.take(len.clamp(MIN_BYTES, MAX_BYTES)).read_to_end(&mut block).ok()?;
            return decode(&block, charset);
        }
        if kind & LAST != 0 {
            break;
        }
        at += 4 + len;
    }
    None
}

/// Returns the comments of Vorbis or Opus in Ogg.
pub fn read_ogg(file: &mut (impl Read + Seek), charset: &'static Encoding) -> Option<CollectedTags> {
    file.rewind().ok()?;
    let packet = ogg_flac::read_second_packet(&mut file.take(MAX_BYTES))?;
    let comments = OGG_PREFIXES.iter().find_map(|prefix| packet.strip_prefix(*prefix))?;
    decode(comments, charset)
}

fn decode(block: &[u8], charset: &'static Encoding) -> Option<CollectedTags> {
    let comments = split(block)?;
    let mut tags = CollectedTags::default();
    for comment in comments {
        let Some(equals) = comment.iter().position(|&byte| byte == b'=') else { continue };
        let (name, value) = (&comment[..equals], &comment[equals + 1..]);
        if let Ok(name) = std::str::from_utf8(name) {
            tags.add_named(name, &decode_damaged_or(value, charset));
        }
    }
    Some(tags)
}

/// Splits a block into its comments: the program's name, a count, then each comment, all with their lengths.
fn split(block: &[u8]) -> Option<Vec<&[u8]>> {
    let (_, rest) = split_text(block)?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut comments = Vec::new();
    for _ in 0..u32::from_le_bytes(*count) {
        let Some((comment, behind)) = split_text(rest) else { break };
        comments.push(comment);
        rest = behind;
    }
    Some(comments)
}

fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*len) as usize)
}
