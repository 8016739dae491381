//! The tags at the end of a file, in any order: ID3v1, APE, Lyrics3 and ID3v2.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use encoding_rs::Encoding;

use super::fields::{Tags, parse_year};
use super::text::clean;
use super::{ape, id3v2, lyrics3};
use crate::id3v1::{self, Id3v1Texts};
use crate::id3v2::{HEADER_LEN, Id3Place, syncsafe};

/// Maximum number of tags at the end; more than four do not occur in practice.
const MAX_TAGS: usize = 8;

/// Number of bytes at the end that are searched for an ID3v2 tag without a footer.
const SEARCHED: u64 = 128 << 10;

/// The tags at the end of a file.
#[derive(Default)]
pub struct TrailingTags {
    pub id3v2: Tags,
    pub ape: Tags,
    pub lyrics3: Tags,
    pub id3v1: Tags,
    /// The offset of the first of them.
    start: u64,
}

impl TrailingTags {
    /// Reads the tags at the end. Texts that do not state their encoding are UTF-8 or in this charset.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn read(source: &mut (impl Read + Seek), charset: &'static Encoding) -> io::Result<Self> {
        let mut tags = Self { start: source.seek(SeekFrom::End(0))?, ..Self::default() };
        for _ in 0..MAX_TAGS {
            // An error only means that the file is too short for such a tag.
            let found = tags.read_last(source, charset).unwrap_or_default();
            let Some(start) = found.filter(|start| *start < tags.start) else { break };
            tags.start = start;
        }
        Ok(tags)
    }

    /// Reads the tag that ends where the others begin, and returns its offset.
    fn read_last(
        &mut self,
        source: &mut (impl Read + Seek),
        charset: &'static Encoding,
    ) -> io::Result<Option<u64>> {
        let end = self.start;
        let store = |place: &mut Tags, (start, tags): (u64, Tags)| {
            *place = std::mem::take(place).or(tags);
            start
        };
        Ok(if let Some(texts) = id3v1::read(source, end, charset)? {
            Some(store(&mut self.id3v1, (texts.start, texts.into())))
        } else if let Some(found) = ape::read(source, end, charset)? {
            Some(store(&mut self.ape, found))
        } else if let Some(found) = lyrics3::read(source, end, charset)? {
            Some(store(&mut self.lyrics3, found))
        } else if let Some(place) = with_footer(source, end)? {
            Some(store(&mut self.id3v2, (place.at, id3v2::read_place(place, source, charset)?)))
        } else {
            None
        })
    }

    /// Searches the bytes before these tags for an ID3v2 tag that ends there and has no footer.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn search_id3v2(
        &self,
        source: &mut (impl Read + Seek),
        charset: &'static Encoding,
    ) -> io::Result<Tags> {
        let from = self.start.saturating_sub(SEARCHED);
        let mut bytes = Vec::new();
        source.seek(SeekFrom::Start(from))?;
        source.take(self.start - from).read_to_end(&mut bytes)?;
        let is_last = |at: &usize| {
            let place = Id3Place::at(&mut Cursor::new(&bytes), *at as u64);
            place.is_ok_and(|place| place.is_some_and(|place| place.end == bytes.len() as u64))
        };
        let heads = bytes.windows(3).enumerate().filter(|(_, head)| head == b"ID3").map(|(at, _)| at);
        let Some(at) = heads.into_iter().find(is_last) else { return Ok(Tags::default()) };
        let place = Id3Place::at(source, from + at as u64)?.filter(|place| place.end == self.start);
        place.map_or_else(|| Ok(Tags::default()), |place| id3v2::read_place(place, source, charset))
    }
}

impl From<Id3v1Texts> for Tags {
    fn from(texts: Id3v1Texts) -> Self {
        Self {
            artist: clean(&texts.artist),
            title: clean(&texts.title),
            album: clean(&texts.album),
            year: parse_year(&texts.year),
            ..Self::default()
        }
    }
}

/// Returns the place of the ID3v2 tag whose footer ends at this offset.
fn with_footer(source: &mut (impl Read + Seek), end: u64) -> io::Result<Option<Id3Place>> {
    let Some(at) = end.checked_sub(HEADER_LEN) else { return Ok(None) };
    let mut footer = [0; HEADER_LEN as usize];
    source.seek(SeekFrom::Start(at))?;
    source.read_exact(&mut footer)?;
    let [b'3', b'D', b'I', _, _, _, size @ ..] = footer else { return Ok(None) };
    // As in the header, the size can be a plain number.
    for len in [syncsafe(size), u32::from_be_bytes(size)] {
        let Some(start) = at.checked_sub(HEADER_LEN + u64::from(len)) else { continue };
        let place = Id3Place::at(source, start)?.filter(|place| place.end == end);
        if place.is_some() {
            return Ok(place);
        }
    }
    Ok(None)
}
