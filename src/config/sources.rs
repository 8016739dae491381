//! The keys of `[[station]]` for live sources, recording and relays.

use std::path::Path;
use std::time::Duration;

use encoding_rs::Encoding;

use super::logins::{self, LoginMethod};
use super::ranges::{IntegerRange, RELAY_URLS_MAX, SILENCE, SOURCE_BITRATE, SOURCE_TIMEOUT, TITLE_DELAY};
use super::section::Section;
use super::{djs, recording};
use crate::settings::{BitRateLimits, LiveStart, RecordSettings, RelaySettings, SourceSettings, Takeover};
use crate::stream_url::StreamUrl;

const RECORD: &str = "record";
const RELAY: &str = "relay";
const ON_DEMAND: &str = "relay_on_demand";
const CHARSET: &str = "charset";
const MAX_BITRATE: &str = "max_source_bitrate";
const MIN_BITRATE: &str = "min_source_bitrate";

/// Keys that have no effect without live sources.
const SOURCE_KEYS: [&str; 7] =
    ["source_timeout_s", MAX_BITRATE, MIN_BITRATE, "live_start", "takeover", "allow_codec_change", RECORD];

/// The keys among [`SOURCE_KEYS`] that also have an effect on a relay.
const RELAY_KEYS: [&str; 2] = ["source_timeout_s", "allow_codec_change"];

/// Returns whether the station has a key for live sources or a relay, valid or not.
pub fn has_live_key(section: &Section<'_, '_, '_>) -> bool {
    ["source_password", "dj", RELAY, "fallback_input"].into_iter().any(|key| section.span(key).is_some())
}

/// Reads the settings for live sources of the station in this section.
pub fn read(section: &mut Section<'_, '_, '_>) -> SourceSettings {
    let defaults = SourceSettings::default();
    let keys = ["source_user", "source_password"];
    let account = logins::account(section, keys, LoginMethod::Encoder, defaults.account);
    let sources = SourceSettings {
        djs: djs::read(section, &account),
        timeout: timeout(section).unwrap_or(defaults.timeout),
        bitrates: bitrates(section),
        live_start: section.choice("live_start", LIVE_STARTS).unwrap_or_default(),
        takeover: section.choice("takeover", TAKEOVERS).unwrap_or_default(),
        charset: charset(section),
        title_delay: title_delay(section).unwrap_or(defaults.title_delay),
        allow_codec_change: section.flag("allow_codec_change").unwrap_or(defaults.allow_codec_change),
        max_silence: max_silence(section, &SILENCE).unwrap_or(defaults.max_silence),
        account,
    };
    if !sources.is_enabled() {
        warn_of_unused_keys(section);
    }
    sources
}

const LIVE_STARTS: &[(&str, LiveStart)] =
    &[("immediate", LiveStart::Immediate), ("end_of_track", LiveStart::EndOfTrack)];

/// The values of `takeover`.
pub const TAKEOVERS: &[(&str, Takeover)] = &[
    ("same_user", Takeover::SameUser),
    ("never", Takeover::Never),
    ("any_user", Takeover::AnyUser),
    ("priority", Takeover::Priority),
];

fn warn_of_unused_keys(section: &mut Section<'_, '_, '_>) {
    for key in SOURCE_KEYS {
        // The stream of a relay can also change its codec or stop.
        let affects_relay = RELAY_KEYS.contains(&key) && section.span(RELAY).is_some();
        if section.span(key).is_some() && !affects_relay {
            section.warn(key, "has no effect without source_password or dj");
        }
    }
}

/// Reads how long a source may send no audio.
pub fn timeout(section: &mut Section<'_, '_, '_>) -> Option<Duration> {
    duration(section, "source_timeout_s", &SOURCE_TIMEOUT, Duration::from_secs)
}

/// Reads the bit rates that a source may have.
pub fn bitrates(section: &mut Section<'_, '_, '_>) -> BitRateLimits {
    let max = section.integer(MAX_BITRATE, &SOURCE_BITRATE);
    let min = section.integer(MIN_BITRATE, &SOURCE_BITRATE);
    if let (Some(max), Some(min)) = (&max, &min)
        && min.value > max.value
    {
        let reason = format!("is more than {MAX_BITRATE} ({})", max.value);
        section.report_rejected(MIN_BITRATE, min.span.clone(), &reason);
    }
    BitRateLimits { max: max.map(|max| max.value), min: min.map(|min| min.value) }
}

/// Reads how long titles are held back.
pub fn title_delay(section: &mut Section<'_, '_, '_>) -> Option<Duration> {
    duration(section, "title_delay_ms", &TITLE_DELAY, Duration::from_millis)
}

/// Reads how long a station may be silent.
pub fn max_silence(section: &mut Section<'_, '_, '_>, range: &IntegerRange) -> Option<Duration> {
    duration(section, "max_silence_s", range, Duration::from_secs)
}

fn duration(
    section: &mut Section<'_, '_, '_>,
    key: &str,
    number: &IntegerRange,
    from_units: impl Fn(u64) -> Duration,
) -> Option<Duration> {
    section.integer(key, number).map(|length| from_units(length.value.into()))
}

/// Reads the name of a web encoding.
pub fn charset(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let label = section.string(CHARSET, r#""windows-1251""#)?;
    let encoding = Encoding::for_label_no_replacement(label.value.as_bytes());
    if encoding.is_none() {
        let expects = r#"the name of a web encoding, such as "windows-1251" or "utf-8""#;
        section.report_invalid(CHARSET, label.span, expects);
    }
    encoding.map(|encoding| encoding.name().to_owned())
}

/// Reads the path at which live sessions are recorded.
pub fn record(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<RecordSettings> {
    let text = section.string(RECORD, r#""archive/%Y-%m-%d_%H%M_{dj}""#)?;
    match recording::pattern(folder, text.value) {
        Ok(record) => Some(record),
        Err(reason) => {
            section.report_rejected(RECORD, text.span, &reason);
            None
        }
    }
}

/// Reads the URLs of the stream to relay. They may contain passwords, so error messages do not contain them.
pub fn relay(section: &mut Section<'_, '_, '_>) -> Option<RelaySettings> {
    let on_demand = section.flag(ON_DEMAND);
    if on_demand.is_some() && section.span(RELAY).is_none() {
        section.warn(ON_DEMAND, "has no effect without relay");
    }
    let texts = section.secrets(RELAY);
    if let Some(text) = texts.get(RELAY_URLS_MAX) {
        section.report_error(RELAY, text.start(), &format!("expected at most {RELAY_URLS_MAX} addresses"));
    }
    let mut urls = texts.iter().filter_map(|text| match StreamUrl::parse(text.value) {
        Ok(url) => Some(url),
        Err(error) => {
            section.report_error(RELAY, text.start(), &error.to_string());
            None
        }
    });
    let url = urls.next()?;
    let alternatives = urls.collect();
    Some(RelaySettings { url, alternatives, on_demand: on_demand.unwrap_or_default() })
}
