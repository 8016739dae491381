//! The bit rate: measured, and compared with the announced one.

use crate::audio::{Codec, Frame, Header};
use crate::probe::finding::{FindingKind, Findings};
use crate::probe::report::{AudioReport, ProbeReport};
use crate::time::AudioTime;

/// The lengths of the frames.
#[derive(Debug)]
pub(super) struct BitRate {
    /// The announced bit rate in kbit/s.
    announced: Option<u32>,
    /// How far the measured one may be from it, as a fraction.
    tolerance: f64,
    bytes: u64,
    first: Option<Header>,
    is_variable: bool,
}

impl BitRate {
    pub fn new(announced: Option<u32>, tolerance: f64) -> Self {
        Self { announced, tolerance, bytes: 0, first: None, is_variable: false }
    }

    /// Counts a frame.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        self.bytes += frame.bytes.len() as u64;
        let first = *self.first.get_or_insert(frame.header);
        self.is_variable |= match frame.header.codec() {
            Codec::Mp3 => first.kbps() != frame.header.kbps(),
            Codec::Aac => true,
        };
    }

    /// Compares the bit rate of this much audio with the announced one, and writes both into the report.
    pub fn finish(
        &self,
        audio: AudioTime,
        is_heaac: bool,
        report: &mut ProbeReport,
        findings: &mut Findings,
    ) {
        let (Some(first), Some(measured)) = (self.first, audio.mean_kbps(self.bytes)) else { return };
        let codec = if is_heaac { "HE-AAC" } else { first.codec().name() };
        report.audio = Some(AudioReport {
            codec,
            sample_rate_hz: first.rate(),
            channels: first.channels(),
            bit_rate_kbps: measured,
            is_variable: self.is_variable,
            announced_kbps: self.announced,
        });
        let Some(announced) = self.announced else { return };
        let tolerance = self.tolerance * if self.is_variable { 2.0 } else { 1.0 };
        if f64::from(measured.abs_diff(announced)) > f64::from(announced) * tolerance {
            findings.add(FindingKind::BitRate, || {
                format!("{announced} kbit/s are announced, and {measured} kbit/s were measured")
            });
        }
    }
}
