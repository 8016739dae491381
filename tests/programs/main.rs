//! Real programs against coldwave: players, tools that read streams and pages, browsers and proxies.
//!
//! Each program has a test of its name. A player plays a station of two short tracks of real music for
//! [`PLAY_SECONDS`] seconds, shows both titles, and its decoder reports no errors. What each program sends
//! and does is in protocol-notes/players.md.
//!
//! The test of a program that is not installed is skipped with a notice, or fails if `CI` or
//! `COLDWAVE_TEST_PROGRAMS` is set. `tests/run` installs all programs.

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "each test program uses some of it")]
mod common;

mod acme;
mod admin_page;
mod any_music;
mod azuracast;
mod browsers;
mod counting;
mod formats;
mod libretime;
mod loudness;
mod metrics;
mod players;
mod probe;
mod proxies;
mod readers;
mod renditions;
mod requests;
mod scaling;
mod scripts;
mod side_by_side;
mod tls;
mod tools;
mod trials;
mod web;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use coldwave::audio::Framer;
use common::{Coldwave, Finished, Program, are_available, fixture};

/// How many seconds each program plays, at least.
const PLAY_SECONDS: u32 = 14;

/// How many seconds of audio a program may receive ahead of real time, at most.
const BURST_SECONDS: u32 = 5;

/// For how many frames at the start a decoder may report errors. MP3 frames refer to earlier ones, which a
/// listener that joins does not have.
const START_ERRORS_MAX: usize = 2;

/// The longest wait here: browsers start slowly on a busy machine.
const PROGRAM_DEADLINE: Duration = Duration::from_secs(150);

/// The tracks of the station: the first six seconds of two that come with coldwave.
const TRACKS: [(&str, &str); 2] = [
    ("station/01-foehn-over-the-skerries.mp3", "Coldwave Ensemble - Föhn over the Skerries"),
    ("station/02-last-ferry-light-snow.mp3", "Coldwave Ensemble - Last Ferry, Light Snow"),
];

/// Bytes of six seconds at 128 kbit/s. Coldwave drops the incomplete last frame.
const TRACK_BYTES: usize = 6 * 16_000;

/// The name of the station, which is that of the folder it plays.
const NAME: &str = "two tracks";

/// A coldwave with a station whose title changes every six seconds.
struct Station {
    server: Coldwave,
    folder: tempfile::TempDir,
}

impl Station {
    /// Starts it if all these programs are installed. If not, reports that, or fails the test where all are
    /// required.
    #[track_caller]
    fn for_programs(programs: &[(&str, &str)]) -> Option<Self> {
        are_available(programs).then(Self::start)
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let music = folder.path().join(NAME);
        fs::create_dir(&music).expect("the folder is writable");
        for (number, (track, _)) in TRACKS.iter().enumerate() {
            let mut bytes = fs::read(fixture(track)).expect("the fixture is readable");
            bytes.truncate(TRACK_BYTES);
            fs::write(music.join(format!("{number}.mp3")), bytes).expect("the folder is writable");
        }
        Self { server: Coldwave::with_music(&[music]), folder }
    }

    fn url(&self) -> &str {
        self.server.url()
    }

    /// Returns a folder for the files of a program. Every user may write to it.
    fn home(&self) -> &Path {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o777))
            .expect("a folder of this test");
        self.folder.path()
    }
}

/// Returns the path of a file in tests/players/.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/players").join(name)
}

/// Waits until no other test runs a browser. One browser with several pages uses both cores of a small
/// machine, and another one beside it would wait for audio.
fn only_browser() -> MutexGuard<'static, ()> {
    static BROWSER: Mutex<()> = Mutex::new(());
    BROWSER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Polls `condition` until it returns a value.
#[track_caller]
fn wait_for<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    wait_within(PROGRAM_DEADLINE, what, condition)
}

/// Polls `condition` until it returns a value, for no longer than `deadline`.
#[track_caller]
fn wait_within<T>(deadline: Duration, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < deadline, "waited {deadline:?} for {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Runs a program until it exits by itself.
#[track_caller]
fn finish(command: Command) -> Finished {
    let name = format!("{command:?}");
    let mut program = Program::start(command);
    wait_for(&name, || (!program.is_running()).then_some(()));
    let finished = program.finish();
    assert_eq!(finished.code, Some(0), "{name}: {finished:#?}");
    finished
}

/// Runs a program that must exit by itself, with an error.
#[track_caller]
fn finish_with_error(command: Command) {
    let name = format!("{command:?}");
    let mut program = Program::start(command);
    wait_for(&name, || (!program.is_running()).then_some(()));
    let finished = program.finish();
    assert!(finished.code.is_some_and(|code| code != 0), "{name}: {finished:#?}");
}

/// Runs a player that exits after [`PLAY_SECONDS`] seconds, and returns its output.
#[track_caller]
fn play(command: Command) -> String {
    let started = Instant::now();
    let finished = finish(command);
    // A player cannot play audio that was not on the air yet. The burst may be up to a second longer than its
    // setting.
    let least = Duration::from_secs(u64::from(PLAY_SECONDS) - 1);
    assert!(started.elapsed() >= least, "it played for {:?}: {finished:#?}", started.elapsed());
    finished.stdout + &finished.stderr
}

/// Returns the titles that a program shows: the text of each line after `title` and before `end`.
fn titles<'a>(text: &'a str, title: &str, end: &str) -> Vec<&'a str> {
    let shown = lines(text).filter_map(|line| line.split_once(title)).map(|(_, rest)| rest);
    shown.map(|rest| rest.trim_end().strip_suffix(end).unwrap_or(rest)).collect()
}

/// Splits lines, including those that overwrite each other.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r'])
}

/// Checks that the titles of both tracks are among the shown ones.
#[track_caller]
fn check_titles(shown: &[impl AsRef<str>]) {
    let shown: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    for (_, title) in TRACKS {
        assert!(shown.contains(&title), "{shown:?} shown, not {title}");
    }
}

/// Checks that at most [`START_ERRORS_MAX`] lines of `text` report errors.
#[track_caller]
fn check_start_errors(text: &str, is_error: impl Fn(&str) -> bool) {
    let errors: Vec<&str> = lines(text).filter(|line| is_error(line)).collect();
    assert!(errors.len() <= START_ERRORS_MAX, "errors: {errors:#?}");
}

/// Checks that `audio` consists of frames, and returns their duration in seconds.
#[track_caller]
fn check_audio(audio: &[u8]) -> f64 {
    let mut framer = Framer::new();
    framer.push(audio);
    let mut frames = 0_u32;
    while framer.next_frame().is_some() {
        frames += 1;
    }
    assert_eq!(framer.skipped(), 0, "the audio consists of frames only");
    f64::from(frames) * 1152.0 / 44_100.0
}
