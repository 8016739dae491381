//! Reads ID3v2 tags of version 2.2, 2.3 and 2.4 (<https://id3.org/id3v2.3.0>,
//! <https://id3.org/id3v2.4.0-structure>), in MP3 files and in all others that can have one.
//!
//! Many programs write tags whose headers are wrong, so this reader believes what it finds rather than what a
//! header claims: it takes the reading of the lengths and flags in which one frame follows another.
//!
//! coldwave has its own parser because it needs only a few texts, and no crate decodes them correctly:
//! symphonia drops the characters in which Windows-1252 differs from Latin-1; id3 drops the first character
//! of UTF-16 without a byte order mark and allocates the size that a frame claims; lofty rejects such UTF-16,
//! ends at a frame of another standard and unpacks compressed frames without a limit.
//!
//! Tags are untrusted. At most 10,000 frames are looked at, and of their texts 1 MiB is read. Only a tag that
//! is unsynchronised as a whole, or damaged, is read into memory, up to 16 MiB.

mod bytes;
mod content;
mod frame;
mod layout;
mod picture;
mod tag;
mod unsynchronisation;

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::Encoding;

use bytes::TagBytes;
use content::ContentReader;
use frame::has_seven_bits;
pub use frame::syncsafe;
use layout::Layout;
pub use tag::{Id3Picture, Id3Tag};
pub use unsynchronisation::remove_unsynchronisation;

/// Length of the header, and of the footer, in bytes.
pub const HEADER_LEN: u64 = 10;

/// Maximum number of tags before the audio; more than two do not occur in practice.
const MAX_TAGS: usize = 8;

/// Maximum number of zeros in front of a tag. Programs that put a new tag in front of an old one leave
/// padding between them.
const MAX_ZEROS: u64 = 64 << 10;

/// The flag of a tag that says that its frames are unsynchronised.
const UNSYNCHRONISED: u8 = 0x80;

/// The flag of a tag with a footer. In version 2.2, the bit of the extended header means a compression that
/// was never defined.
const FOOTER: u8 = 0x10;
const COMPRESSED_2_2: u8 = 0x40;

/// The place of a tag in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id3Place {
    /// The offset of its header, in bytes.
    pub at: u64,
    /// The offset behind it, in bytes. The file may end before.
    pub end: u64,
    version: u8,
    flags: u8,
}

impl Id3Place {
    /// Returns the place of the tag whose header is at this offset; `None` if there is none.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn at(source: &mut (impl Read + Seek), at: u64) -> io::Result<Option<Self>> {
        // A file that ends here leaves the rest zero.
        let (mut head, mut bytes) = ([0; HEADER_LEN as usize], Vec::new());
        source.seek(SeekFrom::Start(at))?;
        source.take(HEADER_LEN).read_to_end(&mut bytes)?;
        head[..bytes.len()].copy_from_slice(&bytes);
        let [b'I', b'D', b'3', version @ 2..=4, _, flags, size @ ..] = head else { return Ok(None) };
        let Some(len) = len_of_tag(size, source, at + HEADER_LEN)? else { return Ok(None) };
        let footer = if flags & FOOTER == 0 { 0 } else { HEADER_LEN };
        Ok(Some(Self { at, end: at + HEADER_LEN + len + footer, version, flags }))
    }

    /// Returns the place of the tag to which `tag`, which was read here, refers.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn referred_by(self, tag: &Id3Tag, source: &mut (impl Read + Seek)) -> io::Result<Option<Self>> {
        tag.seek.map_or(Ok(None), |distance| Self::at(source, self.end + u64::from(distance)))
    }

    /// Reads the tag up to the first damaged frame. Texts that are labelled as Latin-1 and are not UTF-8 are
    /// in this charset.
    ///
    /// # Errors
    /// Returns an error if the file has no end. What cannot be read is missing in the tag.
    pub fn read(self, source: &mut (impl Read + Seek), charset: &'static Encoding) -> io::Result<Id3Tag> {
        if self.version == 2 && self.flags & COMPRESSED_2_2 != 0 {
            return Ok(Id3Tag::default());
        }
        let start = self.at + HEADER_LEN;
        let footer = if self.flags & FOOTER == 0 { 0 } else { HEADER_LEN };
        let mut bytes = TagBytes::new(source, start, self.end - footer - start)?;
        let layout = Layout::find(&mut bytes, self.version, self.flags);
        let is_unsynchronised = layout.version == 4 && !layout.is_decoded && self.flags & UNSYNCHRONISED != 0;
        Ok(ContentReader { bytes: &mut bytes, charset, is_unsynchronised, version: layout.version }
            .read(&layout))
    }
}

/// Returns the length of a tag whose content begins at the offset `start`. Some programs write a plain
/// number, or a high bit: only a tag that fits into the file is believed then.
fn len_of_tag(size: [u8; 4], source: &mut impl Seek, start: u64) -> io::Result<Option<u64>> {
    let (len, plain) = (u64::from(syncsafe(size)), u64::from(u32::from_be_bytes(size)));
    if has_seven_bits(size) {
        return Ok(Some(len));
    }
    let left = source.seek(SeekFrom::End(0))?.saturating_sub(start);
    Ok([plain, len].into_iter().find(|len| *len <= left))
}

/// Returns the places of the tags before the audio: one behind the other, or with zeros in front of them.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub fn find_leading(source: &mut (impl Read + Seek)) -> io::Result<Vec<Id3Place>> {
    let (mut places, mut at) = (Vec::new(), 0);
    while places.len() < MAX_TAGS {
        let mut place = Id3Place::at(source, at)?;
        if place.is_none() {
            place = match count_zeros(source, at)? {
                0 => None,
                zeros => Id3Place::at(source, at + zeros)?,
            };
        }
        let Some(place) = place else { break };
        at = place.end;
        places.push(place);
    }
    Ok(places)
}

/// Seeks past the tags before the audio and returns that offset. If the last one claims to be longer than the
/// file, its size is wrong, and the audio begins somewhere behind its header.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub fn skip_tags(source: &mut (impl Read + Seek)) -> io::Result<u64> {
    let len = source.seek(SeekFrom::End(0))?;
    let start = find_leading(source)?.last().map_or(0, |last| match last.end {
        end if end > len => last.at + HEADER_LEN,
        end => end,
    });
    source.seek(SeekFrom::Start(start))
}

/// Returns the number of zeros from this offset on, up to a limit.
fn count_zeros(source: &mut (impl Read + Seek), at: u64) -> io::Result<u64> {
    let mut buffer = [0; 1 << 10];
    let mut count = 0;
    source.seek(SeekFrom::Start(at))?;
    while count < MAX_ZEROS {
        let len = source.read(&mut buffer)?;
        let zeros = buffer[..len].iter().take_while(|byte| **byte == 0).count();
        count += zeros as u64;
        if zeros < len || len == 0 {
            break;
        }
    }
    Ok(count)
}
