//! The reasons why bytes are not a valid request.

use std::fmt;

/// Why bytes are not a valid request. Each variant names the status of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestRefusal {
    /// The head is longer than [`HEAD_MAX`](super::head::HEAD_MAX): 431.
    HeadTooLarge,
    /// The head has more than [`HEADERS_MAX`](super::head::HEADERS_MAX) lines: 431.
    TooManyHeaders,
    /// A form without a `Content-Length`: 411.
    LengthRequired,
    /// A form longer than [`BODY_MAX`](super::form::BODY_MAX): 413.
    BodyTooLarge,
    /// An invalid request line or header: 400.
    Malformed,
    /// A version of HTTP other than 1.0 and 1.1: 505.
    UnsupportedVersion,
    /// TLS on a server without a certificate, or inside TLS: the alert `handshake_failure`. libshout tries
    /// plain HTTP only after that.
    Tls,
    /// No TLS on a port that requires it: 400.
    TlsRequired,
    /// A request to change to TLS on a server without a certificate: 400. After that, libshout goes on
    /// without TLS if it may.
    TlsNotOffered,
    /// A SHOUTcast v2 source: closed without a reply, because it cannot parse text.
    Ultravox,
    /// A protocol other than HTTP, such as a password line: 400.
    NotHttp,
    /// An invalid PROXY header: 400.
    MalformedProxyHeader,
    /// A PROXY header from an address that is not a trusted proxy: 400.
    UntrustedProxy,
}

/// The message for the peer and for the operator's log.
impl fmt::Display for RequestRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeadTooLarge => "request head too large",
            Self::TooManyHeaders => "too many request headers",
            Self::LengthRequired => "Content-Length required",
            Self::BodyTooLarge => "request body too large",
            Self::Malformed => "malformed request",
            Self::UnsupportedVersion => "unsupported HTTP version, only 1.0 and 1.1 are supported",
            Self::Tls => "TLS, but no [[tls]] certificate is configured",
            Self::TlsRequired => "this port requires TLS: the address must begin with https://",
            Self::TlsNotOffered => "a change to TLS was requested, but no [[tls]] certificate is configured",
            Self::Ultravox => "SHOUTcast v2 (Ultravox) is not supported",
            Self::NotHttp => "not an HTTP request",
            Self::MalformedProxyHeader => "malformed PROXY header",
            Self::UntrustedProxy => "PROXY header from an address that is not in trusted_proxies",
        })
    }
}
