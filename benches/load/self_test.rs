//! A self-test: the checks must find errors in streams that were modified on purpose.

use coldwave::audio::{Header, silent_frame};
use coldwave::icy::Block;

use crate::failure::Failure;
use crate::stream::StreamAnalyzer;

/// The metadata interval. As in practice, it is not a multiple of the length of a frame.
const METAINT: usize = 1000;

/// The frames of a stream, enough for several blocks.
const FRAMES: usize = 20;

/// The offset of a modification: in the audio before the third block.
const MODIFIED_AT: usize = 2 * METAINT + 500;

/// Checks a valid stream and invalid ones.
pub fn run() -> Result<(), Failure> {
    let audio = silent_frame(&Header::DEFAULT).repeat(FRAMES);
    let title = Block::from_title_text("Nadia Karim - Tidewater");
    let valid = interleaved(&audio, [title.bytes(), b"\0"]);

    expect("a valid stream", &valid, false)?;
    expect("a stream that ends inside a frame", &valid[..valid.len() - 1], true)?;
    expect("a stream that begins inside a frame", &interleaved(&audio[1..], [title.bytes(), b"\0"]), true)?;
    expect("an extra byte", &[&valid[..MODIFIED_AT], b"x", &valid[MODIFIED_AT..]].concat(), true)?;
    expect("a missing byte", &[&valid[..MODIFIED_AT], &valid[MODIFIED_AT + 1..]].concat(), true)?;
    expect("an empty first block", &interleaved(&audio, [b"\0", b"\0"]), true)?;
    expect("a title sent twice", &interleaved(&audio, [title.bytes(), title.bytes()]), true)?;
    let unterminated = [b"\x01", b"StreamTitle='a;\0".as_slice()].concat();
    expect("a title without its end", &interleaved(&audio, [&unterminated, b"\0"]), true)
}

/// Inserts a block after every [`METAINT`] bytes of audio: the first block once, then always the other one.
fn interleaved(audio: &[u8], [first, other]: [&[u8]; 2]) -> Vec<u8> {
    let mut body = Vec::new();
    for (at, run) in audio.chunks(METAINT).enumerate() {
        body.extend_from_slice(run);
        if run.len() == METAINT {
            body.extend_from_slice(if at == 0 { first } else { other });
        }
    }
    body
}

fn expect(what: &str, body: &[u8], is_invalid: bool) -> Result<(), Failure> {
    let mut stream = StreamAnalyzer::new(Some(METAINT as u32));
    // The pieces end neither at frames nor at blocks.
    body.chunks(7).for_each(|piece| stream.push(piece));
    stream.finish();
    match (stream.error(), is_invalid) {
        (None, true) => Err(format!("self-test failed: the checks do not find {what}").into()),
        (Some(error), false) => Err(format!("self-test failed: {what} is reported as {error}").into()),
        _ => Ok(()),
    }
}
