//! Escapes the parts of URLs in Icecast's pages.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Percent-encodes a mount as the value of a query parameter.
pub fn query_value(mount: &str) -> String {
    utf8_percent_encode(mount, NON_ALPHANUMERIC).to_string()
}
