//! A change of a station's format by its settings: which frames are in the new format, and where they begin.

use super::expected_format::configured_codec;
use crate::audio::{Codec, Format};
use crate::settings::{Process, StationCodec, StationSettings};
use crate::transcode::{Mp3Encoder, TargetFormat};

/// What the settings demand of the frames of a station. `None` if they leave it to the music or the sources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DemandedFormat {
    codec: Option<Codec>,
    rate: Option<u32>,
    channels: Option<u8>,
}

impl DemandedFormat {
    fn new(settings: &StationSettings) -> Self {
        let StationSettings { music, codec, process, format, .. } = settings;
        let is_encoded =
            Mp3Encoder::IS_AVAILABLE && *codec == StationCodec::Mp3 && *process != Process::Never;
        // Without music, only a complete format has an effect.
        let applies = is_encoded && (!music.is_empty() || TargetFormat::from_settings(format).is_some());
        let format = applies.then_some(format);
        Self {
            codec: configured_codec(settings),
            rate: format.and_then(|format| format.rate),
            channels: format.and_then(|format| format.channels),
        }
    }

    fn matches(self, format: Format) -> bool {
        self.codec.is_none_or(|codec| codec == format.codec)
            && self.rate.is_none_or(|rate| rate == format.rate)
            && self.channels.is_none_or(|channels| channels == format.channels)
    }

    /// Returns `format` with the demanded properties.
    fn applied_to(self, format: Format) -> Format {
        Format {
            codec: self.codec.unwrap_or(format.codec),
            rate: self.rate.unwrap_or(format.rate),
            channels: self.channels.unwrap_or(format.channels),
        }
    }
}

/// The changes of a station's format by its settings.
#[derive(Debug, Default)]
pub struct FormatChange {
    awaited: Option<DemandedFormat>,
    /// The offset of the first frame after the last change.
    changed_at: Option<u64>,
    changes: u64,
}

impl FormatChange {
    /// Waits for the first frame in the format that changed settings demand, if they demand another one than
    /// `before`, and another one than `played`. Returns that format, or else `None`.
    pub fn demand(
        &mut self,
        before: &StationSettings,
        settings: &StationSettings,
        played: Option<Format>,
    ) -> Option<Format> {
        let demanded = DemandedFormat::new(settings);
        if demanded == DemandedFormat::new(before) {
            return None;
        }
        let played = played.filter(|played| !demanded.matches(*played));
        self.awaited = played.map(|_| demanded);
        played.map(|played| demanded.applied_to(played))
    }

    /// Returns how often the format was changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Returns the offset of the first frame after the last change.
    pub fn changed_at(&self) -> Option<u64> {
        self.changed_at
    }

    /// Notes that the frames from `offset` on have this format, and the one before had another. Returns
    /// whether it is the one that the settings demand.
    pub fn note(&mut self, format: Format, offset: u64) -> bool {
        let has_come = self.awaited.take_if(|awaited| awaited.matches(format)).is_some();
        if has_come {
            (self.changed_at, self.changes) = (Some(offset), self.changes + 1);
        }
        has_come
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::FormatSettings;

    #[test]
    fn settings_demand_only_what_they_decide() {
        let format = |rate, channels| FormatSettings { rate, channels, kbps: None };
        let demanded = |music: &str, codec, is_codec_given, process, format| {
            let music = if music.is_empty() { Vec::new() } else { vec![music.into()] };
            let settings = StationSettings {
                music,
                codec,
                is_codec_given,
                process,
                format,
                ..StationSettings::default()
            };
            let DemandedFormat { codec, rate, channels } = DemandedFormat::new(&settings);
            (codec, rate, channels)
        };
        let (mp3, aac) = (StationCodec::Mp3, StationCodec::Aac);
        let some = format(Some(44_100), None);
        let needed = Process::WhenNeeded;
        assert_eq!(demanded("", mp3, false, needed, some), (None, None, None), "sources decide");
        assert_eq!(demanded("a", aac, true, needed, some), (Some(Codec::Aac), None, None));
        assert_eq!(demanded("a", mp3, false, Process::Never, some), (Some(Codec::Mp3), None, None));
        if Mp3Encoder::IS_AVAILABLE {
            assert_eq!(demanded("a", mp3, false, needed, some), (Some(Codec::Mp3), Some(44_100), None));
            let all = format(Some(44_100), Some(2));
            assert_eq!(demanded("", mp3, false, needed, all), (Some(Codec::Mp3), Some(44_100), Some(2)));
        }
    }
}
