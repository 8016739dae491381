//! Tests with files that the usual programs have tagged (`fixtures/make-tags.py`), and with damaged ones.

use std::fs;
use std::path::PathBuf;

use super::*;
use encoding_rs::{GBK, ISO_8859_7, SHIFT_JIS, WINDOWS_1251};

use crate::image::IMAGE_MAX;
use crate::transcode::TagLoudness;

const ARTIST: &str = "Björk Ünlü";
const TITLE: &str = "Jóga – it’s 音";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tags").join(name)
}

/// Returns the tags of a file with this content.
fn read_bytes(bytes: &[u8]) -> FileTags {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), bytes).expect("room");
    read(file.path(), WINDOWS_1252)
}

fn lufs(lufs: f32) -> Option<TagLoudness> {
    Some(TagLoudness { lufs, is_rough: false })
}

/// The tags of files that have all of them.
fn full() -> FileTags {
    FileTags {
        artist: Some(ARTIST.into()),
        title: Some(TITLE.into()),
        album: Some("Homogenic".into()),
        date: Some("1997-09-22".into()),
        isrc: Some("GBAAA9700027".into()),
        cover: Some(CoverInfo { mime: "image/png".into(), len: 69 }),
        loudness: None,
    }
}

#[track_caller]
fn check(name: &str, expected: FileTags) {
    assert_eq!(read(&fixture(name), WINDOWS_1252), expected, "{name}");
}

#[test]
fn vorbis_comments_are_read() {
    let artist = Some(format!("{ARTIST}, Second Artist"));
    let flac = FileTags { artist, loudness: lufs(-18.0 + 7.89), ..full() };
    check("flac.flac", flac.clone());
    check("flac.oga", flac);
    let date = Some("1997".into());
    // The gain of +1 dB refers to 83 dB, which is −24 LUFS.
    check("vorbis.ogg", FileTags { loudness: lufs(-25.0), date, isrc: None, ..full() });
    check("opus.opus", FileTags { loudness: lufs(-16.0), isrc: None, ..full() });
}

#[test]
fn atoms_of_itunes_are_read() {
    check("aac.m4a", FileTags { loudness: lufs(-16.0), ..full() });
    let sound_check = Some(TagLoudness { lufs: -16.0, is_rough: true });
    check("alac.m4a", FileTags { loudness: sound_check, ..full() });
}

#[test]
fn id3_in_wav_aiff_and_adts_is_read() {
    for name in ["id3.wav", "id3.aiff", "id3.aac"] {
        check(name, FileTags { loudness: lufs(-15.0), ..full() });
    }
}

/// The tag has a frame of iTunes with a space in its name, the flag of an extended header that is missing,
/// and a cover with a plain size.
#[test]
fn wrong_headers_of_id3_do_not_matter_in_any_format() {
    let frame = |id: &[u8], body: &[u8]| [id, &(body.len() as u32).to_be_bytes(), &[0, 0], body].concat();
    let image = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 5000]].concat();
    let body = [
        frame(b"TST ", b"\0Sort"),
        frame(b"APIC", &[b"\0image/png\0\x03\0", image.as_slice()].concat()),
        frame(b"TIT2", b"\0T"),
        frame(b"TPE1", b"\0A"),
    ]
    .concat();
    let size = [21, 14, 7, 0].map(|shift| (body.len() >> shift & 0x7f) as u8);
    let tag = [b"ID3\x04\0\x40".as_slice(), &size, &body].concat();
    let len = tag.len() as u32;
    let adts = fs::read(fixture("id3.aac")).expect("a file");
    let audio = adts.windows(2).rposition(|bytes| bytes == b"\xff\xf1").map_or(&adts[..], |_| {
        let old = adts[6..10].iter().fold(0, |len, byte| len << 7 | usize::from(*byte));
        &adts[10 + old..]
    });
    let flac = fs::read(fixture("flac.flac")).expect("a file");
    for file in [
        [b"RIFF\0\0\0\0WAVEid3 ".as_slice(), &len.to_le_bytes(), &tag].concat(),
        [b"FORM\0\0\0\0AIFFID3 ".as_slice(), &len.to_be_bytes(), &tag].concat(),
        [&tag, audio].concat(),
        [&tag, b"fLaC\x80\0\0\x22".as_slice(), &flac[8..42]].concat(),
    ] {
        let tags = read_bytes(&file);
        assert_eq!(
            (tags.artist.as_deref(), tags.title.as_deref()),
            (Some("A"), Some("T")),
            "{:?}",
            &file[..4]
        );
        assert_eq!(tags.cover.map(|cover| cover.len), Some(image.len() as u64));
    }
}

