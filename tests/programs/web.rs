//! The pages of coldwave in Chromium: the scripts of tests/web/ drive it, and their exit code is the result.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{
    Coldwave, Program, are_available, audio_folder, fixture, is_available, report_missing, two_free_ports,
};
use crate::{TRACK_BYTES, TRACKS, only_browser, wait_for};

/// The administrator's password.
pub const PASSWORD: &str = "seven-dry-herrings";

/// The password of live sources.
const DJ_PASSWORD: &str = "six-wet-herrings";

/// Formats between which the programme changes: sampling rate in Hz and number of channels.
const SEAMS: [(u32, u32); 4] = [(44_100, 2), (48_000, 2), (44_100, 1), (48_000, 1)];

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

/// The page plays on where the sampling rate or the channels change: no message, and less than a second of
/// silence. `COLDWAVE_SEAM_SECONDS` is how long it plays, 25 s by default.
#[test]
fn page_plays_on_where_the_format_changes() {
    let seams = "[[station]]\nid = 2\nmount = \"/seams\"\nname = \"Seams\"\nprocess = \"never\"\n\
                 music = [\"seams\"]";
    let prepare = |folder: &Path| {
        let folder = folder.join("seams");
        fs::create_dir(&folder).expect("the folder is writable");
        for (number, (rate, channels)) in SEAMS.into_iter().enumerate() {
            write_mp3_tone(&folder.join(format!("{number}.mp3")), rate, channels);
        }
    };
    if !is_available("ffmpeg", "ffmpeg") {
        return;
    }
    let Some(site) = Site::start_prepared("Harbour FM", seams, prepare) else { return };
    let seconds = env::var("COLDWAVE_SEAM_SECONDS").unwrap_or_else(|_| "25".to_owned());
    site.check("seams.js", &[&site.base, "2", "/seams", &seconds]);
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

/// One player goes on from page to page, names of any length fit, and a phone shows the play button at once.
#[test]
fn player_goes_on_while_the_visitor_opens_other_pages() {
    let Some(site) = Site::start_with("Harbour FM", &more_stations()) else { return };
    site.check("journey.js", &[&site.base]);
}

/// Hidden pages hold no connection for events, so seven tabs work.
#[test]
fn seven_tabs_work() {
    let Some(site) = Site::start("Harbour FM") else { return };
    site.check("tabs.js", &[&site.base]);
}

/// A page of a configured site plays the station in a frame, a page of another site does not show it.
#[test]
fn small_player_works_in_a_frame_of_a_configured_site() {
    let port = two_free_ports();
    let Some(mut site) = Site::start("Harbour FM") else { return };
    site.restart_with(&format!("embed_from = ['http://127.0.0.1:{port}']"));
    site.check("embed.js", &[&site.base, &port.to_string()]);
}

/// axe-core finds no serious problem on any page, in light and dark mode, on phones and desktops. The pages
/// show and play the station without JavaScript, too.
#[test]
fn pages_have_no_barriers() {
    let Some(site) = Site::start_with(
        "Harbour FM",
        &format!(
            "{RENDITION}[[station]]\nid = 5\nmount = \"/quiet\"\nsource_password = \"no herrings\"\n{}",
            more_stations()
        ),
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
pub struct Site {
    base: String,
    folder: tempfile::TempDir,
    config: String,
    server: Option<Coldwave>,
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
        Self::start_prepared(name, more, |_| ())
    }

    /// Starts it if Chromium and the scripts' packages are installed, after `prepare` has added files to its
    /// folder.
    #[track_caller]
    fn start_prepared(name: &str, more: &str, prepare: impl FnOnce(&Path)) -> Option<Self> {
        Self::start_config(&config(name, more), prepare)
    }

    /// Starts it with these stations instead, whose music is `0.mp3` and `1.mp3`.
    #[track_caller]
    pub fn start_stations(stations: &str) -> Option<Self> {
        Self::start_config(&format!("{}{stations}", server_section()), |_| ())
    }

    #[track_caller]
    fn start_config(config: &str, prepare: impl FnOnce(&Path)) -> Option<Self> {
        if !has_browser() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_music(folder.path());
        prepare(folder.path());
        let stations = config.matches("[[station").count();
        let server = Coldwave::with_config(folder.path(), config, stations);
        let base = format!("http://{}", server.address());
        Some(Self { base, folder, config: config.to_owned(), server: Some(server) })
    }

    /// Starts the server of one station again, with a line for its section `[server]`.
    fn restart_with(&mut self, line: &str) {
        // The old one ends before the new one begins.
        drop(self.server.take());
        let config = self.config.replacen("[server]\n", &format!("[server]\n{line}\n"), 1);
        let server = Coldwave::with_config(self.folder.path(), &config, 1);
        self.base = format!("http://{}", server.address());
        self.server = Some(server);
    }

    /// Returns the base URL of the server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Runs a script of tests/web/, which must exit with code 0.
    #[track_caller]
    pub fn check(&self, script: &str, arguments: &[&str]) {
        run_script(script, arguments, self.folder.path());
    }
}

/// Returns a second station, and a third one whose texts have 300 characters.
fn more_stations() -> String {
    let long = "Sounds of the harbour and the sea, all night ".repeat(7);
    let station = |id: u32, mount: &str, name: &str| {
        format!(
            "[[station]]\nid = {id}\nmount = '{mount}'\nname = '{name}'\ngenre = '{name}'\nmusic = ['0.mp3', '1.mp3']\n"
        )
    };
    station(2, "/ferry", "Night Ferry")
        + &station(3, "/long", long.trim())
        + &format!("description = '{long}'\n")
}

/// Runs a script of tests/web/ with this home folder. It must exit with code 0.
#[track_caller]
pub fn run_script(script: &str, arguments: &[&str], home: &Path) {
    let _only = only_browser();
    let mut command = Command::new("node");
    command.arg(web_script(script)).args(arguments).env("HOME", home);
    let mut program = Program::start(command);
    wait_for(script, || (!program.is_running()).then_some(()));
    let finished = program.finish();
    assert_eq!(finished.code, Some(0), "{script}: {}{}", finished.stdout, finished.stderr);
}

/// Returns whether Chromium and the scripts' packages are installed.
#[track_caller]
pub fn has_browser() -> bool {
    are_available(&[("chromium", "chromium"), ("node", "nodejs")]) && are_installed()
}

/// Returns the path of the music that a DJ plays.
fn music() -> String {
    fixture("station/03-blue-hour-waltz.mp3").display().to_string()
}

/// Returns the path of a file in tests/web/.
pub fn web_script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web").join(name)
}

/// Returns whether the packages of tests/web/package.json are installed.
#[track_caller]
pub fn are_installed() -> bool {
    ["playwright-core", "axe-core"].iter().all(|package| {
        web_script("node_modules").join(package).is_dir()
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

/// Writes five seconds of a tone at 128 kbit/s. Chromium reads 32 KB at a time, and needs two such blocks to
/// play on at once.
fn write_mp3_tone(path: &Path, rate: u32, channels: u32) {
    let mut command = Command::new("ffmpeg");
    command.args(["-loglevel", "error", "-f", "lavfi", "-i"]);
    command.arg(format!("sine=frequency=500:sample_rate={rate}:duration=5"));
    command.args(["-ac", &channels.to_string(), "-c:a", "libmp3lame", "-b:a", "128k"]).arg(path);
    audio_folder::run(command);
}

fn server_section() -> String {
    format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\nsource_listen = []\nadmin_password = \"{PASSWORD}\"\n\
         trusted_proxies = [\"127.0.0.1\"]\n"
    )
}

fn config(name: &str, more: &str) -> String {
    format!(
        "{}[[station]]\nmount = \"/live\"\nname = '''{name}'''\ndescription = \"Slow music\"\ngenre = \"Ambient\"\n\
         url = \"http://example.org\"\nmusic = [\"0.mp3\", \"1.mp3\"]\nsource_password = \"{DJ_PASSWORD}\"\n{more}\n",
        server_section()
    )
}
