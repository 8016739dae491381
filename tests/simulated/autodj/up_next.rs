//! What the AutoDJ says will come next is what comes.

use std::fs::{self, File};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::harness::{Deck, PATIENCE, fixture};
use coldwave::station::{Input, Readiness};

/// A folder of tracks that are much longer than what is read ahead.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(names: &[&str]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        names.iter().for_each(|name| folder.add(name));
        // Else what the test adds may come within the same tick of the file system's clock.
        File::open(folder.0.path())
            .and_then(|dir| dir.set_modified(SystemTime::UNIX_EPOCH))
            .expect("a folder");
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(format!("{name}.mp3"))
    }

    fn add(&self, name: &str) {
        let bytes = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
        fs::write(self.path(name), bytes.repeat(600_000 / bytes.len())).expect("room");
    }
}

/// Takes frames until a track begins; gives its title.
fn begin(deck: &mut Deck) -> String {
    loop {
        assert_eq!(deck.wait(), Readiness::Ready);
        if let Some(title) = deck.dj.next_frame().title {
            return title.text.clone();
        }
    }
}

/// Takes some frames, but not a whole track: enough that the reader has something to do, which reads four seconds at once.
fn play_on(deck: &mut Deck) {
    for _ in 0..200 {
        assert_eq!(deck.wait(), Readiness::Ready);
        assert!(deck.dj.next_frame().title.is_none(), "the track is longer");
    }
}

/// Waits until this is what comes next, the reader being at work.
#[track_caller]
fn expect_next(deck: &mut Deck, titles: &[&str]) {
    let until = Instant::now() + PATIENCE;
    loop {
        deck.dj.poll();
        let next = deck.dj.upcoming_titles();
        if next == titles {
            return;
        }
        assert!(Instant::now() < until, "{next:?} comes next, not {titles:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn five_titles_are_known_while_a_track_plays() {
    let folder = Folder::new(&["1", "2", "3"]);
    let mut deck = Deck::new(&[folder.0.path()], None);
    for round in 0..2 {
        for (title, next) in [
            ("1", ["2", "3", "1", "2", "3"]),
            ("2", ["3", "1", "2", "3", "1"]),
            ("3", ["1", "2", "3", "1", "2"]),
        ] {
            assert_eq!(begin(&mut deck), title, "round {round}");
            expect_next(&mut deck, &next);
        }
    }
}

#[test]
fn at_random_what_is_foretold_is_what_comes_across_rounds() {
    let folder = Folder::new(&["1", "2", "3", "4"]);
    let mut deck = Deck::new(&[folder.0.path()], Some(3));
    let (mut played, mut foretold) = (Vec::new(), Vec::new());
    for _ in 0..14 {
        played.push(begin(&mut deck));
        let until = Instant::now() + PATIENCE;
        while deck.dj.upcoming_titles().len() < 5 {
            assert!(Instant::now() < until, "{:?}", deck.dj.upcoming_titles());
            deck.dj.poll();
            thread::sleep(Duration::from_millis(1));
        }
        foretold.push(deck.dj.upcoming_titles());
    }
    for (at, titles) in foretold.iter().enumerate().take(played.len() - 5) {
        assert_eq!(titles[..], played[at + 1..at + 6], "after {at} of {played:?}");
    }
}

#[test]
fn tracks_that_wait_already_come_first() {
    let (short, tagged) = (fixture("mp3/cbr.mp3"), fixture("mp3/id3v23-latin1-apic.mp3"));
    let mut deck = Deck::new(&[&short, &tagged, &fixture("mp3/noise.mp3")], None);
    // Twenty hand-overs of such tracks are many rounds.
    assert_eq!(begin(&mut deck), "cbr");
    let tagged = "Café Ångström - Überfahrt (v2.3)";
    expect_next(&mut deck, &[tagged, "cbr", tagged, "cbr", tagged]);
    assert_eq!(begin(&mut deck), tagged);
    expect_next(&mut deck, &["cbr", tagged, "cbr", tagged, "cbr"]);
}

#[test]
fn a_list_that_changes_while_a_track_plays_is_told_of_within_a_minute() {
    let folder = Folder::new(&["1", "3", "5"]);
    let mut deck = Deck::new(&[folder.0.path()], None);
    assert_eq!(begin(&mut deck), "1");
    expect_next(&mut deck, &["3", "5", "1", "3", "5"]);
    folder.add("2");
    fs::remove_file(folder.path("3")).expect("it was there");
    deck.clock.pass(30);
    play_on(&mut deck);
    expect_next(&mut deck, &["2", "5", "1", "2", "5"]);
    assert_eq!(begin(&mut deck), "2");
}

#[test]
fn after_leaving_what_comes_is_what_follows_the_track_it_comes_back_with() {
    let folder = Folder::new(&["1", "2", "3"]);
    let mut deck = Deck::new(&[folder.0.path()], None);
    assert_eq!(begin(&mut deck), "1");
    expect_next(&mut deck, &["2", "3", "1", "2", "3"]);
    deck.dj.skip_track();
    assert_eq!(begin(&mut deck), "2");
    expect_next(&mut deck, &["3", "1", "2", "3", "1"]);
}
