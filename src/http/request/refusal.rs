//! Why bytes are no request, and what is said before hanging up.

use std::fmt;

/// Why bytes are no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestRefusal {
    /// The head is longer than [`HEAD_MAX`](super::head::HEAD_MAX): 431.
    HeadTooLarge,
    /// The head has more than [`HEADERS_MAX`](super::head::HEADERS_MAX) lines: 431.
    TooManyHeaders,
    /// A form that does not say how long it is: 411.
    LengthRequired,
    /// A form that is longer than any we take: 413.
    BodyTooLarge,
    /// A request line or a header that no one can make sense of: 400.
    Malformed,
    /// A version of HTTP other than 1.0 and 1.1: 505.
    UnsupportedVersion,
    /// TLS on a plain port: closed without a word, which is what libshout waits for before it tries plain HTTP.
    Tls,
    /// A SHOUTcast v2 source: closed without a word, since text would be noise to it.
    Ultravox,
    /// Another dialect than HTTP, such as a password line: 400.
    NotHttp,
    /// A header of the PROXY protocol that makes no sense: 400.
    MalformedProxyHeader,
    /// A header of the PROXY protocol from somebody who is not believed: 400.
    UntrustedProxy,
}

/// What is wrong, for the peer and for the operator's log.
impl fmt::Display for RequestRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeadTooLarge => "request head too large",
            Self::TooManyHeaders => "too many request headers",
            Self::LengthRequired => "Content-Length required",
            Self::BodyTooLarge => "request body too large",
            Self::Malformed => "malformed request",
            Self::UnsupportedVersion => "unsupported HTTP version, only 1.0 and 1.1 are supported",
            Self::Tls => "TLS on a plain-text port",
            Self::Ultravox => "SHOUTcast v2 (Ultravox) is not supported",
            Self::NotHttp => "not an HTTP request",
            Self::MalformedProxyHeader => "malformed PROXY header",
            Self::UntrustedProxy => "PROXY header from an address that is not in trusted_proxies",
        })
    }
}
