//! The pages of coldwave in Chromium: the scripts of tests/web/ drive it, and their exit code is the result.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Coldwave, Program, are_available, fixture, report_missing};
use crate::{TRACK_BYTES, TRACKS, wait_for};

/// The administrator's password.
const PASSWORD: &str = "seven-dry-herrings";

/// The password of live sources.
const DJ_PASSWORD: &str = "six-wet-herrings";

/// A rendition of the station.
const RENDITION: &str = "[[station.rendition]]\nmount = \"/live-64\"\nbitrate = 64\n";

/// A station name that tries to inject markup.
const HOSTILE: &str = "</script><b>x</b> \"quoted\" 'FM' --> &amp;";

/// The page plays ten seconds, shows a new title by itself, stops, and works with the keyboard alone.
#[test]
fn station_page() {
    let Some(site) = Site::start("Harbour FM") else { return };
    // The page of the only station is at the root.
    site.check("station.js", &[&site.base]);
}

/// The page reconnects when the stream ends.
#[test]
fn page_reconnects_when_the_stream_ends() {
    let Some(site) = Site::start("Harbour FM") else { return };
    site.check("reconnect.js", &[&site.base, PASSWORD]);
}

/// The page plays the rendition that the listener chooses, remembers it, and plays another one while it
/// cannot be played.
#[test]
fn station_page_plays_and_remembers_the_chosen_rendition() {
    let renditions = "[[station.rendition]]\nmount = \"/live-32\"\nbitrate = 32\nid = 3\n\
                      [[station.rendition]]\nmount = \"/live-64\"\nbitrate = 64\nid = 2\nmax_listeners = 1\n";
    let Some(site) = Site::start_with("Harbour FM", renditions) else { return };
    site.check("renditions.js", &[&site.base]);
}

/// The administrator sees what is converted and left out; sees, kicks, bans, unbans and moves listeners, sets
/// titles and skips tracks, with mouse and keyboard.
#[test]
fn admin_page() {
    let music_of_long = [fixture("README.md"), fixture("station")];
    let long = format!(
        "{RENDITION}[[station]]\nmount = \"/long\"\nname = \"Long tracks\"\nmusic = {music_of_long:?}"
    );
    let Some(site) = Site::start_with("Harbour FM", &long) else { return };
    site.check("admin.js", &[&site.base, PASSWORD, DJ_PASSWORD, &music()]);
}

/// axe-core finds no serious problem on any page, in light and dark mode, on phones and desktops. The pages
/// show and play the station without JavaScript, too.
#[test]
fn pages_have_no_barriers() {
    let Some(site) = Site::start_with(
        "Harbour FM",
        &format!("{RENDITION}[[station]]\nmount = \"/quiet\"\nsource_password = \"no herrings\""),
    ) else {
        return;
    };
    site.check("look.js", &[&site.base, PASSWORD]);
}

/// Markup in a name or a title is shown as text.
#[test]
fn hostile_names_and_titles_are_escaped() {
    let Some(site) = Site::start(HOSTILE) else { return };
    site.check("hostile.js", &[&site.base, PASSWORD, DJ_PASSWORD, &music(), HOSTILE]);
}

/// A coldwave with a configuration file and a station whose title changes every six seconds.
struct Site {
    base: String,
    folder: tempfile::TempDir,
    _server: Coldwave,
}

impl Site {
    /// Starts it if Chromium and the scripts' packages are installed.
    #[track_caller]
    fn start(name: &str) -> Option<Self> {
        Self::start_with(name, "")
    }

    /// Starts it with more stations if Chromium and the scripts' packages are installed.
    #[track_caller]
    fn start_with(name: &str, more: &str) -> Option<Self> {
        if !are_available(&[("chromium", "chromium"), ("node", "nodejs")]) || !are_installed() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_music(folder.path());
        let stations = 1 + more.matches("[[station").count();
        let server = Coldwave::with_config(folder.path(), &config(name, more), stations);
        let base = format!("http://{}", server.address());
        Some(Self { base, folder, _server: server })
    }

    /// Runs a script of tests/web/, which must exit with code 0.
    #[track_caller]
    fn check(&self, script: &str, arguments: &[&str]) {
        let mut command = Command::new("node");
        command.arg(web(script)).args(arguments).env("HOME", self.folder.path());
        let mut program = Program::start(command);
        wait_for(script, || (!program.is_running()).then_some(()));
        let finished = program.finish();
        assert_eq!(finished.code, Some(0), "{script}: {}{}", finished.stdout, finished.stderr);
    }
}

/// Returns the path of the music that a DJ plays.
fn music() -> String {
    fixture("station/03-blue-hour-waltz.mp3").display().to_string()
}

/// Returns the path of a file in tests/web/.
fn web(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web").join(name)
}

/// Returns whether the packages of tests/web/package.json are installed.
#[track_caller]
fn are_installed() -> bool {
    ["playwright-core", "axe-core"].iter().all(|package| {
        web("node_modules").join(package).is_dir()
            || report_missing(&format!("npm's {package} is not installed in tests/web"))
    })
}

fn write_music(folder: &Path) {
    for (number, (track, _)) in TRACKS.iter().enumerate() {
        let mut bytes = fs::read(fixture(track)).expect("the fixture is readable");
        bytes.truncate(TRACK_BYTES);
        fs::write(folder.join(format!("{number}.mp3")), bytes).expect("the folder is writable");
    }
}

fn config(name: &str, more: &str) -> String {
    format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\nsource_listen = []\nadmin_password = \"{PASSWORD}\"\n\
         trusted_proxies = [\"127.0.0.1\"]\n\
         [[station]]\nmount = \"/live\"\nname = '''{name}'''\ndescription = \"Slow music\"\ngenre = \"Ambient\"\n\
         url = \"http://example.org\"\nmusic = [\"0.mp3\", \"1.mp3\"]\nsource_password = \"{DJ_PASSWORD}\"\n{more}\n"
    )
}
