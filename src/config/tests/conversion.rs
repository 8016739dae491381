//! Tests of the keys for the format of a station and of what is converted to it.

use super::{check_range, expect_errors, expect_valid, read, station};
use crate::settings::{FormatSettings, Process, StationCodec};

fn format_of(lines: &str) -> FormatSettings {
    expect_valid(&station(lines)).stations[0].format
}

#[test]
fn station_without_these_keys_converts_when_needed_to_the_format_of_its_music() {
    let settings = expect_valid(&station(""));
    let station = &settings.stations[0];
    assert_eq!((station.codec, station.process), (StationCodec::Mp3, Process::WhenNeeded));
    assert_eq!((station.format, station.loudness), (FormatSettings::default(), None));
    assert_eq!(settings.encode_workers, None);
}

#[test]
fn format_is_read_with_any_of_its_keys() {
    let all = FormatSettings { rate: Some(48_000), channels: Some(1), kbps: Some(96) };
    assert_eq!(format_of("format = { samplerate = 48000, channels = 1, bitrate = 96 }"), all);
    assert_eq!(format_of("[station.format]\nsamplerate = 48000\nchannels = 1\nbitrate = 96"), all);
    let none = FormatSettings::default();
    assert_eq!(format_of("format = {}"), none);
    for (line, expected) in [
        ("samplerate = 11025", FormatSettings { rate: Some(11_025), ..none }),
        ("channels = 2", FormatSettings { channels: Some(2), ..none }),
        ("bitrate = 320", FormatSettings { kbps: Some(320), ..none }),
        ("bitrate = 8", FormatSettings { kbps: Some(8), ..none }),
        ("samplerate = 8000, bitrate = 64", FormatSettings { rate: Some(8000), kbps: Some(64), ..none }),
        ("samplerate = 24000, bitrate = 160", FormatSettings { rate: Some(24_000), kbps: Some(160), ..none }),
    ] {
        assert_eq!(format_of(&format!("format = {{ {line} }}")), expected, "{line}");
    }
}

#[test]
fn format_that_mp3_does_not_have_is_refused_with_those_that_it_has() {
    let rates = "expected one of these sampling rates in Hz: 8000, 11025, 12000, 16000, 22050, 24000, 32000, \
                 44100 or 48000";
    let kbps = "expected one of these bit rates in kbit/s: 8, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256 or 320";
    let table = "expected a table such as { samplerate = 44100, channels = 2, bitrate = 128 }";
    for (value, expected) in [
        ("{ samplerate = 44000 }", format!("samplerate: 44000 is invalid, {rates}")),
        ("{ samplerate = 96000 }", format!("samplerate: 96000 is invalid, {rates}")),
        ("{ samplerate = 44.1 }", format!("samplerate: 44.1 is invalid, {rates}")),
        ("{ samplerate = -1 }", format!("samplerate: -1 is invalid, {rates}")),
        ("{ bitrate = 128000 }", format!("bitrate: 128000 is invalid, {kbps}")),
        ("{ bitrate = 56 }", format!("bitrate: 56 is invalid, {kbps}")),
        ("{ bitrate = \"128k\" }", format!("bitrate: \"128k\" is invalid, {kbps}")),
        (
            "{ samplerate = 8000, bitrate = 128 }",
            "bitrate: 128 is not available at 8000 Hz, expected 8, 16, 24, 32, 40, 48 or 64".to_owned(),
        ),
        (
            "{ bitrate = 320, samplerate = 22050 }",
            "bitrate: 320 is not available at 22050 Hz, expected 8, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128 or \
             160"
                .to_owned(),
        ),
        (
            "{ samplerate = 44100, bitrate = 24 }",
            "bitrate: 24 is not available at 44100 Hz, expected 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, \
             256 or 320"
                .to_owned(),
        ),
        ("{ channels = 6 }", "channels: 6 is out of range, expected a whole number of channels".to_owned()),
        ("{ channels = \"stereo\" }", "channels: \"stereo\" is invalid, expected a whole number".to_owned()),
        ("{ rate = 44100 }", "rate: unknown key, did you mean \"samplerate\"?".to_owned()),
    ] {
        expect_errors(&station(&format!("format = {value}")), &[&format!("f:3: [[station]] format {expected}")]);
    }
    for value in ["\"44100/2/128\"", "[44100, 2]", "128"] {
        let expected = format!("f:3: [[station]] format: {value} is invalid, {table}");
        expect_errors(&station(&format!("format = {value}")), &[&expected]);
    }
    // A rejected sampling rate says nothing about the bit rate.
    expect_errors(&station("format = { samplerate = 1, bitrate = 320 }"), &["samplerate: 1 is invalid"]);
    let lines = "[station.format]\nsamplerate = 16000\n\nbitrate = 192";
    expect_errors(&station(lines), &["f:6: [[station]] format bitrate: 192 is not available at 16000 Hz"]);
}