/// lofty does not keep the order of more than two, and reads nothing if the length of a block is too short.
#[test]
fn comments_of_flac_keep_their_order_and_do_not_depend_on_pictures() {
    let text = |text: &str| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    let comments = ["TITLE=T", "ARTIST=1", "ARTIST=2", "ARTIST=3"].map(text).concat();
    let block = [text("program"), 4u32.to_le_bytes().to_vec(), comments].concat();
    let block = [&[4], &(block.len() as u32).to_be_bytes()[1..], &block].concat();
    let flac = fs::read(fixture("flac.flac")).expect("a file");
    let broken_picture = [b"\x86\0\0\x08".as_slice(), &[0xff; 8]].concat();
    let short_block = [&[4, 0, 0, 20], &block[4..]].concat();
    for rest in [[block.clone(), b"\x81\0\0\0".to_vec()], [block, broken_picture], [short_block, vec![]]] {
        let tags = read_bytes(&[&flac[..42], &rest.concat()].concat());
        assert_eq!((tags.artist.as_deref(), tags.title.as_deref()), (Some("1, 2, 3"), Some("T")));
    }
}

#[test]
fn texts_in_chunks_are_read_in_their_charset() {
    let texts = FileTags { artist: Some(ARTIST.into()), ..FileTags::default() };
    let title = Some("Jóga – it’s".into());
    let (album, date) = (Some("Homogenic".into()), Some("1997".into()));
    let wave = FileTags { title, album: album.clone(), date, ..texts.clone() };
    check("info.wav", wave.clone());
    check("info-rf64.wav", wave);
    check("info.aiff", FileTags { title: Some(TITLE.into()), ..texts.clone() });
    check("info.caf", FileTags { title: Some(TITLE.into()), album, ..texts });
}

/// Replaces every occurrence of a text by another one of the same length.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let at: Vec<_> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!at.is_empty(), "the text is in the file");
    at.into_iter().for_each(|at| bytes[at..at + from.len()].copy_from_slice(to));
    bytes
}

#[test]
fn texts_that_are_not_utf8_are_in_the_charset_of_the_station() {
    let old_title = TITLE.as_bytes();
    for (charset, title) in [
        (WINDOWS_1251, "Группа крови"),
        (GBK, "月亮代表"),
        (SHIFT_JIS, "上を向いて"),
        (ISO_8859_7, "Το παιδί"),
    ] {
        let mut encoded = charset.encode(title).0.into_owned();
        encoded.resize(old_title.len(), b' ');
        // The other fields are UTF-8.
        for name in ["flac.flac", "flac.oga", "vorbis.ogg", "opus.opus", "info.aiff", "info.caf"] {
            let bytes = replaced(&fs::read(fixture(name)).expect(name), old_title, &encoded);
            let file = tempfile::NamedTempFile::new().expect("a file");
            fs::write(file.path(), bytes).expect("room");
            let tags = read(file.path(), charset);
            assert_eq!(tags.title.as_deref(), Some(title), "{name}");
            assert!(tags.artist.is_some_and(|artist| artist.starts_with(ARTIST)), "{name}");
            let cover = full().cover.filter(|_| !name.starts_with("info"));
            assert_eq!(tags.cover, cover, "{name}");
        }
    }
    assert_eq!(read(&fixture("info.wav"), WINDOWS_1251).title.as_deref(), Some("Jуga – it’s"));
    assert_eq!(read(&fixture("flac.flac"), WINDOWS_1251), read(&fixture("flac.flac"), WINDOWS_1252));
}

