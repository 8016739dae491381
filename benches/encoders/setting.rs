//! The settings of the encoder that are measured.

use coldwave::audio::Header;
use coldwave::transcode::TargetFormat;

/// Every sampling rate, one and two channels, low and high bit rates; the usual ones of stations among them.
const SETTINGS: [(u32, u8, u16); 16] = [
    (8_000, 1, 16),
    (11_025, 1, 24),
    (12_000, 2, 32),
    (16_000, 1, 32),
    (22_050, 1, 32),
    (22_050, 2, 64),
    (24_000, 2, 64),
    (32_000, 2, 96),
    (44_100, 1, 64),
    (44_100, 2, 48),
    (44_100, 2, 96),
    (44_100, 2, 128),
    (44_100, 2, 192),
    (44_100, 2, 320),
    (48_000, 2, 128),
    (48_000, 2, 192),
];

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub format: TargetFormat,
    pub header: Header,
}

impl Setting {
    /// Returns a setting that layer III has.
    pub fn new((rate, channels, kbps): (u32, u8, u16)) -> Self {
        let header = Header::new_mp3(rate, channels, kbps).expect("layer III has the setting");
        Self { format: TargetFormat { rate, channels, kbps }, header }
    }

    /// Returns the settings whose names contain `part`.
    pub fn matching(part: &str) -> Vec<Self> {
        SETTINGS.into_iter().map(Self::new).filter(|setting| setting.name().contains(part)).collect()
    }

    /// Returns its name: `44100-2-128`.
    pub fn name(&self) -> String {
        let TargetFormat { rate, channels, kbps } = self.format;
        format!("{rate}-{channels}-{kbps}")
    }

    pub fn channels(&self) -> usize {
        self.format.channels.into()
    }

    /// Returns the samples per channel in a frame.
    pub fn frame_len(&self) -> u64 {
        self.header.samples().into()
    }

    /// Returns the samples per channel in some seconds, rounded down to a whole number of frames.
    pub fn whole_frames(&self, seconds: f64) -> u64 {
        (seconds * f64::from(self.format.rate)) as u64 / self.frame_len() * self.frame_len()
    }
}
