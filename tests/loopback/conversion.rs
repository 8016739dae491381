//! A live source in another format, converted by a real encode worker.

use std::collections::HashSet;
use std::fs;

use coldwave::audio::{Format, Framer, Header, silent_frame};

use crate::common::{Coldwave, Listener, PLAIN, Peer, Request, fixture, track};
use crate::encode_worker::{kill, worker_of};

/// A tone of 48 kHz, mono.
const FOREIGN: &str = "mp3/mpeg1-48000-mono-32k.mp3";

/// The duration of its frames in seconds.
const FRAME_SECONDS: f64 = 1152.0 / 48_000.0;

/// A station whose music is in another format than its source.
struct Live {
    server: Coldwave,
    source: Peer,
    listener: Listener,
    /// The frames of the source.
    frames: Vec<Vec<u8>>,
    sent: usize,
    /// The frames of the music.
    music: HashSet<Vec<u8>>,
    _folder: tempfile::TempDir,
}

fn frames_of(name: &str) -> Vec<Vec<u8>> {
    let mut framer = Framer::new();
    framer.push(&fs::read(fixture(name)).expect("a fixture"));
    framer.finish();
    let mut frames = Vec::new();
    while let Some(frame) = framer.next_frame() {
        frames.push(frame.bytes.to_vec());
    }
    frames
}

impl Live {
    /// Starts with some seconds of music.
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        track(folder.path(), "Anchors Aweigh.mp3", PLAIN, 30);
        let config = "[server]\nlisten = [\"127.0.0.1:0\"]\n[[station]]\nmount = \"/live\"\n\
                      music = [\"Anchors Aweigh.mp3\"]\nsource_password = \"deep water\"\n";
        let server = Coldwave::with_config(folder.path(), config, 1);
        let mut listener = server.get("/live").header("Icy-MetaData", "1").listen();
        listener.for_seconds(6.0);
        let request = Request::new(server.address(), "SOURCE", "/live").auth("source", "deep water");
        let mut source = request.header("Content-Type", "audio/mpeg").open();
        assert_eq!(source.head().status, "HTTP/1.0 200 OK");
        let music = frames_of(PLAIN).into_iter().collect();
        Self { server, source, listener, frames: frames_of(FOREIGN), sent: 0, music, _folder: folder }
    }

    /// Sends audio in real time while the listener receives this many seconds.
    fn play(&mut self, seconds: f64) {
        let until = self.listener.seconds() + seconds;
        let mut due = 0.0;
        while self.listener.seconds() < until {
            let before = self.listener.seconds();
            self.listener.until("more audio", |it| it.seconds() > before);
            due += self.listener.seconds() - before;
            while due > 0.0 {
                self.source.send(&self.frames[self.sent % self.frames.len()]);
                (self.sent, due) = (self.sent + 1, due - FRAME_SECONDS);
            }
        }
    }

    /// Returns the formats of the frames from this one on, and the number of those that are neither music nor
    /// silence.
    fn heard(&self, from: usize) -> (HashSet<Format>, usize) {
        let frames = || (from..self.listener.frames.len()).map(|at| self.listener.frame(at));
        let header =
            |frame: &[u8]| Header::parse_mp3(*frame.first_chunk().expect("a header")).expect("a frame");
        let is_live =
            |frame: &&[u8]| !self.music.contains(*frame) && **frame != silent_frame(&header(frame))[..];
        (frames().map(|frame| header(frame).format()).collect(), frames().filter(is_live).count())
    }
}

#[test]
fn source_in_another_format_is_heard_in_that_of_the_station() {
    let mut live = Live::start();
    live.play(8.0);
    drop(live.source);
    live.listener.for_seconds(8.0);
    live.source = live.server.connect();
    let (formats, count) = live.heard(0);
    assert_eq!(formats.len(), 1, "no seam: {formats:?}");
    let sent_seconds = live.sent as f64 * FRAME_SECONDS;
    let heard_seconds = count as f64 * 1152.0 / 44_100.0;
    assert!((sent_seconds - heard_seconds).abs() < 0.2, "{heard_seconds} s of {sent_seconds} s");
    live.server
        .log()
        .wait_for("source source sends MP3, 48000 Hz, mono; converted to MP3, 44100 Hz, stereo, 128 kbit/s");
}

/// What the log says when a source passes as it is.
const NOT_CONVERTED: &str = "; not converted to MP3, 44100 Hz, stereo, 128 kbit/s for a minute: ";

/// The worker is killed at random moments. The third death within a minute makes the next start wait, so the
/// source passes as it is.
#[test]
fn death_of_the_worker_costs_a_listener_nothing_but_a_gap() {
    let mut live = Live::start();
    let mut worker = None;
    for _ in 0..2 {
        live.play(2.0 + fastrand::f64());
        let pid = worker_of(&live.server, worker);
        let from = live.listener.frames.len();
        kill("KILL", pid);
        worker = Some(pid);
        // Half of this is the burst that the listener has already, if it was behind.
        live.play(3.0);
        let (formats, count) = live.heard(from);
        assert_eq!(formats.len(), 1, "no seam: {formats:?}");
        assert!(count as f64 * 1152.0 / 44_100.0 > 1.5, "sound is back: {count} frames");
    }
    // The waits double. On a busy machine, no frame may come before the first ones are over.
    for _ in 0..4 {
        let pid = worker_of(&live.server, worker);
        kill("KILL", pid);
        worker = Some(pid);
        live.play(8.0);
        if live.server.log().count(NOT_CONVERTED) > 0 {
            break;
        }
    }
    live.server.log().wait_for(NOT_CONVERTED);
    let (formats, _) = live.heard(0);
    assert_eq!(formats.len(), 2, "the source passes: {formats:?}");
    let heard = |sent: &Vec<u8>| (0..live.listener.frames.len()).any(|at| live.listener.frame(at) == *sent);
    assert!(live.frames.iter().any(heard), "byte for byte");
}
