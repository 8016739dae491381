//! The head of a request, split into its parts.

use std::net::SocketAddr;

use percent_encoding::{percent_decode, percent_decode_str};

use super::normalize::normalize;
use super::refusal::RequestRefusal;
use crate::http::text::decode_text;

/// The longest head that is accepted, in bytes. Icecast stops at 4,096, which a browser's cookies alone can
/// exceed.
pub const HEAD_MAX: usize = 16 * 1024;

/// The most header lines of a head: the number that SHOUTcast's own server allows.
pub const HEADERS_MAX: usize = 100;

/// The head of a request. Owns its data, so the bytes it was parsed from can be dropped.
///
/// `{:?}` masks the values of headers that may contain a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The target up to the `?`, percent-decoded. May contain any character: print it with `{:?}`.
    pub path: String,
    /// The target after the `?`, as received.
    pub query: Option<String>,
    /// The version in the request line. The client may only support replies of an older version.
    pub version: HttpVersion,
    /// See [`external_url`](Self::external_url).
    external_url: Option<String>,
    /// See [`local_address`](Self::local_address).
    local_address: Option<SocketAddr>,
    /// See [`is_encrypted`](Self::is_encrypted).
    is_encrypted: bool,
    /// See [`client_uses_tls`](Self::client_uses_tls).
    client_uses_tls: Option<bool>,
    headers: Vec<(String, String)>,
}

/// The method of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// A listener, or a page.
    Get,
    /// Like `Get`, for the head alone: never attaches a listener.
    Head,
    /// A browser's CORS preflight, or libshout's first request.
    Options,
    /// A form, such as a title update.
    Post,
    /// A live source; Icecast's newer method.
    Put,
    /// A live source; Icecast's own method.
    Source,
    /// Icecast's own method for statistics.
    Stats,
    /// Any other method, its case as received.
    Other(String),
}

/// The version of HTTP in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpVersion {
    /// 1.0, `ICE/1.0`, or none.
    Http10,
    /// 1.1.
    Http11,
}

fn from_parsed(parsed: &httparse::Request) -> Request {
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    Request {
        method: Method::from(parsed.method.unwrap_or_default()),
        path: percent_decode_str(path).decode_utf8_lossy().into_owned(),
        query: query.map(str::to_owned),
        version: if parsed.version == Some(1) { HttpVersion::Http11 } else { HttpVersion::Http10 },
        external_url: None,
        local_address: None,
        is_encrypted: false,
        client_uses_tls: None,
        headers: parsed.headers.iter().map(owned_header).collect(),
    }
}

fn owned_header(header: &httparse::Header) -> (String, String) {
    (header.name.to_owned(), decode_text(header.value.trim_ascii()))
}

