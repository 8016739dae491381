//! Audio frames found in any bytes.

use coldwave::audio::{Codec, Framer, Header, silent_frame};

use crate::{Splitter, split_seed};

/// The input is a seed for the splitter, then a file of MP3 or AAC.
pub fn check(codec: Codec, input: &[u8]) {
    let (seed, bytes) = split_seed(input);
    let whole = frames(codec, std::iter::once(bytes));
    assert_eq!(frames(codec, Splitter(seed).pieces(bytes)), whole, "splitting changes the result");
    assert_eq!(whole.bytes.len() as u64 + whole.skipped, bytes.len() as u64, "every byte is accounted for");
    assert!(whole.junk <= whole.skipped);
    let mut rest = whole.bytes.as_slice();
    for (length, offset) in whole.lengths.iter().zip(&whole.offsets) {
        assert!(bytes[*offset as usize..].starts_with(&rest[..*length]), "no such frame at {offset}");
        rest = &rest[*length..];
    }
    whole.headers.iter().for_each(check_silence);
}

/// Checks that a silent frame can be made for the format of any frame.
fn check_silence(header: &Header) {
    let silence = silent_frame(header);
    let silent = Header::parse(header.codec(), &silence).expect("silence has a header");
    assert_eq!((silent.frame_len(), silent.format()), (silence.len(), header.format()));
}

/// Everything that the framer returned for one input.
#[derive(Debug, Default, PartialEq)]
struct FramerOutput {
    bytes: Vec<u8>,
    lengths: Vec<usize>,
    offsets: Vec<u64>,
    headers: Vec<Header>,
    skipped: u64,
    junk: u64,
}

fn frames<'a>(codec: Codec, pieces: impl Iterator<Item = &'a [u8]>) -> FramerOutput {
    let mut framer = Framer::with_codec(codec);
    let mut output = FramerOutput::default();
    for piece in pieces {
        framer.push(piece);
        output.collect(codec, &mut framer);
        assert!(framer.buffered() < framer.max_undecided(), "{} bytes are undecided", framer.buffered());
    }
    framer.finish();
    output.collect(codec, &mut framer);
    assert_eq!(framer.buffered(), 0, "bytes are undecided at the end");
    FramerOutput { skipped: framer.skipped(), junk: framer.junk(), ..output }
}

impl FramerOutput {
    /// Adds the frames that the framer has ready.
    fn collect(&mut self, codec: Codec, framer: &mut Framer) {
        while let Some(frame) = framer.next_frame() {
            assert_eq!(Header::parse(codec, frame.bytes), Some(frame.header));
            assert_eq!(frame.bytes.len(), frame.header.frame_len());
            self.bytes.extend_from_slice(frame.bytes);
            self.lengths.push(frame.bytes.len());
            self.offsets.push(frame.offset);
            self.headers.push(frame.header);
        }
    }
}
