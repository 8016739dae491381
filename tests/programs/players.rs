//! Players.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::Program;
use crate::{
    BURST_SECONDS, NAME, PLAY_SECONDS, Station, TRACKS, check_audio, check_start_errors, check_titles, play,
    script, titles, wait_for,
};

/// mpv plays in real time, even without a sound device.
#[test]
fn mpv() {
    let Some(station) = Station::for_programs(&[("mpv", "mpv")]) else { return };
    let text = play(mpv_command(station.url(), PLAY_SECONDS));
    assert!(text.contains("AO: [null]"), "mpv did not play: {text}");
    check_titles(&titles(&text, "icy-title: ", ""));
    check_start_errors(&text, is_mpv_error);
}

/// Returns mpv without a sound device.
pub fn mpv_command(url: &str, seconds: u32) -> Command {
    let mut command = Command::new("mpv");
    command.args(["--no-config", "--no-input-terminal", "--term-status-msg=", "--msg-level=all=info"]);
    command.args(["--msg-module", "--ao=null", "--no-video", &format!("--length={seconds}"), url]);
    command
}

/// Returns whether a line comes from its decoder, and begins with `ffmpeg/audio:`, or from its demuxer,
/// `ffmpeg/demuxer:`.
pub fn is_mpv_error(line: &str) -> bool {
    line.trim_start().starts_with("ffmpeg")
}

/// mpg123 decodes as fast as it can, so it decodes the audio of [`PLAY_SECONDS`] seconds and the burst.
#[test]
fn mpg123() {
    let Some(station) = Station::for_programs(&[("mpg123", "mpg123")]) else { return };
    check_mpg123(station.url(), Command::new("mpg123"));
}

/// Checks that mpg123 plays the station at `url`. `command` may have more options.
#[track_caller]
pub fn check_mpg123(url: &str, mut command: Command) {
    add_mpg123_arguments(&mut command, url, (PLAY_SECONDS + BURST_SECONDS) * 44_100 / 1152);
    let text = play(command);
    check_titles(&titles(&text, "ICY-META: StreamTitle='", "';"));
    check_start_errors(&text, is_mpg123_error);
}

/// Returns mpg123, which decodes this number of frames.
pub fn mpg123_command(url: &str, frames: u32) -> Command {
    let mut command = Command::new("mpg123");
    add_mpg123_arguments(&mut command, url, frames);
    command
}

fn add_mpg123_arguments(command: &mut Command, url: &str, frames: u32) {
    command.args(["--test", "--no-control", "-n", &frames.to_string(), url]);
}

pub fn is_mpg123_error(line: &str) -> bool {
    ["Note:", "error:", "warning:", "Warning"].iter().any(|it| line.contains(it))
}

/// ffmpeg also decodes as fast as it can.
#[test]
fn ffmpeg() {
    let Some(station) = Station::for_programs(&[("ffmpeg", "ffmpeg")]) else { return };
    let text = play(ffmpeg_command(station.url(), PLAY_SECONDS + BURST_SECONDS));
    check_titles(&titles(&text, "Metadata update for StreamTitle: ", ""));
    check_start_errors(&text, is_ffmpeg_error);
}

/// Returns ffmpeg, which decodes this many seconds.
pub fn ffmpeg_command(url: &str, seconds: u32) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+verbose", "-i", url]);
    command.args(["-t", &seconds.to_string(), "-f", "null", "-"]);
    command
}

/// Returns whether a line reports a bad frame. The decoder reports the error, and then the program that there
/// is one.
pub fn is_ffmpeg_error(line: &str) -> bool {
    let bad = ["[error]", "[warning]", "[fatal]"].iter().any(|level| line.contains(level));
    bad && !line.contains("Error while decoding stream")
}

/// VLC sends two requests, and only the second one for titles. It refuses to run as root, so the test runs it
/// as another user.
#[test]
fn vlc() {
    let Some(station) = Station::for_programs(&[("cvlc", "vlc-bin"), ("setpriv", "util-linux")]) else {
        return;
    };
    let text = play(vlc_command(station.home(), station.url(), PLAY_SECONDS));
    assert!(text.contains("using audio output module \"adummy\""), "VLC did not play: {text}");
    check_titles(&titles(&text, "New Icy-Title=", ""));
    check_start_errors(&text, is_vlc_error);
}

/// Returns VLC, which plays for this many seconds and exits.
pub fn vlc_command(home: &Path, url: &str, seconds: u32) -> Command {
    let mut command = cvlc(home);
    command.args([&format!("--run-time={seconds}"), "--play-and-exit", url, "vlc://quit"]);
    command
}

pub fn is_vlc_error(line: &str) -> bool {
    let bad = line.contains(" error: ") || line.contains(" warning: ");
    bad && (line.contains("decoder") || line.contains("packetizer") || line.contains("demux"))
}

