//! A listener's place in the timeline, and what goes on the wire from there.

use std::rc::Rc;

use crate::icy::Block;
use crate::station::Timeline;

/// A place between two bytes of what one listener is sent.
///
/// It is a few numbers: what they point at is lent from the timeline. The same walk tells what to write next and, with
/// the number of bytes that the socket took, where that write ended.
#[derive(Debug, Clone)]
pub struct Cursor {
    /// The next byte of the timeline; behind the tail, while there is one.
    at: u64,
    /// The title last told.
    told: Option<Rc<Block>>,
    /// Audio bytes until the next metadata block.
    until_block: u32,
    /// Bytes still to send of the block `told`.
    block_left: u16,
    /// Audio bytes still to send that were copied aside, from before `at`.
    tail_left: u16,
}

/// The end of a frame that had to be overwritten while a listener stood inside it.
#[derive(Debug)]
pub struct FrameRemainder {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The title that was in force for them: titles change only between frames.
    pub title: Rc<Block>,
}

/// What a cursor walks over.
#[derive(Debug, Clone, Copy)]
pub struct CursorInput<'a> {
    /// What the station played.
    pub timeline: &'a Timeline,
    /// What was copied aside for this listener and comes before the rest.
    pub remainder: Option<&'a FrameRemainder>,
    /// Bytes of audio between two metadata blocks, if he is sent any.
    pub metaint: Option<u32>,
}

/// The next stretch of bytes for the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// These.
    Borrowed(&'a [u8]),
    /// `len` bytes of the block last told, from `left` before its end.
    BlockPart {
        /// How many bytes of the block are left with this piece.
        left: usize,
        /// How many of them this piece has.
        len: usize,
    },
}

impl Piece<'_> {
    /// Its length in bytes; never zero.
    pub fn len(&self) -> usize {
        match *self {
            Piece::Borrowed(bytes) => bytes.len(),
            Piece::BlockPart { len, .. } => len,
        }
    }
}

/// A block for a title that the listener knows already.
const EMPTY_BLOCK: &[u8] = &[0];

impl Cursor {
    /// A place at `offset`, where a frame begins, for a listener who gets a metadata block after every `metaint` bytes.
    pub fn new(offset: u64, metaint: Option<u32>) -> Self {
        Self { at: offset, told: None, until_block: metaint.unwrap_or(0), block_left: 0, tail_left: 0 }
    }

    /// The offset in the timeline up to which this listener was served, apart from a tail.
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// The title block last told, of which a part may still be on its way.
    pub fn last_block(&self) -> Option<&Rc<Block>> {
        self.told.as_ref()
    }

    /// Whether a title block was begun and is not yet whole.
    pub fn is_inside_block(&self) -> bool {
        self.block_left > 0
    }

    /// Goes on by one piece of at most `most` bytes (which must not be zero) and returns it; `None` at the live edge.
    ///
    /// `source` must have the metaint that the cursor was made with, and the tail that it was last told of.
    pub fn next_piece<'a>(&mut self, source: CursorInput<'a>, most: usize) -> Option<Piece<'a>> {
        if self.is_inside_block() {
            return Some(self.next_block_part(most));
        }
        // Which title is due depends on the byte behind the block, so that has to be there.
        if self.tail_left == 0 && self.at == source.timeline.end() {
            return None;
        }
        match source.metaint {
            Some(metaint) if self.until_block == 0 => {
                self.until_block = metaint;
                Some(self.start_block(source, most))
            }
            Some(_) => {
                let piece = self.next_audio(source, most.min(self.until_block as usize));
                self.until_block -= piece.len() as u32;
                Some(Piece::Borrowed(piece))
            }
            None => Some(Piece::Borrowed(self.next_audio(source, most))),
        }
    }

    /// Moves on to the frame at `offset`; `tail` more bytes from before come first.
    ///
    /// The count towards the next block goes on: the wire does not show that something was left out.
    pub fn skip_to(&mut self, offset: u64, tail: u16) {
        self.at = offset;
        self.tail_left = tail;
    }

    /// How many bytes are still to come from what was copied aside.
    pub fn remainder_left(&self) -> u16 {
        self.tail_left
    }

    fn next_block_part(&mut self, most: usize) -> Piece<'static> {
        let left = usize::from(self.block_left);
        let len = left.min(most);
        self.block_left -= len as u16;
        Piece::BlockPart { left, len }
    }

    fn start_block<'a>(&mut self, source: CursorInput<'a>, most: usize) -> Piece<'a> {
        let block = match source.remainder {
            Some(tail) if self.tail_left > 0 => &tail.title,
            _ => source.timeline.title_at(self.at),
        };
        if self.told.as_ref() == Some(block) {
            return Piece::Borrowed(EMPTY_BLOCK);
        }
        self.told = Some(block.clone());
        let len = block.bytes().len().min(most);
        self.block_left = (block.bytes().len() - len) as u16;
        Piece::Borrowed(&block.bytes()[..len])
    }

    fn next_audio<'a>(&mut self, source: CursorInput<'a>, most: usize) -> &'a [u8] {
        if self.tail_left > 0 {
            let tail = &source.remainder.expect("a cursor with a tail has it copied aside").bytes;
            let from = tail.len() - usize::from(self.tail_left);
            let len = usize::from(self.tail_left).min(most);
            self.tail_left -= len as u16;
            return &tail[from..from + len];
        }
        let to = source.timeline.end().min(self.at.saturating_add(most as u64));
        let (first, _) = source.timeline.bytes(self.at, to);
        self.at += first.len() as u64;
        first
    }
}
