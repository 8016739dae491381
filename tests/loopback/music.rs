//! The music of a station: files, folders and playlists, and what happens if they are unplayable.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::common::{CHECKED, Coldwave, Listener, PLAIN, fixture, track, two_tracks, wait_for};

/// Returns whether every frame so far is silent, which is a frame of zeros.
fn is_silent(listener: &Listener) -> bool {
    (0..listener.frames.len()).all(|at| listener.frame(at)[4..].iter().all(|byte| *byte == 0))
}

#[test]
fn files_folders_and_playlists_are_played() {
    let folder = two_tracks();
    let in_folder = |name: &str| folder.path().join(name);
    let (plain, check) = ("Anchors Aweigh.mp3", "Check Mate.mp3");
    let uri = |name: &str| format!("file://{}", in_folder(name).display()).replace(' ', "%20");
    for (name, text) in [
        ("relative.m3u", format!("#EXTM3U\r\n{plain}\r\n{check}\r\n")),
        ("absolute.m3u8", format!("{}\n{}\n", in_folder(plain).display(), in_folder(check).display())),
        ("list.pls", format!("[playlist]\nFile1={plain}\nFile2={check}\nNumberOfEntries=2\nVersion=2\n")),
        (
            "list.xspf",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<playlist version=\"1\" \
                 xmlns=\"http://xspf.org/ns/0/\"><trackList><track><location>{}</location></track>\
                 <track><location>{}</location></track></trackList></playlist>",
                uri(plain),
                uri(check)
            ),
        ),
    ] {
        fs::write(in_folder(name), text).expect("the folder is writable");
    }
    let arguments = [
        vec![folder.path().to_owned()],
        vec![in_folder(plain), in_folder(check)],
        vec![in_folder("relative.m3u")],
        vec![in_folder("absolute.m3u8")],
        vec![in_folder("list.pls")],
        vec![in_folder("list.xspf")],
    ];
    let servers = arguments.each_ref().map(|music| Coldwave::with_music(music));
    let mut listener = servers.each_ref().map(Coldwave::listen_with_titles);
    for (listener, music) in listener.iter_mut().zip(&arguments) {
        listener.until("both titles", |it| it.titles().len() >= 2);
        assert_eq!(listener.titles()[..2], ["Anchors Aweigh", "Check Mate"], "{music:?}");
    }
}

#[test]
fn shuffle_plays_every_track() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["Ada", "Bela", "Cleo"] {
        track(folder.path(), &format!("{name}.mp3"), PLAIN, 2);
    }
    let server = Coldwave::with_options(&["--shuffle"], &[folder.path()]);
    let mut listener = server.listen_with_titles();
    listener.until("every title", |it| {
        ["Ada", "Bela", "Cleo"].iter().all(|name| it.titles().iter().any(|title| title == name))
    });
    assert_eq!(
        server.log().count("shuffled playback, seed "),
        1,
        "the seed is logged, so the order can be replayed"
    );
}

#[test]
fn file_without_frames_is_skipped_with_one_warning() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let short = track(folder.path(), "short.mp3", PLAIN, 1);
    let server = Coldwave::with_music(&[fixture("mp3/noise.mp3"), short]);
    let mut listener = server.listen();
    // In this time, the list repeats a dozen times.
    listener.until_seconds(9.0);
    assert!(!is_silent(&listener));
    // The second one is that of the type.
    assert_eq!(server.log().count("WARN"), 2, "{}", server.log().text());
    let line = "/live: left out: 1 of unknown type: it is not an audio file of a known format, such as";
    assert_eq!(server.log().count(line), 1, "{}", server.log().text());
    assert_eq!(
        server.log().count("noise.mp3: it is not an audio file of a known format"),
        1,
        "{}",
        server.log().text()
    );
}

#[test]
fn station_without_playable_files_plays_silence_with_little_processor_time() {
    let server = Coldwave::with_music(&[fixture("mp3/noise.mp3"), fixture("mp3/empty.mp3")]);
    let mut listener = server.listen_with_titles();
    listener.until_seconds(5.0);
    let (ticks, already) = (server.processor_ticks(), listener.seconds());
    listener.for_seconds(3.0);
    let used = server.processor_ticks() - ticks;
    let played = listener.seconds() - already;
    assert!(is_silent(&listener));
    assert_eq!(listener.titles(), [""]);
    // A busy loop uses 100 ticks per second.
    assert!((used as f64) < played * 20.0, "{used} ticks for {played:.1} s of silence");
}

