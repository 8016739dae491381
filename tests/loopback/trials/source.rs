//! What live sources send in the trials, and how they log in.

use std::fs;

use coldwave::audio::{Codec, Framer};

use crate::common::{CHECKED, Coldwave, Listener, Peer, Request, fixture};

/// AAC at 44.1 kHz in stereo, with ADTS headers.
const AAC: &str = "aac/lc-44100-stereo-96k.aac";

/// The frames of a fixture, which a source sends again and again.
pub struct SourceAudio {
    frames: Vec<Vec<u8>>,
    next: usize,
    frame_seconds: f64,
    /// Audio that is due and is less than a frame, in frames.
    fraction: f64,
}

impl SourceAudio {
    /// MP3 frames with checksums, which no other frame in these tests has.
    pub fn mp3() -> Self {
        Self::new(CHECKED, Codec::Mp3)
    }

    pub fn aac() -> Self {
        Self::new(AAC, Codec::Aac)
    }

    fn new(name: &str, codec: Codec) -> Self {
        let mut framer = Framer::with_codec(codec);
        framer.push(&fs::read(fixture(name)).expect("a fixture"));
        framer.finish();
        let (mut frames, mut frame_seconds) = (Vec::new(), 0.0);
        while let Some(frame) = framer.next_frame() {
            frame_seconds = f64::from(frame.header.samples()) / f64::from(frame.header.rate());
            frames.push(frame.bytes.to_vec());
        }
        assert!(frames.len() > 10, "{name} has {} frames", frames.len());
        Self { frames, next: 0, frame_seconds, fraction: 0.0 }
    }

    /// Returns the next seconds in whole frames. Fractions add up, so the rate is exact in the long run.
    pub fn seconds(&mut self, seconds: f64) -> Vec<u8> {
        self.fraction += seconds / self.frame_seconds;
        let whole = self.fraction as usize;
        self.fraction -= whole as f64;
        let from = self.next;
        self.next += whole;
        (from..self.next).flat_map(|at| self.frames[at % self.frames.len()].clone()).collect()
    }
}

/// A station with the station's bundled music that accepts sources.
pub struct LiveStation {
    pub server: Coldwave,
    _folder: tempfile::TempDir,
}

impl LiveStation {
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts it with more keys of the station.
    pub fn start_with(keys: &str) -> Self {
        Self::start_server("", keys)
    }

    /// Starts it with more keys of the server and of the station.
    pub fn start_server(server_keys: &str, keys: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let music = fixture("station");
        let config = format!(
            "[server]\nlisten = ['127.0.0.1:0']\n{server_keys}[[station]]\nmusic = ['{}']\n\
             source_password = 'deep water'\n{keys}",
            music.display()
        );
        Self { server: Coldwave::with_config(folder.path(), &config, 1), _folder: folder }
    }
}

/// Logs a source in at `mount`.
pub fn log_in(server: &Coldwave, mount: &str, content_type: &str) -> Peer {
    let mut peer = login_request(server, mount, content_type).open();
    assert_eq!(peer.head().status, "HTTP/1.0 200 OK");
    peer
}

pub fn login_request(server: &Coldwave, mount: &str, content_type: &str) -> Request {
    let request = Request::new(server.address(), "SOURCE", mount);
    request.auth("source", "deep water").header("Content-Type", content_type)
}

/// Sends audio in real time while `listener` receives this many seconds: its stream is the clock.
pub fn play(listener: &mut Listener, seconds: f64, mut send: impl FnMut(f64)) {
    let until = listener.seconds() + seconds;
    while listener.seconds() < until {
        let before = listener.seconds();
        listener.until("more audio", |it| it.seconds() > before);
        send(listener.seconds() - before);
    }
}

/// Returns whether an MP3 frame is of [`SourceAudio::mp3`].
pub fn is_live(frame: &[u8]) -> bool {
    frame[1] & 1 == 0
}
