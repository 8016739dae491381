//! A self-test: the counts of generated streams must be right.

use coldwave::audio::{Header, silent_frame};
use coldwave::icy::Block;

use crate::failure::Failure;
use crate::stream::{StreamAnalyzer, StreamCounts};

/// The metadata interval. As in practice, it is not a multiple of the length of a frame.
const METAINT: usize = 1000;

const FRAMES: usize = 20;

/// Checks the counts of generated streams.
pub fn run() -> Result<(), Failure> {
    let frame = silent_frame(&Header::DEFAULT);
    let len = frame.len();
    let audio = frame.repeat(FRAMES);
    let title = Block::from_title_text("Nadia Karim - Tidewater");
    let title_first = [title.bytes(), b"\0"];

    let valid = count(&audio, title_first);
    expect("whole frames", valid.frames, FRAMES as u64)?;
    expect("garbage in a valid stream", valid.join_garbage + valid.truncated + valid.ends_truncated, 0)?;
    expect("the block of the first title", valid.first_title.map_or(0, |first| first.block), 1)?;
    expect("titles after an empty block", count(&audio, [b"\0", title.bytes()]).titles, 7)?;

    let inside = count(&audio[100..], title_first);
    expect("bytes before the first whole frame", inside.join_garbage, len as u64 - 100)?;
    expect("whole frames after them", inside.frames, FRAMES as u64 - 1)?;
    expect("truncated frames after them", inside.truncated, 0)?;

    let gap = count(&[&audio[..5 * len + 50], &audio[6 * len + 10..]].concat(), title_first);
    expect("truncated frames in a stream with missing bytes", gap.truncated, 1)?;
    let end = count(&audio[..audio.len() - 1], title_first);
    expect("a stream that ends inside a frame", end.ends_truncated, 1)
}

/// Counts audio with a block after every [`METAINT`] bytes: the first block once, then always the other one.
fn count(audio: &[u8], [first, other]: [&[u8]; 2]) -> StreamCounts {
    let mut body = Vec::new();
    for (at, run) in audio.chunks(METAINT).enumerate() {
        body.extend_from_slice(run);
        if run.len() == METAINT {
            body.extend_from_slice(if at == 0 { first } else { other });
        }
    }
    let mut stream = StreamAnalyzer::new(Some(METAINT as u32));
    body.chunks(7).for_each(|piece| stream.push(piece));
    stream.finish();
    stream.counts()
}

fn expect(what: &str, actual: u64, expected: u64) -> Result<(), Failure> {
    if actual == expected {
        return Ok(());
    }
    Err(format!("self-test failed: {what}: {actual}, expected {expected}").into())
}
