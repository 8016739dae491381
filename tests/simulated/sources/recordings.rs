//! Recordings of live sessions on a real disk, each written by its own thread.

use std::fs;
use std::path::Path;
use std::time::Duration;

use coldwave::audio::{Codec, Frame, Header, silent_frame};
use coldwave::icy::Title;
use coldwave::record::{self, Recordings};
use coldwave::settings::{RecordSettings, StationSettings};
use coldwave::station::{RecordingSink, StartRecording};

/// Long enough for any disk; only a failing test waits that long.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

fn station(folder: &Path, pattern: &str) -> StationSettings {
    let record = RecordSettings { folder: folder.to_owned(), pattern: pattern.to_owned() };
    StationSettings { record: Some(record), ..StationSettings::default() }
}

/// Returns a silent frame with a number.
fn frame(header: &Header, number: u8) -> Vec<u8> {
    let mut bytes = silent_frame(header);
    *bytes.last_mut().expect("a frame") = number;
    bytes
}

fn send(recording: &mut dyn RecordingSink, header: Header, numbers: std::ops::Range<u8>) -> Vec<u8> {
    let frames = numbers.map(|number| frame(&header, number));
    let sent: Vec<Vec<u8>> = frames.collect();
    sent.iter().for_each(|bytes| recording.write_frame(&Frame { bytes, header, offset: 0 }));
    sent.concat()
}

fn finish(start_recording: StartRecording, recordings: Recordings) {
    drop(start_recording);
    assert!(recordings.finish(WRITE_TIMEOUT), "the recordings are written in time");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a temporary folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("a file").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn session_is_recorded_frame_by_frame_with_a_cue_sheet() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut start_recording, recordings) = record::start();
    let station = station(folder.path(), "archive/{station}/%%_{dj}");
    let mut recording = start_recording(&station, "../Anna", Codec::Mp3).expect("the station records");
    let header = Header::DEFAULT;
    recording.write_title(&Title::new("Nadia Karim - Tidewater"));
    let first = send(recording.as_mut(), header, 0..250);
    recording.write_title(&Title::new("O'Brien; \"Ça va\" — 東京"));
    let second = send(recording.as_mut(), header, 0..250);
    drop(recording);
    finish(start_recording, recordings);
    let archive = folder.path().join("archive/coldwave");
    assert_eq!(names(&archive), ["%__Anna.cue", "%__Anna.mp3"]);
    assert!(fs::read(archive.join("%__Anna.mp3")).expect("audio") == [first, second].concat());
    let expected = r#"PERFORMER "../Anna"
TITLE "coldwave"
FILE "%__Anna.mp3" MP3
  TRACK 01 AUDIO
    TITLE "Tidewater"
    PERFORMER "Nadia Karim"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "O'Brien; 'Ça va' — 東京"
    INDEX 01 00:06:39
"#;
    assert_eq!(fs::read_to_string(archive.join("%__Anna.cue")).expect("a cue sheet"), expected);
}

#[test]
fn simultaneous_sessions_have_separate_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut start_recording, recordings) = record::start();
    let (one, mut two) = (station(folder.path(), "show"), station(folder.path(), "show"));
    two.id = 2;
    let aac = Header::new_aac(44_100, 2, 300).expect("a header");
    let mut recordings_running = [(&one, Codec::Mp3), (&one, Codec::Mp3), (&two, Codec::Aac)]
        .map(|(station, codec)| start_recording(station, "x", codec).expect("the station records"));
    let mut sent = [const { Vec::new() }; 3];
    for pass in 0..100 {
        for (at, header) in [Header::DEFAULT, Header::DEFAULT, aac].into_iter().enumerate() {
            sent[at].extend(send(recordings_running[at].as_mut(), header, pass..pass + at as u8 + 1));
        }
    }
    drop(recordings_running);
    finish(start_recording, recordings);
    let found = names(folder.path());
    let audio: Vec<_> = found.iter().filter(|name| !name.ends_with(".cue")).collect();
    let sheets = ["show-2.cue", "show-3.cue", "show.cue"];
    assert!(found.len() == 6 && sheets.iter().all(|sheet| found.contains(&sheet.to_string())), "{found:?}");
    assert_eq!(audio.iter().filter(|name| name.ends_with(".aac")).count(), 1);
    let mut written: Vec<_> =
        audio.iter().map(|name| fs::read(folder.path().join(name)).expect("audio")).collect();
    written.sort();
    sent.sort();
    assert!(written == sent);
    for name in audio {
        let sheet = fs::read_to_string(folder.path().join(name).with_extension("cue")).expect("a sheet");
        assert!(sheet.contains(&format!("FILE \"{name}\"")), "{sheet}");
    }
}

#[test]
fn session_without_frames_has_no_file_and_station_without_record_no_recording() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut start_recording, recordings) = record::start();
    assert!(start_recording(&StationSettings::default(), "x", Codec::Mp3).is_none());
    let mut recording =
        start_recording(&station(folder.path(), "a/b"), "x", Codec::Mp3).expect("the station records");
    recording.write_title(&Title::new("A"));
    drop(recording);
    finish(start_recording, recordings);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn session_continues_if_the_recording_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("file"), "mine").expect("the folder is writable");
    let (mut start_recording, recordings) = record::start();
    let mut recording =
        start_recording(&station(folder.path(), "file/x"), "x", Codec::Mp3).expect("the station records");
    for _ in 0..100 {
        send(recording.as_mut(), Header::DEFAULT, 0..100);
    }
    drop(recording);
    finish(start_recording, recordings);
    assert_eq!(fs::read_to_string(folder.path().join("file")).expect("a file"), "mine");
}

#[test]
fn recordings_of_a_station_have_at_most_four_threads() {
    // A thread that hangs on a disk is like one whose session never ends.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut start_recording, recordings) = record::start();
    let mut station = station(folder.path(), "x");
    let mut recordings_running: Vec<_> =
        (0..10).filter_map(|_| start_recording(&station, "x", Codec::Mp3)).collect();
    assert_eq!(recordings_running.len(), 4);
    station.id = 2;
    recordings_running.extend(start_recording(&station, "x", Codec::Mp3));
    assert_eq!(recordings_running.len(), 5, "another station can still record");
    drop(recordings_running);
    finish(start_recording, recordings);
}
