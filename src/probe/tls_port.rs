//! Answers of a port that speaks TLS to a request without TLS.

use super::finding::{FindingKind, Obstacle};
use crate::http::request::RequestRefusal;
use crate::http::text::decode_text;
use crate::stream_url::StreamUrl;

/// What nginx, Apache, and Go's server, which many proxies use, answer besides coldwave.
const OTHER_SERVERS: [&str; 3] = [
    "plain HTTP request was sent to HTTPS port",
    "speaking plain HTTP to an SSL-enabled server port",
    "Client sent an HTTP request to an HTTPS server",
];

/// The beginning of an alert of TLS (RFC 8446, 5.1), the answer of a server that reads the request as TLS.
const ALERT: [u8; 2] = [0x15, 0x03];

/// Returns whether the body of a refusal says that the port requires TLS.
pub(super) fn says_tls_is_required(body: &[u8]) -> bool {
    let text = decode_text(body);
    text.contains(&RequestRefusal::TlsRequired.to_string())
        || OTHER_SERVERS.iter().any(|sentence| text.contains(sentence))
}

/// Returns whether the first bytes of an answer are TLS.
pub(super) fn is_alert(bytes: &[u8]) -> bool {
    bytes.starts_with(&ALERT)
}

/// Returns the finding.
pub(super) fn obstacle(url: &StreamUrl) -> Obstacle {
    let message = format!("{url}: this port requires TLS: the address must begin with https://");
    Obstacle(FindingKind::Tls, message)
}
