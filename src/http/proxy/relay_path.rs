//! The servers that a stream came through; used to detect relay loops.
//!
//! Every coldwave process has a random id. When coldwave requests a stream, the request contains its own id
//! and no other: what a client claims must not decide what other clients hear. When coldwave sends a stream,
//! the head lists the servers that it came through. A server that finds its own id in either is in a loop
//! (protocol-notes/relay.md, "Relay loops").

use std::fmt;

use crate::http::request::Request;

/// The header with the ids, in requests and in heads of streams.
pub const HEADER: &str = "X-Coldwave-Path";

/// The most servers in a relay path. No intended chain is that long, so a longer one is a hidden loop. The
/// limit also keeps the header short.
pub const HOPS_MAX: usize = 8;

/// The number of hexadecimal digits of an id.
const DIGITS: usize = 16;

/// The id of a coldwave process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServerId(u64);

impl ServerId {
    /// Creates an id from a random number. Two servers with the same id count as the same server.
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

/// The servers that pass on a stream, in the order in which they do so; in a request, the servers that
/// request it. Contains only servers running coldwave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelayPath(Vec<ServerId>);

/// Why a stream must not be relayed any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayLoop {
    /// This server is in the relay path already: 508.
    ThisServer,
    /// The stream comes from the server that requests it: 508.
    Requester,
    /// More than [`HOPS_MAX`] servers are in the relay path: 508.
    TooLong,
    /// The header has a form that coldwave never sends: 400.
    InvalidHeader,
}

/// The message for the peer and for the operator's log.
impl fmt::Display for RelayLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ThisServer => write!(f, "relay loop: this server is already in the relay path"),
            Self::Requester => write!(f, "relay loop: the stream comes from the server that requests it"),
            Self::TooLong => write!(f, "relay loop: more than {HOPS_MAX} servers in the relay path"),
            Self::InvalidHeader => write!(f, "invalid header {HEADER}"),
        }
    }
}

impl Request {
    /// Returns the servers that request the stream; empty for a player.
    ///
    /// # Errors
    /// If there are too many, or the header is invalid.
    pub fn relay_path(&self) -> Result<RelayPath, RelayLoop> {
        self.header(HEADER).map_or(Ok(RelayPath::default()), RelayPath::parse)
    }
}

impl RelayPath {
    /// Parses the value of the header: ids separated by commas, as in any list.
    ///
    /// # Errors
    /// If there are too many ids, or one of them is invalid.
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

    /// Checks that no server is in this path twice, and that it is not too long.
    ///
    /// # Errors
    /// The path is a loop.
    pub fn check(&self) -> Result<(), RelayLoop> {
        let is_twice = |(at, id): (usize, &ServerId)| self.0[..at].contains(id);
        match self.0.iter().enumerate().any(is_twice) {
            true => Err(RelayLoop::ThisServer),
            false if self.0.len() > HOPS_MAX => Err(RelayLoop::TooLong),
            false => Ok(()),
        }
    }

    /// Checks that the server `here` may pass on a stream along this path.
    ///
    /// # Errors
    /// If the server is in the path already.
    pub fn check_loop(&self, here: ServerId) -> Result<(), RelayLoop> {
        if self.0.contains(&here) { Err(RelayLoop::ThisServer) } else { Ok(()) }
    }

    /// Checks that a stream that came along this path may be sent to the servers that `request` it.
    ///
    /// # Errors
    /// If one of them is in the path already.
    pub fn check_requester(&self, request: &Self) -> Result<(), RelayLoop> {
        let is_requester = |id: &ServerId| request.0.contains(id);
        if self.0.iter().any(is_requester) { Err(RelayLoop::Requester) } else { Ok(()) }
    }

    /// Returns the path with one more server at its end.
    #[must_use]
    pub fn extended_by(&self, next: ServerId) -> Self {
        Self(self.0.iter().copied().chain([next]).collect())
    }

    /// Returns whether this path contains all servers of `other`. If so, a peer that already has this path
    /// does not need `other`.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|id| self.0.contains(id))
    }
}

