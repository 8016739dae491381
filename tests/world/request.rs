//! Requests of simulated clients, and the replies to them.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use coldwave::server::Peer;
use serde_json::Value;

use super::{ADMIN, Link, World};

/// A request under construction. Without further calls it is an HTTP/1.0 request without headers over a fast
/// link.
#[must_use = "a request does nothing until it is sent"]
pub struct Request<'w> {
    world: &'w mut World,
    address: Option<SocketAddr>,
    link: Link,
    preamble: Vec<u8>,
    method: String,
    target: String,
    version: &'static str,
    headers: String,
    body: String,
}

impl World {
    pub fn get(&mut self, target: &str) -> Request<'_> {
        self.request("GET", target)
    }

    pub fn head(&mut self, target: &str) -> Request<'_> {
        self.request("HEAD", target)
    }

    /// Starts a POST request with a body and its `Content-Length`.
    pub fn post(&mut self, target: &str, body: &str) -> Request<'_> {
        let request = self.request("POST", target).header("Content-Length", &body.len().to_string());
        Request { body: body.to_owned(), ..request }
    }

    pub fn request(&mut self, method: &str, target: &str) -> Request<'_> {
        Request {
            world: self,
            address: None,
            link: Link::Fast,
            preamble: Vec::new(),
            method: method.to_owned(),
            target: target.to_owned(),
            version: "HTTP/1.0",
            headers: String::new(),
            body: String::new(),
        }
    }
}

impl Request<'_> {
    /// Sets the client's address and port, such as `203.0.113.9:1`.
    pub fn from(mut self, address: &str) -> Self {
        self.address = Some(address.parse().expect("an address and a port"));
        self
    }

    pub fn link(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    /// Sends `bytes` before the request, such as a PROXY protocol header.
    pub fn preamble(mut self, bytes: &[u8]) -> Self {
        self.preamble = bytes.to_vec();
        self
    }

    pub fn http11(mut self) -> Self {
        self.version = "HTTP/1.1";
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }

    /// Adds header lines as they are, separated by LF; an empty text adds none.
    pub fn lines(mut self, lines: &str) -> Self {
        for line in lines.lines() {
            self.headers += &format!("{line}\r\n");
        }
        self
    }

    pub fn agent(self, agent: &str) -> Self {
        self.header("User-Agent", agent)
    }

    /// Adds basic authentication.
    pub fn auth(self, user: &str, password: &str) -> Self {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        self.header("Authorization", &format!("Basic {credentials}"))
    }

    /// Authenticates as the administrator of [`World::enable_admin`].
    pub fn by_admin(self) -> Self {
        self.auth(ADMIN.0, ADMIN.1)
    }

    /// Connects, sends the request and keeps the connection open.
    pub fn open(self) -> Peer {
        self.connect().1
    }

    /// Connects, sends the request, returns the part of the reply that arrives at once, and disconnects.
    pub fn send(self) -> Reply {
        let (world, peer) = self.connect();
        let reply = world.reply(peer);
        if !world.socket(peer).closed {
            world.disconnect(peer);
        }
        reply
    }
}

impl<'w> Request<'w> {
    fn connect(self) -> (&'w mut World, Peer) {
        let Self { world, address, link, preamble, method, target, version, headers, body } = self;
        let peer = match address {
            None => world.connect(link),
            Some(address) => world.connect_from(address, link),
        };
        let request = format!("{method} {target} {version}\r\n{headers}\r\n{body}");
        world.send(peer, &[preamble, request.into_bytes()].concat());
        (world, peer)
    }
}

/// A reply. It derefs to its text, and its methods return the parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply(String);

impl Reply {
    pub fn new(bytes: &[u8]) -> Self {
        Self(String::from_utf8_lossy(bytes).into_owned())
    }

    pub fn status_line(&self) -> &str {
        self.lines().next().unwrap_or_default()
    }

    /// Returns the status code of an HTTP reply, or 0 if it is something else.
    pub fn status(&self) -> u16 {
        let line = self.status_line();
        let rest = line.strip_prefix("HTTP/1.0 ").or(line.strip_prefix("HTTP/1.1 "));
        rest.and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or(0)
    }

    /// Returns the status line and the headers.
    pub fn head(&self) -> &str {
        self.split_once("\r\n\r\n").map_or(self, |(head, _)| head)
    }

    pub fn body(&self) -> &str {
        self.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    /// Returns the value of the first header with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head().split("\r\n").filter_map(|line| line.split_once(": "));
        headers.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl Deref for Reply {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<&str> for Reply {
    fn eq(&self, text: &&str) -> bool {
        self.0 == *text
    }
}
