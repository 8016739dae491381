//! Reports about files of music.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use super::source::is_live;
use crate::common::{CHECKED, Coldwave, PLAIN, fixture, run_to_end, track};

/// A frame of silence: MPEG-1 layer III, 44.1 kHz, joint stereo, 128 kbit/s.
fn frame(fill: u8) -> Vec<u8> {
    [vec![0xFF, 0xFB, 0x90, 0x40], vec![fill; 413]].concat()
}

fn station(folder: &Path, settings: &str) -> Coldwave {
    let config = format!("[server]\nlisten = ['127.0.0.1:0']\n[[station]]\nmusic = ['music']\n{settings}");
    Coldwave::with_config(folder, &config, 1)
}

fn folder_with(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("music")).expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.path().join("music").join(name), bytes).expect("a file");
    }
    folder
}

/// A WAV file of 24 bits with two headers that agree by chance.
fn chance_pair() -> Vec<u8> {
    let data = [vec![0; 200_000], frame(0x11), frame(0x11), vec![0; 1_000_000]].concat();
    let format = [16, 1 | 2 << 16, 44_100, 264_600, 6 | 24 << 16].map(u32::to_le_bytes).concat();
    let length = |length: usize| u32::try_from(length).expect("a short file").to_le_bytes();
    let parts: [&[u8]; 7] =
        [b"RIFF", &length(36 + data.len()), b"WAVEfmt ", &format, b"data", &length(data.len()), &data];
    parts.concat()
}

#[test]
fn wav_with_a_chance_pair_is_not_music() {
    for name in ["F3.wav", "F3.mp3"] {
        let folder = folder_with(&[(name, chance_pair())]);
        let server = station(folder.path(), "process = 'never'\n");
        let mut listener = server.listen();
        listener.until_seconds(12.0);
        let silence = listener.frame(0).to_vec();
        assert!((0..listener.frames.len()).all(|at| listener.frame(at) == silence), "{name} is on the air");
        let lines = server.log().count(name);
        assert!((1..=3).contains(&lines), "{lines} lines:\n{}", server.log().text());
        let checked = run_to_end(&[
            "--check".as_ref(),
            "--config".as_ref(),
            folder.path().join("coldwave.toml").as_os_str(),
        ]);
        assert!(checked.stdout.contains("left out    1 WAV: PCM"), "{checked:?}");
    }
}

#[test]
fn file_of_one_frame_costs_few_log_lines() {
    let folder = folder_with(&[("one.mp3", frame(0))]);
    let server = station(folder.path(), "");
    let mut listener = server.listen();
    listener.until_seconds(8.0);
    let before = server.log().text().lines().count();
    listener.for_seconds(10.0);
    let lines = server.log().text().lines().count() - before;
    assert!(lines <= 15, "{lines} lines in ten seconds:\n{}", server.log().text());
}

/// An upload in progress is not played before it is complete.
#[test]
fn growing_file_waits() {
    let folder = folder_with(&[]);
    let music = folder.path().join("music");
    track(&music, "a.mp3", PLAIN, 3);
    let server = station(folder.path(), "");
    let mut listener = server.listen();
    listener.until_seconds(6.0);
    let piece = fs::read(fixture(CHECKED)).expect("a fixture");
    let mut upload = OpenOptions::new().create(true).append(true).open(music.join("b.mp3")).expect("a file");
    for _ in 0..20 {
        upload.write_all(&piece).expect("the upload goes on");
        listener.for_seconds(1.0);
    }
    let from = listener.frames.len();
    assert!((0..from).all(|at| !is_live(listener.frame(at))), "an unfinished file is on the air");
    drop(upload);
    listener
        .until("the uploaded file", |it| it.frames.len() > from && is_live(it.frame(it.frames.len() - 1)));
}

fn v1(title: &[u8], artist: &[u8]) -> Vec<u8> {
    let field = |text: &[u8]| {
        let mut field = text[..text.len().min(30)].to_vec();
        field.resize(30, 0);
        field
    };
    [b"TAG".to_vec(), field(title), field(artist), vec![0; 64], vec![0xFF]].concat()
}

/// A size with seven bits in each byte.
fn syncsafe(size: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (size >> shift) as u8 & 0x7F)
}

/// A frame of ID3v2.4 or, with a plain size, of ID3v2.3 and of old versions of iTunes.
fn id3_frame(id: &str, body: &[u8], is_plain: bool) -> Vec<u8> {
    let plain = u32::try_from(body.len()).expect("a short frame").to_be_bytes();
    let size = if is_plain { plain } else { syncsafe(body.len()) };
    [id.as_bytes(), &size, &[0, 0], body].concat()
}

fn id3_tag(version: u8, flags: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    let body = [frames.concat(), vec![0; 64]].concat();
    [&[b'I', b'D', b'3', version, 0, flags], &syncsafe(body.len())[..], &body].concat()
}

