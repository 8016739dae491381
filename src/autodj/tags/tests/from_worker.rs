//! Tests of tags that an encode worker has read.

use std::time::Duration;

use super::*;
use crate::transcode::{AudioKind, CoverInfo, FileTags, TagLoudness};

fn file(tags: FileTags) -> AudioFileInfo {
    let length = Some(Duration::from_secs(3));
    AudioFileInfo { kind: AudioKind::Flac, rate: 44_100, channels: 2, length, tags }
}

/// Returns the stream title of a file with these tags.
fn title(artist: Option<&str>, title: Option<&str>, hint: Option<&str>) -> String {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let tags = FileTags { artist: text(artist), title: text(title), ..FileTags::default() };
    track_info_from(Path::new("/music/03 - From the name.flac"), &file(tags), hint, WINDOWS_1252).0
}

#[test]
fn stream_title_follows_the_rules_for_mp3() {
    assert_eq!(title(Some("A"), Some("T"), Some("Hint")), "A - T");
    assert_eq!(title(None, Some("T"), Some("Hint")), "T");
    assert_eq!(title(Some("A"), None, Some("Hint")), "Hint");
    assert_eq!(title(Some("A"), None, None), "From the name");
    assert_eq!(title(Some(" \n "), Some("a\r\nb\x1bc "), None), "a  b c");
    assert_eq!(title(Some("A\0B"), Some("\u{feff}T\0"), None), "A, B - T");
    assert_eq!(title(None, Some(&"x".repeat(8000)), None), "x".repeat(1000));
}

#[test]
fn properties_are_converted() {
    let text = |text: &str| Some(text.to_owned());
    let tags = FileTags {
        artist: text("A\t"),
        title: text("T"),
        album: text("Album"),
        date: text("1998-11-03"),
        isrc: text("DEUM71703692"),
        cover: Some(CoverInfo { mime: "image/png".into(), len: 7 }),
        loudness: Some(TagLoudness { lufs: -9.5, is_rough: false }),
    };
    let (_, info) = track_info_from(Path::new("a.flac"), &file(tags), None, WINDOWS_1252);
    let artwork = EmbeddedArtwork { mime: "image/png".into(), len: 7, location: ArtworkLocation::Worker };
    let expected = TrackInfo {
        file: "a.flac".into(),
        artist: text("A"),
        title: text("T"),
        album: text("Album"),
        year: Some(1998),
        isrc: text("DEUM71703692"),
        artwork: Some(artwork),
        length: Some(Duration::from_secs(3)),
        loudness: Some(TagLoudness { lufs: -9.5, is_rough: false }),
        conversion: None,
    };
    assert_eq!(info, expected);
}

#[test]
fn implausible_values_are_left_out() {
    for lufs in [f32::NAN, f32::INFINITY, -61.0, 11.0] {
        let tags = FileTags {
            date: Some("soon".into()),
            loudness: Some(TagLoudness { lufs, is_rough: false }),
            ..FileTags::default()
        };
        let (_, info) = track_info_from(Path::new("a.flac"), &file(tags), None, WINDOWS_1252);
        assert_eq!((info.year, info.loudness), (None, None), "{lufs}");
    }
}
