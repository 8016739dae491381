//! Loudness, compared with ffmpeg's meter, which shares no code with ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use coldwave::autodj::gain_for;
use coldwave::transcode::{FileJob, FileOutput, FileTranscoder, LoudnessMeter, TargetFormat};

use crate::common::are_available;
use crate::finish;

/// The loudness of the station in LUFS.
const TARGET: f32 = -16.0;

/// Two notes that decay, one in each channel, with quiet gaps.
const PULSES: &str = "aevalsrc='sin(2*PI*(200+100*mod(floor(t),5))*t)*exp(-6*mod(t,0.5))\
                      |sin(2*PI*330*t)*exp(-9*mod(t,0.25))':s=44100:d=60";

/// A tone, and clicks far above it, which hardly count for the loudness.
const CLICKS: &str = "aevalsrc='0.05*sin(2*PI*440*t)+0.5*sin(2*PI*3000*t)*exp(-2000*mod(t,2))':s=44100:d=60";

/// Loudness and true peak of a file.
#[derive(Debug)]
struct Levels {
    lufs: f32,
    dbtp: f32,
}

/// A file with a minute of sound, made by ffmpeg, at a level.
struct Material {
    name: &'static str,
    /// A source of ffmpeg.
    source: &'static str,
    /// The loudness to which it is brought.
    lufs: f32,
}

/// Sounds with very different spectra, dynamics and levels. The last three need +12, +12 and −10 dB.
const MATERIALS: [Material; 7] = [
    Material {
        name: "tone.flac",
        source: "sine=f=997:r=44100:d=60,aformat=channel_layouts=stereo",
        lufs: -23.0,
    },
    Material {
        name: "pink.flac",
        source: "anoisesrc=c=pink:r=48000:d=60:seed=1,aformat=channel_layouts=stereo",
        lufs: -20.0,
    },
    Material { name: "brown-mono.wav", source: "anoisesrc=c=brown:r=22050:d=60:seed=2", lufs: -25.0 },
    Material { name: "pulses.flac", source: PULSES, lufs: -18.0 },
    Material { name: "quiet.flac", source: PULSES, lufs: -28.0 },
    Material { name: "clicks.flac", source: CLICKS, lufs: -28.0 },
    Material {
        name: "loud.flac",
        source: "anoisesrc=c=pink:r=44100:d=60:seed=3,aformat=channel_layouts=stereo",
        lufs: -6.0,
    },
];

impl Material {
    /// Makes the file, with a plain gain, which ffmpeg's meter says.
    fn make(&self, folder: &Path) -> PathBuf {
        let (raw, path) = (folder.join("raw.wav"), folder.join(self.name));
        ffmpeg(&["-f", "lavfi", "-i", self.source, "-c:a", "pcm_f32le", text(&raw)]);
        let gain = format!("volume={}dB:precision=double", self.lufs - levels(&raw).lufs);
        // Beyond full scale, as loud masters are, only a limiter of ffmpeg keeps it in the file.
        let filter = format!("{gain},alimiter=limit=0.98:level=0:attack=1:release=20");
        let format = if self.name.ends_with(".flac") { "s32" } else { "s16" };
        ffmpeg(&["-i", text(&raw), "-af", &filter, "-sample_fmt", format, text(&path)]);
        path
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Runs ffmpeg and returns what it says.
fn ffmpeg(arguments: &[&str]) -> String {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostats", "-y"]).args(arguments);
    finish(command).stderr
}

/// Measures a file with ffmpeg. One channel counts twice, as in our meter.
fn levels(path: &Path) -> Levels {
    let said = ffmpeg(&["-i", text(path), "-af", "ebur128=peak=true:dualmono=true", "-f", "null", "-"]);
    let summary = &said[said.rfind("Summary:").expect("a summary")..];
    let value = |name: &str| {
        let line = summary.lines().map(str::trim).find_map(|line| line.strip_prefix(name)).expect(name);
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect(line)
    };
    Levels { lufs: value("I:"), dbtp: value("Peak:") }
}

/// Measures a file with our meter.
fn measure(path: &Path) -> f32 {
    let mut meter = LoudnessMeter::open(path).expect("a file of a known format");
    loop {
        if let (lufs, true) = meter.measure() {
            return lufs.expect("not silent");
        }
    }
}

/// Converts a file to MP3 at the target, as the AutoDJ does.
fn convert(path: &Path, lufs: f32) -> PathBuf {
    let format = TargetFormat { rate: 44_100, channels: 2, kbps: 128 };
    let output = FileOutput::Mp3 { format, gain_db: Some(gain_for(TARGET, lufs)) };
    let job = FileJob { path: path.into(), output, skip_frames: 0 };
    let (mut file, _) = FileTranscoder::open(&job, None).expect("a file of a known format");
    let mut bytes = Vec::new();
    loop {
        let frames = file.next();
        bytes.extend_from_slice(&frames.bytes);
        if frames.is_last {
            break;
        }
    }
    bytes.extend_from_slice(&file.finish().bytes);
    let converted = path.with_extension("mp3");
    fs::write(&converted, bytes).expect("room");
    converted
}

/// Our meter agrees with ffmpeg's, and converted tracks reach the target without peaks above the ceiling,
/// also after +12 dB and −10 dB.
#[test]
fn loudness() {
    if !are_available(&[("ffmpeg", "ffmpeg")]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for material in &MATERIALS {
        let path = material.make(folder.path());
        let (theirs, ours) = (levels(&path), measure(&path));
        let output = levels(&convert(&path, ours));
        println!("{}: ffmpeg {theirs:?}, ours {ours:.2}, converted {output:?}", material.name);
        assert!((ours - theirs.lufs).abs() <= 0.1, "{}: {ours} LUFS, ffmpeg says {theirs:?}", material.name);
        assert!((output.lufs - TARGET).abs() <= 0.5, "{}: {output:?}", material.name);
        assert!(output.dbtp <= -0.85, "{}: {output:?}", material.name);
    }
}
