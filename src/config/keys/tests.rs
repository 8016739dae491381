//! Tests of the suggestions for misspelt keys.

use super::*;

#[test]
fn misspelt_key_gets_the_intended_key_as_suggestion() {
    for (typed, meant) in [
        ("mont", Some("mount")),
        ("Mount", Some("mount")),
        ("burst", Some("burst_s")),
        ("handover", Some("live_start")),
        ("burst-s", Some("burst_s")),
        ("burst_seconds", Some("burst_s")),
        ("buffer_seconds", Some("buffer_s")),
        ("silence_s", Some("max_silence_s")),
        ("icy", Some("icy_status_line")),
        ("live start", Some("live_start")),
        ("queue-size", Some("buffer_bytes")),
        ("stream_name", Some("name")),
        ("relay_url", Some("relay")),
        ("idle", None),
        ("delivery_interval", Some("delivery_interval_ms")),
        ("desciption", Some("description")),
        ("metaInt", Some("metaint")),
        ("pubilc", Some("public")),
        ("max_listener", Some("max_listeners")),
        ("bitrate", None),
        ("encoder", Some("codec")),
        ("codecs", Some("codec")),
        ("audio_format", Some("format")),
        ("replaygain", Some("loudness")),
        ("loudness_lufs", Some("loudness")),
        ("processing", Some("process")),
        ("crossfade", None),
        ("password", Some("source_password")),
        ("user", Some("source_user")),
        ("titledelay", Some("title_delay_ms")),
        ("", None),
        ("x", None),
    ] {
        assert_eq!(closest_key(typed, STATION.keys), meant, "{typed}");
    }
}

#[test]
fn key_of_the_format_outside_of_it_is_shown_inside_of_it() {
    for (schema, typed, expected) in [
        (STATION, "bitrate", "unknown key here, write format = { bitrate = 128 }"),
        (STATION, "bit_rate", "unknown key here, write format = { bitrate = 128 }"),
        (STATION, "bitrate_1", "unknown key here, write format = { bitrate = 128 }"),
        (STATION, "sample-rate", "unknown key here, write format = { samplerate = 44100 }"),
        (STATION, "channel", "unknown key here, write format = { channels = 2 }"),
        (SERVER, "samplerate", "unknown key here, write below [[station]] format = { samplerate = 44100 }"),
        (FORMAT, "rate", "unknown key, did you mean \"samplerate\"?"),
        (FORMAT, "kbps", "unknown key, did you mean \"bitrate\"?"),
        (FORMAT, "codec", "unknown key here, it belongs below [[station]]"),
        (STATION, "crossfade", "unknown key"),
    ] {
        assert_eq!(schema.key_error(typed).as_deref(), Some(expected), "{} {typed}", schema.name);
    }
}

#[test]
fn key_as_long_as_the_file_is_rejected_at_once() {
    // A comparison with every key would take half a minute.
    assert_eq!(closest_key(&"m".repeat(super::super::MAX_BYTES as usize), STATION.keys), None);
}
