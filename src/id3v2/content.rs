//! The content of frames: texts in their encodings, and where pictures are.

use std::collections::HashSet;
use std::io::{Read, Seek};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use flate2::read::ZlibDecoder;

use super::bytes::{MAX_DECODED_BYTES, TagBytes};
use super::frame::FrameContent;
use super::layout::{FoundFrame, Layout};
use super::picture::{MAX_HEAD_BYTES, PictureHeader};
use super::tag::{Id3Picture, Id3Tag};
use super::unsynchronisation::{index_with_inserted, remove_unsynchronisation, without_inserted};
use crate::text::decode_damaged_or;

/// Maximum length of one text of a tag in bytes. Titles are cut to 240 bytes on the wire; a text that claims
/// to be longer than this is damaged. Artists of several frames are joined up to about this length.
const MAX_TEXT_BYTES: usize = 8 << 10;

/// Maximum length of all texts of a tag in bytes.
const MAX_TEXTS_BYTES: usize = 1 << 20;

/// Reads the contents of frames.
pub struct ContentReader<'b, 's, S> {
    pub bytes: &'b mut TagBytes<'s, S>,
    pub charset: &'static Encoding,
    /// Whether all frames are unsynchronised. Some programs set the flag only for the tag.
    pub is_unsynchronised: bool,
    pub version: u8,
}

impl<S: Read + Seek> ContentReader<'_, '_, S> {
    /// Reads the contents of all frames.
    pub fn read(&mut self, layout: &Layout) -> Id3Tag {
        let (mut tag, mut artists, mut left) = (Id3Tag::default(), Artists::default(), MAX_TEXTS_BYTES);
        for frame in layout.frames.iter().filter(|frame| !frame.header.is_encrypted) {
            if frame.content == FrameContent::Picture {
                self.add_picture(frame, &mut tag);
            } else if let Some(content) = self.text_content(frame, left) {
                left -= content.len();
                if frame.content == FrameContent::Artist {
                    artists.add(self.text(&content));
                } else {
                    self.add(frame.content, &content, &mut tag);
                }
            }
        }
        tag.artist = artists.text;
        tag
    }

    /// Returns the content of a frame with text; `None` if it is too long or damaged.
    fn text_content(&mut self, frame: &FoundFrame, left: usize) -> Option<Vec<u8>> {
        let len = usize::try_from(frame.len).ok().filter(|len| *len <= MAX_TEXT_BYTES.min(left))?;
        let bytes = self.bytes.get(frame.at, len).get(frame.header.prefix..)?.to_vec();
        let is_unsynchronised = self.is_unsynchronised || frame.header.is_unsynchronised;
        let bytes = if is_unsynchronised { remove_unsynchronisation(bytes) } else { bytes };
        if !frame.header.is_compressed {
            return Some(bytes);
        }
        let mut unpacked = Vec::new();
        let limit = MAX_TEXT_BYTES.min(left) as u64;
        ZlibDecoder::new(bytes.as_slice()).take(limit).read_to_end(&mut unpacked).ok()?;
        Some(unpacked)
    }

    fn add(&self, kind: FrameContent, content: &[u8], tag: &mut Id3Tag) {
        let field = match kind {
            FrameContent::Title => &mut tag.title,
            FrameContent::Album => &mut tag.album,
            FrameContent::Date => &mut tag.date,
            FrameContent::Isrc => &mut tag.isrc,
            FrameContent::NamedText(prefix) => {
                tag.named_texts.extend(named_text(content, prefix, self.charset));
                return;
            }
            FrameContent::RelativeVolume => {
                tag.relative_volume = tag.relative_volume.or_else(|| relative_volume(content));
                return;
            }
            FrameContent::Seek => {
                tag.seek = content.first_chunk().map(|distance| u32::from_be_bytes(*distance));
                return;
            }
            FrameContent::Artist | FrameContent::Picture => return,
        };
        if field.is_none() {
            *field = self.text(content);
        }
    }

    /// Returns the text of a frame; `None` if there are only spaces in it.
    fn text(&self, content: &[u8]) -> Option<String> {
        decode_text(content, 0, self.charset).filter(|text| has_content(text))
    }

    /// Keeps the first front cover, else the first picture. One that is compressed cannot be shown from the
    /// file; no program writes it.
    fn add_picture(&mut self, frame: &FoundFrame, tag: &mut Id3Tag) {
        let is_settled = tag.picture.as_ref().is_some_and(|picture| picture.is_front);
        if is_settled || frame.header.is_compressed || frame.len > MAX_DECODED_BYTES as u64 {
            return;
        }
        if let Some(picture) = self.picture(frame, tag.picture.is_some()) {
            tag.picture = Some(picture);
        }
    }

    /// Returns where the picture of this frame is; `None` if it is damaged, or not a front cover and only one
    /// is better than what was found.
    fn picture(&mut self, frame: &FoundFrame, must_be_front: bool) -> Option<Id3Picture> {
        let is_unsynchronised = self.is_unsynchronised || frame.header.is_unsynchronised;
        let len = usize::try_from(frame.len).ok()?;
        let head = self.bytes.get(frame.at, len.min(MAX_HEAD_BYTES)).get(frame.header.prefix..)?;
        let header = if is_unsynchronised {
            let header = PictureHeader::parse(&without_inserted(head), self.version)?;
            PictureHeader { len: index_with_inserted(head.iter().copied(), header.len), ..header }
        } else {
            PictureHeader::parse(head, self.version)?
        };
        let start = frame.at + (frame.header.prefix + header.len) as u64;
        // The place in the file is only determined for a picture that is kept: in a tag that had to be
        // decoded, it is counted from the first byte on.
        if (must_be_front && !header.is_front) || start >= frame.at + frame.len {
            return None;
        }
        let range = self.bytes.range_in_file(start..frame.at + frame.len);
        Some(Id3Picture {
            mime: header.mime,
            is_front: header.is_front,
            offset: range.start,
            len: range.end - range.start,
            is_unsynchronised: is_unsynchronised || self.bytes.is_decoded(),
        })
        .filter(|picture| picture.len > 0)
    }
}

