//! The frames of one rendition, with everything that checks them.

use std::ops::Range;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::transcode::{Rung, RungFrames};

use crate::decoder::Decoder;
use crate::failure::Failure;
use crate::mpg123::Mpg123;

/// A rendition that is checked as it is encoded.
pub struct Output {
    pub rung: Rung,
    pub decoder: Decoder,
    header: Header,
    mpg123: Option<Mpg123>,
    pub bytes: u64,
    pub cpu: Duration,
    /// The index of the next frame.
    next: u64,
}

impl Output {
    /// Returns an output that keeps these ranges of decoded samples.
    pub fn new(rung: Rung, ranges: Vec<Range<u64>>, mpg123: Option<Mpg123>) -> Result<Self, Failure> {
        let header = rung.format.header().ok_or("MP3 does not have the format")?;
        let decoder = Decoder::new(ranges)?;
        Ok(Self { rung, decoder, header, mpg123, bytes: 0, cpu: Duration::ZERO, next: rung.first })
    }

    /// Checks the next frames.
    pub fn add(&mut self, found: &RungFrames) -> Result<(), Failure> {
        if found.frames.index != self.next {
            return Err(format!("frame {} instead of {}", found.frames.index, self.next).into());
        }
        self.next += u64::from(found.frames.count);
        self.bytes += found.frames.bytes.len() as u64;
        self.cpu += Duration::from_micros(found.cpu_us.into());
        self.decoder.decode(&found.frames.bytes, &self.header)?;
        self.mpg123.as_mut().map_or(Ok(()), |mpg123| mpg123.push(&found.frames.bytes))
    }

    /// Returns the bytes more than those of the nominal bit rate.
    pub fn excess_bytes(&self) -> i64 {
        let samples = (self.decoder.frames * u64::from(self.header.samples())) as f64;
        let nominal = samples / f64::from(self.rung.format.rate) * f64::from(self.rung.format.kbps) * 125.0;
        self.bytes.cast_signed() - nominal.round() as i64
    }

    /// Returns the length of a frame in bytes, with padding.
    pub fn frame_bytes(&self) -> i64 {
        self.header.frame_len().cast_signed() as i64 + 1
    }

    /// Ends mpg123. Returns what it has written, if it is installed.
    pub fn finish_mpg123(&mut self) -> Result<Option<String>, Failure> {
        self.mpg123.take().map(Mpg123::finish).transpose()
    }
}
