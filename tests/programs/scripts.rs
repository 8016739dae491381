//! Libraries for Node.js. For each, a script in tests/players/ writes the audio to stdout and the titles to
//! stderr.

use std::process::Command;

use crate::common::Program;
use crate::common::report_missing;
use crate::{PLAY_SECONDS, Station, check_audio, check_titles, script, titles, wait_for};

/// npm's `icy`: an HTTP client that understands `ICY 200 OK`.
#[test]
fn icy() {
    check("icy");
}

/// npm's `icecast-parser`: reads titles, and can pass the audio on.
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
    command.arg(crate::script(&format!("{package}.js"))).arg(station.url());
    let mut script = Program::start(command);
    let audio = wait_for("seconds of audio", || {
        assert!(script.is_running(), "{package} exited: {}", script.stderr.text());
        Some(script.stdout.bytes()).filter(|bytes| bytes.len() >= (PLAY_SECONDS as usize + 1) * 16_000)
    });
    assert!(check_audio(&audio) >= f64::from(PLAY_SECONDS));
    check_titles(&titles(&script.stderr.text(), "title: ", ""));
}

/// Returns whether a package of tests/players/package.json is installed.
#[track_caller]
pub fn is_installed(package: &str) -> bool {
    let path = script("node_modules").join(package);
    path.is_dir() || report_missing(&format!("npm's {package} is not installed in tests/players"))
}
