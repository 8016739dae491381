//! The players with their options.
//!
//! A stream that has ended is over for a player. mpv returns with `--loop-playlist=force`: with `inf` it
//! gives up after the first attempt that fails. VLC returns with `--loop`, ffmpeg with four options of its
//! HTTP client, and a browser with the script of the station's page.

use std::path::Path;
use std::process::Command;

use crate::players::cvlc;
use crate::web::web_script;

/// Returns mpv, which writes samples as soon as it gets them.
pub fn mpv_to_file(url: &str, file: &Path, returns: bool) -> Command {
    let mut command = mpv(url, returns);
    command.args(["--ao=pcm", "--ao-pcm-waveheader=no", "--ao-pcm-append=yes", "--audio-format=s16"]);
    command.args(["--audio-samplerate=44100", "--audio-channels=stereo"]);
    command.arg(format!("--ao-pcm-file={}", file.display()));
    command
}

/// Returns mpv, which plays in real time without a sound device.
pub fn mpv(url: &str, returns: bool) -> Command {
    let mut command = Command::new("mpv");
    command.args([
        "--no-config",
        "--no-input-terminal",
        "--no-video",
        "--term-status-msg=",
        "-v",
        "--ao=null",
    ]);
    command.args(returns.then_some("--loop-playlist=force")).arg(url);
    command
}

/// Returns VLC. It begins its file again when it returns.
pub fn vlc(home: &Path, url: &str, file: &Path, returns: bool) -> Command {
    let mut command = cvlc(home);
    command.args(["--aout=afile", "--no-audiofile-wav", "--audiofile-format=s16"]);
    command.arg(format!("--audiofile-file={}", file.display()));
    command.args(returns.then_some("--loop")).arg(url);
    command
}

/// Returns ffmpeg, which writes samples as soon as it gets them.
pub fn ffmpeg(url: &str, file: &Path, returns: bool) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+warning", "-y"]);
    if returns {
        command.args(["-reconnect", "1", "-reconnect_at_eof", "1", "-reconnect_streamed", "1"]);
        command.args(["-reconnect_on_network_error", "1", "-reconnect_delay_max", "5"]);
    }
    command.args(["-i", url, "-f", "s16le", "-ar", "44100", "-ac", "2", "-flush_packets", "1"]).arg(file);
    command
}

/// Returns Chromium with the page of the station, and the script that plays there and reports what it hears.
pub fn chromium(url: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(web_script("listen.js")).arg(url.trim_end_matches("/live"));
    command
}
