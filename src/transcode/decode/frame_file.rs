//! Files that consist of frames: MP3, and AAC in ADTS.

use std::io::Read;

use super::file_view::FileView;
use super::frame_decoder::SingleFrameDecoder;
use crate::audio::{Codec, Framer, Header};
use crate::transcode::PcmBlock;

/// How many bytes are read at once.
const PIECE: usize = 32 << 10;

/// The frames of a file, found as the AutoDJ and live sources find them.
pub(super) struct FrameFile {
    frames: FrameReader,
    decoder: SingleFrameDecoder,
}

/// Finds the frames of a file.
pub(super) struct FrameReader {
    view: FileView,
    framer: Framer,
    is_finished: bool,
}

impl FrameReader {
    pub fn new(view: FileView, codec: Codec) -> Self {
        Self { view, framer: Framer::with_codec(codec), is_finished: false }
    }

    /// Reads the file until the framer has a frame, or the file ends. Returns false at the end.
    fn fill(&mut self, piece: &mut [u8]) {
        match self.view.read(piece) {
            Ok(0) | Err(_) => {
                self.framer.finish();
                self.is_finished = true;
            }
            Ok(count) => self.framer.push(&piece[..count]),
        }
    }

    /// Calls `take` with the next frame. Returns `None` at the end.
    pub fn next<T>(&mut self, take: impl FnOnce(&Header, &[u8]) -> T) -> Option<T> {
        let mut piece = Vec::new();
        loop {
            if let Some(frame) = self.framer.next_frame() {
                return Some(take(&frame.header, frame.bytes));
            }
            if self.is_finished {
                return None;
            }
            piece.resize(PIECE, 0);
            self.fill(&mut piece);
        }
    }
}

impl FrameFile {
    pub fn new(view: FileView, codec: Codec) -> Self {
        Self { frames: FrameReader::new(view, codec), decoder: SingleFrameDecoder::new() }
    }

    /// Decodes the next frame. Returns whether it could be decoded, and `None` at the end.
    pub fn next_block(&mut self, block: &mut PcmBlock) -> Option<bool> {
        self.frames.next(|header, bytes| self.decoder.decode(header, bytes, block))
    }

    /// Drops the next frame. Returns its length in samples, and `None` at the end.
    pub fn drop_next(&mut self) -> Option<u64> {
        self.frames.next(|header, _| header.samples().into())
    }
}
