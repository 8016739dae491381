//! Unsynchronisation, a scheme of ID3v2 to keep old players from taking a tag for audio, undone.

use std::io::{self, Read};

use super::file_offset::FileOffset;

/// The bytes without what unsynchronisation put in.
pub fn remove_unsynchronisation(bytes: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    // Reading from memory does not fail.
    let _ = Resync::new(bytes).read_to_end(&mut result);
    result
}

/// Undoes unsynchronisation: drops the zero that was put behind every `FF` lest it look like audio.
pub struct Resync<R> {
    inner: R,
    after_ff: bool,
}

impl<R> Resync<R> {
    /// The first byte of `inner` does not follow an `FF`.
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
            // Zero would mean the end.
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
