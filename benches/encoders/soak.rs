//! Hours of audio with one setting.

use std::fmt;
use std::time::Duration;

use coldwave::transcode::Mp3Encoder;

use crate::cost::{resident_kib, timed};
use crate::decoder::Decoder;
use crate::failure::Failure;
use crate::lag::{LAG_MAX, lag};
use crate::mpg123::Mpg123;
use crate::setting::Setting;
use crate::signal::Signal;

/// The lag that every setting must have, in samples.
const LAG: usize = 1152;

/// The samples per channel in a call of the encoder.
const BLOCK: u64 = 1152;

/// The samples per channel that are compared at the start and at the end.
const COMPARED: u64 = 30_000;

/// The frames after which the memory of the encoder no longer grows.
const WARM_UP: u64 = 2_000;

/// What was found.
pub struct Soak {
    name: String,
    seconds: f64,
    blocks: u64,
    frames: u64,
    /// The number of bytes less that of the nominal bit rate.
    excess_bytes: i64,
    frame_bytes: i64,
    /// The lags at the start and at the end.
    lags: [usize; 2],
    errors: u64,
    /// What mpg123 wrote, if it is installed.
    mpg123: Option<String>,
    cpu: Duration,
    worst: Duration,
    growth_kib: i64,
    expected_frames: u64,
}

impl Soak {
    /// Encodes and checks.
    pub fn run(setting: &Setting, hours: f64) -> Result<Self, Failure> {
        Runner::new(setting, setting.whole_frames(hours * 3600.0))?.run()
    }

    /// Returns whether everything is as it must be. CPU time and memory are not part of it.
    pub fn is_good(&self) -> bool {
        self.frames == self.expected_frames
            && self.excess_bytes.abs() <= self.frame_bytes
            && self.lags.iter().all(|lag| lag.abs_diff(LAG) <= 1)
            && self.errors == 0
            && self.mpg123.as_deref().is_none_or(str::is_empty)
    }

    /// The head of the table.
    pub const HEAD: &str = "| setting | seconds | blocks | frames | bytes too many | lag at start, end | errors | \
        mpg123 | CPU | worst call | memory |\n\
        | --- | ---: | ---: | ---: | ---: | --- | ---: | --- | ---: | ---: | ---: |";
}

/// A line of the table.
impl fmt::Display for Soak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mpg123 = match self.mpg123.as_deref() {
            None => "not installed",
            Some("") => "silent",
            Some(said) => said,
        };
        write!(
            f,
            "| {} | {:.0} | {} | {} | {} | {}, {} | {} | {mpg123} | {:.2} % | {:.1} ms | {:+} KiB |",
            self.name,
            self.seconds,
            self.blocks,
            self.frames,
            self.excess_bytes,
            self.lags[0],
            self.lags[1],
            self.errors,
            100.0 * self.cpu.as_secs_f64() / self.seconds,
            self.worst.as_secs_f64() * 1000.0,
            self.growth_kib,
        )
    }
}

/// An encoder with everything that checks it.
struct Runner<'a> {
    setting: &'a Setting,
    len: u64,
    encoder: Mp3Encoder,
    signal: Signal,
    decoder: Decoder,
    mpg123: Option<Mpg123>,
    /// The starts of the parts that are compared, and the input there.
    compared: [(u64, Vec<f32>); 2],
    bytes: u64,
    cpu: Duration,
    worst: Duration,
    warm_kib: i64,
}

impl<'a> Runner<'a> {
    fn new(setting: &'a Setting, len: u64) -> Result<Self, Failure> {
        let starts = [len / 4, len - COMPARED - LAG as u64].map(|start| start / BLOCK * BLOCK);
        let ranges = starts.map(|start| start..start + COMPARED + LAG_MAX as u64);
        Ok(Self {
            setting,
            len,
            encoder: Mp3Encoder::new(setting.format)?,
            signal: Signal::new(setting.format.rate, setting.channels()),
            decoder: Decoder::new(ranges.into())?,
            mpg123: Mpg123::start()?,
            compared: starts.map(|start| (start, Vec::new())),
            bytes: 0,
            cpu: Duration::ZERO,
            worst: Duration::ZERO,
            warm_kib: 0,
        })
    }

    fn run(mut self) -> Result<Soak, Failure> {
        let mut samples = Vec::new();
        let blocks = self.len / BLOCK;
        for block in 0..blocks {
            self.signal.next(BLOCK as usize, &mut samples);
            self.keep(block * BLOCK, &samples);
            let (frames, time) = timed(|| {
                self.encoder.push(&samples);
                self.encoder.take_frames()
            });
            self.cpu += time;
            self.worst = self.worst.max(time);
            self.check(&frames.bytes)?;
            if block == WARM_UP.min(blocks / 2) {
                self.warm_kib = resident_kib()?;
            }
        }
        let growth_kib = resident_kib()? - self.warm_kib;
        self.finish(blocks, growth_kib)
    }

    /// Keeps the first channel of the input that is compared.
    fn keep(&mut self, at: u64, samples: &[f32]) {
        let channels = self.setting.channels();
        for (start, kept) in &mut self.compared {
            if (*start..*start + COMPARED).contains(&at) {
                kept.extend(samples.iter().step_by(channels));
            }
        }
    }

    fn check(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.bytes += bytes.len() as u64;
        self.decoder.decode(bytes, &self.setting.header)?;
        self.mpg123.as_mut().map_or(Ok(()), |mpg123| mpg123.push(bytes))
    }

    fn finish(mut self, blocks: u64, growth_kib: i64) -> Result<Soak, Failure> {
        let position = self.encoder.position();
        let encoder = std::mem::replace(&mut self.encoder, Mp3Encoder::new(self.setting.format)?);
        let last = encoder.finish();
        self.check(&last.bytes)?;
        let frame_len = self.setting.frame_len();
        let rate = f64::from(self.setting.format.rate);
        let nominal = (last.index + u64::from(last.count)) as f64 * frame_len as f64 / rate
            * f64::from(self.setting.format.kbps)
            * 125.0;
        let lags = [0, 1].map(|at| lag(&self.compared[at].1, &self.decoder.collected[at]));
        Ok(Soak {
            name: self.setting.name(),
            seconds: position as f64 / rate,
            blocks,
            frames: self.decoder.frames,
            excess_bytes: self.bytes.cast_signed() - nominal.round() as i64,
            frame_bytes: self.setting.header.frame_len().cast_signed() as i64 + 1,
            lags,
            errors: self.decoder.errors,
            mpg123: self.mpg123.map(Mpg123::finish).transpose()?,
            cpu: self.cpu,
            worst: self.worst,
            growth_kib,
            expected_frames: (position + LAG as u64).div_ceil(frame_len),
        })
    }
}
