//! Texts in the charset of the station.

use std::os::unix::ffi::OsStringExt;

use encoding_rs::{Encoding, GBK, ISO_8859_7, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251};

use super::*;

const SONGS: [(&Encoding, &str, &str); 5] = [
    (WINDOWS_1251, "Кино", "Группа крови"),
    (WINDOWS_1250, "Republika", "Zażółć gęślą jaźń"),
    (ISO_8859_7, "Μίκης Θεοδωράκης", "Το γελαστό παιδί"),
    (GBK, "邓丽君", "月亮代表我的心"),
    (SHIFT_JIS, "坂本九", "上を向いて歩こう"),
];

fn title_of(file: &[u8], charset: &'static Encoding) -> String {
    track_info(Path::new("name.mp3"), &mut Cursor::new(file), None, charset).0
}

/// Returns an ID3v2.3 tag with artist and title in this encoding.
fn tag(encoding: u8, artist: &[u8], title: &[u8]) -> Vec<u8> {
    let text = |id, text: &[u8]| frame(3, id, 0, &[&[encoding], text].concat());
    id3v2(3, 0, &[text("TPE1", artist), text("TIT2", title)])
}

#[test]
fn unlabelled_text_is_in_the_charset_of_the_station() {
    for (charset, artist, title) in SONGS {
        let encode = |text| charset.encode(text).0.into_owned();
        let (raw_artist, raw_title) = (encode(artist), encode(title));
        let expected = format!("{artist} - {title}");
        for file in [
            tag(0, &raw_artist, &raw_title),
            ape(1000, &[("Artist", 0, &raw_artist), ("Title", 0, &raw_title)]),
            id3v1(&raw_title, &raw_artist),
        ] {
            assert_eq!(title_of(&file, charset), expected);
        }
    }
}

#[test]
fn text_that_states_its_encoding_is_not_in_the_charset() {
    for (charset, ..) in SONGS {
        let (artist, title) = ("Björk", "Jóga – it’s");
        let expected = format!("{artist} - {title}");
        assert_eq!(title_of(&tag(1, &utf16le(artist), &utf16le(title)), charset), expected);
        assert_eq!(title_of(&tag(3, artist.as_bytes(), title.as_bytes()), charset), expected);
        assert_eq!(title_of(&id3v1(title.as_bytes(), artist.as_bytes()), charset), expected, "valid UTF-8");
        assert_eq!(title_of(&tag(0, b"AC/DC", b"T.N.T."), charset), "AC/DC - T.N.T.");
    }
}

#[test]
fn utf8_that_a_field_cuts_loses_only_the_cut_character() {
    let (title, artist) = ("Группа крови на рукаве".as_bytes(), "Кино".as_bytes());
    for charset in [WINDOWS_1252, WINDOWS_1251] {
        assert_eq!(title_of(&id3v1(&title[..30], artist), charset), "Кино - Группа крови на");
    }
}

#[test]
fn file_name_that_is_not_utf8_is_in_the_charset() {
    for (charset, _, title) in SONGS {
        let name = std::ffi::OsString::from_vec(charset.encode(title).0.into_owned());
        assert_eq!(title_by_name(Path::new(&name), None, charset), title);
    }
}
