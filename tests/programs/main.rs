//! Real programs play coldwave: players, what else people point at a stream, and proxies between.
//!
//! Every program has a function of its name here. It plays a station of two short tracks of real music for
//! [`LONG`] seconds, shows both titles, and its decoder has nothing to say against the frames. What each of them
//! sends and does is in protocol-notes/players.md.
//!
//! A program that is not installed is left out with a notice; where `CI` or `COLDWAVE_TEST_PROGRAMS` is set it is a
//! failure. `tests/run` installs them all.

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "what another test program uses")]
mod common;

mod browsers;
mod counting;
mod metrics;
mod players;
mod proxies;
mod readers;
mod requests;
mod scripts;
mod tools;
mod web;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use coldwave::audio::Framer;
use common::{Coldwave, Ended, Program, are_here, fixture};

/// Seconds for which a program plays, at least.
const LONG: u32 = 14;

/// Seconds of audio that a program is ahead of the time it has listened, at most.
const BURST: u32 = 5;

/// Frames at the beginning of which a decoder may complain: music in MP3 leans on what came before, and whoever joins
/// did not hear that.
const FRAMES_COMPLAINED_OF: usize = 2;

/// How long anything may take here: browsers start slowly on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(150);

/// The tracks of the station: the first six seconds of two that come with coldwave.
const TRACKS: [(&str, &str); 2] = [
    ("station/01-foehn-over-the-skerries.mp3", "Coldwave Ensemble - Föhn over the Skerries"),
    ("station/02-last-ferry-light-snow.mp3", "Coldwave Ensemble - Last Ferry, Light Snow"),
];

/// Bytes of six seconds at 128 kbit/s. The frame that ends behind them is left out by coldwave.
const TRACK: usize = 6 * 16_000;

/// What the station is called: the folder it plays.
const NAME: &str = "two tracks";

/// A coldwave with a station whose title changes every six seconds.
struct Station {
    server: Coldwave,
    folder: tempfile::TempDir,
}

impl Station {
    /// Starts it if all these programs can be run. If not, that is said, or fails the test where all are wanted.
    #[track_caller]
    fn for_programs(programs: &[(&str, &str)]) -> Option<Self> {
        are_here(programs).then(Self::start)
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for tests");
        let music = folder.path().join(NAME);
        fs::create_dir(&music).expect("a folder for tests can be written to");
        for (number, (track, _)) in TRACKS.iter().enumerate() {
            let mut bytes = fs::read(fixture(track)).expect("a fixture can be read");
            bytes.truncate(TRACK);
            fs::write(music.join(format!("{number}.mp3")), bytes)
                .expect("a folder for tests can be written to");
        }
        Self { server: Coldwave::playing(&[music]), folder }
    }

    fn url(&self) -> &str {
        self.server.url()
    }

    /// A folder for what a program keeps. Everyone may write to it.
    fn home(&self) -> &Path {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
        self.folder.path()
    }
}

/// A file of tests/players/.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/players").join(name)
}

/// Looks until `condition` has something.
#[track_caller]
fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Runs a program to its end, which it finds by itself.
#[track_caller]
fn finish(command: Command) -> Ended {
    let name = format!("{command:?}");
    let mut program = Program::started(command);
    wait_for(&name, || (!program.is_running()).then_some(()));
    let ended = program.ended();
    assert_eq!(ended.code, Some(0), "{name}: {ended:#?}");
    ended
}

/// Has a program play that ends by itself after [`LONG`] seconds, and returns what it said.
#[track_caller]
fn play(command: Command) -> String {
    let started = Instant::now();
    let ended = finish(command);
    // Nobody can play what was not yet on the air. A second for what the burst has more than it should.
    let least = Duration::from_secs(u64::from(LONG) - 1);
    assert!(started.elapsed() >= least, "it played for {:?}: {ended:#?}", started.elapsed());
    ended.stdout + &ended.stderr
}

/// The titles that a program shows: what stands on a line behind `title` and before `end`.
fn titles<'a>(text: &'a str, title: &str, end: &str) -> Vec<&'a str> {
    let shown = lines(text).filter_map(|line| line.split_once(title)).map(|(_, rest)| rest);
    shown.map(|rest| rest.trim_end().strip_suffix(end).unwrap_or(rest)).collect()
}

/// Lines, also those that are written over each other.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r'])
}

/// Checks that the titles of both tracks are among those that were shown.
#[track_caller]
fn check_titles(shown: &[impl AsRef<str>]) {
    let shown: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    for (_, title) in TRACKS {
        assert!(shown.contains(&title), "{shown:?} shown, not {title}");
    }
}

/// Checks that hardly any line of `text` complains.
#[track_caller]
fn check_complaints(text: &str, is_complaint: impl Fn(&str) -> bool) {
    let complaints: Vec<&str> = lines(text).filter(|line| is_complaint(line)).collect();
    assert!(complaints.len() <= FRAMES_COMPLAINED_OF, "complaints: {complaints:#?}");
}

/// Checks that `audio` is frames and nothing else, and returns how many seconds of them.
#[track_caller]
fn check_audio(audio: &[u8]) -> f64 {
    let mut framer = Framer::new();
    framer.push(audio);
    let mut frames = 0_u32;
    while framer.next_frame().is_some() {
        frames += 1;
    }
    assert_eq!(framer.skipped(), 0, "nothing but frames");
    f64::from(frames) * 1152.0 / 44_100.0
}
