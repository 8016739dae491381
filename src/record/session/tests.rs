use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::audio::Codec;

/// A disk with so much room for each of two files; a write that does not fit is torn where the room ends.
#[derive(Debug, Default)]
struct Disk {
    room: usize,
    audio: Vec<u8>,
    cue: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Pretended {
    disk: Arc<Mutex<Disk>>,
    is_cue: bool,
}

impl Pretended {
    fn with<R>(&self, f: impl FnOnce(&mut Vec<u8>, usize) -> R) -> R {
        let mut disk = self.disk.lock().expect("sound");
        let room = disk.room;
        f(if self.is_cue { &mut disk.cue } else { &mut disk.audio }, room)
    }
}

impl Grow for Pretended {
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.with(|file, room| {
            let fits = room.saturating_sub(file.len()).min(bytes.len());
            file.extend_from_slice(&bytes[..fits]);
            if fits == bytes.len() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
        })
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.with(|file, _| file.truncate(len as usize));
        Ok(())
    }
}

struct World {
    disk: Arc<Mutex<Disk>>,
    session: Session,
}

impl World {
    fn new(room: usize) -> Self {
        let disk = Arc::new(Mutex::new(Disk { room, ..Disk::default() }));
        let shared = disk.clone();
        let open = move || {
            let of = |is_cue| Box::new(Pretended { disk: shared.clone(), is_cue });
            if shared.lock().expect("sound").room == 0 {
                return Err("no room for a file".to_owned());
            }
            Ok(Opened { path: PathBuf::from("a/x.mp3"), audio: of(false), cue: of(true) })
        };
        let about = About { performer: "Anna".into(), title: "Harbour FM".into(), codec: Codec::Mp3 };
        Self { disk, session: Session::new("/test", about, Box::new(open)) }
    }

    /// Writes a second of audio, which stands as 100 times the same byte, with a title after so many tenths.
    fn second(&mut self, byte: u8, title: Option<(u64, &str)>) {
        let titles = title.map(|(tenths, title)| (length(100 * tenths), Title::of(title)));
        let titles = titles.into_iter().collect();
        self.session.write(Batch { bytes: vec![byte; 100], length: length(1000), titles });
    }

    fn has_room(&self, room: usize) {
        self.disk.lock().expect("sound").room = room;
    }

    fn audio(&self) -> Vec<u8> {
        self.disk.lock().expect("sound").audio.clone()
    }

    /// Ends the session; gives its sheet.
    fn sheet(self) -> String {
        self.session.end(AudioTime::ZERO);
        String::from_utf8(self.disk.lock().expect("sound").cue.clone()).expect("UTF-8")
    }
}

fn length(millis: u64) -> AudioTime {
    Duration::from_millis(millis).into()
}

const PLENTY: usize = 100_000;

#[test]
fn the_sheet_grows_with_the_audio() {
    let mut world = World::new(PLENTY);
    world.second(1, Some((0, "")));
    world.second(2, Some((5, "Nadia Karim - Tidewater")));
    let cue = |world: &World| world.disk.lock().expect("sound").cue.len();
    let before = cue(&world);
    assert!(before > 0, "a crash would leave a sheet");
    (3..7).for_each(|second| world.second(second, None));
    assert_eq!(cue(&world), before, "nothing new");
    world.second(7, Some((2, "O'Brien; \"Ça va\" — 東京")));
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
    assert_eq!(world.sheet(), golden);
}

#[test]
fn on_a_full_disk_only_whole_pieces_stay_and_it_goes_on_when_there_is_room() {
    let mut world = World::new(250);
    world.second(1, Some((0, "A")));
    world.second(2, None);
    world.second(3, Some((0, "B")));
    world.second(4, Some((5, "C")));
    assert_eq!(world.audio(), [[1; 100], [2; 100]].concat(), "nothing torn");
    assert!(world.session.has_failed && world.session.lost == length(2000));
    world.has_room(PLENTY);
    world.second(5, None);
    world.second(6, None);
    assert_eq!(world.audio(), [[1; 100], [2; 100], [5; 100], [6; 100]].concat());
    let sheet = world.sheet();
    assert!(sheet.contains("TITLE \"A\"") && !sheet.contains("TITLE \"B\""), "{sheet}");
    assert!(sheet.ends_with("TITLE \"C\"\n    INDEX 01 00:02:00\n"), "{sheet}");
}

#[test]
fn what_the_sheet_could_not_take_is_written_later() {
    let mut world = World::new(70);
    world.second(1, Some((0, "A")));
    world.has_room(PLENTY);
    world.second(2, Some((0, "B")));
    let sheet = world.sheet();
    assert!(sheet.starts_with("PERFORMER \"Anna\"\n") && sheet.matches("TRACK").count() == 1, "{sheet}");
    // The first second was lost with its title; this one is behind nothing.
    assert!(sheet.ends_with("TITLE \"B\"\n    INDEX 01 00:00:00\n"), "{sheet}");
}

#[test]
fn a_file_that_cannot_be_created_may_be_later() {
    let mut world = World::new(0);
    world.second(1, Some((0, "A")));
    world.second(2, None);
    world.has_room(PLENTY);
    world.second(3, None);
    assert_eq!(world.audio(), [3; 100]);
    assert!(world.sheet().ends_with("TITLE \"A\"\n    INDEX 01 00:00:00\n"));
}
