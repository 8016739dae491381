//! Undoes unsynchronisation, a scheme of ID3v2 that prevents old players from mistaking a tag for audio.

use std::io::{self, Read};

use super::file_offset::FileOffset;

/// Returns the bytes without those that unsynchronisation inserted.
pub fn remove_unsynchronisation(bytes: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    // Reading from memory cannot fail.
    let _ = Resync::new(bytes).read_to_end(&mut result);
    result
}

/// A reader that undoes unsynchronisation: it drops the zero that was inserted after every `FF`.
pub struct Resync<R> {
    inner: R,
    after_ff: bool,
}

impl<R> Resync<R> {
    /// Wraps `inner`, whose first byte does not follow an `FF`.
    pub fn new(inner: R) -> Self {
        Self { inner, after_ff: false }
    }
}

impl<R: Read> Read for Resync<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.inner.read(buffer)?;
            let mut kept = 0;
            for at in 0..read {
                let byte = buffer[at];
                if !(self.after_ff && byte == 0) {
                    buffer[kept] = byte;
                    kept += 1;
                }
                self.after_ff = byte == 0xff;
            }
            // Zero would signal the end.
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R: FileOffset> FileOffset for Resync<R> {
    fn file_offset(&self) -> u64 {
        self.inner.file_offset()
    }
}
