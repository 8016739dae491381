//! Players, each one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::Program;
use crate::{
    BURST, LONG, NAME, Station, TRACKS, check_audio, check_complaints, check_titles, play, script, titles,
    wait_for,
};

/// mpv plays in real time, also to nowhere.
#[test]
fn mpv() {
    let Some(station) = Station::for_programs(&[("mpv", "mpv")]) else { return };
    let mut command = Command::new("mpv");
    command.args(["--no-config", "--no-input-terminal", "--term-status-msg=", "--msg-level=all=info"]);
    command.args(["--msg-module", "--ao=null", "--no-video", &format!("--length={LONG}"), station.url()]);
    let text = play(command);
    assert!(text.contains("AO: [null]"), "mpv did not play: {text}");
    check_titles(&titles(&text, "icy-title: ", ""));
    // Its decoder's own words begin with `ffmpeg/audio:`, its demuxer's with `ffmpeg/demuxer:`.
    check_complaints(&text, |line| line.trim_start().starts_with("ffmpeg"));
}

/// mpg123 decodes as fast as it can, so it is given what it plays in [`LONG`] seconds and the burst on top.
#[test]
fn mpg123() {
    let Some(station) = Station::for_programs(&[("mpg123", "mpg123")]) else { return };
    let frames = ((LONG + BURST) * 44_100 / 1152).to_string();
    let mut command = Command::new("mpg123");
    command.args(["--test", "--no-control", "-n", &frames, station.url()]);
    let text = play(command);
    check_titles(&titles(&text, "ICY-META: StreamTitle='", "';"));
    check_complaints(&text, |line| {
        ["Note:", "error:", "warning:", "Warning"].iter().any(|it| line.contains(it))
    });
}

/// ffmpeg too is as fast as it can be.
#[test]
fn ffmpeg() {
    let Some(station) = Station::for_programs(&[("ffmpeg", "ffmpeg")]) else { return };
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+verbose", "-i", station.url()]);
    command.args(["-t", &(LONG + BURST).to_string(), "-f", "null", "-"]);
    let text = play(command);
    check_titles(&titles(&text, "Metadata update for StreamTitle: ", ""));
    // Of each frame the decoder says what is wrong, and the program that it is.
    check_complaints(&text, |line| {
        let bad = ["[error]", "[warning]", "[fatal]"].iter().any(|level| line.contains(level));
        bad && !line.contains("Error while decoding stream")
    });
}

/// VLC asks twice, for titles only the second time. It refuses to be run by root, so nobody runs it then.
#[test]
fn vlc() {
    let Some(station) = Station::for_programs(&[("cvlc", "vlc-bin"), ("setpriv", "util-linux")]) else {
        return;
    };
    let mut command = cvlc(station.home());
    command.args([&format!("--run-time={LONG}"), "--play-and-exit", station.url(), "vlc://quit"]);
    let text = play(command);
    assert!(text.contains("using audio output module \"adummy\""), "VLC did not play: {text}");
    check_titles(&titles(&text, "New Icy-Title=", ""));
    check_complaints(&text, |line| {
        let bad = line.contains(" error: ") || line.contains(" warning: ");
        bad && (line.contains("decoder") || line.contains("packetizer") || line.contains("demux"))
    });
}

/// VLC, which plays to nowhere and says all. Everyone must be able to write to its home.
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
    let id = Command::new("id").arg("-u").output().expect("id can be run");
    id.stdout.trim_ascii() == b"0"
}

/// MPlayer has a client for HTTP and a cache of its own.
#[test]
fn mplayer() {
    let Some(station) = Station::for_programs(&[("mplayer", "mplayer")]) else { return };
    let mut command = Command::new("mplayer");
    command.env("HOME", station.home()).args(["-noconfig", "all", "-nojoystick", "-nolirc"]);
    command.args(["-noconsolecontrols", "-ao", "null", "-vo", "null", "-endpos", &LONG.to_string()]);
    command.arg(station.url());
    let text = play(command);
    assert!(text.contains("AO: [null] 44100Hz 2ch") && text.contains("(End of file)"), "{text}");
    assert!(text.contains(&format!("Name   : {NAME}")), "{text}");
    check_titles(&titles(&text, "ICY Info: StreamTitle='", "';"));
    check_complaints(&text, |line| line.to_lowercase().contains("mpg123: ") || line.contains("rror"));
}

/// Audacious plays without a screen, to ALSA's device for nowhere; `audtool` asks it over D-Bus what it shows.
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
    command.args([station.url(), &(LONG + BURST).to_string()]);
    command.env("HOME", station.home()).env("LC_ALL", "C.UTF-8").env_remove("DISPLAY");
    let text = play(command);
    // It shows the station, its host and the title.
    check_titles(&titles(&text, &format!("title: {NAME} - 127.0.0.1 - "), ""));
    check_complaints(&text, |line| {
        let bad = line.contains("WARNING") || line.contains("ERROR");
        bad && ["mpg123", "mp3", "playback", "decode"].iter().any(|it| line.to_lowercase().contains(it))
    });
}

