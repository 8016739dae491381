//! The settings of a rendition: the programme of a station at another bit rate.

/// What makes a station a rendition of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenditionSettings {
    /// The mount of the station whose programme it is.
    pub parent: String,
    /// The sampling rate in Hz, one that MP3 has.
    pub rate: u32,
    /// The number of channels: 1 or 2.
    pub channels: u8,
    /// The bit rate in kbit/s, one that MP3 has at this rate.
    pub kbps: u16,
}

impl RenditionSettings {
    /// Returns the sampling rate in Hz and the number of channels that suit a bit rate in kbit/s.
    pub const fn default_format(kbps: u16) -> (u32, u8) {
        let channels = Self::default_channels(kbps);
        (Self::default_rate(kbps, channels), channels)
    }

    /// Returns the number of channels that suits a bit rate in kbit/s: up to 40, two channels leave too
    /// little for each.
    pub const fn default_channels(kbps: u16) -> u8 {
        if kbps <= 40 { 1 } else { 2 }
    }

    /// Returns the sampling rate in Hz that suits a bit rate in kbit/s and a number of channels.
    ///
    /// LAME chooses the same for audio at 44.1 kHz when it is left alone (`optimum_bandwidth` and
    /// `optimum_samplefreq` in its `lame.c`), except at 96 kbit/s in stereo: 32 kHz. There most stations need
    /// no conversion of the rate with 44.1 kHz, and it measured well. At 64 kbit/s in stereo, 24 kHz measured
    /// better than 44.1 kHz with two models of hearing, ViSQOL and Zimtohrli.
    pub const fn default_rate(kbps: u16, channels: u8) -> u32 {
        match (channels, kbps) {
            (1, 0..=8) | (2, 0..=24) => 8_000,
            (1, 9..=24) | (2, 25..=40) => 16_000,
            (1, 25..=32) | (2, 41..=48) => 22_050,
            (1, 33..=40) | (2, 49..=64) => 24_000,
            (1, 41..=48) | (2, 65..=80) => 32_000,
            _ => 44_100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_rate_has_the_rate_and_the_channels_that_suit_it() {
        for (kbps, expected) in [
            (8, (8_000, 1)),
            (16, (16_000, 1)),
            (24, (16_000, 1)),
            (32, (22_050, 1)),
            (40, (24_000, 1)),
            (48, (22_050, 2)),
            (64, (24_000, 2)),
            (80, (32_000, 2)),
            (96, (44_100, 2)),
            (320, (44_100, 2)),
        ] {
            assert_eq!(RenditionSettings::default_format(kbps), expected, "{kbps} kbit/s");
        }
        let rates = [32, 48, 64].map(|kbps| RenditionSettings::default_rate(kbps, 1));
        assert_eq!(rates, [22_050, 32_000, 44_100], "mono has more bits for each sample");
        assert_eq!(RenditionSettings::default_rate(32, 2), 16_000, "stereo has fewer");
    }
}