/// A frame with a text that is labelled as Latin-1.
fn id3_text(id: &str, text: &[u8], is_plain: bool) -> Vec<u8> {
    id3_frame(id, &[&[0], text, &[0]].concat(), is_plain)
}

/// An ID3v2.3 tag whose frames say that they are Latin-1.
fn v2(title: &[u8], artist: &[u8]) -> Vec<u8> {
    id3_tag(3, 0, &[id3_text("TIT2", title, true), id3_text("TPE1", artist, true)])
}

fn title_of(bytes: Vec<u8>, settings: &str) -> String {
    let folder = folder_with(&[("file.mp3", bytes)]);
    let server = station(folder.path(), settings);
    let mut listener = server.listen_with_titles();
    listener.until("a title", |it| it.titles().iter().any(|title| !title.is_empty()));
    listener.titles().swap_remove(0)
}

#[test]
fn tag_in_utf8_that_is_cut_within_a_character() {
    let tag = v1("Группа крови на рукаве".as_bytes(), "Кино".as_bytes());
    assert_eq!(title_of([frame(0).repeat(200), tag].concat(), ""), "Кино - Группа крови на");
}

#[test]
fn tags_in_the_charset_of_the_station() {
    // "Группа крови" and "Кино" in windows-1251.
    let title = b"\xC3\xF0\xF3\xEF\xEF\xE0 \xEA\xF0\xEE\xE2\xE8";
    let artist = b"\xCA\xE8\xED\xEE";
    let files = [
        [v2(&[title, &b" ".repeat(40)[..]].concat(), artist), frame(0).repeat(200)].concat(),
        [frame(0).repeat(200), v1(title, artist)].concat(),
    ];
    for file in files {
        assert_eq!(title_of(file, "charset = 'windows-1251'\n"), "Кино - Группа крови");
    }
}

/// iTunes writes frames with three letters and a space in front of the title.
#[test]
fn sort_names_of_itunes_do_not_end_the_tag() {
    for (version, is_plain) in [(3, true), (4, false)] {
        let text = |id, text: &str| id3_text(id, text.as_bytes(), is_plain);
        let frames = [
            id3_frame("COMM", b"\0engiTunPGAP\x000\0", is_plain),
            text("TST ", "Track Title Sort"),
            text("TSA ", "Album Sort"),
            text("TSP ", "Artist Name Sort"),
            text("TIT2", "Track Title"),
            text("TPE1", "Artist Name"),
        ];
        let file = [id3_tag(version, 0, &frames), frame(0).repeat(200)].concat();
        assert_eq!(title_of(file, ""), "Artist Name - Track Title");
    }
}

#[test]
fn flag_of_an_extended_header_that_is_missing() {
    let frames = [("TIT2", "Punk To Funk"), ("TPE1", "FatBoy Slim")]
        .map(|(id, text)| id3_frame(id, format!("\x03{text}").as_bytes(), false));
    let file = [id3_tag(4, 0x40, &frames), frame(0).repeat(200)].concat();
    assert_eq!(title_of(file, ""), "FatBoy Slim - Punk To Funk");
}

/// Old versions of iTunes wrote sizes of ID3v2.3 into ID3v2.4. This one has no high bit, and with seven bits
/// in each byte it leads into zeros, as padding has them.
#[test]
fn plain_size_of_a_cover_in_a_newer_tag() {
    let picture = [&[0xFF, 0xD8, 0xFF, 0xE0], vec![0; 0x1F10 - 19].as_slice()].concat();
    let frames = [
        id3_frame("APIC", &[b"\0image/jpeg\0\x03\0", picture.as_slice()].concat(), true),
        id3_text("TIT2", b"Track Title", false),
        id3_text("TPE1", b"Artist Name", false),
    ];
    let folder = folder_with(&[("file.mp3", [id3_tag(4, 0, &frames), frame(0).repeat(200)].concat())]);
    let server = station(folder.path(), "");
    let mut listener = server.listen_with_titles();
    listener.until("a title", |it| it.titles().iter().any(|title| !title.is_empty()));
    assert_eq!(listener.titles()[0], "Artist Name - Track Title");
    let cover = server.get("/playingart?sid=1").send();
    assert_eq!(cover.status_line(), "HTTP/1.0 200 OK");
    assert_eq!(cover.body.len(), 7937);
    assert!(cover.body == picture, "the whole cover");
}

#[test]
fn artist_in_the_old_tag_only() {
    let file = [
        id3_tag(3, 0, &[id3_text("TIT2", b"Track Title", true)]),
        frame(0).repeat(200),
        v1(b"Track Title", b"Artist Name"),
    ];
    assert_eq!(title_of(file.concat(), ""), "Artist Name - Track Title");
}
