//! Finds the frames in a byte stream that arrives in pieces of any size.

use super::codec::Codec;
use super::header::Header;
use super::parser::{self, FrameKind};
use super::sync::{self, ScanWindow, Step, Sync};

/// One frame of audio, unchanged from the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The whole frame, including its header.
    pub bytes: &'a [u8],
    /// Its parsed header.
    pub header: Header,
    /// The offset of the frame in the input. 0 for a frame that does not come from a framer.
    pub offset: u64,
}

/// Finds the frames of one codec in an input: a file, a live source, a relay.
///
/// Tags (ID3v2, ID3v1, APE), Xing, Info and VBRI frames, layers I and II, free format and everything else
/// that is not a frame of the codec is skipped and counted. Behind junk, frames of another format than those
/// before it are taken for frames only if four of them follow each other, or the input ends.
///
/// Push the bytes that have arrived, then take frames until there are none:
///
/// ```
/// use coldwave::audio::{Framer, Header, silent_frame};
///
/// let mut framer = Framer::new();
/// let frame = silent_frame(&Header::DEFAULT);
/// framer.push(&frame);
/// assert!(framer.next_frame().is_none(), "the bytes after a frame are needed to confirm it");
/// framer.push(&frame[..4]);
/// assert_eq!(framer.next_frame().unwrap().bytes, frame);
/// ```
///
/// The frames do not depend on how the input is cut into pieces.
#[derive(Debug)]
pub struct Framer {
    codec: Codec,
    buffer: Vec<u8>,
    /// The index of the first undecided byte in `buffer`.
    at: usize,
    /// The number of bytes of a tag that have not arrived yet. They are dropped on arrival.
    tag_bytes_left: u64,
    sync: Sync,
    /// The header of the last frame.
    last: Option<Header>,
    is_finished: bool,
    /// Bytes of the frames that were returned.
    frame_bytes: u64,
    tag_bytes: u64,
    info_bytes: u64,
    junk_bytes: u64,
    /// Frames without their end.
    truncated: u64,
}

impl Framer {
    /// An upper bound for the bytes that are undecided when [`next_frame`](Self::next_frame) returns `None`:
    /// three of the longest frames and a part of a tag, for the codec with the longest frames.
    pub const MAX_UNDECIDED: usize = sync::max_undecided(Codec::Aac);

    /// Returns a framer for MP3.
    pub fn new() -> Self {
        Self::with_codec(Codec::Mp3)
    }

    /// Returns a framer for frames of this codec.
    pub fn with_codec(codec: Codec) -> Self {
        Self {
            codec,
            buffer: Vec::new(),
            at: 0,
            tag_bytes_left: 0,
            sync: Sync::Start,
            last: None,
            is_finished: false,
            frame_bytes: 0,
            tag_bytes: 0,
            info_bytes: 0,
            junk_bytes: 0,
            truncated: 0,
        }
    }

    /// Adds the next bytes of the input. Bytes of a tag whose start was already seen by
    /// [`next_frame`](Self::next_frame) are dropped here, so a tag that claims 256 MB takes no memory.
    ///
    /// # Panics
    ///
    /// After [`finish`](Self::finish).
    pub fn push(&mut self, bytes: &[u8]) {
        assert!(!self.is_finished, "bytes pushed into a finished framer");
        let dropped = self.tag_bytes_left.min(bytes.len() as u64);
        self.tag_bytes_left -= dropped;
        self.tag_bytes += dropped;
        self.compact();
        self.buffer.extend_from_slice(&bytes[dropped as usize..]);
    }

    /// Marks the end of the input, so that the remaining bytes are decided without further bytes. Call
    /// [`next_frame`](Self::next_frame) until it returns `None` to get the last frames.
    pub fn finish(&mut self) {
        self.is_finished = true;
    }

    /// Returns the next whole frame. Returns `None` if more bytes are needed to decide or, after
    /// [`finish`](Self::finish), if there are no more frames.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        loop {
            let window =
                ScanWindow { codec: self.codec, bytes: &self.buffer[self.at..], is_last: self.is_finished };
            match window.step(self.sync) {
                Step::Wait => return None,
                Step::Tag(len) => self.skip_tag(len),
                Step::Truncated(len) => {
                    self.truncated += 1;
                    self.skip_junk(len);
                }
                Step::Junk(len) => self.lose_sync(len),
                Step::Frame(header) => {
                    let offset = self.frame_bytes + self.skipped();
                    if self.take_frame(header) {
                        let bytes = &self.buffer[self.at - header.frame_len()..self.at];
                        return Some(Frame { bytes, header, offset });
                    }
                }
            }
        }
    }

    /// Returns the number of bytes that were skipped: tags, Xing, Info and VBRI frames, junk. After the last
    /// frame of a finished input, this number and the lengths of the frames add up to the number of bytes
    /// pushed.
    pub fn skipped(&self) -> u64 {
        self.tag_bytes + self.info_bytes + self.junk_bytes
    }

    /// Returns the number of [skipped](Self::skipped) bytes that do not belong in an input of this codec.
    pub fn junk(&self) -> u64 {
        self.junk_bytes
    }

    /// Returns the number of frames whose end was missing, and after which the next frame followed. Their
    /// bytes are [junk](Self::junk).
    pub fn truncated(&self) -> u64 {
        self.truncated
    }

    /// Returns the number of bytes in the buffer. After [`next_frame`](Self::next_frame) has returned `None`,
    /// it is less than [`max_undecided`](Self::max_undecided); each push adds to it.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.at
    }

    /// Returns [`MAX_UNDECIDED`](Self::MAX_UNDECIDED) for this framer's codec.
    pub fn max_undecided(&self) -> usize {
        sync::max_undecided(self.codec)
    }

    fn skip_tag(&mut self, len: u64) {
        let available = len.min(self.buffered() as u64);
        self.at += available as usize;
        self.tag_bytes += available;
        self.tag_bytes_left = len - available;
        if matches!(self.sync, Sync::Lost(_)) {
            self.sync = Sync::Start;
        }
    }

    fn skip_junk(&mut self, len: usize) {
        self.at += len;
        self.junk_bytes += len as u64;
    }

    fn lose_sync(&mut self, len: usize) {
        self.skip_junk(len);
        self.sync = Sync::Lost(self.last);
    }

    /// Consumes the frame at the current position. Returns whether it is to be played.
    fn take_frame(&mut self, header: Header) -> bool {
        let len = header.frame_len();
        let kind = parser::classify(&header, &self.buffer[self.at..][..len]);
        match kind {
            FrameKind::Audio => {
                self.at += len;
                self.frame_bytes += len as u64;
            }
            FrameKind::Info => {
                self.at += len;
                self.info_bytes += len as u64;
            }
            FrameKind::NotAFrame => {
                self.lose_sync(1);
                return false;
            }
        }
        self.sync = Sync::Locked(header);
        self.last = Some(header);
        kind == FrameKind::Audio
    }

    /// Moves the undecided bytes to the front of the buffer if at least as many bytes lie before them, so
    /// each byte moves about once.
    fn compact(&mut self) {
        if self.at >= self.buffered() {
            self.buffer.copy_within(self.at.., 0);
            self.buffer.truncate(self.buffered());
            self.at = 0;
        }
    }
}

impl Default for Framer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
