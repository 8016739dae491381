//! Six renditions of the AutoDJ and of a live source: players play all of them at once without complaint, and
//! titles are at the same place of the sound on all mounts.
//!
//! `COLDWAVE_RENDITION_SECONDS` is how long each player plays, 14 s by default.

mod alignment;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::{Coldwave, Program, are_available, write_flac_tone};
use crate::players::{
    ffmpeg_command, is_ffmpeg_error, is_mpg123_error, is_mpv_error, is_vlc_error, mpg123_command,
    mpv_command, vlc_command,
};
use crate::{BURST_SECONDS, PLAY_SECONDS, lines, wait_for, wait_within};

/// The bit rates of the renditions, with their sampling rates and the samples of a frame.
const RUNGS: [(u16, u32, u32); 6] = [
    (192, 44_100, 1152),
    (128, 44_100, 1152),
    (96, 44_100, 1152),
    (64, 24_000, 576),
    (48, 22_050, 576),
    (32, 22_050, 576),
];

/// The stations: one plays music, and one has a live source.
const STATIONS: [&str; 2] = ["/dj", "/live"];

/// The bytes of audio between two metadata blocks: fewer than those of the shortest frame, so that each block
/// belongs to one frame.
const METAINT: usize = 100;

/// For how many frames at the start a decoder may report errors. At 32 kbit/s a frame refers to up to ten
/// earlier ones, which a listener that joins does not have.
const START_ERRORS_MAX: usize = 11;

/// The tones that alternate in all programmes, in Hz.
const TONES: [u32; 2] = [500, 2000];

/// The time between two changes of the tone, in seconds.
const TONE_SECONDS: f32 = 3.1;

fn play_seconds() -> u32 {
    let seconds = std::env::var("COLDWAVE_RENDITION_SECONDS").ok();
    seconds.map_or(PLAY_SECONDS, |seconds| seconds.parse().expect("COLDWAVE_RENDITION_SECONDS is a number"))
}

/// Two stations with six renditions each.
struct Ladders {
    server: Coldwave,
    folder: tempfile::TempDir,
    _source: Program,
}

impl Ladders {
    /// Starts it if these programs are installed.
    #[track_caller]
    fn for_programs(programs: &[(&str, &str)]) -> Option<Self> {
        are_available(&[programs, &[("ffmpeg", "ffmpeg")]].concat()).then(Self::start)
    }

    /// Returns when all mounts have the programme.
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let music = folder.path().join("music");
        fs::create_dir(&music).expect("the folder is writable");
        for number in 0..8 {
            let path = music.join(format!("Track {number}.flac"));
            write_flac_tone(&path, TONES[number % 2] as f32, TONE_SECONDS);
        }
        let server = Coldwave::with_config(folder.path(), &config(), STATIONS.len() * (1 + RUNGS.len()));
        let source = Program::start(source(&server));
        wait_for("the live source", || (server.log().count("is on the air") > 0).then_some(()));
        Self { server, folder, _source: source }
    }

    /// Returns the URLs of all renditions, with the format of each.
    fn renditions(&self) -> Vec<(String, (u16, u32, u32))> {
        let of_station = |station| RUNGS.map(|rung| (self.url(&mount(station, rung.0)), rung));
        STATIONS.into_iter().flat_map(of_station).collect()
    }

    fn url(&self, mount: &str) -> String {
        format!("http://{}{mount}", self.server.address())
    }

    /// Returns a folder for the files of a program. Every user may write to it.
    fn home(&self) -> &Path {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o777))
            .expect("a folder of this test");
        self.folder.path()
    }

    /// Runs a player of every rendition at once. Each must play this long, and report errors only at the
    /// start.
    #[track_caller]
    fn play_all(
        &self,
        player: impl Fn(&str, (u16, u32, u32)) -> Command,
        has_played: &str,
        is_error: impl Fn(&str) -> bool,
    ) {
        let started = Instant::now();
        let start = |(url, rung): (String, _)| (Program::start(player(&url, rung)), url);
        let mut players: Vec<_> = self.renditions().into_iter().map(start).collect();
        wait_to_end(&mut players);
        assert!(
            started.elapsed() >= Duration::from_secs(u64::from(play_seconds()) - 1),
            "they have played for so long"
        );
        for (player, url) in &mut players {
            let finished = player.finish();
            let text = finished.stdout + &finished.stderr;
            assert_eq!(finished.code, Some(0), "{url}: {text}");
            assert!(text.contains(has_played), "{url} was not played: {text}");
            let errors: Vec<&str> = lines(&text).filter(|line| is_error(line)).collect();
            assert!(errors.len() <= START_ERRORS_MAX, "{url}: {errors:#?}");
        }
    }
}

