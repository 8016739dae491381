//! The state of a client that is sent a response, after which the connection is closed.

use std::io::IoSlice;

use super::close_reason::CloseReason;
use crate::http::response::extra_headers::add_headers;
use crate::http::response::site_file::FileRest;
use crate::memory_budget::SharedBytes;
use crate::time::Time;

/// The bytes that a client must read within the reply timeout to get more time: about one kilobyte a second.
/// A client that reads less occupies the connection on purpose.
const PROGRESS_MIN_BYTES: u64 = 16 * 1024;

/// The most bytes of a reply in one write. A long reply takes several turns, so that many of them do not
/// delay the listeners.
pub const REPLY_WRITE_MAX: usize = 64 * 1024;

/// The most pieces of a reply: its head, its body, and the end of the body.
pub const REPLY_PIECES: usize = 3;

/// A response to send. After its last byte, the connection is shut down for writing, and the server waits for
/// the client to close its side. If the server closed at once and the client had sent more than the server
/// read, the system would reset the connection, and the end of the reply would be lost.
#[derive(Debug)]
pub struct Reply {
    /// The reason with which the session ends after the reply was sent.
    pub reason: CloseReason,
    bytes: Vec<u8>,
    /// Sent after `bytes`, and shared with other replies; empty if there is no body.
    body: SharedBytes,
    /// Sent after the body.
    tail: &'static [u8],
    /// Whether it has the operator's headers.
    has_extra_headers: bool,
    sent: usize,
    /// The value of [`sent`](Self::sent) at the last timeout.
    sent_at_timeout: u64,
    /// The status code and the bytes sent before this reply, if it continues a response.
    response_start: Option<(u16, u64)>,
    /// What follows of a file, and is read when all before was sent.
    rest: Option<Box<FileRest>>,
    /// When the socket last took bytes; before that, when the reply began.
    last_write: Time,
    state: ReplyState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReplyState {
    /// The content is not known yet.
    Deferred,
    Sending,
    /// All that was read of a file was sent, and more is being read.
    AwaitsPiece,
    /// All was sent, and the connection is shut down for writing.
    Finished,
}

impl Reply {
    /// Creates a reply with these bytes. The session then ends with `reason`.
    pub fn new(bytes: Vec<u8>, reason: CloseReason) -> Self {
        Self {
            reason,
            bytes,
            body: SharedBytes::default(),
            tail: b"",
            has_extra_headers: false,
            sent: 0,
            sent_at_timeout: 0,
            response_start: None,
            rest: None,
            last_write: Time::START,
            state: ReplyState::Sending,
        }
    }

    /// Creates a reply whose content is not known yet. It is replaced later.
    pub fn deferred() -> Self {
        Self { state: ReplyState::Deferred, ..Self::new(Vec::new(), CloseReason::PeerClosed) }
    }

    /// Notes that the bytes have the operator's headers.
    pub fn with_extra_headers(self) -> Self {
        Self { has_extra_headers: true, ..self }
    }

    /// Adds `body` after the bytes, and `tail` after that.
    pub fn with_body(self, body: SharedBytes, tail: &'static [u8]) -> Self {
        Self { body, tail, ..self }
    }

    /// Adds what follows of a file after the body.
    pub fn with_rest(self, rest: FileRest) -> Self {
        Self { rest: non_empty(rest), ..self }
    }

    /// Creates a reply with the rest of a response that had `status` and of which `sent` bytes were sent.
    pub fn remainder(status: u16, sent: u64, bytes: Vec<u8>, reason: CloseReason) -> Self {
        Self { response_start: Some((status, sent)), ..Self::new(bytes, reason) }
    }

    /// Fills `pieces` with the bytes to send next, at most [`REPLY_WRITE_MAX`], and returns the number of
    /// pieces; 0 when all were sent.
    pub fn gather<'a>(&'a self, pieces: &mut [IoSlice<'a>; REPLY_PIECES]) -> usize {
        let (mut skip, mut room, mut count) = (self.sent, REPLY_WRITE_MAX, 0);
        for part in self.parts() {
            let rest = &part[skip.min(part.len())..];
            skip = skip.saturating_sub(part.len());
            let piece = &rest[..rest.len().min(room)];
            if !piece.is_empty() {
                pieces[count] = IoSlice::new(piece);
                (count, room) = (count + 1, room - piece.len());
            }
        }
        count
    }

