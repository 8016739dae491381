//! Tags whose headers are wrong, as many programs write them: the bytes decide.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::details::{read_all, with_zeros};
use super::*;

/// Returns the beginning of a JPEG picture of this length.
fn jpeg(len: usize) -> Vec<u8> {
    let mut bytes = [b"\xff\xd8\xff\xe0\0\x10JFIF".as_slice(), &vec![0x5a; len]].concat();
    bytes.truncate(len);
    bytes
}

fn cover(version: u8, image: &[u8]) -> Vec<u8> {
    frame(version, "APIC", 0, &[b"\0image/jpeg\0\x03\0", image].concat())
}

/// Returns a frame of version 2.4 with its size as in version 2.3, or the reverse.
fn with_other_size(version: u8, mut frame: Vec<u8>) -> Vec<u8> {
    let len = frame.len() as u32 - 10;
    let size = if version == 4 { len.to_be_bytes() } else { syncsafe(len) };
    frame[4..8].copy_from_slice(&size);
    frame
}

fn title(version: u8) -> Vec<u8> {
    frame(version, if version == 2 { "TT2" } else { "TIT2" }, 0, b"\0T\0")
}

fn artist(version: u8) -> Vec<u8> {
    frame(version, if version == 2 { "TP1" } else { "TPE1" }, 0, b"\0A\0")
}

#[test]
fn unknown_frames_are_skipped_whatever_their_name() {
    for version in 2..=4 {
        for id in ["TST ", "TS2 ", "cM1 ", "XHD3", "Ncon", "T-1_", "T#42"] {
            let id = if version == 2 { &id[..3] } else { id };
            for len in [0, 1, 12, 300] {
                let unknown = frame(version, id, 0, &vec![b'x'; len]);
                let frames = [unknown.clone(), title(version), unknown, artist(version), vec![0; 64]];
                check(id3v2(version, 0, &frames), "A - T");
            }
        }
    }
}

#[test]
fn plain_size_in_version_2_4_is_found_by_what_follows() {
    // 0x1f10 has no high bit. Read with seven bits, it leads into the picture.
    for len in [200, 0x1f10 - 14, 0x1f10, 70_000] {
        // The rest of the first picture looks like padding.
        for image in [[jpeg(20), vec![0; len - 20]].concat(), jpeg(len)] {
            let frame = with_other_size(4, cover(4, &image));
            for padding in [0, 64, 2000] {
                let padding = vec![0; padding];
                let (tags, bytes) =
                    read_all(&id3v2(4, 0, &[frame.clone(), title(4), artist(4), padding.clone()]));
                assert_eq!(tags.stream_title().as_deref(), Some("A - T"), "{len}");
                assert!(bytes.as_ref() == Some(&image), "{len}");
                let (tags, bytes) = read_all(&id3v2(4, 0, &[title(4), frame.clone()]));
                assert!(bytes.as_ref() == Some(&image), "{len} at the end");
                assert_eq!(tags.title.as_deref(), Some("T"));
            }
        }
    }
}

#[test]
fn size_of_seven_bits_in_version_2_3_is_found_by_what_follows() {
    for len in [200, 5000, 70_000] {
        let frame = with_other_size(3, cover(3, &jpeg(len)));
        let (tags, bytes) = read_all(&id3v2(3, 0, &[frame, title(3), artist(3), vec![0; 64]]));
        assert_eq!(tags.stream_title().as_deref(), Some("A - T"), "{len}");
        assert_eq!(bytes.map(|bytes| bytes.len()), Some(len));
    }
}

#[test]
fn right_sizes_are_kept_whatever_the_content() {
    for version in 3..=4 {
        for len in (120..700).chain([0x1f10, 20_000]) {
            for fill in [0, b'A', b' ', 0xff] {
                let frame = frame(version, "PRIV", 0, &vec![fill; len]);
                check(id3v2(version, 0, &[frame.clone(), title(version), frame, artist(version)]), "A - T");
            }
        }
    }
}

