//! All players at once, what each has played, and what each complains about.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::commands;
use super::pcm::Pcm;
use crate::common::{Coldwave, Program};
use crate::{lines, wait_for, web};

/// The programs that are needed, with their packages.
pub const PROGRAMS: [(&str, &str); 6] = [
    ("mpv", "mpv"),
    ("cvlc", "vlc-bin"),
    ("setpriv", "util-linux"),
    ("ffmpeg", "ffmpeg"),
    ("chromium", "chromium"),
    ("node", "nodejs"),
];

/// How many lines of a decoder may be errors for each connection: MP3 frames at the start refer to earlier
/// ones, and VLC's decoder of AAC warns of the first frame.
const START_ERRORS_MAX: usize = 2;

/// Returns whether the packages of tests/web/ are installed.
#[track_caller]
pub fn is_available() -> bool {
    web::are_installed()
}

/// A player.
struct Player {
    name: &'static str,
    program: Program,
    /// The file of the samples that it has played. Chromium's script reports them instead.
    played: Option<PathBuf>,
    /// How many seconds it had played at the last event.
    seen: f64,
    /// How many lines it had printed then.
    lines_seen: usize,
    is_complaint: fn(&str) -> bool,
}

/// mpv, VLC, ffmpeg and Chromium at the same station.
pub struct Audience {
    players: Vec<Player>,
    /// How many lines of a decoder may be errors.
    errors_max: usize,
}

impl Audience {
    /// Starts all players with their files in `folder`. If the station is going to be restarted, they have
    /// the options with which they return.
    pub fn start(server: &Coldwave, folder: &Path, returns: bool) -> Self {
        let (url, [mpv, vlc, ffmpeg]) =
            (server.url(), ["mpv", "vlc", "ffmpeg"].map(|name| folder.join(name)));
        let is_page_fault = if returns { is_decode_error } else { is_page_complaint };
        let players = vec![
            Player::new("mpv in real time", commands::mpv(url, returns), is_mpv_complaint),
            Player::new(CHROMIUM, commands::chromium(url), is_page_fault),
            Player::new("mpv", commands::mpv_to_file(url, &mpv, returns), is_mpv_complaint).writing(mpv),
            Player::new("VLC", commands::vlc(folder, url, &vlc, returns), is_vlc_complaint).writing(vlc),
            Player::new("ffmpeg", commands::ffmpeg(url, &ffmpeg, returns), is_ffmpeg_complaint)
                .writing(ffmpeg),
        ];
        Self { players, errors_max: START_ERRORS_MAX * (1 + usize::from(returns)) }
    }

    /// Waits until every player has played this many seconds of a tone since the last event.
    #[track_caller]
    pub fn wait_for_tone(&mut self, tone: u32, seconds: f64) {
        let (started, max) = (Instant::now(), Duration::from_secs_f64(2.0 * seconds + 120.0));
        for player in &mut self.players {
            while !player.has_played(tone, seconds) {
                let output = player.output();
                assert!(player.program.is_running(), "{} exited: {output}", player.name);
                assert!(started.elapsed() < max, "{} does not play {tone} Hz: {output}", player.name);
                thread::sleep(Duration::from_millis(200));
            }
        }
    }

    /// Notes that something happens now: what was played before does not count.
    pub fn note_event(&mut self) {
        self.players.iter_mut().for_each(Player::note_event);
    }

    /// Fails if a player has played this tone since the last event.
    #[track_caller]
    pub fn assert_not_heard(&self, tone: u32) {
        for player in &self.players {
            assert!(player.is_in_real_time() || !player.has_played(tone, 0.5), "{} played it", player.name);
        }
    }

    /// Waits until all players are connected to the station again, and notes that.
    #[track_caller]
    pub fn wait_until_all_are_back(&mut self, server: &Coldwave) {
        let all = self.players.len() as u64;
        wait_for("all players to be back", || {
            let status = server.get("/api/v1/stations/1").send();
            let listeners = status.json()["listeners"]["now"].as_u64()?;
            (listeners >= all).then_some(())
        });
        self.note_event();
    }

