//! Tracks that are shorter than a second.

use std::fs;

use super::harness::{AutoDjHarness, MusicFolder, fixture, frames_of};

/// Returns a folder with files of this many frames.
fn folder_of(names: &[&str], frames: usize) -> MusicFolder {
    let folder = MusicFolder::new(&[]);
    let bytes = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
    let end = (0..frames).fold(0, |at, _| at + 417 + usize::from(bytes[at + 2] >> 1 & 1));
    names.iter().for_each(|name| fs::write(folder.path(name), &bytes[..end]).expect("a folder"));
    folder
}

#[test]
fn one_two_and_three_frames_are_a_track() {
    for frames in 1..4 {
        let folder = folder_of(&["a", "b"], frames);
        let expected = frames_of(&folder.path("a"));
        assert!(!expected.is_empty());
        let tracks = AutoDjHarness::new(&[folder.root()], None).tracks(20);
        for (at, (title, bytes)) in tracks.iter().enumerate() {
            assert_eq!((title.as_str(), bytes), (["a", "b"][at % 2], &expected), "{frames} frames");
        }
    }
}

#[test]
fn very_short_tracks_begin_once_a_second_in_the_long_run() {
    for names in [&["a"][..], &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]] {
        let folder = folder_of(names, 1);
        let frame = frames_of(&folder.path("a"));
        let tracks = AutoDjHarness::new(&[folder.root()], None).tracks(100);
        assert!(tracks[..29].iter().all(|(_, bytes)| *bytes == frame), "the first ones follow each other");
        for (title, bytes) in &tracks[32..] {
            assert!(bytes.starts_with(&frame), "{title}");
            let silence = &bytes[frame.len()..];
            assert!(silence.chunks(417).all(|frame| frame[4..].iter().all(|&byte| byte == 0)), "{title}");
            let seconds = 1152.0 / 44_100.0 * (bytes.len() / 417) as f64;
            assert!((0.95..1.05).contains(&seconds), "{title}: {seconds} s");
        }
    }
}
