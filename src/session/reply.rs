//! A peer that is sent a few bytes and then goodbye.

use std::sync::Arc;

use super::close_reason::CloseReason;

/// Bytes that a peer takes in the time of a whole reply if its link is merely slow: a kilobyte a second. With fewer it means
/// to keep us.
const PROGRESS_MIN_BYTES: usize = 16 * 1024;

/// Bytes to send, after which the connection is shut down for sending and the peer's own goodbye awaited: closing at
/// once would make the system reset the connection where the peer had sent more than we read, and the reset would take
/// the end of the reply with it.
#[derive(Debug)]
pub struct Reply {
    /// Why the session ends when the peer has taken all.
    pub reason: CloseReason,
    bytes: Vec<u8>,
    /// What comes behind them, and is not his alone; empty if nothing does.
    body: Arc<[u8]>,
    sent: usize,
    /// How much of that had been sent when his time was up last.
    sent_by_then: usize,
    /// What the peer was sent before this, and the code that it was answered with.
    before: Option<(u16, u64)>,
    state: ReplyState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReplyState {
    /// What is to be sent is not known yet.
    Deferred,
    Sending,
    /// Everything was sent, and that there is no more.
    Finished,
}

impl Reply {
    /// Will send `bytes`; the session then ends for `why`.
    pub fn new(bytes: Vec<u8>, why: CloseReason) -> Self {
        Self {
            reason: why,
            bytes,
            body: Arc::default(),
            sent: 0,
            sent_by_then: 0,
            before: None,
            state: ReplyState::Sending,
        }
    }

    /// Will be another when it is known what is to be sent.
    pub fn deferred() -> Self {
        Self { state: ReplyState::Deferred, ..Self::new(Vec::new(), CloseReason::PeerClosed) }
    }

    /// Will send `body` behind the rest.
    pub fn with_body(self, body: Arc<[u8]>) -> Self {
        Self { body, ..self }
    }

    /// Will send the rest of what was answered with `status` and of which `sent` bytes have left.
    pub fn remainder(status: u16, sent: u64, bytes: Vec<u8>, why: CloseReason) -> Self {
        Self { before: Some((status, sent)), ..Self::new(bytes, why) }
    }

    /// What is to be sent next; empty when everything was sent.
    pub fn rest(&self) -> &[u8] {
        self.bytes
            .get(self.sent..)
            .filter(|rest| !rest.is_empty())
            .unwrap_or_else(|| &self.body[self.sent - self.bytes.len()..])
    }

    /// How many bytes were sent in all.
    pub fn sent(&self) -> u64 {
        self.sent as u64 + self.before.map_or(0, |(_, sent)| sent)
    }

    /// The code that the peer was answered with; 0 if there was none.
    pub fn status(&self) -> u16 {
        self.before.map_or_else(|| status_of(&self.bytes), |(status, _)| status)
    }

    /// Notes that the first `count` bytes of what is next were sent.
    pub fn advance(&mut self, count: usize) {
        self.sent += count;
    }

    /// Whether the peer took enough since this was last asked to be given as much time again: a picture takes a while over a
    /// slow link.
    pub fn made_progress(&mut self) -> bool {
        let before = std::mem::replace(&mut self.sent_by_then, self.sent);
        self.sent - before >= PROGRESS_MIN_BYTES
    }

    /// Whether it is not known yet what is to be sent.
    pub fn is_deferred(&self) -> bool {
        self.state == ReplyState::Deferred
    }

    /// Notes that the peer was told that there is no more.
    pub fn finish(&mut self) {
        self.state = ReplyState::Finished;
    }

    /// Whether the peer was told that there is no more.
    pub fn is_finished(&self) -> bool {
        self.state == ReplyState::Finished
    }
}

/// The code in a status line.
fn status_of(reply: &[u8]) -> u16 {
    let code = reply.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
    std::str::from_utf8(code).ok().and_then(|code| code.parse().ok()).unwrap_or(0)
}
