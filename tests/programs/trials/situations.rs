//! mpv, VLC, ffmpeg and Chromium through what happens to a station: a restart, a DJ whose computer hangs, a
//! source whose clock is slow. All of them play at once. None of their decoders complains, and all have sound
//! afterwards.
//!
//! `COLDWAVE_SLOW_SECONDS` is how long the slow source plays, 60 s by default, and `COLDWAVE_SLOW_PERCENT` by
//! how much it is slow, 4 % by default, so that a gap occurs within a minute.

mod audience;
mod commands;
mod pcm;

use std::env;
use std::fs;

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Instant;

use crate::common::{BINARY, Coldwave, Program, are_available, two_free_ports, write_flac_tone};
use crate::wait_for;
use audience::{Audience, PROGRAMS};

/// The tones of the music and of the live source, in Hz.
const MUSIC: u32 = 500;
const LIVE: u32 = 880;

/// The longest silence in seconds in which a station waits for its source or is filled up.
const GAP_MAX_S: f64 = 3.5;

/// How long each part of a programme lasts at least, in seconds.
const PART_S: f64 = 8.0;

fn number(variable: &str, default: f64) -> f64 {
    env::var(variable)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// A station, its folder, and who listens.
struct Situation {
    server: Coldwave,
    folder: tempfile::TempDir,
}

impl Situation {
    /// Starts a station with these lines in its section, if all programs are installed.
    #[track_caller]
    fn start(station: &str) -> Option<Self> {
        if !audience::is_available() || !are_available(&PROGRAMS) {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        // VLC runs as another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("a folder of this test");
        let music = folder.path().join("music");
        fs::create_dir(&music).expect("the folder is writable");
        write_flac_tone(&music.join("Tone.flac"), MUSIC as f32, 60.0);
        let port = two_free_ports();
        let config = format!(
            "[server]\nlisten = [\"127.0.0.1:{port}\"]\nsource_listen = []\nstate_dir = \"state\"\n\
             [[station]]\nmount = \"/live\"\nname = \"Situations\"\nsource_password = \"deep water\"\n{station}"
        );
        let server = Coldwave::with_config(folder.path(), &config, 1);
        Some(Self { server, folder })
    }

    fn listen(&self, returns: bool) -> Audience {
        Audience::start(&self.server, self.folder.path(), returns)
    }

    /// Goes live with a tone in `codec`, at this share of real time.
    fn go_live(&self, codec: [&str; 4], pace: f64) -> Program {
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-readrate", &pace.to_string()]);
        command.args(["-f", "lavfi", "-i", &format!("sine=frequency={LIVE}:sample_rate=44100")]);
        command.args(["-ac", "2", "-b:a", "128k"]).args(["-c:a", codec[0], "-f", codec[1]]).args(&codec[2..]);
        command.arg(format!("icecast://source:deep water@{}/live", self.server.address()));
        let lines = self.server.log().count("source is on the air");
        let source = Program::start(command);
        wait_for("the live source", || {
            (self.server.log().count("source is on the air") > lines).then_some(())
        });
        source
    }

    /// Ends the server and starts it again, as an operator does.
    fn restart(&mut self) {
        self.server.signal("TERM");
        self.server.wait();
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.folder.path().join("coldwave.toml")).env_remove("RUST_LOG");
        self.server = Coldwave::start(command, 1);
    }
}

const MP3: [&str; 4] = ["libmp3lame", "mp3", "-content_type", "audio/mpeg"];
const AAC: [&str; 4] = ["aac", "adts", "-content_type", "audio/aac"];

/// All players return to a station of AAC after its restart, and hear its source again, although they are
/// back before the source.
#[test]
fn players_return_after_the_restart_of_an_aac_station() {
    let Some(mut situation) = Situation::start("") else { return };
    let source = situation.go_live(AAC, 1.0);
    let mut audience = situation.listen(true);
    audience.wait_for_tone(LIVE, PART_S);
    drop(source);
    situation.restart();
    audience.wait_until_all_are_back(&situation.server);
    let _source = situation.go_live(AAC, 1.0);
    let from = Instant::now();
    audience.wait_for_tone(LIVE, PART_S);
    println!("all players have sound {:.1?} after the source has returned", from.elapsed());
    audience.finish(None);
}

/// While a DJ's computer hangs, the AutoDJ plays. Players notice nothing, nor when the DJ returns.
#[test]
fn players_play_on_while_a_source_stalls() {
    let Some(situation) = Situation::start("music = [\"music\"]\nsource_timeout_s = 6\n") else { return };
    let mut audience = situation.listen(false);
    audience.wait_for_tone(MUSIC, PART_S);
    let source = situation.go_live(MP3, 1.0);
    audience.wait_for_tone(LIVE, PART_S);
    audience.note_event();
    signal(&source, "STOP");
    audience.wait_for_tone(MUSIC, PART_S);
    signal(&source, "CONT");
    drop(source);
    audience.note_event();
    let source = situation.go_live(MP3, 1.0);
    audience.wait_for_tone(LIVE, PART_S);
    audience.note_event();
    drop(source);
    audience.wait_for_tone(MUSIC, PART_S);
    audience.finish(Some(GAP_MAX_S));
}

/// A source whose clock is slow is heard without complaints for as long as it plays. What it does not send in
/// time is a short silence, and no other programme.
#[test]
fn players_play_a_slow_source() {
    let Some(situation) = Situation::start("music = [\"music\"]\n") else { return };
    let seconds = number("COLDWAVE_SLOW_SECONDS", 60.0);
    let pace = 1.0 - number("COLDWAVE_SLOW_PERCENT", 4.0) / 100.0;
    let source = situation.go_live(MP3, pace);
    let mut audience = situation.listen(false);
    audience.wait_for_tone(LIVE, PART_S);
    audience.note_event();
    audience.wait_for_tone(LIVE, seconds);
    audience.assert_not_heard(MUSIC);
    drop(source);
    audience.finish(Some(GAP_MAX_S));
}

fn signal(program: &Program, name: &str) {
    let pid = program.pid();
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status();
    assert!(status.expect("a shell is installed").success());
}
