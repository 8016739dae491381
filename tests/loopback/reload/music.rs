//! Reloads that change the music while a listener plays it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{ANY_PORT, Reloading, configuration};
use crate::common::{
    BINARY, CHECKED, Coldwave, Listener, PLAIN, Program, Request, fixture, track, wait_for, write_flac_tone,
};

/// How often the fixture is repeated in a track: about five seconds.
const TIMES: usize = 8;

/// Returns a configuration with this music.
fn with_music(file: &str) -> String {
    configuration(ANY_PORT).replace("music.mp3", file)
}

/// Starts a server that plays `Anchors Aweigh`, whose frames have no checksums. Those of `Check Mate` have
/// them.
fn start() -> Reloading {
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "Anchors Aweigh.mp3", PLAIN, TIMES);
    track(folder.path(), "Check Mate.mp3", CHECKED, TIMES);
    let server = Coldwave::with_config(folder.path(), &with_music("Anchors Aweigh.mp3"), 1);
    Reloading { folder, server, reloads: 0 }
}

/// Returns where the first frame with a checksum begins in the audio of a listener.
fn first_checked(listener: &Listener) -> Option<usize> {
    listener.frames.iter().find(|frame| listener.audio[frame.start + 1] & 1 == 0).map(|frame| frame.start)
}

/// Returns the number of threads of a process that read music.
fn readers(pid: u32) -> usize {
    let name = |task: &Path| fs::read_to_string(task.join("comm")).unwrap_or_default();
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("/proc shows threads");
    tasks.filter_map(Result::ok).filter(|task| name(&task.path()).starts_with("autodj ")).count()
}

#[test]
fn changed_music_follows_the_last_frame_of_the_track_on_air() {
    let mut server = start();
    let mut listener = server.server.listen_with_titles();
    listener.until_seconds(3.0);
    server.write(&with_music("Check Mate.mp3"));
    let log = server.reload_file();
    assert!(log.contains("reload: /live: music: "), "{log}");
    listener.until("the new music", |it| first_checked(it).is_some());
    listener.for_seconds(6.0);
    assert_eq!(listener.titles()[..2], ["Anchors Aweigh", "Check Mate"]);
    let begin = first_checked(&listener).expect("it has begun");
    let end = listener.frames.last().expect("frames").end;
    let (old, new) = (&listener.audio[..begin], &listener.audio[begin..end]);
    let [plain, checked] =
        [PLAIN, CHECKED].map(|name| fs::read(fixture(name)).expect("a fixture").repeat(TIMES));
    let is_end = old.iter().rev().zip(plain.iter().rev().cycle()).all(|(got, expected)| got == expected);
    assert!(is_end, "the old music ends with the last byte of its track");
    let is_begin = new.iter().zip(checked.iter().cycle()).all(|(got, expected)| got == expected);
    assert!(is_begin, "the new music begins with the first byte of its track");
    assert!(new.len() > 80_000);
}

#[test]
fn threads_and_open_files_are_flat_over_many_changes_of_the_music() {
    let mut server = start();
    let mut listener = server.server.listen();
    server.write(&with_music("Check Mate.mp3"));
    server.reload_file();
    let (pid, files) = (server.server.pid(), server.server.descriptors());
    for change in 0..50 {
        server.write(&with_music(["Anchors Aweigh.mp3", "Check Mate.mp3"][change % 2]));
        server.reload_file();
    }
    listener.for_seconds(7.0);
    // The file that is being read, and the one that is looked at for the next titles, come and go.
    wait_for("the end of the readers", || (readers(pid) <= 2).then_some(()));
    wait_for("closed files", || (server.server.descriptors() <= files + 2).then_some(()));
}

