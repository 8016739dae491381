//! That the counts are right: a count that is always 0 proves nothing.

use coldwave::audio::{Header, silent_frame};
use coldwave::icy::Block;

use crate::failure::Failure;
use crate::stream::{Heard, Stream};

/// Bytes of audio between two blocks here: no multiple of a frame's length, as on the air.
const METAINT: usize = 1000;

const FRAMES: usize = 20;

/// Counts streams of which the counts are known.
pub fn prove() -> Result<(), Failure> {
    let frame = silent_frame(&Header::DEFAULT);
    let len = frame.len();
    let audio = frame.repeat(FRAMES);
    let title = Block::from_title_text("Nadia Karim - Tidewater");
    let at_once = [title.bytes(), b"\0"];

    let sound = counted(&audio, at_once);
    expect("whole frames", sound.frames, FRAMES as u64)?;
    expect("garbage in a sound stream", sound.join_garbage + sound.torn + sound.ends_torn, 0)?;
    expect("the first title's block", sound.first_title.map_or(0, |first| first.block), 1)?;
    expect("the title's block behind an empty one", counted(&audio, [b"\0", title.bytes()]).titles, 7)?;

    let joined_inside = counted(&audio[100..], at_once);
    expect("bytes before the first whole frame", joined_inside.join_garbage, len as u64 - 100)?;
    expect("whole frames behind them", joined_inside.frames, FRAMES as u64 - 1)?;
    expect("torn frames behind them", joined_inside.torn, 0)?;

    let holed = counted(&[&audio[..5 * len + 50], &audio[6 * len + 10..]].concat(), at_once);
    expect("torn frames in a stream with a hole", holed.torn, 1)?;
    expect("a stream that ends inside a frame", counted(&audio[..audio.len() - 1], at_once).ends_torn, 1)
}

/// Counts the audio with a block after every [`METAINT`] bytes: the first one, then the other again and again.
fn counted(audio: &[u8], [first, other]: [&[u8]; 2]) -> Heard {
    let mut body = Vec::new();
    for (at, run) in audio.chunks(METAINT).enumerate() {
        body.extend_from_slice(run);
        if run.len() == METAINT {
            body.extend_from_slice(if at == 0 { first } else { other });
        }
    }
    let mut stream = Stream::new(Some(METAINT as u32));
    body.chunks(7).for_each(|piece| stream.push(piece));
    stream.end();
    stream.heard()
}

fn expect(what: &str, counted: u64, right: u64) -> Result<(), Failure> {
    if counted == right {
        return Ok(());
    }
    Err(format!("the counts are wrong: {what}: {counted}, not {right}").into())
}