#[test]
fn damaged_comments_end_without_panic() {
    let flac = fs::read(fixture("flac.flac")).expect("a file");
    let at = flac.windows(4).position(|bytes| bytes == b"Bj\xc3\xb6").expect("a comment");
    for from in at - 60..at {
        for byte in [0, 0x7f, 0xff] {
            let mut flac = flac.clone();
            flac[from] = byte;
            flac[at + 2] = b'?';
            read_bytes(&flac);
        }
    }
}

#[test]
fn front_cover_is_read() {
    for name in
        ["flac.flac", "flac.oga", "vorbis.ogg", "opus.opus", "aac.m4a", "id3.wav", "id3.aiff", "id3.aac"]
    {
        let cover = read_cover(&fixture(name)).expect(name);
        let flac = fs::read(fixture("flac.flac")).expect("a file");
        assert_eq!(Some(cover.len() as u64), read(&fixture(name), WINDOWS_1252).cover.map(|cover| cover.len));
        // The back cover comes first in the FLAC file.
        let found = flac.windows(cover.len()).rposition(|bytes| bytes == cover);
        assert_eq!(found, flac.windows(8).rposition(|bytes| bytes == b"\x89PNG\r\n\x1a\n"), "{name}");
    }
    assert_eq!(read_cover(&fixture("info.wav")), None);
}

#[test]
fn mp3_files_and_others_have_no_tags_here() {
    let mp3 = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3/id3v2-padding-200k.mp3");
    for path in [&mp3, Path::new("/dev/zero"), Path::new("/nonexistent"), Path::new("/")] {
        assert_eq!(read(path, WINDOWS_1252), FileTags::default(), "{path:?}");
    }
    for bytes in [&b"x"[..], b"OggS", b"fLaC", b"RIFF\0\0\0\0WAVE", b"FORM\0\0\0\0AIFF", b"caff"] {
        assert_eq!(read_bytes(bytes), FileTags::default());
    }
}

/// Returns a FLAC file with these pictures of PNG in front of the comments of the fixture.
fn flac_with_pictures(sizes: &[usize]) -> Vec<u8> {
    let flac = fs::read(fixture("flac.flac")).expect("a file");
    let mut bytes = flac[..42].to_vec();
    for size in sizes {
        let image = [b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; size - 8]].concat();
        let head = [&[0, 0, 0, 3, 0, 0, 0, 9], b"image/png".as_slice(), &[0; 20]].concat();
        let len = (head.len() + 4 + image.len()) as u32;
        bytes.extend(
            [&[6], &len.to_be_bytes()[1..], &head, &(image.len() as u32).to_be_bytes(), &image].concat(),
        );
    }
    [bytes, flac[42..].to_vec()].concat()
}

#[test]
fn large_pictures_cost_only_the_cover() {
    let within = read_bytes(&flac_with_pictures(&[IMAGE_MAX]));
    assert_eq!(within.cover.map(|cover| cover.len), Some(IMAGE_MAX as u64));
    let beyond = read_bytes(&flac_with_pictures(&[IMAGE_MAX + 1]));
    assert_eq!((beyond.title.as_deref(), beyond.cover), (Some(TITLE), None));
    // More than is read of a file: the tags are read without pictures.
    let scans = read_bytes(&flac_with_pictures(&[10 << 20, 10 << 20]));
    assert_eq!((scans.title.as_deref(), scans.cover), (Some(TITLE), None));
}

/// The rest of the file may be as large as the part of it that is read.
#[test]
fn large_picture_of_id3_costs_only_the_cover() {
    let frame = |id: &[u8], body: &[u8]| [id, &(body.len() as u32).to_be_bytes(), &[0, 0], body].concat();
    let picture = [b"\0image/png\0\x03\0\x89PNG\r\n\x1a\n".as_slice(), &vec![0; 16_776_500]].concat();
    let body = [frame(b"TIT2", b"\0T"), frame(b"APIC", &picture), frame(b"TPE1", b"\0A")].concat();
    let size = [21, 14, 7, 0].map(|shift| (body.len() >> shift & 0x7f) as u8);
    let tag = [b"ID3\x03\0\0".as_slice(), &size, &body].concat();
    let file = [b"RIFF\0\0\0\0WAVEid3 ".as_slice(), &(tag.len() as u32).to_le_bytes(), &tag].concat();
    let tags = read_bytes(&file);
    assert_eq!((tags.artist.as_deref(), tags.title.as_deref(), tags.cover), (Some("A"), Some("T"), None));
}

