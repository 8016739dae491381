//! Tests of the tag reader with tags as different programs write them.

use std::io::{Cursor, SeekFrom};

use encoding_rs::WINDOWS_1252;
use proptest::prelude::*;

use std::fs::File;

use super::fields::MAX_TAG_BYTES;
use super::*;

mod charsets;
mod details;
mod from_worker;
mod loudness;
mod several_tags;
mod wrong_headers;

/// Returns a frame of ID3v2 with its size in the form of the version.
fn frame(version: u8, id: &str, flags: u8, body: &[u8]) -> Vec<u8> {
    let len = body.len() as u32;
    let size = if version == 4 { syncsafe(len) } else { len.to_be_bytes() };
    match version {
        2 => [id.as_bytes(), &size[1..], body].concat(),
        _ => [id.as_bytes(), &size, &[0, flags], body].concat(),
    }
}

fn syncsafe(len: u32) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (len >> shift & 0x7f) as u8)
}

fn id3v2(version: u8, flags: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    let frames = frames.concat();
    [b"ID3".as_slice(), &[version, 0, flags], &syncsafe(frames.len() as u32), &frames].concat()
}

/// Returns a tag of version 2.4 with one title.
fn titled(encoding: u8, text: &[u8]) -> Vec<u8> {
    id3v2(4, 0, &[frame(4, "TIT2", 0, &[&[encoding], text].concat())])
}

fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn utf16be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn ape(version: u32, items: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let item = |(key, flags, value): &(&str, u32, &[u8])| {
        [&(value.len() as u32).to_le_bytes(), &flags.to_le_bytes(), key.as_bytes(), b"\0", value].concat()
    };
    let body: Vec<u8> = items.iter().flat_map(item).collect();
    let numbers =
        [version, body.len() as u32 + 32, items.len() as u32, 0, 0, 0].map(u32::to_le_bytes).concat();
    [&body, b"APETAGEX".as_slice(), &numbers].concat()
}

fn id3v1(title: &[u8], artist: &[u8]) -> Vec<u8> {
    let mut tag = [b"TAG".as_slice(), &[0; 125]].concat();
    tag[3..][..title.len()].copy_from_slice(title);
    tag[33..][..artist.len()].copy_from_slice(artist);
    tag
}

/// Checks the stream title from a file's tags; empty if there is none.
#[track_caller]
fn check(file: impl AsRef<[u8]>, expected: &str) {
    let file = [file.as_ref()].concat();
    assert_eq!(read_tags(&mut Cursor::new(file), WINDOWS_1252).stream_title().unwrap_or_default(), expected);
}

#[test]
fn artist_and_title_are_read_in_every_version() {
    for (version, title, artist) in [(2, "TT2", "TP1"), (3, "TIT2", "TPE1"), (4, "TIT2", "TPE1")] {
        let title = frame(version, title, 0, b"\0T");
        let artist = frame(version, artist, 0, b"\0A");
        let album = frame(version, if version == 2 { "TAL" } else { "TALB" }, 0, &[b'x'; 300]);
        check(id3v2(version, 0, &[album.clone(), title.clone(), artist.clone()]), "A - T");
        check(id3v2(version, 0, &[artist.clone(), album.clone(), title.clone(), vec![0; 500]]), "A - T");
        check(id3v2(version, 0, &[title, album]), "T");
        check(id3v2(version, 0, &[artist]), "");
    }
    check(id3v2(3, 0, &[frame(3, "TT2\0", 0, b"\0iTunes")]), "iTunes");
    check(id3v2(5, 0, &[frame(4, "TIT2", 0, b"\0T")]), "");
}

#[test]
fn text_encodings_are_decoded() {
    check(titled(0, b"it\x92s \xc4 \x80"), "it’s Ä €");
    check(titled(0, "Ä€".as_bytes()), "Ä€");
    check(titled(1, &[b"\xff\xfe".to_vec(), utf16le("Ä€🎵")].concat()), "Ä€🎵");
    check(titled(1, &[b"\xfe\xff".to_vec(), utf16be("Ä€🎵")].concat()), "Ä€🎵");
    check(titled(1, &utf16le("Without")), "Without");
    check(titled(1, &utf16be("Without")), "Without");
    check(titled(1, &[utf16le("odd"), vec![0]].concat()), "odd");
    check(titled(2, &utf16be("Ночной")), "Ночной");
    check(titled(3, "Ä€🎵".as_bytes()), "Ä€🎵");
    check(titled(3, b"wrong \xe9"), "wrong é");
    check(titled(9, b"x"), "");
    check(titled(0, b""), "");
}

