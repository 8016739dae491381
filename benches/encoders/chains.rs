//! What whole conversions cost: from a file or a stream to frames.

use std::fs;
use std::path::Path;
use std::time::Duration;

use coldwave::audio::{Codec, Header};
use coldwave::transcode::{FileJob, FileOutput, FileTranscoder, Mp3Encoder, StreamTranscoder, TargetFormat};

use crate::cost::{resident_kib, timed};
use crate::failure::Failure;
use crate::signal::Signal;

const STATION: TargetFormat = TargetFormat { rate: 44_100, channels: 2, kbps: 128 };

/// Measures all conversions, on `seconds` of audio. Returns a line for each.
pub fn run(seconds: u64) -> Result<Vec<String>, Failure> {
    let folder = tempfile::tempdir()?;
    let mut lines = Vec::new();
    for (rate, channels, gain_db) in [
        (44_100, 2, None),
        (44_100, 2, Some(6.0)),
        (48_000, 2, None),
        (48_000, 2, Some(6.0)),
        (96_000, 2, None),
        (22_050, 1, None),
    ] {
        let path = folder.path().join("audio.wav");
        write_wave(&path, rate, channels, seconds)?;
        let output = FileOutput::Mp3 { format: STATION, gain_db };
        let (cpu, worst) = convert_file(FileJob { path, output, skip_frames: 0 })?;
        let limiter = if gain_db.is_some() { ", limiter" } else { "" };
        lines.push(line(&format!("WAV {rate}-{channels}{limiter}"), cpu, worst, seconds)?);
    }
    for (rate, channels, kbps) in [(44_100, 2, 320), (48_000, 1, 64), (22_050, 1, 32)] {
        let (cpu, worst) = convert_stream(TargetFormat { rate, channels, kbps }, seconds)?;
        lines.push(line(&format!("MP3 stream {rate}-{channels}-{kbps}"), cpu, worst, seconds)?);
    }
    Ok(lines)
}

/// The head of the table.
pub const HEAD: &str =
    "| to 44100-2-128 from | CPU | worst request | resident memory |\n| --- | ---: | ---: | ---: |";

fn line(name: &str, cpu: Duration, worst: Duration, seconds: u64) -> Result<String, Failure> {
    let percent = 100.0 * cpu.as_secs_f64() / seconds as f64;
    let worst = worst.as_secs_f64() * 1000.0;
    Ok(format!("| {name} | {percent:.2} % | {worst:.1} ms | {} KiB |", resident_kib()?))
}

fn convert_file(job: FileJob) -> Result<(Duration, Duration), Failure> {
    let (opened, mut cpu) = timed(|| FileTranscoder::open(&job, None));
    let (mut transcoder, _) = opened?;
    let mut worst = Duration::ZERO;
    loop {
        let (frames, time) = timed(|| transcoder.next());
        cpu += time;
        worst = worst.max(time);
        if frames.is_last {
            return Ok((cpu, worst));
        }
    }
}

fn convert_stream(input: TargetFormat, seconds: u64) -> Result<(Duration, Duration), Failure> {
    let mut encoder = Mp3Encoder::new(input)?;
    let mut signal = Signal::new(input.rate, input.channels.into());
    let mut transcoder = StreamTranscoder::new(Codec::Mp3, STATION)?;
    let (mut cpu, mut worst, mut samples) = (Duration::ZERO, Duration::ZERO, Vec::new());
    for _ in 0..seconds {
        signal.next(input.rate as usize, &mut samples);
        encoder.push(&samples);
        for frame in frames(&encoder.take_frames().bytes) {
            let (_, time) = timed(|| transcoder.push(frame, &[]));
            cpu += time;
            worst = worst.max(time);
        }
    }
    Ok((cpu, worst))
}

fn frames(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while let Some(header) = Header::parse(Codec::Mp3, bytes) {
        let (frame, rest) = bytes.split_at(header.frame_len());
        frames.push(frame);
        bytes = rest;
    }
    frames
}

/// Writes a WAV file of 16 bits.
fn write_wave(path: &Path, rate: u32, channels: u16, seconds: u64) -> Result<(), Failure> {
    let samples = Signal::new(rate, channels.into()).integers(rate as usize * seconds as usize);
    let len = samples.len() as u32 * 2;
    let mut bytes = Vec::with_capacity(len as usize + 44);
    bytes.extend(b"RIFF");
    bytes.extend((len + 36).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(channels) * 2).to_le_bytes());
    bytes.extend((channels * 2).to_le_bytes());
    bytes.extend(b"\x10\0data");
    bytes.extend(len.to_le_bytes());
    samples.iter().for_each(|sample| bytes.extend(sample.to_le_bytes()));
    Ok(fs::write(path, bytes)?)
}
