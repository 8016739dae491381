//! Silence: decodes the frames and measures their level.

use std::time::Duration;

use crate::audio::{Codec, Frame};
use crate::probe::finding::{FindingKind, Findings};
use crate::probe::options::Thresholds;
use crate::probe::report::{ProbeReport, SilenceReport};
use crate::time::AudioTime;
use crate::transcode::{PcmBlock, SbrMonitor, StreamDecoder};

/// The level of digital silence in reports, in dB.
const LEVEL_MIN: f64 = -120.0;

/// The level of a stream.
pub(super) struct SilenceMeter {
    longest_allowed: Duration,
    /// The mean square below which a frame is silent.
    threshold: f64,
    decoder: Option<(Codec, StreamDecoder)>,
    sbr: SbrMonitor,
    block: PcmBlock,
    /// When the current silence has begun.
    silent_since: Option<AudioTime>,
    longest: (AudioTime, AudioTime),
    /// The highest mean square of a frame.
    highest: f64,
    decoded: u64,
    failed: u64,
}

impl SilenceMeter {
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            longest_allowed: thresholds.silence,
            threshold: 10_f64.powf(thresholds.silence_level / 10.0),
            decoder: None,
            sbr: SbrMonitor::default(),
            block: PcmBlock::default(),
            silent_since: None,
            longest: (AudioTime::ZERO, AudioTime::ZERO),
            highest: 0.0,
            decoded: 0,
            failed: 0,
        }
    }

    /// Returns whether the last frames were HE-AAC, of which the lower half of the spectrum is decoded.
    pub fn is_heaac(&self) -> bool {
        self.sbr.is_heaac()
    }

    /// Measures the frame at this time. One that needs frames that were not received may fail to decode.
    pub fn frame(&mut self, frame: &Frame<'_>, at: AudioTime, is_decodable: bool, findings: &mut Findings) {
        let codec = frame.header.codec();
        if codec == Codec::Aac && self.sbr.examine(&frame.header, frame.bytes).is_err() {
            self.failed += 1;
        }
        let (_, decoder) = self.decoder.get_or_insert_with(|| (codec, StreamDecoder::new(codec)));
        let is_decoded = decoder.decode(frame.bytes, &mut self.block);
        if !is_decoded && is_decodable {
            self.failed += 1;
            self.report_undecoded(codec, at, findings);
        }
        self.decoded += u64::from(is_decoded);
        let level = mean_square(&self.block.samples);
        self.highest = self.highest.max(level);
        // What cannot be decoded is not known to be silent.
        if level < self.threshold && is_decoded {
            self.silent_since.get_or_insert(at);
        } else {
            self.end_silence(at, findings);
        }
    }

    /// symphonia decodes all of layer III, but not every kind of AAC.
    fn report_undecoded(&self, codec: Codec, at: AudioTime, findings: &mut Findings) {
        if codec == Codec::Mp3 {
            findings.add(FindingKind::DamagedFrame, || {
                format!("a frame at {:.2} s cannot be decoded", at.duration().as_secs_f64())
            });
        }
    }

    fn end_silence(&mut self, at: AudioTime, findings: &mut Findings) {
        let Some(since) = self.silent_since.take() else { return };
        let length = at.saturating_sub(since);
        if length > self.longest.0 {
            self.longest = (length, since);
        }
        if length.duration() >= self.longest_allowed {
            findings.add(FindingKind::Silence, || {
                let (length, since) = (length.duration().as_secs_f64(), since.duration().as_secs_f64());
                format!("{length:.1} s of silence, {since:.1} s after the start")
            });
        }
    }

    /// Writes the results about this much audio into the report.
    pub fn finish(&mut self, audio: AudioTime, report: &mut ProbeReport, findings: &mut Findings) {
        if self.failed > 0 && !findings.has(FindingKind::DamagedFrame) {
            let (failed, decoded) = (self.failed, self.decoded);
            findings.add(FindingKind::NotDecoded, || {
                format!("{failed} frames are of a kind of AAC that is not decoded here, {decoded} are")
            });
        }
        if self.decoded == 0 {
            return;
        }
        let is_silent_throughout = self.silent_since == Some(AudioTime::ZERO);
        if is_silent_throughout && audio.duration() >= self.longest_allowed {
            let seconds = audio.duration().as_secs_f64();
            findings.add(FindingKind::Silent, || format!("all {seconds:.1} s of the audio are silent"));
            self.longest = (audio, AudioTime::ZERO);
        } else {
            self.end_silence(audio, findings);
        }
        let (longest, at) = self.longest;
        report.silence = Some(SilenceReport {
            longest_s: longest.duration().as_secs_f64(),
            longest_at_s: at.duration().as_secs_f64(),
            highest_level_db: decibels(self.highest),
        });
    }
}

fn decibels(mean_square: f64) -> f64 {
    (10.0 * mean_square.max(f64::MIN_POSITIVE).log10()).max(LEVEL_MIN)
}

/// Returns the mean of the squares of samples; 0 if there are none.
fn mean_square(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let mean = sum / samples.len().max(1) as f64;
    // A damaged stream can contain anything.
    if mean.is_finite() { mean } else { 1.0 }
}
