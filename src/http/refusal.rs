//! Why bytes are no request, and what is said before hanging up.

use super::reply::{self, Status};

/// Why bytes are no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The head is longer than [`HEAD_MAX`](super::request::HEAD_MAX): 431.
    TooLarge,
    /// The head has more than [`HEADERS_MAX`](super::request::HEADERS_MAX) lines: 431.
    TooManyHeaders,
    /// A request line or a header that no one can make sense of: 400.
    Malformed,
    /// A version of HTTP other than 1.0 and 1.1: 505.
    UnknownVersion,
    /// TLS on a plain port: closed without a word, which is what libshout waits for before it tries plain HTTP.
    Tls,
    /// A SHOUTcast v2 source: closed without a word, since text would be noise to it.
    Ultravox,
    /// Another dialect than HTTP, such as a password line: 400.
    NotHttp,
}

impl Refusal {
    /// The bytes to send before closing; empty where nothing is to be said.
    pub fn reply(&self) -> Vec<u8> {
        match self {
            Self::TooLarge => reply::text(Status::HeadTooLarge, "The request's head is too long"),
            Self::TooManyHeaders => reply::text(Status::HeadTooLarge, "The request has too many headers"),
            Self::Malformed => reply::text(Status::BadRequest, "The request could not be understood"),
            Self::UnknownVersion => reply::text(Status::VersionNotSupported, "Please speak HTTP/1.1"),
            Self::NotHttp => reply::text(Status::BadRequest, "Please speak HTTP"),
            Self::Tls | Self::Ultravox => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_a_refusal_in_http_or_not_at_all() {
        let begins =
            |refusal: Refusal| String::from_utf8_lossy(&refusal.reply()).lines().next().map(str::to_owned);
        assert_eq!(begins(Refusal::Malformed).as_deref(), Some("HTTP/1.0 400 Bad Request"));
        assert_eq!(
            begins(Refusal::TooLarge).as_deref(),
            Some("HTTP/1.0 431 Request Header Fields Too Large")
        );
        assert_eq!(begins(Refusal::Tls), None);
        assert!(
            !String::from_utf8_lossy(&Refusal::NotHttp.reply()).contains("OK"),
            "libshout takes OK for SHOUTcast"
        );
    }
}
