//! The request that coldwave sends to an upstream, and what the head of the response says about the stream.

use super::error::UpstreamError;
use super::response_head::{ResponseHead, for_log};
use crate::audio::Codec;
use crate::http::proxy::relay_path::{self, RelayPath, ServerId};
use crate::http::request::basic_auth::authorization_header;
use crate::http::response::header::push_header;
use crate::http::response::reply::SERVER;
use crate::http::source::head::SourceInfo;
use crate::stream_url::StreamUrl;

/// The longest interval between two titles in bytes of audio: 64 times the usual one. A larger value is an
/// error.
pub const METAINT_MAX: u32 = 1 << 20;

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
    match ResponseHead::parse_more(bytes, seen) {
        Ok(Some(head)) => answer(&head),
        Ok(None) => UpstreamResponse::Incomplete,
        Err(error) => UpstreamResponse::Refused(error),
    }
}

fn answer(head: &ResponseHead) -> UpstreamResponse {
    match head.code {
        200 => match upstream(head) {
            Ok(upstream) => UpstreamResponse::Stream { upstream: Box::new(upstream), consumed: head.length },
            Err(error) => UpstreamResponse::Refused(error),
        },
        _ if head.is_redirect() => {
            head.location().map_or(UpstreamResponse::Refused(UpstreamError::MissingLocation), |to| {
                UpstreamResponse::Redirect(to.to_owned())
            })
        }
        code => UpstreamResponse::Refused(UpstreamError::Status { code, reason: for_log(&head.reason) }),
    }
}

fn upstream(head: &ResponseHead) -> Result<UpstreamHead, UpstreamError> {
    let info = describe(head);
    let codec = codec(&info)?;
    check_metaint(info.metaint, head)?;
    let relay_path = RelayPath::parse(head.value(relay_path::HEADER).unwrap_or_default())
        .map_err(UpstreamError::RelayLoop)?;
    Ok(UpstreamHead { info, codec, chunked: head.is_chunked()?, relay_path })
}

/// Returns the description of the station in the headers.
pub fn describe(head: &ResponseHead) -> SourceInfo {
    SourceInfo::from_headers(head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// Rejects an invalid interval between titles, because with a wrong interval the audio would be noise. Some
/// servers send 0 if there are no titles.
///
/// # Errors
/// If `parsed`, which was read from the headers, is not what they say, or too long.
pub fn check_metaint(parsed: Option<u32>, head: &ResponseHead) -> Result<(), UpstreamError> {
    match (parsed, head.value("icy-metaint")) {
        (Some(..=METAINT_MAX), _) | (None, None | Some("" | "0")) => Ok(()),
        (_, value) => Err(UpstreamError::InvalidMetaint(for_log(value.unwrap_or_default()))),
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

#[cfg(test)]
mod tests;
