//! The pictures of an ID3v2 tag (`APIC`, `PIC`): chooses the best one and records its position, not its
//! bytes.

use std::io::{self, Read};

use super::file_offset::FileOffset;
use super::frame::{Id3Frame, skip};
use super::unsynchronisation::Resync;
use crate::station::{ArtworkLocation, EmbeddedArtwork};

/// Maximum length of a picture's header in bytes: its format and a description.
const MAX_HEAD_BYTES: u64 = 4 << 10;

/// The picture type of a front cover.
const FRONT_COVER: u8 = 3;

/// The best picture so far: the first front cover, else the first picture.
#[derive(Debug, Default)]
pub struct Cover {
    best: Option<(u8, EmbeddedArtwork)>,
}

/// The header before the image data of a picture.
struct PictureHeader {
    mime: String,
    /// What the picture shows, such as a front cover.
    picture_type: u8,
}

impl Cover {
    /// Reads the frame of a picture to its end.
    pub fn read(
        &mut self,
        body: &mut (impl Read + FileOffset),
        version: u8,
        frame: &Id3Frame,
    ) -> io::Result<()> {
        let start = body.file_offset();
        let mut counted = CountingReader { inner: &mut *body, count: 0 };
        let head = frame.read_picture_header(&mut counted, version);
        let (remaining, at) = (frame.len.saturating_sub(counted.count), body.file_offset());
        skip(body, remaining)?;
        let len = body.file_offset() - at;
        // If the entire tag is unsynchronised, the reader has dropped bytes.
        let is_unsynchronised = frame.is_unsynchronised || body.file_offset() - start > frame.len;
        if let Some(PictureHeader { mime, picture_type }) = head.ok().flatten().filter(|_| len > 0) {
            let is_better =
                |best: &(u8, EmbeddedArtwork)| best.0 != FRONT_COVER && picture_type == FRONT_COVER;
            if self.best.as_ref().is_none_or(is_better) {
                let location = ArtworkLocation::Bytes { offset: at, is_unsynchronised };
                self.best = Some((picture_type, EmbeddedArtwork { mime, len, location }));
            }
        }
        Ok(())
    }

    /// Returns the best of the pictures that were read.
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

/// Reads a picture's header: the encoding of the description, the format, the picture type and the
/// description.
fn read_head(body: &mut impl Read, version: u8) -> io::Result<Option<PictureHeader>> {
    let encoding = read_byte(body)?;
    let format = if version == 2 {
        vec![read_byte(body)?, read_byte(body)?, read_byte(body)?]
    } else {
        read_terminated(body, 1)?
    };
    let picture_type = read_byte(body)?;
    read_terminated(body, if matches!(encoding, 1 | 2) { 2 } else { 1 })?;
    Ok(mime_type(&format).map(|mime| PictureHeader { mime, picture_type }))
}

/// Returns `image/jpeg` for `image/jpeg`, `JPG` and `jpeg`. `-->` means that there is a link instead of image
/// data, which is not supported.
fn mime_type(format: &[u8]) -> Option<String> {
    let format = str::from_utf8(format).ok()?.trim().to_ascii_lowercase();
    let format = format.strip_prefix("image/").unwrap_or(&format);
    let is_valid = |format: &&str| {
        let mut letters = format.bytes();
        letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
            && letters.all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c))
    };
    Some(format)
        .filter(is_valid)
        .map(|format| format!("image/{}", if format == "jpg" { "jpeg" } else { format }))
}

fn read_byte(body: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    body.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// Reads a text up to a NUL of `width` bytes.
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

/// A reader that counts the bytes read.
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
