//! Files and playlists that change while the AutoDJ plays them.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::harness::{AutoDjHarness, LONG_TRACK_BYTES, MusicFolder, READ_TIMEOUT, fixture, frames_of};
use coldwave::autodj::{AutoDj, MusicServices, MusicSettings};
use coldwave::settings::StationSettings;
use coldwave::station::{Input, Progress, Readiness, Station};
use coldwave::time::Time;

/// Returns the titles of the next tracks.
fn titles(harness: &mut AutoDjHarness, count: usize) -> Vec<String> {
    harness.tracks(count).into_iter().map(|(title, _)| title).collect()
}

/// Starts an AutoDJ and waits until the first track plays.
fn playing(folder: &MusicFolder, shuffle: Option<u64>) -> AutoDjHarness {
    let mut harness = AutoDjHarness::new(&[folder.root()], shuffle);
    assert_eq!(harness.wait(), Readiness::Ready);
    harness
}

#[test]
fn changed_folder_is_rescanned_after_a_minute() {
    let folder = MusicFolder::new(&["1+", "3", "5"]);
    let mut harness = playing(&folder, None);
    folder.add("2");
    fs::remove_file(folder.path("3")).expect("the file exists");
    fs::remove_file(folder.path("1+")).expect("the file exists");
    harness.clock.pass(60);
    assert_eq!(titles(&mut harness, 5), ["1+", "2", "5", "2", "5"]);
}

#[test]
fn changed_folder_is_rescanned_when_the_list_repeats() {
    let folder = MusicFolder::new(&["1+"]);
    let mut harness = playing(&folder, None);
    folder.add("2");
    assert_eq!(titles(&mut harness, 3), ["1+", "1+", "2"]);
}

#[test]
fn shuffle_plays_new_files_in_the_same_round() {
    let folder = MusicFolder::new(&["1+", "2+", "3+"]);
    let mut harness = playing(&folder, Some(1));
    folder.add("4");
    folder.add("5");
    harness.clock.pass(60);
    let mut played = titles(&mut harness, 5);
    played.sort();
    assert_eq!(played, ["1+", "2+", "3+", "4", "5"]);
}

#[test]
fn changed_playlist_continues_after_the_current_track() {
    let folder = MusicFolder::new(&["1+", "2", "3"]);
    let list = folder.root().join("l.m3u");
    fs::write(&list, "1+.mp3\n3.mp3").expect("the folder is writable");
    let mut harness = AutoDjHarness::new(&[&list], None);
    assert_eq!(harness.wait(), Readiness::Ready);
    fs::write(&list, "3.mp3\n1+.mp3\n#EXTINF:1,Second\n2.mp3").expect("the folder is writable");
    harness.clock.pass(60);
    assert_eq!(titles(&mut harness, 4), ["1+", "Second", "3", "1+"]);
}

#[test]
fn idle_autodj_plays_new_music_by_itself() {
    let folder = MusicFolder::new(&[]);
    let mut harness = AutoDjHarness::new(&[folder.root()], None);
    assert_eq!(harness.wait(), Readiness::Idle);
    folder.add("1");
    while harness.dj.poll() == Readiness::Idle {
        harness.alerts.recv_timeout(READ_TIMEOUT).expect("the reader finds the new file");
    }
    assert_eq!(titles(&mut harness, 1), ["1"]);
}

/// Plays a long track while `change` changes its file, and returns the bytes of the track that are played.
/// The next track must be whole.
fn play_while_changing(change: impl FnOnce(&Path)) -> Vec<u8> {
    let folder = MusicFolder::new(&["1+", "2"]);
    let short = frames_of(&folder.path("2"));
    let mut harness = playing(&folder, None);
    change(&folder.path("1+"));
    let tracks = harness.tracks(2);
    assert_eq!((tracks[0].0.as_str(), tracks[1].0.as_str()), ("1+", "2"));
    assert!(tracks[1].1 == short, "the next track is whole");
    tracks[0].1.clone()
}

fn whole() -> Vec<u8> {
    frames_of(&MusicFolder::new(&["1+"]).path("1+"))
}

