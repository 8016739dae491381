//! The state of a client whose request is not complete yet.

use std::net::SocketAddr;

use crate::http::incoming::{Incoming, parse_more};
use crate::http::proxy::protocol::ProxyHeader;
use crate::http::request::dialect::TLS_FIRST_BYTE;
use crate::http::request::form::BODY_MAX;
use crate::http::request::{HEAD_MAX, Method, Request, RequestRefusal};
use crate::http::source::login::{AudiocastLogin, PasswordLine};
use crate::memory_budget::{BudgetExceeded, Charge, HeldBuffer, MemoryBudget};
use crate::time::Time;

/// The bytes of a request as they arrive.
#[derive(Debug, Default)]
pub struct Handshake {
    bytes: HeldBuffer,
    /// Whether the request has begun. A PROXY protocol header is possible only before.
    has_begun: bool,
    /// The form whose body is incomplete.
    form: Option<IncompleteForm>,
    charge: Charge,
    /// The address that the client connected to, if it is known.
    local_address: Option<SocketAddr>,
    /// Whether the client uses TLS.
    is_encrypted: bool,
    /// Whether its TLS handshake has begun and is not complete.
    is_shaking: bool,
    /// Whether the next step of its TLS handshake waits for its turn.
    is_queued: bool,
    /// Since when the time for its request runs, if not since it has connected.
    timed_from: Option<Time>,
    /// Whether the client must use TLS.
    requires_tls: bool,
    /// The request with which the client has asked for TLS. It is answered after the TLS handshake.
    upgrading: Option<Box<Request>>,
}

/// The lengths of the head and the body of a form, in bytes. The head is parsed again when the body is
/// complete: parsed, it takes twice the memory.
#[derive(Debug, Clone, Copy)]
struct IncompleteForm {
    head: usize,
    body: usize,
}

/// The result of feeding bytes to a handshake.
#[derive(Debug)]
pub enum HandshakeEvent {
    /// The request is not complete yet.
    Incomplete,
    /// A request and the bytes after its head: the whole body of a form; for a source, the bytes received so
    /// far.
    Request(Box<Request>, Vec<u8>),
    /// The first line of a SHOUTcast v1 source, and the bytes after it.
    Password(PasswordLine, Vec<u8>),
    /// An xaudiocast login, and the bytes after it.
    Audiocast(Box<AudiocastLogin>, Vec<u8>),
    /// The probe with which libshout checks whether the server is running.
    Poke,
    /// A PROXY protocol header: the client's address, if the header has one, and the bytes after the header.
    /// The request is still to come.
    ProxyHeader(Option<SocketAddr>, Vec<u8>),
    /// The first bytes of a TLS connection: the request is still to come, over TLS.
    ClientHello(Vec<u8>),
    /// The bytes are not a valid request.
    Invalid(RequestRefusal),
}

impl Handshake {
    /// Creates the handshake of a client that has connected to `local_address`.
    pub fn new(local_address: Option<SocketAddr>) -> Self {
        Self { local_address, ..Self::default() }
    }

    /// Returns the address to which the client has connected, if it is known.
    pub fn local_address(&self) -> Option<SocketAddr> {
        self.local_address
    }

    /// Notes that the client must use TLS.
    pub fn require_tls(&mut self) {
        self.requires_tls = true;
    }

    /// Returns whether the client must use TLS and does not.
    pub fn lacks_tls(&self) -> bool {
        self.requires_tls && !self.is_encrypted
    }

    /// Notes that the client has begun a TLS handshake.
    pub fn note_encrypted(&mut self) {
        (self.is_encrypted, self.is_shaking) = (true, true);
    }

    /// Notes that the TLS handshake is complete. Returns the request with which the client has asked for TLS.
    pub fn note_established(&mut self) -> Option<Box<Request>> {
        self.is_shaking = false;
        self.upgrading.take()
    }

    /// Returns whether a TLS handshake has begun and is not complete.
    pub fn is_shaking(&self) -> bool {
        self.is_shaking
    }

    /// Notes whether the next step of the TLS handshake waits for its turn.
    pub fn note_queued(&mut self, is_queued: bool) {
        self.is_queued = is_queued;
    }

    /// Returns whether the next step of the TLS handshake waits for its turn.
    pub fn is_queued(&self) -> bool {
        self.is_queued
    }

    /// Starts the time for the request again.
    pub fn restart_time(&mut self, now: Time) {
        self.timed_from = Some(now);
    }

    /// Returns since when the time for the request runs, if not since the client has connected.
    pub fn timed_from(&self) -> Option<Time> {
        self.timed_from
    }

    /// Keeps the request with which the client has asked for TLS.
    pub fn keep_for_tls(&mut self, request: Box<Request>) {
        self.upgrading = Some(request);
    }