    fn parts(&self) -> [&[u8]; REPLY_PIECES] {
        [&self.bytes, &self.body, self.tail]
    }

    /// Returns whether all bytes were sent.
    pub fn is_sent(&self) -> bool {
        self.sent == self.parts().iter().map(|part| part.len()).sum::<usize>()
    }

    /// Returns its share of the bytes charged to the memory budget for its body.
    pub fn charged(&self) -> usize {
        self.body.charged_share()
    }

    /// Returns the total of bytes sent, including those sent before this reply.
    pub fn sent(&self) -> u64 {
        self.sent as u64 + self.response_start.map_or(0, |(_, sent)| sent)
    }

    /// Returns the status code of the response; 0 if there was none.
    pub fn status(&self) -> u16 {
        self.response_start.map_or_else(|| status_of(&self.bytes), |(status, _)| status)
    }

    /// Adds headers, each as `name: value`, if it is a reply that pages of other sites may read.
    pub fn add_headers(&mut self, headers: &[String]) {
        if self.response_start.is_none() && !self.has_extra_headers {
            add_headers(&mut self.bytes, headers);
        }
    }

    /// Notes that the client is sent this reply from now on.
    pub fn start(&mut self, now: Time) {
        self.last_write = now;
    }

    /// Notes that the first `count` bytes of those from [`gather`](Self::gather) were sent.
    pub fn advance(&mut self, count: usize, now: Time) {
        self.sent += count;
        if count > 0 {
            self.last_write = now;
        }
    }

    /// Returns when the socket last took bytes; before that, when the reply began.
    pub fn last_write(&self) -> Time {
        self.last_write
    }

    /// Returns whether the client has read enough bytes since the last call to get more time. A slow link
    /// needs more time for a picture.
    pub fn made_progress(&mut self) -> bool {
        let sent = self.sent();
        let before = std::mem::replace(&mut self.sent_at_timeout, sent);
        sent - before >= PROGRESS_MIN_BYTES
    }

    /// Returns whether the content is not known yet.
    pub fn is_deferred(&self) -> bool {
        self.state == ReplyState::Deferred
    }

    /// Returns whether its content is known and not completely sent.
    pub fn has_content(&self) -> bool {
        self.state == ReplyState::Sending
    }

    /// Takes what follows of a file, to read its next piece. Releases the body, of which all was sent.
    pub fn take_rest(&mut self) -> Option<FileRest> {
        let rest = self.rest.take()?;
        self.drop_sent();
        self.state = ReplyState::AwaitsPiece;
        Some(*rest)
    }

    /// Returns whether it waits for the next piece of a file.
    pub fn awaits_piece(&self) -> bool {
        self.state == ReplyState::AwaitsPiece
    }

    /// Continues with the next piece of a file; `rest` follows.
    pub fn push_piece(&mut self, piece: SharedBytes, rest: FileRest) {
        (self.body, self.rest) = (piece, non_empty(rest));
        self.state = ReplyState::Sending;
    }

    fn drop_sent(&mut self) {
        self.response_start = Some((self.status(), self.sent()));
        (self.bytes, self.body, self.tail) = (Vec::new(), SharedBytes::default(), b"");
        self.sent = 0;
    }

    /// Notes that the connection was shut down for writing. Releases the body: the client may keep its side
    /// open for a while.
    pub fn finish(&mut self) {
        self.drop_sent();
        // What comes from now on is no progress.
        self.sent_at_timeout = self.sent();
        self.state = ReplyState::Finished;
    }

    /// Returns whether the connection was shut down for writing.
    pub fn is_finished(&self) -> bool {
        self.state == ReplyState::Finished
    }
}

fn non_empty(rest: FileRest) -> Option<Box<FileRest>> {
    (!rest.rest.is_empty()).then(|| Box::new(rest))
}

/// Returns the status code in a status line; 0 if there is none.
fn status_of(reply: &[u8]) -> u16 {
    let code = reply.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
    std::str::from_utf8(code).ok().and_then(|code| code.parse().ok()).unwrap_or(0)
}