/// Waits as long as the players need.
#[track_caller]
fn wait_to_end(players: &mut [(Program, String)]) {
    let longest = Duration::from_secs(u64::from(play_seconds()) + 120);
    wait_within(longest, "the players to end", || {
        (!players.iter_mut().any(|(player, _)| player.is_running())).then_some(())
    });
}

fn mount(station: &str, kbps: u16) -> String {
    format!("{station}-{kbps}")
}

fn config() -> String {
    let mut config = "[server]\nlisten = [\"127.0.0.1:0\"]\nmetrics = \"public\"\n".to_owned();
    for station in STATIONS {
        config += &format!("[[station]]\nmount = \"{station}\"\nname = \"{station}\"\nmetaint = {METAINT}\n");
        config +=
            if station == "/dj" { "music = [\"music\"]\n" } else { "source_password = \"deep water\"\n" };
        for (kbps, ..) in RUNGS {
            let mount = mount(station, kbps);
            config += &format!("[[station.rendition]]\nmount = \"{mount}\"\nbitrate = {kbps}\n");
        }
    }
    config
}

/// Sends the alternating tones at 192 kbit/s.
fn source(server: &Coldwave) -> Command {
    let [low, high] = TONES;
    let period = 2.0 * TONE_SECONDS;
    let tone = format!("0.3*sin(2*PI*t*if(lt(mod(t\\,{period})\\,{TONE_SECONDS})\\,{low}\\,{high}))");
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i"]);
    command.arg(format!("aevalsrc={tone}|{tone}:s=44100"));
    command.args(["-c:a", "libmp3lame", "-b:a", "192k", "-f", "mp3", "-write_xing", "0"]);
    command.args(["-content_type", "audio/mpeg"]);
    command.arg(format!("icecast://source:deep water@{}/live", server.address()));
    command
}

#[test]
fn mpv_plays_every_rendition() {
    let Some(ladders) = Ladders::for_programs(&[("mpv", "mpv")]) else { return };
    ladders.play_all(|url, _| mpv_command(url, play_seconds()), "AO: [null]", is_mpv_error);
}

#[test]
fn vlc_plays_every_rendition() {
    let programs = [("cvlc", "vlc-bin"), ("setpriv", "util-linux")];
    let Some(ladders) = Ladders::for_programs(&programs) else { return };
    let home = ladders.home();
    let has_played = "using audio output module \"adummy\"";
    ladders.play_all(|url, _| vlc_command(home, url, play_seconds()), has_played, is_vlc_error);
}

#[test]
fn mpg123_plays_every_rendition() {
    let Some(ladders) = Ladders::for_programs(&[("mpg123", "mpg123")]) else { return };
    let frames = |(_, rate, samples): (u16, u32, u32)| (play_seconds() + BURST_SECONDS) * rate / samples;
    ladders.play_all(|url, rung| mpg123_command(url, frames(rung)), "ICY-META", is_mpg123_error);
}

#[test]
fn ffmpeg_plays_every_rendition() {
    let Some(ladders) = Ladders::for_programs(&[]) else { return };
    let seconds = play_seconds() + BURST_SECONDS;
    ladders.play_all(|url, _| ffmpeg_command(url, seconds), "Audio: mp3", is_ffmpeg_error);
}

#[test]
fn ffprobe_reads_the_format_of_every_rendition() {
    let Some(ladders) = Ladders::for_programs(&[("ffprobe", "ffmpeg")]) else { return };
    for (url, (kbps, rate, _)) in ladders.renditions() {
        let mut command = Command::new("ffprobe");
        command.args(["-hide_banner", "-show_format", "-show_streams", &url]);
        let probed = crate::finish(command);
        let has = |line: &str| probed.stdout.lines().any(|probed| probed == line);
        for line in ["codec_name=mp3", &format!("sample_rate={rate}"), &format!("bit_rate={kbps}000")] {
            assert!(has(line), "no {line} of {url} in: {probed:#?}");
        }
    }
}
