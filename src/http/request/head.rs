//! A request's head, taken apart into what it asks for.

use percent_encoding::{percent_decode, percent_decode_str};

use super::clean::normalize;
use super::refusal::RequestRefusal;
use crate::http::text::decode_text;

/// The longest head that is read, in bytes. Icecast stops at 4,096, which a browser's cookies alone can exceed.
pub const HEAD_MAX: usize = 16 * 1024;

/// The most header lines a head may have: the number that SHOUTcast's own server allows.
pub const HEADERS_MAX: usize = 100;

/// A request's head. Owns what it says, so the bytes it came from can go.
///
/// `{:?}` leaves out what a header says that may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What is to be done.
    pub method: Method,
    /// The target up to the `?`, percent-decoded. May hold any character: print it with `{:?}`.
    pub path: String,
    /// The target behind the `?`, as it came.
    pub query: Option<String>,
    /// The version the client claims; the one it takes in a reply may be older.
    pub version: HttpVersion,
    /// See [`reached_at`](Self::reached_at).
    reached_at: Option<String>,
    headers: Vec<(String, String)>,
}

/// The first word of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// A listener, or a page.
    Get,
    /// As `Get`, but for the head alone: never attaches a listener.
    Head,
    /// A browser's CORS preflight; libshout's first step.
    Options,
    /// A form, such as a title update.
    Post,
    /// A source of Icecast's newer kind.
    Put,
    /// Icecast's own word for "here comes a source".
    Source,
    /// Icecast's own word for "tell me how you are".
    Stats,
    /// Any other word, upper and lower case as it came.
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

fn own(parsed: &httparse::Request) -> Request {
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    Request {
        method: Method::from(parsed.method.unwrap_or_default()),
        path: percent_decode_str(path).decode_utf8_lossy().into_owned(),
        query: query.map(str::to_owned),
        version: if parsed.version == Some(1) { HttpVersion::Http11 } else { HttpVersion::Http10 },
        reached_at: None,
        headers: parsed.headers.iter().map(own_header).collect(),
    }
}

fn own_header(header: &httparse::Header) -> (String, String) {
    (header.name.to_owned(), decode_text(header.value.trim_ascii()))
}

impl From<&str> for Method {
    fn from(word: &str) -> Self {
        match word {
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
    /// A GET of this path, which is taken as it is, without any header.
    pub fn get(path: &str) -> Self {
        Self {
            method: Method::Get,
            path: path.to_owned(),
            query: None,
            version: HttpVersion::Http11,
            reached_at: None,
            headers: Vec::new(),
        }
    }

    /// The request that a whole head is, its empty line included.
    ///
    /// # Errors
    /// It is none.
    pub(in crate::http) fn parse_head(head: &[u8]) -> Result<Self, RequestRefusal> {
        let cleaned = normalize(head);
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(&cleaned) {
            Ok(httparse::Status::Complete(_)) => Ok(own(&parsed)),
            Err(httparse::Error::TooManyHeaders) => Err(RequestRefusal::TooManyHeaders),
            Err(httparse::Error::Version) => Err(RequestRefusal::UnsupportedVersion),
            Ok(httparse::Status::Partial) | Err(_) => Err(RequestRefusal::Malformed),
        }
    }

    /// Where whoever asks found us, as [`base`](crate::http::proxy::base::base) has it, if others say so than the request itself.
    pub fn external_url(&self) -> Option<&str> {
        self.reached_at.as_deref()
    }

    /// Notes where whoever asks found us: by the operator's word, or a proxy's that is believed.
    pub fn set_external_url(&mut self, base: String) {
        self.reached_at = Some(base);
    }

    /// The value of the first header of that name, in any case; trimmed, and without line ends by construction.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names, as they came, and values of all headers.
    pub(in crate::http) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value of that name in the query, decoded; `+` is a space. A name without `=` has an empty value.
    pub fn query_value(&self, name: &str) -> Option<String> {
        let pairs = self.query.as_deref()?.split('&');
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(other, _)| decode_query(other) == name).map(|(_, value)| decode_query(value))
    }

    /// Whether the client wants titles between the audio: `IcyStatusLine-MetaData` is an integer other than zero.
    pub fn wants_metadata(&self) -> bool {
        self.header("icy-metadata")
            .and_then(|value| value.parse::<i64>().ok())
            .is_some_and(|value| value != 0)
    }

    /// The `User-AgentPattern`, empty if there is none.
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
    /// The request that `head` is; its lines may end in `\n`, and the empty line at its end is added.
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
    fn finds_headers_in_any_case() {
        let request = Request::from_lines("GET / HTTP/1.0\nHOST:h\nX-Empty:\nAccept: \t a \t\naccept: b");
        assert_eq!(request.header("host"), Some("h"));
        assert_eq!(request.header("Accept"), Some("a"));
        assert_eq!(request.header("x-empty"), Some(""));
        assert_eq!(request.header("x-none"), None);
        assert_eq!(request.user_agent(), "");
    }

    #[test]
    fn reads_icy_metadata_as_an_integer() {
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
    fn decodes_values_of_the_query() {
        let request = Request::from_lines("GET /stream?a&sid=2&s%69d=3&song=A+%26+B\"é HTTP/1.1");
        assert_eq!(request.query_value("sid").as_deref(), Some("2"));
        assert_eq!(request.query_value("song").as_deref(), Some("A & B\"é"));
        assert_eq!(request.query_value("a").as_deref(), Some(""));
        assert_eq!(request.query_value("b"), None);
        assert_eq!(Request::from_lines("GET /stream").query_value("sid"), None);
    }
}
