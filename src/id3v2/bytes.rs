//! The bytes of a tag by their position, whether they are read from the file or had to be decoded first.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::unsynchronisation::{index_with_inserted, may_be_unsynchronised, without_inserted};

/// Maximum number of bytes of an unsynchronised tag that are read, and the maximum length of a picture.
pub const MAX_DECODED_BYTES: usize = 16 << 20;

/// Number of bytes read at a time: the headers of small frames, and what follows them, are in one read.
const WINDOW: usize = 4 << 10;

/// The bytes of a tag after its header.
pub struct TagBytes<'s, S> {
    source: &'s mut S,
    /// The offset of the first byte in the file.
    start: u64,
    /// Number of bytes that the tag has in the file.
    len_in_file: u64,
    window: Vec<u8>,
    /// The position of the window in the tag.
    window_at: u64,
    /// The bytes without those that unsynchronisation inserted, if the entire tag is read like that.
    decoded: Option<Vec<u8>>,
}

impl<'s, S: Read + Seek> TagBytes<'s, S> {
    /// Returns the bytes of a tag that begin at the offset `start` and claim to be `len`. The file may end
    /// before.
    pub fn new(source: &'s mut S, start: u64, len: u64) -> io::Result<Self> {
        let end = source.seek(SeekFrom::End(0))?;
        let len_in_file = len.min(end.saturating_sub(start));
        Ok(Self { source, start, len_in_file, window: Vec::new(), window_at: 0, decoded: None })
    }

    /// Returns the number of bytes.
    pub fn len(&self) -> u64 {
        self.decoded.as_ref().map_or(self.len_in_file, |decoded| decoded.len() as u64)
    }

    /// Returns whether the bytes differ from those in the file.
    pub fn is_decoded(&self) -> bool {
        self.decoded.is_some()
    }

    /// Returns whether unsynchronisation can have produced the bytes in the file.
    pub fn may_be_unsynchronised(&mut self) -> bool {
        may_be_unsynchronised(self.raw(0, MAX_DECODED_BYTES))
    }

    /// Reads the bytes as they are in the file, or without those that unsynchronisation inserted. A longer
    /// tag ends after the first 16 MiB then.
    pub fn set_decoded(&mut self, is_decoded: bool) {
        if !is_decoded {
            self.decoded = None;
        } else if self.decoded.is_none() {
            self.decoded = Some(without_inserted(self.raw(0, MAX_DECODED_BYTES)));
            self.window = Vec::new();
        }
    }

    /// Returns up to `len` bytes from the position `at`: fewer at the end, and if they cannot be read.
    pub fn get(&mut self, at: u64, len: usize) -> &[u8] {
        if self.decoded.is_none() {
            return self.raw(at, len);
        }
        part(self.decoded.as_deref().unwrap_or_default(), at, len)
    }

    /// Returns where these bytes are in the file.
    pub fn range_in_file(&mut self, range: Range<u64>) -> Range<u64> {
        let [start, end] = if self.decoded.is_some() {
            let bytes = self.raw(0, MAX_DECODED_BYTES);
            [range.start, range.end].map(|at| {
                index_with_inserted(bytes.iter().copied(), usize::try_from(at).unwrap_or(usize::MAX)) as u64
            })
        } else {
            [range.start, range.end]
        };
        self.start + start..self.start + end
    }

    fn raw(&mut self, at: u64, len: usize) -> &[u8] {
        if !self.is_in_window(at, len) {
            self.read_window(at, len.max(WINDOW));
        }
        part(&self.window, at.saturating_sub(self.window_at), len)
    }

    fn is_in_window(&self, at: u64, len: usize) -> bool {
        let end = at.saturating_add(len as u64).min(self.len_in_file);
        at >= self.window_at && end <= self.window_at + self.window.len() as u64
    }

    fn read_window(&mut self, at: u64, len: usize) {
        self.window.clear();
        self.window_at = at;
        let len = self.len_in_file.saturating_sub(at).min(len as u64);
        if self.source.seek(SeekFrom::Start(self.start.saturating_add(at))).is_ok() {
            // What cannot be read is missing at the end.
            let _ = self.source.by_ref().take(len).read_to_end(&mut self.window);
        }
    }
}

fn part(bytes: &[u8], at: u64, len: usize) -> &[u8] {
    let first = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    &bytes[first..][..len.min(bytes.len() - first)]
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn bytes_are_found_in_any_order_up_to_the_end() {
        let file: Vec<u8> = (0..30_000_u32).map(|at| (at % 251) as u8).collect();
        let mut source = Cursor::new(&file);
        let mut bytes = TagBytes::new(&mut source, 10, 1 << 20).expect("a cursor");
        assert_eq!(bytes.len(), 29_990);
        for (at, len) in [(0, 10), (20_000, 9000), (5, 10), (29_980, 50), (29_990, 1), (1 << 40, 4)] {
            let first = (at as usize).saturating_add(10).min(file.len());
            let expected = &file[first..(first + len).min(file.len())];
            assert_eq!(bytes.get(at, len), expected, "{len} at {at}");
        }
    }

    #[test]
    fn decoded_bytes_are_at_their_place_in_the_file() {
        let file = b"0123456789a\xff\0b\xff\0\0c";
        let mut source = Cursor::new(file);
        let mut bytes = TagBytes::new(&mut source, 10, 8).expect("a cursor");
        assert!(bytes.may_be_unsynchronised());
        bytes.set_decoded(true);
        assert_eq!(bytes.get(0, 9), b"a\xffb\xff\0c");
        assert_eq!(bytes.len(), 6);
        assert_eq!(bytes.range_in_file(2..5), 13..17);
    }
}
