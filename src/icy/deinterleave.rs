//! Separates the audio of a stream from its metadata blocks, as a player does.

/// A part of an interleaved stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamPart<'a> {
    /// Audio. A run of audio may be split into any number of parts.
    Audio(&'a [u8]),
    /// The text of a complete block, with its padding but without the length byte. Empty if the length byte
    /// is zero.
    Block(&'a [u8]),
}

/// Splits a body into audio and metadata blocks. The body may arrive in pieces of any size.
///
/// Buffers at most one block, 4,080 bytes.
#[derive(Debug, Clone)]
pub struct Deinterleaver {
    metaint: Option<u32>,
    state: DeinterleaveState,
    block: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum DeinterleaveState {
    Audio { remaining: u32 },
    Length,
    Text { remaining: usize },
}

impl Deinterleaver {
    /// Returns a deinterleaver for a body with a block after every `metaint` bytes of audio. With `None`, the
    /// whole body is audio.
    pub fn new(metaint: Option<u32>) -> Self {
        let state = match metaint {
            Some(0) => DeinterleaveState::Length,
            Some(remaining) => DeinterleaveState::Audio { remaining },
            None => DeinterleaveState::Audio { remaining: u32::MAX },
        };
        Self { metaint, state, block: Vec::new() }
    }

    /// Processes the next bytes of the body and calls `each` with every part of them, in order.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(StreamPart<'_>)) {
        while !bytes.is_empty() {
            let taken = match self.state {
                DeinterleaveState::Audio { remaining } => self.audio(bytes, remaining, &mut each),
                DeinterleaveState::Length => self.length(bytes[0], &mut each),
                DeinterleaveState::Text { remaining } => self.text(bytes, remaining, &mut each),
            };
            bytes = &bytes[taken..];
        }
    }

    fn audio(&mut self, bytes: &[u8], remaining: u32, each: &mut impl FnMut(StreamPart<'_>)) -> usize {
        let Some(_) = self.metaint else {
            each(StreamPart::Audio(bytes));
            return bytes.len();
        };
        let run = bytes.len().min(remaining as usize);
        each(StreamPart::Audio(&bytes[..run]));
        let remaining = remaining - run as u32;
        self.state =
            if remaining == 0 { DeinterleaveState::Length } else { DeinterleaveState::Audio { remaining } };
        run
    }

    fn length(&mut self, length: u8, each: &mut impl FnMut(StreamPart<'_>)) -> usize {
        self.block.clear();
        if length == 0 {
            self.end_block(each);
        } else {
            self.state = DeinterleaveState::Text { remaining: usize::from(length) * 16 };
        }
        1
    }

    fn text(&mut self, bytes: &[u8], remaining: usize, each: &mut impl FnMut(StreamPart<'_>)) -> usize {
        let run = bytes.len().min(remaining);
        self.block.extend_from_slice(&bytes[..run]);
        if run == remaining {
            self.end_block(each);
        } else {
            self.state = DeinterleaveState::Text { remaining: remaining - run };
        }
        run
    }

    fn end_block(&mut self, each: &mut impl FnMut(StreamPart<'_>)) {
        each(StreamPart::Block(&self.block));
        self.state = match self.metaint {
            Some(remaining) if remaining > 0 => DeinterleaveState::Audio { remaining },
            _ => DeinterleaveState::Length,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(metaint: Option<u32>, pieces: &[&[u8]]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut audio, mut blocks) = (Vec::new(), Vec::new());
        let mut deinterleaver = Deinterleaver::new(metaint);
        for piece in pieces {
            deinterleaver.push(piece, |part| match part {
                StreamPart::Audio(bytes) => audio.extend_from_slice(bytes),
                StreamPart::Block(text) => blocks.push(text.to_vec()),
            });
        }
        (audio, blocks)
    }

    #[test]
    fn blocks_are_removed_from_the_audio() {
        let body = b"abcd\x01StreamTitle='';\0efgh\0ij";
        assert_eq!(
            split(Some(4), &[body]),
            (b"abcdefghij".to_vec(), vec![b"StreamTitle='';\0".to_vec(), vec![]])
        );
        assert_eq!(split(None, &[body]).0, body);
    }

    proptest! {
        #[test]
        fn parts_do_not_depend_on_how_the_body_is_cut(body in any::<Vec<u8>>(), metaint in 1u32..40, size in 1usize..9) {
            let pieces: Vec<&[u8]> = body.chunks(size).collect();
            prop_assert_eq!(split(Some(metaint), &pieces), split(Some(metaint), &[&body]));
        }
    }
}
