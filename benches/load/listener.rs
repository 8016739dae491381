//! One listener: a socket, and what came over it when.

use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::TcpStream;

use crate::discard::Discard;
use crate::head::{self, Head};
use crate::stream::{Heard, Stream};

/// Bytes that are read at once where they are looked at.
const READ_AT_ONCE: usize = 64 * 1024;

/// How much of a stream a player may want before it begins to play, in bytes.
const FULL: u64 = 64 * 1024;

/// Frames of a stream without titles that are checked before a listener goes deaf.
const FRAMES_CHECKED: u64 = 100;

/// How a listener takes what it hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ear {
    /// All bytes are audio that nobody looks at; nothing is asked for.
    Bare,
    /// The reply's head is read, what is behind it thrown away unseen.
    Unseen,
    /// All up to the first title is checked, or the first frames where there are no titles; what follows is thrown
    /// away unseen.
    Deaf,
    /// Everything is checked.
    Whole,
}

/// What a listener asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    pub ear: Ear,
    /// What it says first.
    request: Rc<[u8]>,
    titles: bool,
}

impl Wish {
    /// For the stream at a path, with titles or without.
    pub fn new(ear: Ear, path: &str, titles: bool) -> Self {
        let wants = if titles { "Icy-MetaData: 1\r\n" } else { "" };
        let request =
            format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nUser-Agent: coldwave-load\r\n{wants}\r\n");
        Self { ear, request: request.into_bytes().into(), titles }
    }

    /// The same for one who takes it otherwise.
    pub fn with(&self, ear: Ear) -> Self {
        Self { ear, ..self.clone() }
    }
}

/// What all listeners of a process share: a place for their bytes, as only one of them reads at a time.
pub struct Desk {
    bytes: Vec<u8>,
    discard: Discard,
}

impl Desk {
    pub fn new() -> Self {
        Self { bytes: vec![0; READ_AT_ONCE], discard: Discard::new() }
    }
}

enum Stage {
    Connecting,
    /// The head, as far as it has come.
    Head(Vec<u8>),
    Unseen,
    Checked(Box<Stream>),
    Disconnected(Why),
}

/// Why a listener hears nothing any more.
enum Why {
    /// The other side closed the connection.
    Closed,
    Failed(io::Error),
    /// What came is so wrong that the rest cannot be understood.
    Senseless(String),
}

/// One listener.
pub struct Listener {
    socket: TcpStream,
    wish: Wish,
    stage: Stage,
    head: Option<Head>,
    fault: Option<String>,
    heard: Heard,
    called: Instant,
    times: Option<Times>,
    bytes: u64,
}

/// When bytes of audio came.
#[derive(Debug, Clone, Copy)]
struct Times {
    /// From the call of connect() to the first.
    first: Duration,
    /// The same to the first 64 KiB.
    full: Option<Duration>,
    last: Instant,
    longest_silence: Duration,
}

impl Listener {
    /// For a socket on which connect() was called at `called`.
    pub fn new(socket: TcpStream, called: Instant, wish: Wish) -> Self {
        Self {
            socket,
            wish,
            stage: Stage::Connecting,
            head: None,
            fault: None,
            heard: Heard::default(),
            called,
            times: None,
            bytes: 0,
        }
    }

    /// To register the socket.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Does what the socket is ready for.
    pub fn ready(&mut self, event: &Event, desk: &mut Desk) {
        if event.is_writable() && matches!(self.stage, Stage::Connecting) {
            self.ask();
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read(desk);
        }
    }

    fn ask(&mut self) {
        let asked = match self.socket.take_error() {
            Ok(None) if self.wish.ear == Ear::Bare => Ok(()),
            Ok(None) => self.socket.write_all(&self.wish.request),
            Ok(Some(error)) | Err(error) => Err(error),
        };
        self.stage = match asked {
            Err(error) => Stage::Disconnected(Why::Failed(error)),
            Ok(()) if self.wish.ear == Ear::Bare => Stage::Unseen,
            Ok(()) => Stage::Head(Vec::new()),
        };
    }

    /// Reads to the end of what there is, as an edge-triggered event asks for.
    fn read(&mut self, desk: &mut Desk) {
        while !matches!(self.stage, Stage::Connecting | Stage::Disconnected(_)) {
            match self.receive(desk) {
                Ok(0) => self.go(Why::Closed),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => self.go(Why::Failed(error)),
            }
        }
    }

    fn receive(&mut self, desk: &mut Desk) -> io::Result<usize> {
        if matches!(self.stage, Stage::Unseen) {
            let taken = desk.discard.from(&self.socket)?;
            self.note(taken);
            return Ok(taken);
        }
        let taken = self.socket.read(&mut desk.bytes)?;
        self.take(&desk.bytes[..taken]);
        Ok(taken)
    }