/// An empty directory is what is left of a disk that is not mounted.
#[test]
fn reload_that_would_leave_a_station_without_music_is_refused() {
    let mut server = start();
    fs::create_dir(server.path("empty")).expect("a folder");
    let nothing = "nothing to play on /live: its music has no tracks";
    server.write(&with_music("empty"));
    server.refused_file(&format!("reload: {nothing}"));
    fs::write(server.path("empty/page.mp3"), "<html>").expect("disk space");
    server.refused_file("reload: nothing to play on /live: its only track is left out");
    let station = "[[station]]\nmount = \"/new\"\nmusic = [\"empty\"]\n";
    server.write(&format!("{}{station}", with_music("Anchors Aweigh.mp3")));
    server.refused_file("reload: nothing to play on /new: its only track is left out");
    track(&server.path("empty"), "song.mp3", PLAIN, TIMES);
    assert!(server.reload_file().contains("1 change;"), "one track that plays is enough");
    // The music of a station that stays as it is configured refuses no reload.
    for file in ["empty/song.mp3", "empty/page.mp3"] {
        fs::remove_file(server.path(file)).expect("it exists");
    }
    let text = fs::read_to_string(server.path("coldwave.toml")).expect("it exists");
    server.write(&text.replacen("name = \"Harbour FM\"", "name = \"Harbour\"", 1));
    let log = server.reload_file();
    assert!(log.contains("reload: /live: name: ") && log.contains("1 change;"), "{log}");
    assert!(log.contains("reload: nothing to play on /new: its music has no tracks"), "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn check_against_a_server_refuses_music_with_nothing_to_play() {
    let with_password =
        |file: &str| with_music(file).replace("[server]\n", "[server]\nadmin_password = \"lighthouse\"\n");
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "song.mp3", PLAIN, TIMES);
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    let server = Coldwave::with_config(folder.path(), &with_password("song.mp3"), 1);
    let check = |file: &str| {
        let path = folder.path().join("coldwave.toml");
        fs::write(&path, with_password(file)).expect("the folder is writable");
        let mut command = Command::new(BINARY);
        command.args(["--check", "--against", &server.address().to_string(), "--config"]).arg(path);
        command.env_remove("RUST_LOG").env_remove("COLDWAVE_ADMIN_PASSWORD");
        Program::start(command).finish()
    };
    let finished = check("empty");
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let expected = "coldwave: nothing to play on /live: its music has no tracks\n";
    assert!(finished.stderr.ends_with(expected), "{finished:?}");
    assert!(finished.stdout.contains("\n/live: music: "), "{finished:?}");
    let finished = check("song.mp3");
    assert!(finished.code == Some(0) && !finished.stderr.contains("nothing to play"), "{finished:?}");
}

/// A station that is renamed keeps its access to the encode workers, and the one that gets its old mount has
/// one of its own.
#[test]
#[cfg_attr(not(feature = "lame"), ignore = "a build without an encoder leaves out FLAC")]
fn encoders_of_stations_are_not_mixed_up_by_a_rename() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["one.flac", "two.flac"] {
        write_flac_tone(&folder.path().join(name), 440.0, 120.0);
    }
    let with = |stations: &[(u32, &str, &str)]| {
        let station = |(id, mount, music): &(u32, &str, &str)| {
            format!("[[station]]\nid = {id}\nmount = \"{mount}\"\nmusic = [\"{music}\"]\n")
        };
        let stations: String = stations.iter().map(station).collect();
        format!("[server]\n{ANY_PORT}\nadmin_password = \"lighthouse\"\n{stations}")
    };
    let server = Coldwave::with_config(folder.path(), &with(&[(1, "/live", "one.flac")]), 1);
    let mut server = Reloading { folder, server, reloads: 0 };
    let encoded = |server: &Reloading, id: u32| {
        let request = Request::new(server.server.address(), "GET", "/api/v1/admin/stations").http11();
        let reply = request.header("Host", "radio.example").auth("admin", "lighthouse").send();
        let json = reply.json();
        let mut stations = json["stations"].as_array().expect("a list of stations").iter();
        let station = stations.find(|station| station["id"] == id).expect("the station");
        station["encoder"]["encoded_s"].as_f64().expect("a number")
    };
    wait_for("audio of station 1", || (encoded(&server, 1) > 0.0).then_some(()));
    // One reload renames the station and gives its old mount to another; both have new music.
    server.write(&with(&[(1, "/new", "two.flac"), (2, "/live", "one.flac")]));
    let log = server.reload_file();
    assert!(log.contains("configuration reloaded in "), "{log}");
    assert!(encoded(&server, 1) > 0.0, "it keeps its number");
    wait_for("audio of station 2", || (encoded(&server, 2) > 0.0).then_some(()));
}
