//! Players play through every change of the input: FLAC, MP3, a DJ who sends in mono at another rate, and
//! back.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::recording::{decode, formats};
use crate::browsers::{Browser, CHROMIUM, Page};
use crate::common::audio_folder::{AudioFormat, FORMATS, MAKERS};
use crate::common::{Coldwave, Program, are_available};
use crate::players::cvlc;
use crate::{BURST_SECONDS, check_start_errors, lines, only_browser, titles, wait_for};

/// How long each part of the programme lasts: the AutoDJ, the DJ, the AutoDJ again.
const PARTS: [f64; 3] = [12.0, 10.0, 14.0];

/// How long a player plays: all parts, from the beginning of the burst on.
const PLAY_SECONDS: u32 = 36;

/// The length of a track: each part of the AutoDJ has a change of file in it.
const TRACK_SECONDS: f64 = 5.0;

/// The tone that the DJ sends, in Hz.
const TONE: u32 = 880;

/// A station whose music needs conversion, and a DJ.
struct Programme {
    server: Coldwave,
    folder: tempfile::TempDir,
    /// The titles of the tracks.
    tracks: Vec<String>,
}

impl Programme {
    /// Prepares it if these programs are installed.
    #[track_caller]
    fn for_programs(programs: &[(&str, &str)]) -> Option<Self> {
        are_available(&[programs, &MAKERS[..]].concat()).then(Self::start)
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let music = folder.path().join("music");
        fs::create_dir(&music).expect("the folder is writable");
        let formats: Vec<&AudioFormat> = FORMATS.iter().take(2).collect();
        for (number, format) in formats.iter().enumerate() {
            format.make(&music, number, TRACK_SECONDS);
        }
        let config = "[server]\nlisten = [\"127.0.0.1:0\"]\n[[station]]\nmusic = [\"music\"]\n\
                      source_password = \"deep water\"\n";
        let server = Coldwave::with_config(folder.path(), config, 1);
        Self { server, folder, tracks: formats.iter().map(|format| format.heard_title()).collect() }
    }

    /// Returns a folder for the files of a program. Every user may write to it.
    fn home(&self) -> &Path {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o777))
            .expect("a folder of this test");
        self.folder.path()
    }

    /// Lets all parts pass. A listener is the clock, and hears each part in the format of the station.
    #[track_caller]
    fn pass(&self) {
        let mut listener = self.server.listen_with_titles();
        listener.for_seconds(PARTS[0]);
        let mut dj = Program::start(self.dj());
        while self.server.log().count("is on the air") < 2 {
            assert!(dj.is_running(), "{}", dj.stderr.text());
            listener.for_seconds(0.1);
        }
        let from = listener.seconds();
        while dj.is_running() {
            listener.for_seconds(0.1);
        }
        let finished = dj.finish();
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
        let live = from + 1.0..listener.seconds() - 2.0;
        listener.for_seconds(PARTS[2]);
        assert_eq!(formats(&listener), [(44_100, 2)]);
        let heard = decode(&listener, self.folder.path());
        heard.check_tone(TONE, live);
    }

    /// Sends a tone in mono at 48 kHz.
    fn dj(&self) -> Command {
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i"]);
        command.arg(format!("sine=frequency={TONE}:sample_rate=48000:duration={}", PARTS[1]));
        command.args(["-ac", "1", "-c:a", "libmp3lame", "-b:a", "96k", "-f", "mp3", "-write_xing", "0"]);
        let address = self.server.address();
        command
            .args(["-content_type", "audio/mpeg"])
            .arg(format!("icecast://source:deep water@{address}/live"));
        command
    }
}

/// Checks that a player showed all tracks, the first of them again after the DJ.
#[track_caller]
fn check_tracks(programme: &Programme, shown: &[&str]) {
    for track in &programme.tracks {
        let times = shown.iter().filter(|title| *title == track).count();
        assert!(times >= 2, "{track} was shown {times} times: {shown:?}");
    }
}