#[test]
fn values_are_joined_and_cleaned() {
    check(titled(3, b"A\0B\0\0"), "A, B");
    check(
        titled(1, &["A", "\0\u{feff}", "B", "\0"].map(|s| utf16le(&format!("\u{feff}{s}"))).concat()),
        "A, B",
    );
    check(titled(3, b" \t a\r\nb\x1bc\x07 \0 "), "a  b c");
    check(titled(3, b" \0\0 "), "");
    check(titled(3, &[b'x'; 5000]), &"x".repeat(1000));
}

#[test]
fn unsynchronisation_is_undone() {
    // Before version 2.4 sizes do not include the inserted zeros.
    let tag = id3v2(3, 0x80, &[frame(3, "APIC", 0, b"\0\xff\xe0"), frame(3, "TIT2", 0, b"\0\xff\xfe\xff")]);
    let body = tag[10..].iter().flat_map(|&byte| if byte == 0xff { vec![byte, 0] } else { vec![byte] });
    let body: Vec<u8> = body.collect();
    check([&tag[..6], &syncsafe(body.len() as u32), &body].concat(), "ÿþÿ");
    // Since version 2.4 a flag of each frame, or of the tag for all frames, marks it; a length may precede
    // the content.
    check(id3v2(4, 0, &[frame(4, "TIT2", 2, b"\0\xff\0\xfe")]), "ÿþ");
    check(id3v2(4, 0x80, &[frame(4, "TIT2", 0, b"\0\xff\0\xfe")]), "ÿþ");
    check(id3v2(4, 0x80, &[frame(4, "TIT2", 3, b"\0\0\0\x03\0\xff\0\xfe")]), "ÿþ");
}

#[test]
fn flags_of_frames_and_tags_are_respected() {
    check(id3v2(3, 0, &[frame(3, "TIT2", 0x20, b"\x07\0T")]), "T");
    check(id3v2(4, 0, &[frame(4, "TIT2", 0x41, b"\x07\0\0\0\x02\0T")]), "T");
    for (version, flag) in [(3, 0x80), (3, 0x40), (4, 0x08), (4, 0x04)] {
        let secret = frame(version, "TIT2", flag, b"\0secret");
        check(id3v2(version, 0, &[secret, frame(version, "TIT2", 0, b"\0T")]), "T");
    }
    check(id3v2(3, 0x40, &[b"\0\0\0\x06\0\0\0\0\0\0".to_vec(), frame(3, "TIT2", 0, b"\0T")]), "T");
    check(id3v2(4, 0x40, &[b"\0\0\0\x06\x01\0".to_vec(), frame(4, "TIT2", 0, b"\0T")]), "T");
    check(id3v2(2, 0x40, &[frame(2, "TT2", 0, b"\0T")]), "");
}

#[test]
fn damaged_tags_are_read_up_to_the_damage() {
    let artist = frame(3, "TPE1", 0, b"\0A");
    let title = frame(3, "TIT2", 0, b"\0T");
    let claims = |id: &str, len: u32| [id.as_bytes(), &len.to_be_bytes(), &[0, 0, 0]].concat();
    check(id3v2(3, 0, &[artist.clone(), title.clone(), b"\xff\xfb\x90".to_vec()]), "A - T");
    check(id3v2(3, 0, &[artist.clone(), title.clone(), claims("APIC", u32::MAX)]), "A - T");
    // Damage before the title hides it; a tag of another kind may have one.
    let hidden = id3v2(3, 0, &[claims("TPE1", 200 << 20), title.clone()]);
    check(&hidden, "");
    check([hidden, id3v1(b"Old", b"")].concat(), "Old");
    // A large picture does not hide the title.
    check(id3v2(3, 0, &[frame(3, "APIC", 0, &vec![0; 5 << 20]), title.clone()]), "T");
    // The size in the tag's header is false.
    let mut tag = id3v2(3, 0, &[artist, title]);
    tag[6..10].copy_from_slice(&[0x7f; 4]);
    check(&tag, "A - T");
    check(&tag[..tag.len() - 1], "");
}