/// Returns VLC with verbose output and without a sound device. Every user must be able to write to its home.
pub fn cvlc(home: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "cvlc"]);
        command
    } else {
        Command::new("cvlc")
    };
    command.env("HOME", home).args(["-vv", "--no-color", "--aout=adummy"]);
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    id.stdout.trim_ascii() == b"0"
}

/// MPlayer has its own HTTP client and its own cache.
#[test]
fn mplayer() {
    let Some(station) = Station::for_programs(&[("mplayer", "mplayer")]) else { return };
    let mut command = Command::new("mplayer");
    command.env("HOME", station.home()).args(["-noconfig", "all", "-nojoystick", "-nolirc"]);
    command.args(["-noconsolecontrols", "-ao", "null", "-vo", "null", "-endpos", &PLAY_SECONDS.to_string()]);
    command.arg(station.url());
    let text = play(command);
    assert!(text.contains("AO: [null] 44100Hz 2ch") && text.contains("(End of file)"), "{text}");
    assert!(text.contains(&format!("Name   : {NAME}")), "{text}");
    check_titles(&titles(&text, "ICY Info: StreamTitle='", "';"));
    check_start_errors(&text, |line| line.to_lowercase().contains("mpg123: ") || line.contains("rror"));
}

/// Audacious plays without a display to ALSA's null device. `audtool` reads over D-Bus what it shows.
#[test]
fn audacious() {
    let needed = [
        ("audacious", "audacious"),
        ("audtool", "audacious"),
        ("dbus-run-session", "dbus-daemon"),
        ("timeout", "coreutils"),
    ];
    let Some(station) = Station::for_programs(&needed) else { return };
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "140", "dbus-run-session", "--"]).arg(script("audacious.sh"));
    command.args([station.url(), &(PLAY_SECONDS + BURST_SECONDS).to_string()]);
    command.env("HOME", station.home()).env("LC_ALL", "C.UTF-8").env_remove("DISPLAY");
    let text = play(command);
    // It shows the station, its host and the title.
    check_titles(&titles(&text, &format!("title: {NAME} - 127.0.0.1 - "), ""));
    check_start_errors(&text, |line| {
        let bad = line.contains("WARNING") || line.contains("ERROR");
        bad && ["mpg123", "mp3", "playback", "decode"].iter().any(|it| line.to_lowercase().contains(it))
    });
}

/// GStreamer: its source requests titles, and `icydemux` turns them into tags.
#[test]
fn gstreamer() {
    let Some(station) = Station::for_programs(&[("gst-launch-1.0", "gstreamer1.0-tools")]) else { return };
    let mut command = Command::new("gst-launch-1.0");
    command.env("HOME", station.home()).env("GST_DEBUG", "2").env("GST_DEBUG_NO_COLOR", "1");
    command.env("LC_ALL", "C.UTF-8").arg("-t");
    command.args(["souphttpsrc", &format!("location={}", station.url()), "iradio-mode=true", "!"]);
    command.args(["icydemux", "!", "mpegaudioparse", "!", "mpg123audiodec", "!"]);
    command.args(["progressreport", "update-freq=1", "do-query=false", "!", "fakesink", "sync=true"]);
    let mut player = Program::start(command);
    // `progressreport0 (00:00:15): 14 seconds`
    let progress = format!("): {PLAY_SECONDS} seconds");
    wait_for("GStreamer to have played", || {
        assert!(player.is_running(), "GStreamer exited: {}", player.stderr.text());
        (player.stdout.count(&progress) > 0).then_some(())
    });
    let text = player.stdout.text();
    assert!(
        titles(&text, "organization: ", "").contains(&NAME),
        "the name of the station is missing: {text}"
    );
    check_titles(&titles(&text, " title: ", ""));
    check_start_errors(&player.stderr.text(), |line| line.contains("WARN") || line.contains("ERROR"));
}

/// MPD plays, and `mpc` reads what it shows.
#[test]
fn mpd() {
    let Some(station) = Station::for_programs(&[("mpd", "mpd"), ("mpc", "mpc")]) else { return };
    let mut mpd = Mpd::start(station.home());
    mpd.command(&["add", station.url()]).expect("MPD accepts a URL");
    mpd.command(&["play"]).expect("MPD plays");

    let mut shown = Vec::new();
    wait_for("MPD to have played", || {
        let title = mpd.command(&["--format", "%name%: %title%", "current"])?;
        let title = title.strip_prefix(&format!("{NAME}: "))?.to_owned();
        if shown.last() != Some(&title) {
            shown.push(title);
        }
        let status = mpd.command(&["status"])?;
        assert!(!status.contains("ERROR"), "{status}");
        (seconds_played(&status)? >= PLAY_SECONDS).then_some(())
    });
    check_titles(&shown);
    check_start_errors(&mpd.log(), |line| {
        let decoder = ["mad: ", "mpg123: ", "decoder: ", "ffmpeg/"].iter().any(|it| line.starts_with(it));
        decoder && !line.starts_with("decoder: Decoder plugin") && !line.contains("audio_format=")
    });
}