    /// Fails if a player has complained, or was silent for longer than this between two sounds.
    #[track_caller]
    pub fn finish(mut self, silence_max: Option<f64>) {
        let mut faults = Vec::new();
        for player in &mut self.players {
            let output = player.output();
            let complaints: Vec<&str> = lines(&output).filter(|line| (player.is_complaint)(line)).collect();
            let silence = player.longest_silence();
            // Printed only: a busy machine causes underruns too.
            let underruns = output.matches("device underrun").count();
            let (name, count) = (player.name, complaints.len());
            println!("{name}: {count} complaints, {underruns} underruns, a silence of {silence:.2} s");
            assert!(player.program.is_running(), "{} exited: {output}", player.name);
            if complaints.len() > self.errors_max || silence_max.is_some_and(|max| silence > max) {
                faults.push(format!("{}: a silence of {silence} s, {complaints:#?}", player.name));
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

impl Player {
    fn new(name: &'static str, command: Command, is_complaint: fn(&str) -> bool) -> Self {
        Self { name, program: Program::start(command), played: None, seen: 0.0, lines_seen: 0, is_complaint }
    }

    fn writing(self, played: PathBuf) -> Self {
        Self { played: Some(played), ..self }
    }

    fn output(&self) -> String {
        self.program.stdout.text() + &self.program.stderr.text()
    }

    /// Returns whether it has played this many seconds of a tone since the last event.
    fn has_played(&self, tone: u32, seconds: f64) -> bool {
        match &self.played {
            Some(path) if Pcm::seconds_in(path) < self.seen + seconds => false,
            Some(path) => Pcm::read(path, self.seen).seconds_of(tone) >= seconds,
            None => self.is_in_real_time() || self.heard_in_chromium(tone) >= seconds,
        }
    }

    /// Returns whether this is mpv in real time, whose sound is not known.
    fn is_in_real_time(&self) -> bool {
        self.played.is_none() && self.name != CHROMIUM
    }

    fn note_event(&mut self) {
        self.seen = self.played.as_deref().map_or(0.0, Pcm::seconds_in);
        self.lines_seen = self.program.stdout.text().lines().count();
    }

    fn longest_silence(&self) -> f64 {
        self.played
            .as_deref()
            .map_or_else(|| self.reported("silence"), |path| Pcm::read(path, 0.0).longest_silence())
    }

    /// Returns for how many seconds Chromium's script has heard this tone since the last event: it prints the
    /// tone ten times a second.
    fn heard_in_chromium(&self, tone: u32) -> f64 {
        let (text, line) = (self.program.stdout.text(), format!("heard {tone}"));
        text.lines().skip(self.lines_seen).filter(|heard| **heard == line).count() as f64 / 10.0
    }

    /// Returns the last number that Chromium's script has printed after these words.
    fn reported(&self, words: &str) -> f64 {
        let text = self.program.stdout.text();
        let number = |line: &str| line.strip_prefix(words)?.trim().parse().ok();
        text.lines().rev().find_map(number).unwrap_or_default()
    }
}

/// The name of the browser, whose script reports what it hears.
const CHROMIUM: &str = "Chromium";

fn is_mpv_complaint(line: &str) -> bool {
    let line = line.trim_start();
    let is_of_decoder = ["[ffmpeg", "[ad]", "[lavf]"].iter().any(|module| line.starts_with(module));
    let is_bad = ["rror", "nvalid", "missing", "resync", "corrupt"].iter().any(|word| line.contains(word));
    is_of_decoder && is_bad
}

fn is_vlc_complaint(line: &str) -> bool {
    let is_bad = line.contains(" error: ") || line.contains(" warning: ");
    let is_of_audio = ["decoder", "packetizer", "demux", "audio output"].iter().any(|it| line.contains(it));
    (is_bad && is_of_audio) || line.contains("discontinuity") || line.contains("too late")
}

/// Returns whether a line is about the audio: lines about lost connections name their protocol.
fn is_ffmpeg_complaint(line: &str) -> bool {
    let is_bad = ["[error]", "[warning]", "[fatal]"].iter().any(|level| line.contains(level));
    is_bad && !line.starts_with("[tcp @") && !line.starts_with("[http @")
}

fn is_page_complaint(line: &str) -> bool {
    line.starts_with("complaint")
}

/// Returns whether a line is a decode error, `MediaError` 3. While the server is away, the page has others.
fn is_decode_error(line: &str) -> bool {
    line.starts_with("complaint 3")
}