#[test]
fn codec_and_process_are_keywords() {
    let read = |lines: &str| {
        let settings = expect_valid(&station(lines));
        (settings.stations[0].codec, settings.stations[0].process)
    };
    assert_eq!(read("codec = 'aac'"), (StationCodec::Aac, Process::WhenNeeded));
    assert_eq!(read("codec = 'mp3'\nprocess = 'when_needed'"), (StationCodec::Mp3, Process::WhenNeeded));
    assert_eq!(read("process = 'always'"), (StationCodec::Mp3, Process::Always));
    assert_eq!(read("codec = 'aac'\nprocess = 'never'"), (StationCodec::Aac, Process::Never));
    for (line, expected) in [
        ("codec = 'opus'", "codec: 'opus' is invalid, expected \"mp3\" or \"aac\""),
        ("codec = 'MP3'", "codec: 'MP3' is invalid, expected \"mp3\" or \"aac\""),
        ("process = true", "process: true is invalid, expected \"when_needed\", \"never\" or \"always\""),
    ] {
        expect_errors(&station(line), &[&format!("f:3: [[station]] {expected}")]);
    }
}

#[test]
fn loudness_is_a_number_of_lufs() {
    for (text, lufs) in [("-16", -16.0), ("-14.5", -14.5), ("-40", -40.0), ("-5.0", -5.0)] {
        let settings = expect_valid(&station(&format!("loudness = {text}")));
        assert_eq!(settings.stations[0].loudness, Some(lufs), "{text}");
    }
    for text in ["16", "-41", "-4.9", "0", "nan", "-inf"] {
        let expected = "out of range, expected a number of LUFS from -40 to -5, such as -16.0";
        let expected = format!("f:3: [[station]] loudness: {text} is {expected}");
        expect_errors(&station(&format!("loudness = {text}")), &[&expected]);
    }
    for text in ["\"-16 LUFS\"", "true"] {
        expect_errors(&station(&format!("loudness = {text}")), &["is invalid, expected a number of LUFS"]);
    }
}

#[test]
fn encode_workers_have_a_range() {
    let server = |lines: &str| format!("[server]\n{lines}\n{}", station(""));
    check_range("encode_workers", 1, 256, server);
    assert_eq!(expect_valid(&server("encode_workers = 3")).encode_workers, Some(3));
    let expected = "workers: unknown key, did you mean \"encode_workers\"?";
    expect_errors(&server("workers = 3"), &[&format!("f:2: [server] {expected}")]);
}

#[test]
fn key_of_the_format_beside_the_others_of_a_station_is_shown_in_its_place() {
    expect_errors(
        &station("bitrate = 96\nsample_rate = 48000"),
        &[
            "f:3: [[station]] bitrate: unknown key here, write format = { bitrate = 128 }",
            "f:4: [[station]] sample_rate: unknown key here, write format = { samplerate = 44100 }",
        ],
    );
    expect_errors(
        &format!("bitrate = 128\n{}", station("")),
        &["f:1: bitrate: unknown key here, write below [[station]] format = { bitrate = 128 }"],
    );
    expect_errors(&format!("[format]\n{}", station("")), &["f:1: format: belongs below [[station]]"]);
}

#[test]
fn keys_without_effect_get_a_warning_each() {
    let format = "format = { bitrate = 96 }";
    let with_aac = "has no effect with codec = \"aac\": AAC files are passed on, not encoded";
    let without_processing = "has no effect with process = \"never\": nothing is encoded";
    for (lines, keys, reason) in [
        (format!("codec = 'aac'\n{format}"), &["format"][..], with_aac),
        ("codec = 'aac'\nloudness = -16".to_owned(), &["loudness"], with_aac),
        ("codec = 'aac'\nprocess = 'always'".to_owned(), &["process"], with_aac),
        (
            format!("codec = 'aac'\n{format}\nprocess = 'always'\nloudness = -16"),
            &["format", "process", "loudness"],
            with_aac,
        ),
        (format!("process = 'never'\n{format}\nloudness = -16"), &["format", "loudness"], without_processing),
        ("codec = 'aac'\nprocess = 'when_needed'".to_owned(), &[], ""),
        ("codec = 'aac'\nprocess = 'never'".to_owned(), &[], ""),
        (format!("process = 'always'\n{format}\nloudness = -16"), &[], ""),
    ] {
        let (_, errors, warnings) = read(&station(&lines));
        assert!(errors.is_empty(), "{lines}: {errors:?}");
        assert_eq!(warnings.len(), keys.len(), "{lines}: {warnings:?}");
        for (key, warning) in keys.iter().zip(&warnings) {
            assert!(warning.ends_with(&format!("[[station]] {key}: {reason}")), "{lines}: {warning}");
        }
    }
}