/// A running MPD with a socket in its home.
pub struct Mpd {
    program: Program,
    socket: PathBuf,
}

impl Mpd {
    /// Starts MPD and waits until it listens.
    pub fn start(home: &Path) -> Self {
        let (config, socket) = (home.join("mpd.conf"), home.join("socket"));
        let settings = format!(
            "bind_to_address \"{}\"\nlog_level \"verbose\"\nzeroconf_enabled \"no\"\n\
             audio_output {{\n type \"null\"\n name \"nowhere\"\n}}\n",
            socket.display()
        );
        fs::write(&config, settings).expect("the folder is writable");
        let mut command = Command::new("mpd");
        command.env("HOME", home).args(["--no-daemon", "--stderr"]).arg(config);
        let mut mpd = Self { program: Program::start(command), socket };
        wait_for("MPD to listen", || mpd.command(&["status"]));
        mpd
    }

    /// Runs a command of `mpc`, and returns its output if it succeeds.
    pub fn command(&mut self, arguments: &[&str]) -> Option<String> {
        assert!(self.program.is_running(), "MPD exited: {}", self.log());
        let mut command = Command::new("mpc");
        command.arg("--host").arg(&self.socket).args(arguments).env("LC_ALL", "C.UTF-8");
        let output = command.output().expect("mpc runs");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    pub fn log(&self) -> String {
        self.program.stderr.text()
    }
}

/// Parses the seconds in the status of `mpc`: `[playing] #1/1   0:02/0:00 (0%)`.
fn seconds_played(status: &str) -> Option<u32> {
    let line = status.lines().find(|line| line.starts_with("[playing]"))?;
    let (minutes, seconds) = line.split_whitespace().nth(2)?.split('/').next()?.split_once(':')?;
    Some(minutes.parse::<u32>().ok()? * 60 + seconds.parse::<u32>().ok()?)
}

/// streamripper writes a file for every title and names it after the title. By default it looks for silence
/// some seconds around the change, and so misses tracks as short as these.
#[test]
fn streamripper() {
    let Some(station) = Station::for_programs(&[("streamripper", "streamripper")]) else { return };
    let folder = station.home().join("ripped");
    let mut command = Command::new("streamripper");
    command
        .arg(station.url())
        .arg("-d")
        .arg(&folder)
        .args(["-s", "-i", "--xs_none"])
        .env("LC_ALL", "C.UTF-8");
    command.args(["--codeset-filesys=UTF-8", "--codeset-metadata=UTF-8", "--codeset-relay=UTF-8"]);
    let mut ripper = Program::start(command);
    // It drops the first track, which may be incomplete, so both files exist after three changes.
    let audio = TRACKS.map(|(_, title)| {
        let path = folder.join(title).with_added_extension("mp3");
        wait_for(&format!("a file called {title}"), || {
            assert!(ripper.is_running(), "streamripper exited: {}", ripper.stdout.text());
            fs::read(&path).ok()
        })
    });
    for track in audio {
        let seconds = check_audio(&track);
        assert!((4.0..8.0).contains(&seconds), "{seconds} s of a track of 6 s");
    }
}

/// liquidsoap's `input.http`. Its script prints what it plays, and for how long.
#[test]
fn liquidsoap() {
    let Some(station) = Station::for_programs(&[("liquidsoap", "liquidsoap")]) else { return };
    let mut command = Command::new("liquidsoap");
    command.arg(script("listen.liq")).args(["--", station.url()]);
    command.env("HOME", station.home()).env("LC_ALL", "C.UTF-8");
    let mut player = Program::start(command);
    wait_for("liquidsoap to have played", || {
        let printed = player.stdout.text();
        assert!(player.is_running(), "liquidsoap exited: {printed} {}", player.stderr.text());
        titles(&printed, "played: ", "").iter().any(|it| it.parse() == Ok(PLAY_SECONDS)).then_some(())
    });
    let printed = player.stdout.text() + &player.stderr.text();
    check_titles(&titles(&printed, "title: ", ""));
    assert!(!printed.contains("stopped"), "{printed}");
    // Each line of its log has a level: 1 is critical, 2 is severe.
    check_start_errors(&printed, |line| {
        line.contains(":1] ") || line.contains(":2] ") || line.contains("[mp3")
    });
}
