//! The AutoDJ leaves the air to something more important, and comes back with another track.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::harness::{Deck, PATIENCE, fixture, frames_of};
use coldwave::station::{Input, Readiness};

/// Three tracks, each with some 75 hand-overs.
fn long_tracks() -> (tempfile::TempDir, [PathBuf; 3]) {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
    let long = bytes.repeat(600_000 / bytes.len());
    let paths = ["1", "2", "3"].map(|name| folder.path().join(format!("{name}.mp3")));
    paths.iter().for_each(|path| fs::write(path, &long).expect("room"));
    (folder, paths)
}

/// Takes some frames of the next track; gives its title.
fn begin(deck: &mut Deck) -> String {
    assert_eq!(deck.wait(), Readiness::Ready);
    let title = deck.dj.next_frame().title.expect("a track begins").text.clone();
    for _ in 0..5 {
        assert_eq!(deck.wait(), Readiness::Ready);
        assert!(deck.dj.next_frame().title.is_none());
    }
    title
}

#[test]
fn it_comes_back_with_the_next_track_from_its_beginning() {
    let (folder, paths) = long_tracks();
    let mut deck = Deck::new(&[folder.path()], None);
    assert_eq!(begin(&mut deck), "1");
    deck.dj.skip_track();
    deck.dj.skip_track();
    let tracks = deck.tracks(1);
    assert_eq!(tracks[0].0, "2");
    assert!(tracks[0].1 == frames_of(&paths[1]), "all of it is heard");
}

#[test]
fn the_next_track_is_ready_when_its_turn_comes() {
    let (folder, paths) = long_tracks();
    let mut deck = Deck::new(&[folder.path()], None);
    assert_eq!(deck.wait(), Readiness::Ready);
    assert_eq!(deck.dj.next_frame().title.expect("a track begins").text, "1");
    // What comes is looked up when there is no more room, and the reader waits with what comes next.
    wait_until(&mut deck, |deck| deck.dj.upcoming_titles().len() == 5);
    assert!(deck.alerts.try_iter().count() <= 1, "only who found nothing is alerted");
    deck.dj.skip_track();
    assert_eq!(deck.wait(), Readiness::Ready, "it is told when the reader has the next");
    paths.iter().for_each(|path| fs::remove_file(path).expect("it was there"));
    assert_eq!(deck.dj.poll(), Readiness::Ready, "hours later, it is there at once");
    assert_eq!(deck.dj.next_frame().title.expect("a track begins").text, "2");
}

/// Waits until this is so, the reader being at work.
fn wait_until(deck: &mut Deck, is_so: impl Fn(&Deck) -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so(deck) {
        assert!(Instant::now() < until, "it takes too long");
        deck.dj.poll();
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn every_time_it_leaves_it_goes_on_by_one_track() {
    let (folder, _) = long_tracks();
    let mut deck = Deck::new(&[folder.path()], None);
    let titles = [(); 7].map(|()| {
        let title = begin(&mut deck);
        deck.dj.skip_track();
        deck.dj.skip_track();
        title
    });
    assert_eq!(titles, ["1", "2", "3", "1", "2", "3", "1"]);
}

#[test]
fn a_boundary_is_in_front_of_each_first_frame_and_nowhere_else() {
    let mut deck =
        Deck::new(&[&fixture("station/01-foehn-over-the-skerries.mp3"), &fixture("mp3/cbr.mp3")], None);
    let mut begun = 0;
    while begun < 4 {
        assert_eq!(deck.wait(), Readiness::Ready);
        let is_boundary = deck.dj.is_at_track_boundary();
        let begins = deck.dj.next_frame().title.is_some();
        assert_eq!(is_boundary, begins);
        begun += u32::from(begins);
    }
}

#[test]
fn a_fifo_is_not_closed_by_leaving() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo can be run").success());
    let mut deck = Deck::new(&[&path], None);
    let mut fifo = OpenOptions::new().write(true).open(&path).expect("it is read");
    let bytes = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
    fifo.write_all(&bytes).expect("it is read");
    assert_eq!(begin(&mut deck), "fifo");
    deck.dj.skip_track();
    // More than a pipe holds: whoever writes it is heard, and not turned away.
    for _ in 0..10 {
        fifo.write_all(&bytes).expect("it is still read");
    }
    assert_eq!(begin(&mut deck), "fifo");
}
