//! Files that are written while the AutoDJ plays.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::harness::{AutoDjHarness, MusicFolder, READ_TIMEOUT, fixture};
use coldwave::station::{Input, Readiness};

fn titles(harness: &mut AutoDjHarness, count: usize) -> Vec<String> {
    harness.tracks(count).into_iter().map(|(title, _)| title).collect()
}

fn set_modified(path: &Path, modified: SystemTime) {
    let file = File::options().append(true).open(path).expect("a file");
    file.set_modified(modified).expect("a file");
}

/// Appends a track of 24 frames, written this many seconds from now.
fn append(path: &Path, from_now: u64) {
    let frames = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a folder");
    file.write_all(&frames).expect("disk space");
    set_modified(path, SystemTime::now() + Duration::from_secs(from_now));
}

fn make_old(folder: &MusicFolder, names: &[&str]) {
    names.iter().for_each(|name| set_modified(&folder.path(name), SystemTime::UNIX_EPOCH));
}

#[test]
fn upload_in_progress_waits_and_is_played_after_the_current_track() {
    let folder = MusicFolder::with_long_tracks(&["1", "3", "4"]);
    make_old(&folder, &["1", "3", "4"]);
    let mut harness = AutoDjHarness::with_file_times(folder.root());
    assert_eq!(harness.wait(), Readiness::Ready);
    harness.clock.pass(60);
    append(&folder.path("2"), 60);
    assert_eq!(titles(&mut harness, 2), ["1", "3"]);
    append(&folder.path("2"), 60);
    harness.clock.pass(45);
    let played = harness.tracks(6);
    let names: Vec<&str> = played.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!(names, ["4", "2", "1", "2", "3", "4"]);
    assert_eq!(played[1].1.len(), 2 * 10_031, "the whole upload is played");
}

#[test]
fn new_station_plays_music_that_was_just_written() {
    let folder = MusicFolder::new(&["1", "2"]);
    let mut harness = AutoDjHarness::with_file_times(folder.root());
    assert_eq!(titles(&mut harness, 4), ["1", "2", "1", "2"]);
}

#[test]
fn new_station_begins_with_settled_music() {
    let folder = MusicFolder::with_long_tracks(&["1", "2"]);
    make_old(&folder, &["2"]);
    let mut harness = AutoDjHarness::with_file_times(folder.root());
    assert_eq!(titles(&mut harness, 2), ["2", "2"]);
    harness.clock.pass(10);
    assert_eq!(titles(&mut harness, 2), ["2", "1"]);
}

#[test]
fn file_that_is_edited_in_place_misses_its_turn_and_comes_later() {
    let folder = MusicFolder::with_long_tracks(&["1", "2", "3"]);
    make_old(&folder, &["1", "2", "3"]);
    let mut harness = AutoDjHarness::with_file_times(folder.root());
    assert_eq!(harness.wait(), Readiness::Ready);
    set_modified(&folder.path("2"), SystemTime::now() + Duration::from_secs(5));
    assert_eq!(titles(&mut harness, 1), ["1"]);
    harness.clock.pass(15);
    assert_eq!(titles(&mut harness, 2), ["3", "2"]);
}

#[test]
fn upload_is_no_next_title_until_it_has_settled() {
    let folder = MusicFolder::with_long_tracks(&["1", "2"]);
    make_old(&folder, &["1", "2"]);
    append(&folder.path("3"), 0);
    let mut harness = AutoDjHarness::with_file_times(folder.root());
    assert_eq!(titles(&mut harness, 1), ["1"]);
    while harness.dj.upcoming_titles().len() < 5 {
        assert_eq!(harness.wait(), Readiness::Ready);
        harness.dj.next_frame();
    }
    assert!(!harness.dj.upcoming_titles().contains(&"3".to_owned()));
}

#[test]
fn first_upload_to_a_silent_station_is_played_when_it_has_settled() {
    let folder = MusicFolder::new(&[]);
    let mut harness = AutoDjHarness::with_file_times(folder.root());
    assert_eq!(harness.wait(), Readiness::Idle);
    append(&folder.path("a"), 5);
    // The reader looks every two seconds, and says again that there is nothing to play.
    harness.alerts.recv_timeout(READ_TIMEOUT).expect("the reader finds the new file");
    assert_eq!(harness.dj.poll(), Readiness::Idle);
    append(&folder.path("a"), 5);
    harness.clock.pass(60);
    while harness.dj.poll() == Readiness::Idle {
        harness.alerts.recv_timeout(READ_TIMEOUT).expect("the reader looks at the file again");
    }
    let (title, bytes) = harness.tracks(1).remove(0);
    assert_eq!((title.as_str(), bytes.len()), ("a", 2 * 10_031));
}
