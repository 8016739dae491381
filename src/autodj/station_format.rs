//! The format of a station: what its settings say, else what it was before, else what most of its music has.

use std::fmt;
use std::time::Duration;

use crate::settings::FormatSettings;
use crate::transcode::{DEFAULT_KBPS, MP3_RATES, TargetFormat, mp3_bit_rates};

/// The sampling rate of a station whose music does not decide it.
const DEFAULT_RATE: u32 = 44_100;

/// The number of channels of a station whose music does not decide it.
const DEFAULT_CHANNELS: u8 = 2;

/// The highest sampling rate that MP3 has.
const RATE_MAX: u32 = 48_000;

/// The format of a station that plays MP3, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StationFormat {
    /// The format in which audio is encoded. Files with its sampling rate and channels are passed on.
    pub target: TargetFormat,
    /// Where the sampling rate and the channels come from.
    pub origin: FormatOrigin,
}

/// Where the format of a station comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatOrigin {
    /// The settings.
    Configured,
    /// The file in the state directory.
    Stored,
    /// The format that most of the music has.
    Music,
    /// There is no music, or as much in one format as in another.
    Default,
}

/// For the log and `--check`.
impl fmt::Display for FormatOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configured => "configured",
            Self::Stored => "stored in state_dir",
            Self::Music => "that of most of the music",
            Self::Default => "the default",
        })
    }
}

/// What the music of a station has decided, and what therefore stays when the music changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoredFormat {
    /// The sampling rate in Hz; `None` if the settings have decided it.
    pub rate: Option<u32>,
    /// The number of channels; `None` if the settings have decided it.
    pub channels: Option<u8>,
}

impl StationFormat {
    /// Returns the format if the settings and what is stored decide it without the music.
    pub fn known(settings: &FormatSettings, stored: StoredFormat) -> Option<Self> {
        let fixed = with_stored(settings, stored);
        let (rate, channels) = (fixed.rate?, fixed.channels?);
        let is_configured = settings.rate.is_some() && settings.channels.is_some();
        let origin = if is_configured { FormatOrigin::Configured } else { FormatOrigin::Stored };
        Some(Self { target: target(rate, channels, fixed.kbps), origin })
    }

    /// Returns the format of a station with this music: sampling rate in Hz, channels and length of each file
    /// or group of files. What is stored has priority over the music.
    pub fn from_music(
        settings: &FormatSettings,
        stored: StoredFormat,
        music: impl Iterator<Item = (u32, u8, Duration)>,
    ) -> Self {
        let fixed = with_stored(settings, stored);
        let of_music = most_frequent(music.map(|(rate, channels, length)| {
            let rate = fixed.rate.unwrap_or_else(|| mp3_rate(rate, fixed.kbps));
            ((rate, fixed.channels.unwrap_or(channels.clamp(1, 2))), length)
        }));
        let default_rate = fixed.rate.unwrap_or_else(|| mp3_rate(DEFAULT_RATE, fixed.kbps));
        let default = (default_rate, fixed.channels.unwrap_or(DEFAULT_CHANNELS));
        let origin = if of_music.is_some() { FormatOrigin::Music } else { FormatOrigin::Default };
        let (rate, channels) = of_music.unwrap_or(default);
        Self { target: target(rate, channels, fixed.kbps), origin }
    }

    /// Returns the format of a station with this music, if nothing is stored.
    pub fn decide(
        settings: &FormatSettings,
        music: impl Iterator<Item = (u32, u8, Duration)>,
    ) -> TargetFormat {
        Self::from_music(settings, StoredFormat::default(), music).target
    }

    /// Returns what to store, so that the format stays: what the music has decided.
    pub fn to_store(&self, settings: &FormatSettings) -> StoredFormat {
        StoredFormat {
            rate: settings.rate.is_none().then_some(self.target.rate),
            channels: settings.channels.is_none().then_some(self.target.channels),
        }
    }
}

