//! A file without the tags in front of it.

use std::io::{self, Read, Seek, SeekFrom};

/// A reader of the rest of a file.
pub struct Behind<R> {
    inner: R,
    /// The offset of the first byte.
    start: u64,
}

impl<R: Seek> Behind<R> {
    /// Seeks to the offset `start`, which is the beginning for readers.
    pub fn new(mut inner: R, start: u64) -> io::Result<Self> {
        inner.seek(SeekFrom::Start(start))?;
        Ok(Self { inner, start })
    }
}

impl<R: Read> Read for Behind<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<R: Seek> Seek for Behind<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => SeekFrom::Start(at.saturating_add(self.start)),
            other => other,
        };
        let at = self.inner.seek(to)?;
        at.checked_sub(self.start).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_from_the_start() {
        let mut rest = Behind::new(io::Cursor::new(b"tagsaudio"), 4).expect("a cursor");
        let mut text = String::new();
        rest.read_to_string(&mut text).expect("text");
        assert_eq!((text.as_str(), rest.stream_position().expect("a cursor")), ("audio", 5));
        assert_eq!(rest.seek(SeekFrom::Start(2)).expect("a cursor"), 2);
        assert_eq!(rest.seek(SeekFrom::End(-1)).expect("a cursor"), 4);
        rest.seek(SeekFrom::Current(-6)).expect_err("before the start");
    }
}