/// Checks that the players of one kind opened this number of connections, whose lines are in the log after
/// they were closed.
#[track_caller]
fn check_connections(programme: &Programme, agent: &str, expected: usize) {
    let count = || programme.server.log().count(agent);
    wait_for("the connections to be closed", || (count() >= expected).then_some(()));
    assert_eq!(count(), expected, "{}", programme.server.log().text());
}

#[test]
fn mpv_plays_through_conversions_and_a_dj() {
    let Some(programme) = Programme::for_programs(&[("mpv", "mpv")]) else { return };
    let mut command = Command::new("mpv");
    command.args(["--no-config", "--no-input-terminal", "--term-status-msg=", "--msg-level=all=info"]);
    command.args(["--msg-module", "--ao=null", "--no-video", &format!("--length={PLAY_SECONDS}")]);
    let mut mpv = Program::start({
        command.arg(programme.server.url());
        command
    });
    programme.pass();
    let finished = mpv.finish();
    let text = finished.stdout + &finished.stderr;
    assert_eq!(finished.code, Some(0), "{text}");
    check_tracks(&programme, &titles(&text, "icy-title: ", ""));
    // One line for the whole time: the output was never opened again.
    assert_eq!(lines(&text).filter(|line| line.contains("AO: [null]")).count(), 1, "{text}");
    check_start_errors(&text, |line| line.trim_start().starts_with("ffmpeg"));
    check_connections(&programme, "(\"libmpv\")", 1);
}

/// VLC closes its first connection and opens another (protocol-notes/counts.md), and then no more.
#[test]
fn vlc_plays_through_conversions_and_a_dj() {
    let programs = [("cvlc", "vlc-bin"), ("setpriv", "util-linux")];
    let Some(programme) = Programme::for_programs(&programs) else { return };
    let mut command = cvlc(programme.home());
    command.args([
        &format!("--run-time={PLAY_SECONDS}"),
        "--play-and-exit",
        programme.server.url(),
        "vlc://quit",
    ]);
    let mut vlc = Program::start(command);
    programme.pass();
    let finished = vlc.finish();
    let text = finished.stdout + &finished.stderr;
    check_tracks(&programme, &titles(&text, "New Icy-Title=", ""));
    assert_eq!(lines(&text).filter(|line| line.contains("using audio output module")).count(), 1, "{text}");
    check_start_errors(&text, |line| {
        let bad = line.contains(" error: ") || line.contains(" warning: ");
        bad && ["decoder", "packetizer", "demux", "access", "output"].iter().any(|part| line.contains(part))
    });
    check_connections(&programme, "(\"VLC/", 2);
}

#[test]
fn chromium_plays_through_conversions_and_a_dj() {
    let _only = only_browser();
    let Some(programme) = Programme::for_programs(&CHROMIUM) else { return };
    let page = Page::new("audio.html", programme.server.url());
    let browser = Browser::open_in(programme.home(), &page.url);
    wait_for("Chromium to play", || {
        page.reported("playing").first().cloned().or(page.reported("played").into_iter().find(|at| at != "0"))
    });
    let before = waits(&page);
    programme.pass();
    let played = page.reported("played").last().and_then(|at| at.parse::<f64>().ok());
    // The burst of the listener that is the clock took no time.
    let passed = PARTS.iter().sum::<f64>() - f64::from(BURST_SECONDS + 1);
    assert!(played.is_some_and(|played| played >= passed), "{played:?} of {passed} s: {:#?}", page.all());
    assert_eq!(page.reported("wrong"), [""; 0], "{:#?}", page.all());
    assert_eq!(waits(&page), before, "it never waited for audio: {:#?}", page.all());
    assert!(page.reported("ranges").iter().all(|ranges| ranges == "1"), "{:#?}", page.all());
    drop(browser);
    check_connections(&programme, "Chrome/", 1);
}

/// Returns how often the page has run out of audio.
fn waits(page: &Page) -> usize {
    page.reported("waiting").len()
}
