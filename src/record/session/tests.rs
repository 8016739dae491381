//! Tests of a recording session on a fake disk.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::audio::Codec;

/// A disk with limited room for each of two files. A write that does not fit is truncated.
#[derive(Debug, Default)]
struct FakeDisk {
    room: usize,
    audio: Vec<u8>,
    cue: Vec<u8>,
}

#[derive(Debug, Clone)]
struct FakeFile {
    disk: Arc<Mutex<FakeDisk>>,
    is_cue: bool,
}

impl FakeFile {
    fn with<R>(&self, f: impl FnOnce(&mut Vec<u8>, usize) -> R) -> R {
        let mut disk = self.disk.lock().expect("not poisoned");
        let room = disk.room;
        f(if self.is_cue { &mut disk.cue } else { &mut disk.audio }, room)
    }
}

impl Append for FakeFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.with(|file, room| {
            let fits = room.saturating_sub(file.len()).min(bytes.len());
            file.extend_from_slice(&bytes[..fits]);
            if fits == bytes.len() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
        })
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.with(|file, _| file.truncate(len as usize));
        Ok(())
    }
}

struct World {
    disk: Arc<Mutex<FakeDisk>>,
    session: RecordingSession,
}

impl World {
    fn new(room: usize) -> Self {
        let disk = Arc::new(Mutex::new(FakeDisk { room, ..FakeDisk::default() }));
        let shared = disk.clone();
        let create_files = move || {
            let file = |is_cue| Box::new(FakeFile { disk: shared.clone(), is_cue });
            if shared.lock().expect("not poisoned").room == 0 {
                return Err("no room for a file".to_owned());
            }
            Ok(RecordingFiles { path: PathBuf::from("a/x.mp3"), audio: file(false), cue: file(true) })
        };
        let header = SheetHeader { performer: "Anna".into(), title: "Harbour FM".into(), codec: Codec::Mp3 };
        Self { disk, session: RecordingSession::new("/test", header, Box::new(create_files)) }
    }

    /// Writes one second of audio, made of 100 equal bytes, with a title after a number of tenths of a
    /// second.
    fn write_second(&mut self, byte: u8, title: Option<(u64, &str)>) {
        let titles = title.map(|(tenths, title)| (length(100 * tenths), Title::new(title)));
        let titles = titles.into_iter().collect();
        self.session.write(RecordBatch { bytes: vec![byte; 100], length: length(1000), titles });
    }

    fn set_room(&self, room: usize) {
        self.disk.lock().expect("not poisoned").room = room;
    }

    fn audio(&self) -> Vec<u8> {
        self.disk.lock().expect("not poisoned").audio.clone()
    }

    /// Ends the session and returns its sheet.
    fn finish(self) -> String {
        self.session.finish(AudioTime::ZERO);
        String::from_utf8(self.disk.lock().expect("not poisoned").cue.clone()).expect("UTF-8")
    }
}

fn length(millis: u64) -> AudioTime {
    Duration::from_millis(millis).into()
}

const PLENTY: usize = 100_000;

#[test]
fn sheet_grows_with_the_audio() {
    let mut world = World::new(PLENTY);
    world.write_second(1, Some((0, "")));
    world.write_second(2, Some((5, "Nadia Karim - Tidewater")));
    let cue = |world: &World| world.disk.lock().expect("not poisoned").cue.len();
    let before = cue(&world);
    assert!(before > 0, "the sheet is written before the session ends");
    (3..7).for_each(|second| world.write_second(second, None));
    assert_eq!(cue(&world), before, "no new title");
    world.write_second(7, Some((2, "O'Brien; \"Ça va\" — 東京")));
    assert!(cue(&world) > before);
    assert_eq!(world.audio().len(), 700);
    let golden = r#"PERFORMER "Anna"
TITLE "Harbour FM"
FILE "x.mp3" MP3
  TRACK 01 AUDIO
    TITLE "Tidewater"
    PERFORMER "Nadia Karim"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "O'Brien; 'Ça va' — 東京"
    INDEX 01 00:06:15
"#;
    assert_eq!(world.finish(), golden);
}

#[test]
fn full_disk_keeps_only_whole_writes_and_recording_resumes_when_there_is_room() {
    let mut world = World::new(250);
    world.write_second(1, Some((0, "A")));
    world.write_second(2, None);
    world.write_second(3, Some((0, "B")));
    world.write_second(4, Some((5, "C")));
    assert_eq!(world.audio(), [[1; 100], [2; 100]].concat(), "no partial write");
    assert!(world.session.has_failed && world.session.lost_length == length(2000));
    world.set_room(PLENTY);
    world.write_second(5, None);
    world.write_second(6, None);
    assert_eq!(world.audio(), [[1; 100], [2; 100], [5; 100], [6; 100]].concat());
    let sheet = world.finish();
    assert!(sheet.contains("TITLE \"A\"") && !sheet.contains("TITLE \"B\""), "{sheet}");
    assert!(sheet.ends_with("TITLE \"C\"\n    INDEX 01 00:02:00\n"), "{sheet}");
}

#[test]
fn sheet_text_that_failed_is_written_later() {
    let mut world = World::new(70);
    world.write_second(1, Some((0, "A")));
    world.set_room(PLENTY);
    world.write_second(2, Some((0, "B")));
    let sheet = world.finish();
    assert!(sheet.starts_with("PERFORMER \"Anna\"\n") && sheet.matches("TRACK").count() == 1, "{sheet}");
    // The first second was lost with its title, so this one is at the beginning.
    assert!(sheet.ends_with("TITLE \"B\"\n    INDEX 01 00:00:00\n"), "{sheet}");
}

#[test]
fn file_that_cannot_be_created_is_retried() {
    let mut world = World::new(0);
    world.write_second(1, Some((0, "A")));
    world.write_second(2, None);
    world.set_room(PLENTY);
    world.write_second(3, None);
    assert_eq!(world.audio(), [3; 100]);
    assert!(world.finish().ends_with("TITLE \"A\"\n    INDEX 01 00:00:00\n"));
}
