//! The AutoDJ goes off the air for an input with higher priority, and returns with the next track.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::harness::{AutoDjHarness, READ_TIMEOUT, fixture, frames_of};
use coldwave::station::{Input, Readiness};

/// Creates three tracks, each of which the reader delivers in about 75 portions.
fn long_tracks() -> (tempfile::TempDir, [PathBuf; 3]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bytes = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
    let long = bytes.repeat(600_000 / bytes.len());
    let paths = ["1", "2", "3"].map(|name| folder.path().join(format!("{name}.mp3")));
    paths.iter().for_each(|path| fs::write(path, &long).expect("the folder is writable"));
    (folder, paths)
}

/// Takes some frames of the next track and returns its title.
fn begin(harness: &mut AutoDjHarness) -> String {
    assert_eq!(harness.wait(), Readiness::Ready);
    let title = harness.dj.next_frame().title.expect("a track begins").text.clone();
    for _ in 0..5 {
        assert_eq!(harness.wait(), Readiness::Ready);
        assert!(harness.dj.next_frame().title.is_none());
    }
    title
}

#[test]
fn autodj_returns_with_the_beginning_of_the_next_track() {
    let (folder, paths) = long_tracks();
    let mut harness = AutoDjHarness::new(&[folder.path()], None);
    assert_eq!(begin(&mut harness), "1");
    harness.dj.skip_track();
    harness.dj.skip_track();
    let tracks = harness.tracks(1);
    assert_eq!(tracks[0].0, "2");
    assert!(tracks[0].1 == frames_of(&paths[1]), "the whole track is played");
}

#[test]
fn next_track_is_ready_while_the_autodj_is_off_the_air() {
    let (folder, paths) = long_tracks();
    let mut harness = AutoDjHarness::new(&[folder.path()], None);
    assert_eq!(harness.wait(), Readiness::Ready);
    assert_eq!(harness.dj.next_frame().title.expect("a track begins").text, "1");
    // The reader looks up the next titles when its queue is full, and keeps the next portion.
    wait_until(&mut harness, |harness| harness.dj.upcoming_titles().len() == 5);
    assert!(harness.alerts.try_iter().count() <= 1, "only a consumer of an empty queue is alerted");
    harness.dj.skip_track();
    assert_eq!(harness.wait(), Readiness::Ready, "the reader alerts when it has the next track");
    paths.iter().for_each(|path| fs::remove_file(path).expect("the file exists"));
    assert_eq!(harness.dj.poll(), Readiness::Ready, "the track is ready at once, even hours later");
    assert_eq!(harness.dj.next_frame().title.expect("a track begins").text, "2");
}

/// Waits until the condition holds, while the reader works.
fn wait_until(harness: &mut AutoDjHarness, condition: impl Fn(&AutoDjHarness) -> bool) {
    let until = Instant::now() + READ_TIMEOUT;
    while !condition(harness) {
        assert!(Instant::now() < until, "the condition holds in time");
        harness.dj.poll();
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn autodj_advances_one_track_each_time_it_goes_off_the_air() {
    let (folder, _) = long_tracks();
    let mut harness = AutoDjHarness::new(&[folder.path()], None);
    let titles = [(); 7].map(|()| {
        let title = begin(&mut harness);
        harness.dj.skip_track();
        harness.dj.skip_track();
        title
    });
    assert_eq!(titles, ["1", "2", "3", "1", "2", "3", "1"]);
}

#[test]
fn boundaries_are_exactly_before_the_first_frames_of_tracks() {
    let mut harness = AutoDjHarness::new(
        &[&fixture("station/01-foehn-over-the-skerries.mp3"), &fixture("mp3/cbr.mp3")],
        None,
    );
    let mut begun = 0;
    while begun < 4 {
        assert_eq!(harness.wait(), Readiness::Ready);
        let is_boundary = harness.dj.is_at_track_boundary();
        let begins = harness.dj.next_frame().title.is_some();
        assert_eq!(is_boundary, begins);
        begun += u32::from(begins);
    }
}

#[test]
fn fifo_stays_open_while_the_autodj_is_off_the_air() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo can be run").success());
    let mut harness = AutoDjHarness::new(&[&path], None);
    let mut fifo = OpenOptions::new().write(true).open(&path).expect("the AutoDJ reads the FIFO");
    let bytes = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
    fifo.write_all(&bytes).expect("the AutoDJ reads the FIFO");
    assert_eq!(begin(&mut harness), "fifo");
    harness.dj.skip_track();
    // This is more than a pipe holds, so the reader must keep reading.
    for _ in 0..10 {
        fifo.write_all(&bytes).expect("the AutoDJ still reads the FIFO");
    }
    assert_eq!(begin(&mut harness), "fifo");
}

#[test]
fn music_that_cannot_be_played_has_its_reason_until_it_can() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let music = folder.path().join("m2");
    let mut harness = AutoDjHarness::new(&[&music], None);
    let problem = |harness: &AutoDjHarness| harness.dj.music_status().and_then(|it| it.problem.clone());
    // The warning about the directory may come after the report that there is nothing to play.
    let missing = format!("no such file or directory: {}", music.display());
    let complete = Some(format!("no playable files: no files were found ({missing})"));
    wait_until(&mut harness, |harness| problem(harness) == complete);
    fs::create_dir(&music).expect("the folder is writable");
    fs::copy(fixture("mp3/cbr.mp3"), music.join("a.mp3")).expect("the folder is writable");
    harness.clock.pass(60);
    wait_until(&mut harness, |harness| problem(harness).is_none());
}
