//! Bytes in at any cut, whole frames out.

use super::codec::Codec;
use super::header::Header;
use super::parser::{self, FrameKind};
use super::sync::{self, ScanWindow, Step, Sync};

/// One frame of audio, as it stood in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The whole frame, its header included.
    pub bytes: &'a [u8],
    /// Its first bytes, decoded.
    pub header: Header,
    /// Where in the input it began: the bytes pushed before its first. 0 for a frame that no framer found.
    pub offset: u64,
}

/// Finds the frames of one codec in an input: a file, a live source, a relay.
///
/// Tags (ID3v2, ID3v1, APE), Xing, Info and VBRI frames, layers I and II, free format and everything else
/// that is no frame of the codec are passed over and counted. Push what has come, then take frames until
/// there are none:
///
/// ```
/// use coldwave::audio::{Framer, Header, silent_frame};
///
/// let mut framer = Framer::new();
/// let frame = silent_frame(&Header::DEFAULT);
/// framer.push(&frame);
/// assert!(framer.next_frame().is_none(), "what stands behind a frame is part of the evidence");
/// framer.push(&frame[..4]);
/// assert_eq!(framer.next_frame().unwrap().bytes, frame);
/// ```
///
/// The frames are the same however the input is cut.
#[derive(Debug)]
pub struct Framer {
    codec: Codec,
    buffer: Vec<u8>,
    /// Where in `buffer` the undecided bytes begin.
    at: usize,
    /// Bytes of a tag that are yet to come and will be dropped when they do.
    tag_bytes_left: u64,
    sync: Sync,
    is_finished: bool,
    /// Bytes of the frames that were handed out.
    frame_bytes: u64,
    tag_bytes: u64,
    info_bytes: u64,
    junk_bytes: u64,
}

impl Framer {
    /// Fewer bytes than this lie undecided when [`next_frame`](Self::next_frame) gives `None`: two of the
    /// longest frames and a header, of the codec that has the longest.
    pub const MAX_UNDECIDED: usize = sync::max_undecided(Codec::Aac);

    /// A framer for MP3 that has seen nothing.
    pub fn new() -> Self {
        Self::with_codec(Codec::Mp3)
    }

    /// A framer that has seen nothing, for frames of this codec.
    pub fn with_codec(codec: Codec) -> Self {
        Self {
            codec,
            buffer: Vec::new(),
            at: 0,
            tag_bytes_left: 0,
            sync: Sync::Start,
            is_finished: false,
            frame_bytes: 0,
            tag_bytes: 0,
            info_bytes: 0,
            junk_bytes: 0,
        }
    }

    /// Takes in what came next. Bytes of a tag whose beginning was seen by [`next_frame`](Self::next_frame)
    /// are dropped here, so a tag that claims 256 MB costs no memory.
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

    /// The input is over: what is left is decided without waiting for bytes behind it. Call
    /// [`next_frame`](Self::next_frame) until it gives none to have the last frames.
    pub fn finish(&mut self) {
        self.is_finished = true;
    }

    /// The next whole frame; `None` when more bytes are needed to tell or, after [`finish`](Self::finish),
    /// when there are no more.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        loop {
            let ahead =
                ScanWindow { codec: self.codec, bytes: &self.buffer[self.at..], is_last: self.is_finished };
            match ahead.step(self.sync) {
                Step::Wait => return None,
                Step::Tag(len) => self.skip_tag(len),
                Step::Truncated(len) => self.skip_junk(len),
                Step::Junk(len) => self.lose_sync(len),
                Step::Frame(header) => {
                    let at = self.frame_bytes + self.skipped();
                    if self.take_frame(header) {
                        let bytes = &self.buffer[self.at - header.frame_len()..self.at];
                        return Some(Frame { bytes, header, offset: at });
                    }
                }
            }
        }
    }

    /// Bytes that came and were not handed out: tags, Xing, Info and VBRI frames, junk. After the last frame
    /// of a finished input, this and the frames add up to all that was pushed.
    pub fn skipped(&self) -> u64 {
        self.tag_bytes + self.info_bytes + self.junk_bytes
    }

    /// The part of [`skipped`](Self::skipped) that has no business in a file of this codec; worth a line in the log.
    pub fn junk(&self) -> u64 {
        self.junk_bytes
    }

    /// Bytes held. When [`next_frame`](Self::next_frame) has just given `None`, fewer than
    /// [`max_undecided`](Self::max_undecided); in between, those and what was pushed since.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.at
    }

    /// [`MAX_UNDECIDED`](Self::MAX_UNDECIDED) for this framer's codec.
    pub fn max_undecided(&self) -> usize {
        sync::max_undecided(self.codec)
    }

    fn skip_tag(&mut self, len: u64) {
        let here = len.min(self.buffered() as u64);
        self.at += here as usize;
        self.tag_bytes += here;
        self.tag_bytes_left = len - here;
        if self.sync == Sync::Lost {
            self.sync = Sync::Start;
        }
    }

    fn skip_junk(&mut self, len: usize) {
        self.at += len;
        self.junk_bytes += len as u64;
    }

    fn lose_sync(&mut self, len: usize) {
        self.skip_junk(len);
        self.sync = Sync::Lost;
    }

    /// Goes behind the frame that stands here; whether it is one to hand out.
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
        kind == FrameKind::Audio
    }

    /// Moves the undecided bytes to the front, if at least as many lie before them: each byte moves about
    /// once.
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