/// Returns the settings with what is stored in place of what they leave open. A stored sampling rate without
/// the bit rate of the settings does not count.
fn with_stored(settings: &FormatSettings, stored: StoredFormat) -> FormatSettings {
    let stored_rate = stored.rate.filter(|rate| has_kbps(*rate, settings.kbps));
    FormatSettings {
        rate: settings.rate.or(stored_rate),
        channels: settings.channels.or(stored.channels),
        kbps: settings.kbps,
    }
}

fn target(rate: u32, channels: u8, kbps: Option<u16>) -> TargetFormat {
    let configured = kbps.filter(|kbps| has_kbps(rate, Some(*kbps)));
    let format = TargetFormat::with_kbps(rate, channels, configured);
    format.unwrap_or(TargetFormat { rate, channels, kbps: DEFAULT_KBPS })
}

/// Returns the item with the greatest sum of lengths; `None` if there is none, or several have as much.
fn most_frequent<T: PartialEq>(items: impl Iterator<Item = (T, Duration)>) -> Option<T> {
    let mut sums: Vec<(T, Duration)> = Vec::new();
    for (item, length) in items {
        match sums.iter_mut().find(|(known, _)| *known == item) {
            Some((_, sum)) => *sum = sum.saturating_add(length),
            None => sums.push((item, length)),
        }
    }
    let greatest = sums.iter().map(|(_, sum)| *sum).max()?;
    let mut first = sums.into_iter().filter(|(_, sum)| *sum == greatest);
    first.next().filter(|_| first.next().is_none()).map(|(item, _)| item)
}

/// Returns the sampling rate of MP3 for music with this one: the same, else one that loses little of it,
/// among those that have the bit rate.
fn mp3_rate(rate: u32, kbps: Option<u16>) -> u32 {
    let nearest = nearest_mp3_rate(rate);
    let others = MP3_RATES.into_iter().filter(|other| is_related(nearest, *other) && has_kbps(*other, kbps));
    others.min_by_key(|other| other.abs_diff(nearest)).unwrap_or(nearest)
}

/// Returns the rate itself if MP3 has it; else the next higher one. Above 48 kHz, halves of the rate are
/// tried: a resampler is exact and fast between them.
fn nearest_mp3_rate(rate: u32) -> u32 {
    let mut halved = rate;
    while halved > RATE_MAX {
        halved /= 2;
    }
    match MP3_RATES.into_iter().find(|other| *other >= halved) {
        Some(other) if rate <= RATE_MAX || other == halved && other >= DEFAULT_RATE => other,
        _ => RATE_MAX,
    }
}

/// Returns whether one sampling rate is the other one, its double or half and so on.
fn is_related(rate: u32, other: u32) -> bool {
    let (low, high) = (rate.min(other), rate.max(other));
    high.is_multiple_of(low) && (high / low).is_power_of_two()
}