    /// Looks at bytes.
    fn take(&mut self, bytes: &[u8]) {
        match &mut self.stage {
            Stage::Head(head) => {
                head.extend_from_slice(bytes);
                let so_far = std::mem::take(head);
                self.take_head(so_far);
            }
            Stage::Checked(stream) => {
                stream.push(bytes);
                self.note(bytes.len());
                self.go_deaf();
            }
            Stage::Connecting | Stage::Unseen | Stage::Disconnected(_) => {}
        }
    }

    /// Looks whether the head is whole in the bytes `so_far`, and at what is behind it.
    fn take_head(&mut self, so_far: Vec<u8>) {
        let parsed = head::end(&so_far)
            .and_then(|end| end.map(|end| Head::parse(&so_far[..end]).map(|head| (end, head))).transpose());
        match parsed {
            Ok(None) => self.stage = Stage::Head(so_far),
            Err(what) => self.go(Why::Senseless(what)),
            Ok(Some((_, head))) if head.metaint.is_some() != self.wish.titles => {
                self.go(Why::Senseless(format!("icy-metaint {:?}", head.metaint)));
            }
            Ok(Some((end, head))) => {
                self.head = Some(head);
                self.begin(head, &so_far[end..]);
            }
        }
    }

    fn begin(&mut self, head: Head, audio: &[u8]) {
        if self.wish.ear == Ear::Unseen {
            self.stage = Stage::Unseen;
            return self.note(audio.len());
        }
        self.stage = Stage::Checked(Box::new(Stream::new(head.metaint)));
        self.take(audio);
    }

    /// Of a deaf listener too the beginning is checked: the first frames, the first block. Then it goes deaf.
    fn go_deaf(&mut self) {
        if let Stage::Checked(stream) = &self.stage
            && self.wish.ear == Ear::Deaf
            && (self.has_heard_enough(stream.heard()) || stream.fault().is_some())
        {
            self.fault = stream.fault().map(str::to_owned);
            self.heard = stream.heard();
            self.stage = Stage::Unseen;
        }
    }

    fn has_heard_enough(&self, heard: Heard) -> bool {
        heard.titles > 0 || !self.wish.titles && heard.frames >= FRAMES_CHECKED
    }

    fn note(&mut self, taken: usize) {
        if taken == 0 {
            return;
        }
        self.bytes += taken as u64;
        let now = Instant::now();
        let full = (self.bytes >= FULL).then(|| now - self.called);
        match &mut self.times {
            Some(times) => {
                times.longest_silence = times.longest_silence.max(now - times.last);
                times.last = now;
                times.full = times.full.or(full);
            }
            None => {
                let first = now - self.called;
                self.times = Some(Times { first, full, last: now, longest_silence: Duration::ZERO });
            }
        }
    }

    fn go(&mut self, why: Why) {
        if let Stage::Checked(mut stream) = std::mem::replace(&mut self.stage, Stage::Disconnected(why)) {
            stream.end();
            self.fault = stream.fault().map(str::to_owned);
            self.heard = stream.heard();
        }
    }

    /// Whether it has heard something.
    pub fn hears(&self) -> bool {
        self.times.is_some()
    }

    /// Whether it has ended.
    pub fn is_gone(&self) -> bool {
        matches!(self.stage, Stage::Disconnected(_))
    }

    /// Bytes behind the head so far: audio and blocks.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// When it heard the last byte.
    pub fn last(&self) -> Option<Instant> {
        self.times.map(|times| times.last)
    }

    /// From the call of connect() to the first byte of audio.
    pub fn first(&self) -> Option<Duration> {
        self.times.map(|times| times.first)
    }

    /// From the call of connect() to the first 64 KiB of audio.
    pub fn full(&self) -> Option<Duration> {
        self.times.and_then(|times| times.full)
    }

    /// The longest time without a byte since the first, the one that lasts until `now` included.
    pub fn silence(&self, now: Instant) -> Option<Duration> {
        self.times.map(|times| times.longest_silence.max(now - times.last))
    }

    /// What its reply said.
    pub fn head(&self) -> Option<Head> {
        self.head
    }

    /// Why it has ended before its time, or never began; `None` for one that is listening.
    pub fn loss(&self) -> Option<String> {
        match &self.stage {
            Stage::Disconnected(Why::Closed) => Some("the server hung up".into()),
            Stage::Disconnected(Why::Failed(error)) => Some(error.to_string()),
            Stage::Disconnected(Why::Senseless(what)) => Some(what.clone()),
            _ if !self.hears() => Some("never heard a byte".into()),
            _ => None,
        }
    }

    /// What is wrong with what it heard.
    pub fn fault(&self) -> Option<&str> {
        match &self.stage {
            Stage::Checked(stream) => stream.fault(),
            _ => self.fault.as_deref(),
        }
    }

    /// How much of what it heard was checked.
    pub fn heard(&self) -> Heard {
        match &self.stage {
            Stage::Checked(stream) => stream.heard(),
            _ => self.heard,
        }
    }
}
