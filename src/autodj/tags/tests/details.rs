//! Tests of album, year, ISRC and picture.

use std::fs::File;

use super::super::fields::parse_year;
use super::*;

/// Returns the tags of a file and the bytes of its picture.
pub fn read_all(bytes: &[u8]) -> (Tags, Option<Vec<u8>>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let tags = read_tags(&mut File::open(file.path()).unwrap(), WINDOWS_1252);
    let picture = tags.picture.as_ref().map(|picture| read_picture(file.path(), picture).unwrap());
    (tags, picture)
}

#[test]
fn album_year_and_isrc_are_read_from_every_kind_of_tag() {
    let fields = |version, names: [&str; 3]| {
        let texts = [b"\0Album".as_slice(), b"\x001998-11-03", b"\0DEUM71703692"];
        let frames = names.into_iter().zip(texts).map(|(name, text)| frame(version, name, 0, text));
        id3v2(version, 0, &frames.collect::<Vec<_>>())
    };
    let mut old = id3v1(b"T", b"A");
    old[63..68].copy_from_slice(b"Album");
    old[93..97].copy_from_slice(b"1998");
    let ape = ape(2000, &[("Album", 0, b"Album"), ("Year", 0, b"1998-11-03"), ("ISRC", 0, b"DEUM71703692")]);
    let all = [
        fields(2, ["TAL", "TYE", "TRC"]),
        fields(3, ["TALB", "TYER", "TSRC"]),
        fields(4, ["TALB", "TDRC", "TSRC"]),
        ape.clone(),
        old.clone(),
        [ape, old].concat(),
    ];
    for (at, file) in all.into_iter().enumerate() {
        let tags = read_all(&file).0;
        assert_eq!((tags.album.as_deref(), tags.year), (Some("Album"), Some(1998)), "{at}");
        assert_eq!(tags.isrc.as_deref(), (at != 4).then_some("DEUM71703692"), "{at}");
    }
}

#[test]
fn missing_fields_come_from_the_next_tag() {
    let first = id3v2(4, 0, &[frame(4, "TPE1", 0, b"\0Only an artist"), frame(4, "TALB", 0, b"\0First")]);
    let tags = read_all(
        &[first, ape(2000, &[("Album", 0, b"Second"), ("Year", 0, b"1998"), ("Title", 0, b"T")])].concat(),
    );
    let expected =
        Tags { title: Some("T".into()), album: Some("First".into()), year: Some(1998), ..Tags::default() };
    assert_eq!(tags.0, expected);
    for (text, expected) in
        [("98", None), ("19 98", None), ("0000", None), ("1998", Some(1998)), ("199é", None)]
    {
        assert_eq!(parse_year(text), expected, "{text}");
    }
}

const PICTURE: &[u8] = b"\xff\xd8\xff\0\0 a picture \xff\xfb\x90\0 as JPEG \xff\xff\0";

fn picture(version: u8, kind: &[u8], picture_type: u8, description: &[u8]) -> Vec<u8> {
    let encoding = if description.len() > 2 && description[0] == 0xff { 1 } else { 0 };
    let name = if version == 2 { "PIC" } else { "APIC" };
    frame(version, name, 0, &[&[encoding], kind, &[picture_type], description, PICTURE].concat())
}

pub fn with_zeros(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|&byte| if byte == 0xff { vec![byte, 0] } else { vec![byte] }).collect()
}

