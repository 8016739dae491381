//! A server that is simulated with its clock, and into which every fault can be built.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::audio::{Codec, Framer, Header, silent_frame};
use crate::icy::Block;
use crate::probe::{ConnectFailure, Connected, Network, ReceiveOutcome, StreamConnection, TlsSummary};
use crate::stream_url::StreamUrl;
use crate::time::Time;

const MP3: &[u8] = include_bytes!("../../../fixtures/mp3/cbr.mp3");
const CHECKED_MP3: &[u8] = include_bytes!("../../../fixtures/mp3/crc-mpeg1-44100-joint-128k.mp3");
const OTHER_MP3: &[u8] = include_bytes!("../../../fixtures/mp3/mpeg1-48000-joint-192k.mp3");
const AAC: &[u8] = include_bytes!("../../../fixtures/aac/lc-44100-stereo-96k.aac");

/// The audio that a server has: enough for the burst and the time of listening.
const AUDIO_S: f64 = 17.0;

/// The time between two pieces of a stream.
const INTERVAL: Duration = Duration::from_millis(100);

/// How a connection ends after its last piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It stays open.
    Open,
    Closed,
    Reset,
}

/// A server with a stream. Without changes there is nothing wrong with it.
#[derive(Debug, Clone)]
pub struct TestServer {
    pub failure: Option<ConnectFailure>,
    pub certificate_days: i64,
    pub status: String,
    pub headers: Vec<(&'static str, String)>,
    pub codec: Codec,
    pub frames: Vec<Vec<u8>>,
    /// The bytes before the first frame.
    pub before: Vec<u8>,
    /// The real distance between metadata blocks.
    pub metaint: Option<usize>,
    /// The metadata blocks with their length bytes. All others are empty.
    pub blocks: Vec<Vec<u8>>,
    /// What is sent instead of the frames.
    pub body: Option<Vec<u8>>,
    /// Whether the body is in chunked transfer coding.
    pub chunked: bool,
    pub answers_after: Duration,
    pub burst_s: f64,
    /// Seconds of audio per second after the burst.
    pub rate: f64,
    /// A pause: after how many seconds, and for how many. What is missing then comes at once.
    pub pause: Option<(f64, f64)>,
    /// After how many seconds the connection ends, and how.
    pub end: Option<(f64, End)>,
}

impl Default for TestServer {
    fn default() -> Self {
        let header = |name, value: &str| (name, value.to_owned());
        Self {
            failure: None,
            certificate_days: 60,
            status: "HTTP/1.0 200 OK".to_owned(),
            headers: vec![
                header("Content-Type", "audio/mpeg"),
                header("icy-name", "Harbour FM"),
                header("icy-br", "128"),
                header("icy-metaint", "8192"),
            ],
            codec: Codec::Mp3,
            frames: looped(Codec::Mp3, MP3),
            before: Vec::new(),
            metaint: Some(8192),
            blocks: vec![Block::from_title_text("Nadia Karim - Tidewater").bytes().to_vec()],
            body: None,
            chunked: false,
            answers_after: Duration::from_millis(20),
            burst_s: 5.0,
            rate: 1.0,
            pause: None,
            end: None,
        }
    }
}

/// Returns the frames of a file.
pub fn frames_of(codec: Codec, file: &[u8]) -> Vec<Vec<u8>> {
    let (mut framer, mut frames) = (Framer::with_codec(codec), Vec::new());
    framer.push(file);
    framer.finish();
    while let Some(frame) = framer.next_frame() {
        frames.push(frame.bytes.to_vec());
    }
    frames
}

/// Returns the frames of a file, repeated until there is enough audio.
fn looped(codec: Codec, file: &[u8]) -> Vec<Vec<u8>> {
    let frames = frames_of(codec, file);
    let seconds = seconds(codec, &frames);
    let times = (AUDIO_S / seconds).ceil() as usize;
    vec![frames; times].concat()
}

fn seconds(codec: Codec, frames: &[Vec<u8>]) -> f64 {
    let duration = |frame: &Vec<u8>| Header::parse(codec, frame).expect("a frame").duration();
    frames.iter().map(|frame| duration(frame).duration().as_secs_f64()).sum()
}

impl TestServer {
    /// Returns a server with AAC.
    pub fn aac() -> Self {
        let mut server = Self { codec: Codec::Aac, frames: looped(Codec::Aac, AAC), ..Self::default() };
        server.set("Content-Type", "audio/aac");
        server.set("icy-br", "96");
        server
    }