/// Ten thousand files that cannot be played have ten lines and one for their type.
#[test]
fn files_that_are_left_out_are_counted_by_type() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write_old = |name: &str, content: &str| {
        let mut file = fs::File::create(folder.path().join(name)).expect("disk space");
        file.write_all(content.as_bytes())
            .and_then(|()| file.set_modified(SystemTime::UNIX_EPOCH))
            .expect("disk space");
    };
    (0..10_000).for_each(|n| write_old(&format!("{n}.wv"), "wvpk and so on"));
    for (name, content) in [
        ("a.mp3", "<!DOCTYPE html><title>404 Not Found</title>"),
        ("b.mp3", "<html>"),
        ("c.flac", "fLaC and nothing else"),
        ("cover.jpg", "\u{ff}"),
        ("list.m3u", "a.mp3"),
    ] {
        write_old(name, content);
    }
    let server = Coldwave::with_music(&[folder.path()]);
    let silence = "no playable files: all 10003 files are left out. Listeners hear silence while there is no other input";
    wait_for("the end of the first round", || (server.log().count(silence) > 0).then_some(()));
    let log = server.log().text();
    let types: Vec<&str> = log
        .lines()
        .filter_map(|line| Some(line.split_once("/live: left out: ")?.1.split_once(": ")?.0))
        .collect();
    assert_eq!(types, ["10000 WavPack", "2 HTML", "1 FLAC"], "{log}");
    assert!(log.lines().filter(|line| line.contains("WARN")).count() <= 10 + 2 + 1 + 3 + 1, "{log}");
}

/// A file whose turn would come in an hour is named soon after the start.
#[test]
fn left_out_files_are_named_before_their_turn() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "1.mp3", PLAIN, 200);
    track(folder.path(), "2.mp3", PLAIN, 200);
    fs::write(folder.path().join("3.ape"), "MAC and so on").expect("disk space");
    let server = Coldwave::with_music(&[folder.path()]);
    let _listener = server.listen();
    let line = "/live: left out: 1 Monkey's Audio: the codec Monkey's Audio is not supported, such as";
    wait_for("the line of the type", || (server.log().count(line) > 0).then_some(()));
    assert_eq!(server.log().count("3.ape: the codec Monkey's Audio is not supported"), 1);
}

/// Creates a FIFO without a writer. It behaves like a disk that never responds: opening it blocks forever.
fn fifo(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("dead disk.mp3");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo can be run").success());
    path
}

#[test]
fn disk_that_never_responds_blocks_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Coldwave::with_music(&[fifo(folder.path())]);
    let mut listener = server.listen_with_titles();
    // These requests get replies meanwhile.
    for (head, status) in [
        ("GET /nothing HTTP/1.0", "HTTP/1.0 404 Not Found"),
        ("HEAD /live HTTP/1.0", "HTTP/1.0 200 OK"),
        ("GET / HTTP/1.0\nUser-Agent: Mozilla/5.0\nAccept: text/html", "HTTP/1.0 200 OK"),
    ] {
        let mut peer = server.send_head(head);
        assert_eq!(peer.head().status, status);
        peer.read_to_end().expect("a clean end");
    }
    listener.until_seconds(6.0);
    assert!(is_silent(&listener));
    assert_eq!(listener.titles(), [""]);
    server.signal("TERM");
    assert!(server.wait().success());
}

#[test]
fn disk_that_responds_late_is_played() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = fifo(folder.path());
    let server = Coldwave::with_music(&[&path]);
    let mut listener = server.listen_with_titles();
    listener.until_seconds(5.0);
    let music = fs::read(fixture(CHECKED)).expect("a fixture");
    // This is more than a pipe holds, so the write ends only when coldwave reads.
    let writer = std::thread::spawn(move || {
        fs::File::options().write(true).open(path).and_then(|mut fifo| fifo.write_all(&music.repeat(10)))
    });
    listener.until("music", |it| !is_silent(it));
    listener.until("its title", |it| it.titles() == ["", "dead disk"]);
    listener.for_seconds(2.0);
    drop((listener, server));
    // The server may have read only a part when it was killed.
    let _ = writer.join().expect("the writer does not panic");
}

