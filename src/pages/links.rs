//! Where things are, for those who look at a page.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Where the stream at `mount` is for whoever reached us at `base`, such as `http://radio.example:8000`.
pub fn stream_url(base: &str, mount: &str) -> String {
    format!("{base}{}", utf8_percent_encode(mount, NOT_IN_PATHS))
}

/// Whether `url`, from whoever says what a station is, may be linked to: it could also be a script.
pub fn is_http_url(url: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && url.len() > scheme.len()
    })
}

/// What a mount may hold that a path in a link must not. Quotes and ampersands may stand in a path, but not in every
/// place that a link is written to.
const NOT_IN_PATHS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Request;
    use crate::router::testing::{RouteKind, route_kind_with};

    #[test]
    fn a_link_leads_to_the_stream() {
        for mount in ["/live", "/café am see", "/a%20b?c#d", "/;x", "/\"\\&'<>^`{|}"] {
            let url = stream_url("http://h", mount);
            assert!(!url.contains(['"', '\'', '&', '<', '>', ' ']), "{url}");
            let request = Request::from_lines(&format!("GET {url} HTTP/1.1"));
            assert_eq!(route_kind_with(&request, &[(1, mount)]), RouteKind::Stream(0), "{url}");
        }
    }

    #[test]
    fn only_web_addresses_are_linked_to() {
        assert!(is_http_url("http://a") && is_http_url("HTTPS://a/b?c"));
        for url in ["", "http://", "javascript:alert(1)", "//a", "a", "é", "ftp://a"] {
            assert!(!is_http_url(url), "{url:?}");
        }
    }
}
