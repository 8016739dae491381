//! Requests over loopback, and the replies to them.

use std::net::{Ipv4Addr, SocketAddr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::tls::TlsClient;
use super::{Head, Listener, Peer};

/// A request under construction. Without further calls it is an HTTP/1.0 request without headers.
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    address: SocketAddr,
    client: Option<Ipv4Addr>,
    tls: Option<TlsClient>,
    method: String,
    target: String,
    version: &'static str,
    headers: String,
    body: String,
}

/// A reply that has ended.
#[derive(Debug)]
pub struct Reply {
    pub head: Head,
    pub body: Vec<u8>,
}

impl Request {
    pub fn new(address: SocketAddr, method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        let (version, headers, body) = ("HTTP/1.0", String::new(), String::new());
        Self { address, client: None, tls: None, method, target, version, headers, body }
    }

    /// Connects from another address of this machine, such as 127.0.0.2.
    pub fn from(self, client: Ipv4Addr) -> Self {
        Self { client: Some(client), ..self }
    }

    /// Sends it over TLS.
    pub fn over_tls(self, client: &TlsClient) -> Self {
        Self { tls: Some(client.clone()), ..self }
    }

    pub fn http11(mut self) -> Self {
        self.version = "HTTP/1.1";
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
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

    /// Adds a body with its `Content-Length`.
    pub fn body(self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self.header("Content-Length", &body.len().to_string()) }
    }

    /// Connects, sends the request and keeps the connection open.
    pub fn open(self) -> Peer {
        let Self { address, client, tls, method, target, version, headers, body } = self;
        let mut peer = match (client, tls) {
            (_, Some(tls)) => tls.connect(address),
            (None, None) => Peer::connect(address),
            (Some(client), None) => Peer::connect_from(client, address),
        };
        peer.send(format!("{method} {target} {version}\r\n{headers}\r\n{body}").as_bytes());
        peer
    }

    /// Connects, sends the request and reads the head of the stream.
    #[track_caller]
    pub fn listen(self) -> Listener {
        Listener::new(self.open())
    }

    /// Connects, sends the request and reads the reply, which must end cleanly.
    #[track_caller]
    pub fn send(self) -> Reply {
        let mut peer = self.open();
        let head = peer.head();
        Reply { head, body: peer.read_to_end().expect("the reply ends cleanly") }
    }
}

impl Reply {
    pub fn status_line(&self) -> &str {
        &self.head.status
    }

    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Returns the body of a reply whose status must be 200.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.head.status.ends_with(" 200 OK"), "{:?}", self.head);
        self.text().to_owned()
    }
}
