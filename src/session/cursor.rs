//! A listener's position in the stream, and the bytes to send from there.

use std::rc::Rc;
use std::sync::Arc;

use crate::icy::Block;
use crate::station::Timeline;

/// A position between two bytes of one listener's stream.
///
/// A cursor stores only a few numbers; the bytes are borrowed from the timeline.
/// [`next_piece`](Self::next_piece) serves both to collect the bytes for a write, and to advance by the
/// number of bytes that the socket took.
#[derive(Debug, Clone)]
pub struct Cursor {
    /// The offset of the next byte of the timeline. A remainder is sent before it.
    offset: u64,
    /// The title block sent last.
    last_block: Option<Rc<Block>>,
    /// Bytes of audio between two metadata blocks; zero if the listener did not ask for metadata.
    metaint: u32,
    /// Audio bytes until the next metadata block.
    until_block: u32,
    /// Bytes of `last_block` still to send.
    block_left: u16,
    /// Bytes of the remainder still to send. They precede `offset`.
    remainder_left: u32,
}

/// Bytes that a listener is sent before those of the timeline: the rest of a frame that was only partly sent
/// when it skipped forward or moved to another station, or an intro, which many listeners share.
#[derive(Debug)]
pub struct FrameRemainder {
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// The title of these bytes. Titles change only between frames.
    pub title: Rc<Block>,
}

/// The data that a cursor reads.
#[derive(Debug, Clone, Copy)]
pub struct CursorInput<'a> {
    /// The audio of the station.
    pub timeline: &'a Timeline,
    /// The offset up to which the listener gets it: the live edge, or a frame of another codec than its head
    /// named.
    pub end: u64,
    /// The bytes that are sent first.
    pub remainder: Option<&'a FrameRemainder>,
}

/// The next run of bytes to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes of the timeline, the remainder or a new block.
    Borrowed(&'a [u8]),
    /// `len` bytes of the block sent last, starting `left` bytes before its end.
    BlockPart {
        /// Bytes of the block left to send, including this piece.
        left: usize,
        /// Bytes of the block in this piece.
        len: usize,
    },
}

impl Piece<'_> {
    /// Returns the length in bytes; never zero.
    pub fn len(&self) -> usize {
        match *self {
            Piece::Borrowed(bytes) => bytes.len(),
            Piece::BlockPart { len, .. } => len,
        }
    }
}

/// The empty block. It is sent while the title stays the same.
const EMPTY_BLOCK: &[u8] = &[0];

impl Cursor {
    /// Creates a cursor at `offset`, where a frame begins. If `metaint` is set, a metadata block follows
    /// every `metaint` bytes of audio.
    pub fn new(offset: u64, metaint: Option<u32>) -> Self {
        let metaint = metaint.unwrap_or(0);
        Self { offset, last_block: None, metaint, until_block: metaint, block_left: 0, remainder_left: 0 }
    }

    /// Returns the offset in the timeline up to which the listener was served, not counting a remainder.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the title block sent last. A part of it may still have to be sent.
    pub fn last_block(&self) -> Option<&Rc<Block>> {
        self.last_block.as_ref()
    }

    /// Returns whether a title block is only partly sent.
    pub fn is_inside_block(&self) -> bool {
        self.block_left > 0
    }

    /// Advances by one piece of at most `max` bytes and returns it. Returns `None` at the end of the input.
    /// `max` must not be zero.
    ///
    /// `input` must have the remainder that belongs to the last [`skip_to`](Self::skip_to).
    pub fn next_piece<'a>(&mut self, input: CursorInput<'a>, max: usize) -> Option<Piece<'a>> {
        if self.is_inside_block() {
            return Some(self.next_block_part(max));
        }
        // The title in a block depends on the byte after it, so that byte must exist.
        if self.remainder_left == 0 && self.offset == input.end {
            return None;
        }
        if self.metaint == 0 {
            return Some(Piece::Borrowed(self.next_audio(input, max)));
        }
        if self.until_block == 0 {
            self.until_block = self.metaint;
            return Some(self.start_block(input, max));
        }
        let piece = self.next_audio(input, max.min(self.until_block as usize));
        self.until_block -= piece.len() as u32;
        Some(Piece::Borrowed(piece))
    }

    /// Moves to the frame at `offset`. `remainder` bytes from before it are sent first.
    ///
    /// The count of bytes until the next metadata block continues, so the stream stays valid.
    pub fn skip_to(&mut self, offset: u64, remainder: u32) {
        self.offset = offset;
        self.remainder_left = remainder;
    }

    /// Returns the number of bytes of the remainder still to send.
    pub fn remainder_left(&self) -> u32 {
        self.remainder_left
    }

    fn next_block_part(&mut self, max: usize) -> Piece<'static> {
        let left = usize::from(self.block_left);
        let len = left.min(max);
        self.block_left -= len as u16;
        Piece::BlockPart { left, len }
    }

    fn start_block<'a>(&mut self, input: CursorInput<'a>, max: usize) -> Piece<'a> {
        let block = match input.remainder {
            Some(remainder) if self.remainder_left > 0 => &remainder.title,
            _ => input.timeline.title_at(self.offset),
        };
        if self.last_block.as_ref() == Some(block) {
            return Piece::Borrowed(EMPTY_BLOCK);
        }
        self.last_block = Some(block.clone());
        let len = block.bytes().len().min(max);
        self.block_left = (block.bytes().len() - len) as u16;
        Piece::Borrowed(&block.bytes()[..len])
    }

    fn next_audio<'a>(&mut self, input: CursorInput<'a>, max: usize) -> &'a [u8] {
        if self.remainder_left > 0 {
            let remainder = &input.remainder.expect("a cursor with bytes of a remainder has one").bytes;
            let from = remainder.len() - self.remainder_left as usize;
            let len = (self.remainder_left as usize).min(max);
            self.remainder_left -= len as u32;
            return &remainder[from..from + len];
        }
        let to = input.end.min(self.offset.saturating_add(max as u64));
        let (first, _) = input.timeline.bytes(self.offset, to);
        self.offset += first.len() as u64;
        first
    }
}
