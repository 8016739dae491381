//! What the tests of the whole program share: a coldwave of their own, and peers that talk to it.
//!
//! Nothing here sleeps for a fixed time. Whatever is waited for has a name and a deadline, and a test that meets the
//! deadline says what it waited for.

mod coldwave;
mod listening;
mod peer;
mod ports;
mod program;
mod wanted;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use coldwave::{Coldwave, run_to_end};
pub use listening::{Listening, title_text};
pub use peer::{Head, Peer};
pub use ports::two_free_ports;
pub use program::{Ended, Program, Said};
pub use wanted::{are_here, is_here, is_left_out};

/// How long anything may take. Everything takes milliseconds, apart from what waits for audio to be played; a machine
/// that is busy with ten other things is given its time.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// How often a condition is looked at that nothing tells of.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The daemon under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_coldwave");

/// Looks until `condition` has something.
///
/// # Panics
/// When there is nothing for [`DEADLINE`].
#[track_caller]
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// A file or folder of `fixtures/`.
pub fn fixture(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    assert!(path.exists(), "{} is missing", path.display());
    path
}

/// Puts a track into `folder` that is a fixture's frames `times` times over, so that it has the length that a test
/// wants. The fixture must have no tags, so that the track is called after its file.
pub fn track(folder: &Path, name: &str, of_fixture: &str, times: usize) -> PathBuf {
    let path = folder.join(name);
    let frames = fs::read(fixture(of_fixture)).expect("a fixture can be read");
    fs::write(&path, frames.repeat(times)).expect("a folder for tests can be written to");
    path
}

/// 128 kbit/s in joint stereo, 0.63 s, without tags.
pub const PLAIN: &str = "mp3/cbr.mp3";

/// As [`PLAIN`], 0.55 s, but each frame has a checksum, by which it can be told apart.
pub const CHECKED: &str = "mp3/crc-mpeg1-44100-joint-128k.mp3";

/// A folder with the tracks `Anchors Aweigh` of frames without checksums and `Check Mate` of frames with them, of about
/// three seconds each: every byte of the stream tells which title belongs to it.
pub fn two_tracks() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for tests");
    track(folder.path(), "Anchors Aweigh.mp3", PLAIN, 5);
    track(folder.path(), "Check Mate.mp3", CHECKED, 5);
    folder
}
