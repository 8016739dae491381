//! A file as a demuxer sees it: without tags and pictures, and no longer than it was when it was opened.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use symphonia::core::io::{MediaSource, MediaSourceStream};

use crate::open_file;
use crate::transcode::LeftOut;

/// Part of a file, preceded by bytes that replace its beginning.
///
/// Demuxers read all tags of a file, and their pictures, into memory. A view without them bounds what they
/// hold, however large a picture is.
#[derive(Debug)]
pub(super) struct FileView {
    file: File,
    /// The length of the file when it was opened. What is appended later is not read.
    file_len: u64,
    /// Bytes in front of the part of the file.
    head: Vec<u8>,
    /// The offset in the file of the byte that follows the head.
    start: u64,
    /// Offsets in the file of four bytes that read as `free`, the type of an atom that demuxers of MP4 skip.
    freed: Vec<u64>,
    position: u64,
}

/// What the type of an atom is replaced by, so that its content is skipped.
const FREE: [u8; 4] = *b"free";

impl FileView {
    /// Opens a regular file that is not empty.
    pub fn open(path: &Path) -> Result<Self, LeftOut> {
        let (file, metadata) =
            open_file::open_regular(path).map_err(|error| LeftOut::Unreadable(error.to_string()))?;
        let file_len = metadata.len();
        Ok(Self { file, file_len, head: Vec::new(), start: 0, freed: Vec::new(), position: 0 })
    }

    /// Returns this view from `offset` on, with `head` in front of it.
    pub fn replace_start(mut self, offset: u64, head: Vec<u8>) -> Self {
        self.start = self.file_offset(offset).min(self.file_len);
        self.head = head;
        self.position = 0;
        self
    }

    /// Hides the atoms whose types are at these offsets.
    pub fn free_atoms(&mut self, offsets: &[u64]) {
        let offsets: Vec<_> = offsets.iter().map(|offset| self.file_offset(*offset)).collect();
        self.freed.extend(offsets);
    }

    /// Returns the length of the view in bytes.
    pub fn len(&self) -> u64 {
        self.head.len() as u64 + (self.file_len - self.start)
    }

    /// Returns the bytes at `offset`: `count` of them, or fewer at the end or where the file cannot be read.
    pub fn peek(&self, offset: u64, count: usize) -> Vec<u8> {
        let available = self.len().saturating_sub(offset).min(count as u64);
        let mut bytes = vec![0; available as usize];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.read_at(offset + filled as u64, &mut bytes[filled..]) {
                Ok(0) | Err(_) => break,
                Ok(count) => filled += count,
            }
        }
        bytes.truncate(filled);
        bytes
    }

    /// Returns the bytes at `offset` if there are `N`.
    pub fn peek_array<const N: usize>(&self, offset: u64) -> Option<[u8; N]> {
        self.peek(offset, N).try_into().ok()
    }

    /// Returns a stream for demuxers.
    pub fn into_stream(self) -> MediaSourceStream<'static> {
        MediaSourceStream::new(Box::new(self), Default::default())
    }

    fn file_offset(&self, offset: u64) -> u64 {
        self.start.saturating_add(offset).saturating_sub(self.head.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let head =
            usize::try_from(offset).ok().and_then(|offset| self.head.get(offset..)).unwrap_or_default();
        if !head.is_empty() {
            let count = head.len().min(buffer.len());
            buffer[..count].copy_from_slice(&head[..count]);
            return Ok(count);
        }
        let at = self.file_offset(offset);
        let available = self.file_len.saturating_sub(at).min(buffer.len() as u64) as usize;
        let count = self.file.read_at(&mut buffer[..available], at)?;
        self.apply_freed(at, &mut buffer[..count]);
        Ok(count)
    }

    fn apply_freed(&self, at: u64, bytes: &mut [u8]) {
        for freed in &self.freed {
            for (index, byte) in FREE.iter().enumerate() {
                let target = (freed + index as u64).checked_sub(at).and_then(|at| usize::try_from(at).ok());
                if let Some(target) = target.and_then(|target| bytes.get_mut(target)) {
                    *target = *byte;
                }
            }
        }
    }
}

impl Read for FileView {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.read_at(self.position, buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for FileView {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.len().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl MediaSource for FileView {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len())
    }
}
