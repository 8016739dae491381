//! A frame of an ID3v2 tag: its header, and its content as bytes.

use std::io::{self, ErrorKind, Read};

use super::fields::Field;
use super::unsynchronisation::remove_unsynchronisation;

/// The kind of content of a frame.
pub enum FrameContent {
    Text(Field),
    /// A text with a name, after the encoding and this many more bytes.
    NamedText(usize),
    /// The volume to which a player should change (`RVA2`).
    RelativeVolume,
    Picture,
}

/// The header of a frame, in one form for all versions.
pub struct Id3Frame {
    /// The three letters of version 2.2 are padded with a NUL, as iTunes also wrote them into 2.3.
    id: [u8; 4],
    pub len: u64,
    /// Number of bytes before the content: group, length.
    pub prefix: usize,
    /// Compressed or encrypted; neither occurs in practice.
    pub is_unreadable: bool,
    pub is_unsynchronised: bool,
}

impl Id3Frame {
    /// Reads the header at the beginning of `body`; `None` if only padding, or something that is not a frame,
    /// follows.
    pub fn read(body: &mut impl Read, version: u8, unsynchronised: bool) -> io::Result<Option<Self>> {
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
                // Some programs set the flag only for the tag, although every frame is unsynchronised.
                is_unsynchronised: unsynchronised || flags & 0x02 != 0,
                ..Self::new([a, b, c, d], frame_size([w, x, y, z]))
            },
        };
        let [first, .., last] = frame.id;
        let letters = |id: &[u8]| id.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        Ok((first != 0 && letters(&frame.id[..3]) && (last == 0 || letters(&[last]))).then_some(frame))
    }

    /// Returns the kind of content; `None` if it is not read.
    pub fn content_kind(&self) -> Option<FrameContent> {
        Some(FrameContent::Text(match &self.id {
            b"TIT2" | b"TT2\0" => Field::Title,
            b"TPE1" | b"TP1\0" => Field::Artist,
            b"TALB" | b"TAL\0" => Field::Album,
            // The time of recording; up to version 2.3 only its year.
            b"TDRC" | b"TYER" | b"TYE\0" => Field::Year,
            b"TSRC" | b"TRC\0" => Field::Isrc,
            b"TXXX" | b"TXX\0" => return Some(FrameContent::NamedText(0)),
            // The language precedes the name.
            b"COMM" | b"COM\0" => return Some(FrameContent::NamedText(3)),
            // `XRVA` is the same in version 2.3, which does not define it.
            b"RVA2" | b"XRVA" => return Some(FrameContent::RelativeVolume),
            b"APIC" | b"PIC\0" => return Some(FrameContent::Picture),
            _ => return None,
        }))
    }

    /// Reads the content and undoes its unsynchronisation.
    pub fn read_content(&self, body: &mut impl Read) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        body.take(self.len).read_to_end(&mut bytes)?;
        bytes.drain(..self.prefix.min(bytes.len()));
        Ok(if self.is_unsynchronised { remove_unsynchronisation(&bytes) } else { bytes })
    }

    fn new(id: [u8; 4], len: u32) -> Self {
        Self { id, len: len.into(), prefix: 0, is_unreadable: false, is_unsynchronised: false }
    }
}

/// Decodes a number with seven bits in each byte.
pub fn syncsafe(size: [u8; 4]) -> u32 {
    size.into_iter().fold(0, |sum, byte| sum << 7 | u32::from(byte & 0x7f))
}

/// Decodes the size of a frame in version 2.4. Old versions of iTunes wrote it as in 2.3. Only then can a
/// high bit be set.
fn frame_size(size: [u8; 4]) -> u32 {
    if size.iter().any(|byte| byte & 0x80 != 0) { u32::from_be_bytes(size) } else { syncsafe(size) }
}

/// Skips `len` bytes.
pub fn skip(body: &mut impl Read, len: u64) -> io::Result<()> {
    let skipped = io::copy(&mut body.take(len), &mut io::sink())?;
    if skipped < len { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}
