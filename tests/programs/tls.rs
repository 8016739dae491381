//! Real programs over TLS: each hears or sends the known music, byte for byte, with TLS 1.2 and 1.3.
//!
//! Programs that shake hands with GnuTLS are held to a version by a file that GnuTLS reads, all others by
//! their options. Every program checks the certificate of the station.

mod clients;
mod music;
mod openssl;
mod sources;
mod station;

use std::process::Command;
use std::time::Duration;

use crate::common::Program;
use crate::wait_within;
use music::Music;

/// How much a program hears: the burst in short and long records, and seconds of deliveries after it.
const HEARD: usize = 9 * 16_000;

/// The time in which a program has heard that much, on a busy machine.
const HEARING_MAX: Duration = Duration::from_secs(100);

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Tls12,
    Tls13,
}

impl Version {
    const ALL: [Self; 2] = [Self::Tls12, Self::Tls13];

    /// Chooses between two values.
    fn either<T>(self, of_12: T, of_13: T) -> T {
        match self {
            Self::Tls12 => of_12,
            Self::Tls13 => of_13,
        }
    }
}

/// Runs a program until `heard` returns enough bytes of the station, and checks them.
#[track_caller]
fn hear(command: Command, music: &Music, heard: impl Fn(&Program) -> Vec<u8>) {
    let name = format!("{command:?}");
    let mut program = Program::start(command);
    let audio = wait_within(HEARING_MAX, &name, || {
        let audio = heard(&program);
        let is_enough = audio.len() >= HEARD;
        assert!(is_enough || program.is_running(), "{name} exited: {}", program.stderr.text());
        is_enough.then_some(audio)
    });
    music.check(&name, &audio);
}

/// Returns the bytes after the head of a response.
fn body(response: &[u8]) -> Vec<u8> {
    let head = response.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    response[head.unwrap_or(response.len())..].to_vec()
}
