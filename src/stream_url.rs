//! URLs of streams on other servers: `http://user:password@host:port/path?query`, or with `https://`.
//!
//! The `url` crate is not used, because it would add the Unicode rules for host names. A relay only needs the
//! host to connect to, the target to request, and the resolution of redirects.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// The longest accepted URL in bytes: all common browsers and servers support this length.
const URL_MAX: usize = 2048;

/// The longest host name in DNS, in bytes.
const HOST_MAX: usize = 253;

/// The default ports of `http://` and `https://`.
const PLAIN_PORT: u16 = 80;
const TLS_PORT: u16 = 443;

/// File extensions of playlists.
const PLAYLISTS: [&str; 5] = ["m3u", "m3u8", "pls", "xspf", "asx"];

/// Characters that are percent-encoded in a target. Existing percent-encoding stays unchanged: only the
/// server can interpret it.
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The URL of a stream on another server.
///
/// `Display` and `Debug` leave out login and query, so that neither gets into a log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StreamUrl {
    is_https: bool,
    host: String,
    port: u16,
    target: String,
    login: Option<Vec<u8>>,
}

/// Why a text is not the URL of a stream. `Display` describes the expected form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamUrlError {
    /// It begins neither with `http://` nor with `https://`.
    Scheme,
    /// The host is missing or contains an invalid character.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// It is longer than 2,048 bytes or contains control characters.
    Text,
    /// It has the file extension of a playlist.
    Playlist,
}

impl fmt::Display for StreamUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "expected an address that begins with http:// or https://",
            Self::Host => {
                "expected a host after http:// or https://, such as radio.example, 192.0.2.1 or [2001:db8::1]; \
                 non-ASCII names in their xn-- form"
            }
            Self::Port => "expected a port from 1 to 65535 after the host's colon",
            Self::Text => "expected an address of at most 2048 bytes without control characters",
            Self::Playlist => "is a playlist: expected the stream address in it",
        })
    }
}

impl StreamUrl {
    /// Parses a URL.
    ///
    /// # Errors
    /// If it is not the URL of a stream that coldwave can request.
    pub fn parse(text: &str) -> Result<Self, StreamUrlError> {
        Self::parse_any(text)?.unless_playlist()
    }

    /// Like [`parse`](Self::parse), for a URL that may also be that of a playlist.
    ///
    /// # Errors
    /// If it is not a URL that coldwave can request.
    pub fn parse_any(text: &str) -> Result<Self, StreamUrlError> {
        let text = text.trim();
        if text.len() > URL_MAX || text.contains(char::is_control) {
            return Err(StreamUrlError::Text);
        }
        let (scheme, rest) = text.split_once("://").ok_or(StreamUrlError::Scheme)?;
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(StreamUrlError::Scheme),
        };
        Self::parse_authority_and_target(rest, is_https)
    }

    fn parse_authority_and_target(text: &str, is_https: bool) -> Result<Self, StreamUrlError> {
        let (authority, target) = text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()));
        let (login, host_port) = match authority.rsplit_once('@') {
            Some((login, host_port)) => (Some(decoded_login(login)), host_port),
            None => (None, authority),
        };
        let (host, port) = parse_host_port(host_port)?;
        let port = port.unwrap_or_else(|| default_port(is_https));
        Ok(Self { is_https, host: host.to_ascii_lowercase(), port, target: encode_target(target), login })
    }

    /// Resolves a redirect to `location`, which may be a complete URL, one without a scheme, or a path.
    ///
    /// The login is kept only for the same server: no other may learn it.
    ///
    /// # Errors
    /// If the result is not the URL of a stream that coldwave can request.
    pub fn join(&self, location: &str) -> Result<Self, StreamUrlError> {
        self.join_any(location)?.unless_playlist()
    }

    /// Like [`join`](Self::join), for a redirect that may also lead to a playlist.
    ///
    /// # Errors
    /// If the result is not a URL that coldwave can request.
    pub fn join_any(&self, location: &str) -> Result<Self, StreamUrlError> {
        let location = location.trim();
        let mut resolved = if has_scheme(location) {
            Self::parse_any(location)?
        } else if location.starts_with("//") {
            Self::parse_any(&format!("{}:{location}", self.scheme()))?
        } else {
            Self { target: self.target_at(location)?, ..self.clone() }
        };
        if resolved.login.is_none() && self.is_same_server(&resolved) {
            resolved.login.clone_from(&self.login);
        }
        Ok(resolved)
    }

    /// Returns the URL of this path and query on the same server.
    pub fn at(&self, target: &str) -> Self {
        Self { target: encode_target(target), ..self.clone() }
    }

    /// Returns whether `other` is the same URL, apart from its login.
    pub fn is_same_without_login(&self, other: &Self) -> bool {
        Self { login: other.login.clone(), ..self.clone() } == *other
    }

    /// Returns whether `other` has the same host and port, without losing TLS. Of a server without TLS, this
    /// may also be the default port with TLS: many redirect to it, and its certificate proves who it is.
    fn is_same_server(&self, other: &Self) -> bool {
        let is_upgrade = !self.is_https && other.is_https;
        let is_same_port =
            self.port == other.port || is_upgrade && (self.port, other.port) == (PLAIN_PORT, TLS_PORT);
        self.host == other.host && is_same_port && (self.is_https == other.is_https || is_upgrade)
    }

    /// Rejects playlists. Every server offers a playlist for each stream, and users often copy its URL. The
    /// response would also reveal the mistake, but only after a connection.
    fn unless_playlist(self) -> Result<Self, StreamUrlError> {
        let extension = self.path().rsplit('/').next().and_then(|name| Some(name.rsplit_once('.')?.1));
        let is_playlist =
            extension.is_some_and(|extension| PLAYLISTS.contains(&extension.to_ascii_lowercase().as_str()));
        // Every path that begins with `/;` is the stream.
        if is_playlist && !self.target.starts_with("/;") { Err(StreamUrlError::Playlist) } else { Ok(self) }
    }

    /// Resolves a relative reference to a target.
    fn target_at(&self, reference: &str) -> Result<String, StreamUrlError> {
        let path = self.path();
        let resolved = match reference.as_bytes().first() {
            Some(b'/') => reference.to_owned(),
            Some(b'?') | None => format!("{path}{reference}"),
            Some(_) => format!("{}{reference}", &path[..=path.rfind('/').unwrap_or(0)]),
        };
        if resolved.len() > URL_MAX || resolved.contains(char::is_control) {
            return Err(StreamUrlError::Text);
        }
        Ok(encode_target(&without_dots(&resolved)))
    }

    /// Returns whether the server is asked over TLS.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Returns `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }

    /// Returns the host to connect to: a name, or an IP address (IPv6 without brackets).
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns path and query for the request line: percent-encoded, beginning with `/`.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Returns `user:password`, percent-decoded, if the URL contains a login.
    pub fn login(&self) -> Option<&[u8]> {
        self.login.as_deref()
    }

    /// Returns host and port for a `Host` header: the port only if it is not the default one.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == default_port(self.is_https) { host } else { format!("{host}:{}", self.port) }
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

