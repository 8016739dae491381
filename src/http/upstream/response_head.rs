//! The head of another server's response: its status and its headers, from any kind of server.

use httparse::{EMPTY_HEADER, Header, ParserConfig};

use super::error::UpstreamError;
use crate::http::request::dialect::{leading_blank, trim_line_end};
use crate::http::request::{HEAD_MAX, HEADERS_MAX};
use crate::http::request::{head_length, may_have_ended, push_header_line};
use crate::http::text::{decode_text, to_single_line};

/// The most bytes (UTF-8) of a rejected value in a message.
const MESSAGE_VALUE_MAX: usize = 80;

/// The head of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// The protocol in the status line, such as `HTTP/1.1` or `ICY`.
    pub protocol: String,
    /// The status code.
    pub code: u16,
    /// The reason phrase, as received; may be empty.
    pub reason: String,
    /// The headers in order, each decoded with the charset that it appears to use.
    pub headers: Vec<(String, String)>,
    /// The length of the head in bytes; the body follows.
    pub length: usize,
}

impl ResponseHead {
    /// Parses a head at the front of `bytes`, which are all bytes received so far. Returns `None` as long as
    /// it is not complete. The first `seen` of them were not complete in the previous call: all calls
    /// together read each byte only a few times.
    ///
    /// # Errors
    /// If it is neither HTTP nor ICY, or exceeds a limit.
    pub fn parse_more(bytes: &[u8], seen: usize) -> Result<Option<Self>, UpstreamError> {
        let within = &bytes[..bytes.len().min(HEAD_MAX)];
        let seen = seen.min(within.len());
        if !may_be_http(within) {
            return Err(UpstreamError::NotHttp);
        }
        let length = if may_have_ended(within, seen) { head_length(within) } else { None };
        match length {
            Some(length) => Self::parse(&within[..length]).map(Some),
            None if within.len() < HEAD_MAX => Ok(None),
            None => Err(UpstreamError::HeadTooLarge),
        }
    }

    fn parse(head: &[u8]) -> Result<Self, UpstreamError> {
        let (protocol, normalized) = normalized(head);
        let mut headers = [EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Response::new(&mut headers);
        let status = lenient().parse_response(&mut parsed, &normalized);
        match (status, parsed.code) {
            (Ok(httparse::Status::Complete(_)), Some(code)) => Ok(Self {
                protocol,
                code,
                reason: parsed.reason.unwrap_or_default().to_owned(),
                headers: parsed.headers.iter().map(to_pair).collect(),
                length: head.len(),
            }),
            (Err(httparse::Error::TooManyHeaders), _) => Err(UpstreamError::TooManyHeaders),
            _ => Err(UpstreamError::NotHttp),
        }
    }

    /// Returns the value of the first header of that name.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the media type in lower case, without parameters; empty if there is none.
    pub fn media_type(&self) -> String {
        let kind = self.value("content-type").unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Returns whether the status is a redirect.
    pub fn is_redirect(&self) -> bool {
        matches!(self.code, 301 | 302 | 303 | 307 | 308)
    }

    /// Returns the reference of a redirect, as received.
    pub fn location(&self) -> Option<&str> {
        self.value("location").filter(|location| !location.is_empty())
    }

    /// Returns whether the body is chunked.
    ///
    /// # Errors
    /// If it is encoded in another way.
    pub fn is_chunked(&self) -> Result<bool, UpstreamError> {
        let [content_encoding, transfer_encoding] = ["content-encoding", "transfer-encoding"]
            .map(|name| self.value(name).unwrap_or_default().to_ascii_lowercase());
        match (content_encoding.as_str(), transfer_encoding.as_str()) {
            ("" | "identity", "" | "identity") => Ok(false),
            ("" | "identity", "chunked") => Ok(true),
            ("" | "identity", _) => Err(UpstreamError::UnsupportedEncoding(for_log(&transfer_encoding))),
            _ => Err(UpstreamError::UnsupportedEncoding(for_log(&content_encoding))),
        }
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

/// Returns a parser configuration that ignores lines that are not headers.
fn lenient() -> ParserConfig {
    let mut config = ParserConfig::default();
    config.ignore_invalid_headers_in_responses(true);
    config.allow_multiple_spaces_in_response_status_delimiters(true);
    config
}

/// Rewrites the head with the line end and the protocol that the parser accepts. Returns the protocol that
/// was there, too.
fn normalized(head: &[u8]) -> (String, Vec<u8>) {
    let mut out = Vec::with_capacity(head.len() + 64);
    let mut lines = head[leading_blank(head)..].split(|byte| *byte == b'\n').map(trim_line_end);
    let status = lines.next().unwrap_or_default();
    let (protocol, rest) =
        status.split_at(status.iter().position(|byte| *byte == b' ').unwrap_or(status.len()));
    out.extend_from_slice(b"HTTP/1.0");
    out.extend_from_slice(rest);
    out.extend_from_slice(b"\r\n");
    lines.take_while(|line| !line.is_empty()).for_each(|line| push_header_line(line, &mut out));
    out.extend_from_slice(b"\r\n");
    (for_log(&decode_text(protocol)), out)
}

fn to_pair(header: &Header<'_>) -> (String, String) {
    (header.name.to_owned(), decode_text(header.value.trim_ascii()))
}

/// Shortens a received text for the log.
pub(super) fn for_log(text: &str) -> String {
    to_single_line(text, MESSAGE_VALUE_MAX).unwrap_or_default()
}
