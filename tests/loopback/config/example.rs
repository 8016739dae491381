//! The example, which has every key.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use coldwave::config::load;
use coldwave::settings::{BitRateLimits, LogSettings, ProcessSettings, TlsSettings};

use super::ROOT;
use crate::common::fixture;

/// Returns the keys of the example with their tables and values, including those that are commented out.
fn keys_of_example(text: &str) -> BTreeMap<(String, String), String> {
    let (mut table, mut keys) = (String::new(), BTreeMap::new());
    for line in text.lines() {
        match line.trim_start_matches('#').split_once(" = ") {
            Some((key, value)) if key.bytes().all(is_of_a_key) => {
                keys.entry((table.clone(), key.to_owned())).or_insert(value.to_owned());
            }
            _ if uncommented(line).unwrap_or(line).starts_with('[') => {
                table = line.trim_start_matches('#').to_owned();
            }
            _ => {}
        }
    }
    keys
}

fn is_of_a_key(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

#[test]
#[cfg_attr(not(feature = "lame"), ignore = "a build without an encoder refuses renditions")]
fn example_has_every_key_and_its_comments_are_the_defaults() {
    let path = Path::new(ROOT).join("fixtures/config/example.toml");
    let text = fs::read_to_string(&path).expect("the example");
    let keys: Vec<String> =
        keys_of_example(&text).into_keys().map(|(table, key)| table + " " + &key).collect();
    let server = [
        "access_log",
        "acme_webroot",
        "admin_contact",
        "admin_password",
        "admin_user",
        "allow_ip_file",
        "allow_weak_passwords",
        "deny_agents_file",
        "deny_ip_file",
        "embed_from",
        "encode_workers",
        "group",
        "header_timeout_s",
        "http_headers",
        "https_redirect",
        "listen",
        "location",
        "log_archive",
        "log_file",
        "log_level",
        "log_size_kb",
        "max_connections_per_address",
        "max_listeners",
        "max_sources",
        "metrics",
        "metrics_icecast_names",
        "pid_file",
        "playlist_log",
        "public_url",
        "request_memory_mb",
        "reserved_ip_file",
        "robots",
        "source_listen",
        "state_dir",
        "tls_ca",
        "trusted_proxies",
        "user",
        "w3c_log",
        "webroot",
    ];
    let station = [
        "allow_codec_change",
        "artwork",
        "artwork_in_stream_url",
        "buffer_bytes",
        "buffer_s",
        "burst_bytes",
        "burst_s",
        "charset",
        "codec",
        "country_code",
        "country_subdivision_code",
        "delivery_interval_ms",
        "description",
        "dj",
        "do_not_index",
        "fallback",
        "fallback_input",
        "format",
        "genre",
        "geo_lat_long",
        "hidden",
        "http_headers",
        "icy_status_line",
        "id",
        "intro",
        "language_codes",
        "live_start",
        "logo",
        "loudness",
        "max_listener_duration_s",
        "max_listeners",
        "max_silence_s",
        "max_source_bitrate",
        "metaint",
        "min_source_bitrate",
        "mount",
        "music",
        "name",
        "only_while_on_air",
        "overflow",
        "process",
        "public",
        "record",
        "relay",
        "relay_on_demand",
        "shuffle",
        "source_password",
        "source_timeout_s",
        "source_user",
        "takeover",
        "title_delay_ms",
        "url",
    ];
    let rendition = [
        "bitrate",
        "channels",
        "description",
        "id",
        "max_listeners",
        "mount",
        "name",
        "public",
        "samplerate",
    ];
    let unlisted = [
        "buffer_bytes",
        "buffer_s",
        "burst_bytes",
        "burst_s",
        "charset",
        "hidden",
        "icy_status_line",
        "max",
        "max_listener_duration_s",
        "max_listeners",
        "max_silence_s",
        "max_source_bitrate",
        "min_source_bitrate",
        "mount",
        "public",
        "source_password",
        "source_timeout_s",
        "source_user",
        "takeover",
        "title_delay_ms",
    ];
    let renditions = rendition.map(|key| format!("[[station.rendition]] {key}")).into_iter();
    let unlisted = unlisted.map(|key| format!("[unlisted] {key}"));
    let stations = station.map(|key| format!("[[station]] {key}"));
    let others = [
        "[[tls]] certificate",
        "[[tls]] key",
        "[directory] timeout_s",
        "[directory] touch_interval_s",
        "[directory] url",
        "[master] interval_s",
        "[master] max",
        "[master] on_demand",
        "[master] password",
        "[master] url",
        "[master] user",
    ]
    .map(ToOwned::to_owned)
    .into_iter()
    .chain(server.map(|key| format!("[server] {key}")));
    let aliases = ["address", "from", "port", "to"].map(|key| format!("[[alias]] {key}")).into_iter();
    let all: Vec<String> = aliases.chain(renditions).chain(stations).chain(others).chain(unlisted).collect();
    assert_eq!(keys, all);

    let unchanged = load(&path).expect("a valid example").settings;
    let lines: Vec<&str> = text.lines().map(|line| uncommented(line).unwrap_or(line)).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let music = Path::new(ROOT).join("fixtures/station");
    std::os::unix::fs::symlink(&music, folder.path().join("station")).expect("a link");
    let inner = folder.path().join("config");
    fs::create_dir(&inner).expect("a temporary folder");
    fs::write(inner.join("cover.jpg"), b"\xFF\xD8\xFF a picture").expect("a file");
    for name in ["radio.pem", "radio.key"] {
        let pair = Path::new(ROOT).join("fixtures/tls/ec-sec1.pem");
        fs::copy(pair, inner.join(name)).expect("a file");
    }
    fs::create_dir(folder.path().join("mp3")).expect("a temporary folder");
    fs::copy(fixture("mp3/cbr.mp3"), folder.path().join("mp3/cbr.mp3")).expect("a file");
    fs::copy(fixture("tls/authority.pem"), inner.join("authorities.pem")).expect("a file");
    let all = inner.join("all.toml");
    fs::write(&all, lines.join("\n")).expect("a file");
    let refused = load(&all).expect_err("the passwords of the example are refused");
    assert!(
        refused.len() == 4 && refused.iter().all(|mistake| mistake.contains("well-known")),
        "{refused:?}"
    );
    let number = |text: String, number| text.replacen("\"changeme\"", &format!("\"of my own {number}\""), 1);
    let with_passwords = (0..5).fold(lines.join("\n"), number);
    fs::write(&all, with_passwords).expect("a file");
    let mut with_all = load(&all).expect("every other line of the example is valid").settings;
    // These lines set something other than the default.
    (with_all.access_log, with_all.state_dir, with_all.public_url) = (None, None, None);
    with_all.w3c_log = None;
    (with_all.directory, with_all.encode_workers, with_all.unlisted) = (None, None, None);
    (with_all.logs, with_all.process) = (LogSettings::default(), ProcessSettings::default());
    with_all.master = None;
    with_all.max_sources = None;
    with_all.tls = TlsSettings::default();
    with_all.list_files.clear();
    with_all.aliases.clear();
    with_all.webroot = None;
    with_all.admin.password = None;
    assert_eq!(with_all.source_listen.take(), Some(with_all.source_ports()));
    for (station, other) in with_all.stations.iter_mut().zip(&unchanged.stations) {
        station.music = other.music.clone();
        station.sources.account.password = None;
        station.sources.djs.clear();
        station.sources.charset = None;
        (station.record, station.relay, station.artwork, station.fallback) = (None, None, None, None);
        (station.fallback_input, station.overflow) = (None, None);
        (station.format, station.loudness) = (other.format, None);
        (station.burst_bytes, station.buffer_bytes) = (None, None);
        (station.max_listener_duration, station.intro) = (None, None);
        station.sources.bitrates = BitRateLimits::default();
        station.meta = other.meta.clone();
        // With the key, the codec of the last source does not count.
        station.is_codec_given = other.is_codec_given;
    }
    assert_eq!(format!("{with_all:?}"), format!("{unchanged:?}"));
}

/// Returns the content of a line that is a commented-out key or table header.
fn uncommented(line: &str) -> Option<&str> {
    let key = line.strip_prefix('#')?;
    let is_table = key.starts_with('[') && key.ends_with(']');
    (is_table || !key.starts_with(' ') && key.contains(" = ")).then_some(key)
}
