//! Tests of what the summary says about conversion.

use super::*;
use crate::config::check_summary::cost::{ENCODE_COST, LIMITER_COST};
use crate::settings::FormatSettings;

/// Returns tracks of these kinds, rates, channels and minutes.
fn tracks(all: &[(AudioKind, u32, u8, u64)]) -> Vec<ExaminedTrack> {
    let track = |(index, (kind, rate, channels, minutes)): (usize, &(AudioKind, u32, u8, u64))| {
        let length = Duration::from_secs(60 * minutes);
        let kbps = (*kind == AudioKind::Mp3).then_some(192);
        let audio = TrackAudio { kind: *kind, rate: *rate, channels: *channels, length, kbps };
        (PathBuf::from(format!("{index}.x")), Ok(audio))
    };
    all.iter().enumerate().map(track).collect()
}

/// A 44.1 kHz stereo library with FLAC, M4A, and MP3s of other formats.
fn mixed() -> Vec<ExaminedTrack> {
    tracks(&[
        (AudioKind::Mp3, 44_100, 2, 4),
        (AudioKind::Mp3, 44_100, 2, 4),
        (AudioKind::Flac, 44_100, 2, 4),
        (AudioKind::Flac, 96_000, 2, 2),
        (AudioKind::AacLc, 48_000, 2, 2),
        (AudioKind::Mp3, 48_000, 1, 4),
    ])
}

fn conversion(station: &StationSettings, tracks: &[ExaminedTrack], has_encoder: bool) -> MusicConversion {
    MusicConversion::with_encoder(station, tracks, &FormatStore::open(None), has_encoder)
}

fn lines(station: &StationSettings, tracks: &[ExaminedTrack], has_encoder: bool) -> Vec<String> {
    let lines = conversion(station, tracks, has_encoder).lines();
    lines.into_iter().map(|(what, text)| format!("{what}: {text}")).collect()
}

#[test]
fn tracks_that_are_not_in_the_format_are_converted() {
    let station = StationSettings::default();
    assert_eq!(
        lines(&station, &mixed(), true),
        [
            "format: 44100 Hz stereo, 128 kbit/s if encoded (that of most of the music)",
            "passed on: 44100 Hz stereo: 2 tracks",
            "converted: FLAC: 2 tracks, such as 2.x",
            "converted: AAC: 1 track, such as 4.x",
            "converted: MP3 at 48000 Hz mono: 1 track, such as 5.x",
            "conversion: about 2.0 % of a core while a converted track plays, 60 % of the time",
        ]
    );
    assert_eq!(conversion(&station, &mixed(), true).kbps_max(), Some(192), "of those that are passed on");
}

#[test]
fn station_whose_music_is_in_one_format_converts_nothing() {
    let uniform = tracks(&[(AudioKind::Mp3, 48_000, 1, 4), (AudioKind::Mp3, 48_000, 1, 4)]);
    assert_eq!(
        lines(&StationSettings::default(), &uniform, true),
        [
            "format: 48000 Hz mono, 128 kbit/s if encoded (that of most of the music)",
            "passed on: 48000 Hz mono: 2 tracks"
        ]
    );
    assert_eq!(conversion(&StationSettings::default(), &uniform, true).cores(), None);
}

#[test]
fn everything_is_converted_with_process_always_and_costs_what_its_format_costs() {
    let format = FormatSettings { rate: Some(22_050), channels: Some(1), kbps: Some(48) };
    let station = StationSettings {
        process: Process::Always,
        loudness: Some(-16.0),
        format,
        ..StationSettings::default()
    };
    let found = conversion(&station, &mixed(), true);
    let lines = found.lines();
    assert_eq!(lines[0].1, "22050 Hz mono, 48 kbit/s if encoded (configured)");
    assert!(lines.iter().all(|(what, _)| *what != "passed on"), "{lines:?}");
    assert_eq!(found.kbps_max(), Some(48));
    // A quarter of the samples of 44.1 kHz stereo.
    let expected = (ENCODE_COST + LIMITER_COST) / 4.0 + DECODE_COST;
    assert!(found.cores().is_some_and(|cores| (cores - expected).abs() < 1e-9), "{found:?}");
    assert!(lines.last().is_some_and(|(_, text)| text.ends_with(", 100 % of the time")), "{lines:?}");
}

#[test]
fn nothing_is_converted_with_process_never_or_without_an_encoder() {
    let never = StationSettings { process: Process::Never, ..StationSettings::default() };
    let passed = [
        "format: 44100 Hz stereo: 2 tracks, such as 0.x",
        "format: 48000 Hz mono: 1 track, such as 5.x",
        "warning: 1 track not in 44100 Hz stereo: browsers stop at the change. Convert them, or set process = \"when_needed\"",
        "differs: 48000 Hz mono: 5.x",
    ];
    let left_out = [
        "left out: 2 FLAC: FLAC would have to be converted, and process is \"never\", such as 2.x",
        "left out: 1 AAC: AAC would have to be converted, and process is \"never\", such as 4.x",
    ];
    assert_eq!(lines(&never, &mixed(), true), [&passed[..], &left_out[..]].concat());
    let left_out = [
        "left out: 2 FLAC: this build has no encoder (feature `lame`), such as 2.x",
        "left out: 1 AAC: this build has no encoder (feature `lame`), such as 4.x",
    ];
    let found = lines(&StationSettings::default(), &mixed(), false);
    let without = passed
        .map(|line| line.replace("set process = \"when_needed\"", "build coldwave with the feature lame"));
    assert_eq!(
        found,
        [without.map(|line| line.clone()).to_vec(), left_out.map(str::to_owned).to_vec()].concat()
    );
}

