//! Live sessions on a real disk, each written by its thread.

use std::fs;
use std::path::Path;
use std::time::Duration;

use coldwave::audio::{Codec, Frame, Header, silent_frame};
use coldwave::icy::Title;
use coldwave::record::{self, Recordings};
use coldwave::settings::{RecordSettings, StationSettings};
use coldwave::station::{RecordingSink, StartRecording};

/// Long enough for any disk; only a test that fails waits that long.
const PATIENCE: Duration = Duration::from_secs(20);

fn station(folder: &Path, pattern: &str) -> StationSettings {
    let record = RecordSettings { folder: folder.to_owned(), pattern: pattern.to_owned() };
    StationSettings { record: Some(record), ..StationSettings::default() }
}

/// A frame in which nothing is heard, told apart from others by a number.
fn frame(header: &Header, number: u8) -> Vec<u8> {
    let mut bytes = silent_frame(header);
    *bytes.last_mut().expect("it is not empty") = number;
    bytes
}

fn send(tape: &mut dyn RecordingSink, header: Header, numbers: std::ops::Range<u8>) -> Vec<u8> {
    let frames = numbers.map(|number| frame(&header, number));
    let sent: Vec<Vec<u8>> = frames.collect();
    sent.iter().for_each(|bytes| tape.write_frame(&Frame { bytes, header, offset: 0 }));
    sent.concat()
}

fn finish(recorder: StartRecording, recordings: Recordings) {
    drop(recorder);
    assert!(recordings.finish(PATIENCE), "all is written in time");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("a file").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn a_session_is_written_frame_by_frame_with_its_sheet() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut recorder, recordings) = record::start();
    let station = station(folder.path(), "archive/{station}/%%_{dj}");
    let mut tape = recorder(&station, "../Anna", Codec::Mp3).expect("it is wanted");
    let header = Header::DEFAULT;
    tape.write_title(&Title::new("Nadia Karim - Tidewater"));
    let first = send(tape.as_mut(), header, 0..250);
    tape.write_title(&Title::new("O'Brien; \"Ça va\" — 東京"));
    let second = send(tape.as_mut(), header, 0..250);
    drop(tape);
    finish(recorder, recordings);
    let archive = folder.path().join("archive/coldwave");
    assert_eq!(names(&archive), ["%__Anna.cue", "%__Anna.mp3"]);
    assert!(fs::read(archive.join("%__Anna.mp3")).expect("audio") == [first, second].concat());
    let golden = r#"PERFORMER "../Anna"
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
    assert_eq!(fs::read_to_string(archive.join("%__Anna.cue")).expect("a sheet"), golden);
}

#[test]
fn sessions_at_once_have_files_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut recorder, recordings) = record::start();
    let (one, mut two) = (station(folder.path(), "show"), station(folder.path(), "show"));
    two.id = 2;
    let aac = Header::new_aac(44_100, 2, 300).expect("a header");
    let mut tapes = [(&one, Codec::Mp3), (&one, Codec::Mp3), (&two, Codec::Aac)]
        .map(|(station, codec)| recorder(station, "x", codec).expect("it is wanted"));
    let mut sent = [const { Vec::new() }; 3];
    for round in 0..100 {
        for (at, header) in [Header::DEFAULT, Header::DEFAULT, aac].into_iter().enumerate() {
            sent[at].extend(send(tapes[at].as_mut(), header, round..round + at as u8 + 1));
        }
    }
    drop(tapes);
    finish(recorder, recordings);
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
fn without_a_frame_there_is_no_file_and_unasked_no_tape() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut recorder, recordings) = record::start();
    assert!(recorder(&StationSettings::default(), "x", Codec::Mp3).is_none());
    let mut tape = recorder(&station(folder.path(), "a/b"), "x", Codec::Mp3).expect("it is wanted");
    tape.write_title(&Title::new("A"));
    drop(tape);
    finish(recorder, recordings);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn where_nothing_can_be_written_the_session_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "mine").expect("room");
    let (mut recorder, recordings) = record::start();
    let mut tape = recorder(&station(folder.path(), "file/x"), "x", Codec::Mp3).expect("it is wanted");
    for _ in 0..100 {
        send(tape.as_mut(), Header::DEFAULT, 0..100);
    }
    drop(tape);
    finish(recorder, recordings);
    assert_eq!(fs::read_to_string(folder.path().join("file")).expect("a file"), "mine");
}

#[test]
fn a_disk_that_never_answers_costs_no_threads_without_end() {
    // A session whose thread cannot end is one that is never over.
    let folder = tempfile::tempdir().expect("a folder");
    let (mut recorder, recordings) = record::start();
    let mut station = station(folder.path(), "x");
    let mut tapes: Vec<_> = (0..10).filter_map(|_| recorder(&station, "x", Codec::Mp3)).collect();
    assert_eq!(tapes.len(), 4);
    station.id = 2;
    tapes.extend(recorder(&station, "x", Codec::Mp3));
    assert_eq!(tapes.len(), 5, "another station is not harmed");
    drop(tapes);
    finish(recorder, recordings);
}