#[test]
fn extended_header_is_where_it_is_and_not_where_a_flag_says() {
    let header = |version: u8| match version {
        4 => b"\0\0\0\x06\x01\0".to_vec(),
        _ => b"\0\0\0\x06\0\0\0\0\0\0".to_vec(),
    };
    for version in 3..=4 {
        let frames = [title(version), artist(version), vec![0; 64]].concat();
        check(id3v2(version, 0x40, std::slice::from_ref(&frames)), "A - T");
        for headed in [header(version), header(7 - version), b"\0\0\0\0".to_vec()] {
            check(id3v2(version, 0x40, &[headed.clone(), frames.clone()]), "A - T");
            check(id3v2(version, 0, &[headed, frames.clone()]), "A - T");
        }
    }
}

#[test]
fn bytes_decide_what_is_unsynchronised() {
    let image = [jpeg(300), b"\xff\0 \xff\xd9".to_vec()].concat();
    for version in 3..=4 {
        let frames = [cover(version, &image), title(version), artist(version)];
        let encoded = with_zeros(&frames.concat());
        // The flag without the bytes; the bytes with the flag as in version 2.3; the bytes without the flag.
        for (flags, body) in [(0x80, frames.concat()), (0x80, encoded.clone()), (0, encoded)] {
            let (tags, bytes) = read_all(&id3v2(version, flags, &[body]));
            assert_eq!(tags.stream_title().as_deref(), Some("A - T"), "{version} {flags}");
            assert!(bytes.as_ref() == Some(&image), "{version} {flags}");
        }
    }
    // The flag of a frame without the bytes.
    let flagged = frame(4, "APIC", 2, &[b"\0image/jpeg\0\x03\0", image.as_slice()].concat());
    assert!(read_all(&id3v2(4, 0, &[flagged])).1.as_ref() == Some(&image));
}

#[test]
fn tag_of_another_version_than_its_header_says_is_read() {
    check(id3v2(2, 0, &[title(3), artist(3), vec![0; 64]]), "A - T");
    check(id3v2(3, 0, &[title(2), artist(2), vec![0; 64]]), "A - T");
    let mut tag = id3v2(3, 0, &[title(3), cover(3, &jpeg(20_000)), artist(3)]);
    let len = tag.len() as u32 - 10;
    tag[6..10].copy_from_slice(&len.to_be_bytes());
    assert!(tag[8] & 0x80 == 0 || tag[9] & 0x80 == 0, "a size without high bits is not seen");
    tag[6..10].copy_from_slice(&(len | 0x80).to_be_bytes());
    tag.resize(10 + (len as usize | 0x80), 0);
    check([tag, b"\xff\xfb\x90\0".to_vec()].concat(), "A - T");
}

#[test]
fn compressed_texts_are_unpacked_within_a_limit() {
    let packed = |bytes: &[u8]| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let len = |len: usize| (len as u32).to_be_bytes();
    let content = [&len(6)[..], &packed(b"\0Title")].concat();
    check(id3v2(3, 0, &[frame(3, "TIT2", 0x80, &content), artist(3)]), "A - Title");
    check(id3v2(4, 0, &[frame(4, "TIT2", 0x09, &content), artist(4)]), "A - Title");
    let bomb = packed(&[&[0], vec![b'x'; 8 << 20].as_slice()].concat());
    let parts = [&len(8 << 20)[..], &bomb[..7000.min(bomb.len())]].concat();
    let (tags, _) = read_all(&id3v2(3, 0, &[frame(3, "TIT2", 0x80, &parts), artist(3)]));
    assert!(tags.title.is_none_or(|title| title.len() <= 1000));
    // A compressed picture is not shown; the frames behind it are read.
    let picture = frame(3, "APIC", 0x80, &[&len(20)[..], &packed(b"\0image/png\0\x03\0\x89PNG")].concat());
    let (tags, bytes) = read_all(&id3v2(3, 0, &[picture, title(3)]));
    assert_eq!((tags.title.as_deref(), bytes), (Some("T"), None));
}

