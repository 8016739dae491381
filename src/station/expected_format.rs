//! What the settings say about a station's format before its first frame.

use crate::audio::{Codec, Format, Header};
use crate::settings::{Process, RenditionSettings, StationCodec, StationSettings, Unconverted};
use crate::transcode::{Mp3Encoder, TargetFormat};

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

/// Returns why frames of live sources and upstreams in another format are passed on, if they always are.
pub fn unconverted(settings: &StationSettings) -> Option<Unconverted> {
    Unconverted::from_settings(settings.codec, settings.process, Mp3Encoder::IS_AVAILABLE)
}

/// Returns the codec that the settings decide, by the key `codec`, by the music, or by a complete format.
pub fn configured_codec(settings: &StationSettings) -> Option<Codec> {
    let is_mp3 =
        settings.is_codec_given || !settings.music.is_empty() || configured_format(settings).is_some();
    match settings.codec {
        StationCodec::Aac => Some(Codec::Aac),
        StationCodec::Mp3 => is_mp3.then_some(Codec::Mp3),
    }
}

/// A length of frames that an AAC header can state. Silence has its own.
const AAC_HEADER_LEN: usize = 200;

/// Returns the header of silence for a station whose format is not known.
pub fn default_header(codec: StationCodec) -> Header {
    match codec {
        StationCodec::Mp3 => Header::DEFAULT,
        StationCodec::Aac => Header::new_aac(44_100, 2, AAC_HEADER_LEN).unwrap_or_default(),
    }
}

/// The bit rate of silence in MP3, in kbit/s. Each sampling rate of MP3 has it.
const SILENCE_KBPS: u16 = 128;

/// Returns whether frames can have this format.
pub fn is_valid_format(format: Format) -> bool {
    silence_header(format).is_some_and(|header| header.format() == format)
}

/// Returns the header of silence in this format. `None` if there is no such format.
pub fn silence_header(format: Format) -> Option<Header> {
    match format.codec {
        Codec::Mp3 => Header::new_mp3(format.rate, format.channels, SILENCE_KBPS),
        Codec::Aac => Header::new_aac(format.rate, format.channels, AAC_HEADER_LEN),
    }
}
