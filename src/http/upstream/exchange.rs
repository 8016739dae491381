//! The request that coldwave sends to an upstream, and the parsing of the response head.

use httparse::{EMPTY_HEADER, Header, ParserConfig};

use super::error::UpstreamError;
use crate::audio::Codec;
use crate::http::proxy::relay_path::{self, RelayPath, ServerId};
use crate::http::request::basic_auth::authorization_header;
use crate::http::request::dialect::{leading_blank, trim_line_end};
use crate::http::request::{HEAD_MAX, HEADERS_MAX};
use crate::http::request::{head_length, may_have_ended, push_header_line};
use crate::http::response::header::push_header;
use crate::http::response::reply::SERVER;
use crate::http::source::head::SourceInfo;
use crate::http::text::{decode_text, to_single_line};
use crate::stream_url::StreamUrl;

/// The longest interval between two titles in bytes of audio: 64 times the usual one. A larger value is an
/// error.
pub const METAINT_MAX: u32 = 1 << 20;

/// The most bytes (UTF-8) of a rejected value in a message.
const MESSAGE_VALUE_MAX: usize = 80;

/// Returns the complete request for a stream. It contains the id of this server, `here`, and nothing that a
/// listener has sent: an upstream that refuses it refuses this server, whichever listeners it has.
///
/// Uses HTTP/1.0, like Icecast's own relays and ICY players: it excludes chunked bodies and persistent
/// connections, and every server in use supports it. A response in HTTP/1.1, chunked or not, is accepted
/// nevertheless.
pub fn build_request(url: &StreamUrl, here: ServerId) -> Vec<u8> {
    let mut out = format!("GET {} HTTP/1.0\r\n", url.target()).into_bytes();
    push_header(&mut out, "Host", &url.authority());
    push_header(&mut out, "User-Agent", SERVER);
    push_header(&mut out, "Accept", "*/*");
    push_header(&mut out, "Icy-MetaData", "1");
    push_header(&mut out, "Connection", "close");
    if let Some(login) = url.login() {
        push_header(&mut out, "Authorization", &authorization_header(login));
    }
    push_header(&mut out, relay_path::HEADER, &here.to_string());
    out.extend_from_slice(b"\r\n");
    out
}

/// The state of the response, from the bytes received so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamResponse {
    /// Valid so far, but not complete.
    Incomplete,
    /// The response is a stream.
    Stream {
        /// The content of its head.
        upstream: Box<UpstreamHead>,
        /// The length of the head in bytes; the body follows.
        consumed: usize,
    },
    /// A redirect to this reference, as received.
    Redirect(String),
    /// The response is not a usable stream.
    Refused(UpstreamError),
}

/// The head of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamHead {
    /// The description of the station, as from a source. Its `metaint` is at most [`METAINT_MAX`].
    pub info: SourceInfo,
    /// The codec of the audio.
    pub codec: Codec,
    /// Whether the body is chunked; read it through
    /// [`ChunkedDecoder`](crate::http::source::chunked::ChunkedDecoder).
    pub chunked: bool,
    /// The servers running coldwave that the stream came through.
    pub relay_path: RelayPath,
}

/// Parses a response head at the front of `bytes`, which are all bytes received so far. The first `seen` of
/// them were [`UpstreamResponse::Incomplete`] in the previous call: all calls together read each byte only a
/// few times.
pub fn parse_more(bytes: &[u8], seen: usize) -> UpstreamResponse {
    let within = &bytes[..bytes.len().min(HEAD_MAX)];
    let seen = seen.min(within.len());
    if !may_be_http(within) {
        return UpstreamResponse::Refused(UpstreamError::NotHttp);
    }
    let length = if may_have_ended(within, seen) { head_length(within) } else { None };
    match length {
        Some(length) => answer(&within[..length]),
        None if within.len() < HEAD_MAX => UpstreamResponse::Incomplete,
        None => UpstreamResponse::Refused(UpstreamError::HeadTooLarge),
    }
}

/// The beginnings of a status line; `ICY` is SHOUTcast's own.
const PROTOCOLS: [&[u8]; 2] = [b"HTTP", b"ICY "];

fn may_be_http(bytes: &[u8]) -> bool {
    let bytes = &bytes[leading_blank(bytes)..];
    PROTOCOLS.iter().any(|protocol| {
        let common = bytes.len().min(protocol.len());
        bytes[..common].eq_ignore_ascii_case(&protocol[..common])
    })
}

fn answer(head: &[u8]) -> UpstreamResponse {
    let normalized = normalized(head);
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut headers);
    let status = lenient().parse_response(&mut parsed, &normalized);
    match (status, parsed.code) {
        (Ok(httparse::Status::Complete(_)), Some(code)) => {
            let reason = parsed.reason.unwrap_or_default();
            ResponseHeaders::new(parsed.headers).answer(code, reason, head.len())
        }
        (Err(httparse::Error::TooManyHeaders), _) => UpstreamResponse::Refused(UpstreamError::TooManyHeaders),
        _ => UpstreamResponse::Refused(UpstreamError::NotHttp),
    }
}