#[test]
fn ape_items_are_read() {
    let mut items: Vec<(&str, u32, &[u8])> =
        vec![("Cover Art (Front)", 2, &[7; 300_000]), ("TITLE", 0, "Tö".as_bytes())];
    check([b"audio".to_vec(), ape(2000, &items)].concat(), "Tö");
    items.push(("Artist", 0, b"A\0B"));
    check(ape(2000, &items), "A, B - Tö");
    check([ape(2000, &items), id3v1(b"Cut off", b"")].concat(), "A, B - Tö");
    check(ape(1000, &[("title", 0, b"caf\xe9")]), "café");
    check(ape(2000, &[("title", 2, b"binary"), ("subtitle", 0, b"no")]), "");
}

#[test]
fn ape_tags_with_false_sizes_are_skipped() {
    let tag = ape(2000, &[("Title", 0, b"T")]);
    let with_size =
        |size: u32| [&tag[..tag.len() - 20], &size.to_le_bytes(), &tag[tag.len() - 16..]].concat();
    check([with_size(u32::MAX), id3v1(b"Old", b"")].concat(), "Old");
    check(with_size(u32::MAX), "");
    check(with_size(3), "");
    let endless = [u32::MAX.to_le_bytes().as_slice(), &[0; 4], b"Cover\0"].concat();
    check([&endless, tag.as_slice()].concat(), "T");
    let footer = &ape(2000, &[("", 0, &[0; 300])])[309..];
    check([&[b'x'; 309], footer].concat(), "");
}

#[test]
fn id3v1_fields_are_read() {
    check(id3v1(b"Title", b"Artist   "), "Artist - Title");
    check(id3v1(b"a title that has thirty bytes!", b"A"), "A - a title that has thirty bytes!");
    check(id3v1(b"K\xfchl\x85\0rest", b"\0rest"), "Kühl…");
    check(id3v1(b"", b"Artist"), "");
    check(&id3v1(b"Title", b"")[1..], "");
}

#[test]
fn tags_are_merged_by_precedence() {
    let (v2, ape, v1) = (titled(3, b"v2"), ape(2000, &[("Title", 0, b"ape")]), id3v1(b"v1", b""));
    check([v2.clone(), ape.clone(), v1.clone()].concat(), "v2");
    check([v2, v1.clone()].concat(), "v2");
    check([titled(3, b""), ape, v1.clone()].concat(), "ape");
    check([titled(3, b""), v1].concat(), "v1");
}

#[test]
fn file_names_become_titles() {
    let check = |name: &str, expected: &str| {
        assert_eq!(title_by_name(Path::new(name), None, WINDOWS_1252), expected, "{name}")
    };
    check("/music/Artist - Title.mp3", "Artist - Title");
    check("a_b__c.MP3", "a b  c");
    for name in [
        "03 - x", "03. x", "03_x", "03 x", "03-x", "3. x", "3 - x", "3) x", "12 – x", "12-x", "103 - x",
        "3.x",
    ] {
        check(&format!("{name}.mp3"), "x");
    }
    for name in ["1-02 x", "1-02 - x", "2.11 x", "1-02_x", "03_-_x", " 03 - x "] {
        check(&format!("{name}.mp3"), "x");
    }
    for name in [
        "99 Luftballons",
        "50 Cent - x",
        "4-Hero",
        "24-7 Spyz",
        "1.5 h",
        "1984",
        "1999 - x",
        "7",
        "03 - ",
        "01",
    ] {
        check(&format!("{name}.mp3"), name.trim());
    }
    check("01 ...And x.mp3", "...And x");
    check("01 - 1999.mp3", "1999");
    check("03 - .mp3", "03 -");
    check("___.mp3", "Untitled");
    check("..", "Untitled");
    check("a\nb.mp3", "a b");
}

#[test]
fn hints_take_precedence_over_names() {
    let named = |hint| title_by_name(Path::new("01 - x.mp3"), hint, WINDOWS_1252);
    assert_eq!(named(Some(" 07 - Hint\t")), "07 - Hint");
    assert_eq!(named(Some(" \r ")), "x");
    assert_eq!(named(None), "x");
}

#[test]
fn files_are_left_at_their_start() {
    let mut file = tempfile::tempfile().unwrap();
    let mut title = |bytes: &[u8]| {
        file.set_len(0).unwrap();
        file.rewind().unwrap();
        std::io::Write::write_all(&mut file, bytes).unwrap();
        let (title, _) = track_info(Path::new("name.mp3"), &mut file, Some("Hint"), WINDOWS_1252);
        assert_eq!(file.stream_position().unwrap(), 0);
        title
    };
    assert_eq!(title(&titled(3, b"T")), "T");
    assert_eq!(title(b""), "Hint");
}

