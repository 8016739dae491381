//! The same samples through coldwave's encoder and through the program `lame`: frames and speed.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fmt, fs};

use coldwave::transcode::Mp3Encoder;

use crate::cost::timed;
use crate::failure::Failure;
use crate::setting::Setting;
use crate::signal::Signal;

/// The zeros before the first sample, as in [`Mp3Encoder`].
const PADDING: usize = 47;

/// The samples per channel that the program `lame` encodes at once.
const BLOCK: usize = 1152;

/// Both are timed this often, in turn.
const ROUNDS: usize = 5;

/// What was found.
pub struct Comparison {
    name: String,
    /// The number of frames that both have.
    frames: usize,
    /// The number of frames that differ, and the first one.
    different: usize,
    first_different: Option<usize>,
    /// The CPU time of `lame` divided by ours: the median of the rounds, the lowest and the highest.
    speed: [f64; 3],
}

impl Comparison {
    /// Encodes `seconds` of audio both ways.
    pub fn run(setting: &Setting, seconds: u64) -> Result<Self, Failure> {
        let len = setting.whole_frames(seconds as f64) as usize;
        let samples = Signal::new(setting.format.rate, setting.channels()).integers(len);
        let mut file = tempfile::NamedTempFile::new()?;
        file.write_all(&vec![0; PADDING * setting.channels() * 2])?;
        file.write_all(&samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>())?;
        let mut ratios = Vec::new();
        let mut streams = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (theirs, their_time) = encode_with_lame(setting, file.path())?;
            let (ours, our_time) = encode(setting, &samples)?;
            ratios.push(their_time.as_secs_f64() / our_time.as_secs_f64());
            streams = (ours, theirs);
        }
        ratios.sort_by(f64::total_cmp);
        let speed = [ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]];
        let (ours, theirs) = (frames(setting, &streams.0)?, frames(setting, &streams.1)?);
        let is_different = |at: &usize| ours[*at] != theirs[*at];
        let common = ours.len().min(theirs.len());
        Ok(Self {
            name: setting.name(),
            frames: common,
            different: (0..common).filter(is_different).count(),
            first_different: (0..common).find(is_different),
            speed,
        })
    }

    /// The head of the table.
    pub const HEAD: &str = "| setting | frames | different | speed, lame = 1 |\n| --- | ---: | --- | --- |";

    /// Returns whether all frames are equal, but for those at the end, where both fill up differently.
    pub fn is_equal(&self, setting: &Setting) -> bool {
        let last = 2 + 1152 / setting.frame_len() as usize;
        self.first_different.is_none_or(|first| first + last >= self.frames)
    }
}

/// A line of the table.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, lowest, highest] = self.speed;
        let first = self.first_different.map(|first| format!(", from frame {first} on")).unwrap_or_default();
        write!(f, "| {} | {} | {}{first} ", self.name, self.frames, self.different)?;
        write!(f, "| {median:.2} ({lowest:.2} to {highest:.2}) |")
    }
}

/// Encodes with coldwave. Returns the frames and the CPU time.
fn encode(setting: &Setting, samples: &[i16]) -> Result<(Vec<u8>, Duration), Failure> {
    let samples: Vec<f32> = samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
    let encoder = Mp3Encoder::new(setting.format)?;
    Ok(timed(|| encode_all(encoder, &samples, BLOCK * setting.channels())))
}

fn encode_all(mut encoder: Mp3Encoder, samples: &[f32], block: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for block in samples.chunks(block) {
        encoder.push(block);
        bytes.extend(encoder.take_frames().bytes);
    }
    bytes.extend(encoder.finish().bytes);
    bytes
}

/// Encodes a file of raw samples with `lame`. Returns the frames and the CPU time of the process.
fn encode_with_lame(setting: &Setting, file: &Path) -> Result<(Vec<u8>, Duration), Failure> {
    let rate = format!("{}", f64::from(setting.format.rate) / 1000.0);
    let kbps = setting.format.kbps.to_string();
    let mode = if setting.channels() == 1 { "m" } else { "j" };
    let mut command = Command::new("lame");
    command.args(["-r", "-s", &rate, "--bitwidth", "16", "--signed", "--little-endian", "-m", mode]);
    command.args(["-q", "5", "--cbr", "-b", &kbps, "--resample", &rate, "-t", "--noreplaygain", "--quiet"]);
    // It warns about its own build each time.
    command.arg(file).arg("-").stdout(Stdio::piped()).stdin(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("cannot start lame: {error}"))?;
    let mut bytes = Vec::new();
    child.stdout.take().ok_or("lame has no stdout")?.read_to_end(&mut bytes)?;
    // It has ended, or is about to. Its times stay readable until it is waited for.
    let stat = fs::read_to_string(format!("/proc/{}/schedstat", child.id()))?;
    if !child.wait()?.success() {
        return Err("lame failed".into());
    }
    let nanoseconds = stat.split_whitespace().next().ok_or("no time in schedstat")?.parse()?;
    Ok((bytes, Duration::from_nanos(nanoseconds)))
}

fn frames<'a>(setting: &Setting, mut bytes: &'a [u8]) -> Result<Vec<&'a [u8]>, Failure> {
    let codec = setting.header.codec();
    let mut frames = Vec::new();
    while let Some(header) = coldwave::audio::Header::parse(codec, bytes) {
        let (frame, rest) = bytes.split_at_checked(header.frame_len()).ok_or("a torn frame")?;
        frames.push(frame);
        bytes = rest;
    }
    Ok(frames)
}
