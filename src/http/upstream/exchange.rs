//! The other side of a listener's request: what coldwave asks another server for, and what that answers.
//!
//! See `protocol-notes/relay.md`.

use httparse::{EMPTY_HEADER, Header, ParserConfig};

use super::error::UpstreamError;
use crate::audio::Codec;
use crate::http::proxy::relay_path::{self, RelayPath};
use crate::http::request::basic::authorization_header;
use crate::http::request::dialect::{leading_blank, trim_line_end};
use crate::http::request::{HEAD_MAX, HEADERS_MAX};
use crate::http::request::{head_length, may_have_ended, push_header_line};
use crate::http::response::header::push_header;
use crate::http::response::reply::SERVER;
use crate::http::source::head::SourceInfo;
use crate::http::text::{decode_text, to_single_line};
use crate::stream_url::StreamUrl;

/// Bytes of audio between two titles at most: 64 times what is usual. What is beyond is no interval but an error.
pub const METAINT_MAX: u32 = 1 << 20;

/// What is told of a text that something is wrong with, in bytes of UTF-8.
const TOLD_MAX: usize = 80;

/// The request for a stream, whole. `way` are the servers that the stream is for: this one, behind those that asked it.
///
/// HTTP/1.0, as Icecast's own relays and players of ICY ask: it rules out chunks and connections that stay open, and every
/// server in use takes it. Who answers in HTTP/1.1 all the same, with chunks or without, is understood.
pub fn build_request(url: &StreamUrl, way: &RelayPath) -> Vec<u8> {
    let mut out = format!("GET {} HTTP/1.0\r\n", url.target()).into_bytes();
    push_header(&mut out, "Host", &url.authority());
    push_header(&mut out, "User-Agent", SERVER);
    push_header(&mut out, "Accept", "*/*");
    push_header(&mut out, "Icy-MetaData", "1");
    push_header(&mut out, "Connection", "close");
    if let Some(login) = url.login() {
        push_header(&mut out, "Authorization", &authorization_header(login));
    }
    push_header(&mut out, relay_path::HEADER, &way.to_string());
    out.extend_from_slice(b"\r\n");
    out
}

/// What has been made of the bytes that a server has answered so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamResponse {
    /// Nothing is wrong and nothing is whole yet.
    Incomplete,
    /// Here is a stream.
    Stream {
        /// What its head says.
        upstream: Box<UpstreamHead>,
        /// How many bytes the head took; the body follows.
        consumed: usize,
    },
    /// The stream is elsewhere: at this reference, as it came.
    Redirect(String),
    /// There is no stream.
    Refused(UpstreamError),
}

/// What the head of a stream says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamHead {
    /// What the station is called, and so on: the same that a source says. Its `metaint` is at most [`METAINT_MAX`].
    pub info: SourceInfo,
    /// What the audio is encoded with.
    pub codec: Codec,
    /// Whether the body is in chunks; read it through [`ChunkedDecoder`](crate::http::source::chunked::Decoder).
    pub chunked: bool,
    /// The servers running coldwave that the stream came through.
    pub relay_path: RelayPath,
}

/// Looks for an answer's head at the front of `bytes`, all that came so far. Of those, the first `seen` were
/// [`RequestOutcome::NotYet`] in the call before: all calls together look at each byte a few times only.
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

/// Beginnings of a status line, of which `ICY` is SHOUTcast's own.
const PROTOCOLS: [&[u8]; 2] = [b"HTTP", b"ICY "];

fn may_be_http(bytes: &[u8]) -> bool {
    let bytes = &bytes[leading_blank(bytes)..];
    PROTOCOLS.iter().any(|protocol| {
        let common = bytes.len().min(protocol.len());
        bytes[..common].eq_ignore_ascii_case(&protocol[..common])
    })
}

fn answer(head: &[u8]) -> UpstreamResponse {
    let cleaned = cleaned(head);
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut headers);
    let status = lenient().parse_response(&mut parsed, &cleaned);
    match (status, parsed.code) {
        (Ok(httparse::Status::Complete(_)), Some(code)) => {
            let reason = parsed.reason.unwrap_or_default();
            ResponseHeaders::new(parsed.headers).answer(code, reason, head.len())
        }
        (Err(httparse::Error::TooManyHeaders), _) => UpstreamResponse::Refused(UpstreamError::TooManyHeaders),
        _ => UpstreamResponse::Refused(UpstreamError::NotHttp),
    }
}

/// Lines that are no headers are passed over: they do not change what the others say.
fn lenient() -> ParserConfig {
    let mut config = ParserConfig::default();
    config.ignore_invalid_headers_in_responses(true);
    config.allow_multiple_spaces_in_response_status_delimiters(true);
    config
}

/// The head with the one line end and the one protocol that the parser takes.
fn cleaned(head: &[u8]) -> Vec<u8> {
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

/// The lines of a head, each in the charset that it seems to be in.
struct ResponseHeaders(Vec<(String, String)>);

impl ResponseHeaders {
    fn new(headers: &[Header<'_>]) -> Self {
        let own = |header: &Header<'_>| (header.name.to_owned(), decode_text(header.value.trim_ascii()));
        Self(headers.iter().map(own).collect())
    }

    fn answer(&self, code: u16, reason: &str, consumed: usize) -> UpstreamResponse {
        match code {
            200 => match self.upstream() {
                Ok(upstream) => UpstreamResponse::Stream { upstream: Box::new(upstream), consumed },
                Err(unfit) => UpstreamResponse::Refused(unfit),
            },
            301 | 302 | 303 | 307 | 308 => {
                let location = self.value("location").filter(|location| !location.is_empty());
                location.map_or(UpstreamResponse::Refused(UpstreamError::MissingLocation), |to| {
                    UpstreamResponse::Redirect(to.to_owned())
                })
            }
            _ => UpstreamResponse::Refused(UpstreamError::Status { code, reason: told(reason) }),
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
        let [packed, sent] = ["content-encoding", "transfer-encoding"]
            .map(|name| self.value(name).unwrap_or_default().to_ascii_lowercase());
        match (packed.as_str(), sent.as_str()) {
            ("" | "identity", "" | "identity") => Ok(false),
            ("" | "identity", "chunked") => Ok(true),
            ("" | "identity", _) => Err(UpstreamError::UnsupportedEncoding(told(&sent))),
            _ => Err(UpstreamError::UnsupportedEncoding(told(&packed))),
        }
    }

    /// Where the titles are cannot be guessed: with the wrong number all is noise. 0 is what some servers say where there
    /// are none.
    fn check_metaint(&self, understood: Option<u32>) -> Result<(), UpstreamError> {
        match (understood, self.value("icy-metaint")) {
            (Some(..=METAINT_MAX), _) | (None, None | Some("" | "0")) => Ok(()),
            (_, said) => Err(UpstreamError::InvalidMetaint(told(said.unwrap_or_default()))),
        }
    }

    /// The value of the first header of that name.
    fn value(&self, name: &str) -> Option<&str> {
        let mut headers = self.0.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What an address leads to that is one of a playlist.
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
        kind => UpstreamError::UnsupportedContentType(told(kind)),
    })
}

/// A text for the log.
fn told(text: &str) -> String {
    to_single_line(text, TOLD_MAX).unwrap_or_default()
}

#[cfg(test)]
mod tests;
