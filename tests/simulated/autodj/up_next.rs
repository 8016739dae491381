//! The announced next titles are the tracks that play next.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::harness::{AutoDjHarness, MusicFolder, READ_TIMEOUT, fixture};
use coldwave::station::{Input, Readiness};

/// Takes frames until a track begins, and returns its title.
fn begin(harness: &mut AutoDjHarness) -> String {
    loop {
        assert_eq!(harness.wait(), Readiness::Ready);
        if let Some(title) = harness.dj.next_frame().title {
            return title.text.clone();
        }
    }
}

/// Takes some frames of a track: more than four seconds, which is the amount that the reader reads at once.
fn play_on(harness: &mut AutoDjHarness) {
    for _ in 0..200 {
        assert_eq!(harness.wait(), Readiness::Ready);
        assert!(harness.dj.next_frame().title.is_none(), "the track is longer");
    }
}

/// Waits until these are the next titles, while the reader works.
#[track_caller]
fn expect_next(harness: &mut AutoDjHarness, titles: &[&str]) {
    let until = Instant::now() + READ_TIMEOUT;
    loop {
        harness.dj.poll();
        let next = harness.dj.upcoming_titles();
        if next == titles {
            return;
        }
        assert!(Instant::now() < until, "the next titles are {next:?}, not {titles:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn five_next_titles_are_known_while_a_track_plays() {
    let folder = MusicFolder::with_long_tracks(&["1", "2", "3"]);
    let mut harness = AutoDjHarness::new(&[folder.root()], None);
    for round in 0..2 {
        for (title, next) in [
            ("1", ["2", "3", "1", "2", "3"]),
            ("2", ["3", "1", "2", "3", "1"]),
            ("3", ["1", "2", "3", "1", "2"]),
        ] {
            assert_eq!(begin(&mut harness), title, "round {round}");
            expect_next(&mut harness, &next);
        }
    }
}

#[test]
fn shuffled_next_titles_are_the_tracks_that_play_across_rounds() {
    let folder = MusicFolder::with_long_tracks(&["1", "2", "3", "4"]);
    let mut harness = AutoDjHarness::new(&[folder.root()], Some(3));
    let (mut played, mut announced) = (Vec::new(), Vec::new());
    for _ in 0..14 {
        played.push(begin(&mut harness));
        let until = Instant::now() + READ_TIMEOUT;
        while harness.dj.upcoming_titles().len() < 5 {
            assert!(Instant::now() < until, "{:?}", harness.dj.upcoming_titles());
            harness.dj.poll();
            thread::sleep(Duration::from_millis(1));
        }
        announced.push(harness.dj.upcoming_titles());
    }
    for (at, titles) in announced.iter().enumerate().take(played.len() - 5) {
        assert_eq!(titles[..], played[at + 1..at + 6], "after {at} of {played:?}");
    }
}

#[test]
fn queued_tracks_are_the_first_next_titles() {
    let (short, tagged) = (fixture("mp3/cbr.mp3"), fixture("mp3/id3v23-latin1-apic.mp3"));
    let mut harness = AutoDjHarness::new(&[&short, &tagged, &fixture("mp3/noise.mp3")], None);
    // The queue of twenty portions holds these short tracks many times.
    assert_eq!(begin(&mut harness), "cbr");
    let tagged = "Café Ångström - Überfahrt (v2.3)";
    expect_next(&mut harness, &[tagged, "cbr", tagged, "cbr", tagged]);
    assert_eq!(begin(&mut harness), tagged);
    expect_next(&mut harness, &["cbr", tagged, "cbr", tagged, "cbr"]);
}

#[test]
fn changed_list_updates_the_next_titles_within_a_minute() {
    let folder = MusicFolder::with_long_tracks(&["1", "3", "5"]);
    let mut harness = AutoDjHarness::new(&[folder.root()], None);
    assert_eq!(begin(&mut harness), "1");
    expect_next(&mut harness, &["3", "5", "1", "3", "5"]);
    folder.add("2");
    fs::remove_file(folder.path("3")).expect("the file exists");
    harness.clock.pass(30);
    play_on(&mut harness);
    expect_next(&mut harness, &["2", "5", "1", "2", "5"]);
    assert_eq!(begin(&mut harness), "2");
}

#[test]
fn next_titles_follow_the_next_track_after_a_skip() {
    let folder = MusicFolder::with_long_tracks(&["1", "2", "3"]);
    let mut harness = AutoDjHarness::new(&[folder.root()], None);
    assert_eq!(begin(&mut harness), "1");
    expect_next(&mut harness, &["2", "3", "1", "2", "3"]);
    harness.dj.skip_track();
    assert_eq!(begin(&mut harness), "2");
    expect_next(&mut harness, &["3", "1", "2", "3", "1"]);
}
