//! What is said before hanging up on bytes that are no request, and on who asks for a stream in a circle.

use super::reply::{self, Status};
use crate::http::proxy::hops::Circle;
use crate::http::request::Refusal;

impl Refusal {
    /// The bytes to send before closing; empty where nothing is to be said.
    pub fn reply(&self) -> Vec<u8> {
        let status = match self {
            Self::TooLarge | Self::TooManyHeaders => Status::HeadTooLarge,
            Self::NoLength => Status::LengthRequired,
            Self::BodyTooLarge => Status::BodyTooLarge,
            Self::Malformed | Self::NotHttp | Self::BadProxyHeader | Self::NoProxy => Status::BadRequest,
            Self::UnknownVersion => Status::VersionNotSupported,
            Self::Tls | Self::Ultravox => return Vec::new(),
        };
        reply::text(status, &self.to_string())
    }
}

impl Circle {
    /// The bytes to send to who asks for a stream in a circle.
    pub fn reply(&self) -> Vec<u8> {
        let status = match self {
            Self::Here | Self::TooLong => Status::LoopDetected,
            Self::Garbled => Status::BadRequest,
        };
        reply::text(status, &self.to_string())
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
