//! Describes the settings of one station or rendition.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::value::{SettingValue, SettingValues, collect};
use crate::image::{Image, version_text};
use crate::settings::{
    Account, BitRateLimits, DirectoryListing, Dj, FormatSettings, IcyStatusLine, LiveStart, Process,
    RecordSettings, RelaySettings, RenditionSettings, SourceSettings, StationCodec, StationSettings,
    StreamMeta, Takeover,
};
use crate::stream_url::StreamUrl;

/// The key of a rendition with the mount of its station.
pub const PARENT: &str = "station";

/// The keys on which the AutoDJ of a station depends, as in
/// [`has_same_music`](StationSettings::has_same_music).
const MUSIC_KEYS: [&str; 10] = [
    "music",
    "shuffle",
    "codec",
    "process",
    "loudness",
    "charset",
    "artwork_in_stream_url",
    "format.samplerate",
    "format.channels",
    "format.bitrate",
];

/// The settings of one station or rendition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationDescription {
    /// The stream id.
    pub id: u32,
    /// Whether the configuration gives the id.
    pub id_given: bool,
    /// The path of the stream.
    pub mount: String,
    /// The other keys.
    pub settings: SettingValues,
    /// The DJs by their user names, with the other keys of each.
    #[serde(default)]
    pub djs: BTreeMap<String, SettingValues>,
}

impl StationDescription {
    /// Describes a station or a rendition.
    pub(super) fn new(station: &StationSettings, salt: &[u8]) -> Self {
        let StationSettings { id, has_explicit_id, mount, .. } = station;
        let settings = match &station.rendition {
            Some(rendition) => describe_rendition(station, rendition),
            None => describe(station, salt),
        };
        let djs = station.sources.djs.iter().map(|dj| describe_dj(dj, salt)).collect();
        Self { id: *id, id_given: *has_explicit_id, mount: mount.clone(), settings, djs }
    }

    /// Returns whether a station with these settings has the same music, played in the same way.
    pub fn has_same_music(&self, other: &Self) -> bool {
        MUSIC_KEYS.iter().all(|key| self.settings.get(*key) == other.settings.get(*key))
    }

    /// Returns the mount of the station of a rendition; `None` for a station.
    pub fn parent(&self) -> Option<&str> {
        match self.settings.get(PARENT) {
            Some(SettingValue::Text(mount)) => Some(mount),
            _ => None,
        }
    }
}

/// Returns the keys of a station, without its id, mount and DJs.
fn describe(station: &StationSettings, salt: &[u8]) -> SettingValues {
    let StationSettings {
        id: _,
        has_explicit_id: _,
        mount: _,
        name,
        description,
        genre,
        url,
        public,
        hidden,
        meta,
        music,
        shuffle,
        codec,
        is_codec_given,
        format,
        process,
        loudness,
        metaint,
        burst,
        burst_bytes,
        buffer,
        buffer_bytes,
        delivery_interval,
        icy_status_line,
        intro,
        http_headers,
        max_listeners,
        only_while_on_air,
        max_listener_duration,
        fallback,
        fallback_input,
        overflow,
        is_name_default,
        sources,
        record,
        relay,
        rendition: _,
        artwork,
        artwork_in_stream_url,
    } = station;
    let mut values = collect([
        ("name", Some(SettingValue::text(name))),
        ("name_given", Some(SettingValue::Flag(!is_name_default))),
        ("description", Some(SettingValue::text(description))),
        ("genre", Some(SettingValue::text(genre))),
        ("url", Some(SettingValue::text(url))),
        ("public", Some(directory_listing(*public))),
        ("hidden", Some(SettingValue::Flag(*hidden))),
        ("music", Some(SettingValue::paths(music.iter().map(AsRef::as_ref)))),
        ("shuffle", Some(SettingValue::Flag(*shuffle))),
        ("codec", Some(SettingValue::text(codec_name(*codec)))),
        ("codec_given", Some(SettingValue::Flag(*is_codec_given))),
        ("process", Some(SettingValue::text(process_name(*process)))),
        ("loudness", loudness.map(SettingValue::loudness)),
        ("metaint", Some(SettingValue::integer(*metaint))),
        ("burst_s", Some(SettingValue::seconds(*burst))),
        ("burst_bytes", burst_bytes.map(SettingValue::integer)),
        ("buffer_s", Some(SettingValue::seconds(*buffer))),
        ("buffer_bytes", buffer_bytes.map(SettingValue::integer)),
        ("delivery_interval_ms", Some(SettingValue::milliseconds(*delivery_interval))),
        ("icy_status_line", Some(SettingValue::text(status_line(*icy_status_line)))),
        ("intro", intro.as_ref().map(SettingValue::text)),
        ("http_headers", Some(SettingValue::list(http_headers))),
        ("max_listeners", max_listeners.map(SettingValue::count)),
        ("only_while_on_air", Some(SettingValue::Flag(*only_while_on_air))),
        ("max_listener_duration_s", max_listener_duration.map(SettingValue::seconds)),
        ("fallback", fallback.as_ref().map(SettingValue::text)),
        ("fallback_input", fallback_input.as_ref().map(SettingValue::text)),
        ("overflow", overflow.as_ref().map(SettingValue::text)),
        ("record", record.as_ref().map(record_path)),
        ("relay", relay.as_ref().map(relay_urls)),
        ("relay_credentials", relay.as_ref().and_then(|relay| relay_credentials(relay, salt))),
        ("relay_on_demand", Some(SettingValue::Flag(relay.as_ref().is_some_and(|relay| relay.on_demand)))),
        ("artwork", artwork.as_ref().map(describe_image)),
        ("artwork_in_stream_url", Some(SettingValue::Flag(*artwork_in_stream_url))),
    ]);
    values.append(&mut describe_meta(meta));
    values.append(&mut describe_format(*format));
    values.append(&mut describe_sources(sources, salt));
    values
}