    /// Processes the next bytes. Stores at most [`HEAD_MAX`] plus [`BODY_MAX`] bytes plus one read.
    pub fn feed(&mut self, bytes: &[u8]) -> HandshakeEvent {
        debug_assert!(self.bytes.len() <= HEAD_MAX + BODY_MAX, "a longer request was refused");
        let seen = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        if !self.has_begun {
            return self.parse_proxy_header();
        }
        match self.form {
            Some(form) if self.bytes.len() < form.head + form.body => HandshakeEvent::Incomplete,
            Some(_) => self.parse_head(0),
            None => self.parse_head(seen),
        }
    }

    fn parse_proxy_header(&mut self) -> HandshakeEvent {
        match ProxyHeader::parse(&self.bytes) {
            ProxyHeader::Incomplete => HandshakeEvent::Incomplete,
            ProxyHeader::Malformed => HandshakeEvent::Invalid(RequestRefusal::MalformedProxyHeader),
            ProxyHeader::Complete { client, consumed } => {
                self.has_begun = true;
                HandshakeEvent::ProxyHeader(client, self.take_after(consumed))
            }
            ProxyHeader::Absent => {
                self.has_begun = true;
                self.parse_head(0)
            }
        }
    }

    /// Parses the head. The first `seen` bytes were parsed before and do not contain a complete head.
    fn parse_head(&mut self, seen: usize) -> HandshakeEvent {
        match parse_more(&self.bytes, seen) {
            Incoming::Incomplete => HandshakeEvent::Incomplete,
            Incoming::Request { request, consumed } => self.on_head(request, consumed),
            Incoming::Password { line, consumed } => {
                HandshakeEvent::Password(line, self.take_after(consumed))
            }
            Incoming::Audiocast { login, consumed } => {
                HandshakeEvent::Audiocast(login, self.take_after(consumed))
            }
            Incoming::Poke { .. } => HandshakeEvent::Poke,
            Incoming::Refused(RequestRefusal::Tls) if !self.is_encrypted => {
                HandshakeEvent::ClientHello(self.take_after(0))
            }
            Incoming::Refused(refusal) => HandshakeEvent::Invalid(refusal),
        }
    }

    fn on_head(&mut self, mut request: Request, head: usize) -> HandshakeEvent {
        self.local_address.into_iter().for_each(|address| request.set_local_address(address));
        request.set_encrypted(self.is_encrypted);
        let length = match request.method {
            Method::Post if request.is_chunked() => {
                return HandshakeEvent::Invalid(RequestRefusal::LengthRequired);
            }
            Method::Post => request.content_length().unwrap_or(0),
            _ => return HandshakeEvent::Request(request.into(), self.take_after(head)),
        };
        if length > BODY_MAX as u64 {
            return HandshakeEvent::Invalid(RequestRefusal::BodyTooLarge);
        }
        let body = length as usize;
        if self.bytes.len() < head + body {
            self.form = Some(IncompleteForm { head, body });
            return HandshakeEvent::Incomplete;
        }
        let mut rest = self.take_after(head);
        rest.truncate(body);
        HandshakeEvent::Request(request.into(), rest)
    }

    /// Returns the bytes after the first `consumed`, and drops all of them with their charge: a complete
    /// request must not give way for its own response.
    fn take_after(&mut self, consumed: usize) -> Vec<u8> {
        self.charge = Charge::default();
        std::mem::take(&mut self.bytes)[consumed..].to_vec()
    }

    /// Charges the memory of the incomplete request to `budget`.
    ///
    /// # Errors
    /// If the budget has no room for it.
    pub fn charge_to(&mut self, budget: &MemoryBudget) -> Result<(), BudgetExceeded> {
        self.charge.resize(budget, self.bytes.memory())
    }

    /// Returns the bytes charged to the memory budget.
    pub fn charged(&self) -> usize {
        self.charge.bytes()
    }

    /// Returns whether the client has sent a part of a request. The first byte of TLS is none: the client
    /// would take a response for a fault of the protocol.
    pub fn has_request_bytes(&self) -> bool {
        self.bytes.first().is_some_and(|&first| first != TLS_FIRST_BYTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_request_holds_no_memory() {
        let budget = MemoryBudget::new(1024 * 1024);
        let mut handshake = Handshake::default();
        let head = format!("GET / HTTP/1.1\r\nCookie: {}\r\n", "x".repeat(5000));
        assert!(matches!(handshake.feed(head.as_bytes()), HandshakeEvent::Incomplete));
        handshake.charge_to(&budget).expect("room");
        assert_eq!((handshake.charged(), budget.used()), (8192, 8192));
        assert!(matches!(handshake.feed(b"\r\n"), HandshakeEvent::Request(..)));
        assert_eq!((handshake.charged(), budget.used()), (0, 0));
    }
}
