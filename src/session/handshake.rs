//! A peer that has not yet said all that it wants.

use std::net::SocketAddr;

use crate::http::incoming::{Incoming, parse_more};
use crate::http::proxy::protocol::ProxyHeader;
use crate::http::request::form::BODY_MAX;
use crate::http::request::{HEAD_MAX, Method, Request, RequestRefusal};
use crate::http::source::login::{AudiocastLogin, PasswordLine};

/// The bytes of a request as they arrive.
#[derive(Debug, Default)]
pub struct Handshake {
    bytes: Vec<u8>,
    /// The request has begun: what may come before it is no longer looked for.
    is_opened: bool,
    /// The head of a form whose body is not whole, and how long that is.
    form: Option<(Box<Request>, usize)>,
}

/// What became of a request with the bytes that just came.
#[derive(Debug)]
pub enum HandshakeEvent {
    /// It is not whole yet.
    Incomplete,
    /// Here it is, and what came behind its head: of a form all of its body, of a source as much as there was.
    Request(Box<Request>, Vec<u8>),
    /// A SHOUTcast v1 source's first line, and what came behind it.
    Password(PasswordLine, Vec<u8>),
    /// The login of xaudiocast, and what came behind it.
    Audiocast(Box<AudiocastLogin>, Vec<u8>),
    /// libshout wants to know whether there is anything.
    Poke,
    /// A header of the PROXY protocol: who is behind the proxy, if it says, and what came behind the header. The request
    /// is yet to come.
    ProxyHeader(Option<SocketAddr>, Vec<u8>),
    /// It never will be one.
    Invalid(RequestRefusal),
}

impl Handshake {
    /// Takes the next bytes. Keeps no more than [`HEAD_MAX`] or [`BODY_MAX`] and one read's worth of them.
    pub fn feed(&mut self, bytes: &[u8]) -> HandshakeEvent {
        debug_assert!(self.bytes.len() <= HEAD_MAX, "a head that long was refused");
        let seen = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        if !self.is_opened {
            return self.parse_opening();
        }
        if self.form.is_some() {
            return self.parse_form();
        }
        self.parse_head(seen)
    }

    fn parse_opening(&mut self) -> HandshakeEvent {
        match ProxyHeader::parse(&self.bytes) {
            ProxyHeader::Incomplete => HandshakeEvent::Incomplete,
            ProxyHeader::Malformed => HandshakeEvent::Invalid(RequestRefusal::MalformedProxyHeader),
            ProxyHeader::Complete { client, consumed } => {
                self.is_opened = true;
                let rest = self.bytes.split_off(consumed);
                self.bytes.clear();
                HandshakeEvent::ProxyHeader(client, rest)
            }
            ProxyHeader::Absent => {
                self.is_opened = true;
                self.parse_head(0)
            }
        }
    }

    /// The first `seen` bytes are known not to be a whole head.
    fn parse_head(&mut self, seen: usize) -> HandshakeEvent {
        match parse_more(&self.bytes, seen) {
            Incoming::Incomplete => HandshakeEvent::Incomplete,
            Incoming::Request { request, consumed } => {
                self.bytes.drain(..consumed);
                self.on_head(request)
            }
            Incoming::Password { line, consumed } => {
                HandshakeEvent::Password(line, self.bytes.split_off(consumed))
            }
            Incoming::Audiocast { login, consumed } => {
                HandshakeEvent::Audiocast(login, self.bytes.split_off(consumed))
            }
            Incoming::Poke { .. } => HandshakeEvent::Poke,
            Incoming::Refused(refusal) => HandshakeEvent::Invalid(refusal),
        }
    }

    fn on_head(&mut self, request: Request) -> HandshakeEvent {
        let length = match request.method {
            Method::Post if request.is_chunked() => {
                return HandshakeEvent::Invalid(RequestRefusal::LengthRequired);
            }
            Method::Post => request.content_length().unwrap_or(0),
            _ => return HandshakeEvent::Request(request.into(), std::mem::take(&mut self.bytes)),
        };
        if length > BODY_MAX as u64 {
            return HandshakeEvent::Invalid(RequestRefusal::BodyTooLarge);
        }
        self.form = Some((request.into(), length as usize));
        self.parse_form()
    }

    fn parse_form(&mut self) -> HandshakeEvent {
        match self.form.take_if(|(_, length)| self.bytes.len() >= *length) {
            Some((request, length)) => {
                self.bytes.truncate(length);
                HandshakeEvent::Request(request, std::mem::take(&mut self.bytes))
            }
            None => HandshakeEvent::Incomplete,
        }
    }

    /// Whether the peer said anything at all.
    pub fn has_input(&self) -> bool {
        !self.bytes.is_empty() || self.form.is_some()
    }
}
