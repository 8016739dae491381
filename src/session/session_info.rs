//! Who came, what he asked for, and how it ended: what the log and the access log tell of a session.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::close_reason::CloseReason;
use crate::http::request::Request;
use crate::http::request::line::masked_url;
use crate::text::truncated;
use crate::time::Time;

/// Bytes kept of each thing that a peer says of itself: with them a listener stays at 600 bytes in all.
const TEXT_MAX: usize = 105;

/// Bytes kept of the list of those behind a proxy: two addresses of IPv6, or some of IPv4.
const FORWARDED_MAX: usize = 80;

/// Someone's visit.
#[derive(Debug)]
pub struct SessionInfo {
    /// The peer's address; if it is a proxy that is believed, that of whoever is behind it, with port 0 where none is told.
    pub address: SocketAddr,
    /// What is known of proxies between. Most have none, so this is small.
    proxied: Option<Box<ProxyInfo>>,
    /// When he connected.
    pub connected_at: Time,
    /// His request line, without passwords; empty before there is one.
    pub request_line: Box<str>,
    /// From where he was led here; empty if he does not say.
    pub referer: Box<str>,
    /// What his player calls itself; empty if it does not.
    pub user_agent: Box<str>,
}

/// What is known of the proxies that somebody comes through.
#[derive(Debug, Default)]
struct ProxyInfo {
    /// The one that was believed, if one was.
    through: Option<IpAddr>,
    forwarded_for: Box<str>,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy)]
pub struct SessionSummary<'a> {
    /// Whose it was.
    pub info: &'a SessionInfo,
    /// The code of the answer; 0 if there was none.
    pub status: u16,
    /// Bytes sent, head and all.
    pub bytes_sent: u64,
    /// How long he was connected.
    pub duration: Duration,
    /// Why it ended.
    pub reason: CloseReason,
}

impl SessionInfo {
    /// Someone connected and has not said anything yet.
    pub fn new(peer: SocketAddr, since: Time) -> Self {
        Self {
            address: peer,
            proxied: None,
            connected_at: since,
            request_line: "".into(),
            referer: "".into(),
            user_agent: "".into(),
        }
    }

    /// Notes that he gave a password where others ask for something: he is to be shown as `what`.
    pub fn note_login(&mut self, what: &str) {
        self.request_line = what.into();
    }

    /// Notes that `proxy`, which is believed, speaks for `client`.
    pub fn note_proxied_client(&mut self, proxy: IpAddr, client: SocketAddr) {
        self.address = client;
        self.proxied.get_or_insert_default().through = Some(proxy);
    }

    /// Notes what is said of whom he passes on.
    pub fn note_forwarded_for(&mut self, list: &str) {
        self.proxied.get_or_insert_default().forwarded_for = truncated(list, FORWARDED_MAX).into();
    }

    /// The proxy that spoke for him and was believed, if one did.
    pub fn proxy(&self) -> Option<IpAddr> {
        self.proxied.as_ref().and_then(|proxied| proxied.through)
    }

    /// What is said of whom is passed on here, believed or not; empty if nothing is.
    pub fn forwarded_for(&self) -> &str {
        self.proxied.as_ref().map_or("", |proxied| &proxied.forwarded_for)
    }

    /// Notes what he asked for.
    pub fn note_request(&mut self, request: &Request) {
        self.request_line = truncated(&request.masked_line(), TEXT_MAX).into();
        self.referer = truncated(&masked_url(request.header("referer").unwrap_or_default()), TEXT_MAX).into();
        self.user_agent = truncated(request.user_agent(), TEXT_MAX).into();
    }
}

/// One line for the operator.
impl fmt::Display for SessionSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SessionInfo { address: peer, request_line, user_agent, .. } = self.info;
        let seconds = self.duration.as_secs_f32();
        write!(f, "{peer} ")?;
        if let Some(proxy) = self.info.proxy() {
            write!(f, "(via {proxy}) ")?;
        }
        write!(f, "{} after {seconds:.1} s and {} bytes: {request_line:?} ", self.reason, self.bytes_sent)?;
        write!(f, "({user_agent:?})")
    }
}