#[test]
fn deleted_file_is_played_to_its_end() {
    assert!(play_while_changing(|path| fs::remove_file(path).expect("the file exists")) == whole());
}

#[test]
fn replaced_file_is_played_to_its_end() {
    let replace = |path: &Path| {
        let other = path.with_extension("new");
        fs::copy(fixture("mp3/vbr-xing.mp3"), &other).expect("a copy");
        fs::rename(other, path).expect("the file can be replaced");
    };
    assert!(play_while_changing(replace) == whole());
}

#[test]
fn truncated_file_ends_early() {
    let file = |path: &Path| OpenOptions::new().write(true).open(path).expect("a file");
    let played = play_while_changing(|path| {
        file(path).set_len(LONG_TRACK_BYTES as u64 / 2).expect("the file can be truncated")
    });
    assert!(whole().starts_with(&played));
    assert!((LONG_TRACK_BYTES / 2 - 1000..=LONG_TRACK_BYTES / 2).contains(&played.len()), "{}", played.len());
}

#[test]
fn growing_file_is_played_to_its_new_end() {
    let bytes = fs::read(fixture("mp3/cbr.mp3")).expect("a file");
    let append = |path: &Path| {
        let mut file = OpenOptions::new().append(true).open(path).expect("a file");
        file.write_all(&bytes).expect("the folder is writable");
    };
    assert!(play_while_changing(append) == [whole(), frames_of(&fixture("mp3/cbr.mp3"))].concat());
}

#[test]
fn overwritten_file_still_yields_whole_frames() {
    let noise = fs::read(fixture("mp3/noise.mp3")).expect("a file");
    let played = play_while_changing(|path| {
        let mut file = OpenOptions::new().write(true).open(path).expect("a file");
        file.seek(SeekFrom::Start(LONG_TRACK_BYTES as u64 / 2)).expect("a position in the file");
        file.write_all(&noise).expect("the folder is writable");
    });
    let half = LONG_TRACK_BYTES / 2 - 1000;
    assert!(played[..half] == whole()[..half] && played.len() > LONG_TRACK_BYTES - 3 * noise.len());
    assert!(played.ends_with(&whole()[LONG_TRACK_BYTES - 10_000..]), "playback continues after the damage");
}

#[test]
fn track_info_has_tags_picture_and_length() {
    let (first, second) = (fixture("mp3/id3v23-latin1-apic.mp3"), fixture("mp3/cbr.mp3"));
    let (alert, alerts) = channel();
    let alert = Box::new(move || {
        // The reader thread may outlive the test for a moment.
        let _ = alert.send(());
    });
    let music = vec![first.clone(), second.clone()];
    let dj = AutoDj::start(
        MusicSettings::new("/test", music),
        MusicServices::new(alert, Box::new(|| Time::START)),
    )
    .expect("a thread");
    let mut station = Station::new(&StationSettings::default(), Time::START);
    assert_eq!(station.track(), None);
    station.add_input(Box::new(dj));
    // The burst is longer than both tracks together, so a track may be seen twice.
    let mut seen = Vec::new();
    for millisecond in 0.. {
        // The reader may deliver more at once than the station plays before it serves its listeners.
        while station.advance_to(Time::START + Duration::from_millis(millisecond)) == Progress::ServeAllFirst
        {
            station.mark_all_served();
        }
        if let Some(track) = station.track().filter(|track| !seen.contains(*track)) {
            seen.push(track.clone());
        }
        if seen.len() == 2 {
            break;
        }
        if station.waiting_until().is_some() {
            alerts.recv_timeout(READ_TIMEOUT).expect("the reader alerts in time");
        }
    }
    seen.sort_by_key(|track| track.file.clone());
    assert_eq!([&seen[0].file, &seen[1].file], [&second, &first]);
    assert_eq!(seen[1].artist.as_deref(), Some("Café Ångström"));
    assert_eq!(seen[1].title.as_deref(), Some("Überfahrt (v2.3)"));
    assert!(seen[1].artwork.is_some() && seen[0].artwork.is_none());
    assert_eq!(seen[0].length.expect("the length of the track").as_millis(), 626);
}
