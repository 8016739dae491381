//! Configuration files.

use std::collections::HashSet;
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::autodj::StationFormat;
use coldwave::bans::Bans;
use coldwave::config::fuzzing::load_text;
use coldwave::http::response::reply::{DESCRIBED_HEAD_MAX, STREAM_HEAD_MAX, StreamHead};
use coldwave::server::{Hooks, Server, ServerConfig};
use coldwave::settings::{Settings, StationSettings};
use coldwave::time::Time;

/// The input is the text of a configuration file.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let lines = text.split('\n').count();
    match load_text(text) {
        Ok(loaded) => {
            loaded.warnings.iter().for_each(|warning| check_line(warning, lines));
            check_settings(loaded.settings);
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "a rejected file has at least one error");
            mistakes.iter().for_each(|mistake| check_line(mistake, lines));
        }
    }
}

/// Checks the form of a message, `coldwave.toml:12: …`, and that the file has that line.
fn check_line(line: &str, lines: usize) {
    assert!(!line.contains(char::is_control), "{line:?}");
    let rest = line.strip_prefix("coldwave.toml:").expect(line);
    let (number, message) = rest.split_once(": ").expect(line);
    assert!((1..=lines).contains(&number.parse().expect(line)), "{line} of {lines}");
    assert!(!message.is_empty());
}

/// Checks that an accepted configuration can be run.
fn check_settings(settings: Settings) {
    let (stations, unlisted) = (settings.stations, settings.unlisted);
    assert!(!settings.listen.is_empty() && (!stations.is_empty() || unlisted.is_some()));
    assert!(stations.is_sorted_by(|a, b| a.id < b.id), "ids are sorted and unique");
    let mounts: HashSet<&str> = stations.iter().map(|station| station.mount.as_str()).collect();
    assert_eq!(mounts.len(), stations.len(), "mounts are unique");
    stations.iter().for_each(check_station);
    // A few stations only, because each allocates a ring buffer of 64 KiB.
    let mut server = Server::new(ServerConfig::default(), Hooks::default(), Bans::default(), 0);
    server.apply_unlisted(unlisted, Time::START);
    for station in stations.into_iter().take(4) {
        server.add_station(station, Vec::new(), Time::START).expect("ids and mounts differ");
    }
}

/// Checks that music can be converted to the format of a station, also if only a part of it is configured.
fn check_format(station: &StationSettings) {
    let StationSettings { format, loudness, .. } = station;
    for rate in [1, 8000, 22_050, 44_100, 96_000] {
        let target = StationFormat::decide(format, [(rate, 6, Duration::from_secs(1))].into_iter());
        let header = Header::new_mp3(target.rate, target.channels, target.kbps).expect("a format of MP3");
        assert!(format.rate.is_none_or(|rate| rate == header.rate()), "{target:?}");
        assert!(format.channels.is_none_or(|channels| channels == header.channels()), "{target:?}");
        assert!(format.kbps.is_none_or(|kbps| kbps == header.kbps()), "{target:?}");
    }
    assert!(loudness.is_none_or(|lufs| (-40.0..=-5.0).contains(&lufs)), "{loudness:?}");
}

fn check_station(station: &StationSettings) {
    assert!(station.id > 0 && station.metaint > 0);
    assert!(station.mount.starts_with('/') && !station.mount.contains(char::is_control));
    assert!(!station.name.trim().is_empty());
    assert!(station.max_listeners != Some(0));
    check_format(station);
    let intervals = Duration::from_millis(20)..=station.max_delivery_interval();
    assert!(intervals.contains(&station.delivery_interval), "{:?}", station.delivery_interval);
    let mut head = Vec::new();
    let (kbps, rate, channels, metaint) = (None, None, None, Some(station.metaint));
    StreamHead {
        station: station.info(),
        meta: &station.meta,
        main_url: None,
        kbps,
        rate,
        channels,
        content_type: "audio/mpeg",
        metaint,
        relay_path: None,
        icy: false,
    }
    .render(&mut head);
    assert!(head.len() < if station.meta.is_empty() { STREAM_HEAD_MAX } else { DESCRIBED_HEAD_MAX });
}
