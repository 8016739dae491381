//! The reasons why a response of another server cannot be relayed.

use std::fmt;

use crate::http::proxy::relay_path::RelayLoop;
use crate::stream_url::StreamUrlError;

/// The most redirects that are followed in a row, the same number as in DNAS (protocol-notes/relay.md,
/// "Redirects"). More redirects are treated as a loop.
pub const REDIRECTS_MAX: u8 = 5;

/// Why a response cannot be relayed. `Display` is the end of a sentence that begins with the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamError {
    /// It is neither HTTP nor ICY.
    NotHttp,
    /// Its head is longer than [`HEAD_MAX`](crate::http::request::HEAD_MAX).
    HeadTooLarge,
    /// Its head has more than [`HEADERS_MAX`](crate::http::request::HEADERS_MAX) lines.
    TooManyHeaders,
    /// Its status is neither success nor a redirect.
    Status {
        /// The status code.
        code: u16,
        /// The reason phrase, on one line; may be empty.
        reason: String,
    },
    /// It is a redirect without a `Location`.
    MissingLocation,
    /// It is a redirect to an unusable URL.
    InvalidRedirect(StreamUrlError),
    /// It is a redirect away from TLS, to an `http://` address.
    RedirectToPlain,
    /// It is one redirect more than [`REDIRECTS_MAX`].
    TooManyRedirects,
    /// It is a web page.
    WebPage,
    /// It is a playlist, which contains the URL of the stream.
    Playlist(String),
    /// It has this media type, neither MP3 nor AAC.
    UnsupportedContentType(String),
    /// It has this unsupported content or transfer encoding.
    UnsupportedEncoding(String),
    /// It has this invalid `icy-metaint`.
    InvalidMetaint(String),
    /// Its codec differs from the one that the station plays.
    CodecChange {
        /// The name of its codec.
        sent: &'static str,
        /// The name of the codec that the station plays.
        current: &'static str,
        /// What has decided it.
        because_of: &'static str,
    },
    /// It would close a relay loop.
    RelayLoop(RelayLoop),
}

impl UpstreamError {
    /// Returns whether the upstream, or this server, has detected a relay loop.
    pub fn is_relay_loop(&self) -> bool {
        matches!(
            self,
            Self::RelayLoop(RelayLoop::ThisServer | RelayLoop::Requester | RelayLoop::TooLong)
                | Self::Status { code: 508, .. }
        )
    }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp => write!(f, "sent an invalid HTTP response"),
            Self::HeadTooLarge => write!(f, "sent a response head that is too large"),
            Self::TooManyHeaders => write!(f, "sent too many response headers"),
            Self::Status { code: 508, reason } => write!(f, "responded with 508 {reason} (relay loop)"),
            Self::Status { code, reason } if reason.is_empty() => write!(f, "responded with {code}"),
            Self::Status { code, reason } => write!(f, "responded with {code} {reason}"),
            Self::MissingLocation => write!(f, "sent a redirect without a Location"),
            Self::InvalidRedirect(error) => write!(f, "sent a redirect to an unusable address: {error}"),
            Self::RedirectToPlain => write!(
                f,
                "redirects from https:// to http://, which would give up the protection of TLS: relay the \
                 http:// address itself if that is wanted"
            ),
            Self::TooManyRedirects => write!(f, "redirected more than {REDIRECTS_MAX} times"),
            Self::WebPage => write!(f, "sent a web page instead of a stream"),
            Self::Playlist(kind) => {
                write!(f, "sent a playlist ({kind}): relay the stream address in it")
            }
            Self::UnsupportedContentType(kind) => write!(f, "sent {kind:?}: only MP3 and AAC can be relayed"),
            Self::UnsupportedEncoding(coding) => write!(f, "uses the unsupported encoding {coding:?}"),
            Self::InvalidMetaint(value) => write!(f, "sent an invalid icy-metaint {value:?}"),
            Self::CodecChange { sent, current, because_of } => write!(
                f,
                "sends {sent}, but the station plays {current} because of {because_of} (codec, allow_codec_change)"
            ),
            Self::RelayLoop(error) => error.fmt(f),
        }
    }
}