#[test]
fn pictures_are_found_at_their_offset() {
    let wide = [b"\xff\xfe".as_slice(), &utf16le("Bild"), b"\0\0"].concat();
    let other = frame(3, "APIC", 0, b"\0image/png\0\x04back\0\x89PNG of the back");
    let title = frame(3, "TIT2", 0, b"\0T");
    let sound = [
        id3v2(2, 0, &[picture(2, b"JPG", 3, b"\0")]),
        id3v2(3, 0, &[picture(3, b"image/jpeg\0", 3, b"Bild\0"), title.clone()]),
        id3v2(3, 0, &[picture(3, b"image/jpg\0", 0, &wide)]),
        id3v2(4, 0, &[picture(4, b"JPG\0", 3, b"\0")]),
        id3v2(3, 0, &[other.clone(), picture(3, b"image/jpeg\0", 3, b"\0"), other, title]),
        ape(2000, &[("Cover Art (Front)", 2, &[b"cover.jpg\0", PICTURE].concat()), ("Title", 0, b"T")]),
        [
            b"audio".repeat(99),
            ape(2000, &[("COVER ART (FRONT)", 2, &[b"\0", PICTURE].concat())]),
            id3v1(b"T", b""),
        ]
        .concat(),
    ];
    for (at, file) in sound.iter().enumerate() {
        let (tags, bytes) = read_all(file);
        assert_eq!(bytes.as_deref(), Some(PICTURE), "{at}");
        assert_eq!(tags.picture.unwrap().mime, "image/jpeg", "{at}");
    }
}

#[test]
fn unsynchronised_pictures_are_restored() {
    let plain = picture(3, b"image/jpeg\0", 3, b"\0");
    let body = with_zeros(&[plain, frame(3, "TIT2", 0, b"\0T")].concat());
    let unsynchronised_tag = [b"ID3\x03\0\x80".as_slice(), &syncsafe(body.len() as u32), &body].concat();
    let content = [b"\0image/jpeg\0\x03\0".as_slice(), &with_zeros(PICTURE)].concat();
    let unsynchronised_frames = id3v2(4, 0, &[frame(4, "APIC", 2, &content), frame(4, "TIT2", 0, b"\0T")]);
    for file in [unsynchronised_tag, unsynchronised_frames] {
        let (tags, bytes) = read_all(&file);
        assert_eq!((tags.title.as_deref(), bytes.as_deref()), (Some("T"), Some(PICTURE)));
        let location = tags.picture.unwrap().location;
        assert!(matches!(location, ArtworkLocation::Bytes { is_unsynchronised: true, .. }));
    }
}

#[test]
fn invalid_pictures_are_ignored() {
    let cut = id3v2(3, 0, &[picture(3, b"image/jpeg\0", 3, b"\0")]);
    let none = [
        id3v2(3, 0, &[frame(3, "APIC", 0, b"\0-->\0\x03\0http://a/b.jpg"), frame(3, "TIT2", 0, b"\0T")]),
        id3v2(3, 0, &[picture(3, b"image/a\r\nb: c\0", 3, b"\0")]),
        id3v2(3, 0, &[frame(3, "APIC", 0, b"\0image/jpeg\0\x03\0")]),
        id3v2(3, 0, &[frame(3, "APIC", 0, b"\0image/jpeg")]),
        id3v2(3, 0, &[frame(3, "APIC", 0, b"\0image/jpeg\0\x03description without end, then a frame")]),
        cut[..cut.len() - 1].to_vec(),
        ape(2000, &[("Cover Art (Front)", 2, b"no picture")]),
        ape(2000, &[("Cover Art (Front)", 2, b"x\0text")]),
    ];
    for (at, file) in none.iter().enumerate() {
        assert_eq!(read_all(file).0.picture, None, "{at}");
    }
    // A picture that no longer exists causes an error, not a panic.
    let file = tempfile::NamedTempFile::new().unwrap();
    for location in [ArtworkLocation::Bytes { offset: 9, is_unsynchronised: false }, ArtworkLocation::Worker]
    {
        let missing = EmbeddedArtwork { mime: "image/png".into(), len: 9, location };
        assert!(read_picture(file.path(), &missing).is_err());
    }
}

#[test]
fn names_in_windows_1252_are_decoded() {
    let name = std::ffi::OsStr::from_bytes(b"03_Bj\xf6rk_-_J\xf3ga.mp3");
    assert_eq!(title_by_name(Path::new(name), None, WINDOWS_1252), "Björk - Jóga");
}
