//! ID3v2.2, 2.3 and 2.4: frames at the start of a file (<https://id3.org/id3v2.3.0>,
//! <https://id3.org/id3v2.4.0-structure>).
//!
//! coldwave has its own parser because it needs only a few texts, and no crate decodes them correctly:
//! symphonia drops the characters in which Windows-1252 differs from Latin-1; id3 drops the first character
//! of UTF-16 without a byte order mark and allocates the size that a frame claims; lofty rejects such UTF-16.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use encoding_rs::UTF_16BE;

use super::cover::Cover;
use super::fields::{MAX_TAG_BYTES, MAX_TEXT_BYTES, Tags};
use super::file_offset::{FileOffset, OffsetReader};
use super::frame::{FrameContent, Id3Frame, skip, syncsafe};
use super::text;
use super::unsynchronisation::Resync;
use crate::transcode::LoudnessTags;

/// Maximum number of tags skipped before the audio; more than two do not occur in practice.
const MAX_TAGS: usize = 8;

/// Flags of the tag.
const UNSYNCHRONISED: u8 = 0x80;
const EXTENDED: u8 = 0x40;
const FOOTER: u8 = 0x10;

/// Reads the tag at the beginning of `source` up to the first damaged frame. Returns empty tags if there is
/// none.
pub fn read(source: &mut (impl Read + Seek)) -> io::Result<Tags> {
    let mut head = [0; 10];
    source.rewind()?;
    source.read_exact(&mut head)?;
    let [b'I', b'D', b'3', version @ 2..=4, _, flags, size @ ..] = head else { return Ok(Tags::default()) };
    // In version 2.2 the bit of the extended header means a compression that was never defined.
    if version == 2 && flags & EXTENDED != 0 {
        return Ok(Tags::default());
    }
    let body = BufReader::new(source.take(u64::from(syncsafe(size)).min(MAX_TAG_BYTES)));
    let body = OffsetReader::new(body, head.len() as u64);
    Ok(match flags & UNSYNCHRONISED {
        0 => read_body(body, version, flags),
        // Before version 2.4 the entire tag is unsynchronised.
        _ if version < 4 => read_body(Resync::new(body), version, flags),
        _ => read_body(body, version, flags),
    })
}

/// Returns the length in bytes of the tag that begins with `head`; `None` if it is not a tag.
fn tag_len(head: [u8; 10]) -> Option<u64> {
    let [b'I', b'D', b'3', 2..=4, _, flags, size @ ..] = head else { return None };
    let edges = if flags & FOOTER == 0 { 10 } else { 20 };
    size.iter().all(|byte| *byte < 0x80).then(|| u64::from(syncsafe(size)) + edges)
}

/// Seeks past the tags before the audio, without reading them, and returns that offset.
pub fn skip_tags(source: &mut (impl Read + Seek)) -> io::Result<u64> {
    let mut at = 0;
    for _ in 0..MAX_TAGS {
        source.seek(SeekFrom::Start(at))?;
        let mut head = Vec::new();
        source.take(10).read_to_end(&mut head)?;
        let Some(len) = head.first_chunk().and_then(|head| tag_len(*head)) else { break };
        at += len;
    }
    source.seek(SeekFrom::Start(at))
}

fn read_body(mut body: impl Read + FileOffset, version: u8, flags: u8) -> Tags {
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
    // Version 2.4 includes these four bytes.
    let rest = if version == 4 { syncsafe(size).saturating_sub(4) } else { u32::from_be_bytes(size) };
    skip(body, rest.into())
}

/// Reads one frame; returns false if only padding, or something that is not a frame, follows.
fn read_frame(
    body: &mut (impl Read + FileOffset),
    version: u8,
    flags: u8,
    tags: &mut Tags,
    cover: &mut Cover,
) -> io::Result<bool> {
    let Some(frame) = Id3Frame::read(body, version, flags & UNSYNCHRONISED != 0)? else { return Ok(false) };
    let content = frame.content_kind().filter(|_| !frame.is_unreadable);
    match content {
        Some(FrameContent::Picture) => cover.read(body, version, &frame)?,
        Some(content) if frame.len <= MAX_TEXT_BYTES => content.store(&frame.read_content(body)?, tags),
        _ => skip(body, frame.len)?,
    }
    Ok(true)
}

impl FrameContent {
    /// Stores the content of a frame, unless it is damaged.
    fn store(self, bytes: &[u8], tags: &mut Tags) {
        match self {
            Self::Text(field) => {
                let text = decode_text(bytes, 0).and_then(|text| text::join_values(&text));
                tags.set_if_empty(field, text);
            }
            Self::NamedText(prefix) => _ = store_named_text(bytes, prefix, &mut tags.loudness),
            Self::RelativeVolume => _ = store_relative_volume(bytes, &mut tags.loudness),
            Self::Picture => {}
        }
    }
}

/// Decodes the text of a frame: a byte for the encoding, `prefix` more bytes, then one or more values,
/// separated by NULs.
fn decode_text(bytes: &[u8], prefix: usize) -> Option<String> {
    let (encoding, bytes) = bytes.split_first()?;
    let bytes = bytes.get(prefix..)?;
    Some(match encoding {
        0 | 3 => text::decode(bytes),
        1 => text::decode_utf16(bytes, None),
        2 => text::decode_utf16(bytes, Some(UTF_16BE)),
        _ => return None,
    })
}

/// Stores a text with a name, if it is about loudness.
fn store_named_text(bytes: &[u8], prefix: usize, loudness: &mut LoudnessTags) -> Option<()> {
    let text = decode_text(bytes, prefix)?;
    let (name, value) = text.split_once('\0')?;
    // In UTF-16 the name and the value have a byte order mark each.
    loudness.set(&text::clean(name)?, &text::clean(value)?);
    Some(())
}

/// Stores the volume of the master channel: a name, a NUL, and for each channel a type, a gain in 1/512 dB
/// and a peak (<https://id3.org/id3v2.4.0-frames>). The gain of an album is not that of the track.
fn store_relative_volume(bytes: &[u8], loudness: &mut LoudnessTags) -> Option<()> {
    const MASTER: u8 = 1;
    let end = bytes.iter().position(|&byte| byte == 0)?;
    let (name, mut channels) = (&bytes[..end], &bytes[end + 1..]);
    while let [channel, high, low, peak_bits, rest @ ..] = channels {
        if *channel == MASTER && !name.eq_ignore_ascii_case(b"album") {
            loudness.set_relative_volume(f32::from(i16::from_be_bytes([*high, *low])) / 512.0);
            return Some(());
        }
        channels = rest.get(usize::from(*peak_bits).div_ceil(8)..)?;
    }
    None
}