/// Returns whether MP3 has this bit rate at this sampling rate; true without a bit rate.
fn has_kbps(rate: u32, kbps: Option<u16>) -> bool {
    kbps.is_none_or(|kbps| mp3_bit_rates(rate).any(|available| available == kbps))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: FormatSettings = FormatSettings { rate: None, channels: None, kbps: None };

    /// Returns the format for music of these rates, channels and minutes, as `rate/channels/kbps`.
    fn decide(settings: FormatSettings, music: &[(u32, u8, u64)]) -> String {
        let music = music
            .iter()
            .map(|(rate, channels, minutes)| (*rate, *channels, Duration::from_secs(60 * minutes)));
        show(StationFormat::decide(&settings, music))
    }

    fn show(TargetFormat { rate, channels, kbps }: TargetFormat) -> String {
        format!("{rate}/{channels}/{kbps}")
    }

    #[test]
    fn most_of_the_music_by_duration_decides() {
        for (music, expected) in [
            (&[(48_000, 2, 4)][..], "48000/2/128"),
            (&[(44_100, 2, 3), (44_100, 2, 3), (48_000, 2, 5)], "44100/2/128"),
            (&[(44_100, 2, 3), (48_000, 2, 5)], "48000/2/128"),
            (&[(44_100, 2, 3), (44_100, 1, 2), (22_050, 1, 4)], "22050/1/128"),
            (&[(48_000, 6, 3), (48_000, 1, 2)], "48000/2/128"),
            (&[(96_000, 2, 2), (48_000, 2, 2), (44_100, 2, 3)], "48000/2/128"),
            (&[(8000, 1, 1)], "8000/1/64"),
            (&[(12_000, 2, 1)], "12000/2/64"),
            (&[(16_000, 1, 1)], "16000/1/128"),
        ] {
            assert_eq!(decide(NONE, music), expected, "{music:?}");
        }
    }

    #[test]
    fn ties_and_no_music_give_44_1_khz_stereo() {
        assert_eq!(decide(NONE, &[]), "44100/2/128");
        assert_eq!(decide(NONE, &[(44_100, 2, 3), (48_000, 2, 3)]), "44100/2/128");
        assert_eq!(decide(NONE, &[(48_000, 1, 3), (22_050, 1, 3), (8000, 1, 1)]), "44100/2/128");
        let tie = [(48_000, 2, Duration::from_secs(1)), (32_000, 1, Duration::from_secs(1))];
        let format = StationFormat::from_music(&NONE, StoredFormat::default(), tie.into_iter());
        assert_eq!(format.origin, FormatOrigin::Default);
    }

    #[test]
    fn rates_that_mp3_does_not_have_become_related_ones() {
        for (rate, expected) in [
            (88_200, 44_100),
            (176_400, 44_100),
            (352_800, 44_100),
            (2_822_400, 44_100),
            (96_000, 48_000),
            (192_000, 48_000),
            (64_000, 48_000),
            (50_000, 48_000),
            (48_001, 48_000),
            (47_000, 48_000),
            (37_800, 44_100),
            (18_900, 22_050),
            (11_024, 11_025),
            (5512, 8000),
            (1, 8000),
            (0, 8000),
            (u32::MAX, 48_000),
        ] {
            assert_eq!(mp3_rate(rate, None), expected, "{rate}");
        }
        for rate in MP3_RATES {
            assert_eq!(mp3_rate(rate, None), rate);
        }
    }

    #[test]
    fn configured_keys_have_priority_and_the_music_decides_the_rest() {
        let music = [(44_100, 2, 3), (22_050, 1, 4), (44_100, 1, 2)];
        let rate = FormatSettings { rate: Some(48_000), ..NONE };
        assert_eq!(decide(rate, &music), "48000/1/128", "six minutes of mono, three of stereo");
        let channels = FormatSettings { channels: Some(2), ..NONE };
        assert_eq!(decide(channels, &music), "44100/2/128", "five minutes at 44.1 kHz, four at 22.05");
        let all = FormatSettings { rate: Some(8000), channels: Some(2), kbps: Some(16) };
        assert_eq!(decide(all, &music), "8000/2/16");
        assert_eq!(decide(FormatSettings { rate: Some(11_025), ..NONE }, &[]), "11025/2/64");
    }

    #[test]
    fn bit_rate_that_the_rate_of_the_music_does_not_have_moves_it_to_a_related_one() {
        for (kbps, rate, expected) in [
            (320, 22_050, "44100/2/320"),
            (320, 8000, "32000/2/320"),
            (8, 48_000, "24000/2/8"),
            (24, 44_100, "22050/2/24"),
            (128, 12_000, "24000/2/128"),
            (64, 12_000, "12000/2/64"),
        ] {
            let settings = FormatSettings { kbps: Some(kbps), ..NONE };
            assert_eq!(decide(settings, &[(rate, 2, 1)]), expected);
        }
        assert_eq!(decide(FormatSettings { kbps: Some(8), ..NONE }, &[]), "22050/2/8");
    }

    #[test]
    fn stored_format_stays_until_a_key_overrides_it() {
        let stored = StoredFormat { rate: Some(48_000), channels: Some(1) };
        let known = |settings: FormatSettings, stored| {
            let known = StationFormat::known(&settings, stored)?;
            Some((show(known.target), known.origin))
        };
        let some = |text: &str, origin| Some((text.to_owned(), origin));
        assert_eq!(known(NONE, stored), some("48000/1/128", FormatOrigin::Stored));
        let rate = FormatSettings { rate: Some(22_050), ..NONE };
        assert_eq!(known(rate, stored), some("22050/1/128", FormatOrigin::Stored));
        let kbps = FormatSettings { kbps: Some(320), ..NONE };
        assert_eq!(known(kbps, stored), some("48000/1/320", FormatOrigin::Stored));
        let both = FormatSettings { rate: Some(44_100), channels: Some(2), kbps: None };
        assert_eq!(known(both, stored), some("44100/2/128", FormatOrigin::Configured));
        // What is still open, the music decides.
        assert_eq!(known(NONE, StoredFormat { rate: None, ..stored }), None);
        assert_eq!(known(NONE, StoredFormat::default()), None);
        let low = FormatSettings { kbps: Some(8), ..NONE };
        assert_eq!(known(low, stored), None, "48 kHz does not have 8 kbit/s");
        let music = [(32_000, 2, Duration::from_secs(9))];
        let partly =
            StationFormat::from_music(&NONE, StoredFormat { rate: None, ..stored }, music.into_iter());
        assert_eq!((show(partly.target).as_str(), partly.origin), ("32000/1/128", FormatOrigin::Music));
    }

    #[test]
    fn only_what_the_music_has_decided_is_stored() {
        let music = [(48_000, 1, Duration::from_secs(9))];
        let store = |settings: FormatSettings| {
            StationFormat::from_music(&settings, StoredFormat::default(), music.into_iter())
                .to_store(&settings)
        };
        assert_eq!(store(NONE), StoredFormat { rate: Some(48_000), channels: Some(1) });
        let rate = FormatSettings { rate: Some(22_050), ..NONE };
        assert_eq!(store(rate), StoredFormat { rate: None, channels: Some(1) });
    }

    fn any_settings() -> impl Strategy<Value = FormatSettings> {
        let kbps = prop::sample::select(MP3_RATES.into_iter().flat_map(mp3_bit_rates).collect::<Vec<_>>());
        let rate = prop::option::of(prop::sample::select(MP3_RATES.to_vec()));
        (rate, prop::option::of(1u8..=2), prop::option::of(kbps))
            .prop_map(|(rate, channels, kbps)| FormatSettings { rate, channels, kbps })
            // The configuration refuses the others.
            .prop_filter("a format", |format| format.rate.is_none_or(|rate| has_kbps(rate, format.kbps)))
    }

    proptest! {
        #[test]
        fn every_decision_can_be_encoded_has_the_configured_keys_and_is_stable(
            settings in any_settings(),
            music in prop::collection::vec((any::<u32>(), any::<u8>(), 0u64..9), 0..9),
        ) {
            let music = || {
                let of_file = |(rate, channels, length): &(u32, u8, u64)| {
                    (*rate, *channels, Duration::from_secs(*length))
                };
                music.iter().map(of_file).collect::<Vec<_>>().into_iter()
            };
            let found = StationFormat::from_music(&settings, StoredFormat::default(), music());
            let TargetFormat { rate, channels, kbps } = found.target;
            prop_assert!(mp3_bit_rates(rate).any(|available| available == kbps), "{:?}", found);
            prop_assert!((1..=2).contains(&channels));
            prop_assert!(settings.rate.is_none_or(|configured| configured == rate));
            prop_assert!(settings.channels.is_none_or(|configured| configured == channels));
            prop_assert!(settings.kbps.is_none_or(|configured| configured == kbps));
            let stored = found.to_store(&settings);
            let again = StationFormat::known(&settings, stored).map(|known| known.target);
            prop_assert_eq!(again, Some(found.target), "the next start finds the same");
        }
    }
}
