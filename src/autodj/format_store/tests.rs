//! Tests of the file with the formats of stations.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::mpsc;

use super::*;
use crate::open_file;
use crate::worker::{Inbox, WorkerBuilder};

const SETTINGS: FormatSettings = FormatSettings { rate: None, channels: None, kbps: None };

fn station(id: Option<u32>, mount: &str) -> StationIdentity {
    StationIdentity { id, mount: mount.to_owned() }
}

fn format(rate: u32, channels: u8) -> StoredFormat {
    StoredFormat { rate: Some(rate), channels: Some(channels) }
}

/// Returns the format, as `rate/channels`, that a station gets from a store in `folder`, if most of its music
/// has `rate` and one channel.
fn start(folder: &Path, rate: u32, settings: FormatSettings) -> String {
    let store = FormatStore::open(Some(folder.to_owned()));
    let music = || [(rate, 1, Duration::from_secs(60))];
    let target = store.station_format(&station(None, "/live"), &settings, music).target;
    format!("{}/{}", target.rate, target.channels)
}

#[test]
fn format_stays_when_the_music_changes_until_a_key_overrides_it() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(start(folder.path(), 48_000, SETTINGS), "48000/1");
    assert_eq!(start(folder.path(), 22_050, SETTINGS), "48000/1");
    let rate = FormatSettings { rate: Some(32_000), ..SETTINGS };
    assert_eq!(start(folder.path(), 22_050, rate), "32000/1");
    assert_eq!(start(folder.path(), 22_050, SETTINGS), "48000/1", "the key was only tried");
    let text = fs::read_to_string(folder.path().join(FILE_NAME)).expect("a file");
    let lines: Vec<&str> = text.lines().skip_while(|line| line.starts_with('#')).collect();
    assert_eq!(lines, [r#"{"mount":"/live","samplerate":48000,"channels":1}"#]);
    let mode = fs::metadata(folder.path().join(FILE_NAME)).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, open_file::PRIVATE);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no other file is left");
}

#[test]
fn music_decides_again_what_was_configured_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let rate = FormatSettings { rate: Some(32_000), ..SETTINGS };
    assert_eq!(start(folder.path(), 48_000, rate), "32000/1");
    assert_eq!(start(folder.path(), 22_050, SETTINGS), "22050/1");
    assert_eq!(start(folder.path(), 48_000, SETTINGS), "22050/1");
}

#[test]
fn default_of_a_station_without_music_is_not_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = FormatStore::open(Some(folder.path().to_owned()));
    let found = store.station_format(&station(None, "/live"), &SETTINGS, Vec::new);
    assert_eq!((found.target.rate, found.origin), (44_100, FormatOrigin::Default));
    assert_eq!(start(folder.path(), 48_000, SETTINGS), "48000/1");
}

#[test]
fn music_is_not_read_when_the_format_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = FormatStore::open(Some(folder.path().to_owned()));
    store.save(&station(None, "/live"), format(48_000, 1));
    let music = || -> Vec<(u32, u8, Duration)> { panic!("this takes long") };
    let found = store.station_format(&station(None, "/live"), &SETTINGS, music);
    assert_eq!((found.target.rate, found.origin), (48_000, FormatOrigin::Stored));
}

#[test]
fn stations_are_found_by_id_then_by_mount() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || FormatStore::open(Some(folder.path().to_owned()));
    let store = open();
    store.save(&station(Some(7), "/evening"), format(48_000, 2));
    store.save(&station(None, "/live"), format(22_050, 1));
    // A clone shares the file.
    store.clone().save(&station(None, "/night"), format(32_000, 2));
    let store = open();
    for (id, mount, expected) in [
        (Some(7), "/evening", Some(48_000)),
        (Some(7), "/renamed", Some(48_000)),
        (None, "/evening", Some(48_000)),
        (Some(8), "/evening", None),
        (Some(8), "/live", Some(22_050)),
        (None, "/live", Some(22_050)),
        (None, "/night", Some(32_000)),
        (None, "/other", None),
        (Some(7), "/live", Some(48_000)),
    ] {
        let found = store.load(&station(id, mount)).and_then(|format| format.rate);
        assert_eq!(found, expected, "{id:?} {mount}");
    }
    // A station that gets an id keeps its line.
    store.save(&station(Some(9), "/live"), format(22_050, 1));
    assert_eq!(open().load(&station(Some(9), "/moved")), Some(format(22_050, 1)));
    assert_eq!(fs::read_to_string(folder.path().join(FILE_NAME)).expect("a file").lines().count(), 2 + 3);
}

