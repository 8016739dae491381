//! Special files instead of music: each costs its track, never the station.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use super::harness::{AutoDjHarness, MusicFolder, fixture, frames_of};
use coldwave::station::Readiness;

/// More than a pipe holds.
const PIPE_BYTES: usize = 80_000;

fn titles(harness: &mut AutoDjHarness, count: usize) -> Vec<String> {
    harness.tracks(count).into_iter().map(|(title, _)| title).collect()
}

/// Replaces a file by a FIFO to which no program writes.
fn replace_by_fifo(path: &Path) {
    fs::remove_file(path).expect("the file exists");
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo can be run").success());
}

#[test]
fn special_file_that_replaces_a_track_costs_that_track() {
    let folder = MusicFolder::new(&["1+", "2", "3", "4", "5"]);
    let mut harness = AutoDjHarness::new(&[folder.root()], None);
    assert_eq!(harness.wait(), Readiness::Ready);
    // The list is not read again before the end of the round, because the clock stands still.
    replace_by_fifo(&folder.path("2"));
    for (name, target) in [("3", "/dev/zero"), ("4", "/proc/self/status")] {
        fs::remove_file(folder.path(name)).expect("the file exists");
        symlink(target, folder.path(name)).expect("a link");
    }
    assert_eq!(titles(&mut harness, 4), ["1+", "5", "1+", "5"]);
}

#[test]
fn special_files_in_a_playlist_are_skipped() {
    let folder = MusicFolder::new(&["1+", "2"]);
    let playlist = folder.root().join("list.m3u");
    let entries = "/dev/zero\n/dev/tty\n/proc/kmsg\n/proc/self/status\nsocket.mp3\n2.mp3\n1+.mp3\n/sys\n";
    let _socket = UnixListener::bind(folder.root().join("socket.mp3")).expect("a socket");
    fs::write(&playlist, entries).expect("the folder is writable");
    let mut harness = AutoDjHarness::new(&[&playlist], None);
    assert_eq!(titles(&mut harness, 4), ["2", "1+", "2", "1+"]);
}

#[test]
fn named_file_that_became_a_fifo_without_a_writer_is_skipped() {
    let folder = MusicFolder::new(&["1+", "2", "3"]);
    let music = ["1+", "2", "3"].map(|name| folder.path(name));
    let mut harness = AutoDjHarness::new(&[&music[0], &music[1], &music[2]], None);
    assert_eq!(harness.wait(), Readiness::Ready);
    replace_by_fifo(&music[1]);
    assert_eq!(titles(&mut harness, 3), ["1+", "3", "1+"]);
}

#[test]
fn station_with_special_files_only_is_idle() {
    let folder = MusicFolder::new(&[]);
    let playlist = folder.root().join("list.m3u");
    fs::write(&playlist, "/proc/self/status\n/dev/zero\n").expect("the folder is writable");
    let mut harness = AutoDjHarness::new(&[&playlist], None);
    assert_eq!(harness.wait(), Readiness::Idle);
}

#[test]
fn writer_of_a_named_pipe_may_pause() {
    let folder = MusicFolder::new(&[]);
    let path = folder.root().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo can be run").success());
    let mut harness = AutoDjHarness::new(&[&path], None);
    let bytes = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
    let mut pipe = OpenOptions::new().write(true).open(&path).expect("the AutoDJ reads the pipe");
    pipe.write_all(&bytes).expect("the AutoDJ reads the pipe");
    assert_eq!(harness.wait(), Readiness::Ready);
    // The AutoDJ has read everything, and finds no more data. This is more than a pipe holds.
    pipe.write_all(&bytes.repeat(PIPE_BYTES / bytes.len() + 1)).expect("the AutoDJ still reads the pipe");
}

/// mpg123 plays these files, too.
#[test]
fn tag_that_claims_to_be_longer_than_the_file_hides_no_frame() {
    let audio = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
    let frames = frames_of(&fixture("mp3/cbr.mp3"));
    let title = [b"TIT2\0\0\0\x0a\0\0\0".as_slice(), b"Tidewater"].concat();
    let size = |bytes: usize| [21, 14, 7, 0].map(|shift| (bytes >> shift) as u8 & 0x7f);
    let tag = |bytes: usize| [b"ID3\x03\0\0".as_slice(), &size(bytes), &title].concat();
    let right = tag(title.len());
    let beyond = tag(title.len() + audio.len() + 100);
    for (start, expected) in [
        (beyond.clone(), "Tidewater"),
        (tag((1 << 28) - 1), "Tidewater"),
        ([right, beyond].concat(), "Tidewater"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("a.mp3"), [start, audio.clone()].concat()).expect("disk space");
        let mut harness = AutoDjHarness::new(&[folder.path()], None);
        let (title, played) = harness.tracks(1).remove(0);
        assert_eq!(title, expected);
        assert!(played == frames, "all frames are played");
    }
}
