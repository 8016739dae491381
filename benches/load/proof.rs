//! That the checks find what they are for: a check that never complains proves nothing.

use coldwave::audio::{Header, silent_frame};
use coldwave::icy::Block;

use crate::failure::Failure;
use crate::stream::Stream;

/// Bytes of audio between two blocks here: no multiple of a frame's length, as on the air.
const METAINT: usize = 1000;

/// Frames that are pushed through the checks, enough for some blocks.
const FRAMES: usize = 20;

/// Where the spoiled streams are spoiled: somewhere in the audio before the third block.
const SPOILED_AT: usize = 2 * METAINT + 500;

/// Shows the checks a sound stream and spoiled ones.
pub fn prove() -> Result<(), Failure> {
    let audio = silent_frame(&Header::DEFAULT).repeat(FRAMES);
    let title = Block::from_title_text("Nadia Karim - Tidewater");
    let sound = interleaved(&audio, [title.bytes(), b"\0"]);

    expect("a sound stream", &sound, false)?;
    expect("a stream that ends inside a frame", &sound[..sound.len() - 1], true)?;
    expect("a stream that begins inside a frame", &interleaved(&audio[1..], [title.bytes(), b"\0"]), true)?;
    expect("a byte too many", &[&sound[..SPOILED_AT], b"x", &sound[SPOILED_AT..]].concat(), true)?;
    expect("a byte too few", &[&sound[..SPOILED_AT], &sound[SPOILED_AT + 1..]].concat(), true)?;
    expect("an empty first block", &interleaved(&audio, [b"\0", b"\0"]), true)?;
    expect("a title told twice", &interleaved(&audio, [title.bytes(), title.bytes()]), true)?;
    let mangled = [b"\x01", b"StreamTitle='a;\0".as_slice()].concat();
    expect("a title without its end", &interleaved(&audio, [&mangled, b"\0"]), true)
}

/// The audio with a block after every [`METAINT`] bytes: the first one, then the other again and again.
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

fn expect(what: &str, body: &[u8], is_wrong: bool) -> Result<(), Failure> {
    let mut stream = Stream::new(Some(METAINT as u32));
    // Cut somewhere else than at a frame or a block.
    body.chunks(7).for_each(|piece| stream.push(piece));
    stream.end();
    match (stream.fault(), is_wrong) {
        (None, true) => Err(format!("the checks do not find {what}").into()),
        (Some(fault), false) => Err(format!("the checks complain of {what}: {fault}").into()),
        _ => Ok(()),
    }
}
