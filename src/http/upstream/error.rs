//! Why the answer of another server is no stream that can be relayed.

use std::fmt;

use crate::http::proxy::relay_path::RelayLoop;
use crate::stream_url::StreamUrlError;

/// Redirects that are followed in a row. DNAS allows as many (protocol-notes/relay.md, "Redirects"); more go in a circle.
pub const REDIRECTS_MAX: u8 = 5;

/// Why an answer is no stream that can be relayed. Shown as the end of a sentence whose beginning is the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamError {
    /// It is in no protocol that a stream's head is in.
    NotHttp,
    /// Its head is longer than [`HEAD_MAX`](crate::http::request::HEAD_MAX).
    HeadTooLarge,
    /// Its head has more than [`HEADERS_MAX`](crate::http::request::HEADERS_MAX) lines.
    TooManyHeaders,
    /// It says no, or something that is no answer to what was asked.
    Status {
        /// The code.
        code: u16,
        /// The words behind it, on one line; may be empty.
        reason: String,
    },
    /// It leads elsewhere, but does not say where.
    MissingLocation,
    /// It leads where no relay can go.
    InvalidRedirect(StreamUrlError),
    /// It leads elsewhere, as did the [`REDIRECTS_MAX`](REDIRECTS_MAX) before it.
    TooManyRedirects,
    /// It is text for people.
    WebPage,
    /// It is a playlist, and the stream's address stands in it.
    Playlist(String),
    /// It is neither MP3 nor AAC but this.
    UnsupportedContentType(String),
    /// It is packed in a way that no stream is.
    UnsupportedEncoding(String),
    /// The titles are where no number says.
    InvalidMetaint(String),
    /// It is not to go any further.
    RelayLoop(RelayLoop),
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp => write!(f, "sent an invalid HTTP response"),
            Self::HeadTooLarge => write!(f, "sent a response head that is too large"),
            Self::TooManyHeaders => write!(f, "sent too many response headers"),
            Self::Status { code, reason } if reason.is_empty() => write!(f, "responded with {code}"),
            Self::Status { code, reason } => write!(f, "responded with {code} {reason}"),
            Self::MissingLocation => write!(f, "sent a redirect without a Location"),
            Self::InvalidRedirect(fault) => write!(f, "sent a redirect to an unusable address: {fault}"),
            Self::TooManyRedirects => write!(f, "redirected more than {REDIRECTS_MAX} times"),
            Self::WebPage => write!(f, "sent a web page instead of a stream"),
            Self::Playlist(kind) => {
                write!(f, "sent a playlist ({kind}): relay the stream address in it")
            }
            Self::UnsupportedContentType(kind) => write!(f, "sent {kind:?}: only MP3 and AAC can be relayed"),
            Self::UnsupportedEncoding(coding) => write!(f, "uses the unsupported encoding {coding:?}"),
            Self::InvalidMetaint(value) => write!(f, "sent an invalid icy-metaint {value:?}"),
            Self::RelayLoop(circle) => circle.fmt(f),
        }
    }
}
