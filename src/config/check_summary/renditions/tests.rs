//! Tests of what the summary says about renditions.

use super::*;
use crate::settings::{RenditionSettings, Secret};
use crate::transcode::mp3_bit_rates;

fn format(rate: u32, channels: u8, kbps: u16) -> TargetFormat {
    TargetFormat { rate, channels, kbps }
}

/// Returns a station and its renditions with these bit rates in kbit/s.
fn ladder(station: StationSettings, all: &[u16]) -> Vec<StationSettings> {
    let mut stations = vec![station.clone()];
    for kbps in all {
        let (rate, channels) = RenditionSettings::default_format(*kbps);
        let rendition = RenditionSettings { parent: station.mount.clone(), rate, channels, kbps: *kbps };
        let (id, mount) = (stations.len() as u32 + 1, format!("/live-{kbps}"));
        stations.push(StationSettings { id, mount, ..station.as_rendition(rendition) });
    }
    stations
}

fn lines(stations: &[StationSettings], kbps: Option<u64>) -> Vec<String> {
    let lines = RenditionsSummary::gather(&stations[0], stations).lines(kbps);
    lines.into_iter().map(|(what, text)| format!("{what}: {text}")).collect()
}

fn with_password(mut station: StationSettings) -> StationSettings {
    station.sources.account.password = Some(Secret::new("kept-for-tests-only"));
    station
}

#[test]
fn rendition_is_shown_with_its_format_and_its_delay() {
    let mut stations = ladder(StationSettings::default(), &[96, 64]);
    stations[2].max_listeners = Some(100);
    assert_eq!(
        lines(&stations, Some(192)),
        [
            "rendition: /live-96 and /stream/2: MP3, 44100 Hz, stereo, 96 kbit/s, up to 410 ms behind",
            "rendition: /live-64 and /stream/3: MP3, 24000 Hz, stereo, 64 kbit/s, up to 410 ms behind, at \
             most 100 listeners",
            "encoding: about 2.9 % of a core, also without listeners",
        ]
    );
    let other = StationSettings { mount: "/other".into(), ..StationSettings::default() };
    let summary = RenditionsSummary::gather(&other, &stations);
    assert!(summary.lines(None).is_empty(), "another station has none");
    assert_eq!((summary.cores(), summary.bytes()), (0.0, 0));
}

#[test]
fn memory_is_that_of_the_ring_buffers() {
    let stations = ladder(StationSettings::default(), &[64, 32]);
    // 30 s of buffer and four delivery intervals.
    let expected = 34 * (64_000 + 32_000) / 8;
    assert_eq!(RenditionsSummary::gather(&stations[0], &stations).bytes(), expected);
}

#[test]
fn samples_held_back_are_at_least_those_measured_and_little_more() {
    // What LAME 3.100 held back at most, in samples.
    for (format, measured) in [
        (format(44_100, 2, 320), 1_716),
        (format(44_100, 2, 192), 2_056),
        (format(44_100, 2, 128), 2_663),
        (format(44_100, 2, 96), 2_999),
        (format(44_100, 2, 64), 4_097),
        (format(44_100, 2, 48), 5_400),
        (format(44_100, 2, 32), 8_656),
        (format(22_050, 1, 32), 2_000),
        (format(22_050, 2, 64), 1_303),
    ] {
        let bound = held_back_max(format);
        assert!((measured..=measured * 8 / 7).contains(&bound), "{format}: {bound} for {measured}");
    }
}

#[test]
fn default_format_of_each_bit_rate_can_be_encoded_and_is_about_a_second_behind_at_most() {
    let mut all: Vec<u16> = [8_000, 44_100].into_iter().flat_map(mp3_bit_rates).collect();
    all.sort_unstable();
    all.dedup();
    for kbps in all {
        let by_channels = [1, 2].map(|channels| (RenditionSettings::default_rate(kbps, channels), channels));
        for (rate, channels) in by_channels.into_iter().chain([RenditionSettings::default_format(kbps)]) {
            assert!(
                mp3_bit_rates(rate).any(|it| it == kbps),
                "{kbps} kbit/s, {channels} channels: {rate} Hz"
            );
            let delay = delay_max(format(rate, channels, kbps));
            assert!(delay < Duration::from_millis(1_100), "{kbps} kbit/s, {channels} channels: {delay:?}");
        }
    }
}

#[test]
fn rendition_above_the_bit_rate_of_the_music_gets_a_warning() {
    let warning = "warning: /live-128: 128 kbit/s is more than the 96 of the station: it costs bandwidth and \
                   cannot sound better";
    let station = StationSettings::default();
    let warnings = |station: &StationSettings, kbps| {
        let mut lines = lines(&ladder(station.clone(), &[128]), kbps);
        lines.retain(|line| line.starts_with("warning"));
        lines
    };
    assert_eq!(warnings(&station, Some(96)), [warning]);
    assert!(warnings(&station, Some(128)).is_empty());
    assert!(warnings(&station, None).is_empty(), "the music is not MP3, or unknown");
    assert!(warnings(&with_password(station.clone()), Some(96)).is_empty(), "a source may send more");
    let always = StationSettings { process: Process::Always, ..station };
    assert!(warnings(&always, Some(96)).is_empty(), "there is a warning about the file");
}

#[test]
fn station_that_can_get_heaac_has_a_warning() {
    let has_warning = |station: &StationSettings, renditions: &[u16]| {
        let lines = lines(&ladder(station.clone(), renditions), None);
        lines.iter().any(|line| line.starts_with("warning: while a live source or the relay sends HE-AAC"))
    };
    let mp3 = with_password(StationSettings::default());
    let aac = StationSettings { codec: StationCodec::Aac, ..mp3.clone() };
    assert!(has_warning(&aac, &[64]));
    assert!(!has_warning(&aac, &[]), "there are no renditions");
    assert!(!has_warning(&mp3, &[64]));
    let files = StationSettings { codec: StationCodec::Aac, ..StationSettings::default() };
    assert!(!has_warning(&files, &[64]), "files of HE-AAC are left out");
    let mut changing = mp3;
    changing.sources.allow_codec_change = true;
    assert!(has_warning(&changing, &[64]));
}
