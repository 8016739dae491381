//! A reader that fails after a number of bytes, so that a hostile file costs bounded time and memory.

use std::io::{self, Read, Seek, SeekFrom};

/// A reader that returns an error once it has read a number of bytes in total.
pub struct LimitedReader<R> {
    inner: R,
    left: u64,
}

impl<R> LimitedReader<R> {
    /// Limits what is read from `inner` to `max` bytes.
    pub fn new(inner: R, max: u64) -> Self {
        Self { inner, left: max }
    }
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("the file is too large"));
        }
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.inner.read(&mut buffer[..len])?;
        self.left -= count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for LimitedReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_fails_after_the_limit_in_total() {
        let mut reader = LimitedReader::new(io::Cursor::new([1; 10]), 6);
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes).expect("within the limit");
        reader.rewind().expect("a cursor");
        assert_eq!(reader.read(&mut bytes).expect("the rest"), 2);
        reader.read(&mut bytes).expect_err("the limit");
    }
}
