//! Real encoders go live on coldwave and are killed.
//!
//! Each program has tests that begin with its name. It goes live on a station whose AutoDJ plays. A listener
//! receives exactly the frames that the encoder was given, or, if it re-encodes, whole frames that decode to
//! its input, and the right title. Then the test kills the encoder, and the AutoDJ continues; the stream
//! consists of whole frames throughout. What each encoder sends and receives is in
//! protocol-notes/encoders.md. Two more tests relay icecast2 and compare its pages with those of coldwave.
//!
//! The test of a program that is not installed is skipped with a notice, or fails if `CI` or
//! `COLDWAVE_TEST_PROGRAMS` is set. `tests/run` installs all programs.

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "each test program uses some of it")]
mod common;

mod audience;
mod devices;
mod ffmpeg;
mod icecast;
mod icecast_pages;
mod libshout;
mod liquidsoap;
mod mpd;
mod sound;
mod station;

use std::process::Command;
use std::thread;

use common::Program;

/// The title that every encoder sends. It has the characters that break quoting, URLs, configuration files
/// and charsets.
const TITLE: &str = "O'Brien; \"Ça va\" — 東京";

/// The minimum time for which an encoder is on the air before the test kills it, in seconds.
const MIN_LIVE_SECONDS: f64 = 4.0;

/// A running encoder. It is killed at the end of the test, and its output is printed if the test has failed.
struct Encoder(Program);

impl Encoder {
    fn start(command: Command) -> Self {
        Self(Program::start(command))
    }

    /// Kills it with SIGKILL.
    fn kill(self) {}
}

impl Drop for Encoder {
    fn drop(&mut self) {
        if thread::panicking() {
            let (stdout, stderr) = (self.0.stdout.text(), self.0.stderr.text());
            eprintln!("output of the encoder:\n{stdout}{stderr}");
        }
    }
}