    /// Returns a server whose frames have checksums.
    pub fn with_checksums() -> Self {
        Self { frames: looped(Codec::Mp3, CHECKED_MP3), ..Self::default() }
    }

    /// Returns a server with this response, which it sends at once.
    pub fn answering(status: &str, headers: &[(&'static str, &str)], body: &[u8]) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let (status, body) = (status.to_owned(), Some(body.to_vec()));
        Self { status, headers, body, metaint: None, end: Some((0.1, End::Closed)), ..Self::default() }
    }

    pub fn set(&mut self, name: &str, value: &str) {
        let header = self.headers.iter_mut().find(|(other, _)| *other == name).expect("a known header");
        header.1 = value.to_owned();
    }

    pub fn remove(&mut self, name: &str) {
        self.headers.retain(|(other, _)| *other != name);
    }

    /// Sets the first block to this text.
    pub fn set_block(&mut self, text: &[u8]) {
        let mut block = vec![text.len().div_ceil(16) as u8];
        block.extend_from_slice(text);
        block.resize(1 + usize::from(block[0]) * 16, 0);
        self.blocks = vec![block];
    }

    /// Replaces `count` frames from `at` on by silence.
    pub fn silence(&mut self, at: usize, count: usize) {
        let header = Header::parse(self.codec, &self.frames[0]).expect("a frame");
        self.frames[at..at + count].fill(silent_frame(&header));
    }

    /// Inserts frames in another format.
    pub fn change_format(&mut self, at: usize) {
        let other = frames_of(Codec::Mp3, OTHER_MP3);
        self.frames.splice(at..at, other);
    }

    /// Returns the number of frames of one repetition of the file.
    pub fn frames_per_loop() -> usize {
        frames_of(Codec::Mp3, MP3).len()
    }

    fn head(&self) -> Vec<u8> {
        let lines = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        format!("{}\r\n{}\r\n", self.status, lines.collect::<String>()).into_bytes()
    }

    /// Returns the body, in pieces with their times after the head.
    fn pieces(&self) -> Vec<(Duration, Vec<u8>)> {
        if let Some(body) = &self.body {
            return vec![(Duration::ZERO, body.clone())];
        }
        let body = self.interleaved();
        let per_second = body.len() as f64 / seconds(self.codec, &self.frames_in_codec());
        let (mut pieces, mut sent, mut at) = (Vec::new(), 0, Duration::ZERO);
        while sent < body.len() {
            let until = ((self.burst_s + self.rate * at.as_secs_f64()) * per_second) as usize;
            let until = until.clamp(sent, body.len());
            let is_paused = self
                .pause
                .is_some_and(|(after, seconds)| (after..after + seconds).contains(&at.as_secs_f64()));
            if until > sent && !is_paused {
                pieces.push((at, self.encoded(&body[sent..until])));
                sent = until;
            }
            at += INTERVAL;
        }
        pieces
    }

    /// The frames whose length is known, for the speed.
    fn frames_in_codec(&self) -> Vec<Vec<u8>> {
        let is_whole = |frame: &&Vec<u8>| Header::parse(self.codec, frame).is_some();
        self.frames.iter().filter(is_whole).cloned().collect()
    }

    fn interleaved(&self) -> Vec<u8> {
        let audio = [self.before.clone(), self.frames.concat()].concat();
        let Some(metaint) = self.metaint else { return audio };
        let blocks = self.blocks.iter().cloned().chain(std::iter::repeat(vec![0]));
        audio.chunks(metaint).zip(blocks).flat_map(|(audio, block)| [audio, &block].concat()).collect()
    }

    fn encoded(&self, piece: &[u8]) -> Vec<u8> {
        match self.chunked {
            true => [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat(),
            false => piece.to_vec(),
        }
    }

    fn connection(&self, clock: Rc<Cell<Time>>) -> TestConnection {
        let begin = clock.get() + self.answers_after;
        let (ends_after, end) = self.end.unwrap_or((1e6, End::Open));
        let end_at = begin + Duration::from_secs_f64(ends_after);
        let pieces = self.pieces().into_iter().map(|(after, piece)| (begin + after, piece));
        let mut pieces: VecDeque<_> = pieces.filter(|(at, _)| *at < end_at).collect();
        pieces.push_front((begin, self.head()));
        TestConnection { clock, pieces, end_at, end }
    }
}

/// Servers that answer one connection after the other. The last one answers all further ones.
pub struct TestNetwork {
    clock: Rc<Cell<Time>>,
    servers: RefCell<VecDeque<TestServer>>,
    requested: RefCell<Vec<String>>,
}

pub struct TestConnection {
    clock: Rc<Cell<Time>>,
    pieces: VecDeque<(Time, Vec<u8>)>,
    end_at: Time,
    end: End,
}

impl TestNetwork {
    pub fn new(servers: impl IntoIterator<Item = TestServer>) -> Self {
        let servers = RefCell::new(servers.into_iter().collect());
        Self { clock: Rc::new(Cell::new(Time::START)), servers, requested: RefCell::default() }
    }

    /// Sets the clock back to the start.
    pub fn rewind(&self) {
        self.clock.set(Time::START);
    }

    /// Returns the requested URLs, with their queries.
    pub fn requested(&self) -> Vec<String> {
        self.requested.borrow().clone()
    }
}

impl Network for TestNetwork {
    type Connection = TestConnection;

    fn now(&self) -> Time {
        self.clock.get()
    }

    fn connect(&self, url: &StreamUrl, _: Time) -> Result<Connected<TestConnection>, ConnectFailure> {
        let requested = format!("{}://{}{}", url.scheme(), url.authority(), url.target());
        self.requested.borrow_mut().push(requested);
        let mut servers = self.servers.borrow_mut();
        let server = if servers.len() > 1 { servers.pop_front() } else { servers.front().cloned() };
        let server = server.expect("a server");
        if let Some(failure) = server.failure {
            return Err(failure);
        }
        let days = Some(server.certificate_days);
        let tls = url.is_https().then_some(TlsSummary { version: "TLS 1.3", certificate_days_left: days });
        let connection = server.connection(self.clock.clone());
        Ok(Connected { connection, address: "192.0.2.1:8000".to_owned(), tls })
    }
}

impl StreamConnection for TestConnection {
    fn send(&mut self, bytes: &[u8], _: Time) -> Result<(), String> {
        assert!(bytes.starts_with(b"GET /") && bytes.ends_with(b"\r\n\r\n"));
        Ok(())
    }

    fn receive(&mut self, deadline: Time, out: &mut Vec<u8>) -> ReceiveOutcome {
        let next = self.pieces.front().map_or(self.end_at, |(at, _)| *at).max(self.clock.get());
        if next > deadline {
            self.clock.set(deadline);
            return ReceiveOutcome::TimedOut;
        }
        self.clock.set(next);
        match (self.pieces.pop_front(), self.end) {
            (Some((_, piece)), _) => {
                out.extend_from_slice(&piece);
                ReceiveOutcome::Bytes
            }
            (None, End::Reset) => ReceiveOutcome::Lost("connection reset by the server".to_owned()),
            (None, _) => ReceiveOutcome::Ended,
        }
    }
}
