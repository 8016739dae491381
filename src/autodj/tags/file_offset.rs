//! Readers that track their offset in the file.

use std::io::{self, BufRead, Read};

/// A reader that tracks its offset in the file.
pub trait FileOffset {
    /// Returns the offset of the next byte in the file.
    fn file_offset(&self) -> u64;
}

/// A reader of a part of a file.
pub struct OffsetReader<R> {
    inner: R,
    offset: u64,
}

impl<R> OffsetReader<R> {
    /// Wraps `inner`, whose next byte is at `offset` in the file.
    pub fn new(inner: R, offset: u64) -> Self {
        Self { inner, offset }
    }
}

impl<R> FileOffset for OffsetReader<R> {
    fn file_offset(&self) -> u64 {
        self.offset
    }
}

impl<R: Read> Read for OffsetReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for OffsetReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
        self.offset += count as u64;
    }
}