#[test]
fn damaged_and_foreign_lines_are_ignored() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "# a comment\n\n{\"mount\":\"/live\",\"samplerate\":48000,\"channels\":1,\"codec\":\"aac\"}\r\n\
                {\"mount\":\"/cut\",\"samplera\n{\"id\":5}\nnoise \u{0}\n[]\n\
                {\"mount\":\"/a\",\"samplerate\":96000}\n{\"mount\":\"/b\",\"channels\":6}\n\
                {\"mount\":\"/c\",\"samplerate\":-1}\n{\"mount\":\"/half\",\"channels\":2}\n";
    let (lines, invalid) = state_lines::parse(text, parse_line);
    let mounts: Vec<&str> = lines.iter().map(|line| line.mount.as_str()).collect();
    assert_eq!(mounts, ["/live", "/half"]);
    assert_eq!(invalid.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9, 10]);
    let reasons: Vec<&str> = invalid.iter().map(|(_, reason)| reason.as_str()).collect();
    assert!(reasons[0].starts_with("not the format of a station: EOF"), "{reasons:?}");
    assert_eq!(reasons[4..6], ["samplerate: MP3 does not have it", "channels: expected 1 or 2"]);
    fs::write(folder.path().join(FILE_NAME), [text.as_bytes(), b"\xFF\xFE\n"].concat()).expect("room");
    assert_eq!(start(folder.path(), 22_050, SETTINGS), "48000/1");
}

#[test]
fn file_that_cannot_be_read_or_written_does_not_stop_the_station() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(FILE_NAME);
    assert_eq!(start(&folder.path().join("missing"), 48_000, SETTINGS), "48000/1");
    fs::create_dir(&path).expect("a folder");
    assert_eq!(start(folder.path(), 48_000, SETTINGS), "48000/1");
    fs::remove_dir(&path).expect("a folder");
    // A link is neither followed nor written through.
    fs::write(folder.path().join("target"), "{\"mount\":\"/live\",\"samplerate\":8000,\"channels\":1}")
        .expect("room");
    symlink(folder.path().join("target"), &path).expect("a link");
    assert_eq!(start(folder.path(), 48_000, SETTINGS), "48000/1");
    let target = fs::read_to_string(folder.path().join("target")).expect("a file");
    assert!(target.contains("8000"), "{target}");
    let long = vec![b'\n'; state_lines::FILE_BYTES_MAX as usize + 1];
    fs::remove_file(&path).expect("a link");
    fs::write(&path, long).expect("room");
    assert_eq!(start(folder.path(), 48_000, SETTINGS), "48000/1");
}

#[test]
fn without_a_state_directory_nothing_is_stored() {
    let store = FormatStore::open(None);
    store.save(&station(None, "/live"), format(48_000, 1));
    assert_eq!(store.load(&station(None, "/live")), None);
}

#[test]
fn lines_of_removed_stations_are_bounded() {
    let text: String = (0..LINES_MAX + 3).map(|id| format!("{{\"mount\":\"/{id}\"}}\n")).collect();
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(FILE_NAME), text).expect("room");
    assert_eq!(start(folder.path(), 48_000, SETTINGS), "48000/1");
    let text = fs::read_to_string(folder.path().join(FILE_NAME)).expect("a file");
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), LINES_MAX);
    assert!(text.ends_with("{\"mount\":\"/live\",\"samplerate\":48000,\"channels\":1}\n"));
}

#[test]
fn moved_store_takes_its_formats_along_and_leaves_the_old_file() {
    let (old, new) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let other = FormatStore::open(Some(new.path().to_owned()));
    other.save(&station(None, "/a"), format(8_000, 1));
    other.save(&station(None, "/b"), format(22_050, 1));
    let store = FormatStore::open(Some(old.path().to_owned()));
    store.save(&station(None, "/a"), format(48_000, 2));
    let text = |folder: &Path| fs::read_to_string(folder.join(FILE_NAME)).expect("a file");
    let left = text(old.path());
    store.clone().move_to(Some(new.path().to_owned()));
    let expected = [Some(format(48_000, 2)), Some(format(22_050, 1))];
    let load = |store: &FormatStore| ["/a", "/b"].map(|mount| store.load(&station(None, mount)));
    assert_eq!(load(&store), expected);
    assert_eq!(load(&FormatStore::open(Some(new.path().to_owned()))), expected);
    store.move_to(None);
    assert_eq!(load(&store), expected, "they are still in memory");
    assert_eq!(text(old.path()), left);
}

#[test]
fn format_is_decided_after_the_move_that_was_announced() {
    let new = tempfile::tempdir().expect("a folder");
    FormatStore::open(Some(new.path().to_owned())).save(&station(None, "/live"), format(48_000, 2));
    let store = FormatStore::open(None);
    let pending = store.announce_move();
    let (send, received) = mpsc::channel();
    let asking = store.clone();
    let caller = WorkerBuilder::new("caller").spawn(move |_: Inbox<()>| {
        let _ = send.send(0);
        let music = || [(8_000, 1, Duration::from_secs(60))];
        let _ = send.send(asking.station_format(&station(None, "/live"), &SETTINGS, music).target.rate);
    });
    let _caller = caller.expect("a thread");
    assert_eq!(received.recv_timeout(MOVE_TIMEOUT), Ok(0), "it has started");
    store.move_to(Some(new.path().to_owned()));
    drop(pending);
    assert_eq!(received.recv_timeout(MOVE_TIMEOUT), Ok(48_000));
}
