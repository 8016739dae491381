//! Tests with files that the usual programs have tagged (`fixtures/make-tags.py`), and with damaged ones.

use std::fs;
use std::path::PathBuf;

use super::*;
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
    read(file.path())
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
    assert_eq!(read(&fixture(name)), expected, "{name}");
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

#[test]
fn front_cover_is_read() {
    for name in
        ["flac.flac", "flac.oga", "vorbis.ogg", "opus.opus", "aac.m4a", "id3.wav", "id3.aiff", "id3.aac"]
    {
        let cover = read_cover(&fixture(name)).expect(name);
        let flac = fs::read(fixture("flac.flac")).expect("a file");
        assert_eq!(Some(cover.len() as u64), read(&fixture(name)).cover.map(|cover| cover.len));
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
        assert_eq!(read(path), FileTags::default(), "{path:?}");
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
