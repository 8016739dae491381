//! The paths through the decoders, and the valid inputs from which mutated ones are made.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use coldwave::audio::{Codec, Framer};

use crate::audio_folder::{FORMATS, run};
use crate::failure::Failure;

/// The audio of a seed in seconds. Short files are decoded fast, and most code runs once for a file.
const SECONDS: f64 = 0.08;

/// A demuxer and its decoders, the readers of tags, or a decoder of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecoderPath {
    Flac,
    OggFlac,
    Alac,
    AacMp4,
    Adts,
    Vorbis,
    Opus,
    Wav,
    Aiff,
    Caf,
    Mp3,
    Mp2,
    Tags,
    StreamMp3,
    StreamAac,
}

impl DecoderPath {
    pub const ALL: [Self; 15] = [
        Self::Flac,
        Self::OggFlac,
        Self::Alac,
        Self::AacMp4,
        Self::Adts,
        Self::Vorbis,
        Self::Opus,
        Self::Wav,
        Self::Aiff,
        Self::Caf,
        Self::Mp3,
        Self::Mp2,
        Self::Tags,
        Self::StreamMp3,
        Self::StreamAac,
    ];

    /// Returns the name in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flac => "flac",
            Self::OggFlac => "ogg-flac",
            Self::Alac => "alac",
            Self::AacMp4 => "aac-mp4",
            Self::Adts => "adts",
            Self::Vorbis => "vorbis",
            Self::Opus => "opus",
            Self::Wav => "wav",
            Self::Aiff => "aiff",
            Self::Caf => "caf",
            Self::Mp3 => "mp3",
            Self::Mp2 => "mp2",
            Self::Tags => "tags",
            Self::StreamMp3 => "stream-mp3",
            Self::StreamAac => "stream-aac",
        }
    }

    /// Parses a list such as `flac,opus`.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        let find = |name: &str| Self::ALL.into_iter().find(|path| path.name() == name);
        let all = Self::ALL.map(Self::name).join(", ");
        text.split(',')
            .map(|name| find(name.trim()).ok_or(format!("--paths {name:?} is not one of {all}")))
            .collect()
    }

    /// Returns the codec of a path of streams.
    pub fn stream(self) -> Option<Codec> {
        match self {
            Self::StreamMp3 => Some(Codec::Mp3),
            Self::StreamAac => Some(Codec::Aac),
            _ => None,
        }
    }

    /// Returns whether a file made by [`FORMATS`] is a seed of this path.
    fn includes(self, name: &str) -> bool {
        let has = |part: &str| name.contains(part);
        match self {
            Self::Flac => has(".flac"),
            Self::OggFlac => has(".oga"),
            Self::Alac => has("alac.m4a"),
            Self::AacMp4 => has("aac") && has(".m4a"),
            Self::Adts | Self::StreamAac => has(".aac"),
            Self::Vorbis => has(".ogg"),
            Self::Opus => has(".opus"),
            Self::Wav => has(".wav"),
            Self::Aiff => has(".aif"),
            Self::Caf => has(".caf"),
            Self::Mp3 | Self::StreamMp3 => has(".mp3"),
            Self::Mp2 => has(".mp2") || has(".mp1"),
            Self::Tags => !has(".caf") && !has("adpcm"),
        }
    }
}

impl fmt::Display for DecoderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The valid inputs of a path.
pub struct Seeds {
    pub path: DecoderPath,
    /// Files with their extensions; of a path of streams, without.
    pub files: Vec<(String, Vec<u8>)>,
    /// The frames of each file, for a path of streams.
    pub streams: Vec<Vec<Vec<u8>>>,
}

impl Seeds {
    /// Makes the seeds with the programs that are installed for it.
    pub fn make(path: DecoderPath) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let formats = FORMATS.iter().enumerate().filter(|(_, format)| path.includes(format.name));
        let seconds = if path.stream().is_some() { 2.0 } else { SECONDS };
        let mut made: Vec<PathBuf> =
            formats.map(|(number, format)| format.make(folder.path(), number, seconds)).collect();
        if path == DecoderPath::Tags {
            made = with_pictures(folder.path(), &made)?;
        }
        let files = made.iter().map(|file| Ok((extension(file), fs::read(file)?)));
        let files = files.collect::<Result<Vec<_>, Failure>>()?;
        let streams =
            path.stream().map(|codec| files.iter().map(|(_, bytes)| frames(codec, bytes)).collect());
        Ok(Self { path, files, streams: streams.unwrap_or_default() })
    }
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().into_owned()
}

fn frames(codec: Codec, bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut framer = Framer::with_codec(codec);
    framer.push(bytes);
    framer.finish();
    std::iter::from_fn(|| framer.next_frame().map(|frame| frame.bytes.to_vec())).collect()
}

/// Adds many tags and a picture to all files that ffmpeg can add them to.
fn with_pictures(folder: &Path, files: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let picture = folder.join("cover.png");
    let mut command = ffmpeg();
    command.args(["-f", "lavfi", "-i", "color=red:size=16x16", "-frames:v", "1"]).arg(&picture);
    run(command);
    let mut all = files.to_vec();
    for file in files.iter().filter(|file| ["flac", "m4a", "mp3", "aiff"].contains(&&*extension(file))) {
        let tagged = file.with_added_extension(format!("tagged.{}", extension(file)));
        let mut command = ffmpeg();
        command.arg("-i").arg(file).arg("-i").arg(&picture).args(["-map", "0:a", "-map", "1", "-c", "copy"]);
        command.args(["-disposition:v", "attached_pic", "-write_id3v2", "1"]);
        for (name, value) in TAGS {
            command.args(["-metadata", &format!("{name}={value}")]);
        }
        run({
            command.arg(&tagged);
            command
        });
        all.push(tagged);
    }
    Ok(all)
}

/// Texts of the tags that coldwave reads.
const TAGS: [(&str, &str); 8] = [
    ("album", "Grüße vom Meer"),
    ("date", "2024-05-06"),
    ("isrc", "DEABC2400001"),
    ("comment", "a comment\nof two lines"),
    ("genre", "Ambient"),
    ("track", "3/12"),
    ("REPLAYGAIN_TRACK_GAIN", "-7.89 dB"),
    ("R128_TRACK_GAIN", "-1234"),
];

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y"]);
    command
}
