//! The music of a station: files, folders and playlists, and what happens if they are unplayable.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{CHECKED, Coldwave, Listener, PLAIN, fixture, track, two_tracks};

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
    assert_eq!(server.log().count("WARN"), 1, "{}", server.log().text());
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
