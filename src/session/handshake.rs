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
pub enum Heard {
    /// It is not whole yet.
    NotYet,
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
    Proxied(Option<SocketAddr>, Vec<u8>),
    /// It never will be one.
    No(RequestRefusal),
}

impl Handshake {
    /// Takes the next bytes. Keeps no more than [`HEAD_MAX`] or [`BODY_MAX`] and one read's worth of them.
    pub fn hear(&mut self, bytes: &[u8]) -> Heard {
        debug_assert!(self.bytes.len() <= HEAD_MAX, "a head that long was refused");
        let seen = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        if !self.is_opened {
            return self.hear_opening();
        }
        if self.form.is_some() {
            return self.hear_form();
        }
        self.hear_head(seen)
    }

    fn hear_opening(&mut self) -> Heard {
        match ProxyHeader::parse(&self.bytes) {
            ProxyHeader::Incomplete => Heard::NotYet,
            ProxyHeader::Malformed => Heard::No(RequestRefusal::MalformedProxyHeader),
            ProxyHeader::Complete { client, consumed } => {
                self.is_opened = true;
                let rest = self.bytes.split_off(consumed);
                self.bytes.clear();
                Heard::Proxied(client, rest)
            }
            ProxyHeader::Absent => {
                self.is_opened = true;
                self.hear_head(0)
            }
        }
    }

    /// The first `seen` bytes are known not to be a whole head.
    fn hear_head(&mut self, seen: usize) -> Heard {
        match parse_more(&self.bytes, seen) {
            Incoming::Incomplete => Heard::NotYet,
            Incoming::Request { request, consumed } => {
                self.bytes.drain(..consumed);
                self.heard_head(request)
            }
            Incoming::Password { line, consumed } => Heard::Password(line, self.bytes.split_off(consumed)),
            Incoming::Audiocast { login, consumed } => {
                Heard::Audiocast(login, self.bytes.split_off(consumed))
            }
            Incoming::Poke { .. } => Heard::Poke,
            Incoming::Refused(refusal) => Heard::No(refusal),
        }
    }

    fn heard_head(&mut self, request: Request) -> Heard {
        let length = match request.method {
            Method::Post if request.is_chunked() => return Heard::No(RequestRefusal::LengthRequired),
            Method::Post => request.content_length().unwrap_or(0),
            _ => return Heard::Request(request.into(), std::mem::take(&mut self.bytes)),
        };
        if length > BODY_MAX as u64 {
            return Heard::No(RequestRefusal::BodyTooLarge);
        }
        self.form = Some((request.into(), length as usize));
        self.hear_form()
    }

    fn hear_form(&mut self) -> Heard {
        match self.form.take_if(|(_, length)| self.bytes.len() >= *length) {
            Some((request, length)) => {
                self.bytes.truncate(length);
                Heard::Request(request, std::mem::take(&mut self.bytes))
            }
            None => Heard::NotYet,
        }
    }

    /// Whether the peer said anything at all.
    pub fn heard_anything(&self) -> bool {
        !self.bytes.is_empty() || self.form.is_some()
    }
}
