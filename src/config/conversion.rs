//! `codec`, `format`, `process` and `loudness`: the format of a station, and what is converted to it.

use super::keys;
use super::ranges::{CHANNELS, LOUDNESS};
use super::section::{Located, Section, listed};
use crate::settings::{FormatSettings, Process, StationCodec};
use crate::transcode::{MP3_RATES, mp3_bit_rates};

const CODEC: &str = "codec";
const FORMAT: &str = "format";
const PROCESS: &str = "process";
const LOUDNESS_KEY: &str = "loudness";
const RATE: &str = "samplerate";
pub const BIT_RATE: &str = "bitrate";

const CODECS: &[(&str, StationCodec)] = &[("mp3", StationCodec::Mp3), ("aac", StationCodec::Aac)];

const PROCESSES: &[(&str, Process)] =
    &[("when_needed", Process::WhenNeeded), ("never", Process::Never), ("always", Process::Always)];

/// The expected value of `format`, for error messages.
const FORMAT_EXPECTED: &str = "a table such as { samplerate = 44100, channels = 2, bitrate = 128 }";

/// The keys of a station that say what is converted.
pub struct ConversionKeys {
    /// `None` if the key is missing.
    pub codec: Option<StationCodec>,
    pub format: FormatSettings,
    pub process: Process,
    pub loudness: Option<f32>,
}

/// Reads the keys of the station in this section, and warns about those without effect.
pub fn read(section: &mut Section<'_, '_, '_>) -> ConversionKeys {
    let conversion = ConversionKeys {
        codec: section.choice(CODEC, CODECS),
        format: section.table(FORMAT, &keys::FORMAT, FORMAT_EXPECTED, format).unwrap_or_default(),
        process: section.choice(PROCESS, PROCESSES).unwrap_or_default(),
        loudness: section.decimal(LOUDNESS_KEY, &LOUDNESS).map(|loudness| loudness.value as f32),
    };
    warn_of_unused_keys(section, &conversion);
    conversion
}

fn warn_of_unused_keys(section: &mut Section<'_, '_, '_>, conversion: &ConversionKeys) {
    let (unused, reason): (&[&str], &str) = match (conversion.codec.unwrap_or_default(), conversion.process) {
        (StationCodec::Aac, Process::Always) => (&[FORMAT, LOUDNESS_KEY, PROCESS], WITH_AAC),
        (StationCodec::Aac, _) => (&[FORMAT, LOUDNESS_KEY], WITH_AAC),
        (StationCodec::Mp3, Process::Never) => (&[FORMAT, LOUDNESS_KEY], WITHOUT_PROCESSING),
        (StationCodec::Mp3, _) => (&[], ""),
    };
    for key in unused.iter().filter(|key| section.span(key).is_some()).collect::<Vec<_>>() {
        section.warn(key, reason);
    }
}

const WITH_AAC: &str = r#"has no effect with codec = "aac": AAC files are passed on, not encoded"#;

const WITHOUT_PROCESSING: &str = r#"has no effect with process = "never": nothing is encoded"#;

fn format(mut section: Section<'_, '_, '_>) -> FormatSettings {
    let rate = sampling_rate(&mut section);
    FormatSettings { rate, channels: channels(&mut section), kbps: bit_rate(&mut section, rate) }
}

/// Reads the number of channels.
pub fn channels(section: &mut Section<'_, '_, '_>) -> Option<u8> {
    section.integer("channels", &CHANNELS).map(|channels| channels.value as u8)
}

/// Reads the sampling rate, which must be one that MP3 has.
pub fn sampling_rate(section: &mut Section<'_, '_, '_>) -> Option<u32> {
    section.one_of(RATE, &MP3_RATES, "sampling rates in Hz").map(|rate| rate.value)
}

/// Reads the bit rate, which must be one that can be encoded at this sampling rate, or at any if that is
/// `None`.
pub fn bit_rate(section: &mut Section<'_, '_, '_>, rate: Option<u32>) -> Option<u16> {
    let mut all: Vec<u32> = MP3_RATES.into_iter().flat_map(mp3_bit_rates).map(u32::from).collect();
    all.sort_unstable();
    all.dedup();
    let Located { value, span } = section.one_of(BIT_RATE, &all, "bit rates in kbit/s")?;
    let kbps = u16::try_from(value).ok()?;
    match rate {
        Some(rate) if !mp3_bit_rates(rate).any(|available| available == kbps) => {
            let available = listed(mp3_bit_rates(rate).map(|kbps| kbps.to_string()));
            let reason = format!("is not available at {rate} Hz, expected {available}");
            section.report_rejected(BIT_RATE, span, &reason);
            None
        }
        _ => Some(kbps),
    }
}
