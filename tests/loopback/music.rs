//! What a station plays, from whatever the operator names; and what it does where that is no good.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{CHECKED, Coldwave, Listening, PLAIN, fixture, track, two_tracks};

/// Whether every frame so far is silence, which is a frame with nothing in it.
fn is_silent(listening: &Listening) -> bool {
    (0..listening.frames.len()).all(|at| listening.frame(at)[4..].iter().all(|byte| *byte == 0))
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
        fs::write(in_folder(name), text).expect("a folder for tests can be written to");
    }
    let arguments = [
        vec![folder.path().to_owned()],
        vec![in_folder(plain), in_folder(check)],
        vec![in_folder("relative.m3u")],
        vec![in_folder("absolute.m3u8")],
        vec![in_folder("list.pls")],
        vec![in_folder("list.xspf")],
    ];
    let servers = arguments.each_ref().map(|music| Coldwave::playing(music));
    let mut listening = servers.each_ref().map(Coldwave::listen_with_titles);
    for (listening, music) in listening.iter_mut().zip(&arguments) {
        listening.until("both titles", |it| it.titles().len() >= 2);
        assert_eq!(listening.titles()[..2], ["Anchors Aweigh", "Check Mate"], "{music:?}");
    }
}

#[test]
fn in_random_order_everything_is_played() {
    let folder = tempfile::tempdir().expect("a folder for tests");
    for name in ["Ada", "Bela", "Cleo"] {
        track(folder.path(), &format!("{name}.mp3"), PLAIN, 2);
    }
    let server = Coldwave::with_options(&["--shuffle"], &[folder.path()]);
    let mut listening = server.listen_with_titles();
    listening.until("every title", |it| {
        ["Ada", "Bela", "Cleo"].iter().all(|name| it.titles().iter().any(|title| title == name))
    });
    assert_eq!(server.log().count("shuffled playback, seed "), 1, "a shuffle can be replayed");
}

#[test]
fn a_file_without_frames_is_left_out_with_one_warning() {
    let folder = tempfile::tempdir().expect("a folder for tests");
    let short = track(folder.path(), "short.mp3", PLAIN, 1);
    let server = Coldwave::playing(&[fixture("mp3/noise.mp3"), short]);
    let mut listening = server.listen();
    // The list was gone through a dozen times by then.
    listening.until_seconds(9.0);
    assert!(!is_silent(&listening));
    assert_eq!(server.log().count("WARN"), 1, "{}", server.log().text());
    assert_eq!(server.log().count("noise.mp3: no MP3 frames"), 1, "{}", server.log().text());
}

#[test]
fn where_nothing_can_be_played_there_is_silence_without_effort() {
    let server = Coldwave::playing(&[fixture("mp3/noise.mp3"), fixture("mp3/empty.mp3")]);
    let mut listening = server.listen_with_titles();
    listening.until_seconds(5.0);
    let (ticks, already) = (server.processor_ticks(), listening.seconds());
    listening.for_seconds(3.0);
    let used = server.processor_ticks() - ticks;
    let played = listening.seconds() - already;
    assert!(is_silent(&listening));
    assert_eq!(listening.titles(), [""]);
    // A loop that spins takes 100 ticks a second.
    assert!((used as f64) < played * 20.0, "{used} ticks for {played:.1} s of silence");
}

/// A FIFO to which nobody writes is the picture of a disk that never answers: whoever opens it waits for ever.
fn fifo(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("dead disk.mp3");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo can be run").success());
    path
}

#[test]
fn a_disk_that_never_answers_holds_up_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder for tests");
    let mut server = Coldwave::playing(&[fifo(folder.path())]);
    let mut listening = server.listen_with_titles();
    // Nobody waits for the stream while this is answered.
    for (request, status) in [
        ("GET /nothing HTTP/1.0", "HTTP/1.0 404 Not Found"),
        ("HEAD /live HTTP/1.0", "HTTP/1.0 200 OK"),
        ("GET / HTTP/1.0\nUser-Agent: Mozilla/5.0\nAccept: text/html", "HTTP/1.0 200 OK"),
    ] {
        let mut peer = server.ask(request);
        assert_eq!(peer.head().status, status);
        peer.read_to_end().expect("a clean end");
    }
    listening.until_seconds(6.0);
    assert!(is_silent(&listening));
    assert_eq!(listening.titles(), [""]);
    server.signal("TERM");
    assert!(server.wait().success());
}

#[test]
fn a_disk_that_answers_at_last_is_played() {
    let folder = tempfile::tempdir().expect("a folder for tests");
    let path = fifo(folder.path());
    let server = Coldwave::playing(&[&path]);
    let mut listening = server.listen_with_titles();
    listening.until_seconds(5.0);
    let music = fs::read(fixture(CHECKED)).expect("a fixture");
    // More than a pipe holds, so this ends only when somebody reads.
    let writer = std::thread::spawn(move || {
        fs::File::options().write(true).open(path).and_then(|mut fifo| fifo.write_all(&music.repeat(10)))
    });
    listening.until("music", |it| !is_silent(it));
    listening.until("its title", |it| it.titles() == ["", "dead disk"]);
    listening.for_seconds(2.0);
    drop((listening, server));
    // Whether all of it was read when the server went is all the same.
    let _ = writer.join().expect("the writer does not panic");
}

/// A file whose tag has a picture, before whatever the fixture is.
fn with_cover(folder: &Path, picture: &[u8]) -> PathBuf {
    let syncsafe = |size: usize| [21, 14, 7, 0].map(|shift| (size >> shift) as u8 & 0x7F);
    let body = [b"\0image/jpg\0\x03cover\0", picture].concat();
    let frame = [&b"APIC"[..], &(body.len() as u32).to_be_bytes(), b"\0\0", &body].concat();
    let tag = [&b"ID3\x03\0\0"[..], &syncsafe(frame.len()), &frame].concat();
    let frames = fs::read(fixture(PLAIN)).expect("a fixture can be read");
    let path = folder.join("covered.mp3");
    fs::write(&path, [tag, frames.repeat(20)].concat()).expect("a folder for tests can be written to");
    path
}

#[test]
fn a_track_shows_its_picture() {
    let folder = tempfile::tempdir().expect("a folder for tests");
    let picture = [&b"\x89PNG\r\n\x1a\n"[..], &[0xFF; 300_000]].concat();
    let server = Coldwave::playing(&[with_cover(folder.path(), &picture)]);
    server.listen().until("a frame", |it| !it.frames.is_empty());
    for _ in 0..2 {
        let mut peer = server.ask("GET /playingart?sid=1 HTTP/1.0");
        let head = peer.head();
        assert_eq!((head.status.as_str(), head.get("Content-Type")), ("HTTP/1.0 200 OK", Some("image/png")));
        assert!(peer.read_to_end().expect("a picture") == picture, "byte for byte");
    }
    assert_eq!(server.ask("GET /streamart HTTP/1.0").head().status, "HTTP/1.0 404 Not Found");
}
