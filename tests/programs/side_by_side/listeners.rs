//! Players and tools that listen to `/live`.

use std::process::Command;

use super::Observations;
use super::server::{Server, at_once};
use crate::common::Program;
use crate::players::{
    cvlc, ffmpeg_command, is_ffmpeg_error, is_mpg123_error, is_mpv_error, is_vlc_error, mpg123_command,
    mpv_command,
};
use crate::{START_ERRORS_MAX, lines, titles, wait_for};

/// How many seconds each program plays.
const SECONDS: u32 = 4;

/// Returns what all of them see.
pub fn observe(server: &Server) -> Observations {
    at_once(server, &[mpv, mpg123, ffmpeg, ffprobe, vlc, mplayer, streamripper, curl])
}

/// Runs a program until it exits, and returns its output and whether it succeeded.
pub fn run(mut command: Command) -> (String, bool) {
    command.env("LC_ALL", "C.UTF-8");
    let name = format!("{command:?}");
    let mut program = Program::start(command);
    wait_for(&name, || (!program.is_running()).then_some(()));
    let finished = program.finish();
    (finished.stdout + &finished.stderr, finished.code == Some(0))
}

/// Returns the first text between `begin` and `end` in a line of the output.
fn shown(text: &str, begin: &str, end: &str) -> String {
    titles(text, begin, end).first().map_or_else(|| "nothing".to_owned(), |shown| (*shown).to_owned())
}

/// Names what a program sees, and whether its decoder complains more than at the start.
fn observations<const N: usize>(
    program: &str,
    output: &(String, bool),
    is_error: impl Fn(&str) -> bool,
    seen: [(&str, String); N],
) -> Observations {
    let (text, succeeded) = output;
    let errors = lines(text).filter(|line| is_error(line)).count();
    let verdict = match (succeeded, errors <= START_ERRORS_MAX) {
        (true, true) => "plays".to_owned(),
        (true, false) => format!("complains: {text}"),
        (false, _) => format!("fails: {text}"),
    };
    let seen = seen.map(|(name, text)| (format!("{program} {name}"), text));
    seen.into_iter().chain([(format!("{program} plays"), verdict)]).collect()
}

fn mpv(server: &Server) -> Observations {
    let output = run(mpv_command(&server.url("/live"), SECONDS));
    let seen = [
        ("title", shown(&output.0, "icy-title: ", "")),
        ("name", shown(&output.0, "icy-name: ", "")),
        ("format", shown(&output.0, "AO: [null] ", "")),
    ];
    observations("mpv", &output, is_mpv_error, seen)
}

fn mpg123(server: &Server) -> Observations {
    let output = run(mpg123_command(&server.url("/live"), SECONDS * 44_100 / 1152));
    let seen = [
        ("title", shown(&output.0, "ICY-META: StreamTitle='", "';")),
        ("name", shown(&output.0, "ICY-NAME: ", "")),
        ("url", shown(&output.0, "ICY-URL: ", "")),
    ];
    observations("mpg123", &output, is_mpg123_error, seen)
}

fn ffmpeg(server: &Server) -> Observations {
    let output = run(ffmpeg_command(&server.url("/live"), SECONDS));
    let seen = [
        ("title", shown(&output.0, "StreamTitle     : ", "")),
        ("stream", shown(&output.0, "Stream #0:0: ", "")),
    ];
    observations("ffmpeg", &output, is_ffmpeg_error, seen)
}

/// ffprobe shows every `icy-` header as a tag.
fn ffprobe(server: &Server) -> Observations {
    let mut command = Command::new("ffprobe");
    command.args(["-hide_banner", "-loglevel", "error", "-show_format", &server.url("/live")]);
    let output = run(command);
    let tags = output.0.lines().filter_map(|line| line.strip_prefix("TAG:")?.split_once('='));
    let tags: Vec<_> = tags.map(|(name, value)| (format!("ffprobe {name}"), value.to_owned())).collect();
    let format = ("format", shown(&output.0, "format_name=", ""));
    let mut seen = observations("ffprobe", &output, |line| line.contains("rror"), [format]);
    seen.extend(tags);
    seen
}

fn vlc(server: &Server) -> Observations {
    let mut command = cvlc(&server.home("vlc"));
    let time = format!("--run-time={SECONDS}");
    command.args([&time, "--play-and-exit", &server.url("/live"), "vlc://quit"]);
    let output = run(command);
    let seen = [
        ("title", shown(&output.0, "New Icy-Title=", "")),
        ("name", shown(&output.0, "Icy-Name: ", "")),
        ("server", shown(&output.0, "Server: ", "")),
    ];
    observations("VLC", &output, is_vlc_error, seen)
}

fn mplayer(server: &Server) -> Observations {
    let mut command = Command::new("mplayer");
    command.env("HOME", server.home("mplayer")).args(["-noconfig", "all", "-nojoystick", "-nolirc"]);
    command.args(["-noconsolecontrols", "-ao", "null", "-vo", "null", "-endpos", &SECONDS.to_string()]);
    let output = run({
        command.arg(server.url("/live"));
        command
    });
    let field = |name: &str| shown(&output.0, &format!("{name}: "), "");
    let seen = [
        ("title", shown(&output.0, "ICY Info: StreamTitle='", "';")),
        ("name", field("Name   ")),
        ("genre", field("Genre  ")),
        ("website", field("Website")),
        ("public", field("Public ")),
        ("bitrate", field("Bitrate")),
    ];
    observations("MPlayer", &output, |line| line.contains("mpg123: "), seen)
}

/// streamripper names its files after the titles.
fn streamripper(server: &Server) -> Observations {
    let folder = server.home("ripped");
    let mut command = Command::new("streamripper");
    command.arg(server.url("/live")).arg("-d").arg(&folder);
    command.args(["-s", "--xs_none", "-l", &(SECONDS + 2).to_string()]);
    command.args(["--codeset-filesys=UTF-8", "--codeset-metadata=UTF-8", "--codeset-relay=UTF-8"]);
    let output = run(command);
    let seen = [
        ("name", shown(&output.0, "stream: ", "")),
        ("server", shown(&output.0, "server name: ", "")),
        ("bitrate", shown(&output.0, "declared bitrate: ", "")),
    ];
    observations("streamripper", &output, |line| line.contains("error"), seen)
}

/// The audio that curl receives at once is the burst.
fn curl(server: &Server) -> Observations {
    let mut command = Command::new("curl");
    command.args([
        "-sS",
        "--max-time",
        "1",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code} %{http_version} %{size_download}\n",
    ]);
    let (text, _) = run({
        command.arg(server.url("/live"));
        command
    });
    let words: Vec<&str> = text.lines().next().unwrap_or_default().split(' ').collect();
    let [code, version, size] = words[..] else { panic!("{text}") };
    // A second of audio is 16 KiB.
    let burst = match size.parse::<u32>().expect("a number") / 1024 {
        0..48 => "less than 48 KiB",
        48..96 => "64 KiB",
        _ => "more than 96 KiB",
    };
    let seen = [("code", code.into()), ("version", version.into()), ("burst", burst.into())];
    observations("curl", &(String::new(), true), |_| false, seen)
}
