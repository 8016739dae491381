//! The pictures of an ID3v2 tag (`APIC`, `PIC`): where the best of them is, not what it shows.

use std::io::{self, Read};

use super::file_offset::FileOffset;
use super::frame::{Id3Frame, skip};
use super::resync::Resync;
use crate::station::EmbeddedArtwork;

/// Bytes of what stands before a picture: its kind and a description.
const MAX_HEAD_BYTES: u64 = 4 << 10;

/// The type of picture that is a front cover.
const FRONT_COVER: u8 = 3;

/// The best picture so far: the first front cover, else the first of all.
#[derive(Debug, Default)]
pub struct Cover {
    best: Option<(u8, EmbeddedArtwork)>,
}

/// What stands before a picture.
struct PictureHeader {
    mime: String,
    /// What it is a picture of.
    picture_type: u8,
}

impl Cover {
    /// Reads through the frame of a picture.
    pub fn read(
        &mut self,
        body: &mut (impl Read + FileOffset),
        version: u8,
        frame: &Id3Frame,
    ) -> io::Result<()> {
        let begin = body.file_offset();
        let mut counted = CountingReader { inner: &mut *body, count: 0 };
        let head = frame.read_picture_header(&mut counted, version);
        let (left, at) = (frame.len.saturating_sub(counted.count), body.file_offset());
        skip(body, left)?;
        let len = body.file_offset() - at;
        // In a tag that is unsynchronised as a whole, bytes were dropped on the way.
        let is_unsynchronised = frame.is_unsynchronised || body.file_offset() - begin > frame.len;
        if let Some(PictureHeader { mime, picture_type: of }) = head.ok().flatten().filter(|_| len > 0) {
            let is_better = |best: &(u8, EmbeddedArtwork)| best.0 != FRONT_COVER && of == FRONT_COVER;
            if self.best.as_ref().is_none_or(is_better) {
                self.best = Some((of, EmbeddedArtwork { mime, offset: at, len, is_unsynchronised }));
            }
        }
        Ok(())
    }

    /// The best of all that were read.
    pub fn picture(self) -> Option<EmbeddedArtwork> {
        self.best.map(|(_, picture)| picture)
    }
}

impl Id3Frame {
    fn read_picture_header(&self, body: &mut impl Read, version: u8) -> io::Result<Option<PictureHeader>> {
        let mut body = body.take(self.len.min(MAX_HEAD_BYTES));
        skip(&mut body, self.prefix as u64)?;
        if self.is_unsynchronised {
            read_head(&mut Resync::new(body), version)
        } else {
            read_head(&mut body, version)
        }
    }
}

/// The encoding of the description, the kind of picture, what it shows, the description.
fn read_head(body: &mut impl Read, version: u8) -> io::Result<Option<PictureHeader>> {
    let encoding = read_byte(body)?;
    let kind = if version == 2 {
        vec![read_byte(body)?, read_byte(body)?, read_byte(body)?]
    } else {
        read_terminated(body, 1)?
    };
    let of = read_byte(body)?;
    read_terminated(body, if matches!(encoding, 1 | 2) { 2 } else { 1 })?;
    Ok(mime_type(&kind).map(|mime| PictureHeader { mime, picture_type: of }))
}

/// `image/jpeg` from that, from `JPG`, from `jpeg`. `-->` means that a link is in the picture's place: none of ours.
fn mime_type(kind: &[u8]) -> Option<String> {
    let kind = str::from_utf8(kind).ok()?.trim().to_ascii_lowercase();
    let kind = kind.strip_prefix("image/").unwrap_or(&kind);
    let is_sound = |kind: &&str| {
        let mut letters = kind.bytes();
        letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
            && letters.all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c))
    };
    Some(kind).filter(is_sound).map(|kind| format!("image/{}", if kind == "jpg" { "jpeg" } else { kind }))
}

fn read_byte(body: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    body.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// A text and the NUL, of so many bytes, that ends it.
fn read_terminated(body: &mut impl Read, width: usize) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    loop {
        let mut unit = [0; 2];
        body.read_exact(&mut unit[..width])?;
        if unit == [0; 2] {
            return Ok(text);
        }
        text.extend_from_slice(&unit[..width]);
    }
}

/// Counts what is read.
struct CountingReader<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count += read as u64;
        Ok(read)
    }
}
