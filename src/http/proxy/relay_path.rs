//! Through which servers a stream came: how a relay that would play itself is found out.
//!
//! Every process of coldwave has a random id. A request of ours for a stream names the servers that it is for, and the
//! head of a stream those that it came through. Whoever meets himself in either stands in a circle
//! (protocol-notes/relay.md, "Relay loops").

use std::fmt;

use crate::http::request::Request;

/// The header that carries the ids, in requests and in heads of streams.
pub const HEADER: &str = "X-Coldwave-Path";

/// Servers that a stream may go through. No chain that anyone builds on purpose is as long; one that gets there runs in a
/// circle that hides, and the bound keeps the header short.
pub const HOPS_MAX: usize = 8;

/// Digits of an id as it is written.
const DIGITS: usize = 16;

/// Which process of coldwave this is, among all there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServerId(u64);

impl ServerId {
    /// Made from a random number: whoever has the same is taken for the same.
    pub const fn from_random(number: u64) -> Self {
        Self(number)
    }

    fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u64::from_str_radix(text, 16).ok().filter(|_| is_id).map(Self)
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0DIGITS$x}", self.0)
    }
}

/// Servers that hand on a stream, or ask for one for each other: who was there first comes first. Empty where none of them
/// was coldwave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelayPath(Vec<ServerId>);

/// Why a stream is not to go any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayLoop {
    /// This server is on the way already: 508.
    ThisServer,
    /// There are more than [`HOPS_MAX`] servers on the way: 508.
    TooLong,
    /// What says which servers are on the way says nothing that coldwave would write: 400.
    InvalidHeader,
}

/// What is wrong, for the peer and for the operator's log.
impl fmt::Display for RelayLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ThisServer => write!(f, "relay loop: this server is already in the relay path"),
            Self::TooLong => write!(f, "relay loop: more than {HOPS_MAX} servers in the relay path"),
            Self::InvalidHeader => write!(f, "invalid header {HEADER}"),
        }
    }
}

impl Request {
    /// The servers that the stream asked for is for; none where a player asks.
    ///
    /// # Errors
    /// When there are too many, or what says which they are is garbled.
    pub fn relay_path(&self) -> Result<RelayPath, RelayLoop> {
        self.header(HEADER).map_or(Ok(RelayPath::default()), RelayPath::parse)
    }
}

impl RelayPath {
    /// Reads the header's value: ids with commas between them, as in any list.
    ///
    /// # Errors
    /// When there are too many ids in it, or something that is none.
    pub fn parse(value: &str) -> Result<Self, RelayLoop> {
        let mut ids = Vec::new();
        for text in value.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            if ids.len() == HOPS_MAX {
                return Err(RelayLoop::TooLong);
            }
            ids.push(ServerId::parse(text).ok_or(RelayLoop::InvalidHeader)?);
        }
        Ok(Self(ids))
    }

    /// Says whether the server `here` may hand on a stream that comes, or is to go, this way.
    ///
    /// # Errors
    /// When it is on this way already.
    pub fn check_loop(&self, here: ServerId) -> Result<(), RelayLoop> {
        if self.0.contains(&here) { Err(RelayLoop::ThisServer) } else { Ok(()) }
    }

    /// The same way and one server more.
    #[must_use]
    pub fn extended_by(&self, next: ServerId) -> Self {
        Self(self.0.iter().copied().chain([next]).collect())
    }

    /// Whether all servers of `other` are on this way too: who knows this one learns of nobody new from the other.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|id| self.0.contains(id))
    }

    /// Whether no server is known of.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// As the header's value.
impl fmt::Display for RelayPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, id) in self.0.iter().enumerate() {
            write!(f, "{}{id}", if at > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ServerId = ServerId::from_random(0xA);
    const B: ServerId = ServerId::from_random(0xB00);
    const C: ServerId = ServerId::from_random(u64::MAX);

    /// What the next server reads of the stream that `server` sends on.
    fn sent_on(by: ServerId, master: &RelayPath) -> Result<RelayPath, RelayLoop> {
        master.check_loop(by).and_then(|()| RelayPath::parse(&master.extended_by(by).to_string()))
    }

    #[test]
    fn a_chain_of_three_is_no_circle() {
        let from_a = sent_on(A, &RelayPath::default()).expect("an origin");
        let from_b = sent_on(B, &from_a).expect("one between");
        let from_c = sent_on(C, &from_b).expect("one more");
        assert_eq!(from_c.to_string(), "000000000000000a, 0000000000000b00, ffffffffffffffff");
        assert!(from_c.covers(&from_b) && !from_b.covers(&from_c) && from_b.covers(&RelayPath::default()));
    }

    #[test]
    fn whoever_meets_himself_stops() {
        let from_a = sent_on(A, &RelayPath::default()).expect("an origin");
        assert_eq!(sent_on(A, &from_a), Err(RelayLoop::ThisServer), "A from A");
        let from_b = sent_on(B, &from_a).expect("one between");
        assert_eq!(sent_on(A, &from_b), Err(RelayLoop::ThisServer), "A from B from A");
        assert_eq!(
            sent_on(B, &sent_on(C, &from_b).expect("C")),
            Err(RelayLoop::ThisServer),
            "B from C from B"
        );
    }

    #[test]
    fn no_way_is_endless() {
        let mut way = RelayPath::default();
        for number in 0..HOPS_MAX as u64 {
            way = sent_on(ServerId::from_random(number), &way).expect("not too long");
        }
        assert_eq!(sent_on(C, &way), Err(RelayLoop::TooLong));
        assert_eq!(RelayPath::parse(&"0,".repeat(100_000)), Err(RelayLoop::InvalidHeader));
        assert_eq!(RelayPath::parse(&format!("{A},").repeat(100_000)), Err(RelayLoop::TooLong));
    }

    #[test]
    fn only_ids_are_taken_for_ids() {
        for value in ["x", "a", "00000000000000000a", "+00000000000000a", "000000000000000a 000000000000000b"]
        {
            assert_eq!(RelayPath::parse(value), Err(RelayLoop::InvalidHeader), "{value}");
        }
        assert_eq!(RelayPath::parse(" ,\t"), Ok(RelayPath::default()));
        assert_eq!(RelayPath::parse("000000000000000A,,"), Ok(RelayPath::default().extended_by(A)));
    }

    #[test]
    fn who_asks_in_a_circle_is_told() {
        let request = |line: &str| Request::from_lines(&format!("GET /live HTTP/1.0\n{line}"));
        assert_eq!(request("Host: h").relay_path(), Ok(RelayPath::default()));
        let asked = request(&format!("x-coldwave-path: {B}, {A}")).relay_path().expect("two ids");
        assert_eq!((asked.check_loop(C), asked.check_loop(B)), (Ok(()), Err(RelayLoop::ThisServer)));
        let garbled = request("X-Coldwave-Path: 127.0.0.1").relay_path().expect_err("no id");
        for (circle, status) in [
            (RelayLoop::ThisServer, "508 Loop Detected"),
            (RelayLoop::TooLong, "508 Loop Detected"),
            (garbled, "400 Bad Request"),
        ] {
            let reply = String::from_utf8(circle.reply()).expect("UTF-8");
            assert!(reply.starts_with(&format!("HTTP/1.0 {status}\r\n")), "{reply}");
            assert!(reply.ends_with(&format!("\r\n\r\n{circle}\r\n")), "{reply}");
        }
    }
}