/// Formats the path as the value of the header.
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

    /// Returns the path that the next server receives from `by`.
    fn pass_on(by: ServerId, upstream: &RelayPath) -> Result<RelayPath, RelayLoop> {
        upstream.check_loop(by).and_then(|()| RelayPath::parse(&upstream.extended_by(by).to_string()))
    }

    #[test]
    fn chain_of_three_servers_is_not_a_loop() {
        let from_a = pass_on(A, &RelayPath::default()).expect("an origin");
        let from_b = pass_on(B, &from_a).expect("one between");
        let from_c = pass_on(C, &from_b).expect("one more");
        assert_eq!(from_c.to_string(), "000000000000000a, 0000000000000b00, ffffffffffffffff");
        assert!(from_c.covers(&from_b) && !from_b.covers(&from_c) && from_b.covers(&RelayPath::default()));
    }

    #[test]
    fn server_in_its_own_path_is_a_loop() {
        let from_a = pass_on(A, &RelayPath::default()).expect("an origin");
        assert_eq!(pass_on(A, &from_a), Err(RelayLoop::ThisServer), "A from A");
        let from_b = pass_on(B, &from_a).expect("one between");
        assert_eq!(pass_on(A, &from_b), Err(RelayLoop::ThisServer), "A from B from A");
        assert_eq!(
            pass_on(B, &pass_on(C, &from_b).expect("C")),
            Err(RelayLoop::ThisServer),
            "B from C from B"
        );
    }

    #[test]
    fn long_path_is_a_loop() {
        let mut path = RelayPath::default();
        for number in 0..HOPS_MAX as u64 {
            path = pass_on(ServerId::from_random(number), &path).expect("not too long");
        }
        assert_eq!(pass_on(C, &path), Err(RelayLoop::TooLong));
        assert_eq!(RelayPath::parse(&"0,".repeat(100_000)), Err(RelayLoop::InvalidHeader));
        assert_eq!(RelayPath::parse(&format!("{A},").repeat(100_000)), Err(RelayLoop::TooLong));
    }

    #[test]
    fn invalid_ids_are_an_invalid_header() {
        for value in ["x", "a", "00000000000000000a", "+00000000000000a", "000000000000000a 000000000000000b"]
        {
            assert_eq!(RelayPath::parse(value), Err(RelayLoop::InvalidHeader), "{value}");
        }
        assert_eq!(RelayPath::parse(" ,\t"), Ok(RelayPath::default()));
        assert_eq!(RelayPath::parse("000000000000000A,,"), Ok(RelayPath::default().extended_by(A)));
    }

    #[test]
    fn request_in_a_loop_gets_an_error_reply() {
        let request = |line: &str| Request::from_lines(&format!("GET /live HTTP/1.0\n{line}"));
        assert_eq!(request("Host: h").relay_path(), Ok(RelayPath::default()));
        let path = request(&format!("x-coldwave-path: {B}, {A}")).relay_path().expect("two ids");
        assert_eq!((path.check_loop(C), path.check_loop(B)), (Ok(()), Err(RelayLoop::ThisServer)));
        let from_a = RelayPath::default().extended_by(A);
        let own = request(&format!("X-Coldwave-Path: {A}")).relay_path().expect("one id");
        assert_eq!(from_a.check_requester(&own), Err(RelayLoop::Requester));
        assert_eq!(RelayPath::default().check_requester(&own), Ok(()));
        let invalid = request("X-Coldwave-Path: 127.0.0.1").relay_path().expect_err("no id");
        for (error, status) in [
            (RelayLoop::ThisServer, "508 Loop Detected"),
            (RelayLoop::Requester, "508 Loop Detected"),
            (RelayLoop::TooLong, "508 Loop Detected"),
            (invalid, "400 Bad Request"),
        ] {
            let reply = String::from_utf8(error.reply()).expect("UTF-8");
            assert!(reply.starts_with(&format!("HTTP/1.0 {status}\r\n")), "{reply}");
            assert!(reply.ends_with(&format!("\r\n\r\n{error}\r\n")), "{reply}");
        }
    }
}
