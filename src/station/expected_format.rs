//! What the settings say about a station's format before its first frame.

use crate::audio::{Codec, Header};
use crate::settings::{Process, RenditionSettings, StationCodec, StationSettings};
use crate::transcode::TargetFormat;

/// Returns the format of a rendition, or of a station without music if its settings say all of it. Music
/// decides it otherwise.
pub fn configured_format(settings: &StationSettings) -> Option<TargetFormat> {
    if let Some(RenditionSettings { rate, channels, kbps, .. }) = settings.rendition {
        return Some(TargetFormat { rate, channels, kbps });
    }
    let is_fixed = settings.music.is_empty()
        && settings.codec == StationCodec::Mp3
        && settings.process != Process::Never;
    if is_fixed { TargetFormat::from_settings(&settings.format) } else { None }
}

/// Returns the codec that is expected before the first frame.
pub fn expected_codec(settings: &StationSettings) -> Option<Codec> {
    let is_mp3 = !settings.music.is_empty() || configured_format(settings).is_some();
    match settings.codec {
        StationCodec::Aac => Some(Codec::Aac),
        StationCodec::Mp3 => is_mp3.then_some(Codec::Mp3),
    }
}

/// Returns the header of silence for a station whose format is not known.
pub fn default_header(codec: StationCodec) -> Header {
    match codec {
        StationCodec::Mp3 => Header::DEFAULT,
        StationCodec::Aac => Header::new_aac(44_100, 2, 200).unwrap_or_default(),
    }
}
