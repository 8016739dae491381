//! Describes the settings of unlisted stations.

use super::station::{StationDescription, directory_listing, status_line, takeover_name};
use super::value::{SettingValue, SettingValues, collect};
use crate::settings::{Account, BitRateLimits, UnlistedMount, UnlistedSettings};

/// Returns the keys of `[unlisted]`.
pub fn describe(settings: &UnlistedSettings, salt: &[u8]) -> SettingValues {
    let UnlistedSettings {
        account: Account { user, password },
        max,
        mounts,
        public,
        hidden,
        burst,
        burst_bytes,
        buffer,
        buffer_bytes,
        icy_status_line,
        max_listeners,
        max_listener_duration,
        timeout,
        bitrates: BitRateLimits { max: max_bitrate, min: min_bitrate },
        takeover,
        charset,
        title_delay,
        max_silence,
    } = settings;
    let mut values = collect([
        ("source_user", Some(SettingValue::text(user))),
        ("source_password", password.as_ref().map(|password| SettingValue::password(password, salt))),
        ("max", Some(SettingValue::count(*max))),
        ("public", Some(directory_listing(*public))),
        ("hidden", Some(SettingValue::Flag(*hidden))),
        ("burst_s", Some(SettingValue::seconds(*burst))),
        ("burst_bytes", burst_bytes.map(SettingValue::integer)),
        ("buffer_s", Some(SettingValue::seconds(*buffer))),
        ("buffer_bytes", buffer_bytes.map(SettingValue::integer)),
        ("icy_status_line", Some(SettingValue::text(status_line(*icy_status_line)))),
        ("max_listeners", max_listeners.map(SettingValue::count)),
        ("max_listener_duration_s", max_listener_duration.map(SettingValue::seconds)),
        ("max_source_bitrate", max_bitrate.map(SettingValue::integer)),
        ("min_source_bitrate", min_bitrate.map(SettingValue::integer)),
        ("source_timeout_s", Some(SettingValue::seconds(*timeout))),
        ("takeover", Some(SettingValue::text(takeover_name(*takeover)))),
        ("charset", charset.as_ref().map(SettingValue::text)),
        ("title_delay_ms", Some(SettingValue::milliseconds(*title_delay))),
        ("max_silence_s", Some(SettingValue::seconds(*max_silence))),
    ]);
    if !mounts.is_empty() {
        let patterns = mounts.iter().map(|mount| &mount.pattern);
        values.insert("mount".to_owned(), SettingValue::list(patterns));
    }
    for UnlistedMount { pattern, station } in mounts {
        let of_mount = StationDescription::new(station, salt).settings;
        values.extend(of_mount.into_iter().map(|(key, value)| (format!("mount {pattern} {key}"), value)));
    }
    values
}
