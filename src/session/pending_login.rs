//! The state of a client whose login waits for its turn.

use crate::http::request::Request;
use crate::http::source::login::{AudiocastLogin, PasswordLine};

/// The most bytes that are kept after a login. Reading from the client is paused, so this is one read.
const REST_MAX: usize = 64 * 1024;

/// A login that waits for its turn, and the bytes after it.
#[derive(Debug)]
pub struct PendingLogin {
    /// The login.
    pub message: LoginMessage,
    /// The bytes that arrived after it.
    pub rest: Vec<u8>,
    /// Whether it has waited for the live source of the same user, and the wait is over.
    pub has_waited_for_source: bool,
}

/// A login as the client sent it.
#[derive(Debug, Clone)]
pub enum LoginMessage {
    /// A request: of a source, an administrator, or a program that reads the metrics.
    Request(Box<Request>),
    /// The first line of a SHOUTcast v1 source.
    Password(PasswordLine),
    /// An xaudiocast login.
    Audiocast(Box<AudiocastLogin>),
}

impl PendingLogin {
    /// Keeps more bytes. Returns whether they were within the limit.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        let fits = self.rest.len() + bytes.len() <= REST_MAX;
        if fits {
            self.rest.extend_from_slice(bytes);
        }
        fits
    }
}