/// Returns a parser configuration that ignores lines that are not headers.
fn lenient() -> ParserConfig {
    let mut config = ParserConfig::default();
    config.ignore_invalid_headers_in_responses(true);
    config.allow_multiple_spaces_in_response_status_delimiters(true);
    config
}

/// Rewrites the head with the line end and the protocol that the parser accepts.
fn normalized(head: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len() + 64);
    let mut lines = head[leading_blank(head)..].split(|byte| *byte == b'\n').map(trim_line_end);
    let status = lines.next().unwrap_or_default();
    let rest = status.iter().position(|byte| *byte == b' ').map_or(&b""[..], |space| &status[space..]);
    out.extend_from_slice(b"HTTP/1.0");
    out.extend_from_slice(rest);
    out.extend_from_slice(b"\r\n");
    lines.take_while(|line| !line.is_empty()).for_each(|line| push_header_line(line, &mut out));
    out.extend_from_slice(b"\r\n");
    out
}

/// The headers of a response, each decoded with the charset that it appears to use.
struct ResponseHeaders(Vec<(String, String)>);

impl ResponseHeaders {
    fn new(headers: &[Header<'_>]) -> Self {
        let to_pair = |header: &Header<'_>| (header.name.to_owned(), decode_text(header.value.trim_ascii()));
        Self(headers.iter().map(to_pair).collect())
    }

    fn answer(&self, code: u16, reason: &str, consumed: usize) -> UpstreamResponse {
        match code {
            200 => match self.upstream() {
                Ok(upstream) => UpstreamResponse::Stream { upstream: Box::new(upstream), consumed },
                Err(error) => UpstreamResponse::Refused(error),
            },
            301 | 302 | 303 | 307 | 308 => {
                let location = self.value("location").filter(|location| !location.is_empty());
                location.map_or(UpstreamResponse::Refused(UpstreamError::MissingLocation), |to| {
                    UpstreamResponse::Redirect(to.to_owned())
                })
            }
            _ => UpstreamResponse::Refused(UpstreamError::Status { code, reason: for_log(reason) }),
        }
    }

    fn upstream(&self) -> Result<UpstreamHead, UpstreamError> {
        let info =
            SourceInfo::from_headers(self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let codec = codec(&info)?;
        self.check_metaint(info.metaint)?;
        let relay_path = RelayPath::parse(self.value(relay_path::HEADER).unwrap_or_default())
            .map_err(UpstreamError::RelayLoop)?;
        Ok(UpstreamHead { info, codec, chunked: self.chunked()?, relay_path })
    }

    fn chunked(&self) -> Result<bool, UpstreamError> {
        let [content_encoding, transfer_encoding] = ["content-encoding", "transfer-encoding"]
            .map(|name| self.value(name).unwrap_or_default().to_ascii_lowercase());
        match (content_encoding.as_str(), transfer_encoding.as_str()) {
            ("" | "identity", "" | "identity") => Ok(false),
            ("" | "identity", "chunked") => Ok(true),
            ("" | "identity", _) => Err(UpstreamError::UnsupportedEncoding(for_log(&transfer_encoding))),
            _ => Err(UpstreamError::UnsupportedEncoding(for_log(&content_encoding))),
        }
    }

    /// Rejects an invalid interval between titles, because with a wrong interval the audio would be noise.
    /// Some servers send 0 if there are no titles.
    fn check_metaint(&self, parsed: Option<u32>) -> Result<(), UpstreamError> {
        match (parsed, self.value("icy-metaint")) {
            (Some(..=METAINT_MAX), _) | (None, None | Some("" | "0")) => Ok(()),
            (_, value) => Err(UpstreamError::InvalidMetaint(for_log(value.unwrap_or_default()))),
        }
    }

    /// Returns the value of the first header of that name.
    fn value(&self, name: &str) -> Option<&str> {
        let mut headers = self.0.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Media types of playlists.
const PLAYLISTS: [&str; 7] = [
    "audio/x-mpegurl",
    "audio/mpegurl",
    "application/x-mpegurl",
    "application/vnd.apple.mpegurl",
    "audio/x-scpls",
    "audio/scpls",
    "application/xspf+xml",
];

fn codec(info: &SourceInfo) -> Result<Codec, UpstreamError> {
    info.codec().map_err(|_| match info.content_type.as_deref().unwrap_or_default() {
        kind if kind.starts_with("text/") || kind == "application/xhtml+xml" => UpstreamError::WebPage,
        kind if PLAYLISTS.contains(&kind) => UpstreamError::Playlist(kind.to_owned()),
        kind => UpstreamError::UnsupportedContentType(for_log(kind)),
    })
}

/// Shortens a received text for the log.
fn for_log(text: &str) -> String {
    to_single_line(text, MESSAGE_VALUE_MAX).unwrap_or_default()
}

#[cfg(test)]
mod tests;
