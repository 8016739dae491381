//! The order of tracks: the AutoDJ plays the frames of the files as they are, with their titles.

use std::fs;
use std::path::PathBuf;

use super::harness::{AutoDjHarness, fixture, frames_of};
use coldwave::station::{Input, Readiness};

#[test]
fn folder_is_played_in_order_and_repeated() {
    let mut files: Vec<PathBuf> = fs::read_dir(fixture("station"))
        .expect("a folder of fixtures")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "mp3"));
    files.sort();
    assert_eq!(files.len(), 3);
    let tracks = AutoDjHarness::new(&[&fixture("station")], None).tracks(7);
    for (at, (title, bytes)) in tracks.iter().enumerate() {
        assert!(title.starts_with("Coldwave Ensemble - "), "{title}");
        assert_eq!(title, &tracks[at % 3].0);
        assert!(*bytes == frames_of(&files[at % 3]), "{title}: the frames of the file, unchanged");
    }
}

#[test]
fn file_without_frames_is_skipped() {
    let (cbr, noise) = (fixture("mp3/cbr.mp3"), fixture("mp3/noise.mp3"));
    let tracks = AutoDjHarness::new(&[&noise, &cbr, &fixture("mp3/empty.mp3")], None).tracks(3);
    for (title, bytes) in tracks {
        assert_eq!(title, "cbr");
        assert_eq!(bytes, frames_of(&cbr));
    }
}

#[test]
fn autodj_is_idle_without_playable_files() {
    for nothing in ["mp3/noise.mp3", "mp3/empty.mp3", "mp3/layer2.mp3", "nowhere"] {
        let mut harness = AutoDjHarness::new(&[&fixture(nothing)], None);
        assert_eq!(harness.wait(), Readiness::Idle, "{nothing}");
        assert_eq!(harness.dj.poll(), Readiness::Idle);
    }
}

#[test]
fn shuffle_plays_every_track_once_per_round_and_repeats_for_a_seed() {
    let folder = fixture("station");
    let titles = |seed| -> Vec<String> {
        AutoDjHarness::new(&[&folder], Some(seed)).tracks(6).into_iter().map(|(title, _)| title).collect()
    };
    let played = titles(5);
    for round in played.chunks(3) {
        let mut round = round.to_vec();
        round.sort();
        round.dedup();
        assert_eq!(round.len(), 3, "{played:?}");
    }
    assert_ne!(played[2], played[3]);
    assert_eq!(played, titles(5));
}
