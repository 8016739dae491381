//! Libraries for Node.js. Each has a script in tests/players/ that writes the audio to stdout and titles to stderr.

use std::process::Command;

use crate::common::Program;
use crate::common::is_left_out;
use crate::{LONG, Station, check_audio, check_titles, script, titles, wait_for};

/// npm's `icy`: a client for HTTP that understands `ICY 200 OK`.
#[test]
fn icy() {
    check("icy");
}

/// npm's `icecast-parser`: reads titles, and can hand on the audio.
#[test]
fn icecast_parser() {
    check("icecast-parser");
}

#[track_caller]
fn check(package: &str) {
    if !is_installed(package) {
        return;
    }
    let Some(station) = Station::for_programs(&[("node", "nodejs")]) else { return };
    let mut command = Command::new("node");
    command.arg(script(&format!("{package}.js"))).arg(station.url());
    let mut listening = Program::started(command);
    let audio = wait_for("seconds of audio", || {
        assert!(listening.is_running(), "{package} ended: {}", listening.stderr.text());
        Some(listening.stdout.bytes()).filter(|bytes| bytes.len() >= (LONG as usize + 1) * 16_000)
    });
    assert!(check_audio(&audio) >= f64::from(LONG));
    check_titles(&titles(&listening.stderr.text(), "title: ", ""));
}

/// Whether a package of tests/players/package.json is there.
#[track_caller]
pub fn is_installed(package: &str) -> bool {
    let path = script("node_modules").join(package);
    path.is_dir() || is_left_out(&format!("npm's {package} is not installed in tests/players"))
}