/// The artists in one or more frames: programs that do not know several values in a frame write several
/// frames. Of the other fields the first one counts.
#[derive(Default)]
struct Artists {
    text: Option<String>,
    /// The values in `text`. There can be thousands of frames.
    known: HashSet<String>,
}

impl Artists {
    /// Adds the values that are not there already, as long as the text is not too long.
    fn add(&mut self, text: Option<String>) {
        let Some(text) = text else { return };
        let values = |text: &str| text.split(['\0', '\u{feff}']).map(str::to_owned).collect::<Vec<_>>();
        let Some(joined) = &mut self.text else {
            self.known = values(&text).into_iter().collect();
            self.text = Some(text);
            return;
        };
        for value in values(&text) {
            if joined.len() + value.len() >= MAX_TEXT_BYTES {
                return;
            }
            if !self.known.contains(&value) {
                joined.push('\0');
                joined.push_str(&value);
                self.known.insert(value);
            }
        }
    }
}

/// Decodes the text of a frame: a byte for the encoding, `prefix` more bytes, then one or more values,
/// separated by NULs. Text that is labelled as Latin-1 is often UTF-8, or in the charset of the computer on
/// which it was written.
fn decode_text(bytes: &[u8], prefix: usize, charset: &'static Encoding) -> Option<String> {
    let (encoding, bytes) = bytes.split_first()?;
    let bytes = bytes.get(prefix..)?;
    Some(match encoding {
        0 | 3 if is_mislabelled_utf16(bytes) => decode_utf16(bytes, None),
        3 if is_mostly_utf8(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        0 | 3 => decode_damaged_or(bytes, charset).into_owned(),
        1 => decode_utf16(bytes, None),
        2 => decode_utf16(bytes, Some(UTF_16BE)),
        _ => return None,
    })
}

/// Returns whether at least as many bytes beyond ASCII are valid UTF-8 as are not.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut invalid) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|byte| !byte.is_ascii()).count();
        invalid += chunk.invalid().len();
    }
    valid >= invalid
}

/// Returns whether text in one byte for each character is UTF-16: it begins with a byte order mark, and has
/// the NULs that one in eight-bit text would end.
fn is_mislabelled_utf16(bytes: &[u8]) -> bool {
    let is_nul =
        |half: usize| bytes.chunks_exact(2).skip(1).any(|unit| unit[half] == 0 && unit[1 - half] != 0);
    match bytes {
        [0xff, 0xfe, ..] => is_nul(1),
        [0xfe, 0xff, ..] => is_nul(0),
        _ => false,
    }
}

/// Decodes UTF-16 with the byte order of its mark, else with `default`, else with a guess from the content.
fn decode_utf16(bytes: &[u8], default: Option<&'static Encoding>) -> String {
    // An odd byte is half of a terminating NUL.
    let bytes = &bytes[..bytes.len() & !1];
    let encoding = match bytes {
        [0xff, 0xfe, ..] => UTF_16LE,
        [0xfe, 0xff, ..] => UTF_16BE,
        _ => default.unwrap_or_else(|| byte_order(bytes)),
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Guesses the byte order: in most scripts, the upper bytes are zero more often. If both are equally often
/// zero, assumes little-endian, because the programs that omit the mark are mostly Windows programs.
fn byte_order(bytes: &[u8]) -> &'static Encoding {
    let zeros = |half: usize| bytes.chunks_exact(2).filter(|pair| pair[half] == 0).count();
    if zeros(0) > zeros(1) { UTF_16BE } else { UTF_16LE }
}

fn has_content(text: &str) -> bool {
    text.contains(|c: char| !c.is_whitespace() && !c.is_control() && c != '\u{feff}')
}

/// Returns the name and the value of a text with a name.
fn named_text(bytes: &[u8], prefix: usize, charset: &'static Encoding) -> Option<(String, String)> {
    let text = decode_text(bytes, prefix, charset)?;
    let (name, value) = text.split_once('\0')?;
    // In UTF-16 the name and the value have a byte order mark each.
    let strip = |text: &str| text.trim_matches(|c: char| c.is_control() || c == '\u{feff}').to_owned();
    Some((strip(name), strip(value)))
}

/// Returns the volume of the master channel in dB: a name, a NUL, and for each channel a type, a gain in
/// 1/512 dB and a peak (<https://id3.org/id3v2.4.0-frames>). The gain of an album is not that of the track.
fn relative_volume(bytes: &[u8]) -> Option<f32> {
    const MASTER: u8 = 1;
    let end = bytes.iter().position(|&byte| byte == 0)?;
    let (name, mut channels) = (&bytes[..end], &bytes[end + 1..]);
    while let [channel, high, low, peak_bits, rest @ ..] = channels {
        if *channel == MASTER && !name.eq_ignore_ascii_case(b"album") {
            return Some(f32::from(i16::from_be_bytes([*high, *low])) / 512.0);
        }
        channels = rest.get(usize::from(*peak_bits).div_ceil(8)..)?;
    }
    None
}
