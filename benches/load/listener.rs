//! A listener: its socket, the data that it received, and when.

use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::TcpStream;

use crate::discard::Discarder;
use crate::head::{self, StreamHeaders};
use crate::stream::{StreamAnalyzer, StreamCounts};
use crate::tls::{TlsClient, TlsSession};

/// The most bytes of one read.
const READ_MAX: usize = 64 * 1024;

/// The bytes of a stream that some players buffer before they begin to play.
const FULL: u64 = 64 * 1024;

/// The frames that [`CheckLevel::Beginning`] checks in a stream without titles.
const FRAMES_CHECKED: u64 = 100;

/// How much of the received data a listener checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckLevel {
    /// Nothing: the listener sends no request, and all bytes are audio.
    Nothing,
    /// The head of the response. The stream is discarded in the kernel.
    Head,
    /// The stream up to the first title, or the first frames of a stream without titles. The rest is
    /// discarded in the kernel.
    Beginning,
    /// Every byte.
    Everything,
}

/// The request of a listener.
#[derive(Debug, Clone)]
pub struct StreamRequest {
    pub level: CheckLevel,
    bytes: Rc<[u8]>,
    wants_titles: bool,
    /// With TLS.
    tls: Option<TlsClient>,
}

impl StreamRequest {
    /// Creates a request for the stream at a path, with or without titles.
    pub fn new(level: CheckLevel, path: &str, wants_titles: bool) -> Self {
        let metadata = if wants_titles { "Icy-MetaData: 1\r\n" } else { "" };
        let request =
            format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nUser-Agent: coldwave-load\r\n{metadata}\r\n");
        Self { level, bytes: request.into_bytes().into(), wants_titles, tls: None }
    }

    /// Returns the same request over TLS.
    pub fn over_tls(self, client: TlsClient) -> Self {
        Self { tls: Some(client), ..self }
    }

    /// Returns the same request with another level.
    pub fn with_level(&self, level: CheckLevel) -> Self {
        Self { level, ..self.clone() }
    }
}

/// Buffers that all listeners of a process share, because only one of them reads at a time.
pub struct SharedBuffers {
    bytes: Vec<u8>,
    discarder: Discarder,
}

impl SharedBuffers {
    pub fn new() -> Self {
        Self { bytes: vec![0; READ_MAX], discarder: Discarder::new() }
    }
}

enum State {
    Connecting,
    /// The head so far.
    ReadingHead(Vec<u8>),
    Discarding,
    Checking(Box<StreamAnalyzer>),
    Disconnected(DisconnectReason),
}

enum DisconnectReason {
    /// The server closed the connection.
    Closed,
    Failed(io::Error),
    /// The response is invalid.
    InvalidResponse(String),
}

/// A listener.
pub struct Listener {
    socket: TcpStream,
    request: StreamRequest,
    /// The session, with TLS, as long as the stream is checked.
    tls: Option<TlsSession>,
    state: State,
    headers: Option<StreamHeaders>,
    error: Option<String>,
    counts: StreamCounts,
    connected_at: Instant,
    times: Option<AudioTimes>,
    bytes: u64,
}

/// When audio was received.
#[derive(Debug, Clone, Copy)]
struct AudioTimes {
    /// The time from connect() to the first byte.
    first: Duration,
    /// The time from connect() to the first 64 KiB.
    full: Option<Duration>,
    last: Instant,
    longest_gap: Duration,
}

impl Listener {
    /// Creates a listener for a socket on which connect() was called at `connected_at`.
    pub fn new(socket: TcpStream, connected_at: Instant, request: StreamRequest) -> Self {
        Self {
            socket,
            request,
            tls: None,
            state: State::Connecting,
            headers: None,
            error: None,
            counts: StreamCounts::default(),
            connected_at,
            times: None,
            bytes: 0,
        }
    }

    /// Returns the socket, to register it.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Handles an event of the socket.
    pub fn on_event(&mut self, event: &Event, buffers: &mut SharedBuffers) {
        if event.is_writable() && matches!(self.state, State::Connecting) {
            self.send_request();
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read(buffers);
        }
    }

    fn send_request(&mut self) {
        let sent = match self.socket.take_error() {
            Ok(None) if self.request.level == CheckLevel::Nothing => Ok(()),
            Ok(None) => self.write_request(),
            Ok(Some(error)) | Err(error) => Err(error),
        };
        self.state = match sent {
            Err(error) => State::Disconnected(DisconnectReason::Failed(error)),
            Ok(()) if self.request.level == CheckLevel::Nothing => State::Discarding,
            Ok(()) => State::ReadingHead(Vec::new()),
        };
    }

    fn write_request(&mut self) -> io::Result<()> {
        let Some(client) = &self.request.tls else { return self.socket.write_all(&self.request.bytes) };
        let tls = self.tls.insert(TlsSession::new(client)?);
        tls.send(&self.request.bytes, &mut self.socket)
    }

    /// Reads until the socket would block, as edge-triggered events require.
    fn read(&mut self, buffers: &mut SharedBuffers) {
        while !matches!(self.state, State::Connecting | State::Disconnected(_)) {
            match self.receive(buffers) {
                Ok(0) => match self.tls.as_mut().map_or(Ok(()), TlsSession::check_end) {
                    Ok(()) => self.disconnect(DisconnectReason::Closed),
                    Err(error) => self.disconnect(DisconnectReason::Failed(error)),
                },
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => self.disconnect(DisconnectReason::Failed(error)),
            }
        }
    }

