//! A peer that has not yet said all that it wants.

use crate::http::request::{HEAD_MAX, Parse, Refusal, Request, parse_more};

/// The bytes of a request as they arrive.
#[derive(Debug, Default)]
pub struct Handshake {
    bytes: Vec<u8>,
}

/// What became of a request with the bytes that just came.
#[derive(Debug)]
pub enum Heard {
    /// It is not whole yet.
    NotYet,
    /// Here it is.
    Request(Request),
    /// It never will be one.
    No(Refusal),
}

impl Handshake {
    /// Takes the next bytes. Keeps no more than [`HEAD_MAX`] and one read's worth of them.
    pub fn hear(&mut self, bytes: &[u8]) -> Heard {
        debug_assert!(self.bytes.len() <= HEAD_MAX, "a head that long was refused");
        let seen = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        match parse_more(&self.bytes, seen) {
            Parse::NotYet => Heard::NotYet,
            Parse::Here { request, .. } => Heard::Request(request),
            Parse::Password { .. } | Parse::Audiocast { .. } | Parse::Poke { .. } => {
                Heard::No(Refusal::NotHttp)
            }
            Parse::No(refusal) => Heard::No(refusal),
        }
    }

    /// Whether the peer said anything at all.
    pub fn heard_anything(&self) -> bool {
        !self.bytes.is_empty()
    }
}