/// Writes a file whose tag has a picture.
fn with_cover(folder: &Path, picture: &[u8]) -> PathBuf {
    let syncsafe = |size: usize| [21, 14, 7, 0].map(|shift| (size >> shift) as u8 & 0x7F);
    let body = [b"\0image/jpg\0\x03cover\0", picture].concat();
    let frame = [&b"APIC"[..], &(body.len() as u32).to_be_bytes(), b"\0\0", &body].concat();
    let tag = [&b"ID3\x03\0\0"[..], &syncsafe(frame.len()), &frame].concat();
    let frames = fs::read(fixture(PLAIN)).expect("the fixture is readable");
    let path = folder.join("covered.mp3");
    fs::write(&path, [tag, frames.repeat(20)].concat()).expect("the folder is writable");
    path
}

#[test]
fn picture_of_the_track_is_served() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = [&b"\x89PNG\r\n\x1a\n"[..], &[0xFF; 300_000]].concat();
    let server = Coldwave::with_music(&[with_cover(folder.path(), &picture)]);
    server.listen().until("a frame", |it| !it.frames.is_empty());
    for _ in 0..2 {
        let reply = server.get("/playingart?sid=1").send();
        assert_eq!(
            (reply.status_line(), reply.head.get("Content-Type")),
            ("HTTP/1.0 200 OK", Some("image/png"))
        );
        assert!(reply.body == picture, "byte for byte");
    }
    assert_eq!(server.get("/streamart").send().status_line(), "HTTP/1.0 404 Not Found");
}

#[test]
fn url_of_the_cover_is_in_the_title_if_that_is_configured() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = [&b"\x89PNG\r\n\x1a\n"[..], &[0xFF; 3000]].concat();
    with_cover(folder.path(), &picture);
    let config = "[server]\nlisten = [\"127.0.0.1:0\"]\npublic_url = \"https://radio.example/fm\"\n\
                  [[station]]\nmount = \"/live\"\nmusic = [\"covered.mp3\"]\nartwork_in_stream_url = true\n";
    let server = Coldwave::with_config(folder.path(), config, 1);
    let mut listener = server.listen_with_titles();
    listener.until("a title", |it| it.blocks.iter().any(|(_, block)| !block.is_empty()));
    let block = listener.blocks.iter().map(|(_, block)| block).find(|block| !block.is_empty());
    let text = String::from_utf8_lossy(block.expect("a title")).into_owned();
    let url =
        text.trim_end_matches('\0').strip_prefix("StreamTitle='covered';StreamUrl='https://radio.example/fm");
    let target = url.and_then(|rest| rest.strip_suffix("';")).unwrap_or_else(|| panic!("no URL: {text}"));
    assert!(server.get(target).send().body == picture, "{target}");
    let station = server.get("/api/v1/stations?mount=/live").send().json()["stations"][0].clone();
    let version = target.strip_prefix("/playingart/1/").and_then(|file| file.strip_suffix(".jpg"));
    let version = version.unwrap_or_else(|| panic!("no picture: {target}"));
    let expected = format!("https://radio.example/fm/playingart?sid=1&v={version}");
    assert_eq!(station["artwork_url"].as_str(), Some(expected.as_str()));
    assert!(station["title"]["duration_s"].as_u64().is_some(), "{station}");
}

#[test]
fn tags_are_in_the_charset_of_the_station() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = track(folder.path(), "a.mp3", PLAIN, 20);
    let (artist, _, _) = encoding_rs::WINDOWS_1251.encode("Кино");
    let (title, _, _) = encoding_rs::WINDOWS_1251.encode("Группа крови");
    let mut tag = [b"TAG".as_slice(), &[0; 125]].concat();
    tag[3..][..title.len()].copy_from_slice(&title);
    tag[33..][..artist.len()].copy_from_slice(&artist);
    let mut file = fs::OpenOptions::new().append(true).open(file).expect("a file");
    file.write_all(&tag).expect("disk space");
    let config = "[server]\nlisten = [\"127.0.0.1:0\"]\n[[station]]\nmount = \"/live\"\nmusic = [\"a.mp3\"]\n\
                  charset = \"windows-1251\"\n";
    let server = Coldwave::with_config(folder.path(), config, 1);
    let mut listener = server.get("/live").header("Icy-MetaData", "1").listen();
    listener.until("the title", |it| !it.titles().is_empty());
    assert_eq!(listener.titles(), ["Кино - Группа крови"]);
}
