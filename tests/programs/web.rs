//! coldwave's own pages in Chromium: the scripts of tests/web/ drive it, and say with their exit code how it went.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Coldwave, Program, are_here, fixture, is_left_out};
use crate::{TRACK, TRACKS, wait_for};

/// The operator's password.
const PASSWORD: &str = "seven-dry-herrings";

/// Whoever goes live has this one.
const DJ_PASSWORD: &str = "six-wet-herrings";

/// What a station is called by somebody who means no good.
const HOSTILE: &str = "</script><b>x</b> \"quoted\" 'FM' --> &amp;";

/// It plays ten seconds, shows a new title by itself, stops, and is used with keys alone.
#[test]
fn station_page() {
    let Some(site) = Site::start("Harbour FM") else { return };
    // The only station's page is at the root.
    site.check("station.js", &[&site.base]);
}

/// A stream that ends is asked for again.
#[test]
fn reconnects() {
    let Some(site) = Site::start("Harbour FM") else { return };
    site.check("reconnect.js", &[&site.base, PASSWORD]);
}

/// Listeners are seen, kicked, banned and let in again; titles are set, tracks skipped, by clicks and keys.
#[test]
fn admin_page() {
    let long =
        format!("[[station]]\nmount = \"/long\"\nname = \"Long tracks\"\nmusic = [{:?}]", fixture("station"));
    let Some(site) = Site::start_with("Harbour FM", &long) else { return };
    site.check("operator.js", &[&site.base, PASSWORD, DJ_PASSWORD, &music()]);
}

/// axe-core has nothing serious to say of any page, light or dark, on a phone or on a desk; there is something to see and
/// to play without JavaScript.
#[test]
fn pages_have_no_barriers() {
    let Some(site) =
        Site::start_with("Harbour FM", "[[station]]\nmount = \"/quiet\"\nsource_password = \"no herrings\"")
    else {
        return;
    };
    site.check("look.js", &[&site.base, PASSWORD]);
}

/// What is in a name or a title changes nothing but itself.
#[test]
fn hostile_words_are_words() {
    let Some(site) = Site::start(HOSTILE) else { return };
    site.check("hostile.js", &[&site.base, PASSWORD, DJ_PASSWORD, &music(), HOSTILE]);
}

/// A coldwave with a configuration file, whose station's title changes every six seconds.
struct Site {
    base: String,
    folder: tempfile::TempDir,
    _server: Coldwave,
}

impl Site {
    /// Starts it if all that looks at it is here.
    #[track_caller]
    fn start(name: &str) -> Option<Self> {
        Self::start_with(name, "")
    }

    /// The same with more stations.
    #[track_caller]
    fn start_with(name: &str, more: &str) -> Option<Self> {
        if !are_here(&[("chromium", "chromium"), ("node", "nodejs")]) || !are_installed() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder for tests");
        let config = folder.path().join("coldwave.toml");
        write_music(folder.path());
        fs::write(&config, config_of(name, more)).expect("a folder for tests can be written to");
        let mut command = Command::new(crate::common::BINARY);
        command.arg("--config").arg(config).env_remove("RUST_LOG");
        let server = Coldwave::started(command, 1 + more.matches("[[station]]").count());
        let base = format!("http://{}", server.address());
        Some(Self { base, folder, _server: server })
    }

    /// Runs a script of tests/web/ to its end, which must be a good one.
    #[track_caller]
    fn check(&self, script: &str, arguments: &[&str]) {
        let mut command = Command::new("node");
        command.arg(web(script)).args(arguments).env("HOME", self.folder.path());
        let mut program = Program::started(command);
        wait_for(script, || (!program.is_running()).then_some(()));
        let ended = program.ended();
        assert_eq!(ended.code, Some(0), "{script}: {}{}", ended.stdout, ended.stderr);
    }
}

/// What a DJ plays.
fn music() -> String {
    fixture("station/03-blue-hour-waltz.mp3").display().to_string()
}

/// A file of tests/web/.
fn web(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web").join(name)
}

/// Whether what tests/web/package.json asks for is there.
#[track_caller]
fn are_installed() -> bool {
    ["playwright-core", "axe-core"].iter().all(|package| {
        web("node_modules").join(package).is_dir()
            || is_left_out(&format!("npm's {package} is not installed in tests/web"))
    })
}

fn write_music(folder: &Path) {
    for (number, (track, _)) in TRACKS.iter().enumerate() {
        let mut bytes = fs::read(fixture(track)).expect("a fixture can be read");
        bytes.truncate(TRACK);
        fs::write(folder.join(format!("{number}.mp3")), bytes).expect("a folder for tests can be written to");
    }
}

fn config_of(name: &str, more: &str) -> String {
    format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\nsource_listen = []\nadmin_password = \"{PASSWORD}\"\n\
         trusted_proxies = [\"127.0.0.1\"]\n\
         [[station]]\nmount = \"/live\"\nname = '''{name}'''\ndescription = \"Slow music\"\ngenre = \"Ambient\"\n\
         url = \"http://example.org\"\nmusic = [\"0.mp3\", \"1.mp3\"]\nsource_password = \"{DJ_PASSWORD}\"\n{more}\n"
    )
}