/// Returns the value of `public`.
pub(super) fn directory_listing(public: DirectoryListing) -> SettingValue {
    match public {
        DirectoryListing::Never => SettingValue::Flag(false),
        DirectoryListing::Always => SettingValue::Flag(true),
        DirectoryListing::AsSource => SettingValue::text("as_source"),
    }
}

/// Returns the keys of a rendition, without its id and mount. Its other settings are those of its station.
fn describe_rendition(station: &StationSettings, rendition: &RenditionSettings) -> SettingValues {
    let StationSettings { name, is_name_default, description, public, max_listeners, .. } = station;
    let RenditionSettings { parent, rate, channels, kbps } = rendition;
    collect([
        (PARENT, Some(SettingValue::text(parent))),
        ("bitrate", Some(SettingValue::integer(*kbps))),
        ("samplerate", Some(SettingValue::integer(*rate))),
        ("channels", Some(SettingValue::integer(*channels))),
        ("name", Some(SettingValue::text(name))),
        ("name_given", Some(SettingValue::Flag(!is_name_default))),
        ("description", Some(SettingValue::text(description))),
        ("public", Some(directory_listing(*public))),
        ("max_listeners", max_listeners.map(SettingValue::count)),
    ])
}

fn describe_meta(meta: &StreamMeta) -> SettingValues {
    let StreamMeta {
        logo,
        country_code,
        country_subdivision_code,
        language_codes,
        geo_lat_long,
        do_not_index,
    } = meta;
    let text = |text: &String| (!text.is_empty()).then(|| SettingValue::text(text));
    collect([
        ("logo", text(logo)),
        ("country_code", text(country_code)),
        ("country_subdivision_code", text(country_subdivision_code)),
        ("language_codes", (!language_codes.is_empty()).then(|| SettingValue::list(language_codes))),
        ("geo_lat_long", text(geo_lat_long)),
        ("do_not_index", Some(SettingValue::Flag(*do_not_index))),
    ])
}

fn describe_format(format: FormatSettings) -> SettingValues {
    let FormatSettings { rate, channels, kbps } = format;
    collect([
        ("format.samplerate", rate.map(SettingValue::integer)),
        ("format.channels", channels.map(SettingValue::integer)),
        ("format.bitrate", kbps.map(SettingValue::integer)),
    ])
}

