//! The audio that encoders send, and checks of what is received.

use std::fs;
use std::path::Path;
use std::process::Command;

use coldwave::audio::{Codec, Framer};

use crate::common::{Program, fixture};

/// Returns the frames of a piece of music, all of which differ.
pub fn music() -> Vec<Vec<u8>> {
    let bytes = fs::read(fixture("station/01-foehn-over-the-skerries.mp3")).expect("the fixture is readable");
    frames_of(Codec::Mp3, &bytes)
}

/// Returns all frames of a file.
pub fn frames_of(codec: Codec, bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut framer = Framer::with_codec(codec);
    framer.push(bytes);
    framer.finish();
    std::iter::from_fn(|| framer.next_frame().map(|frame| frame.bytes.to_vec())).collect()
}

/// Returns these frames after an ID3v2.4 tag with a title.
pub fn tagged(title: &str, frames: &[Vec<u8>]) -> Vec<u8> {
    // Sizes have seven bits per byte; two bytes are enough for a title.
    let size = |len: usize| [0, 0, (len >> 7) as u8, (len & 0x7F) as u8];
    let utf8 = 3;
    let text = [&[utf8], title.as_bytes()].concat();
    let frame = [b"TIT2".as_slice(), &size(text.len()), &[0; 2], &text].concat();
    [b"ID3\x04\0\0".as_slice(), &size(frame.len()), &frame, &frames.concat()].concat()
}

/// Runs a program until it exits, and returns its output. The program must succeed without a message on
/// stderr.
#[track_caller]
pub fn prepare(mut command: Command) -> Vec<u8> {
    command.env("LC_ALL", "C.UTF-8");
    let name = format!("{command:?}");
    let mut program = Program::start(command);
    let finished = program.finish();
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{name}");
    program.stdout.bytes()
}

/// Returns a command that runs ffmpeg with messages for errors only.
pub fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-loglevel", "error"]);
    command
}

/// Writes a minute of a tone of 440 Hz, in the format that the extension of the file selects.
pub fn make_tone(path: &Path, tags: &[&str]) {
    let mut command = ffmpeg();
    command.args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=60"]);
    for tag in tags {
        command.args(["-metadata", tag]);
    }
    command.arg(path);
    prepare(command);
}

/// Checks that ffmpeg decodes these frames without errors, and that at least half a second in a row is a tone
/// of 440 Hz. What a slow encoder leaves empty is silence.
#[track_caller]
pub fn check_tone(folder: &Path, frames: &[Vec<u8>]) {
    let path = folder.join("heard.mp3");
    fs::write(&path, frames.concat()).expect("the folder is writable");
    let mut command = ffmpeg();
    command.args(["-f", "mp3", "-i"]).arg(path).args(["-f", "s16le", "-ac", "1", "-ar", "44100", "-"]);
    let samples: Vec<i16> =
        prepare(command).as_chunks().0.iter().map(|&sample| i16::from_le_bytes(sample)).collect();
    let rises = |part: &[i16]| part.windows(2).filter(|two| two[0] < 0 && two[1] >= 0).count();
    let half_seconds: Vec<usize> = samples.windows(22_050).step_by(2205).map(rises).collect();
    let has_tone = half_seconds.iter().any(|rises| (218..=222).contains(rises));
    assert!(has_tone, "rises in half seconds, instead of 220: {half_seconds:?}");
}