#[test]
fn comments_of_flac_are_found_behind_tags_with_wrong_headers() {
    let flac = fs::read(fixture("flac.flac")).expect("a file");
    let plain_size = [b"ID3\x03\0\0\0\0\x50\x80".as_slice(), &[0; 0x5080]].concat();
    let short = b"ID3\x03\0\0\0\0\0\x05\0\0\0\0\0".as_slice();
    for tags in [plain_size.clone(), [short, &[0; 500], &plain_size].concat()] {
        assert_eq!(read_bytes(&[&tags[..], &flac].concat()).title.as_deref(), Some(TITLE));
    }
}

#[test]
fn damaged_picture_costs_only_the_cover() {
    let mut flac = fs::read(fixture("flac.flac")).expect("a file");
    let at = flac.windows(8).position(|bytes| bytes == b"\x89PNG\r\n\x1a\n").expect("a picture");
    flac[at - 4..at].fill(0xff);
    assert_eq!(read_bytes(&flac).title.as_deref(), Some(TITLE));
}

fn fixtures() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = fs::read_dir(fixture("")).expect("a folder");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(paths.len() >= 13, "{paths:?}");
    paths.into_iter().map(|path| (path.clone(), fs::read(path).expect("a file"))).collect()
}

/// Checks what must hold for the tags of any file.
fn check_bounds(tags: &FileTags, context: &str) {
    for text in [&tags.artist, &tags.title, &tags.album, &tags.date, &tags.isrc].into_iter().flatten() {
        assert!(text.len() <= 8 << 10 && !text.is_empty(), "{context}");
    }
    let is_plausible = |lufs: f32| crate::transcode::PLAUSIBLE_LUFS.contains(&lufs);
    assert!(tags.loudness.is_none_or(|loudness| is_plausible(loudness.lufs)), "{context}");
    assert!(tags.cover.as_ref().is_none_or(|cover| cover.len <= IMAGE_MAX as u64), "{context}");
}

#[test]
fn damaged_files_are_read_within_bounds() {
    let seed = 15;
    let mut random = fastrand::Rng::with_seed(seed);
    let hostile: [&[u8]; 4] =
        [&[0xff; 4], &[0x7f, 0xff, 0xff, 0xff], &[0, 0, 0, 0], &[0xff, 0xff, 0xff, 0x7f]];
    for (path, original) in fixtures() {
        for round in 0..150 {
            let mut bytes = original.clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bytes.len() - 4);
                match random.u8(..3) {
                    0 => bytes[at] = random.u8(..),
                    1 => bytes[at..at + 4].copy_from_slice(hostile[random.usize(..4)]),
                    _ => bytes.truncate(at.max(8)),
                }
                if bytes.len() < 16 {
                    break;
                }
            }
            let context = format!("{} round {round} of seed {seed}", path.display());
            check_bounds(&read_bytes(&bytes), &context);
        }
    }
}

#[test]
fn endless_chunks_and_pages_end() {
    let chunk = |len: u32| [b"junk".as_slice(), &len.to_le_bytes()].concat();
    check_bounds(&read_bytes(&[b"RIFF\0\0\0\0WAVE".as_slice(), &chunk(0).repeat(100_000)].concat()), "empty");
    check_bounds(&read_bytes(&[b"RIFF\0\0\0\0WAVE".as_slice(), &chunk(u32::MAX)].concat()), "long");
    let caf = [b"caff\0\x01\0\0".as_slice(), b"info", &[0xff; 8], &[0; 100]].concat();
    check_bounds(&read_bytes(&caf), "caf");
    let flac = fs::read(fixture("flac.oga")).expect("a file");
    let empty_page = [&flac[..26], &[0]].concat();
    check_bounds(&read_bytes(&[&flac[..79], &empty_page.repeat(20_000)].concat()), "pages");
}