impl fmt::Display for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority(), self.path())
    }
}

impl fmt::Debug for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// Percent-decodes `user:password`; a user without a password gets an empty one.
fn decoded_login(login: &str) -> Vec<u8> {
    let mut decoded: Vec<u8> = percent_decode_str(login).collect();
    if !login.contains(':') {
        decoded.push(b':');
    }
    decoded
}

fn default_port(is_https: bool) -> u16 {
    if is_https { TLS_PORT } else { PLAIN_PORT }
}

/// Splits a host and port, the host of IPv6 without its brackets. A port that is not given is `None`.
///
/// # Errors
/// If the host or the port is invalid.
pub fn parse_host_port(host_port: &str) -> Result<(&str, Option<u16>), StreamUrlError> {
    let (host, port) = match host_port.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(StreamUrlError::Host)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| StreamUrlError::Host)?;
            (host, port)
        }
        None => {
            let (host, port) = host_port.split_at(host_port.find(':').unwrap_or(host_port.len()));
            if host.is_empty() || host.len() > HOST_MAX || !host.bytes().all(is_host_byte) {
                return Err(StreamUrlError::Host);
            }
            (host, port)
        }
    };
    Ok((host, parse_port(port)?))
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
}

/// Parses the text behind a host: nothing, a colon, or a colon and a port.
fn parse_port(text: &str) -> Result<Option<u16>, StreamUrlError> {
    match text.strip_prefix(':') {
        Some("") => Ok(None),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            port.parse().ok().filter(|port| *port > 0).ok_or(StreamUrlError::Port).map(Some)
        }
        Some(_) => Err(StreamUrlError::Port),
        None if text.is_empty() => Ok(None),
        None => Err(StreamUrlError::Host),
    }
}

/// Returns the target to request, without the fragment, which is for the client only.
fn encode_target(text: &str) -> String {
    let text = text.split('#').next().unwrap_or_default();
    let encoded = utf8_percent_encode(text, UNSAFE).to_string();
    if encoded.starts_with('/') { encoded } else { format!("/{encoded}") }
}

/// Returns whether a reference begins with a scheme and so is a complete URL.
fn has_scheme(reference: &str) -> bool {
    reference.split_once("://").is_some_and(|(scheme, _)| !scheme.contains(['/', '?', '#']))
}

/// Removes `.` and `..` from a path; the text behind the path stays.
fn without_dots(target: &str) -> String {
    let (path, rest) = target.split_at(target.find(['?', '#']).unwrap_or(target.len()));
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
        // A directory keeps its trailing slash.
        if is_last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    format!("/{}{rest}", kept.join("/"))
}

#[cfg(test)]
mod tests;
