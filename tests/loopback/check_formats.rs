//! What `--check` says about music in many formats.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{BINARY, fixture};

/// Returns a WAV file with a second of silence.
fn wav(rate: u32, channels: u16) -> Vec<u8> {
    let frame_len = 2 * channels;
    let data_len = rate * u32::from(frame_len);
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + data_len).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&data_len.to_le_bytes());
    file.extend_from_slice(&frame_len.to_le_bytes());
    file.extend_from_slice(b"\x10\0data");
    file.extend_from_slice(&data_len.to_le_bytes());
    file.resize(file.len() + data_len as usize, 0);
    file
}

/// Creates a folder with music: most of it is at 44.1 kHz stereo, and each file has another format.
fn music() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let music = folder.path().join("music");
    fs::create_dir(&music).expect("a folder");
    let content = |name: &str| fs::read(fixture(name)).expect(name);
    for (name, content) in [
        ("1.mp3", content("mp3/cbr.mp3").repeat(20)),
        ("2.wav", wav(48_000, 2)),
        ("3.aac", content("aac/lc-44100-stereo-96k.aac")),
        ("4.mp2", content("mp3/layer2.mp3")),
        ("5.mp3", content("mp3/mpeg25-8000-mono-8k.mp3")),
        ("6.flac", b"not a FLAC file".to_vec()),
        ("7.m4a", wav(96_000, 6)),
        ("8.mp3", b"wvpk and so on".to_vec()),
        ("9.m4a", content("formats/heaac-implicit.m4a")),
        ("10.opus", content("formats/opus-5.1.opus")),
    ] {
        fs::write(music.join(name), content).expect("disk space");
    }
    folder
}

/// Returns the lines of the summary with these labels.
#[track_caller]
fn check(folder: &Path, station: &str, labels: &[&str]) -> Vec<String> {
    let config = format!(
        "[server]\nlisten = ['127.0.0.1:0']\nstate_dir = 'state'\nencode_workers = 2\n\
         [[station]]\nmusic = ['music']\n{station}\n"
    );
    fs::write(folder.join("coldwave.toml"), config).expect("disk space");
    let mut command = Command::new(BINARY);
    command.args(["--check", "-c", "coldwave.toml"]).current_dir(folder).env_remove("RUST_LOG");
    let output = command.output().expect("coldwave starts");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let has_label = |line: &&str| labels.iter().any(|label| line.starts_with(&format!("  {label:<12}")));
    text.lines().filter(has_label).map(|line| line.trim_start().to_owned()).collect()
}

const LABELS: [&str; 7] =
    ["format", "passed on", "converted", "left out", "not checked", "conversion", "warning"];

#[test]
#[cfg(feature = "lame")]
fn check_tells_what_happens_to_each_file() {
    let folder = music();
    let lines = check(folder.path(), "loudness = -16", &LABELS);
    assert_eq!(
        lines[..11],
        [
            "format      44100 Hz stereo, 128 kbit/s if encoded (that of most of the music)",
            "passed on   44100 Hz stereo: 1 track",
            "converted   PCM: 2 tracks, such as music/2.wav",
            "converted   AAC: 1 track, such as music/3.aac",
            "converted   MP2: 1 track, such as music/4.mp2",
            "converted   MP3 at 8000 Hz mono: 1 track, such as music/5.mp3",
            "converted   Opus: 1 track, such as music/10.opus",
            "left out    it is not an audio file of a known format: 1 track, such as music/6.flac",
            "left out    the codec WavPack is not supported: 1 track, such as music/8.mp3",
            "left out    HE-AAC cannot be decoded in full; convert it to AAC-LC or MP3: 1 track, such as music/9.m4a",
            "conversion  about 2.3 % of a core while a converted track plays, 28 % of the time",
        ]
    );
    assert_eq!(lines[11..], ["conversion  at most about 2.3 % of a core for music, in at most 2 processes"]);
    assert!(!folder.path().join("state").exists(), "--check stores nothing");
}

#[test]
#[cfg(feature = "lame")]
fn check_shows_where_the_format_comes_from() {
    let folder = music();
    let format = |station: &str| check(folder.path(), station, &["format"]);
    assert_eq!(
        format("format = { samplerate = 48000, channels = 1, bitrate = 96 }"),
        ["format      48000 Hz mono, 96 kbit/s if encoded (configured)"]
    );
    fs::create_dir(folder.path().join("state")).expect("a folder");
    let line = "{\"mount\":\"/live\",\"samplerate\":32000,\"channels\":1}\n";
    fs::write(folder.path().join("state/stations.jsonl"), line).expect("disk space");
    assert_eq!(format(""), ["format      32000 Hz mono, 128 kbit/s if encoded (stored in state_dir)"]);
    assert_eq!(
        format("format = { channels = 2 }"),
        ["format      32000 Hz stereo, 128 kbit/s if encoded (stored in state_dir)"]
    );
}

#[test]
fn check_of_a_station_without_conversion_names_what_it_leaves_out() {
    let folder = music();
    assert_eq!(
        check(folder.path(), "codec = 'aac'", &LABELS[..6]),
        [
            "format      44100 Hz stereo: 1 track",
            "left out    a station with codec = \"aac\" plays only AAC files: 6 tracks, such as music/1.mp3",
            "left out    it is not an audio file of a known format: 1 track, such as music/6.flac",
            "left out    the codec WavPack is not supported: 1 track, such as music/8.mp3",
            "left out    HE-AAC cannot be decoded in full; convert it to AAC-LC or MP3: 1 track, such as music/9.m4a",
        ]
    );
    assert_eq!(
        check(folder.path(), "process = 'never'", &["format", "left out"]),
        [
            "format      44100 Hz stereo: 1 track, such as music/1.mp3",
            "format      8000 Hz mono: 1 track, such as music/5.mp3",
            "left out    PCM would have to be converted, and process is \"never\": 2 tracks, such as music/2.wav",
            "left out    AAC would have to be converted, and process is \"never\": 1 track, such as music/3.aac",
            "left out    MP2 would have to be converted, and process is \"never\": 1 track, such as music/4.mp2",
            "left out    it is not an audio file of a known format: 1 track, such as music/6.flac",
            "left out    the codec WavPack is not supported: 1 track, such as music/8.mp3",
            "left out    HE-AAC cannot be decoded in full; convert it to AAC-LC or MP3: 1 track, such as music/9.m4a",
            "left out    Opus would have to be converted, and process is \"never\": 1 track, such as music/10.opus",
        ]
    );
}
