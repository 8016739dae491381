//! Readers that know where in the file they are.

use std::io::{self, BufRead, Read};

/// A reader that knows where in the file its next byte is.
pub trait Place {
    /// The offset in the file, in bytes.
    fn place(&self) -> u64;
}

/// A reader over a part of a file.
pub struct Placed<R> {
    inner: R,
    place: u64,
}

impl<R> Placed<R> {
    /// `inner` is about to read the file's byte at `place`.
    pub fn new(inner: R, place: u64) -> Self {
        Self { inner, place }
    }
}

impl<R> Place for Placed<R> {
    fn place(&self) -> u64 {
        self.place
    }
}

impl<R: Read> Read for Placed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.place += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Placed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
        self.place += count as u64;
    }
}