/// GStreamer: its source asks for titles, `icydemux` takes them out and hands them on as tags.
#[test]
fn gstreamer() {
    let Some(station) = Station::for_programs(&[("gst-launch-1.0", "gstreamer1.0-tools")]) else { return };
    let mut command = Command::new("gst-launch-1.0");
    command.env("HOME", station.home()).env("GST_DEBUG", "2").env("GST_DEBUG_NO_COLOR", "1");
    command.env("LC_ALL", "C.UTF-8").arg("-t");
    command.args(["souphttpsrc", &format!("location={}", station.url()), "iradio-mode=true", "!"]);
    command.args(["icydemux", "!", "mpegaudioparse", "!", "mpg123audiodec", "!"]);
    command.args(["progressreport", "update-freq=1", "do-query=false", "!", "fakesink", "sync=true"]);
    let mut playing = Program::started(command);
    // `progressreport0 (00:00:15): 14 seconds`
    let progress = format!("): {LONG} seconds");
    wait_for("GStreamer to have played", || {
        assert!(playing.is_running(), "GStreamer ended: {}", playing.stderr.text());
        (playing.stdout.count(&progress) > 0).then_some(())
    });
    let text = playing.stdout.text();
    assert!(titles(&text, "organization: ", "").contains(&NAME), "no name of the station: {text}");
    check_titles(&titles(&text, " title: ", ""));
    check_complaints(&playing.stderr.text(), |line| line.contains("WARN") || line.contains("ERROR"));
}

/// MPD plays for others to see; `mpc` is one who looks.
#[test]
fn mpd() {
    let Some(station) = Station::for_programs(&[("mpd", "mpd"), ("mpc", "mpc")]) else { return };
    let mut mpd = Mpd::start(station.home());
    mpd.ask(&["add", station.url()]).expect("MPD takes a URL");
    mpd.ask(&["play"]).expect("MPD plays");

    let mut shown = Vec::new();
    wait_for("MPD to have played", || {
        let title = mpd.ask(&["--format", "%name%: %title%", "current"])?;
        let title = title.strip_prefix(&format!("{NAME}: "))?.to_owned();
        if shown.last() != Some(&title) {
            shown.push(title);
        }
        let status = mpd.ask(&["status"])?;
        assert!(!status.contains("ERROR"), "{status}");
        (seconds_played(&status)? >= LONG).then_some(())
    });
    check_titles(&shown);
    check_complaints(&mpd.said(), |line| {
        let decoder = ["mad: ", "mpg123: ", "decoder: ", "ffmpeg/"].iter().any(|it| line.starts_with(it));
        decoder && !line.starts_with("decoder: Decoder plugin") && !line.contains("audio_format=")
    });
}

/// MPD, with a socket in its home.
pub struct Mpd {
    program: Program,
    socket: PathBuf,
}

impl Mpd {
    /// Starts it and waits until it listens.
    pub fn start(home: &Path) -> Self {
        let (config, socket) = (home.join("mpd.conf"), home.join("socket"));
        let settings = format!(
            "bind_to_address \"{}\"\nlog_level \"verbose\"\nzeroconf_enabled \"no\"\n\
             audio_output {{\n type \"null\"\n name \"nowhere\"\n}}\n",
            socket.display()
        );
        fs::write(&config, settings).expect("a folder for tests can be written to");
        let mut command = Command::new("mpd");
        command.env("HOME", home).args(["--no-daemon", "--stderr"]).arg(config);
        let mut mpd = Self { program: Program::started(command), socket };
        wait_for("MPD to listen", || mpd.ask(&["status"]));
        mpd
    }

    /// What it answers, if it does as it is asked.
    pub fn ask(&mut self, arguments: &[&str]) -> Option<String> {
        assert!(self.program.is_running(), "MPD ended: {}", self.said());
        let mut command = Command::new("mpc");
        command.arg("--host").arg(&self.socket).args(arguments).env("LC_ALL", "C.UTF-8");
        let output = command.output().expect("mpc can be run");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// What it has logged.
    pub fn said(&self) -> String {
        self.program.stderr.text()
    }
}

/// Seconds in the status of `mpc`: `[playing] #1/1   0:02/0:00 (0%)`.
fn seconds_played(status: &str) -> Option<u32> {
    let line = status.lines().find(|line| line.starts_with("[playing]"))?;
    let (minutes, seconds) = line.split_whitespace().nth(2)?.split('/').next()?.split_once(':')?;
    Some(minutes.parse::<u32>().ok()? * 60 + seconds.parse::<u32>().ok()?)
}

/// streamripper writes a file for every title and calls it so. Left to itself it looks for silence seconds around the
/// change and so misses tracks as short as these.
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
    let mut ripping = Program::started(command);
    // The first track is left out, for it might not be whole; so both are there after three changes.
    let audio = TRACKS.map(|(_, title)| {
        let path = folder.join(title).with_added_extension("mp3");
        wait_for(&format!("a file called {title}"), || {
            assert!(ripping.is_running(), "streamripper ended: {}", ripping.stdout.text());
            fs::read(&path).ok()
        })
    });
    for track in audio {
        let seconds = check_audio(&track);
        assert!((4.0..8.0).contains(&seconds), "{seconds} s of a track of six");
    }
}

/// liquidsoap's `input.http`. Its script says what it plays, and for how long.
#[test]
fn liquidsoap() {
    let Some(station) = Station::for_programs(&[("liquidsoap", "liquidsoap")]) else { return };
    let mut command = Command::new("liquidsoap");
    command.arg(script("listen.liq")).args(["--", station.url()]);
    command.env("HOME", station.home()).env("LC_ALL", "C.UTF-8");
    let mut listening = Program::started(command);
    wait_for("liquidsoap to have played", || {
        let said = listening.stdout.text();
        assert!(listening.is_running(), "liquidsoap ended: {said} {}", listening.stderr.text());
        titles(&said, "played: ", "").iter().any(|it| it.parse() == Ok(LONG)).then_some(())
    });
    let said = listening.stdout.text() + &listening.stderr.text();
    check_titles(&titles(&said, "title: ", ""));
    assert!(!said.contains("stopped"), "{said}");
    // Its log has a level in each line: 1 is critical, 2 is severe.
    check_complaints(&said, |line| line.contains(":1] ") || line.contains(":2] ") || line.contains("[mp3"));
}
