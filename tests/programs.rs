//! Real programs play coldwave: players, and what else people point at a stream.
//!
//! A program that is not installed is left out with a notice; where `CI` or `COLDWAVE_TEST_PROGRAMS` is set it is a
//! failure. `tests/run` installs them all.

#[allow(dead_code, unused_imports, reason = "what another test program uses")]
mod common;

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use coldwave::audio::Framer;
use common::{CHECKED, Coldwave, Ended, PLAIN, Program, track, wait_for};

const FIRST_TITLE: &str = "Coldwave Ensemble - Föhn over the Skerries";

/// Seconds for which the players play the bundled station.
const LONG: u32 = 20;

/// Seconds of audio that a player is ahead of the time it has listened, at most.
const BURST: u32 = 5;

/// Frames at the beginning of which a decoder may complain: music in MP3 leans on what came before, and whoever joins
/// did not hear that.
const FRAMES_COMPLAINED_OF: usize = 2;

/// Whether `program` can be run; if not, that is said, or fails the test where all are wanted.
#[track_caller]
fn is_here(program: &str, package: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    if env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        return true;
    }
    let wanted = ["CI", "COLDWAVE_TEST_PROGRAMS"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|it| !it.is_empty()));
    let missing =
        format!("{program} is not installed: it is in Debian's package {package}, or run tests/run");
    assert!(!wanted, "{missing}");
    // Not a macro: what those print is shown of failed tests alone.
    let _ = writeln!(std::io::stderr(), "LEFT OUT: {missing}");
    false
}

/// Runs a player to its end, which it finds by itself.
fn run(program: &str, arguments: &[&str], url: &str) -> Ended {
    let mut command = Command::new(program);
    command.args(arguments).arg(url);
    finish(command)
}

fn finish(command: Command) -> Ended {
    let name = format!("{command:?}");
    let ended = Program::started(command).ended();
    assert_eq!(ended.code, Some(0), "{name}: {ended:#?}");
    ended
}

/// What a player did.
struct Played {
    titles: Vec<String>,
    complaints: Vec<String>,
}

impl Played {
    /// Reads a player's output. A title is what stands on a line behind `title` and before `end`.
    fn read(text: &str, title: &str, end: &str, is_complaint: impl Fn(&str) -> bool) -> Self {
        let lines = || text.split(['\n', '\r']);
        let titles = lines().filter_map(|line| line.split_once(title)).map(|(_, rest)| rest);
        Self {
            titles: titles.map(|rest| rest.strip_suffix(end).unwrap_or(rest).to_owned()).collect(),
            complaints: lines().filter(|line| is_complaint(line)).map(str::to_owned).collect(),
        }
    }

    #[track_caller]
    fn check(&self, player: &str, titles: &[&str]) {
        for title in titles {
            assert!(
                self.titles.iter().any(|shown| shown == title),
                "{player} shows {:?}, not {title}",
                self.titles
            );
        }
        assert!(self.complaints.len() <= FRAMES_COMPLAINED_OF, "{player} complains: {:#?}", self.complaints);
    }
}

/// mpv plays in real time, also to nowhere.
fn mpv(url: &str, seconds: u32) -> Played {
    let length = format!("--length={seconds}");
    let quiet =
        ["--no-config", "--no-input-terminal", "--term-status-msg=", "--msg-level=all=info", "--msg-module"];
    let ended = run("mpv", &[&quiet[..], &["--ao=null", "--no-video", &length]].concat(), url);
    let text = ended.stdout + &ended.stderr;
    assert!(text.contains("AO: [null]"), "mpv did not play: {text}");
    // Its decoder's own words begin with `ffmpeg/audio:`, its demuxer's with `ffmpeg/demuxer:`.
    Played::read(&text, "icy-title: ", "", |line| line.trim_start().starts_with("ffmpeg"))
}

/// mpg123 decodes as fast as it can, so it is given what it plays in `seconds` and the burst on top.
fn mpg123(url: &str, seconds: u32) -> Played {
    let frames = ((seconds + BURST) * 44_100 / 1152).to_string();
    let ended = run("mpg123", &["--test", "--no-control", "-n", &frames], url);
    let complains =
        |line: &str| ["Note:", "error:", "warning:", "Warning"].iter().any(|it| line.contains(it));
    Played::read(&(ended.stdout + &ended.stderr), "ICY-META: StreamTitle='", "';", complains)
}

/// ffmpeg too is as fast as it can be.
fn ffmpeg(url: &str, seconds: u32) -> Played {
    let seconds = (seconds + BURST).to_string();
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+verbose", "-i", url]);
    command.args(["-t", &seconds, "-f", "null", "-"]);
    let ended = finish(command);
    // Of each frame the decoder says what is wrong, and the program that it is.
    let complains = |line: &str| {
        let bad = ["[error]", "[warning]", "[fatal]"].iter().any(|level| line.contains(level));
        bad && !line.contains("Error while decoding stream")
    };
    Played::read(&ended.stderr, "Metadata update for StreamTitle: ", "", complains)
}

