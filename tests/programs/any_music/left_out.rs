//! Files that look like music and cannot be played.

use std::fs;
use std::path::Path;

use super::name_of;
use crate::common::audio_folder::{run, wav_of_a_cd};

/// A file that a station leaves out.
pub struct LeftOutFile {
    pub name: String,
    /// A part of the reason in the log.
    pub reason: &'static str,
}

impl LeftOutFile {
    pub fn new(path: &Path, reason: &'static str) -> Self {
        Self { name: name_of(path), reason }
    }

    /// Makes one file for each reason.
    pub fn make_all(folder: &Path) -> Vec<Self> {
        let source = folder.join("source.wav.tmp");
        fs::write(&source, wav_of_a_cd(77, 1.0)).expect("the folder is writable");
        let files = vec![spectral_replication(folder, &source), ac3(folder, &source), text(folder)];
        fs::remove_file(source).expect("the folder is writable");
        files
    }
}

fn encode(source: &Path, out: &Path, codec: &str) {
    let mut command = std::process::Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-i"]).arg(source);
    command.args(["-c:a", codec]).arg(out);
    run(command);
}

/// No program in Debian encodes HE-AAC, so this is AAC-LC that claims to be HE-AAC. ffmpeg writes a
/// configuration that says explicitly that there is no spectral band replication; the bit for it is set, with
/// the sample rate of 48 kHz.
fn spectral_replication(folder: &Path, source: &Path) -> LeftOutFile {
    let path = folder.join("93 spectral band replication.m4a");
    encode(source, &path, "aac");
    let mut bytes = fs::read(&path).expect("ffmpeg wrote it");
    let configuration = *b"\x56\xE5\x00";
    let at = bytes.windows(3).position(|three| three == configuration);
    bytes[at.expect("ffmpeg writes this configuration") + 2] = 0b1001_1000;
    fs::write(&path, bytes).expect("the folder is writable");
    LeftOutFile::new(&path, "HE-AAC cannot be decoded in full")
}

fn ac3(folder: &Path, source: &Path) -> LeftOutFile {
    let path = folder.join("91 ac-3.m4a");
    encode(source, &path, "ac3");
    LeftOutFile::new(&path, "is not supported")
}

fn text(folder: &Path) -> LeftOutFile {
    let path = folder.join("92 text.flac");
    fs::write(&path, "This is not music.\n".repeat(1000)).expect("the folder is writable");
    LeftOutFile::new(&path, "not an audio file")
}