#[test]
fn text_with_a_wrong_label_is_decoded() {
    for label in [0, 3] {
        check(titled(label, &[b"\xff\xfe".to_vec(), utf16le("Jóga")].concat()), "Jóga");
        check(titled(label, &[b"\xfe\xff".to_vec(), utf16be("Jóga")].concat()), "Jóga");
    }
    check(titled(0, b"\xff\xfe in Latin-1"), "ÿþ in Latin-1");
    check(titled(3, b"\xffran d\xc3\xada"), "\u{fffd}ran día");
}

#[test]
fn several_frames_with_artists_are_joined() {
    let frames = [&b"\0A"[..], b"\0A", b"\0B\0C", b"\0C\0", b"\0"].map(|text| frame(4, "TPE1", 0, text));
    check(id3v2(4, 0, &[frames.concat(), title(4), frame(4, "TIT2", 0, b"\0Other")]), "A, B, C - T");
}

#[test]
fn empty_description_of_a_picture_may_end_with_one_nul() {
    for description in [&b"\0"[..], b"\0\0", b"\xff\xfe\0\0"] {
        let content = [b"\x01image/jpeg\0\x03", description, &jpeg(500)].concat();
        let bytes = read_all(&id3v2(3, 0, &[frame(3, "APIC", 0, &content), title(3)])).1;
        assert!(bytes == Some(jpeg(500)), "{description:?}");
    }
}

#[test]
fn tags_of_many_frames_are_read_in_bounded_time() {
    for frame in [frame(3, "XXXX", 0, b""), frame(3, "TPE1", 0, b"\0A"), frame(3, "COMM", 0, &[b'x'; 8000])] {
        let count = (15 << 20) / frame.len();
        let (tags, _) = read_all(&id3v2(3, 0, &[title(3), frame.repeat(count)]));
        assert_eq!(tags.title.as_deref(), Some("T"));
    }
    // Each size can be read in two ways.
    let private = frame(4, "PRIV", 0, &[0; 200]);
    assert_eq!(read_all(&id3v2(4, 0, &[title(4), private.repeat(70_000)])).0.title.as_deref(), Some("T"));
}

#[test]
fn thousands_of_artists_are_joined_in_bounded_time() {
    let artists = |range: std::ops::Range<usize>| range.map(|n| format!("\0{n:x}")).collect::<String>();
    let frames = (0..117).map(|n| frame(3, "TPE1", 0, artists(n * 1500..(n + 1) * 1500).as_bytes()));
    let tag = id3v2(3, 0, &[frames.collect::<Vec<_>>().concat(), title(3)]);
    let artist = read_all(&tag).0.artist.expect("an artist");
    assert!(artist.starts_with("0, 1, 2, "), "{artist}");
}

#[test]
fn place_of_a_picture_in_a_decoded_tag_is_determined_in_bounded_time() {
    let picture = |kind: u8, image: &[u8]| {
        frame(3, "APIC", 0, &[b"\0image/jpeg\0", [kind, 0].as_slice(), image].concat())
    };
    // Others than front covers, and front covers without an image.
    let pictures = [picture(0, &jpeg(1500)).repeat(5000), picture(3, b"").repeat(4900)].concat();
    // The zero in the title makes the reading without unsynchronisation end there.
    let title = frame(3, "TIT2", 0, b"\0T\xff\0");
    let plain = [title, pictures, picture(3, &jpeg(600))].concat();
    let frames =
        plain.iter().flat_map(|&byte| if byte == 0xff { vec![byte, 0] } else { vec![byte] }).collect();
    let (tags, bytes) = read_all(&id3v2(3, 0x80, &[frames]));
    assert!(bytes == Some(jpeg(600)), "{:?}", tags.title);
}
