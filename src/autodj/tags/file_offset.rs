//! Readers that know where in the file they are.

use std::io::{self, BufRead, Read};

/// A reader that knows where in the file its next byte is.
pub trait FileOffset {
    /// The offset in the file, in bytes.
    fn file_offset(&self) -> u64;
}

/// A reader over a part of a file.
pub struct OffsetReader<R> {
    inner: R,
    offset: u64,
}

impl<R> OffsetReader<R> {
    /// `inner` is about to read the file's byte at `place`.
    pub fn new(inner: R, place: u64) -> Self {
        Self { inner, offset: place }
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
