//! Escapes the parts of URLs in Icecast's pages.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Percent-encodes a mount as the value of a query parameter.
pub fn query_value(mount: &str) -> String {
    utf8_percent_encode(mount, NON_ALPHANUMERIC).to_string()
}

/// Returns the host of a base URL without port and path: `radio.example` for
/// `http://radio.example:8000/radio`.
pub fn host_of(base: &str) -> &str {
    let authority = base.split_once("://").map_or(base, |(_, rest)| rest);
    let host = authority.split('/').next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
