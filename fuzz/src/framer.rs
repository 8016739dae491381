//! Frames out of anything.

use coldwave::audio::{Framer, Header};

use crate::{Cuts, split};

/// A byte for the cuts, then what is framed.
pub fn check(input: &[u8]) {
    let (seed, bytes) = split(input);
    let whole = frames(std::iter::once(bytes));
    assert_eq!(frames(Cuts(seed).of(bytes)), whole, "the cuts change nothing");
    assert_eq!(whole.bytes.len() as u64 + whole.skipped, bytes.len() as u64, "every byte went somewhere");
    assert!(whole.junk <= whole.skipped);
}

#[derive(Debug, Default, PartialEq)]
struct Frames {
    bytes: Vec<u8>,
    lengths: Vec<usize>,
    skipped: u64,
    junk: u64,
}

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Frames {
    let mut framer = Framer::new();
    let mut frames = Frames::default();
    for piece in pieces {
        framer.push(piece);
        frames.take(&mut framer);
        assert!(framer.buffered() < framer.max_undecided(), "{} bytes lie undecided", framer.buffered());
    }
    framer.finish();
    frames.take(&mut framer);
    assert_eq!(framer.buffered(), 0, "all is decided at the end");
    Frames { skipped: framer.skipped(), junk: framer.junk(), ..frames }
}

impl Frames {
    fn take(&mut self, framer: &mut Framer) {
        while let Some(frame) = framer.next_frame() {
            assert_eq!(frame.bytes.first_chunk().copied().and_then(Header::parse), Some(frame.header));
            assert_eq!(frame.bytes.len(), frame.header.frame_len());
            self.bytes.extend_from_slice(frame.bytes);
            self.lengths.push(frame.bytes.len());
        }
    }
}
