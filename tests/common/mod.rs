//! Code that the tests of the whole program share: a coldwave process, and clients that connect to it.
//!
//! Nothing here sleeps for a fixed time. Every wait has a description and a deadline, and a test that reaches
//! the deadline prints the description.

pub mod audio_folder;
mod coldwave;
mod flac;
pub mod icecast;
mod installed;
mod listener;
mod peer;
mod ports;
mod program;
mod request;
pub mod tls;
pub mod tls_server;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use coldwave::{Coldwave, run_to_end, with_descriptors};
pub use flac::write_flac_tone;
pub use installed::{are_available, is_available, report_missing};
pub use listener::{Listener, title_text};
pub use peer::{Head, Peer};
pub use ports::two_free_ports;
pub use program::{Capture, Finished, Program};
pub use request::{Reply, Request};

/// The longest wait. Everything takes milliseconds, except waiting for audio in real time, but the machine
/// may be busy.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// How often a condition is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The coldwave binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_coldwave");

/// Polls `condition` until it returns a value.
///
/// # Panics
/// If it returns none for [`DEADLINE`].
#[track_caller]
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// Returns the path of a file or folder in `fixtures/`.
pub fn fixture(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    assert!(path.exists(), "{} is missing", path.display());
    path
}

/// Writes a track into `folder` that repeats the frames of a fixture `times` times. The fixture must have no
/// tags, so the title of the track is the name of its file.
pub fn track(folder: &Path, name: &str, of_fixture: &str, times: usize) -> PathBuf {
    let path = folder.join(name);
    let frames = fs::read(fixture(of_fixture)).expect("the fixture is readable");
    fs::write(&path, frames.repeat(times)).expect("the folder is writable");
    path
}

/// 128 kbit/s in joint stereo, 0.63 s, without tags.
pub const PLAIN: &str = "mp3/cbr.mp3";

/// Like [`PLAIN`], but 0.55 s long. Each frame has a checksum, which distinguishes it from those of
/// [`PLAIN`].
pub const CHECKED: &str = "mp3/crc-mpeg1-44100-joint-128k.mp3";

/// Creates a folder with two tracks of about three seconds: `Anchors Aweigh`, whose frames have no checksums,
/// and `Check Mate`, whose frames have them. The checksum of a frame thus shows which title belongs to it.
pub fn two_tracks() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "Anchors Aweigh.mp3", PLAIN, 5);
    track(folder.path(), "Check Mate.mp3", CHECKED, 5);
    folder
}
