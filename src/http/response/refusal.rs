//! What is said before hanging up on bytes that are no request, and on who asks for a stream in a circle.

use super::reply::{self, Status};
use crate::http::proxy::relay_path::RelayLoop;
use crate::http::request::RequestRefusal;

impl RequestRefusal {
    /// The bytes to send before closing; empty where nothing is to be said.
    pub fn reply(&self) -> Vec<u8> {
        let status = match self {
            Self::HeadTooLarge | Self::TooManyHeaders => Status::HeadTooLarge,
            Self::LengthRequired => Status::LengthRequired,
            Self::BodyTooLarge => Status::BodyTooLarge,
            Self::Malformed | Self::NotHttp | Self::MalformedProxyHeader | Self::UntrustedProxy => {
                Status::BadRequest
            }
            Self::UnsupportedVersion => Status::VersionNotSupported,
            Self::Tls | Self::Ultravox => return Vec::new(),
        };
        reply::text(status, &self.to_string())
    }
}

impl RelayLoop {
    /// The bytes to send to who asks for a stream in a circle.
    pub fn reply(&self) -> Vec<u8> {
        let status = match self {
            Self::ThisServer | Self::TooLong => Status::LoopDetected,
            Self::InvalidHeader => Status::BadRequest,
        };
        reply::text(status, &self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_a_refusal_in_http_or_not_at_all() {
        let begins = |refusal: RequestRefusal| {
            String::from_utf8_lossy(&refusal.reply()).lines().next().map(str::to_owned)
        };
        assert_eq!(begins(RequestRefusal::Malformed).as_deref(), Some("HTTP/1.0 400 Bad Request"));
        assert_eq!(
            begins(RequestRefusal::HeadTooLarge).as_deref(),
            Some("HTTP/1.0 431 Request Header Fields Too Large")
        );
        assert_eq!(begins(RequestRefusal::Tls), None);
        assert!(
            !String::from_utf8_lossy(&RequestRefusal::NotHttp.reply()).contains("OK"),
            "libshout takes OK for SHOUTcast"
        );
    }
}