impl From<&str> for Method {
    fn from(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "OPTIONS" => Self::Options,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "SOURCE" => Self::Source,
            "STATS" => Self::Stats,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Request {
    /// Returns a GET request for this path, which is not decoded, without headers.
    pub fn get(path: &str) -> Self {
        Self {
            method: Method::Get,
            path: path.to_owned(),
            query: None,
            version: HttpVersion::Http11,
            external_url: None,
            local_address: None,
            is_encrypted: false,
            client_uses_tls: None,
            headers: Vec::new(),
        }
    }

    /// Parses a complete head, its empty line included.
    ///
    /// # Errors
    /// If the head is not a valid request.
    pub(in crate::http) fn parse_head(head: &[u8]) -> Result<Self, RequestRefusal> {
        let cleaned = normalize(head);
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(&cleaned) {
            Ok(httparse::Status::Complete(_)) => Ok(from_parsed(&parsed)),
            Err(httparse::Error::TooManyHeaders) => Err(RequestRefusal::TooManyHeaders),
            Err(httparse::Error::Version) => Err(RequestRefusal::UnsupportedVersion),
            Ok(httparse::Status::Partial) | Err(_) => Err(RequestRefusal::Malformed),
        }
    }

    /// Returns the URL under which the client reached the server, in the form of
    /// [`base_url`](crate::http::proxy::base_url::base_url), if it is from a trusted proxy or from the
    /// configuration. `None` if only the `Host` header names it.
    pub fn external_url(&self) -> Option<&str> {
        self.external_url.as_deref()
    }

    /// Sets the URL under which the client reached the server, from the configuration or from a trusted
    /// proxy.
    pub fn set_external_url(&mut self, base: String) {
        self.external_url = Some(base);
    }

    /// Returns the address that the client connected to: that of the server's end of the connection. `None`
    /// if it is not known.
    pub fn local_address(&self) -> Option<SocketAddr> {
        self.local_address
    }

    /// Sets the address that the client connected to.
    pub fn set_local_address(&mut self, address: SocketAddr) {
        self.local_address = Some(address);
    }

    /// Returns whether the client uses TLS on its connection to this server.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Sets whether the client uses TLS.
    pub fn set_encrypted(&mut self, is_encrypted: bool) {
        self.is_encrypted = is_encrypted;
    }

    /// Returns whether the client that caused the request uses TLS, also if a proxy forwarded it. `None` if
    /// there is a proxy that says nothing about it, or is not trusted.
    pub fn client_uses_tls(&self) -> Option<bool> {
        self.client_uses_tls
    }

    /// Sets whether the client that caused the request uses TLS, if that is known.
    pub fn set_client_uses_tls(&mut self, uses_tls: Option<bool>) {
        self.client_uses_tls = uses_tls;
    }

    /// Returns the value of the first header of that name. The name may be in any case; the value is trimmed,
    /// and the parser guarantees that it contains no line end.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the names, as received, and the values of all headers.
    pub(in crate::http) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the first value of that name in the query, percent-decoded and with `+` as a space. A name
    /// without `=` has an empty value.
    pub fn query_value(&self, name: &str) -> Option<String> {
        let pairs = self.query.as_deref()?.split('&');
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(other, _)| decode_query(other) == name).map(|(_, value)| decode_query(value))
    }

    /// Returns whether the client requests titles between the audio: `Icy-MetaData` is an integer other than
    /// zero.
    pub fn wants_metadata(&self) -> bool {
        self.header("icy-metadata")
            .and_then(|value| value.parse::<i64>().ok())
            .is_some_and(|value| value != 0)
    }

    /// Returns the `User-Agent`; empty if there is none.
    pub fn user_agent(&self) -> &str {
        self.header("user-agent").unwrap_or_default()
    }
}

fn decode_query(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode(spaced.as_bytes()).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
impl Request {
    /// Parses `head`, whose lines may end in `\n`; the empty line at its end is added.
    ///
    /// # Panics
    /// If `head` is not a valid request.
    pub fn from_lines(head: &str) -> Self {
        use crate::http::incoming::{Incoming, parse};
        match parse(format!("{head}\n\n").as_bytes()) {
            Incoming::Request { request, .. } => request,
            other => panic!("{head:?} is {other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_match_in_any_case() {
        let request = Request::from_lines("GET / HTTP/1.0\nHOST:h\nX-Empty:\nAccept: \t a \t\naccept: b");
        assert_eq!(request.header("host"), Some("h"));
        assert_eq!(request.header("Accept"), Some("a"));
        assert_eq!(request.header("x-empty"), Some(""));
        assert_eq!(request.header("x-none"), None);
        assert_eq!(request.user_agent(), "");
    }

    #[test]
    fn icy_metadata_is_an_integer_other_than_zero() {
        let wants =
            |line: &str| Request::from_lines(&format!("GET / HTTP/1.0\nHost: h\n{line}")).wants_metadata();
        for line in ["Icy-MetaData: 1", "Icy-MetaData:1", "icy-metadata: 2", "ICY-METADATA : 01"] {
            assert!(wants(line), "{line}");
        }
        for line in ["Icy-MetaData: 0", "Icy-MetaData: yes", "Icy-MetaData:", "Icy-MetaData: 1.5", "X-Icy: 1"]
        {
            assert!(!wants(line), "{line}");
        }
    }

    #[test]
    fn query_values_are_decoded() {
        let request = Request::from_lines("GET /stream?a&sid=2&s%69d=3&song=A+%26+B\"é HTTP/1.1");
        assert_eq!(request.query_value("sid").as_deref(), Some("2"));
        assert_eq!(request.query_value("song").as_deref(), Some("A & B\"é"));
        assert_eq!(request.query_value("a").as_deref(), Some(""));
        assert_eq!(request.query_value("b"), None);
        assert_eq!(Request::from_lines("GET /stream").query_value("sid"), None);
    }
}
