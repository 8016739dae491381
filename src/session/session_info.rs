//! The client, the request and the end of a session, for the log and the access log.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::close_reason::CloseReason;
use crate::http::request::Request;
use crate::http::request::line::masked_url;
use crate::station::StationKey;
use crate::text::truncated;
use crate::time::Time;

/// The most bytes kept of each text that a client sends about itself. With this limit, a listener takes 600
/// bytes in all.
const TEXT_MAX: usize = 98;

/// The most bytes kept of the list of forwarded addresses: two IPv6 addresses, or several IPv4 addresses.
const FORWARDED_MAX: usize = 80;

/// The client of a session and its request.
#[derive(Debug)]
pub struct SessionInfo {
    /// The client's address. Behind a trusted proxy, the address that the proxy forwarded, with port 0 if it
    /// forwarded none.
    pub address: SocketAddr,
    /// The proxies in front of the client. Boxed, because most clients have none.
    proxies: Option<Box<ProxyInfo>>,
    /// Whether it uses TLS.
    pub is_encrypted: bool,
    /// The station at which it has been a listener.
    pub listened_to: Option<StationKey>,
    /// When it connected.
    pub connected_at: Time,
    /// The request line, with passwords masked; empty before there is one.
    pub request_line: Box<str>,
    /// The `Referer` header; empty if there is none.
    pub referer: Box<str>,
    /// The `User-Agent` header; empty if there is none.
    pub user_agent: Box<str>,
}

/// The proxies in front of a client.
#[derive(Debug, Default)]
struct ProxyInfo {
    /// The trusted proxy, if there is one.
    trusted: Option<IpAddr>,
    forwarded_for: Box<str>,
}

/// How a session ended.
#[derive(Debug, Clone, Copy)]
pub struct SessionSummary<'a> {
    /// The client and its request.
    pub info: &'a SessionInfo,
    /// The status code of the response; 0 if there was none.
    pub status: u16,
    /// Bytes sent, including the head.
    pub bytes_sent: u64,
    /// How long it was connected.
    pub duration: Duration,
    /// Why the session ended.
    pub reason: CloseReason,
    /// If it was a listener, the title on air at its end; empty if there was none.
    pub title: Option<&'a str>,
}

impl SessionInfo {
    /// Creates the information for a new client.
    pub fn new(address: SocketAddr, connected_at: Time) -> Self {
        Self {
            address,
            proxies: None,
            is_encrypted: false,
            listened_to: None,
            connected_at,
            request_line: "".into(),
            referer: "".into(),
            user_agent: "".into(),
        }
    }

    /// Notes a login with a bare password, which has no request line. `protocol` is logged in its place.
    pub fn note_login(&mut self, protocol: &str) {
        self.request_line = protocol.into();
    }

    /// Notes that the trusted proxy `proxy` forwards for `client`.
    pub fn note_proxied_client(&mut self, proxy: IpAddr, client: SocketAddr) {
        self.address = client;
        self.proxies.get_or_insert_default().trusted = Some(proxy);
    }

    /// Notes the list of addresses from the client's forwarding headers, trusted or not.
    pub fn note_forwarded_for(&mut self, list: &str) {
        self.proxies.get_or_insert_default().forwarded_for = truncated(list, FORWARDED_MAX).into();
    }

    /// Returns the trusted proxy that forwarded the client's address, if there is one.
    pub fn proxy(&self) -> Option<IpAddr> {
        self.proxies.as_ref().and_then(|proxies| proxies.trusted)
    }

    /// Returns the list of forwarded addresses, trusted or not; empty if there is none.
    pub fn forwarded_for(&self) -> &str {
        self.proxies.as_ref().map_or("", |proxies| &proxies.forwarded_for)
    }

    /// Notes the request.
    pub fn note_request(&mut self, request: &Request) {
        self.request_line = truncated(&request.masked_line(), TEXT_MAX).into();
        self.referer = truncated(&masked_url(request.header("referer").unwrap_or_default()), TEXT_MAX).into();
        self.user_agent = truncated(request.user_agent(), TEXT_MAX).into();
    }
}

/// Formats one line for the log.
impl fmt::Display for SessionSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SessionInfo { address, request_line, user_agent, .. } = self.info;
        let seconds = self.duration.as_secs_f32();
        write!(f, "{address} ")?;
        if let Some(proxy) = self.info.proxy() {
            write!(f, "(via {proxy}) ")?;
        }
        write!(f, "{} after {seconds:.1} s and {} bytes: {request_line:?} ", self.reason, self.bytes_sent)?;
        write!(f, "({user_agent:?})")
    }
}