#[test]
fn files_in_other_formats_than_most_are_named_where_nothing_is_converted() {
    let never = StationSettings { process: Process::Never, ..StationSettings::default() };
    let aac = StationSettings { codec: StationCodec::Aac, ..StationSettings::default() };
    let mut all: Vec<_> = (0..20).map(|_| (AudioKind::Mp3, 48_000, 2, 4)).collect();
    all.extend((0..7).map(|_| (AudioKind::Mp3, 44_100, 2, 4)));
    all.extend((0..8).map(|_| (AudioKind::Mp3, 44_100, 1, 4)));
    let found = lines(&never, &tracks(&all), true);
    let expected = [
        "warning: 15 tracks not in 48000 Hz stereo: browsers stop at the change. Convert them, or set process = \"when_needed\"",
        "differs: 44100 Hz mono: 27.x",
    ];
    assert_eq!(found[3..5], expected);
    assert_eq!(found[13..], ["differs: 44100 Hz stereo: 21.x", "differs: and 5 tracks more"]);
    // Ten are shown, and no more are announced.
    let ten = lines(&never, &tracks(&all[..30]), true);
    assert_eq!(ten.last().map(String::as_str), Some("differs: 44100 Hz mono: 29.x"));
    // If all files are in one format, there is nothing to do.
    assert_eq!(lines(&never, &tracks(&all[..20]), true), ["format: 48000 Hz stereo: 20 tracks"]);
    let mixed = tracks(&[(AudioKind::AacLc, 44_100, 2, 4), (AudioKind::AacLc, 48_000, 2, 4)]);
    let expected = [
        "warning: 1 track not in 44100 Hz stereo: browsers stop at the change. Convert them",
        "differs: 48000 Hz stereo: 1.x",
    ];
    assert_eq!(lines(&aac, &mixed, true)[2..], expected);
    // Where music is converted, no file differs.
    assert!(
        lines(&StationSettings::default(), &tracks(&all), true).iter().all(|line| !line.contains("differs"))
    );
}

#[test]
fn aac_stations_pass_aac_on_and_leave_out_the_rest() {
    let station = StationSettings { codec: StationCodec::Aac, ..StationSettings::default() };
    for has_encoder in [true, false] {
        assert_eq!(
            lines(&station, &mixed(), has_encoder),
            [
                "format: 48000 Hz stereo: 1 track",
                "left out: 3 MP3: a station with codec = \"aac\" plays only AAC files, such as 0.x",
                "left out: 2 FLAC: a station with codec = \"aac\" plays only AAC files, such as 2.x",
            ]
        );
    }
}

#[test]
fn tracks_that_are_not_played_are_grouped_by_reason() {
    let left_out = |reason: LeftOut| Err(Unexamined::LeftOut(reason.into()));
    let mut all = tracks(&[(AudioKind::Mp3, 44_100, 2, 4)]);
    all.extend([
        (PathBuf::from("a.m4a"), left_out(LeftOut::HeAac)),
        (PathBuf::from("b.txt\n"), left_out(LeftOut::NotAudio)),
        (PathBuf::from("c.m4a"), left_out(LeftOut::HeAac)),
        (PathBuf::from("pipe"), Err(Unexamined::Pipe)),
        (PathBuf::from("d.flac"), Err(Unexamined::NoWorker("no process can be started".to_owned()))),
    ]);
    assert_eq!(
        lines(&StationSettings::default(), &all, true)[2..],
        [
            "left out: 2 unreadable: HE-AAC cannot be decoded in full; convert it to AAC-LC or MP3, such as a.m4a",
            "left out: 1 unreadable: it is not an audio file of a known format, such as b.txt\u{fffd}",
            "not checked: named pipe: 1 track, such as pipe",
            "not checked: no process can be started: 1 track, such as d.flac",
        ]
    );
    let many: Vec<ExaminedTrack> =
        (0..15).map(|id| (PathBuf::from("x"), left_out(LeftOut::UnknownCodec(id.to_string())))).collect();
    let lines = lines(&StationSettings::default(), &many, true);
    assert_eq!(lines.len(), 1 + GROUPS_MAX + 1, "{lines:?}");
    assert_eq!(lines.last().map(String::as_str), Some("left out: and 5 more files"));
}

#[test]
fn stored_format_has_priority_over_the_music() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = FormatStore::open(Some(folder.path().to_owned()));
    let station = StationSettings::default();
    let format = crate::autodj::StoredFormat { rate: Some(48_000), channels: Some(2) };
    store.save(&station.identity(), format);
    let found = MusicConversion::with_encoder(&station, &mixed(), &store, true).lines();
    assert_eq!(found[0].1, "48000 Hz stereo, 128 kbit/s if encoded (stored in state_dir)");
}

#[test]
fn tracks_of_unknown_length_have_no_share() {
    let unknown = tracks(&[(AudioKind::Flac, 44_100, 2, 0)]);
    let lines = lines(&StationSettings::default(), &unknown, true);
    assert_eq!(
        lines.last().map(String::as_str),
        Some("conversion: about 2.0 % of a core while a converted track plays")
    );
}