fn describe_sources(sources: &SourceSettings, salt: &[u8]) -> SettingValues {
    let SourceSettings {
        account: Account { user, password },
        djs: _,
        timeout,
        bitrates: BitRateLimits { max, min },
        live_start,
        takeover,
        charset,
        title_delay,
        allow_codec_change,
        max_silence,
    } = sources;
    collect([
        ("source_password", password.as_ref().map(|password| SettingValue::password(password, salt))),
        ("source_user", Some(SettingValue::text(user))),
        ("source_timeout_s", Some(SettingValue::seconds(*timeout))),
        ("max_source_bitrate", max.map(SettingValue::integer)),
        ("min_source_bitrate", min.map(SettingValue::integer)),
        ("live_start", Some(SettingValue::text(live_start_name(*live_start)))),
        ("takeover", Some(SettingValue::text(takeover_name(*takeover)))),
        ("charset", charset.as_ref().map(SettingValue::text)),
        ("title_delay_ms", Some(SettingValue::milliseconds(*title_delay))),
        ("allow_codec_change", Some(SettingValue::Flag(*allow_codec_change))),
        ("max_silence_s", Some(SettingValue::seconds(*max_silence))),
    ])
}

fn describe_dj(dj: &Dj, salt: &[u8]) -> (String, SettingValues) {
    let Dj { name, display, password, priority } = dj;
    let values = collect([
        ("display", display.as_ref().map(SettingValue::text)),
        ("password", Some(SettingValue::password(password, salt))),
        ("priority", Some(SettingValue::Number((*priority).into()))),
    ]);
    (name.clone(), values)
}

/// Returns what the URL of a relay does not show, because it may contain secrets.
fn relay_credentials(relay: &RelaySettings, salt: &[u8]) -> Option<SettingValue> {
    let secrets: Vec<Option<Vec<u8>>> = relay.urls().map(credentials).collect();
    // No credentials contain two line breaks.
    let all: Vec<Vec<u8>> = secrets.iter().map(|secret| secret.clone().unwrap_or_default()).collect();
    secrets.iter().any(Option::is_some).then(|| SettingValue::secret(&all.join(&b"\n\n"[..]), salt))
}

/// Returns the URL of a relay, or the list of them, without credentials.
fn relay_urls(relay: &RelaySettings) -> SettingValue {
    let RelaySettings { url, alternatives, on_demand: _ } = relay;
    match alternatives.is_empty() {
        true => SettingValue::text(url),
        false => SettingValue::list(relay.urls()),
    }
}

/// Returns what a URL does not show: its login and its query. `None` if it has neither.
fn credentials(url: &StreamUrl) -> Option<Vec<u8>> {
    let query = url.target().split_once('?').map(|(_, query)| query.as_bytes());
    (query.is_some() || url.login().is_some()).then(|| {
        // No query contains a line break.
        [query.unwrap_or_default(), b"\n", url.login().unwrap_or_default()].concat()
    })
}

fn record_path(record: &RecordSettings) -> SettingValue {
    let RecordSettings { folder, pattern } = record;
    SettingValue::path(&folder.join(Path::new(pattern)))
}

fn describe_image(image: &Image) -> SettingValue {
    SettingValue::Image {
        content_type: image.content_type().to_owned(),
        bytes: image.bytes().len(),
        hash: version_text(image.digest()),
    }
}

fn codec_name(codec: StationCodec) -> &'static str {
    match codec {
        StationCodec::Mp3 => "mp3",
        StationCodec::Aac => "aac",
    }
}

fn process_name(process: Process) -> &'static str {
    match process {
        Process::WhenNeeded => "when_needed",
        Process::Never => "never",
        Process::Always => "always",
    }
}

pub(super) fn status_line(status_line: IcyStatusLine) -> &'static str {
    match status_line {
        IcyStatusLine::Auto => "auto",
        IcyStatusLine::Always => "always",
        IcyStatusLine::Never => "never",
    }
}

fn live_start_name(live_start: LiveStart) -> &'static str {
    match live_start {
        LiveStart::Immediate => "immediate",
        LiveStart::EndOfTrack => "end_of_track",
    }
}

pub(super) fn takeover_name(takeover: Takeover) -> &'static str {
    match takeover {
        Takeover::SameUser => "same_user",
        Takeover::Never => "never",
        Takeover::AnyUser => "any_user",
        Takeover::Priority => "priority",
    }
}
