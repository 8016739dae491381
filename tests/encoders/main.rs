//! Real encoders go on the air on coldwave, and are killed there.
//!
//! Every program has a function of its name here. It goes live on a station whose AutoDJ plays; whoever listens hears
//! exactly the frames that it was given to send, or, where it encodes anew, whole frames that decode to what went in. He
//! is told its title as it is. Then it is killed, and the AutoDJ goes on with not one byte between that is no frame.
//! What each of them sends, and is told, is in protocol-notes/encoders.md. Last, icecast2 is relayed, and what an encoder
//! sends there is heard here; and its pages are compared with coldwave's.
//!
//! A program that is not installed is left out with a notice; where `CI` or `COLDWAVE_TEST_PROGRAMS` is set it is a
//! failure. `tests/run` installs them all.

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "what another test program uses")]
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

/// What every encoder is to show: what breaks in quotes, in URLs, in configuration files and in charsets.
const TITLE: &str = "O'Brien; \"Ça va\" — 東京";

/// Seconds that an encoder is heard before it is killed, at least.
const LONG: f64 = 4.0;

/// An encoder that runs. It is killed when the test is over, however it ends, and then what it said is told if the test
/// failed.
struct Encoder(Program);

impl Encoder {
    fn started(command: Command) -> Self {
        Self(Program::started(command))
    }

    /// Kills it without notice: `kill -9`.
    fn kill(self) {}
}

impl Drop for Encoder {
    fn drop(&mut self) {
        if thread::panicking() {
            let (stdout, stderr) = (self.0.stdout.text(), self.0.stderr.text());
            eprintln!("the encoder said:\n{stdout}{stderr}");
        }
    }
}