#[test]
fn fixtures_have_the_expected_titles() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3");
    let expected = std::fs::read_to_string(folder.join("EXPECTED.tsv")).unwrap();
    for line in expected.lines().skip(1) {
        let columns: Vec<_> = line.split('\t').collect();
        let [name, .., title, artist] = columns[..] else { panic!("{line}") };
        let expected = match (title, artist) {
            ("-", _) => "Hint".to_string(),
            (title, "-") => title.to_string(),
            (title, artist) => format!("{artist} - {title}"),
        };
        let path = folder.join(name);
        assert_eq!(
            track_info(&path, &mut File::open(&path).unwrap(), Some("Hint"), WINDOWS_1252).0,
            expected,
            "{name}"
        );
    }
}

/// A practically endless file that counts the bytes read.
struct Endless {
    start: Vec<u8>,
    at: u64,
    read: u64,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        for (byte, at) in buffer.iter_mut().zip(self.at..) {
            // Zeros would be padding, so the rest is filled with the bytes of unknown frames.
            *byte = self.start.get(at as usize).copied().unwrap_or(b"\0XXXX\0\0\0\x01\0\0"[at as usize % 11]);
        }
        self.at += buffer.len() as u64;
        self.read += buffer.len() as u64;
        Ok(buffer.len())
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
            SeekFrom::End(by) => u64::MAX.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

#[test]
fn tag_that_claims_256_mb_is_read_in_part_on_a_small_stack() {
    let read = |version: u8, flags: u8, first: &[u8]| {
        let start = [b"ID3".as_slice(), &[version, 0, flags, 0x7f, 0x7f, 0x7f, 0x7f], first].concat();
        let mut source = Endless { start, at: 0, read: 0 };
        id3v2::read(&mut source, WINDOWS_1252).unwrap();
        source.read
    };
    let all = move || {
        let tags = [(2, 0), (3, 0), (3, 0x80), (4, 0), (4, 0x80)];
        // The first frame begins at the 11th byte, or follows a byte that is none.
        tags.map(|(version, flags)| [read(version, flags, b"X"), read(version, flags, b"\0")])
    };
    let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(all).unwrap();
    for read in thread.join().unwrap().as_flattened() {
        assert!((100..2 * MAX_TAG_BYTES + (1 << 20)).contains(read), "{read}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(
        start in prop::sample::select(vec![b"".as_slice(), b"ID3\x02\0", b"ID3\x03\0", b"ID3\x04\0", b"ID3\x03\0\x80\x7f\x7f\x7f\x7f"]),
        pieces in prop::collection::vec(prop_oneof![
            prop::sample::select(vec![
                b"TIT2".as_slice(), b"TPE1", b"TT2", b"TP1", b"\0\0\0\x05", b"\0\0", b"\x01\xff\xfe", b"\x02\xd8", b"\xff\0",
                b"APETAGEX", b"\xd0\x07\0\0", b"\x40\0\0\0", b"Title\0", b"Artist\0", b"TAG", b"TST ", b"APIC", b"\0\0\x01\x10", b"SEEK",
                b"image/png\0\x03", b"LYRICSBEGIN", b"ETT00005", b"000020LYRICS200", b"LYRICSEND", b"ID3\x04\0\x10\0\0\0\x20", b"3DI\x04\0\x10\0\0\0\x20",
            ]).prop_map(<[u8]>::to_vec),
            prop::collection::vec(any::<u8>(), 0..140),
        ], 0..20),
        end in prop::sample::select(vec![b"".as_slice(), b"APETAGEX\xd0\x07\0\0\x40\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0"]),
    ) {
        let title = read_tags(&mut Cursor::new([start, &pieces.concat(), end].concat()), WINDOWS_1252).stream_title();
        prop_assert!(title.is_none_or(|title| title.chars().count() <= 2 * 1000 + 3 && !title.contains(char::is_control)));
    }

    #[test]
    fn any_name_gives_a_title(name in "[0-9._ –)a-]{0,12}") {
        prop_assert!(!title_by_name(Path::new(&name), Some(&name), WINDOWS_1252).is_empty());
        prop_assert!(!title_by_name(Path::new(&name), None, WINDOWS_1252).is_empty());
    }
}