    fn receive(&mut self, buffers: &mut SharedBuffers) -> io::Result<usize> {
        if matches!(self.state, State::Discarding) {
            self.tls = None;
            let count = buffers.discarder.discard(&self.socket)?;
            self.record(count);
            return Ok(count);
        }
        let count = self.socket.read(&mut buffers.bytes)?;
        match &mut self.tls {
            Some(tls) => {
                let plain = tls.receive(&buffers.bytes[..count], &mut self.socket)?;
                self.push(&plain);
            }
            None => self.push(&buffers.bytes[..count]),
        }
        Ok(count)
    }

    /// Processes received bytes.
    fn push(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::ReadingHead(head) => {
                head.extend_from_slice(bytes);
                let so_far = std::mem::take(head);
                self.parse_head(so_far);
            }
            State::Checking(stream) => {
                stream.push(bytes);
                self.record(bytes.len());
                self.stop_checking_if_done();
            }
            State::Connecting | State::Discarding | State::Disconnected(_) => {}
        }
    }

    /// Parses the head if it is complete in the bytes `so_far`, and processes the bytes after it.
    fn parse_head(&mut self, so_far: Vec<u8>) {
        let parsed = head::find_end(&so_far).and_then(|end| {
            end.map(|end| StreamHeaders::parse(&so_far[..end]).map(|headers| (end, headers))).transpose()
        });
        match parsed {
            Ok(None) => self.state = State::ReadingHead(so_far),
            Err(error) => self.disconnect(DisconnectReason::InvalidResponse(error)),
            Ok(Some((_, headers))) if headers.metaint.is_some() != self.request.wants_titles => {
                let error = format!("icy-metaint {:?}", headers.metaint);
                self.disconnect(DisconnectReason::InvalidResponse(error));
            }
            Ok(Some((end, headers))) => {
                self.headers = Some(headers);
                self.start_stream(headers, &so_far[end..]);
            }
        }
    }

    fn start_stream(&mut self, headers: StreamHeaders, audio: &[u8]) {
        if self.request.level == CheckLevel::Head {
            self.state = State::Discarding;
            return self.record(audio.len());
        }
        self.state = State::Checking(Box::new(StreamAnalyzer::new(headers.metaint)));
        self.push(audio);
    }

    /// Discards the rest of the stream if only the beginning is to be checked and has been.
    fn stop_checking_if_done(&mut self) {
        if let State::Checking(stream) = &self.state
            && self.request.level == CheckLevel::Beginning
            && (self.is_beginning_checked(stream.counts()) || stream.error().is_some())
        {
            self.error = stream.error().map(str::to_owned);
            self.counts = stream.counts();
            self.state = State::Discarding;
        }
    }

    fn is_beginning_checked(&self, counts: StreamCounts) -> bool {
        counts.titles > 0 || !self.request.wants_titles && counts.frames >= FRAMES_CHECKED
    }

    /// Records the time and number of received bytes.
    fn record(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        self.bytes += count as u64;
        let now = Instant::now();
        let full = (self.bytes >= FULL).then(|| now - self.connected_at);
        match &mut self.times {
            Some(times) => {
                times.longest_gap = times.longest_gap.max(now - times.last);
                times.last = now;
                times.full = times.full.or(full);
            }
            None => {
                let first = now - self.connected_at;
                self.times = Some(AudioTimes { first, full, last: now, longest_gap: Duration::ZERO });
            }
        }
    }

    fn disconnect(&mut self, reason: DisconnectReason) {
        let previous = std::mem::replace(&mut self.state, State::Disconnected(reason));
        if let State::Checking(mut stream) = previous {
            stream.finish();
            self.error = stream.error().map(str::to_owned);
            self.counts = stream.counts();
        }
    }

    /// Returns whether the listener has received audio.
    pub fn has_received(&self) -> bool {
        self.times.is_some()
    }

    pub fn is_disconnected(&self) -> bool {
        matches!(self.state, State::Disconnected(_))
    }

    /// Returns the bytes received after the head, audio and blocks. Of a TLS stream that is discarded, these
    /// are the bytes on the wire, which are 0.2 % more.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the time of the last byte.
    pub fn last(&self) -> Option<Instant> {
        self.times.map(|times| times.last)
    }

    /// Returns the time from connect() to the first byte of audio.
    pub fn first(&self) -> Option<Duration> {
        self.times.map(|times| times.first)
    }

    /// Returns the time from connect() to the first 64 KiB of audio.
    pub fn full(&self) -> Option<Duration> {
        self.times.and_then(|times| times.full)
    }

    /// Returns the longest time without data since the first byte, including the time until `now`.
    pub fn gap(&self, now: Instant) -> Option<Duration> {
        self.times.map(|times| times.longest_gap.max(now - times.last))
    }

    /// Returns the headers of the response.
    pub fn headers(&self) -> Option<StreamHeaders> {
        self.headers
    }

    /// Returns why the listener is disconnected or has received nothing; `None` while it is listening.
    pub fn loss(&self) -> Option<String> {
        match &self.state {
            State::Disconnected(DisconnectReason::Closed) => Some("the server closed the connection".into()),
            State::Disconnected(DisconnectReason::Failed(error)) => Some(error.to_string()),
            State::Disconnected(DisconnectReason::InvalidResponse(error)) => Some(error.clone()),
            _ if !self.has_received() => Some("no data received".into()),
            _ => None,
        }
    }

    /// Returns the first error in the received stream.
    pub fn error(&self) -> Option<&str> {
        match &self.state {
            State::Checking(stream) => stream.error(),
            _ => self.error.as_deref(),
        }
    }

    /// Returns how much of the received stream was checked.
    pub fn counts(&self) -> StreamCounts {
        match &self.state {
            State::Checking(stream) => stream.counts(),
            _ => self.counts,
        }
    }
}
