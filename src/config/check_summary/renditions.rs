//! The lines of the summary about the renditions of a station.

use std::time::Duration;

use super::amounts::percent;
use super::cost::{DECODE_COST, encode_cost};
use super::live::SummaryLine;
use crate::config::problems::printable;
use crate::config::rendition::waste;
use crate::settings::{Process, StationCodec, StationSettings};
use crate::station::ring_bytes;
use crate::transcode::{RUNG_DELAY, Rung, TargetFormat};

/// The interval at which the server passes frames of a station to the encoder.
const BATCH_INTERVAL: Duration = Duration::from_millis(250);

/// The time for the answer, and the audio that waits in the resampler.
const ANSWER_TIME: Duration = Duration::from_millis(50);

/// The bit reservoir of MPEG-1 in bytes: the largest back reference of a frame (ISO/IEC 11172-3, 2.4.2.7).
const RESERVOIR: u64 = 511;

/// The same for MPEG-2 and MPEG-2.5 (ISO/IEC 13818-3).
const RESERVOIR_MPEG_2: u64 = 255;

/// The renditions of a station.
#[derive(Debug)]
pub struct RenditionsSummary<'s> {
    station: &'s StationSettings,
    renditions: Vec<(&'s StationSettings, TargetFormat)>,
}

impl<'s> RenditionsSummary<'s> {
    /// Finds the renditions of `station` in `all`.
    pub fn gather(station: &'s StationSettings, all: &'s [StationSettings]) -> Self {
        let rendition = |other: &'s StationSettings| {
            let found = other.rendition.as_ref().filter(|rendition| rendition.parent == station.mount)?;
            Some((other, TargetFormat { rate: found.rate, channels: found.channels, kbps: found.kbps }))
        };
        Self { station, renditions: all.iter().filter_map(rendition).collect() }
    }

    /// Returns the lines of the summary. `kbps` is the highest bit rate of the station's music, if known.
    pub fn lines(&self, kbps: Option<u64>) -> Vec<SummaryLine> {
        let mut lines = Vec::new();
        for (rendition, format) in &self.renditions {
            lines.push(("rendition", describe(rendition, *format)));
            let warning =
                kbps.filter(|kbps| self.is_waste(*format, *kbps)).map(|kbps| waste(format.kbps, kbps));
            lines.extend(warning.map(|text| ("warning", format!("{}: {text}", rendition.mount))));
        }
        if self.can_get_heaac() {
            let text = "while a live source or the relay sends HE-AAC, renditions play silence and accept no \
                        listeners: it cannot be decoded in full";
            lines.push(("warning", text.to_owned()));
        }
        if !self.renditions.is_empty() {
            let text = format!("about {} of a core, also without listeners", percent(self.cores()));
            lines.push(("encoding", text));
        }
        lines
    }

    /// Returns the share of a core that decoding the station and encoding its renditions takes.
    pub fn cores(&self) -> f64 {
        let encoding: f64 = self.renditions.iter().map(|(_, format)| encode_cost(*format)).sum();
        if self.renditions.is_empty() { 0.0 } else { DECODE_COST + encoding }
    }

    /// Returns the memory of the renditions in bytes, without their listeners.
    pub fn bytes(&self) -> u64 {
        let ring = |(rendition, format): &(&StationSettings, TargetFormat)| {
            ring_bytes(rendition, format.kbps.into())
        };
        self.renditions.iter().map(ring).sum()
    }

    /// Returns whether a rendition has a higher bit rate than all that the station plays, where its settings
    /// do not say so.
    fn is_waste(&self, format: TargetFormat, station_kbps: u64) -> bool {
        let is_fixed = self.station.process == Process::Always;
        !is_fixed && !self.has_live_input() && u64::from(format.kbps) > station_kbps
    }

    fn can_get_heaac(&self) -> bool {
        let can_get_aac = self.station.codec == StationCodec::Aac || self.station.sources.allow_codec_change;
        !self.renditions.is_empty() && can_get_aac && self.has_live_input()
    }

    fn has_live_input(&self) -> bool {
        self.station.sources.is_enabled() || self.station.relay.is_some()
    }
}

fn describe(rendition: &StationSettings, format: TargetFormat) -> String {
    let StationSettings { id, mount, .. } = rendition;
    let delay = 10.0 * (delay_max(format).as_secs_f64() * 100.0).ceil();
    let listeners = rendition.max_listeners.map_or(String::new(), |max| format!(", at most {max} listeners"));
    printable(&format!("{mount} and /stream/{id}: {format}, up to {delay} ms behind{listeners}"))
}

/// Estimates how far the live edge of a rendition is behind that of its station at most: the encoder's delay,
/// what its bit reservoir holds back, and what waits to be passed to it and back. On a busy machine of two
/// cores, the largest values in 150 were 0.34 to 0.40 s where this is 0.40 to 0.44 s.
fn delay_max(format: TargetFormat) -> Duration {
    let samples = RUNG_DELAY + held_back_max(format);
    Duration::from_secs_f64(samples as f64 / f64::from(format.rate)) + BATCH_INTERVAL + ANSWER_TIME
}

/// Returns the number of samples for which the encoder has read input and not returned frames, at most: a
/// full bit reservoir, and one frame. LAME held back 88 to 99 % of this in the formats that were measured.
fn held_back_max(format: TargetFormat) -> u64 {
    let samples = Rung::samples_per_frame(format);
    let reservoir = if samples == 1152 { RESERVOIR } else { RESERVOIR_MPEG_2 };
    let frame_len = samples * u64::from(format.kbps) * 1000 / 8 / u64::from(format.rate);
    let data_len = frame_len.saturating_sub(header_len(format)).max(1);
    samples + (reservoir * samples).div_ceil(data_len)
}

/// Returns the length of the header and the side information of a frame.
fn header_len(format: TargetFormat) -> u64 {
    let is_mpeg_1 = Rung::samples_per_frame(format) == 1152;
    4 + match (is_mpeg_1, format.channels) {
        (true, 1) | (false, 2..) => 17,
        (true, _) => 32,
        (false, _) => 9,
    }
}

#[cfg(test)]
mod tests;
