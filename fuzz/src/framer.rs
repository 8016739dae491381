//! Frames out of anything.

use coldwave::audio::{Codec, Framer, Header, silent_frame};

use crate::{Cuts, split};

/// A byte for the cuts, then what is framed.
pub fn check(codec: Codec, input: &[u8]) {
    let (seed, bytes) = split(input);
    let whole = frames(codec, std::iter::once(bytes));
    assert_eq!(frames(codec, Cuts(seed).of(bytes)), whole, "the cuts change nothing");
    assert_eq!(whole.bytes.len() as u64 + whole.skipped, bytes.len() as u64, "every byte went somewhere");
    assert!(whole.junk <= whole.skipped);
    let mut rest = whole.bytes.as_slice();
    for (length, at) in whole.lengths.iter().zip(&whole.places) {
        assert!(bytes[*at as usize..].starts_with(&rest[..*length]), "no such frame at {at}");
        rest = &rest[*length..];
    }
    whole.headers.iter().for_each(check_silence);
}

/// Whatever was on the air, silence can be made of it.
fn check_silence(like: &Header) {
    let silence = silent_frame(like);
    let header = Header::parse(like.codec(), &silence).expect("silence has a header");
    assert_eq!((header.frame_len(), header.format()), (silence.len(), like.format()));
}

#[derive(Debug, Default, PartialEq)]
struct Frames {
    bytes: Vec<u8>,
    lengths: Vec<usize>,
    places: Vec<u64>,
    headers: Vec<Header>,
    skipped: u64,
    junk: u64,
}

fn frames<'a>(codec: Codec, pieces: impl Iterator<Item = &'a [u8]>) -> Frames {
    let mut framer = Framer::with_codec(codec);
    let mut frames = Frames::default();
    for piece in pieces {
        framer.push(piece);
        frames.take(codec, &mut framer);
        assert!(framer.buffered() < framer.max_undecided(), "{} bytes lie undecided", framer.buffered());
    }
    framer.finish();
    frames.take(codec, &mut framer);
    assert_eq!(framer.buffered(), 0, "all is decided at the end");
    Frames { skipped: framer.skipped(), junk: framer.junk(), ..frames }
}

impl Frames {
    fn take(&mut self, codec: Codec, framer: &mut Framer) {
        while let Some(frame) = framer.next_frame() {
            assert_eq!(Header::parse(codec, frame.bytes), Some(frame.header));
            assert_eq!(frame.bytes.len(), frame.header.frame_len());
            self.bytes.extend_from_slice(frame.bytes);
            self.lengths.push(frame.bytes.len());
            self.places.push(frame.offset);
            self.headers.push(frame.header);
        }
    }
}
