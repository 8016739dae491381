//! Replies to invalid requests, and to requests in a relay loop.

use super::reply::{self, Status};
use crate::http::proxy::relay_path::RelayLoop;
use crate::http::request::RequestRefusal;

/// A TLS record with the fatal alert `handshake_failure` (RFC 8446, 6), which every client of TLS reports at
/// once. It must not be text, which clients report as a wrong version of TLS.
const HANDSHAKE_FAILURE: [u8; 7] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28];

impl RequestRefusal {
    /// Returns the bytes to send before the connection is closed; empty if there is no reply.
    pub fn reply(&self) -> Vec<u8> {
        let status = match self {
            Self::HeadTooLarge | Self::TooManyHeaders => Status::HeadTooLarge,
            Self::LengthRequired => Status::LengthRequired,
            Self::BodyTooLarge => Status::BodyTooLarge,
            Self::Malformed
            | Self::NotHttp
            | Self::MalformedProxyHeader
            | Self::UntrustedProxy
            | Self::TlsRequired
            | Self::TlsNotOffered => Status::BadRequest,
            Self::UnsupportedVersion => Status::VersionNotSupported,
            Self::Tls => return HANDSHAKE_FAILURE.to_vec(),
            Self::Ultravox => return Vec::new(),
        };
        reply::text(status, &self.to_string())
    }
}

impl RelayLoop {
    /// Returns the bytes to send to a client whose request is in a relay loop.
    pub fn reply(&self) -> Vec<u8> {
        let status = match self {
            Self::ThisServer | Self::Requester | Self::TooLong => Status::LoopDetected,
            Self::InvalidHeader => Status::BadRequest,
        };
        reply::text(status, &self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_is_sent_in_the_protocol_of_the_peer_or_not_at_all() {
        let begins = |refusal: RequestRefusal| {
            String::from_utf8_lossy(&refusal.reply()).lines().next().map(str::to_owned)
        };
        assert_eq!(begins(RequestRefusal::Malformed).as_deref(), Some("HTTP/1.0 400 Bad Request"));
        assert_eq!(
            begins(RequestRefusal::HeadTooLarge).as_deref(),
            Some("HTTP/1.0 431 Request Header Fields Too Large")
        );
        assert_eq!(begins(RequestRefusal::Ultravox), None);
        assert_eq!(RequestRefusal::Tls.reply(), b"\x15\x03\x01\x00\x02\x02\x28");
        assert!(
            !String::from_utf8_lossy(&RequestRefusal::NotHttp.reply()).contains("OK"),
            "libshout takes OK for SHOUTcast"
        );
    }
}