/// VLC refuses to be run by root, so nobody runs it then.
fn vlc(url: &str, seconds: u32) -> Played {
    let home = tempfile::tempdir().expect("a home for VLC");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "cvlc"]);
        command
    } else {
        Command::new("cvlc")
    };
    command.env("HOME", home.path()).args(["-vv", "--no-color", "--aout=adummy"]);
    command.args([&format!("--run-time={seconds}"), "--play-and-exit", url, "vlc://quit"]);
    let ended = finish(command);
    assert!(
        ended.stderr.contains("using audio output module \"adummy\""),
        "VLC did not play: {}",
        ended.stderr
    );
    let complains = |line: &str| {
        let bad = line.contains(" error: ") || line.contains(" warning: ");
        bad && (line.contains("decoder") || line.contains("packetizer") || line.contains("demux"))
    };
    Played::read(&ended.stderr, "New Icy-Title=", "", complains)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id can be run");
    id.stdout.trim_ascii() == b"0"
}

/// A player: plays a URL for so many seconds.
type Player = fn(&str, u32) -> Played;

const PLAYERS: [(&str, &str, Player); 4] = [
    ("mpv", "mpv", mpv),
    ("mpg123", "mpg123", mpg123),
    ("ffmpeg", "ffmpeg", ffmpeg),
    ("cvlc", "vlc-bin", vlc),
];

/// Has all players play at once, each for about so long.
#[track_caller]
fn all_play(server: &Coldwave, seconds: u32, titles: &[&str]) {
    thread::scope(|scope| {
        for (program, package, play) in PLAYERS {
            if !is_here(program, package) {
                continue;
            }
            scope.spawn(move || {
                let started = Instant::now();
                play(server.url(), seconds).check(program, titles);
                // Nobody can play what was not yet on the air. A second for what the burst has more than it should.
                let least = Duration::from_secs(u64::from(seconds) - 1);
                assert!(started.elapsed() >= least, "{program} played for {:?}", started.elapsed());
            });
        }
    });
}

#[test]
fn players_play_the_bundled_station() {
    let server = Coldwave::playing(&[""; 0]);
    all_play(&server, LONG, &[FIRST_TITLE]);
}

#[test]
fn players_show_the_next_title_too() {
    let folder = tempfile::tempdir().expect("a folder for tests");
    track(folder.path(), "Anchors Aweigh.mp3", PLAIN, 10);
    track(folder.path(), "Check Mate.mp3", CHECKED, 10);
    let server = Coldwave::playing(&[folder.path()]);
    // Each track lasts six seconds.
    all_play(&server, 14, &["Anchors Aweigh", "Check Mate"]);
}

#[test]
fn ffprobe_tells_what_is_on() {
    if !is_here("ffprobe", "ffmpeg") {
        return;
    }
    let server = Coldwave::playing(&[""; 0]);
    let probed = run("ffprobe", &["-hide_banner", "-show_format", "-show_streams"], server.url()).stdout;
    for line in [
        "format_name=mp3",
        "codec_name=mp3",
        "sample_rate=44100",
        "bit_rate=128000",
        "TAG:icy-name=coldwave demo",
        &format!("TAG:StreamTitle={FIRST_TITLE}"),
        // A station has no end to seek to.
        "duration=N/A",
    ] {
        assert!(probed.lines().any(|probed| probed == line), "no {line} in: {probed}");
    }
}

#[test]
fn curl_takes_the_stream_and_the_rest() {
    if !is_here("curl", "curl") {
        return;
    }
    let server = Coldwave::playing(&[""; 0]);
    let root = server.url().trim_end_matches("live");
    let curl = |arguments: &[&str], path: &str| {
        run("curl", &[&["-sS", "--max-time", "30"], arguments].concat(), &format!("{root}{path}")).stdout
    };
    for arguments in [&["-I"][..], &["-I", "-H", "Icy-MetaData: 1"]] {
        assert!(curl(arguments, "live").starts_with("HTTP/1.0 200 OK\r\n"));
    }
    assert!(curl(&["-w", "%{http_code}"], "nothing").ends_with("404"));
    assert!(curl(&["-A", "Mozilla/5.0", "-H", "Accept: text/html"], "").contains("coldwave demo"));
    assert!(curl(&["-X", "OPTIONS", "-i"], "live").starts_with("HTTP/1.1 204"));
    assert!(curl(&["-X", "POST", "-w", "%{http_code}"], "live").ends_with("405"));

    let mut command = Command::new("curl");
    command.args(["-sSN", server.url()]);
    let mut listening = Program::started(command);
    let stream = wait_for("seven seconds of audio", || {
        assert!(listening.is_running(), "curl ended: {}", listening.stderr.text());
        Some(listening.stdout.bytes()).filter(|bytes| bytes.len() >= 7 * 16_000)
    });
    let mut framer = Framer::new();
    framer.push(&stream);
    let mut frames = 0;
    while framer.next_frame().is_some() {
        frames += 1;
    }
    assert_eq!(framer.skipped(), 0, "nothing but frames");
    assert!(frames > 250, "{frames} frames");
}
